#include "platform/runtime/supervisor.hpp"

#include "core/assert.hpp"
#include "platform/runtime/task_group.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <system_error>
#include <tuple>

namespace caddy {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr milliseconds busy_tick(10);   // something is under way
constexpr milliseconds idle_tick(100);
constexpr seconds stall_limit(1);              // a step that comes so late could not see any sign of life
constexpr std::int64_t fresh_us = 3'000'000;   // workers beat every second
constexpr int exit_gave_up = 70;               // EX_SOFTWARE

/// SIGTERM ends only a worker that has not opened its doors yet, and so has accepted nothing.
bool ended_well(int status) { return status == 0 || (WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM); }

sigset_t heard() {
    sigset_t signals;
    sigemptyset(&signals);
    for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGCHLD}) sigaddset(&signals, signal);
    return signals;
}

}   // namespace

class Supervisor::Signals {
public:
    explicit Signals(const asio::any_io_executor& executor) : stream_(executor) {
        const auto signals = heard();
        ::sigprocmask(SIG_BLOCK, &signals, nullptr);
        const int descriptor = ::signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
        if (descriptor < 0) throw std::system_error(errno, std::generic_category(), "signalfd");
        stream_.assign(descriptor);
    }
    Task<std::optional<signalfd_siginfo>> next() {
        signalfd_siginfo info{};
        const auto [error, count] =
            co_await stream_.async_read_some(asio::buffer(&info, sizeof(info)), asio::as_tuple(asio::use_awaitable));
        if (error || count != sizeof(info)) co_return std::nullopt;
        co_return info;
    }

private:
    asio::posix::stream_descriptor stream_;
};

Supervisor::Supervisor(asio::any_io_executor executor, const WorkerBoard& board, std::vector<WorkerCommand> commands,
                       const SupervisorConfig& config, Report report)
    : executor_(executor),
      board_(board),
      commands_(std::move(commands)),
      config_(config),
      report_(std::move(report)),
      signals_(std::make_unique<Signals>(executor)),
      program_path_(ProgramFile::own_path()),
      slots_(commands_.size()) {
    CADDY_ASSERT(commands_.size() == static_cast<std::size_t>(board_.slots()));
    const auto program = ProgramFile::open("/proc/self/exe");
    for (auto& slot : slots_) slot.program = program;
}

Supervisor::~Supervisor() = default;

Task<int> Supervisor::run() {
    TaskGroup hearing(executor_, [](const std::exception_ptr&) {});
    (void)hearing.spawn(hear_signals());
    asio::steady_timer timer(executor_);
    slots_.front().restart_at = steady_clock::now();   // the others follow when it serves
    last_step_ = steady_clock::now();
    while (!ended()) {
        step();
        timer.expires_after(busy() ? busy_tick : idle_tick);
        (void)co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
    }
    hearing.cancel();
    co_await hearing.join();
    co_return exit_code_;
}

Task<> Supervisor::hear_signals() {
    for (;;) {
        const auto info = co_await signals_->next();
        if (!info) co_return;
        told(info->ssi_signo, info->ssi_code);
    }
}

void Supervisor::told(std::uint32_t signal, std::int32_t code) {
    if (signal == SIGCHLD) return reap();
    // The kernel's own SIGHUP says that the terminal is gone; somebody's asks for a new generation.
    if (signal == SIGHUP && code != SI_KERNEL) return reload();
    told_to_end();
}

void Supervisor::step() {
    const auto now = steady_clock::now();
    // Whoever was stopped cannot tell who else was: the whole group of processes, or the machine.
    if (now - last_step_ > stall_limit) judge_from_ = now + seconds(config_.hung_after_s);
    last_step_ = now;
    reap();
    note_who_serves();
    if (ending_) {
        end_in_order();
    } else {
        start_due();
        advance_replacement();
        look_at_memory();
    }
    if (now >= judge_from_) look_for_silence();
}

bool Supervisor::busy() const {
    if (ending_ || !replacements_.empty()) return true;
    return std::any_of(slots_.begin(), slots_.end(), [](const Slot& slot) {
        return slot.restart_at.has_value() || (slot.current && !slot.current->served);
    });
}

bool Supervisor::ended() const {
    return ending_ && retiring_.empty() &&
           std::all_of(slots_.begin(), slots_.end(), [](const Slot& slot) { return !slot.current && !slot.successor; });
}

