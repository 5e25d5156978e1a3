#include "platform/limit/window_table.hpp"

#include "core/assert.hpp"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <functional>
#include <new>
#include <random>

namespace caddy::limit {
namespace {

using std::chrono::microseconds;

constexpr std::size_t keys_per_set = 8;
constexpr std::size_t key_bytes_max = 64;
constexpr std::size_t ring = WindowTable::slots_per_window + 1;

struct Head {
    std::uint64_t seed;   // so that nobody outside can choose keys of one set
    std::uint64_t sets;
    std::uint64_t identity;
    std::uint64_t set_bytes;   // as the program lays a set out that made the table
    std::uint64_t pods;
    std::array<std::uint64_t, 3> unused;   // the sets begin on a cache line
};

// How old a pod's knowledge of the fleet's count may have been at the loss. Each second all are told what matters.
constexpr std::chrono::seconds knowledge_life{3};

microseconds slot_length(const Quota& quota) {
    const microseconds window = std::chrono::seconds(quota.window_s);
    return window / WindowTable::slots_per_window;
}

}   // namespace

// A slot counts until its own end plus the window: for the last request of a slot that is the window exactly, for the
// first one a hundredth more. So the bound holds always, and the excess is at most 1 %.
struct WindowTable::Entry {
    std::array<char, key_bytes_max> key;   // empty: free
    std::int64_t window_s;
    std::int64_t newest;                   // slot
    std::int64_t oldest;                   // nothing is counted before it
    std::int64_t used;
    std::int64_t fleet_used;               // by all pods, as they knew at `fleet_at`
    Time fleet_at;
    Time share_at;                         // when `share` was fixed; never: there is none
    std::int64_t share;                    // how far `used` may go in the first window alone
    std::int64_t alone;                    // admitted in it
    std::array<std::uint32_t, ring> slots;

    bool holds(std::string_view wanted) const {
        return std::string_view(key.data(), ::strnlen(key.data(), key.size())) == wanted;
    }
    std::uint32_t& at(std::int64_t slot) { return slots[static_cast<std::size_t>(slot) % ring]; }

    void become(std::string_view name, const Quota& quota, std::int64_t slot) {
        *this = {};
        std::memcpy(key.data(), name.data(), name.size());
        window_s = quota.window_s;
        oldest = newest = slot;
    }

    /// What is over by `slot` counts no more. A clock that was set back opens no slot before the newest: what is
    /// counted then is seen for longest.
    void advance(std::int64_t slot) {
        for (int step = 0; newest < slot && step < static_cast<int>(ring); ++step) {
            auto& over = at(++newest);
            used -= over;
            over = 0;
        }
        newest = std::max(newest, slot);
    }

    Usage usage(const Quota& quota, Time now) {
        Usage usage{.used = used};
        const auto length = slot_length(quota);
        auto left = used;
        auto slot = std::max(oldest, newest - WindowTable::slots_per_window);
        auto place = static_cast<std::size_t>(slot) % ring;   // counted on, since a division for each slot would show
        for (; slot <= newest && left > 0; ++slot, place = place + 1 == ring ? 0 : place + 1) {
            const auto count = slots[place];
            if (count == 0) continue;
            const auto until_free = length * (slot + WindowTable::slots_per_window + 1) - now.time_since_epoch();
            if (usage.until_reset == microseconds(0)) {
                usage.until_reset = until_free;
                oldest = slot;
            }
            if (left < quota.limit) break;
            left -= count;
            usage.until_room = until_free;
        }
        return usage;
    }

    void count(std::int64_t amount) {
        at(newest) += static_cast<std::uint32_t>(amount);
        used += amount;
    }

    void fix_share(const Quota& quota, Time now, const Outage& outage) {
        const bool is_known = fleet_at >= outage.lost_at - knowledge_life;
        const auto gone = is_known ? fleet_used : quota.limit / 2;
        share = used + std::max<std::int64_t>(is_known ? 0 : 1, (quota.limit - gone) / outage.pods);
        share_at = now;
        alone = 0;
    }

    /// For how many there is room in this pod's share. Whoever had more than an even part lets it go within the first
    /// window, so that then every pod may have one.
    std::int64_t room(const Quota& quota, Time now, const Outage& outage) {
        if (share_at == Time() || share_at < outage.joined_at) fix_share(quota, now, outage);
        const auto even = std::max<std::int64_t>(1, quota.limit / outage.pods);
        const auto first_window = slot_length(quota) * (WindowTable::slots_per_window + 2);
        const bool is_first = now < outage.lost_at + first_window;
        return std::max<std::int64_t>(0, is_first ? std::min(share - used, even - alone) : even - used);
    }

