#include "platform/limit/limit.hpp"

#include "platform/crypto/digest.hpp"
#include "platform/limit/fleet_limiter.hpp"
#include "platform/telemetry/metrics.hpp"

#include <algorithm>
#include <array>
#include <charconv>

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

namespace {

/// `"api";q=5000;w=60`
void write_field(std::string& text, Tier tier, char first, std::int64_t count, char second, std::int64_t seconds) {
    const auto number = [&text](char name, std::int64_t value) {
        std::array<char, 20> digits;
        const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
        text.append({';', name, '='}).append(digits.data(), end);
    };
    text.append(1, '"').append(tier_name(tier)).append(1, '"');
    number(first, count);
    number(second, seconds);
}

}   // namespace

void Decision::write_policy(std::string& text) const { write_field(text, tier, 'q', limit, 'w', window_s); }

void Decision::write_limit(std::string& text) const { write_field(text, tier, 'r', remaining, 't', reset_s); }

namespace {

constexpr std::string_view attempt_kind = "attempts";

const metrics::Counter refused{{"caddy_rate_limited_total", "Requests refused by the limits.", {"tier"}}};

/// A name that has no room stands in the table as its digest.
std::string key_of(char kind, std::string_view name) {
    constexpr std::size_t name_bytes_max = 48;
    std::string key(1, kind);
    if (name.size() <= name_bytes_max) key += name;
    else key += crypto::sha256_hex(name).substr(0, name_bytes_max);
    return key;
}

// A digest always: these are addresses of people.
std::string attempt_key(std::string_view name) { return key_of('t', crypto::sha256_hex(name)); }

bool binds_more(const Decision& a, const Decision& b) {
    if (a.admitted != b.admitted) return !a.admitted;
    return a.remaining < b.remaining;
}

}   // namespace

// One table counts all tiers and attempts: the first letter tells them apart.
std::string window_name(Tier tier, std::string_view caller) {
    return key_of(tier == Tier::global ? 'g' : tier == Tier::api ? 'a' : 's', caller);
}

Decision describe(const TierDraw& draw, const Usage& usage) {
    Decision decision{usage.taken > 0, draw.tier, draw.quota.limit, draw.quota.window_s};
    decision.remaining = std::max<std::int64_t>(0, draw.quota.limit - usage.used);
    decision.reset_s = std::min(seconds_up(usage.until_reset), draw.quota.window_s);
    if (!decision.admitted) decision.retry_after_s = std::max<std::int64_t>(1, seconds_up(usage.until_room));
    return decision;
}

Decision draw(WindowTable& table, std::span<const TierDraw> draws, std::string_view caller, Time now) {
    Decision tightest;
    for (std::size_t i = 0; i < draws.size(); ++i) {
        const auto decision = describe(draws[i], table.take(window_name(draws[i].tier, caller), draws[i].quota, now));
        if (i == 0 || binds_more(decision, tightest)) tightest = decision;
        if (decision.admitted) continue;
        for (std::size_t j = 0; j < i; ++j) {
            table.give_back(window_name(draws[j].tier, caller), draws[j].quota, now);
        }
        break;
    }
    return tightest;
}

RateLimiter::RateLimiter(const Config& config, WindowTable& table, FleetLimiter* fleet)
    : config_(config), table_(table), fleet_(fleet) {}

std::array<TierDraw, 2> RateLimiter::draws(Tier tier) const {
    return {{{tier, tier == Tier::auth ? config_.auth : config_.api}, {Tier::global, config_.global}}};
}

Task<Decision> RateLimiter::decide(Tier tier, std::string_view caller, Time now) {
    const auto both = draws(tier);
    const auto drawn = std::span(both).subspan(tier == Tier::global ? 1 : 0);
    Decision decision;
    if (fleet_) decision = co_await fleet_->decide(drawn, caller, now);
    else decision = draw(table_, drawn, caller, now);
    if (!decision.admitted) refused.add({tier_name(decision.tier)});
    co_return decision;
}

std::optional<Decision> RateLimiter::admit_at_once(Tier tier, std::string_view caller, Time now) {
    const auto both = draws(tier);
    const auto drawn = std::span(both).subspan(tier == Tier::global ? 1 : 0);
    std::optional<Decision> decision;
    if (fleet_) decision = fleet_->decide_at_once(drawn, caller, now);
    else decision = draw(table_, drawn, caller, now);
    if (decision && !decision->admitted) decision.reset();
    return decision;
}

AttemptLimit::AttemptLimit(const Clock& clock, const Config& config, WindowTable& table, FleetWindows* fleet)
    : clock_(clock), config_(config), table_(table), fleet_(fleet) {}

Task<std::optional<std::chrono::seconds>> AttemptLimit::check(std::string_view key) {
    const auto name = attempt_key(key);
    std::optional<Usage> usage;
    if (fleet_ && fleet_->available()) {
        const Draw draws[] = {{attempt_kind, quota()}};
        const auto answer = co_await fleet_->ask({.caller = name, .draws = draws, .need = 1});
        if (answer) usage = answer->usage.front();
        // The pod counts on beside the fleet, so that the fleet's loss forgives nobody.
        if (answer && usage->taken > 0) table_.add(name, quota(), clock_.now());
    }
    if (!usage) usage = table_.take(name, quota(), clock_.now());
    if (usage->taken > 0) co_return std::nullopt;
    co_return std::chrono::seconds(std::max<std::int64_t>(1, seconds_up(usage->until_room)));
}

Task<> AttemptLimit::note_failure(std::string_view key) {
    // Counted by check already, except where the key was forgotten or cleared by another attempt meanwhile.
    const auto name = attempt_key(key);
    if (table_.peek(name, quota(), clock_.now()).used == 0) table_.add(name, quota(), clock_.now());
    co_return;
}

Task<> AttemptLimit::clear(std::string_view key) {
    const auto name = attempt_key(key);
    table_.forget(name);
    const Draw counted{attempt_kind, quota()};
    if (fleet_ && fleet_->available()) co_await fleet_->forget(name, counted);
}

}   // namespace caddy::limit
