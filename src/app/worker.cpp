#include "app/worker.hpp"

#include "app/caching.hpp"
#include "app/command.hpp"
#include "app/documents.hpp"
#include "app/fault_toggles.hpp"
#include "app/health.hpp"
#include "app/live_settings.hpp"
#include "app/metrics.hpp"
#include "app/orders.hpp"
#include "app/platform.hpp"
#include "app/pods.hpp"
#include "app/profiler.hpp"
#include "app/route_groups.hpp"
#include "app/shop.hpp"
#include "app/system.hpp"
#include "platform/config/settings_page.hpp"
#include "platform/http/server.hpp"
#include "platform/jobs/job_metrics.hpp"
#include "platform/jobs/sweep.hpp"
#include "platform/limit/fleet_limiter.hpp"
#include "platform/runtime/task_group.hpp"
#include "platform/runtime/worker_board.hpp"
#include "platform/telemetry/metrics.hpp"
#include "platform/telemetry/trace.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <sys/prctl.h>

#include <csignal>
#include <tuple>

namespace caddy::app {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr milliseconds quiet_poll(20);   // between two looks at what is left
constexpr milliseconds settings_poll(100);

void report_bug(std::exception_ptr fault) {
    try {
        std::rethrow_exception(fault);
    } catch (const std::exception& error) {
        log::error("task.fault", {{"fault", error.what()}});
    }
}

std::unique_ptr<limit::FleetLimiter> make_fleet_limiter(Platform& platform, const limit::Config& limits) {
    if (!platform.redis) return nullptr;
    return std::make_unique<limit::FleetLimiter>(platform.loop.get_executor(), *platform.redis, platform.windows,
                                                 limits.callers_max);
}

/// Everything that runs while the shop is open. The port first, so that the rest may know it; doors open last.
class Serving {
public:
    Serving(const Settings& settings, const Inheritance& inherited, const CommandLine& line)
        : line_(line),
          page_(config::SettingsPage::inherit(inherited.settings_page)),
          board_(WorkerBoard::inherit(inherited.board)),
          slot_(inherited.slot),
          seat_(inherited.seat),
          metrics_(board_, seat_),
          areas_(SharedAreas::of(board_.shared_area(), settings)),
          platform_(settings, areas_.windows),
          fleet_limiter_(make_fleet_limiter(platform_, settings.limit)),
          limiter_(settings.limit, platform_.windows, fleet_limiter_.get()),
          caching_(platform_, settings, areas_.epochs, Documents::api()),
          public_(platform_.loop.get_executor(), settings.http, public_services()),
          settings_(settings),
          in_force_(line_, page_),
          pods_(platform_, board_, slot_, [this](Pod& pod) { describe(pod); }) {
        settings_.process.port = public_.adopt(inherited.public_socket);
        if (settings_.sandbox.webhook_url.empty()) {
            settings_.sandbox.webhook_url =
                "http://127.0.0.1:" + std::to_string(settings_.process.port) + "/api/v1/hooks/payments/sandbox";
        }
    }

    int run() {
        trace::open(settings_.tracing);
        platform_.require_schema();
        Shop shop(platform_, settings_);
        shop_ = &shop;
        const bool answers_for_all = slot_ == 0;
        if (answers_for_all) platform_.warn_of_server_limits(settings_);
        if (!settings_.process.read_only) platform_.run(shop.shipping.ensure_defaults(platform_.context("start")));
        if (!settings_.process.read_only && answers_for_all) invite_admin(shop);
        auto table = shop.jobs(settings_);
        caching_.jobs(table);
        if (answers_for_all) {
            jobs::watch_backlog(table, platform_.database);
            jobs::sweep_jobs(table, platform_.database, std::chrono::days(settings_.events_keep_days));
        }
        jobs::Worker worker(platform_.loop.get_executor(), platform_.database, platform_.clock, table, settings_.jobs);
        if (settings_.process.read_only) worker.hold(jobs::Worker::Hold::on);
        Health health(platform_, worker, board_, seat_, settings_.process.read_only);
        SystemReports reports(platform_, health, pods_, in_force_);
        if (settings_.process.role != Role::jobs) {
            auto routes = shop.routes(settings_);
            system_route(routes, [&reports](http::Request& request) { return reports.show(request); });
            public_router_ = only(std::move(routes), settings_.process.routes);
        }
        health.public_routes(public_router_);
        Documents documents(settings_, shop.catalog);
        documents_ = &documents;
        documents.routes(public_router_);
        caching_.attach(public_router_);
        faults_.attach(public_router_);
        platform_.run(open_until_told(worker, health));
        trace::close(std::chrono::seconds(5));
        return exit_ok;
    }

private:
    http::Services public_services() {
        http::Services services{public_router_, platform_.clock};
        services.authenticate = [this](const Context& ctx, std::string_view token) {
            return shop_->identity.authenticate(ctx, token);
        };
        services.limiter = &limiter_;
        services.read_only = &settings_.process.read_only;
        services.observe = &Metrics::observe;
        services.ready = &faults_.before(caching_.ready());
        services.missing = [this](const http::Request& request) {
            return documents_ ? documents_->missing_page(request) : std::optional<http::Response>();
        };
        return services;
    }

