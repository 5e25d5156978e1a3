#include "platform/jobs/sweep.hpp"

#include "platform/telemetry/log.hpp"

namespace caddy::jobs {
namespace {

constexpr std::chrono::hours sweep_every(1);

/// In bounded parts, until nothing is left or the job's time is nearly over: the next run goes on.
Task<> sweep(const Context& ctx, db::Database& database, std::chrono::days keep) {
    std::int64_t events = 0;
    for (;;) {
        const auto swept = co_await sweep_finished(database, ctx, ctx.now() - keep);
        events += swept;
        if (swept == 0 || ctx.remaining() < std::chrono::seconds(20)) break;
    }
    if (events > 0) log::info("jobs.swept", {{"events", events}});
}

}   // namespace

void sweep_jobs(JobTable& table, db::Database& database, std::chrono::days keep) {
    table.every(sweep_every, "jobs.sweep",
                [&database, keep](const Context& ctx) { return sweep(ctx, database, keep); });
}

}   // namespace caddy::jobs
