#pragma once
// The layout of an area of counts: entries one after the other, each with its own name, labels and cells, so that a
// reader needs nothing but the bytes. An entry is never moved or removed. Private to the folder.
#include "platform/telemetry/metrics.hpp"

#include <atomic>
#include <functional>
#include <limits>

namespace caddy::metrics {

/// One series as it stands in an area. Cells of a histogram: one for each bound, one for all above, then the sum.
struct Series {
    Kind kind;
    Merge merge;
    std::string_view name;
    std::string_view labels;   // `result="placed"`
    std::span<const double> bounds;
    Cell* cells;
    std::size_t cell_count;
};

/// What stands in a gauge's cell while nobody measures it: no number.
constexpr double no_gauge = std::numeric_limits<double>::quiet_NaN();

// Plain loads and stores: an area has one writer. Atomic only so that readers see whole words.
inline std::uint64_t load(const Cell& cell) {
    return std::atomic_ref<Cell>(const_cast<Cell&>(cell)).load(std::memory_order_relaxed);
}
inline void store(Cell& cell, std::uint64_t value) {
    std::atomic_ref<Cell>(cell).store(value, std::memory_order_relaxed);
}

class Area {
public:
    /// REQUIRES: aligned to 8 bytes, all zeros or written by an Area.
    explicit Area(std::span<std::byte> memory) : memory_(memory) {}

    /// The new series' cells, all zero; null when the area is full.
    Cell* append(const Family&, std::string_view labels);
    void each(const std::function<void(const Series&)>&) const;
    std::span<const std::byte> memory() const { return memory_; }

private:
    struct Entry;
    std::span<std::byte> memory_;
};

}   // namespace caddy::metrics
