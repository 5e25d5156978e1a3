#include "platform/limit/fleet_account.hpp"

#include <algorithm>

namespace caddy::limit {

using std::chrono::microseconds;

microseconds FleetAccount::window() const {
    std::int64_t longest = 0;
    for (const auto& draw : draws) longest = std::max(longest, draw.quota.window_s);
    return std::chrono::seconds(longest);
}

FleetAccount::Tally& FleetAccount::tally_of(Instant now, int outage) {
    const auto slot = window() / WindowTable::slots_per_window;
    while (!admitted.empty() && now - admitted.front().last > window() + 2 * slot) {
        untold -= admitted.front().untold;
        admitted.pop_front();
    }
    if (admitted.empty() || admitted.back().outage != outage || now - admitted.back().first > slot) {
        admitted.push_back({.first = now, .last = now, .outage = outage});
    }
    admitted.back().last = now;
    return admitted.back();
}

void FleetAccount::note_told(Instant now, std::int64_t count, int outage) { tally_of(now, outage).told += count; }

void FleetAccount::note_untold(Instant now, int outage) {
    ++tally_of(now, outage).untold;
    ++untold;
}

std::vector<FleetAccount::Tally> FleetAccount::hand_over(Instant now, int outage) {
    const bool all = std::exchange(told_outage, outage) != outage;
    std::vector<Tally> handed;
    for (auto& tally : admitted) {
        if (now - tally.last > window() || (!all && tally.untold == 0)) continue;
        handed.push_back(tally);
        tally.told += std::exchange(tally.untold, 0);
    }
    untold = 0;
    return handed;
}

void FleetAccount::take_back(const std::vector<Tally>& handed) {
    for (const auto& each : handed) {
        const auto place = std::find_if(admitted.begin(), admitted.end(), [&](const Tally& tally) {
            return tally.first == each.first && tally.outage == each.outage;
        });
        if (place == admitted.end()) continue;
        place->told -= each.untold;
        place->untold += each.untold;
        untold += each.untold;
    }
}

Decision FleetAccount::describe_now(std::int64_t taken) const {
    const auto since = std::chrono::duration_cast<microseconds>(std::chrono::steady_clock::now() - told_at);
    Decision tightest;
    for (std::size_t i = 0; i < draws.size(); ++i) {
        auto seen = usage[i];
        seen.used += lease_spent;
        seen.taken = taken;
        seen.until_reset = std::max(microseconds(0), seen.until_reset - since);
        seen.until_room = std::max(microseconds(0), seen.until_room - since);
        const auto decision = describe(draws[i], seen);
        if (i == 0 || decision.remaining < tightest.remaining) tightest = decision;
    }
    return tightest;
}

}   // namespace caddy::limit