    void give_back(std::int64_t amount) {
        alone = std::max<std::int64_t>(0, alone - amount);
        for (auto slot = newest; amount > 0 && slot >= 0 && slot + WindowTable::slots_per_window >= newest; --slot) {
            const auto part = std::min<std::int64_t>(amount, at(slot));
            at(slot) -= static_cast<std::uint32_t>(part);
            used -= part;
            amount -= part;
        }
    }
};

struct WindowTable::Set {
    std::uint32_t holder;   // process id; zero: nobody
    std::array<Entry, keys_per_set> entries;

    Entry* find(std::string_view key) {
        for (auto& entry : entries) {
            if (entry.holds(key)) return &entry;
        }
        return nullptr;
    }

    /// The key's entry up to date; in place of the longest idle one when there is none.
    Entry& obtain(std::string_view key, const Quota& quota, std::int64_t slot) {
        auto* entry = find(key);
        if (!entry || entry->window_s != quota.window_s) {
            const auto idle = [](const Entry& a, const Entry& b) {
                return a.newest * a.window_s < b.newest * b.window_s;
            };
            if (!entry) entry = &*std::min_element(entries.begin(), entries.end(), idle);
            entry->become(key, quota, slot);
        }
        entry->advance(slot);
        return *entry;
    }
};

/// Holds a set's lock, for less than a microsecond of work. Zeroed memory is unlocked, so that a large table costs
/// only the pages that are used. Whoever waits for very long waits for a holder that was killed or stopped, and goes
/// on without it: the counts are then off by what it was about to write.
class WindowTable::Locked {
public:
    Locked(Set& set, std::uint32_t self) : holder_(set.holder), self_(self) {
        std::uint32_t nobody = 0;
        if (!holder_.compare_exchange_strong(nobody, self_, std::memory_order_acquire)) wait();
    }
    Locked(const Locked&) = delete;
    ~Locked() {
        auto held = self_;
        holder_.compare_exchange_strong(held, 0, std::memory_order_release);
    }

private:
    void wait() {
        const auto limit = std::chrono::steady_clock::now() + std::chrono::milliseconds(50);
        for (std::uint32_t seen = 0; !holder_.compare_exchange_weak(seen, self_, std::memory_order_acquire); seen = 0) {
            ::sched_yield();
            if (std::chrono::steady_clock::now() < limit) continue;
            holder_.store(self_, std::memory_order_relaxed);
            break;
        }
    }

