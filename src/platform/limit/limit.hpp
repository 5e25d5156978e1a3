#pragma once
// How often a caller may ask: three tiers of a sliding window, and the smaller one that guards passwords.
// The bound is the contract: over any window of the tier's length at most `limit` requests are admitted, and a
// caller below 98 % of it is never refused. Used from one event loop.
#include "core/clock.hpp"
#include "platform/limit/window_table.hpp"
#include "platform/runtime/task.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace caddy::limit {

enum class Tier { global, api, auth };
std::string_view tier_name(Tier);

struct Config {
    Quota global{10'000, 60};
    Quota api{5'000, 60};
    Quota auth{500, 60};
    std::size_t callers_max = 100'000;   // 1000..10000000; past it the longest idle ones are forgotten
};

/// What the limiter said, about the tier that binds the caller most tightly.
struct Decision {
    bool admitted = true;
    Tier tier = Tier::global;
    std::int64_t limit = 0;
    std::int64_t window_s = 0;
    std::int64_t remaining = 0;
    std::int64_t reset_s = 0;         // until some of what is used becomes free
    std::int64_t retry_after_s = 0;   // of a refusal; at least 1

    /// `"api";q=5000;w=60` (IETF draft "RateLimit header fields for HTTP"), at the end of `text`.
    void write_policy(std::string& text) const;
    /// `"api";r=4999;t=60`, likewise.
    void write_limit(std::string& text) const;
};

/// A tier's quota; a request draws from its own tier and from the global one.
struct TierDraw {
    Tier tier;
    Quota quota;
};

/// What a caller has used, as the answer to a request tells it.
Decision describe(const TierDraw&, const Usage&);
/// Draws from all windows of `table` or from none; the one that binds most tightly.
Decision draw(WindowTable& table, std::span<const TierDraw>, std::string_view caller, Time now);
/// The key of a tier's window of a caller, in a WindowTable.
std::string window_name(Tier, std::string_view caller);

class FleetLimiter;
class FleetWindows;

class RateLimiter {
public:
    /// `table` is what the workers of this pod count in together; `fleet`, where there is one, counts for all pods.
    RateLimiter(const Config&, WindowTable& table, FleetLimiter* fleet = nullptr);

    /// Draws from the tier and from the global one, which every request draws from. A refusal draws from neither.
    Task<Decision> decide(Tier, std::string_view caller, Time now);
    /// The same where a request is admitted without waiting for anybody. Nothing otherwise, and then nothing is drawn.
    std::optional<Decision> admit_at_once(Tier, std::string_view caller, Time now);

    /// Takes new quotas; what was admitted stays counted.
    void reconfigure(const Config& config) { config_ = config; }

private:
    std::array<TierDraw, 2> draws(Tier) const;

    Config config_;
    WindowTable& table_;
    FleetLimiter* fleet_;
};

/// Guards a secret that can be guessed: so many attempts per key and window, then none.
///
/// An attempt counts from the moment of `check`, so that many at once cannot slip through together; `clear` after a
/// success forgets them all.
class AttemptLimit {
public:
    struct Config {
        std::int64_t failures_max = 5;     // 1..1000
        std::int64_t window_s = 15 * 60;   // 1..86400
    };
    /// Counts in `fleet` where there is one and it answers, else in what the workers of this pod share.
    AttemptLimit(const Clock& clock, const Config& config, WindowTable& table, FleetWindows* fleet = nullptr);

    /// Nothing when the attempt may go on; else how long to wait, and the attempt is not counted.
    Task<std::optional<std::chrono::seconds>> check(std::string_view key);
    /// The attempt that `check` let through was wrong: it stays counted.
    Task<> note_failure(std::string_view key);
    /// The attempt was right.
    Task<> clear(std::string_view key);

private:
    Quota quota() const { return {config_.failures_max, config_.window_s}; }

    const Clock& clock_;
    Config config_;
    WindowTable& table_;
    FleetWindows* fleet_;
};

}  // namespace caddy::limit
