#pragma once
// The counters behind the limits, kept in this process: for each key the requests of its last window, in slots of a
// hundredth. Bounded in keys; one event loop.
#include "core/clock.hpp"

#include <chrono>
#include <cstdint>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace caddy::limit {

/// The seam for a store that several processes share: peek, add, forget.
class WindowStore {
public:
    static constexpr std::int64_t slots_per_window = 100;

    WindowStore(std::chrono::microseconds window, std::size_t keys_max);

    struct Usage {
        std::int64_t used = 0;                       // counted in the window that ends now
        std::chrono::microseconds until_reset{0};    // until the oldest of it is free again; 0 when nothing is used
        std::chrono::microseconds until_room{0};     // until `used` is below the limit that was asked about
    };
    /// What `key` has used, seen against `limit`.
    Usage peek(std::string_view key, std::int64_t limit, Time now);
    /// Counts one request of `key`.
    void add(std::string_view key, Time now);
    void forget(std::string_view key);
    std::size_t size() const { return keys_.size(); }

    void set_keys_max(std::size_t keys_max) { keys_max_ = keys_max; }
    std::chrono::microseconds window() const { return window_; }

private:
    // A slot counts until its own end plus the window: for the last request of a slot that is the window exactly,
    // for the first one a hundredth more. So the bound holds always, and the excess is at most 1 %.
    struct Slot {
        std::int64_t index = 0;
        std::int64_t count = 0;
    };
    struct Entry {
        std::string key;
        std::vector<Slot> slots{};   // those with requests in them, oldest first; at most slots_per_window + 1
        std::int64_t used = 0;
    };
    using Entries = std::list<Entry>;

    std::int64_t slot_of(Time) const;
    void expire(Entry&, std::int64_t slot) const;
    std::chrono::microseconds until_free(const Slot&, Time now) const;
    void make_room(Time now);

    std::chrono::microseconds window_;
    std::chrono::microseconds slot_;
    std::size_t keys_max_;
    Entries entries_;   // most lately used first
    std::unordered_map<std::string_view, Entries::iterator> keys_;   // the views point into the entries
};

}  // namespace caddy::limit
