// `serve`: the supervisor of the workers, and its admin port. A worker is the same command with what it inherits.
#include "app/admin_port.hpp"
#include "app/caching.hpp"
#include "app/command.hpp"
#include "app/service_manager.hpp"
#include "app/settings_watch.hpp"
#include "app/version.hpp"
#include "app/worker.hpp"
#include "platform/limit/window_table.hpp"
#include "platform/net/listener.hpp"
#include "platform/picture/picture.hpp"
#include "platform/runtime/supervisor.hpp"
#include "platform/runtime/task_group.hpp"
#include "platform/telemetry/log.hpp"
#include "platform/telemetry/metrics.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <tuple>
#include <vector>

namespace caddy::app {
namespace {

// What a worker may take after its last request: jobs that are cancelled, connections that are closed, logs.
constexpr int flush_limit_s = 8;

/// A port that cannot be had is the commonest fault of a first start: say which, and what to do.
[[noreturn]] void refuse_port(const std::string& host, int port, std::string_view option, const std::exception& fault) {
    throw std::runtime_error("cannot listen on " + host + " port " + std::to_string(port) + " (" + fault.what() +
                             "); choose another with " + std::string(option) + ", 0 takes any free one");
}

net::Listener open_listener(const std::string& host, int port) {
    try {
        return net::open_shared_listener(host, static_cast<std::uint16_t>(port));
    } catch (const std::exception& fault) {
        refuse_port(host, port, "--port", fault);
    }
}

std::uint16_t open_admin(http::Server& server, const ProcessConfig& process, int given) {
    try {
        if (given >= 0) return server.adopt(given);
        return server.listen(process.admin_host, static_cast<std::uint16_t>(process.admin_port));
    } catch (const std::exception& fault) {
        refuse_port(process.admin_host, process.admin_port, "--admin-port", fault);
    }
}

/// Everything else works without it, so that a shop does not stay closed for it.
void warn_of_missing_parts() {
    const auto file = picture::module_file();
    if (std::filesystem::exists(file)) return;
    log::error("picture.missing", {{"file", file.string()},
                                   {"remedy", "install the program whole; until then no picture can be uploaded"}});
}

/// A board for so many workers, ready for what they count together.
WorkerBoard make_board(const Settings& settings) {
    WorkerBoard::Layout layout;
    layout.slots = settings.process.workers;
    layout.shared_bytes = SharedAreas::bytes(settings);
    auto board = WorkerBoard::create(layout);
    limit::WindowTable::format(SharedAreas::of(board.shared_area(), settings).windows);
    return board;
}

SupervisorConfig supervisor_config(const ProcessConfig& process) {
    SupervisorConfig config;
    config.hung_after_s = process.worker_hung_after_s;
    config.drain_delay_s = process.drain_delay_s;
    config.end_limit_s = process.drain_limit_s + flush_limit_s;
    config.memory_bytes_max = std::int64_t{process.worker_memory_mib_max} * 1024 * 1024;
    return config;
}

/// The supervisor keeps the sockets, so that a connection that waits while a worker is replaced is answered by the next
/// one. One worker has a supervisor, too: it is replaced without a gap like many.
class Supervising {
public:
    Supervising(Settings& settings, const CommandLine& line)
        : settings_(settings),
          board_(make_board(settings)),
          watch_(loop_.get_executor(), line, [this] { supervisor_.reload(); }),
          supervisor_(loop_.get_executor(), board_, commands(line), supervisor_config(settings.process),
                      [this](const Happening& happening) { hear(happening); }),
          admin_(loop_.get_executor(), settings, board_, supervisor_, watch_.state()) {
        settings_.process.admin_port = open_admin(admin_.server(), settings_.process, manager_.admin_socket());
    }

    int run() {
        warn_of_missing_parts();
        admin_.server().start();
        int code = exit_software;
        asio::co_spawn(loop_, supervise(), [&code](const std::exception_ptr& fault, int ended) {
            if (fault) std::rethrow_exception(fault);
            code = ended;
        });
        loop_.run();
        return code;
    }

private:
    /// The command line of each worker: the supervisor's own, with what it inherits.
    std::vector<WorkerCommand> commands(const CommandLine& line) {
        auto& process = settings_.process;
        std::vector<WorkerCommand> all;
        for (int slot = 0; slot < process.workers; ++slot) {
            // One that the service manager opened is everybody's: all workers accept from it.
            const auto listener = manager_.public_socket() >= 0 ? net::inherited_listener(manager_.public_socket())
                                                                : open_listener(process.host, process.port);
            if (manager_.public_socket() < 0) listeners_.push_back(listener.socket);
            process.port = listener.port;
            WorkerCommand command{line.arguments, {listener.socket, board_.descriptor(), watch_.page()}};
            for (const auto& [option, value] :
                 {std::pair("--port=", int{listener.port}), std::pair("--public-socket=", listener.socket),
                  std::pair("--board=", board_.descriptor()), std::pair("--settings-page=", watch_.page()),
                  std::pair("--slot=", slot)})
                command.arguments.push_back(option + std::to_string(value));
            all.push_back(std::move(command));
        }
        return all;
    }