    std::atomic_ref<std::uint32_t> holder_;
    std::uint32_t self_;
};

std::size_t WindowTable::bytes_for(std::size_t keys) {
    const auto sets = (keys + keys_per_set - 1) / keys_per_set;
    return sizeof(Head) + sets * sizeof(Set);
}

void WindowTable::format(std::span<std::byte> memory) {
    CADDY_ASSERT(memory.size() >= bytes_for(1));
    std::random_device random;
    const auto sets = (memory.size() - sizeof(Head)) / sizeof(Set);
    const auto draw = [&] { return (std::uint64_t{random()} << 32) | random(); };
    new (memory.data()) Head{draw(), sets, draw(), sizeof(Set), 1, {}};
}

WindowTable::WindowTable(std::size_t keys) : own_((bytes_for(keys) + 7) / 8) {
    memory_ = std::as_writable_bytes(std::span(own_));
    format(memory_);
}

// A supervisor of an older program may have laid the table out otherwise: then this process counts alone until the
// supervisor is replaced, too.
WindowTable::WindowTable(std::span<std::byte> memory) : memory_(memory) {
    if (reinterpret_cast<const Head*>(memory_.data())->set_bytes == sizeof(Set)) return;
    own_.resize((memory.size() + 7) / 8);
    memory_ = std::as_writable_bytes(std::span(own_));
    format(memory_);
}

std::uint32_t WindowTable::own_process() { return static_cast<std::uint32_t>(::getpid()); }

std::uint64_t WindowTable::identity() const { return reinterpret_cast<const Head*>(memory_.data())->identity; }

WindowTable::Set& WindowTable::set_of(std::string_view key) const {
    const auto& head = *reinterpret_cast<const Head*>(memory_.data());
    const auto mixed = std::hash<std::string_view>{}(key) ^ head.seed;
    // The finishing steps of splitmix64: the low bits depend on all of the hash and of the seed.
    auto bits = (mixed ^ (mixed >> 30)) * 0xbf58'476d'1ce4'e5b9;
    bits = (bits ^ (bits >> 27)) * 0x94d0'49bb'1331'11eb;
    return reinterpret_cast<Set*>(memory_.data() + sizeof(Head))[(bits ^ (bits >> 31)) % head.sets];
}

Usage WindowTable::peek(std::string_view key, const Quota& quota, Time now) {
    auto& set = set_of(key);
    const Locked lock(set, self_);
    auto* entry = set.find(key);
    if (!entry || entry->window_s != quota.window_s) return {};
    entry->advance(now.time_since_epoch() / slot_length(quota));
    return entry->usage(quota, now);
}

Usage WindowTable::take(std::string_view key, const Quota& quota, Time now, std::int64_t wanted) {
    CADDY_ASSERT(key.size() < key_bytes_max);
    auto& set = set_of(key);
    const Locked lock(set, self_);
    auto& entry = set.obtain(key, quota, now.time_since_epoch() / slot_length(quota));
    const auto taken = std::clamp<std::int64_t>(quota.limit - entry.used, 0, wanted);
    entry.count(taken);
    auto usage = entry.usage(quota, now);
    usage.taken = taken;
    return usage;
}

void WindowTable::add(std::string_view key, const Quota& quota, Time now, std::int64_t count) {
    CADDY_ASSERT(key.size() < key_bytes_max);
    auto& set = set_of(key);
    const Locked lock(set, self_);
    set.obtain(key, quota, now.time_since_epoch() / slot_length(quota)).count(count);
}

void WindowTable::give_back(std::string_view key, const Quota& quota, Time now, std::int64_t count) {
    auto& set = set_of(key);
    const Locked lock(set, self_);
    set.obtain(key, quota, now.time_since_epoch() / slot_length(quota)).give_back(count);
}

void WindowTable::forget(std::string_view key) {
    auto& set = set_of(key);
    const Locked lock(set, self_);
    if (auto* entry = set.find(key)) *entry = {};
}

void WindowTable::count_fleet(std::string_view key, const Quota& quota, Time now, std::int64_t admitted,
                              std::int64_t fleet_used) {
    CADDY_ASSERT(key.size() < key_bytes_max);
    auto& set = set_of(key);
    const Locked lock(set, self_);
    auto& entry = set.obtain(key, quota, now.time_since_epoch() / slot_length(quota));
    if (admitted > 0) entry.count(admitted);
    entry.fleet_used = fleet_used;
    entry.fleet_at = now;
}

void WindowTable::note_fleet(std::string_view key, std::int64_t window_s, Time now, std::int64_t fleet_used) {
    if (key.size() >= key_bytes_max || window_s < 1) return;
    const Quota quota{0, window_s};
    auto& set = set_of(key);
    const Locked lock(set, self_);
    auto& entry = set.obtain(key, quota, now.time_since_epoch() / slot_length(quota));
    if (fleet_used < entry.fleet_used && entry.fleet_at > now - std::chrono::seconds(1)) return;
    entry.fleet_used = fleet_used;
    entry.fleet_at = now;
}

Usage WindowTable::take_share(std::string_view key, const Quota& quota, Time now, const Outage& outage) {
    CADDY_ASSERT(key.size() < key_bytes_max && outage.pods > 0);
    auto& set = set_of(key);
    const Locked lock(set, self_);
    auto& entry = set.obtain(key, quota, now.time_since_epoch() / slot_length(quota));
    const auto room = entry.room(quota, now, outage);
    const std::int64_t taken = room > 0 ? 1 : 0;
    entry.count(taken);
    entry.alone += taken;
    // Told as one would be told by all pods together: what is not in this pod's share is used.
    auto usage = entry.usage({std::max<std::int64_t>(1, entry.used), quota.window_s}, now);
    usage.taken = taken;
    usage.used = quota.limit - (room - taken);
    return usage;
}

void WindowTable::remember_pods(std::int64_t pods) {
    auto& head = *reinterpret_cast<Head*>(memory_.data());
    std::atomic_ref<std::uint64_t>(head.pods).store(static_cast<std::uint64_t>(pods), std::memory_order_relaxed);
}

std::int64_t WindowTable::remembered_pods() const {
    auto& head = *reinterpret_cast<Head*>(memory_.data());
    const auto pods = std::atomic_ref<std::uint64_t>(head.pods).load(std::memory_order_relaxed);
    return std::max<std::int64_t>(1, static_cast<std::int64_t>(pods));
}

}   // namespace caddy::limit
