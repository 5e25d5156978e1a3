#pragma once
// Keeps worker processes running: starts one per slot, replaces what crashes, hangs or bloats, brings in a new
// generation one by one, ends them in order, and reaps what is left behind, also as process 1 of a container. One
// thread; it works on no request and opens no database, so that nothing which breaks a worker can break it.
#include "platform/runtime/task.hpp"
#include "platform/runtime/worker_board.hpp"
#include "platform/runtime/worker_process.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace caddy {

struct SupervisorConfig {
    int restart_delay_ms = 100;   // of a worker that ended unasked; doubles each time
    int restart_delay_ms_max = 10'000;
    int crashes_max = 20;   // in crash_window_s: then the supervisor gives up, so that others see it
    int crash_window_s = 60;
    int hung_after_s = 5;                // 2..600: a worker silent for so long is killed
    int start_limit_s = 120;             // until a worker serves
    int drain_delay_s = 0;               // between being told to end and the end of new connections
    int end_limit_s = 50;                // from then on until the last worker has ended
    std::int64_t memory_bytes_max = 0;   // of one worker, 0: any; past it it is replaced
    int memory_grace_s = 10;             // a worker younger than this is not: the limit may be too low for any
};

/// What happened to a worker or to all of them, for the log. `slot` and `pid` are -1 where no single one is meant.
struct Happening {
    std::string_view event;
    int slot = -1;
    int pid = -1;
    std::int64_t detail = 0;   // status as of waitpid(2), milliseconds or bytes, as the event has it
};

class Supervisor {
public:
    enum class Reason { crashed, hung, bloated };
    using Report = std::function<void(const Happening&)>;

    /// One command per slot of the board; each is started with `--seat=N` behind it.
    Supervisor(asio::any_io_executor, const WorkerBoard&, std::vector<WorkerCommand>, const SupervisorConfig&, Report);
    Supervisor(const Supervisor&) = delete;
    ~Supervisor();

    /// Runs the workers until SIGTERM or SIGINT, whose second ends at once.
    ///
    /// Returns 0 when all workers ended well after the signal, 1 when one did not or a second signal came, 70 after too
    /// many crashes, and the first worker's own code when it could not even begin: what stops it would stop all.
    Task<int> run();

    /// The first step of the end, as SIGTERM: readiness is taken back while requests are still answered. SIGTERM then
    /// comes without the delay.
    void drain();
    /// Replaces all workers by a new generation, as SIGHUP: of the program as it is on the disk then, one by one, each
    /// successor accepting before its predecessor ends. When a successor cannot begin, the rest stays as it is.
    void reload();

    /// Every worker has given a sign of life lately.
    bool alive() const;
    /// Every slot has had a worker that served.
    bool started() const { return started_; }
    bool draining() const { return draining_; }
    /// How many workers were started again for that reason.
    std::int64_t restarts(Reason reason) const { return restarts_.at(static_cast<std::size_t>(reason)); }
    std::int64_t reloads() const { return reloads_; }
    std::int64_t reloads_failed() const { return reloads_failed_; }

private:
    using SteadyTime = std::chrono::steady_clock::time_point;
    class Signals;

    struct Child {
        pid_t pid = 0;
        int seat = 0;
        SteadyTime started_at{};
        std::shared_ptr<const ProgramFile> program{};
        bool served = false;
        bool killed = false;                   // by the supervisor
        std::optional<SteadyTime> kill_at{};   // of one that retires
    };
    struct Slot {
        std::optional<Child> current{};
        std::optional<Child> successor{};
        std::shared_ptr<const ProgramFile> program{};   // of the last worker that served here
        int crashes = 0;
        int last_seat = -1;   // of the current worker, or the one before
        std::optional<SteadyTime> restart_at{};
    };
    /// A slot whose worker is to be replaced by one of that program.
    struct Replacement {
        int slot;
        std::shared_ptr<const ProgramFile> program;
    };

    Task<> hear_signals();
    void told(std::uint32_t signal, std::int32_t code);
    void step();
    bool busy() const;
    bool ended() const;

    std::optional<Child> launch(int slot, const std::shared_ptr<const ProgramFile>&);
    void start_due();
    void advance_replacement();
    void succeed(int slot);
    void replaced();
    void replacement_failed(int slot, int status);

    void reap();
    void buried(pid_t pid, int status);
    void note_end(int status);
    void crashed(int slot, int status);
    void note_who_serves();
    void look_for_silence();
    void judge_silence(Child&, int slot);
    void look_at_memory();

    void told_to_end();
    void end_in_order();
    void signal_all(int signal);
    void report(std::string_view event, int slot, int pid, std::int64_t detail = 0) const;
    template <class Visit>
    void each_child(Visit visit);

    asio::any_io_executor executor_;
    const WorkerBoard& board_;
    std::vector<WorkerCommand> commands_;
    SupervisorConfig config_;
    Report report_;
    std::unique_ptr<Signals> signals_;
    std::filesystem::path program_path_;
    std::vector<Slot> slots_;
    std::vector<Child> retiring_;
    std::deque<Replacement> replacements_;   // the first is under way
    std::deque<SteadyTime> crash_times_;
    std::array<std::int64_t, 3> restarts_{};
    std::int64_t reloads_ = 0;
    std::int64_t reloads_failed_ = 0;
    SteadyTime last_step_{};
    SteadyTime judge_from_{};   // not before: the supervisor itself was stopped
    SteadyTime memory_at_{};
    SteadyTime stop_at_{};   // workers are told to end
    bool reloading_ = false;
    bool ever_served_ = false;
    bool started_ = false;
    bool draining_ = false;
    bool ending_ = false;
    bool stop_sent_ = false;
    int exit_code_ = 0;
};

}   // namespace caddy
