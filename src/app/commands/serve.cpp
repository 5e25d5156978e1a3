// `serve`: one process with its event loop: API, admin port, jobs; started, drained and stopped in order.
#include "app/command.hpp"
#include "app/documents.hpp"
#include "app/health.hpp"
#include "app/metrics.hpp"
#include "app/platform.hpp"
#include "app/shop.hpp"
#include "app/version.hpp"
#include "platform/http/server.hpp"
#include "platform/jobs/job_metrics.hpp"
#include "platform/limit/fleet_limiter.hpp"
#include "platform/net/listener.hpp"
#include "platform/runtime/supervisor.hpp"
#include "platform/runtime/task_group.hpp"
#include "platform/runtime/worker_board.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <csignal>
#include <cstdlib>
#include <tuple>

namespace caddy::app {
namespace {

void report_bug(std::exception_ptr fault) {
    try {
        std::rethrow_exception(fault);
    } catch (const std::exception& error) {
        log::error("task.fault", {{"fault", error.what()}});
    }
}

/// A port that cannot be had is the commonest fault of a first start: say which, and what to do.
[[noreturn]] void refuse_port(const std::string& host, int port, std::string_view option, const std::exception& fault) {
    throw std::runtime_error("cannot listen on " + host + " port " + std::to_string(port) + " (" + fault.what() +
                             "); choose another with " + std::string(option) + ", 0 takes any free one");
}

/// What a worker inherited; -1 where it has its own.
struct Inheritance {
    int public_socket = -1;
    int admin_socket = -1;
    int board = -1;
    int slot = 0;
};

/// A board for so many workers, ready for what they count together.
WorkerBoard make_board(const Settings& settings, int workers) {
    WorkerBoard::Layout layout;
    layout.slots = workers;
    layout.shared_bytes = limit::WindowTable::bytes_for(settings.limit.callers_max);
    auto board = WorkerBoard::create(layout);
    limit::WindowTable::format(board.shared_area());
    return board;
}

std::unique_ptr<limit::FleetLimiter> make_fleet_limiter(Platform& platform, const limit::Config& limits) {
    if (!platform.redis) return nullptr;
    return std::make_unique<limit::FleetLimiter>(platform.loop.get_executor(), *platform.redis, platform.windows,
                                                 limits.callers_max);
}

/// Everything that runs while the shop is open. Ports first, so that the rest may know them; doors open last.
class Serving {
public:
    Serving(const Settings& settings, const Inheritance& inherited)
        : board_(inherited.board >= 0 ? WorkerBoard::inherit(inherited.board) : make_board(settings, 1)),
          slot_(inherited.slot),
          metrics_(board_, slot_),
          platform_(settings, board_.shared_area()),
          fleet_limiter_(make_fleet_limiter(platform_, settings.limit)),
          limiter_(settings.limit, platform_.windows, fleet_limiter_.get()),
          public_(platform_.loop.get_executor(), settings.http, public_services()),
          admin_(platform_.loop.get_executor(), settings.http, {admin_router_, platform_.clock}),
          settings_(with_ports(settings, inherited)) {}

    int run() {
        platform_.require_schema();
        Shop shop(platform_, settings_);
        shop_ = &shop;
        platform_.run(shop.shipping.ensure_defaults(platform_.context("start")));
        if (answers_for_all_) {
            platform_.warn_of_server_limits(settings_);
            invite_admin(shop);
        }
        auto table = shop.jobs(settings_);
        if (answers_for_all_) jobs::watch_backlog(table, platform_.database);
        jobs::Worker worker(platform_.loop.get_executor(), platform_.database, platform_.clock, table, settings_.jobs);
        Health health(platform_, worker);
        public_router_ = shop.routes(settings_);
        health.public_routes(public_router_);
        Documents documents(settings_);
        documents.routes(public_router_);
        health.admin_routes(admin_router_);
        metrics_.admin_routes(admin_router_);
        platform_.run(open_until_told(worker, health));
        return exit_ok;
    }

private:
    http::Services public_services() {
        http::Services services{public_router_, platform_.clock};
        services.authenticate = [this](const Context& ctx, std::string_view token) {
            return shop_->identity.authenticate(ctx, token);
        };
        services.limiter = &limiter_;
        services.observe = &Metrics::observe;
        return services;
    }

