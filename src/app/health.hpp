#pragma once
// What the program says of itself: alive, started, ready for traffic, and how its parts do. See docs/operations.md.
#include "app/platform.hpp"
#include "platform/http/router.hpp"
#include "platform/jobs/worker.hpp"

#include <atomic>
#include <chrono>

namespace caddy::app {

struct HealthReport;

class Health {
public:
    Health(Platform& platform, jobs::Worker& worker) : platform_(platform), worker_(worker) {}

    void started() { started_ = true; }
    /// From here on `/readyz` says 503, so that nobody sends new traffic.
    void drain() { draining_ = true; }

    /// `/health` and `/readyz`, on the public port.
    void public_routes(http::Router&);
    /// `/livez`, `/startupz`, `/readyz`, `/health`, `/version`, on the admin port.
    void admin_routes(http::Router&);

private:
    Task<Result<http::Response>> live(http::Request&);
    Task<Result<http::Response>> started(http::Request&);
    Task<Result<http::Response>> ready(http::Request&);
    Task<Result<http::Response>> health(http::Request&);
    Task<Result<http::Response>> version(http::Request&);
    Task<HealthReport> examine(const Context&);
    Task<bool> is_cut_off_alone(bool reaches_database);

    Platform& platform_;
    jobs::Worker& worker_;
    bool started_ = false;
    bool draining_ = false;
    std::chrono::steady_clock::time_point since_ = std::chrono::steady_clock::now();
};

}   // namespace caddy::app
