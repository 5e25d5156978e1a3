#pragma once
// The counters behind the limits: for each key the requests of its last window, in slots of a hundredth. They live in
// plain memory that the workers of one pod may share, each set of keys under a lock that survives its holder.
#include "core/clock.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace caddy::limit {

struct Quota {
    std::int64_t limit = 0;      // 1..1000000000
    std::int64_t window_s = 0;   // 1..86400
};

/// What a key has used, seen against a quota.
struct Usage {
    std::int64_t used = 0;                       // counted in the window that ends now
    std::int64_t taken = 0;                      // by this call
    std::chrono::microseconds until_reset{0};    // until the oldest of it is free again; 0 when nothing is used
    std::chrono::microseconds until_room{0};     // until `used` is below the limit
};

/// A time without the count of all pods, as one process sees it.
struct Outage {
    std::int64_t pods = 1;   // that there were last, this one among them
    Time lost_at{};
    Time joined_at{};        // when this process last began to follow the fleet's count
};

/// REQUIRES of every call: a key always comes with windows of one length; the process is the one that made this object.
class WindowTable {
public:
    static constexpr std::int64_t slots_per_window = 100;

    /// How much memory so many keys need.
    static std::size_t bytes_for(std::size_t keys);
    /// Makes a table of zeroed memory. Once, before any process uses it.
    static void format(std::span<std::byte>);

    /// A table in memory of its own.
    explicit WindowTable(std::size_t keys);
    /// A table that somebody formatted. REQUIRES: outlives this.
    explicit WindowTable(std::span<std::byte>);
    WindowTable(const WindowTable&) = delete;

    /// The same in all processes that share this table, another one elsewhere.
    std::uint64_t identity() const;

    Usage peek(std::string_view key, const Quota&, Time now);
    /// Counts as many of `wanted` as the quota has room for. A refusal counts nothing.
    Usage take(std::string_view key, const Quota&, Time now, std::int64_t wanted = 1);
    /// Counts, room or none.
    void add(std::string_view key, const Quota&, Time now, std::int64_t count = 1);
    /// Undoes what was taken a moment ago.
    void give_back(std::string_view key, const Quota&, Time now, std::int64_t count = 1);
    void forget(std::string_view key);

    /// Counts what all pods together admitted here, and keeps how many they have admitted in all.
    void count_fleet(std::string_view key, const Quota&, Time now, std::int64_t admitted, std::int64_t fleet_used);
    /// Keeps what another pod was told, unless this pod was told as much a moment ago.
    void note_fleet(std::string_view key, std::int64_t window_s, Time now, std::int64_t fleet_used);
    /// Takes one of this pod's share of the quota. What the pods take between them stays within the quota: each may go
    /// on to what it had admitted when the fleet's count was lost and an even part of what was left then; after one
    /// window, to an even part of the whole. A pod that had not heard of the key for seconds takes half to be left: a
    /// key that has used more is told to every pod.
    Usage take_share(std::string_view key, const Quota&, Time now, const Outage&);

    /// How many pods there are, for a process of this pod that cannot ask.
    void remember_pods(std::int64_t pods);
    std::int64_t remembered_pods() const;   // at least 1

private:
    struct Entry;
    struct Set;
    class Locked;

    Set& set_of(std::string_view key) const;
    static std::uint32_t own_process();

    std::vector<std::uint64_t> own_;
    std::span<std::byte> memory_;
    std::uint32_t self_ = own_process();
};

}   // namespace caddy::limit