    Settings with_ports(Settings settings, const Inheritance& inherited) {
        auto& process = settings.process;
        process.port = listen(public_, inherited.public_socket, process.host, process.port, "--port");
        // One process answers for all on the admin port.
        const bool has_admin = inherited.public_socket < 0 || inherited.admin_socket >= 0;
        answers_for_all_ = has_admin;
        if (has_admin) {
            process.admin_port =
                listen(admin_, inherited.admin_socket, process.admin_host, process.admin_port, "--admin-port");
        }
        if (settings.sandbox.webhook_url.empty()) {
            settings.sandbox.webhook_url =
                "http://127.0.0.1:" + std::to_string(process.port) + "/api/v1/hooks/payments/sandbox";
        }
        return settings;
    }

    static int listen(http::Server& server, int socket, const std::string& host, int port, std::string_view option) {
        try {
            return socket >= 0 ? server.adopt(socket) : server.listen(host, static_cast<std::uint16_t>(port));
        } catch (const std::exception& fault) {
            refuse_port(host, port, option, fault);
        }
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
    Task<> wait_for_signal();
    Task<> drain(jobs::Worker&, Health&, TaskGroup&);

    WorkerBoard board_;
    int slot_;
    Metrics metrics_;
    Platform platform_;
    std::unique_ptr<limit::FleetLimiter> fleet_limiter_;   // null without Redis
    limit::RateLimiter limiter_;
    http::Router public_router_;
    http::Router admin_router_;
    http::Server public_;
    http::Server admin_;
    bool answers_for_all_ = false;   // of several workers one
    Settings settings_;              // with the ports that were had
    Shop* shop_ = nullptr;
};

Task<> Serving::open_until_told(jobs::Worker& worker, Health& health) {
    TaskGroup tasks(co_await asio::this_coro::executor, &report_bug);
    TaskGroup upkeep(co_await asio::this_coro::executor, &report_bug);
    (void)tasks.spawn(worker.run());
    (void)upkeep.spawn(pulse());
    if (platform_.redis) platform_.redis->start();
    if (fleet_limiter_) fleet_limiter_->start();
    public_.start();
    admin_.start();
    health.started();
    board_.enter(slot_, WorkerBoard::State::serving);
    const auto url = "http://localhost:" + std::to_string(settings_.process.port);
    log::info("serve.listening", {{"url", url},
                                  {"docs", url + "/docs"},
                                  {"port", settings_.process.port},
                                  {"admin_port", settings_.process.admin_port},
                                  {"version", version()}});
    co_await wait_for_signal();
    board_.enter(slot_, WorkerBoard::State::draining);
    co_await drain(worker, health, tasks);
    upkeep.cancel();
    co_await upkeep.join();
    if (platform_.redis) co_await platform_.redis->close();
    co_await platform_.database.driver().close();
    log::info("serve.stopped");
}

/// Beats until it is cancelled.
Task<> Serving::pulse() {
    asio::steady_timer timer(co_await asio::this_coro::executor);
    for (boost::system::error_code cancelled; !cancelled;) {
        metrics_.pulse(platform_.database.driver());
        timer.expires_after(std::chrono::seconds(1));
        std::tie(cancelled) = co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
    }
}

Task<> Serving::wait_for_signal() {
    asio::signal_set signals(co_await asio::this_coro::executor, SIGTERM, SIGINT);
    const int signal = co_await signals.async_wait(asio::use_awaitable);
    log::info("serve.draining", {{"signal", signal == SIGTERM ? "SIGTERM" : "SIGINT"}});
}

/// No request that was accepted is dropped: traffic is told to go elsewhere, then doors close, then work ends.
Task<> Serving::drain(jobs::Worker& worker, Health& health, TaskGroup& tasks) {
    // A second signal ends at once.
    std::signal(SIGTERM, [](int) { std::_Exit(exit_failed); });
    std::signal(SIGINT, [](int) { std::_Exit(exit_failed); });
    health.drain();
    public_.drain();
    asio::steady_timer delay(co_await asio::this_coro::executor, std::chrono::seconds(settings_.process.drain_delay_s));
    co_await delay.async_wait(asio::use_awaitable);
    co_await public_.stop(std::chrono::seconds(settings_.process.drain_limit_s), http::Backlog::serve);
    worker.stop();
    co_await tasks.join();
    if (fleet_limiter_) co_await fleet_limiter_->stop();
    co_await admin_.stop(std::chrono::seconds(1), http::Backlog::serve);
}

/// The command line of a worker: the supervisor's own, with what it inherits.
WorkerCommand worker_command(const CommandLine& line, const Settings& settings, const Inheritance& inherited) {
    WorkerCommand command{line.arguments, {inherited.public_socket, inherited.board}};
    command.arguments.push_back("--port=" + std::to_string(settings.process.port));
    command.arguments.push_back("--admin-port=" + std::to_string(settings.process.admin_port));
    command.arguments.push_back("--public-socket=" + std::to_string(inherited.public_socket));
    command.arguments.push_back("--board=" + std::to_string(inherited.board));
    command.arguments.push_back("--slot=" + std::to_string(inherited.slot));
    if (inherited.admin_socket >= 0) {
        command.inherited.push_back(inherited.admin_socket);
        command.arguments.push_back("--admin-socket=" + std::to_string(inherited.admin_socket));
    }
    return command;
}

net::Listener open_listener(const std::string& host, int port, std::string_view option) {
    try {
        return net::open_shared_listener(host, static_cast<std::uint16_t>(port));
    } catch (const std::exception& fault) {
        refuse_port(host, port, option, fault);
    }
}

/// Several workers under one supervisor. It keeps their sockets, so that a connection that waits while a worker is
/// replaced is answered by the next one.
int serve_with_workers(Settings settings, const CommandLine& line) {
    auto& process = settings.process;
    { Platform(settings).require_schema(); }
    const auto admin = open_listener(process.admin_host, process.admin_port, "--admin-port");
    process.admin_port = admin.port;
    const auto board = make_board(settings, process.workers);
    std::vector<WorkerCommand> commands;
    for (int slot = 0; slot < process.workers; ++slot) {
        const auto listener = open_listener(process.host, process.port, "--port");
        process.port = listener.port;
        const Inheritance inherited{listener.socket, slot == 0 ? admin.socket : -1, board.descriptor(), slot};
        commands.push_back(worker_command(line, settings, inherited));
    }
    const auto report = [](std::string_view event, int slot, int pid, int status) {
        log::info(event, {{"slot", slot}, {"pid", pid}, {"status", status}});
    };
    return supervise(commands, SupervisorConfig{}, report);
}

}   // namespace

int serve(const Settings& given, const CommandLine& line) {
    log::configure(static_cast<log::Level>(given.process.log_level), static_cast<log::Format>(given.process.log_format),
                   log::Stream::standard_output);
    Settings settings = given;
    complete_secrets(settings);
    try {
        const bool is_worker = line.public_socket >= 0;
        if (!is_worker && settings.process.workers > 1) return serve_with_workers(std::move(settings), line);
        return Serving(settings, {line.public_socket, line.admin_socket, line.board, line.slot}).run();
    } catch (const std::runtime_error& fault) {
        complain(fault.what());
        return exit_unavailable;
    }
}

}   // namespace caddy::app
