#pragma once
// What travels with one request or job from the connection down to the SQL statement: passed explicitly,
// since thread-local state does not survive a suspension. Owned by the session or the job; borrowed below.
#include "core/access.hpp"
#include "core/clock.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

namespace caddy {

namespace trace {
class Span;
}

/// One caller's promise that equal requests under this key mean one effect. See platform/idempotency.
struct IdempotencyKey {
    std::string scope;          // digest of caller, route and key
    std::string request_hash;   // digest of what was asked
    Time expires_at;
};

struct Context {
    std::string request_id;
    std::string_view route;   // the route's pattern, or the job's name
    std::string client;       // the caller's address, after trusted proxies
    Principal principal{};
    std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::time_point::max();
    const Clock* clock = nullptr;
    const IdempotencyKey* idempotency = nullptr;   // set where the caller sent a key
    std::shared_ptr<trace::Span> span{};            // what is done for it is below this one; null: belongs to no trace

    Time now() const { return clock->now(); }
    std::chrono::steady_clock::duration remaining() const { return deadline - std::chrono::steady_clock::now(); }
};

}   // namespace caddy
