#include "app/health.hpp"

#include "app/version.hpp"
#include "platform/db/migrate.hpp"
#include "platform/runtime/deadline.hpp"
#include "platform/telemetry/log.hpp"

#include <algorithm>
#include <string>
#include <vector>

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

// How long a pod's last word counts.
constexpr std::chrono::seconds word_life{60};
// A probe does not wait longer than probes usually do.
constexpr std::chrono::milliseconds probe_patience{900};

const redis::KeyPattern pods_key{{.owner = "health",
                                  .pattern = "health:pods",
                                  .content = "hash: pod, whether it reaches the database, since when, when it said so",
                                  .ttl_max = word_life,
                                  .size = "one field for each pod"}};

// ARGV: the pod, 1 when it reaches the database, how long words count. How many of the other pods have reached it since
// this one does not, and how many say that they do not.
const redis::Script reach_script{{.name = "health.reach", .source = R"lua(
if redis.replicate_commands then redis.replicate_commands() end
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local pod, reaches, life = ARGV[1], ARGV[2], tonumber(ARGV[3])
local since, others = now, {}
local all = redis.call('HGETALL', KEYS[1])
for i = 1, #all, 2 do
  local said, begun, last = string.match(all[i + 1], '(%d) (%d+) (%d+)')
  if now - last > life then redis.call('HDEL', KEYS[1], all[i])
  elseif all[i] ~= pod then others[#others + 1] = {said, tonumber(last)}
  elseif said == reaches then since = tonumber(begun) end
end
redis.call('HSET', KEYS[1], pod, string.format('%s %.0f %.0f', reaches, since, now))
redis.call('PEXPIRE', KEYS[1], life)
local reached, cut = 0, 0
for _, other in ipairs(others) do
  if other[1] == '0' then cut = cut + 1 elseif other[2] > since then reached = reached + 1 end
end
return {reached, cut}
)lua", .repeat = redis::Repeat::safe}};

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

/// Without the database any pod answers as well as another, so only one whose own way there is broken says no: when no
/// pod were ready, shoppers would get the balancer's error page instead of the shop's answer.
Task<Result<http::Response>> Health::ready(http::Request& request) {
    if (draining_) co_return http::json_response(503, Status{"unavailable", "draining"});
    auto ctx = request.ctx;
    ctx.deadline = std::min(ctx.deadline, std::chrono::steady_clock::now() + probe_patience);
    bool reaches_database = true;
    try {
        (void)co_await with_deadline(db::schema_state(platform_.database, ctx), ctx.deadline);
    } catch (const std::exception& fault) {
        log::warn("health.database", {{"fault", fault.what()}});
        reaches_database = false;
    }
    const bool is_cut_off = co_await is_cut_off_alone(reaches_database);
    if (is_cut_off) co_return http::json_response(503, Status{"unavailable", "other pods reach the database"});
    if (!reaches_database) co_return http::ok(Status{"ready", "the database does not answer"});
    co_return http::ok(Status{"ready", {}});
}

/// Tells the fleet whether this pod reaches the database. True when it does not and most of the others do.
Task<bool> Health::is_cut_off_alone(bool reaches_database) {
    if (!platform_.redis) co_return false;
    auto ctx = platform_.context("health");
    ctx.deadline = std::chrono::steady_clock::now() + probe_patience;
    const std::vector<redis::Key> keys{pods_key()};
    const auto life_ms = std::chrono::milliseconds(word_life).count();
    const std::vector<std::string> arguments{std::to_string(platform_.windows.identity()),
                                             reaches_database ? "1" : "0", std::to_string(life_ms)};
    try {
        const auto reply = co_await platform_.redis->run(ctx, redis::Command(reach_script, keys, arguments));
        const auto& counts = reply.as_list();
        co_return !reaches_database && counts.at(0).as_integer() > counts.at(1).as_integer();
    } catch (const std::exception& fault) {
        log::warn("health.redis", {{"fault", fault.what()}});
    }
    co_return false;
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