    void describe(Pod& pod) {
        pod.config_hash = in_force_.hash();
        pod.role = boost::describe::enum_to_string(settings_.process.role, "");
        pod.routes = settings_.process.routes;
        pod.read_only = settings_.process.read_only;
    }

    /// A shop on a machine of one's own that has no administrator says how to become the first.
    void invite_admin(Shop& shop) {
        if (!settings_.embedded()) return;   // there, it is `admin create`
        const auto token = platform_.run(shop.identity.invite_admin(platform_.context("start")));
        if (!token) return;
        log::warn("admin.invitation", {{"url", settings_.public_url() + "/admin/setup#token=" + *token},
                                       {"note", "open it within 24 hours to become the first administrator"}});
    }

    Task<> open_until_told(jobs::Worker&, Health&);
    Task<> pulse();
    Task<> follow_settings(jobs::Worker&);
    void take_settings(jobs::Worker&);
    void follow_orders();
    Task<> await_end(jobs::Worker&, Health&, asio::signal_set&);
    Task<> retire(jobs::Worker&, asio::signal_set&);
    void take_readiness_back(Health&);
    Task<> close_doors(jobs::Worker&, TaskGroup&);

    const CommandLine& line_;
    config::SettingsPage page_;
    WorkerBoard board_;
    int slot_;
    int seat_;
    Metrics metrics_;
    SharedAreas areas_;
    Platform platform_;
    std::unique_ptr<limit::FleetLimiter> fleet_limiter_;   // null without Redis
    limit::RateLimiter limiter_;
    Caching caching_;
    FaultToggles faults_;
    Profiler profiler_;
    http::Router public_router_;
    http::Server public_;
    Settings settings_;   // with the port that was had
    SettingsInForce in_force_;
    PodRegister pods_;
    Shop* shop_ = nullptr;
    Documents* documents_ = nullptr;
};

Task<> Serving::open_until_told(jobs::Worker& worker, Health& health) {
    TaskGroup tasks(co_await asio::this_coro::executor, &report_bug);
    TaskGroup upkeep(co_await asio::this_coro::executor, &report_bug);
    // Kept to the end: what comes late is heard and means nothing.
    asio::signal_set signals(co_await asio::this_coro::executor, SIGTERM, SIGUSR1, SIGUSR2);
    if (settings_.process.role != Role::api) (void)tasks.spawn(worker.run());
    (void)upkeep.spawn(pulse());
    (void)upkeep.spawn(follow_settings(worker));
    (void)upkeep.spawn(health.keep_watch());
    (void)upkeep.spawn(pods_.keep_saying());
    if (platform_.redis) platform_.redis->start();
    if (fleet_limiter_) fleet_limiter_->start();
    caching_.start();
    public_.start();
    co_await await_end(worker, health, signals);
    co_await close_doors(worker, tasks);
    if (board_.worker(seat_).state == WorkerBoard::State::draining) co_await pods_.leave();
    co_await caching_.stop();
    if (platform_.redis) co_await platform_.redis->close();
    co_await platform_.database.driver().close();
    upkeep.cancel();
    co_await upkeep.join();
    log::info("worker.stopped", {{"slot", slot_}});
    board_.enter(seat_, WorkerBoard::State::ending);
}

/// Beats until it is cancelled.
Task<> Serving::pulse() {
    asio::steady_timer timer(co_await asio::this_coro::executor);
    for (boost::system::error_code cancelled; !cancelled;) {
        metrics_.pulse(platform_.database.driver());
        follow_orders();
        timer.expires_after(seconds(1));
        std::tie(cancelled) = co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
    }
}

/// Looks at the page of settings until it is cancelled; between two looks passes less than people notice.
Task<> Serving::follow_settings(jobs::Worker& worker) {
    std::uint64_t taken = 0;
    asio::steady_timer timer(co_await asio::this_coro::executor);
    for (boost::system::error_code cancelled; !cancelled;) {
        if (const auto generation = page_.generation(); std::exchange(taken, generation) != generation)
            take_settings(worker);
        timer.expires_after(settings_poll);
        std::tie(cancelled) = co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
    }
}

/// The supervisor found them to be good.
void Serving::take_settings(jobs::Worker& worker) {
    auto sources = line_.sources;
    sources.add_all(page_.read());
    auto fresh = bind_settings(sources).settings;
    complete_secrets(fresh);
    LiveParts parts{platform_, limiter_, shop_->identity, worker, settings_};
    go_on_with(fresh, parts);
}

/// What the supervisor wants of all workers, as it stands on the board.
void Serving::follow_orders() {
    auto& orders = orders_of(board_);
    faults_.look(orders);
    profiler_.look(orders, seat_);
    const auto level = orders.log_level.load();
    log::set_level(level > 0 ? static_cast<log::Level>(level - 1)
                             : static_cast<log::Level>(settings_.process.log_level));
}

/// The supervisor's word: SIGUSR1 takes readiness back, SIGUSR2 tells of a successor, SIGTERM ends it.
Task<> Serving::await_end(jobs::Worker& worker, Health& health, asio::signal_set& signals) {
    // Whoever sees this state may send signals from now on.
    board_.enter(seat_, WorkerBoard::State::serving);
    if (board_.draining()) take_readiness_back(health);
    for (int signal = SIGUSR1; signal == SIGUSR1;) {
        signal = co_await signals.async_wait(asio::use_awaitable);
        if (signal == SIGUSR1) take_readiness_back(health);
        if (signal == SIGUSR2) co_await retire(worker, signals);
    }
}

/// New traffic is sent elsewhere, and what still comes is answered.
void Serving::take_readiness_back(Health& health) {
    board_.enter(seat_, WorkerBoard::State::draining);
    health.drain();
    public_.drain();
}

/// The successor accepts on the same socket. Connections end with their next answer; one that stays idle may do so
/// until the drain limit, so that no request meets a closed door.
Task<> Serving::retire(jobs::Worker& worker, asio::signal_set& signals) {
    log::info("worker.retiring", {{"slot", slot_}, {"connections", public_.connections()}});
    board_.enter(seat_, WorkerBoard::State::retiring);
    metrics::forget_gauges(board_.counting_area(seat_));
    co_await public_.leave();
    worker.stop();
    bool is_told_to_hurry = false;
    signals.async_wait([&is_told_to_hurry](const boost::system::error_code& error, int signal) {
        is_told_to_hurry = !error && signal == SIGTERM;
    });
    const auto limit = steady_clock::now() + seconds(settings_.process.drain_limit_s);
    asio::steady_timer timer(co_await asio::this_coro::executor);
    while (public_.connections() > 0 && steady_clock::now() < limit && !is_told_to_hurry) {
        timer.expires_after(quiet_poll);
        co_await timer.async_wait(asio::use_awaitable);
    }
    signals.cancel();
    timer.expires_after(milliseconds(0));   // the cancelled wait tells its own variable
    co_await timer.async_wait(asio::use_awaitable);
}

/// No request that was accepted is dropped: doors close, requests and jobs in hand end, claims are given back.
Task<> Serving::close_doors(jobs::Worker& worker, TaskGroup& tasks) {
    if (board_.worker(seat_).state == WorkerBoard::State::serving) board_.enter(seat_, WorkerBoard::State::draining);
    const auto limit = steady_clock::now() + seconds(settings_.process.drain_limit_s);
    worker.stop();
    co_await public_.stop(seconds(settings_.process.drain_limit_s), http::Backlog::serve);
    asio::steady_timer timer(co_await asio::this_coro::executor);
    while (tasks.size() > 0 && steady_clock::now() < limit) {
        timer.expires_after(quiet_poll);
        co_await timer.async_wait(asio::use_awaitable);
    }
    if (tasks.size() > 0) {
        log::warn("worker.jobs_cut_short", {{"slot", slot_}});
        worker.cut_short();
    }
    co_await tasks.join();
    if (fleet_limiter_) co_await fleet_limiter_->stop();
}

}   // namespace

int run_worker(const Settings& settings, const Inheritance& inherited, const CommandLine& line) {
    const auto name = "caddy-worker-" + std::to_string(inherited.slot);
    ::prctl(PR_SET_NAME, name.c_str());
    return Serving(settings, inherited, line).run();
}

}   // namespace caddy::app
