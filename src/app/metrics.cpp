#include "app/metrics.hpp"

#include "platform/telemetry/metrics.hpp"

#include <algorithm>
#include <array>
#include <chrono>

namespace caddy::app {
namespace {

using metrics::Merge;

// Names, labels and bounds: OpenTelemetry's semantic conventions for HTTP servers and database clients.
const metrics::Histogram request_duration{
    {"http_server_request_duration_seconds",
     "Duration of HTTP requests, from the head to the end of the answer.",
     {"http_request_method", "http_route", "http_response_status_code", "error_type"},
     Merge::sum,
     {0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10}}};
const metrics::Gauge connections{{"db_client_connection_count",
                                  "Database connections of this pod by state.",
                                  {"db_client_connection_pool_name", "db_client_connection_state"}}};
const metrics::Gauge pending{{"db_client_connection_pending_requests",
                              "Requests that wait for a database connection.",
                              {"db_client_connection_pool_name"}}};

std::string_view known_method(std::string_view method) {
    constexpr std::array<std::string_view, 7> methods{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};
    return std::find(methods.begin(), methods.end(), method) != methods.end() ? method : "_OTHER";
}

}   // namespace

Metrics::Metrics(const WorkerBoard& board, int seat) : board_(board), seat_(seat) {
    board_.enter(seat_, WorkerBoard::State::starting);
    metrics::attach(board_.counting_area(seat_));
}

void Metrics::observe(const http::Finished& finished) {
    const auto status = std::to_string(finished.status);
    const std::string_view error = finished.status >= 500 ? std::string_view(status) : std::string_view();
    const auto seconds = std::chrono::duration<double>(finished.duration).count();
    const metrics::LabelValues labels{known_method(finished.method), finished.route, status, error};
    if (finished.recorded) request_duration.observe(labels, seconds, *finished.recorded);
    else request_duration.observe(labels, seconds);
}

void Metrics::pulse(db::Driver& driver) {
    board_.beat(seat_);
    const std::string_view pool = driver.engine() == db::Engine::mysql ? "mysql" : "sqlite";
    const auto reads = driver.usage(db::Purpose::read);
    const auto writes = driver.usage(db::Purpose::write);
    connections.set({pool, "used"}, static_cast<double>(reads.lent + writes.lent));
    connections.set({pool, "idle"}, static_cast<double>(reads.idle + writes.idle));
    pending.set({pool}, static_cast<double>(reads.waiting + writes.waiting));
    const auto copies = driver.usage(db::Purpose::replica);
    if (copies.opened == 0) return;   // there are none, or nobody has read there yet
    constexpr std::string_view replica_pool = "mysql_replica";
    connections.set({replica_pool, "used"}, static_cast<double>(copies.lent));
    connections.set({replica_pool, "idle"}, static_cast<double>(copies.idle));
    pending.set({replica_pool}, static_cast<double>(copies.waiting));
}

}   // namespace caddy::app
