#include "app/admin_port.hpp"

#include "app/health.hpp"
#include "app/pod_metrics.hpp"
#include "app/version.hpp"

#include <boost/asio/ip/address.hpp>

namespace caddy::app {
namespace {

using Reach = WorkerBoard::Reach;
using State = WorkerBoard::State;

constexpr std::int64_t fresh_us = 5'000'000;

struct Version {
    std::string version = std::string(app::version());
    std::string config_hash;
    std::string started_at;
};
BOOST_DESCRIBE_STRUCT(Version, (), (version, config_hash, started_at))

bool is_local(const http::Request& request) {
    boost::system::error_code malformed;
    const auto address = asio::ip::make_address(request.ctx.client, malformed);
    return !malformed && address.is_loopback();
}

Error not_from_here() {
    return {ErrorKind::forbidden, "admin.not_local", "This is for callers on the machine or in the pod itself."};
}

/// The best of what the workers saw: as long as one reaches the database, so does the pod.
Reach best_reach(const WorkerBoard& board) {
    auto best = Reach::unknown;
    for (int seat = 0; seat < board.seats(); ++seat) {
        const auto& worker = board.worker(seat);
        if (worker.state != State::serving || worker.reach == Reach::unknown) continue;
        const Reach reach = worker.reach;
        best = best == Reach::unknown ? reach : std::min(best, reach);
    }
    return best;
}

http::ServerConfig without_shop_limits(const Settings& settings) {
    auto config = settings.http;
    config.trusted_proxies.clear();   // whoever connects is who he is
    config.cors_origins.clear();
    config.access_log_every = 0;
    config.stop_grace_ms = 100;
    return config;
}

}   // namespace

AdminPort::AdminPort(asio::any_io_executor executor, const Settings& settings, const WorkerBoard& board,
                     Supervisor& supervisor, const ReloadState& reload)
    : board_(board),
      supervisor_(supervisor),
      reload_(reload),
      orders_(board, settings.process.admin_token),
      started_at_(to_rfc3339(clock_.now())),
      server_(std::move(executor), without_shop_limits(settings), {router_, clock_}) {
    routes();
}

Task<Result<http::Response>> AdminPort::live(http::Request&) {
    if (!supervisor_.alive()) co_return http::json_response(503, ProbeStatus{"hung", "a worker gives no sign of life"});
    co_return http::ok(ProbeStatus{"alive", {}});
}

Task<Result<http::Response>> AdminPort::started(http::Request&) {
    if (!supervisor_.started()) co_return http::json_response(503, ProbeStatus{"starting", {}});
    co_return http::ok(ProbeStatus{"started", {}});
}

Task<Result<http::Response>> AdminPort::ready(http::Request&) {
    if (supervisor_.draining()) co_return draining_answer();
    if (board_.serving(fresh_us) == 0)
        co_return http::json_response(503, ProbeStatus{"unavailable", "no worker serves"});
    co_return readiness(best_reach(board_));
}

Task<Result<http::Response>> AdminPort::metrics(http::Request& request) {
    const auto format = caddy::metrics::negotiate(request.header("accept").value_or(""));
    http::Response response;
    response.body = expose_pod(format, board_, supervisor_, reload_);
    response.content_type = caddy::metrics::content_type(format);
    co_return response;
}

Task<Result<http::Response>> AdminPort::version(http::Request&) {
    co_return http::ok(Version{.config_hash = reload_.hash, .started_at = started_at_});
}

Task<Result<http::Response>> AdminPort::drain(http::Request& request) {
    if (!is_local(request)) co_return not_from_here();
    supervisor_.drain();
    co_return http::ok(ProbeStatus{"draining", {}});
}

void AdminPort::routes() {
    const auto get = [this](const char* path, Task<Result<http::Response>> (AdminPort::*answer)(http::Request&)) {
        router_.get(path, Access::anyone, [this, answer](http::Request& request) { return (this->*answer)(request); })
            .tier = http::Tier::none;
    };
    get("/livez", &AdminPort::live);
    get("/startupz", &AdminPort::started);
    get("/readyz", &AdminPort::ready);
    get("/metrics", &AdminPort::metrics);
    get("/version", &AdminPort::version);
    router_.post("/drain", Access::anyone, [this](http::Request& request) { return drain(request); }).tier =
        http::Tier::none;
    orders_.routes(router_);
}

}   // namespace caddy::app
