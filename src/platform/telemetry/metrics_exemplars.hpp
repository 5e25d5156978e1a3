#pragma once
// The exemplars of an area: for some buckets the trace of a request that fell into it. A table of a fixed size at the
// area's end, in which a newer one takes the place of whatever hashes to the same slot: a sample, never complete.
// Each slot is guarded by a sequence, so that a reader never sees half of one. Private to the folder.
#include "platform/telemetry/metrics_area.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace caddy::metrics {

struct Exemplar {
    double value = 0;
    std::int64_t at_us = 0;   // since 1970
    std::string trace_id;     // 32 and 16 hexadecimal digits
    std::string span_id;
};

/// How much of an area of that size is the table; small areas have none.
constexpr std::size_t exemplar_bytes(std::size_t area_bytes) {
    constexpr std::size_t table = 16 * 1024;
    return area_bytes >= 8 * table ? table : 0;
}

/// Keeps one for a bucket. `cells` are those of the histogram's series in the area.
void keep_exemplar(std::span<std::byte> area, const Cell* cells, std::size_t bucket, double value,
                   const trace::TraceContext& of);

/// The one that is kept for a bucket, if any.
std::optional<Exemplar> find_exemplar(std::span<const std::byte> area, const Cell* cells, std::size_t bucket);

}   // namespace caddy::metrics