template <class Visit>
void Supervisor::each_child(Visit visit) {
    for (std::size_t slot = 0; slot < slots_.size(); ++slot) {
        if (slots_[slot].current) visit(*slots_[slot].current, static_cast<int>(slot));
        if (slots_[slot].successor) visit(*slots_[slot].successor, static_cast<int>(slot));
    }
    for (auto& child : retiring_) visit(child, board_.worker(child.seat).slot.load());
}

void Supervisor::report(std::string_view event, int slot, int pid, std::int64_t detail) const {
    report_({event, slot, pid, detail});
}

/// Nothing when all seats of the slot are taken by workers that still retire, or when the machine has no room for one
/// more process: both pass.
std::optional<Supervisor::Child> Supervisor::launch(int slot, const std::shared_ptr<const ProgramFile>& program) {
    const auto seat = board_.free_seat(slot);
    if (!seat) return std::nullopt;
    auto command = commands_[static_cast<std::size_t>(slot)];
    command.arguments.push_back("--seat=" + std::to_string(*seat));
    board_.assign(*seat, slot);
    Child child;
    try {
        child.pid = start_process(*program, command);
    } catch (const std::system_error&) {
        board_.vacate(*seat);
        report("worker.no_room", slot, -1, errno);
        return std::nullopt;
    }
    board_.worker(*seat).pid = child.pid;
    child.seat = *seat;
    child.started_at = steady_clock::now();
    child.program = program;
    report("worker.started", slot, child.pid);
    return child;
}

void Supervisor::start_due() {
    const auto now = steady_clock::now();
    for (std::size_t slot = 0; slot < slots_.size(); ++slot) {
        auto& each = slots_[slot];
        if (!each.restart_at || *each.restart_at > now) continue;
        each.current = launch(static_cast<int>(slot), each.program);
        if (each.current) {
            each.restart_at.reset();
            each.last_seat = each.current->seat;
        } else {
            each.restart_at = now + milliseconds(config_.restart_delay_ms_max);
        }
    }
}

void Supervisor::note_who_serves() {
    each_child([this](Child& child, int slot) {
        if (child.served || board_.worker(child.seat).state == WorkerBoard::State::starting) return;
        child.served = true;
        report("worker.serving", slot, child.pid,
               std::chrono::duration_cast<milliseconds>(steady_clock::now() - child.started_at).count());
        if (!ever_served_ && !ending_) {
            for (std::size_t other = 1; other < slots_.size(); ++other) slots_[other].restart_at = steady_clock::now();
        }
        ever_served_ = true;
    });
    if (started_ || ending_) return;
    started_ = std::all_of(slots_.begin(), slots_.end(),
                           [](const Slot& slot) { return slot.current && slot.current->served; });
    if (started_) report("supervisor.started", -1, -1);
}

void Supervisor::reap() {
    int status = 0;
    for (pid_t pid = ::waitpid(-1, &status, WNOHANG); pid > 0; pid = ::waitpid(-1, &status, WNOHANG))
        buried(pid, status);
}

/// One of ours, or an orphan that process 1 inherited.
void Supervisor::buried(pid_t pid, int status) {
    const auto is_it = [pid](const std::optional<Child>& child) { return child && child->pid == pid; };
    for (std::size_t at = 0; at < slots_.size(); ++at) {
        auto& slot = slots_[at];
        const int number = static_cast<int>(at);
        if (is_it(slot.current)) {
            report("worker.ended", number, pid, status);
            board_.vacate(slot.current->seat);
            crashed(number, status);
        } else if (is_it(slot.successor)) {
            report("worker.ended", number, pid, status);
            board_.vacate(slot.successor->seat);
            slot.successor.reset();
            if (!ending_) replacement_failed(number, status);
            else note_end(status);
        }
    }
    const auto retired =
        std::find_if(retiring_.begin(), retiring_.end(), [pid](const Child& child) { return child.pid == pid; });
    if (retired == retiring_.end()) return;
    const int number = board_.worker(retired->seat).slot;
    report(ended_well(status) ? "worker.retired" : "worker.retired_badly", number, pid, status);
    board_.vacate(retired->seat);
    if (ending_) note_end(status);
    retiring_.erase(retired);
}

/// What began the end keeps its code: workers that were killed on the way do not hide it.
void Supervisor::note_end(int status) {
    if (exit_code_ == 0 && !ended_well(status)) exit_code_ = 1;
}

