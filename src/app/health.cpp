#include "app/health.hpp"

#include "app/version.hpp"
#include "platform/db/migrate.hpp"
#include "platform/runtime/deadline.hpp"
#include "platform/telemetry/log.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <string>
#include <vector>

namespace caddy::app {
namespace {

// An event that is due is taken within a second in a healthy process; minutes mean that nobody works.
constexpr std::int64_t outbox_lag_ms_max = 60'000;

PartCheck judge(const jobs::Backlog& backlog) {
    if (backlog.parked > 0) return {PartState::degraded, std::to_string(backlog.parked) + " events are parked"};
    if (backlog.lag_ms > outbox_lag_ms_max)
        return {PartState::degraded, "events wait for " + std::to_string(backlog.lag_ms / 1'000) + " s"};
    return {};
}

// Workers beat every second.
constexpr std::int64_t fresh_us = 3'000'000;

PartCheck judge(const WorkerBoard& board) {
    const int serving = board.serving(fresh_us);
    if (serving >= board.slots()) return {};
    return {PartState::degraded, std::to_string(serving) + " of " + std::to_string(board.slots()) + " workers serve"};
}

/// The shop is slower without Redis, and correct.
Task<PartCheck> judge(redis::Client& client, const Context& ctx) {
    try {
        (void)co_await client.run(ctx, redis::Command("PING"));
    } catch (const std::exception& fault) {
        log::warn("health.redis", {{"fault", fault.what()}});
        co_return PartCheck{PartState::unreachable, "Redis does not answer"};
    }
    if (!client.available()) co_return PartCheck{PartState::unreachable, "a part of the cluster does not answer"};
    co_return PartCheck{};
}

// How long a pod's last word counts.
constexpr std::chrono::seconds word_life{60};
// A probe does not wait longer than probes usually do.
constexpr std::chrono::milliseconds probe_patience{900};
constexpr std::chrono::seconds watch_interval{2};

const redis::KeyPattern pods_key{{.owner = "health",
                                  .pattern = "health:pods",
                                  .content = "hash: pod, whether it reaches the database, since when, when it said so",
                                  .ttl_max = word_life,
                                  .size = "one field for each pod"}};

// ARGV: the pod, 1 when it reaches the database, how long words count, how old at most what they say is by then. How
// many of the other pods have reached it since this one does not, and how many say that they do not. A server that goes
// away is seen by one pod after another: who has just said that he reached it may have asked before it went.
const redis::Script reach_script{{.name = "health.reach",
                                  .source = R"lua(
if redis.replicate_commands then redis.replicate_commands() end
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local pod, reaches, life, lag = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
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
  if other[1] == '0' then cut = cut + 1 elseif other[2] > since + lag then reached = reached + 1 end
end
return {reached, cut}
)lua",
                                  .repeat = redis::Repeat::safe}};

}   // namespace

Task<HealthReport> Health::examine(const Context& ctx) {
    HealthReport report;
    report.version = version();
    report.read_only = read_only_;
    report.uptime_s =
        std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - since_).count();
    try {
        (void)co_await db::schema_state(platform_.database, ctx);
    } catch (const std::exception& fault) {
        log::warn("health.database", {{"fault", fault.what()}});
        report.checks.database = {PartState::unavailable, "the database does not answer"};
        report.checks.outbox = {PartState::unavailable, "the database does not answer"};
        report.status = PartState::unavailable;
    }
    report.checks.workers = judge(board_);
    if (report.status == PartState::unavailable) co_return report;
    if (report.checks.workers.status != PartState::ok) report.status = PartState::degraded;
    const auto backlog = co_await worker_.backlog(ctx);
    if (!read_only_) report.checks.outbox = judge(backlog);   // else its events are another region's to work on
    if (report.checks.outbox.status != PartState::ok) report.status = PartState::degraded;
    if (platform_.redis) {
        report.checks.redis = co_await judge(*platform_.redis, ctx);
        if (report.checks.redis->status != PartState::ok) report.status = PartState::degraded;
    }
    co_return report;
}

Task<Result<http::Response>> Health::health(http::Request& request) {
    const auto report = co_await examine(request.ctx);
    co_return http::json_response(report.status == PartState::unavailable ? 503 : 200, report);
}

http::Response draining_answer() { return http::json_response(503, ProbeStatus{"unavailable", "draining"}); }

http::Response readiness(WorkerBoard::Reach reach) {
    if (reach == WorkerBoard::Reach::broken_here_alone)
        return http::json_response(503, ProbeStatus{"unavailable", "other pods reach the database"});
    if (reach == WorkerBoard::Reach::broken) return http::ok(ProbeStatus{"ready", "the database does not answer"});
    return http::ok(ProbeStatus{"ready", {}});
}

Task<Result<http::Response>> Health::ready(http::Request& request) {
    if (draining_) co_return draining_answer();
    const auto reach = co_await look(request.ctx);
    co_return readiness(reach);
}

/// Without the database any pod answers as well as another, so only one whose own way there is broken says no: when no
/// pod were ready, shoppers would get the balancer's error page instead of the shop's answer.
Task<WorkerBoard::Reach> Health::look(Context ctx) {
    ctx.deadline = std::min(ctx.deadline, std::chrono::steady_clock::now() + probe_patience);
    bool reaches_database = true;
    try {
        (void)co_await with_deadline(db::schema_state(platform_.database, ctx), ctx.deadline);
    } catch (const std::exception& fault) {
        log::warn("health.database", {{"fault", fault.what()}});
        reaches_database = false;
    }
    const bool is_cut_off = co_await is_cut_off_alone(reaches_database);
    const auto reach = is_cut_off         ? WorkerBoard::Reach::broken_here_alone
                       : reaches_database ? WorkerBoard::Reach::whole
                                          : WorkerBoard::Reach::broken;
    board_.worker(seat_).reach = reach;
    co_return reach;
}

Task<> Health::keep_watch() {
    co_await asio::this_coro::throw_if_cancelled(false);
    asio::steady_timer timer(co_await asio::this_coro::executor);
    for (;;) {
        (void)co_await look(platform_.context("health"));
        const auto state = co_await asio::this_coro::cancellation_state;
        if (state.cancelled() != asio::cancellation_type::none) co_return;
        timer.expires_after(watch_interval);
        const auto [cancelled] = co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
        if (cancelled) co_return;
    }
}

/// Tells the fleet whether this pod reaches the database. True when it does not and most of the others do.
Task<bool> Health::is_cut_off_alone(bool reaches_database) {
    if (!platform_.redis) co_return false;
    auto ctx = platform_.context("health");
    ctx.deadline = std::chrono::steady_clock::now() + probe_patience;
    const std::vector<redis::Key> keys{pods_key()};
    const auto life_ms = std::chrono::milliseconds(word_life).count();
    const std::vector<std::string> arguments{std::to_string(platform_.windows.identity()), reaches_database ? "1" : "0",
                                             std::to_string(life_ms), std::to_string(probe_patience.count())};
    try {
        const auto reply = co_await platform_.redis->run(ctx, redis::Command(reach_script, keys, arguments));
        const auto& counts = reply.as_list();
        co_return !reaches_database && counts.at(0).as_integer() > counts.at(1).as_integer();
    } catch (const std::exception& fault) {
        log::warn("health.redis", {{"fault", fault.what()}});
    }
    co_return false;
}

void Health::public_routes(http::Router& r) {
    r.get("/health", Access::anyone, [this](http::Request& request) { return health(request); }).tier =
        http::Tier::none;
    r.get("/readyz", Access::anyone, [this](http::Request& request) { return ready(request); }).tier = http::Tier::none;
}

}   // namespace caddy::app
