#include "platform/cache/epochs.hpp"

#include "core/assert.hpp"

#include <algorithm>
#include <array>

namespace caddy::cache {
namespace {

constexpr std::size_t events_kept = 1'024;

std::int64_t microseconds(Epochs::Instant instant) {
    return std::chrono::duration_cast<std::chrono::microseconds>(instant.time_since_epoch()).count();
}

/// Two processes may move one place at once: the later moment stays.
template <class Number>
void raise(std::atomic<Number>& to, Number value) {
    auto there = to.load();
    while (there < value && !to.compare_exchange_weak(there, value)) {}
}

}   // namespace

struct Epochs::Table {
    struct Line {
        std::atomic<Moment> moved;
        std::atomic<std::int64_t> moved_at_us;   // steady clock, which all processes of a machine share
    };
    std::atomic<Moment> last;
    Line all;
    std::array<Line, places> lines;
    std::array<std::atomic<std::int64_t>, events_kept> events;

    void move(Line& line, Moment moment) const {
        raise(line.moved_at_us, microseconds(std::chrono::steady_clock::now()));
        raise(line.moved, moment);
    }
};

std::size_t Epochs::bytes() { return sizeof(Table); }

Epochs::Epochs() : own_(sizeof(Table) / sizeof(std::uint64_t) + 1), table_(reinterpret_cast<Table*>(own_.data())) {
    static_assert(std::atomic<Moment>::is_always_lock_free && std::atomic<std::int64_t>::is_always_lock_free);
}

Epochs::Epochs(std::span<std::byte> memory) : table_(reinterpret_cast<Table*>(memory.data())) {
    CADDY_ASSERT(memory.size() >= sizeof(Table));
    CADDY_ASSERT(reinterpret_cast<std::uintptr_t>(memory.data()) % alignof(Table) == 0);
}

// FNV-1a, 64 bits: the same in every process, and spread by its upper half.
Place Epochs::place_of(std::string_view tag) {
    std::uint64_t hash = 0xCBF2'9CE4'8422'2325;
    for (const char c : tag) hash = (hash ^ static_cast<unsigned char>(c)) * 0x0000'0100'0000'01B3;
    return static_cast<Place>((hash ^ (hash >> 32U)) % places);
}

Epochs::Moment Epochs::now() const { return table_->last.load(); }

void Epochs::move(std::span<const Place> moved) {
    const auto moment = table_->last.fetch_add(1) + 1;
    for (const auto place : moved) table_->move(table_->lines[place], moment);
}

void Epochs::move_all() { table_->move(table_->all, table_->last.fetch_add(1) + 1); }

bool Epochs::unmoved_since(Moment moment, std::span<const Place> at) const {
    if (table_->all.moved.load() > moment) return false;
    return std::all_of(at.begin(), at.end(),
                       [&](Place place) { return table_->lines[place].moved.load() <= moment; });
}

bool Epochs::moved_within(std::chrono::milliseconds age, std::span<const Place> at) const {
    const auto since = microseconds(std::chrono::steady_clock::now() - age);
    if (table_->all.moved_at_us.load() > since) return true;
    return std::any_of(at.begin(), at.end(),
                       [&](Place place) { return table_->lines[place].moved_at_us.load() > since; });
}

bool Epochs::knows(std::int64_t event) const {
    return table_->events[static_cast<std::uint64_t>(event) % events_kept].load() == event;
}

void Epochs::remember(std::int64_t event) {
    table_->events[static_cast<std::uint64_t>(event) % events_kept].store(event);
}

}   // namespace caddy::cache
