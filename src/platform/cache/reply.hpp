#pragma once
// What is kept of a handler's outcome: bytes that are ready to be sent, or that there is no such thing.
#include "core/clock.hpp"
#include "core/error.hpp"
#include "platform/cache/epochs.hpp"
#include "platform/http/ready.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace caddy::cache {

/// Immutable once it is kept; shared by everybody whom it is given to.
struct Reply {
    using Instant = std::chrono::steady_clock::time_point;

    std::shared_ptr<const http::Prepared> prepared;   // null: a refusal
    std::string content_type{};
    std::vector<std::pair<std::string, std::string>> headers{};
    std::optional<Error> refusal{};
    std::shared_ptr<http::ReadyReply> ready{};   // the same, to be sent without its route; null for a refusal

    Epochs::Moment moment = 0;       // before the database was read
    std::vector<Place> places{};     // what it was made from
    Time made_at{};                  // when the database was read
    Instant read_at{};               // when this process came by it
    Instant fresh_until{};
    Instant usable_until{};          // given until then while a new one is made

    /// Memory that it holds, about.
    std::size_t bytes() const;
};

}   // namespace caddy::cache
