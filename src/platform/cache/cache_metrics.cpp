#include "platform/cache/cache_metrics.hpp"

namespace caddy::cache {

const metrics::Counter requests_total{{"caddy_cache_requests_total",
                                       "Reads of what is cached, by how they were answered: hit_l1, hit_l2, miss, "
                                       "stale, negative, bypass.",
                                       {"cache", "result"}}};
const metrics::Counter fills_total{
    {"caddy_cache_fills_total", "Answers that were made from the database to be kept.", {"cache"}}};
const metrics::Counter waits_total{
    {"caddy_cache_waits_total", "Requests that waited for an answer that another one was having made.", {"cache"}}};
const metrics::Counter evictions_total{{"caddy_cache_evictions_total", "Answers that were put out to make room."}};
const metrics::Counter invalidations_total{{"caddy_cache_invalidations_total",
                                            "Changes that dropped cached answers, by how they became known: commit, "
                                            "event, message, gap.",
                                            {"origin"}}};
const metrics::Gauge bytes_kept{{"caddy_cache_bytes", "Memory of cached answers."}};
const metrics::Gauge entries_kept{{"caddy_cache_entries", "Cached answers."}};

}   // namespace caddy::cache
