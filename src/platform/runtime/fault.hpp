#pragma once
// Faults that the edge knows how to answer: the world broke, the caller may try again.
#include <chrono>
#include <stdexcept>

namespace caddy {

/// The request's deadline passed: 503 with Retry-After.
struct DeadlineExceeded : std::runtime_error {
    DeadlineExceeded() : std::runtime_error("deadline exceeded") {}
};

/// Something the request needs cannot be had now (database, Redis, provider, a full queue): 503 with Retry-After.
struct Unavailable : std::runtime_error {
    using std::runtime_error::runtime_error;
};

}   // namespace caddy
