#pragma once
// Keeps worker processes running: starts one per slot, restarts what ends, passes signals on, reaps. One thread, no
// event loop, plain POSIX, so that it can be process 1 of a container.
#include <functional>
#include <string>
#include <vector>

namespace caddy {

struct SupervisorConfig {
    int restart_delay_ms = 100;   // of a worker that ended unasked; doubles each time
    int restart_delay_ms_max = 10'000;
    int crashes_max = 20;   // in crash_window_s: then the supervisor gives up, so that others see it
    int crash_window_s = 60;
};

/// How one worker is started: its command line, and the descriptors that it inherits beside the standard ones.
struct WorkerCommand {
    std::vector<std::string> arguments;   // without the program's name
    std::vector<int> inherited;
};

/// Runs one process of this program per command until SIGTERM or SIGINT, which it passes on as SIGTERM.
///
/// Returns 0 when all workers ended well after the signal, 1 when one did not or a second signal came (the rest is then
/// killed), 70 after too many crashes. `report` hears of starts and ends, for the log.
int supervise(const std::vector<WorkerCommand>&, const SupervisorConfig&,
              const std::function<void(std::string_view event, int slot, int pid, int status)>& report);

}   // namespace caddy
