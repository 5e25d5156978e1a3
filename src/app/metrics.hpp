#pragma once
// What the program counts of itself, and `/metrics`: the counts of all workers as one.
#include "platform/db/database.hpp"
#include "platform/http/router.hpp"
#include "platform/http/server.hpp"
#include "platform/runtime/worker_board.hpp"

namespace caddy::app {

class Metrics {
public:
    /// From here on this process counts in its slot of the board. Built before anything counts.
    Metrics(const WorkerBoard& board, int slot);

    /// One request that is over.
    static void observe(const http::Finished&);

    /// Called about every second from the event loop: a sign of life, and what can only be looked at.
    void pulse(db::Driver&);

    /// `GET /metrics`, on the admin port. See docs/operations.md for the names.
    void admin_routes(http::Router&);

private:
    Task<Result<http::Response>> metrics(http::Request&);

    const WorkerBoard& board_;
    int slot_;
};

}   // namespace caddy::app
