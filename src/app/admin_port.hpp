#pragma once
// The admin port: probes, metrics and orders, answered by the supervisor itself, from the board and in its one thread.
// It asks no database and no worker, so that it answers whatever has become of them.
#include "app/admin_orders.hpp"
#include "app/settings.hpp"
#include "app/settings_watch.hpp"
#include "platform/http/router.hpp"
#include "platform/http/server.hpp"
#include "platform/runtime/supervisor.hpp"
#include "platform/runtime/worker_board.hpp"

#include <boost/asio/any_io_executor.hpp>

namespace caddy::app {

class AdminPort {
public:
    AdminPort(asio::any_io_executor, const Settings&, const WorkerBoard&, Supervisor&, const ReloadState&);
    AdminPort(const AdminPort&) = delete;

    http::Server& server() { return server_; }

private:
    Task<Result<http::Response>> live(http::Request&);
    Task<Result<http::Response>> started(http::Request&);
    Task<Result<http::Response>> ready(http::Request&);
    Task<Result<http::Response>> metrics(http::Request&);
    Task<Result<http::Response>> version(http::Request&);
    Task<Result<http::Response>> drain(http::Request&);
    void routes();

    const WorkerBoard& board_;
    Supervisor& supervisor_;
    const ReloadState& reload_;
    AdminOrders orders_;
    SystemClock clock_;
    std::string started_at_;
    http::Router router_;
    http::Server server_;
};

}   // namespace caddy::app
