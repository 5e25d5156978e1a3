#pragma once
// What the program says of itself: alive, started, ready for traffic, and how its parts do. See docs/operations.md.
#include "app/platform.hpp"
#include "platform/http/router.hpp"
#include "platform/jobs/worker.hpp"
#include "platform/runtime/worker_board.hpp"

#include <chrono>
#include <optional>
#include <string>

namespace caddy::app {

BOOST_DEFINE_ENUM_CLASS(PartState, ok, degraded, unavailable, unreachable)

struct PartCheck {
    PartState status = PartState::ok;
    std::optional<std::string> detail{};
};
BOOST_DESCRIBE_STRUCT(PartCheck, (), (status, detail))

struct PartChecks {
    PartCheck database;
    PartCheck outbox;
    std::optional<PartCheck> redis;   // null where there is none
    PartCheck workers;
};
BOOST_DESCRIBE_STRUCT(PartChecks, (), (database, outbox, redis, workers))

/// How the parts do that a pod stands on.
struct HealthReport {
    PartState status = PartState::ok;
    PartChecks checks;
    bool read_only = false;
    std::string version;
    std::int64_t uptime_s = 0;   // of the worker that answers
};
BOOST_DESCRIBE_STRUCT(HealthReport, (), (status, checks, read_only, version, uptime_s))

/// Of one worker; what the supervisor says of all of them is in app/admin_port.hpp.
class Health {
public:
    /// `read_only` may change at any time.
    Health(Platform& platform, jobs::Worker& worker, const WorkerBoard& board, int seat, const bool& read_only)
        : platform_(platform), worker_(worker), board_(board), seat_(seat), read_only_(read_only) {}

    /// From here on `/readyz` says 503, so that nobody sends new traffic.
    void drain() { draining_ = true; }

    /// Asks the parts themselves: `ok` of the database means that a read came back just now.
    Task<HealthReport> examine(const Context&);

    /// `/health` and `/readyz`.
    void public_routes(http::Router&);

    /// Looks at the way to the database every other second until it is cancelled, and puts what it sees on the board.
    Task<> keep_watch();

private:
    Task<Result<http::Response>> ready(http::Request&);
    Task<Result<http::Response>> health(http::Request&);
    Task<WorkerBoard::Reach> look(Context);
    Task<bool> is_cut_off_alone(bool reaches_database);

    Platform& platform_;
    jobs::Worker& worker_;
    const WorkerBoard& board_;
    int seat_;
    const bool& read_only_;
    bool draining_ = false;
    std::chrono::steady_clock::time_point since_ = std::chrono::steady_clock::now();
};

/// What a probe is told.
struct ProbeStatus {
    std::string status;
    std::optional<std::string> reason;
};
BOOST_DESCRIBE_STRUCT(ProbeStatus, (), (status, reason))

/// The answer of `/readyz` for what a worker saw of the database.
http::Response readiness(WorkerBoard::Reach);
http::Response draining_answer();

}   // namespace caddy::app
