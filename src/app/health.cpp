#include "app/health.hpp"

#include "app/version.hpp"
#include "platform/db/migrate.hpp"
#include "platform/telemetry/log.hpp"

namespace caddy::app {
namespace {

BOOST_DEFINE_ENUM_CLASS(State, ok, degraded, unavailable, unreachable)

struct Check {
    State status = State::ok;
    std::optional<std::string> detail;
};
BOOST_DESCRIBE_STRUCT(Check, (), (status, detail))

struct Checks {
    Check database;
    Check outbox;
    std::optional<Check> redis;   // null where there is none
};
BOOST_DESCRIBE_STRUCT(Checks, (), (database, outbox, redis))

struct Version {
    std::string version = std::string(app::version());
};
BOOST_DESCRIBE_STRUCT(Version, (), (version))

struct Status {
    std::string status;
    std::optional<std::string> reason;
};
BOOST_DESCRIBE_STRUCT(Status, (), (status, reason))

// An event that is due is taken within a second in a healthy process; minutes mean that nobody works.
constexpr std::int64_t outbox_lag_ms_max = 60'000;

Check judge(const jobs::Backlog& backlog) {
    if (backlog.parked > 0) return {State::degraded, std::to_string(backlog.parked) + " events are parked"};
    if (backlog.lag_ms > outbox_lag_ms_max)
        return {State::degraded, "events wait for " + std::to_string(backlog.lag_ms / 1'000) + " s"};
    return {};
}

/// The shop is slower without Redis, and correct.
Task<Check> judge(redis::Client& client, const Context& ctx) {
    try {
        (void)co_await client.run(ctx, redis::Command("PING"));
    } catch (const std::exception& fault) {
        log::warn("health.redis", {{"fault", fault.what()}});
        co_return Check{State::unreachable, "Redis does not answer"};
    }
    if (!client.available()) co_return Check{State::unreachable, "a part of the cluster does not answer"};
    co_return Check{};
}

}   // namespace

struct HealthReport {
    State status = State::ok;
    Checks checks;
    std::string version = std::string(app::version());
    std::int64_t uptime_s = 0;
};
BOOST_DESCRIBE_STRUCT(HealthReport, (), (status, checks, version, uptime_s))

/// Asks the database itself: an answer of `ok` means that a read came back just now.
Task<HealthReport> Health::examine(const Context& ctx) {
    HealthReport report;
    report.uptime_s =
        std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - since_).count();
    try {
        (void)co_await db::schema_state(platform_.database, ctx);
    } catch (const std::exception& fault) {
        log::warn("health.database", {{"fault", fault.what()}});
        report.checks.database = {State::unavailable, "the database does not answer"};
        report.checks.outbox = {State::unavailable, "the database does not answer"};
        report.status = State::unavailable;
    }
    if (report.status == State::unavailable) co_return report;
    const auto backlog = co_await worker_.backlog(ctx);
    report.checks.outbox = judge(backlog);
    if (report.checks.outbox.status != State::ok) report.status = State::degraded;
    if (platform_.redis) {
        report.checks.redis = co_await judge(*platform_.redis, ctx);
        if (report.checks.redis->status != State::ok) report.status = State::degraded;
    }
    co_return report;
}

Task<Result<http::Response>> Health::health(http::Request& request) {
    const auto report = co_await examine(request.ctx);
    co_return http::json_response(report.status == State::unavailable ? 503 : 200, report);
}

Task<Result<http::Response>> Health::ready(http::Request& request) {
    if (draining_) co_return http::json_response(503, Status{"unavailable", "draining"});
    const auto report = co_await examine(request.ctx);
    if (report.status == State::unavailable)
        co_return http::json_response(503, Status{"unavailable", report.checks.database.detail});
    co_return http::ok(Status{"ready", {}});
}

Task<Result<http::Response>> Health::started(http::Request&) {
    if (!started_) co_return http::json_response(503, Status{"starting", {}});
    co_return http::ok(Status{"started", {}});
}

// That this answers is the proof: the loop turns. It looks at no dependency.
Task<Result<http::Response>> Health::live(http::Request&) { co_return http::ok(Status{"alive", {}}); }

Task<Result<http::Response>> Health::version(http::Request&) { co_return http::ok(Version{}); }

void Health::public_routes(http::Router& r) {
    r.get("/health", Access::anyone, [this](http::Request& request) { return health(request); }).tier =
        http::Tier::none;
    r.get("/readyz", Access::anyone, [this](http::Request& request) { return ready(request); }).tier = http::Tier::none;
}

void Health::admin_routes(http::Router& r) {
    public_routes(r);
    r.get("/livez", Access::anyone, [this](http::Request& request) { return live(request); }).tier = http::Tier::none;
    r.get("/startupz", Access::anyone, [this](http::Request& request) { return started(request); }).tier =
        http::Tier::none;
    r.get("/version", Access::anyone, [this](http::Request& request) { return version(request); }).tier =
        http::Tier::none;
}

}   // namespace caddy::app