void Supervisor::crashed(int number, int status) {
    auto& slot = slots_[static_cast<std::size_t>(number)];
    const Child gone = *slot.current;
    slot.current.reset();
    if (ending_) return note_end(status);
    const auto now = steady_clock::now();
    if (!ever_served_ && WIFEXITED(status) && WEXITSTATUS(status) != 0) {
        draining_ = true;
        told_to_end();
        exit_code_ = WEXITSTATUS(status);
        return;
    }
    ++restarts_.at(static_cast<std::size_t>(gone.killed ? Reason::hung : Reason::crashed));
    const seconds window(config_.crash_window_s);
    crash_times_.push_back(now);
    while (crash_times_.front() + window < now) crash_times_.pop_front();
    if (crash_times_.size() > static_cast<std::size_t>(config_.crashes_max)) {
        report("supervisor.gives_up", -1, -1, static_cast<std::int64_t>(crash_times_.size()));
        draining_ = true;
        told_to_end();
        exit_code_ = exit_gave_up;
        return;
    }
    if (slot.successor) {   // it was coming anyway
        slot.current = std::move(slot.successor);
        slot.successor.reset();
        slot.last_seat = slot.current->seat;
        replaced();
        return;
    }
    // Who lived longer than the longest pause does not crash in a circle.
    if (gone.started_at + milliseconds(config_.restart_delay_ms_max) < now) slot.crashes = 0;
    const int doublings = std::min(slot.crashes++, 16);
    const auto delay =
        std::min(std::int64_t{config_.restart_delay_ms} << doublings, std::int64_t{config_.restart_delay_ms_max});
    slot.restart_at = now + milliseconds(delay);
}

bool Supervisor::alive() const {
    if (!started_) return true;   // the start has a limit and a probe of its own
    return std::all_of(slots_.begin(), slots_.end(), [this](const Slot& slot) {
        const auto state = board_.worker(slot.last_seat).state.load();
        if (slot.current && (state == WorkerBoard::State::starting || state == WorkerBoard::State::ending)) return true;
        if (!slot.current && ending_) return true;
        return board_.silence_us(slot.last_seat) < fresh_us;
    });
}

void Supervisor::look_for_silence() {
    each_child([this](Child& child, int slot) { judge_silence(child, slot); });
}

void Supervisor::judge_silence(Child& child, int slot) {
    const auto now = steady_clock::now();
    const auto state = board_.worker(child.seat).state.load();
    const auto silence_us = board_.silence_us(child.seat);
    const bool turns = state != WorkerBoard::State::starting && state != WorkerBoard::State::ending;
    const bool is_hung = turns && silence_us > std::int64_t{config_.hung_after_s} * 1'000'000;
    const bool never_came =
        state == WorkerBoard::State::starting && now > child.started_at + seconds(config_.start_limit_s);
    const bool is_late =
        (child.kill_at && now > *child.kill_at) || (stop_sent_ && now > stop_at_ + seconds(config_.end_limit_s));
    if (child.killed || (!is_hung && !never_came && !is_late)) return;
    child.killed = true;
    report(is_late ? "worker.overdue" : "worker.hung", slot, child.pid, silence_us / 1'000);
    ::kill(child.pid, SIGKILL);
}

void Supervisor::signal_all(int signal) {
    each_child([signal](Child& child, int) { ::kill(child.pid, signal); });
}

void Supervisor::drain() {
    if (draining_) return;
    draining_ = true;
    report("serve.draining", -1, -1);
    board_.announce_drain();
    each_child([this](Child& child, int) {   // nobody else would survive the signal
        if (board_.worker(child.seat).state == WorkerBoard::State::serving) ::kill(child.pid, SIGUSR1);
    });
}

void Supervisor::told_to_end() {
    if (ending_) {   // once is a request, twice an order
        exit_code_ = 1;
        signal_all(SIGKILL);
        return;
    }
    ending_ = true;
    replacements_.clear();
    const bool was_told_before = draining_;
    drain();
    stop_at_ = steady_clock::now() + seconds(was_told_before || !ever_served_ ? 0 : config_.drain_delay_s);
    for (auto& slot : slots_) slot.restart_at.reset();
}

void Supervisor::end_in_order() {
    if (stop_sent_ || steady_clock::now() < stop_at_) return;
    stop_sent_ = true;
    report("serve.closing", -1, -1);
    signal_all(SIGTERM);
}

}   // namespace caddy
