#pragma once
// What a worker counts of itself. What all of them have counted is shown by app/pod_metrics.hpp.
#include "platform/db/database.hpp"
#include "platform/http/server.hpp"
#include "platform/runtime/worker_board.hpp"

namespace caddy::app {

class Metrics {
public:
    /// From here on this process counts in its seat of the board. Built before anything counts.
    Metrics(const WorkerBoard& board, int seat);

    /// One request that is over.
    static void observe(const http::Finished&);

    /// Called about every second from the event loop: a sign of life, and what can only be looked at.
    void pulse(db::Driver&);

private:
    const WorkerBoard& board_;
    int seat_;
};

}   // namespace caddy::app
