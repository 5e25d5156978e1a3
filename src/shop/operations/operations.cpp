#include "shop/operations/operations.hpp"

#include "core/checks.hpp"
#include "platform/idempotency/idempotency.hpp"
#include "shop/audit/audit.hpp"

namespace caddy::operations {
namespace {

namespace refuse {

Error not_found() {
    return {ErrorKind::not_found, "operations.job_not_found",
            "There is no such job; it may have been done and swept away."};
}
Error not_parked() {
    return {ErrorKind::conflict, "operations.job_not_parked",
            "This job has not been given up; it is done, or will be tried by itself."};
}

}   // namespace refuse

constexpr std::size_t type_length_max = 64;   // as the subject of an entry in the audit log

std::string name_of(const jobs::JobQuery& query) {
    const std::string state = query.state ? boost::describe::enum_to_string(*query.state, "?") : "";
    return crypto::list_name("operations.jobs", {state, query.type.value_or("")});
}

/// What the log keeps of a job: not its payload.
json::Raw document(const jobs::Job& job) { return {json::to_json(job)}; }

}   // namespace

Task<Result<Page<jobs::Job>>> OperationsService::list(const Context& ctx, const jobs::JobQuery& query,
                                                      const PageRequest& request) {
    const auto name = name_of(query);
    auto after = crypto::newest_place();
    if (request.cursor) {
        CADDY_CO_TRY(after, crypto::read_cursor(name, *request.cursor));
    }
    auto db = co_await db_.read(ctx);
    auto found = co_await jobs::jobs_after(db, query, ctx.now(), after, request.limit + 1);
    Page<jobs::Job> page;
    page.limit = request.limit;
    if (found.size() > static_cast<std::size_t>(request.limit)) {
        found.pop_back();
        page.next = crypto::cursor_at(name, found.back().place);
    }
    for (auto& each : found) page.data.push_back(std::move(each.job));
    co_return page;
}

Task<JobSummary> OperationsService::summary(const Context& ctx) {
    auto db = co_await db_.read(ctx);
    JobSummary summary;
    summary.counts = co_await jobs::count_jobs(db, ctx.now(), ctx.now() - std::chrono::hours(1));
    const auto oldest = co_await jobs::oldest_due(db, ctx.now());
    if (oldest) summary.lag_ms = std::chrono::duration_cast<std::chrono::milliseconds>(ctx.now() - *oldest).count();
    co_return summary;
}

Task<Result<jobs::Job>> OperationsService::show(const Context& ctx, jobs::EventId id) {
    auto db = co_await db_.read(ctx);
    auto job = co_await jobs::find_job(db, id, ctx.now());
    if (!job) co_return refuse::not_found();
    co_return std::move(*job);
}

Task<Result<jobs::Job>> OperationsService::retry(const Context& ctx, jobs::EventId id) {
    co_return co_await db_.transact(ctx, "operations.retry", [&](db::Transaction& tx) -> Task<Result<jobs::Job>> {
        const auto made = id.text();
        CADDY_CO_TRY(co_await idempotency::record(tx, ctx, made));
        const auto before = co_await jobs::find_job(tx, id, ctx.now());
        if (!before) co_return refuse::not_found();
        const bool again = co_await jobs::unpark(tx, ctx, id);
        if (!again) co_return refuse::not_parked();
        auto after = co_await jobs::find_job(tx, id, ctx.now());
        const audit::Act act{"operations.job.retry", made, document(*before), document(*after)};
        co_await audit::record(tx, ctx, act);
        co_return std::move(*after);
    });
}

Task<Result<Retried>> OperationsService::retry_all(const Context& ctx, const RetryWish& wish) {
    CADDY_CO_TRY(Checks()
                     .require(!wish.type.empty() && wish.type.size() <= type_length_max, "/type", "not_a_type",
                              "Send the type of the jobs, like orders.paid.")
                     .result());
    co_return co_await db_.transact(ctx, "operations.retry_all", [&](db::Transaction& tx) -> Task<Result<Retried>> {
        const auto ids = co_await jobs::parked_of_type(tx, wish.type, retry_max);
        Retried retried;
        for (const auto id : ids) {
            const bool again = co_await jobs::unpark(tx, ctx, id);
            if (again) ++retried.retried;
        }
        // A repeat says again how many there were.
        const auto made = std::to_string(retried.retried);
        CADDY_CO_TRY(co_await idempotency::record(tx, ctx, made));
        const audit::Act act{"operations.jobs.retry", wish.type, std::nullopt, json::Raw{json::to_json(retried)}};
        co_await audit::record(tx, ctx, act);
        co_return retried;
    });
}

}   // namespace caddy::operations
