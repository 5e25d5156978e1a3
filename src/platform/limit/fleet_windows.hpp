#pragma once
// Windows that all pods of a fleet count in together: kept in Redis, moved by one script, by the clock of Redis.
#include "platform/limit/window_table.hpp"
#include "platform/redis/client.hpp"
#include "platform/runtime/task.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace caddy::limit {

/// What was admitted without asking, some time ago.
struct Spent {
    std::chrono::microseconds ago{0};
    std::int64_t count = 0;
};

/// A window of a caller: `kind` tells the tiers and the attempts apart.
struct Draw {
    std::string_view kind;
    Quota quota;
};

struct Question {
    std::string_view caller;
    std::span<const Draw> draws;   // one or two; a request draws from all of them or from none
    std::int64_t need = 0;         // wanted now
    std::int64_t want = 0;         // beyond that, to be admitted without asking until the slot ends
    std::span<const Spent> spent{};   // told at last
};

struct Answer {
    std::int64_t admitted = 0;   // of `need`
    std::int64_t leased = 0;     // of `want`; never what brings all open leases above a hundredth of a limit
    std::chrono::microseconds lease_life{0};
    std::vector<Usage> usage;    // one for each draw
};

class FleetWindows {
public:
    explicit FleetWindows(redis::Client& client) : redis_(client) {}

    /// Nothing where Redis cannot tell: whoever asks does without. What was to be counted may then be counted or not.
    Task<std::optional<Answer>> ask(const Question&);
    /// Best effort: where Redis is away, its window ends by itself.
    Task<> forget(std::string_view caller, const Draw&);

    /// Says that this pod is there; how many pods said so within the last seconds. Nothing where Redis cannot tell.
    Task<std::optional<std::int64_t>> count_pods(std::string pod);

    bool available() const { return redis_.available(); }

private:
    Task<std::optional<redis::Reply>> run(redis::Command);

    redis::Client& redis_;
};

}   // namespace caddy::limit
