#include "platform/telemetry/metrics_area.hpp"

#include "platform/telemetry/metrics_exemplars.hpp"

#include <atomic>
#include <cstring>
#include <new>

namespace caddy::metrics {
namespace {

constexpr std::size_t whole_words(std::size_t bytes) { return (bytes + 7) / 8 * 8; }

// The first word of an area: how many bytes of entries follow it. Written last, so that a reader sees whole entries.
std::atomic_ref<std::uint64_t> used_bytes(std::span<std::byte> memory) {
    return std::atomic_ref<std::uint64_t>(*reinterpret_cast<std::uint64_t*>(memory.data()));
}

}   // namespace

struct Area::Entry {
    std::uint32_t bytes;
    Kind kind;
    Merge merge;
    std::uint16_t name_bytes;
    std::uint16_t labels_bytes;
    std::uint32_t bounds;
    std::uint32_t cells;

    std::byte* text() { return reinterpret_cast<std::byte*>(this + 1); }
    double* bound() { return reinterpret_cast<double*>(text() + whole_words(name_bytes + labels_bytes)); }
    Cell* cell() { return reinterpret_cast<Cell*>(bound() + bounds); }
};

Cell* Area::append(const Family& family, std::string_view labels) {
    const auto& description = family.description();
    const auto bounds = description.bounds.size();
    const auto cells = family.kind() == Kind::histogram ? bounds + 2 : 1;
    const auto text = whole_words(description.name.size() + labels.size());
    const auto bytes = sizeof(Entry) + text + (bounds + cells) * 8;
    auto used = used_bytes(memory_);
    const auto at = sizeof(std::uint64_t) + used.load(std::memory_order_relaxed);
    if (at + bytes > memory_.size() - exemplar_bytes(memory_.size())) return nullptr;
    auto* entry = new (memory_.data() + at) Entry{
        static_cast<std::uint32_t>(bytes), family.kind(), description.merge,
        static_cast<std::uint16_t>(description.name.size()), static_cast<std::uint16_t>(labels.size()),
        static_cast<std::uint32_t>(bounds), static_cast<std::uint32_t>(cells)};
    std::memcpy(entry->text(), description.name.data(), description.name.size());
    std::memcpy(entry->text() + description.name.size(), labels.data(), labels.size());
    if (bounds > 0) std::memcpy(entry->bound(), description.bounds.data(), bounds * sizeof(double));
    std::memset(entry->cell(), 0, cells * sizeof(Cell));
    used.store(at + bytes - sizeof(std::uint64_t), std::memory_order_release);
    return entry->cell();
}

void Area::each(const std::function<void(const Series&)>& visit) const {
    if (memory_.size() < sizeof(std::uint64_t)) return;
    const auto end = sizeof(std::uint64_t) + used_bytes(memory_).load(std::memory_order_acquire);
    for (auto at = sizeof(std::uint64_t); at < end;) {
        auto& entry = *reinterpret_cast<Entry*>(memory_.data() + at);
        const auto* text = reinterpret_cast<const char*>(entry.text());
        visit({entry.kind, entry.merge, {text, entry.name_bytes}, {text + entry.name_bytes, entry.labels_bytes},
               {entry.bound(), entry.bounds}, entry.cell(), entry.cells});
        at += entry.bytes;
    }
}

}   // namespace caddy::metrics
