#include "platform/jobs/job_metrics.hpp"

#include "platform/jobs/outbox_store.hpp"
#include "platform/telemetry/metrics.hpp"

namespace caddy::jobs {
namespace {

using metrics::Merge;

const metrics::Gauge lag{{"caddy_outbox_lag_seconds", "Age of the oldest event that could run now.", {}, Merge::most}};
const metrics::Gauge due{{"caddy_outbox_due", "Events that could run now.", {}, Merge::most}};
const metrics::Gauge parked_now{
    {"caddy_outbox_parked", "Events that failed too often and wait for somebody.", {}, Merge::most}};
const metrics::Counter total{{"caddy_jobs_total", "Runs of jobs, and events given up.", {"type", "result"}}};
const metrics::Histogram duration{{"caddy_job_duration_seconds",
                                   "How long a run took.",
                                   {"type"},
                                   Merge::sum,
                                   {0.005, 0.025, 0.1, 0.5, 2.5, 10, 30}}};

constexpr std::chrono::seconds sample_every{5};

Task<> sample(const Context& ctx, db::Database& database) {
    Backlog backlog;
    {
        auto session = co_await database.read(ctx);
        backlog = co_await store::backlog(session, ctx.now());
    }
    lag.set(static_cast<double>(backlog.lag_ms) / 1e3);
    due.set(static_cast<double>(backlog.due));
    parked_now.set(static_cast<double>(backlog.parked));
}

}   // namespace

void watch_backlog(JobTable& table, db::Database& database) {
    table.every(sample_every, "jobs.sample", bind_scheduled(sample, database));
}

void counts::ran(std::string_view type, Run run, std::chrono::steady_clock::duration took) {
    total.add({type, run == Run::done ? "done" : "failed"});
    duration.observe({type}, std::chrono::duration<double>(took).count());
}

void counts::parked(std::string_view type) { total.add({type, "parked"}); }

}   // namespace caddy::jobs
