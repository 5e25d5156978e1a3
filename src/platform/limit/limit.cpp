#include "platform/limit/limit.hpp"

#include <algorithm>

namespace caddy::limit {

namespace {

std::int64_t seconds_up(std::chrono::microseconds time) {
    return std::chrono::ceil<std::chrono::seconds>(time).count();
}

}  // namespace

std::string_view tier_name(Tier tier) {
    switch (tier) {
        case Tier::global: return "global";
        case Tier::api: return "api";
        case Tier::auth: return "auth";
    }
    return "global";
}

std::string Decision::policy_header() const {
    return "\"" + std::string(tier_name(tier)) + "\";q=" + std::to_string(limit) + ";w=" + std::to_string(window_s);
}

std::string Decision::limit_header() const {
    return "\"" + std::string(tier_name(tier)) + "\";r=" + std::to_string(remaining) + ";t=" + std::to_string(reset_s);
}

RateLimiter::RateLimiter(const Config& config)
    : global_{Tier::global, config.global, {std::chrono::seconds(config.global.window_s), config.callers_max}},
      api_{Tier::api, config.api, {std::chrono::seconds(config.api.window_s), config.callers_max}},
      auth_{Tier::auth, config.auth, {std::chrono::seconds(config.auth.window_s), config.callers_max}} {}

Decision RateLimiter::describe(const Counter& counter, const WindowStore::Usage& usage, bool admitted) const {
    const auto& quota = counter.quota;
    Decision decision{admitted, counter.tier, quota.limit, quota.window_s};
    decision.remaining = std::max<std::int64_t>(0, quota.limit - usage.used);
    decision.reset_s = std::min(seconds_up(usage.until_reset), quota.window_s);
    if (!admitted) decision.retry_after_s = std::max<std::int64_t>(1, seconds_up(usage.until_room));
    return decision;
}

Task<Decision> RateLimiter::decide(Tier tier, std::string_view caller, Time now) {
    auto& own = tier == Tier::auth ? auth_ : tier == Tier::api ? api_ : global_;
    auto usage = own.store.peek(caller, own.quota.limit, now);
    if (usage.used >= own.quota.limit) co_return describe(own, usage, false);
    auto overall = global_.store.peek(caller, global_.quota.limit, now);
    if (overall.used >= global_.quota.limit) co_return describe(global_, overall, false);
    own.store.add(caller, now);
    usage = own.store.peek(caller, own.quota.limit, now);
    auto decision = describe(own, usage, true);
    if (tier == Tier::global) co_return decision;
    global_.store.add(caller, now);
    overall = global_.store.peek(caller, global_.quota.limit, now);
    auto outer = describe(global_, overall, true);
    if (outer.remaining < decision.remaining) co_return outer;
    co_return decision;
}

void RateLimiter::reconfigure(const Config& config) {
    const auto take = [&](Counter& counter, const Quota& quota) {
        if (quota.window_s != counter.quota.window_s) {
            counter.store = WindowStore(std::chrono::seconds(quota.window_s), config.callers_max);
        }
        counter.quota = quota;
        counter.store.set_keys_max(config.callers_max);
    };
    take(global_, config.global);
    take(api_, config.api);
    take(auth_, config.auth);
}

AttemptLimit::AttemptLimit(const Clock& clock, const Config& config)
    : clock_(clock), config_(config), store_(std::chrono::seconds(config.window_s), config.keys_max) {}

Task<std::optional<std::chrono::seconds>> AttemptLimit::check(std::string_view key) {
    const auto now = clock_.now();
    const auto usage = store_.peek(key, config_.failures_max, now);
    if (usage.used < config_.failures_max) {
        store_.add(key, now);
        co_return std::nullopt;
    }
    co_return std::chrono::seconds(std::max<std::int64_t>(1, seconds_up(usage.until_room)));
}

Task<> AttemptLimit::note_failure(std::string_view key) {
    // Counted by check already, except where the key was forgotten or cleared by another attempt meanwhile.
    const auto now = clock_.now();
    if (store_.peek(key, config_.failures_max, now).used == 0) store_.add(key, now);
    co_return;
}

Task<> AttemptLimit::clear(std::string_view key) {
    store_.forget(key);
    co_return;
}

}  // namespace caddy::limit
