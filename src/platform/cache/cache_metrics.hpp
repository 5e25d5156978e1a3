#pragma once
// What the caches count. Private to the folder.
#include "platform/telemetry/metrics.hpp"

namespace caddy::cache {

extern const metrics::Counter requests_total;
extern const metrics::Counter fills_total;
extern const metrics::Counter waits_total;
extern const metrics::Counter evictions_total;
extern const metrics::Counter invalidations_total;
extern const metrics::Gauge bytes_kept;
extern const metrics::Gauge entries_kept;

}   // namespace caddy::cache
