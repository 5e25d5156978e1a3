#pragma once
// One worker: a process with its event loop that serves the API and runs jobs, started by `serve` as its supervisor.
#include "app/command.hpp"

namespace caddy::app {

/// What a worker inherits.
struct Inheritance {
    int public_socket = -1;
    int board = -1;
    int slot = 0;
    int seat = 0;
    int settings_page = -1;
};

/// Serves until it is told to end. Throws std::runtime_error when it cannot begin.
int run_worker(const Settings&, const Inheritance&, const CommandLine&);

}   // namespace caddy::app