    Task<int> supervise() {
        TaskGroup upkeep(loop_.get_executor(), [](const std::exception_ptr&) {});
        if (manager_.watchdog()) (void)upkeep.spawn(keep_watchdog(*manager_.watchdog() / 2));
        (void)upkeep.spawn(watch_.run());
        const int code = co_await supervisor_.run();
        upkeep.cancel();
        co_await upkeep.join();
        co_await admin_.server().stop(std::chrono::milliseconds(1'000), http::Backlog::serve);
        log::info("serve.stopped", {{"code", code}});
        co_return code;
    }

    /// The service manager restarts what falls silent; a hung worker is the supervisor's own to replace, so it counts
    /// only when that fails.
    Task<> keep_watchdog(std::chrono::microseconds interval) {
        asio::steady_timer timer(loop_);
        for (boost::system::error_code cancelled; !cancelled;) {
            manager_.tell("WATCHDOG=1");
            timer.expires_after(interval);
            std::tie(cancelled) = co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
        }
    }

    void hear(const Happening& happening) {
        tell_manager(happening.event);
        if (happening.event == "supervisor.started") return listening();
        if (happening.event == "serve.closing") leave_doors_to_workers();
        if (happening.event == "worker.ended" || happening.event == "worker.retired_badly" ||
            happening.event == "worker.hung" || happening.event == "worker.overdue" ||
            happening.event == "worker.bloated" || happening.event == "reload.failed") {
            return log::warn(happening.event,
                             {{"slot", happening.slot}, {"pid", happening.pid}, {"detail", happening.detail}});
        }
        if (happening.slot < 0) return log::info(happening.event);
        log::info(happening.event, {{"slot", happening.slot}, {"pid", happening.pid}, {"detail", happening.detail}});
    }

    /// From here on a door that its worker closes is closed: kept open here, it would let in whom nobody answers.
    void leave_doors_to_workers() {
        for (const int listener : listeners_) ::close(listener);
        listeners_.clear();
    }

    void tell_manager(std::string_view event) const {
        if (event == "supervisor.started" || event == "reload.done" || event == "reload.failed")
            manager_.tell("READY=1");
        if (event == "reload.started") manager_.tell_reloading();
        if (event == "serve.draining") manager_.tell("STOPPING=1");
    }

    void listening() const {
        const auto url = "http://localhost:" + std::to_string(settings_.process.port);
        log::info("serve.listening", {{"url", url},
                                      {"docs", url + "/docs"},
                                      {"port", settings_.process.port},
                                      {"admin_port", settings_.process.admin_port},
                                      {"workers", settings_.process.workers},
                                      {"version", version()}});
    }

    Settings& settings_;
    ServiceManager manager_;
    asio::io_context loop_{1};
    std::vector<int> listeners_;   // of ours; one that the service manager opened stays open
    WorkerBoard board_;
    SettingsWatch watch_;
    Supervisor supervisor_;
    AdminPort admin_;
};

/// The soft limit is a shell's default for small programs; what the machine grants is the hard one. Workers inherit it.
/// Some runtimes grant a thousand million, for which kernel and tools are not made.
void raise_file_limit() {
    constexpr rlim_t enough = 1'048'576;
    rlimit files{};
    if (::getrlimit(RLIMIT_NOFILE, &files) != 0) return;
    const auto wanted = std::min(files.rlim_max, enough);
    if (files.rlim_cur >= wanted) return;
    files.rlim_cur = wanted;
    ::setrlimit(RLIMIT_NOFILE, &files);   // refused, it stays as it was: the doctor tells what that means
}

}   // namespace

int serve(const Settings& given, const CommandLine& line) {
    log::configure(static_cast<log::Level>(given.process.log_level), static_cast<log::Format>(given.process.log_format),
                   log::Stream::standard_output);
    Settings settings = given;
    complete_secrets(settings);
    raise_file_limit();
    try {
        if (line.public_socket < 0) return Supervising(settings, line).run();
        return run_worker(settings, {line.public_socket, line.board, line.slot, line.seat, line.settings_page}, line);
    } catch (const std::runtime_error& fault) {
        complain(fault.what());
        return exit_unavailable;
    }
}

}   // namespace caddy::app
