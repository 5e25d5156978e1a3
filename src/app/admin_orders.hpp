#pragma once
// What may be changed on the admin port, with ADMIN_TOKEN alone: faults to inject, the level of the log, a profile.
#include "app/orders.hpp"
#include "platform/http/router.hpp"
#include "platform/runtime/worker_board.hpp"

#include <string>

namespace caddy::app {

class AdminOrders {
public:
    AdminOrders(const WorkerBoard& board, std::string token) : board_(board), token_(std::move(token)) {}

    /// `/faults`, `/log-level`, `/profile`. REQUIRES: outlives the router.
    void routes(http::Router&);

private:
    Result<void> admit(const http::Request&) const;
    Task<Result<http::Response>> show_faults(http::Request&);
    Task<Result<http::Response>> set_faults(http::Request&);
    Task<Result<http::Response>> end_faults(http::Request&);
    Task<Result<http::Response>> set_log_level(http::Request&);
    Task<Result<http::Response>> profile(http::Request&);
    http::Response faults() const;

    const WorkerBoard& board_;
    std::string token_;
    bool profiling_ = false;
};

}   // namespace caddy::app
