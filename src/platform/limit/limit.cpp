#include "platform/limit/limit.hpp"

#include "platform/crypto/digest.hpp"

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

namespace {

/// One table counts all tiers and attempts: the first letter tells them apart. A name that has no room, or that is
/// nobody's business, stands there as its digest.
std::string key_of(char kind, std::string_view name) {
    constexpr std::size_t name_bytes_max = 48;
    std::string key(1, kind);
    if (name.size() <= name_bytes_max) key += name;
    else key += crypto::sha256_hex(name).substr(0, name_bytes_max);
    return key;
}

char letter(Tier tier) { return tier == Tier::global ? 'g' : tier == Tier::api ? 'a' : 's'; }

Decision describe(Tier tier, const Quota& quota, const Usage& usage) {
    Decision decision{usage.taken > 0, tier, quota.limit, quota.window_s};
    decision.remaining = std::max<std::int64_t>(0, quota.limit - usage.used);
    decision.reset_s = std::min(seconds_up(usage.until_reset), quota.window_s);
    if (!decision.admitted) decision.retry_after_s = std::max<std::int64_t>(1, seconds_up(usage.until_room));
    return decision;
}

}   // namespace

RateLimiter::RateLimiter(const Config& config, WindowTable& table) : config_(config), table_(table) {}

const Quota& RateLimiter::quota_of(Tier tier) const {
    return tier == Tier::auth ? config_.auth : tier == Tier::api ? config_.api : config_.global;
}

Task<Decision> RateLimiter::decide(Tier tier, std::string_view caller, Time now) {
    const auto key = key_of(letter(tier), caller);
    const auto own = describe(tier, quota_of(tier), table_.take(key, quota_of(tier), now));
    if (tier == Tier::global || !own.admitted) co_return own;
    const auto overall_key = key_of(letter(Tier::global), caller);
    const auto overall = describe(Tier::global, config_.global, table_.take(overall_key, config_.global, now));
    if (!overall.admitted) table_.give_back(key, quota_of(tier), now);
    if (!overall.admitted || overall.remaining < own.remaining) co_return overall;
    co_return own;
}

AttemptLimit::AttemptLimit(const Clock& clock, const Config& config, WindowTable& table)
    : clock_(clock), config_(config), table_(table) {}

namespace {

// A digest always: these are addresses of people.
std::string attempt_key(std::string_view name) { return key_of('t', crypto::sha256_hex(name)); }

}   // namespace

Task<std::optional<std::chrono::seconds>> AttemptLimit::check(std::string_view key) {
    const auto usage = table_.take(attempt_key(key), quota(), clock_.now());
    if (usage.taken > 0) co_return std::nullopt;
    co_return std::chrono::seconds(std::max<std::int64_t>(1, seconds_up(usage.until_room)));
}

Task<> AttemptLimit::note_failure(std::string_view key) {
    // Counted by check already, except where the key was forgotten or cleared by another attempt meanwhile.
    const auto name = attempt_key(key);
    if (table_.peek(name, quota(), clock_.now()).used == 0) table_.add(name, quota(), clock_.now());
    co_return;
}

Task<> AttemptLimit::clear(std::string_view key) {
    table_.forget(attempt_key(key));
    co_return;
}

}   // namespace caddy::limit
