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

/// What was admitted some time ago.
struct Spent {
    std::chrono::microseconds ago{0};
    std::int64_t untold = 0;   // without asking
    std::int64_t told = 0;     // counted by Redis then; it counts it again if it has lost the window since
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
    std::int64_t want = 0;         // beyond that, to be admitted without asking for a while
    std::span<const Spent> spent{};
};

struct Answer {
    std::int64_t admitted = 0;   // of `need`
    std::int64_t leased = 0;     // of `want`; never what brings all open leases above a hundredth of a limit
    std::chrono::microseconds lease_life{0};
    std::vector<Usage> usage;    // one for each draw
};

/// How many pods there are, and when those that were without Redis follow its count again: all at once, since each
/// tells what it admitted meanwhile before.
struct Census {
    std::int64_t pods = 1;
    std::chrono::milliseconds join_in{0};
};

/// A window of which much is used.
struct HotWindow {
    std::string name;   // in a pod's WindowTable
    std::int64_t window_s = 0;
    std::int64_t used = 0;
};

class FleetWindows {
public:
    explicit FleetWindows(redis::Client& client) : redis_(client) {}

    /// Nothing where Redis cannot tell: whoever asks does without. What was to be counted may then be counted or not.
    Task<std::optional<Answer>> ask(const Question&);
    /// Best effort: where Redis is away, its window ends by itself.
    Task<> forget(std::string_view caller, const Draw&);

    enum class Presence { following, returning };
    /// Says that this pod is there. Nothing where Redis cannot tell.
    Task<std::optional<Census>> count_pods(std::string pod, Presence);
    /// Tells of windows of which much is used; what all pods told of within the last seconds, the newest thousand.
    Task<std::vector<HotWindow>> exchange_hot(std::span<const HotWindow>);

    bool available() const { return redis_.available(); }

private:
    Task<std::optional<redis::Reply>> run(redis::Command);

    redis::Client& redis_;
};

}   // namespace caddy::limit
