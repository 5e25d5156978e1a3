// The back office's routes of jobs and figures.
#include "platform/http/router.hpp"
#include "platform/idempotency/idempotency.hpp"
#include "platform/text/text.hpp"
#include "shop/operations/operations.hpp"

namespace caddy::operations {
namespace {

using http::Request;
using http::Response;

constexpr std::size_t type_length_max = 80;
constexpr int days_shown = 30;   // where the caller names none

Response kept_private(Response response) {
    response.headers.push_back(http::private_no_store());
    return response;
}

Result<jobs::JobQuery> parse_query(const Request& request) {
    CADDY_TRY(request.allow_query({"filter[state]", "filter[type]", "limit", "cursor"}));
    CADDY_TRY(const auto state, request.query_text("filter[state]"));
    CADDY_TRY(auto type, request.query_text("filter[type]"));
    jobs::JobQuery query;
    Checks checks;
    if (state) {
        jobs::JobState known{};
        const bool found = boost::describe::enum_from_string(state->c_str(), known);
        checks.require(found, "query:filter[state]", "not_a_choice",
                       "Send one of: due, leased, later, parked, done.");
        query.state = known;
    }
    const bool is_type = !type || (!type->empty() && type->size() <= type_length_max && text::is_utf8(*type));
    checks.require(is_type, "query:filter[type]", "not_a_type", "Send a whole type, like orders.paid.");
    CADDY_TRY(checks.result());
    query.type = std::move(type);
    return query;
}

Task<Result<Response>> list_jobs(Request& request, OperationsService& operations) {
    CADDY_CO_TRY(const auto query, parse_query(request));
    CADDY_CO_TRY(const auto wanted, request.page());
    CADDY_CO_TRY(const auto page, co_await operations.list(request.ctx, query, wanted));
    co_return kept_private(http::ok(page));
}

Task<Result<Response>> summarise_jobs(Request& request, OperationsService& operations) {
    CADDY_CO_TRY(request.allow_query({}));
    const auto summary = co_await operations.summary(request.ctx);
    co_return kept_private(http::ok(summary));
}

Task<Result<Response>> retry_job(Request& request, OperationsService& operations) {
    CADDY_CO_TRY(const auto id, request.path_id<jobs::EventId>("event"));
    CADDY_CO_TRY(const auto job, co_await operations.retry(request.ctx, id));
    co_return kept_private(http::accepted(job));
}

Task<Result<Response>> resume_retry(Request& request, const std::string& made, OperationsService& operations) {
    const auto id = jobs::EventId::parse(made).value();
    CADDY_CO_TRY(const auto job, co_await operations.show(request.ctx, id));
    co_return kept_private(http::accepted(job));
}

Task<Result<Response>> retry_jobs(Request& request, OperationsService& operations) {
    CADDY_CO_TRY(const auto wish, request.json<RetryWish>());
    CADDY_CO_TRY(const auto retried, co_await operations.retry_all(request.ctx, wish));
    co_return kept_private(http::accepted(retried));
}

Task<Result<Response>> resume_retries(Request&, const std::string& made, OperationsService&) {
    co_return kept_private(http::accepted(Retried{std::stoll(made)}));
}

Task<Result<Response>> replay_jobs(Request& request, OperationsService& operations) {
    CADDY_CO_TRY(const auto wish, request.json<ReplayWish>());
    CADDY_CO_TRY(const auto replayed, co_await operations.replay(request.ctx, wish));
    co_return kept_private(http::accepted(replayed));
}

Task<Result<Response>> resume_replay(Request&, const std::string& made, OperationsService&) {
    const auto space = made.find(' ');
    Replayed replayed{std::stoll(made)};
    if (space + 1 < made.size()) replayed.next = parse_rfc3339(made.substr(space + 1));
    co_return kept_private(http::accepted(replayed));
}

/// `2026-01-31`
std::optional<std::chrono::sys_days> parse_date(const std::string& text) {
    if (text.size() != 10) return std::nullopt;
    const auto midnight = parse_rfc3339(text + "T00:00:00Z");
    if (!midnight) return std::nullopt;
    return std::chrono::floor<std::chrono::days>(*midnight);
}

Result<Days> parse_days(const Request& request) {
    CADDY_TRY(request.allow_query({"from", "to"}));
    CADDY_TRY(const auto from, request.query_text("from"));
    CADDY_TRY(const auto to, request.query_text("to"));
    Checks checks;
    const auto read = [&](const std::optional<std::string>& text, const char* pointer) {
        const auto day = text ? parse_date(*text) : std::nullopt;
        checks.require(!text || day, pointer, "not_a_date", "Send a day, like 2026-01-31.");
        return day;
    };
    const auto first = read(from, "query:from");
    const auto last = read(to, "query:to");
    CADDY_TRY(checks.result());
    Days days;
    days.to = last.value_or(std::chrono::floor<std::chrono::days>(request.ctx.now()));
    days.from = first.value_or(days.to - std::chrono::days(days_shown - 1));
    return days;
}

Task<Result<Response>> show_figures(Request& request, OperationsService& operations) {
    CADDY_CO_TRY(const auto days, parse_days(request));
    CADDY_CO_TRY(const auto figures, co_await operations.figures(request.ctx, days));
    co_return kept_private(http::ok(figures));
}

}   // namespace

void admin_routes(http::Router& router, OperationsService& operations, idempotency::Ledger& ledger) {
    using enum idempotency::Key;
    using http::bind, idempotency::bind_resume;
    const auto retrying = ledger.keyed(accepted, bind(retry_job, operations), bind_resume(resume_retry, operations));
    const auto retrying_all =
        ledger.keyed(accepted, bind(retry_jobs, operations), bind_resume(resume_retries, operations));
    const auto replaying =
        ledger.keyed(accepted, bind(replay_jobs, operations), bind_resume(resume_replay, operations));
    const std::string all = "/api/v1/admin/jobs";
    const auto staff = Access::staff;
    router.get(all, staff, bind(list_jobs, operations)).permission = Permission::jobs_manage;
    router.get(all + "/summary", staff, bind(summarise_jobs, operations)).permission = Permission::jobs_manage;
    router.post(all + "/retry", staff, retrying_all).permission = Permission::jobs_manage;
    router.post(all + "/replay", staff, replaying).permission = Permission::jobs_manage;
    router.post(all + "/{event}/retry", staff, retrying).permission = Permission::jobs_manage;
    router.get("/api/v1/admin/figures", staff, bind(show_figures, operations)).permission = Permission::orders_read;
}

}   // namespace caddy::operations
