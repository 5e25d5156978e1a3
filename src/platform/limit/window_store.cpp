#include "platform/limit/window_store.hpp"

#include <algorithm>

namespace caddy::limit {

using std::chrono::microseconds;

WindowStore::WindowStore(microseconds window, std::size_t keys_max)
    : window_(window), slot_(std::max<microseconds>(window / slots_per_window, microseconds(1))), keys_max_(keys_max) {}

std::int64_t WindowStore::slot_of(Time time) const { return time.time_since_epoch() / slot_; }

void WindowStore::expire(Entry& entry, std::int64_t slot) const {
    const auto is_over = [&](const Slot& old) { return old.index + slots_per_window < slot; };
    const auto first_live = std::find_if_not(entry.slots.begin(), entry.slots.end(), is_over);
    for (auto at = entry.slots.begin(); at != first_live; ++at) entry.used -= at->count;
    entry.slots.erase(entry.slots.begin(), first_live);
}

microseconds WindowStore::until_free(const Slot& old, Time now) const {
    return slot_ * (old.index + slots_per_window + 1) - now.time_since_epoch();
}

WindowStore::Usage WindowStore::peek(std::string_view key, std::int64_t limit, Time now) {
    const auto found = keys_.find(key);
    if (found == keys_.end()) return {};
    auto& entry = *found->second;
    expire(entry, slot_of(now));
    Usage usage{.used = entry.used};
    if (entry.slots.empty()) return usage;
    usage.until_reset = until_free(entry.slots.front(), now);
    auto left = entry.used;
    for (const auto& slot : entry.slots) {
        if (left < limit) break;
        left -= slot.count;
        usage.until_room = until_free(slot, now);
    }
    return usage;
}

void WindowStore::add(std::string_view key, Time now) {
    const auto slot = slot_of(now);
    const auto found = keys_.find(key);
    if (found == keys_.end()) {
        make_room(now);
        entries_.push_front(Entry{std::string(key)});
        keys_.emplace(entries_.front().key, entries_.begin());
    } else {
        entries_.splice(entries_.begin(), entries_, found->second);
    }
    auto& entry = entries_.front();
    expire(entry, slot);
    // A clock that was set back must not open a slot before the newest: the count stays where it is seen longest.
    if (entry.slots.empty() || entry.slots.back().index < slot) entry.slots.push_back({slot, 0});
    ++entry.slots.back().count;
    ++entry.used;
}

void WindowStore::forget(std::string_view key) {
    const auto found = keys_.find(key);
    if (found == keys_.end()) return;
    const auto entry = found->second;
    keys_.erase(found);   // first: its key is a view into the entry
    entries_.erase(entry);
}

// The tail has been idle the longest. Two at a time, so that a crowd of one-time callers also leaves again.
void WindowStore::make_room(Time now) {
    for (int i = 0; i < 2 && !entries_.empty(); ++i) {
        auto& last = entries_.back();
        expire(last, slot_of(now));
        if (last.used > 0 && entries_.size() < keys_max_) return;
        keys_.erase(last.key);
        entries_.pop_back();
    }
}

}  // namespace caddy::limit
