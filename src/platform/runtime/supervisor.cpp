#include "platform/runtime/supervisor.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <ctime>
#include <deque>
#include <optional>
#include <system_error>

namespace caddy {
namespace {

using SteadyTime = std::chrono::steady_clock::time_point;

struct Slot {
    pid_t pid = 0;   // 0: nothing runs
    int crashes = 0;
    std::optional<SteadyTime> restart_at{};
    SteadyTime started_at{};
};

/// In the child: becomes the worker. Only calls that are safe between fork and exec.
[[noreturn]] void become(const WorkerCommand& command, const std::vector<char*>& arguments, pid_t supervisor) {
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (::getppid() != supervisor) std::_Exit(0);   // it died before the line above took hold
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    for (const int descriptor : command.inherited) ::fcntl(descriptor, F_SETFD, 0);
    ::execv("/proc/self/exe", arguments.data());
    std::_Exit(127);
}

class Supervisor {
public:
    using Report = std::function<void(std::string_view, int, int, int)>;

    Supervisor(const std::vector<WorkerCommand>& commands, const SupervisorConfig& config, const Report& report)
        : commands_(commands), config_(config), report_(report), slots_(commands.size()) {}

    int run() {
        sigset_t signals;
        sigemptyset(&signals);
        for (const int signal : {SIGTERM, SIGINT, SIGCHLD}) sigaddset(&signals, signal);
        ::sigprocmask(SIG_BLOCK, &signals, nullptr);
        for (std::size_t slot = 0; slot < slots_.size(); ++slot) start(slot);
        while (!ended()) {
            const timespec tick{0, 50'000'000};
            const int signal = ::sigtimedwait(&signals, nullptr, &tick);
            if (signal == SIGTERM || signal == SIGINT) told_to_end();
            reap();
            restart_due();
        }
        return exit_code_;
    }

private:
    bool ended() const {
        const bool running = std::any_of(slots_.begin(), slots_.end(), [](const Slot& slot) { return slot.pid != 0; });
        return ending_ && !running;
    }

    void start(std::size_t slot) {
        // What the child needs is made before the fork: allocation after it may lock for ever.
        std::string name = "caddy-shopping";
        std::vector<std::string> texts = commands_[slot].arguments;
        std::vector<char*> arguments{name.data()};
        for (auto& text : texts) arguments.push_back(text.data());
        arguments.push_back(nullptr);
        const pid_t supervisor = ::getpid();
        const pid_t pid = ::fork();
        if (pid < 0) throw std::system_error(errno, std::generic_category(), "fork");
        if (pid == 0) become(commands_[slot], arguments, supervisor);
        slots_[slot].pid = pid;
        slots_[slot].restart_at.reset();
        slots_[slot].started_at = std::chrono::steady_clock::now();
        report_("worker.started", static_cast<int>(slot), pid, 0);
    }

    void told_to_end() {
        if (ending_) exit_code_ = 1;
        for (const auto& slot : slots_) {
            if (slot.pid != 0) ::kill(slot.pid, ending_ ? SIGKILL : SIGTERM);
        }
        ending_ = true;
    }

    void reap() {
        int status = 0;
        for (pid_t pid = ::waitpid(-1, &status, WNOHANG); pid > 0; pid = ::waitpid(-1, &status, WNOHANG)) {
            const auto at =
                std::find_if(slots_.begin(), slots_.end(), [pid](const Slot& slot) { return slot.pid == pid; });
            if (at == slots_.end()) continue;   // an orphan that process 1 inherited
            at->pid = 0;
            report_("worker.ended", static_cast<int>(at - slots_.begin()), pid, status);
            if (!ending_) crashed(*at);
            else if (!ended_well(status)) exit_code_ = 1;
        }
    }

    /// SIGTERM kills only a worker that has not opened its doors yet, and so has accepted nothing.
    static bool ended_well(int status) {
        return status == 0 || (WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
    }

    void crashed(Slot& slot) {
        const auto now = std::chrono::steady_clock::now();
        const std::chrono::seconds window(config_.crash_window_s);
        crash_times_.push_back(now);
        while (crash_times_.front() + window < now) crash_times_.pop_front();
        if (crash_times_.size() > static_cast<std::size_t>(config_.crashes_max)) {
            told_to_end();
            exit_code_ = 70;
            return;
        }
        if (slot.started_at + window < now) slot.crashes = 0;
        const int doublings = std::min(slot.crashes++, 16);
        const auto delay =
            std::min(std::int64_t{config_.restart_delay_ms} << doublings, std::int64_t{config_.restart_delay_ms_max});
        slot.restart_at = now + std::chrono::milliseconds(delay);
    }

    void restart_due() {
        if (ending_) return;
        const auto now = std::chrono::steady_clock::now();
        for (std::size_t slot = 0; slot < slots_.size(); ++slot) {
            if (slots_[slot].restart_at && *slots_[slot].restart_at <= now) start(slot);
        }
    }

    const std::vector<WorkerCommand>& commands_;
    SupervisorConfig config_;
    const Report& report_;
    std::vector<Slot> slots_;
    std::deque<SteadyTime> crash_times_;
    bool ending_ = false;
    int exit_code_ = 0;
};

}   // namespace

int supervise(const std::vector<WorkerCommand>& commands, const SupervisorConfig& config,
              const std::function<void(std::string_view event, int slot, int pid, int status)>& report) {
    return Supervisor(commands, config, report).run();
}

}   // namespace caddy
