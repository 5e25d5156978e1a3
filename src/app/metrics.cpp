#include "app/metrics.hpp"

#include "app/version.hpp"
#include "platform/telemetry/metrics.hpp"

#include <dirent.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <fstream>
#include <iterator>
#include <sstream>

namespace caddy::app {
namespace {

using metrics::Kind;
using metrics::Merge;
using metrics::Sample;

// Names, labels and bounds: OpenTelemetry's semantic conventions for HTTP servers and database clients.
const metrics::Histogram request_duration{{"http_server_request_duration_seconds",
                                           "Duration of HTTP requests, from the head to the end of the answer.",
                                           {"http_request_method", "http_route", "http_response_status_code",
                                            "error_type"},
                                           Merge::sum,
                                           {0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5,
                                            10}}};
const metrics::Gauge connections{{"db_client_connection_count",
                                  "Database connections of this pod by state.",
                                  {"db_client_connection_pool_name", "db_client_connection_state"}}};
const metrics::Gauge pending{{"db_client_connection_pending_requests",
                              "Requests that wait for a database connection.",
                              {"db_client_connection_pool_name"}}};

constexpr std::chrono::seconds heartbeat_fresh{5};

std::string_view known_method(std::string_view method) {
    constexpr std::array<std::string_view, 7> methods{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};
    return std::find(methods.begin(), methods.end(), method) != methods.end() ? method : "_OTHER";
}

bool is_fresh(const WorkerBoard::Worker& worker) {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    return worker.pid != 0 && now - std::chrono::microseconds(worker.heartbeat_us) < heartbeat_fresh;
}

/// What the kernel knows of some processes, added up.
struct Processes {
    double cpu_s = 0;
    double resident_bytes = 0;
    double open_files = 0;
    double started_at_s = 0;   // the earliest

    void add(const WorkerBoard::Worker& worker) {
        const auto folder = "/proc/" + std::to_string(worker.pid);
        std::ifstream file(folder + "/stat");
        std::string stat((std::istreambuf_iterator<char>(file)), {});
        const auto name_end = stat.rfind(')');   // a name may hold blanks
        if (name_end == std::string::npos) return;
        std::istringstream fields(stat.substr(name_end + 2));
        std::vector<std::string> values{std::istream_iterator<std::string>(fields), {}};
        // proc(5): utime and stime are fields 14 and 15, rss is 24; the first of ours is field 3.
        if (values.size() < 22) return;
        cpu_s += (std::stod(values[11]) + std::stod(values[12])) / static_cast<double>(::sysconf(_SC_CLK_TCK));
        resident_bytes += std::stod(values[21]) * static_cast<double>(::sysconf(_SC_PAGESIZE));
        open_files += static_cast<double>(count_entries(folder + "/fd"));
        const auto started = static_cast<double>(worker.started_at_us) / 1e6;
        started_at_s = started_at_s == 0 ? started : std::min(started_at_s, started);
    }

private:
    static int count_entries(const std::string& folder) {
        DIR* directory = ::opendir(folder.c_str());
        if (!directory) return 0;
        int count = -2;   // `.` and `..`
        while (::readdir(directory)) ++count;
        ::closedir(directory);
        return count;
    }
};

void add_workers(std::vector<Sample>& samples, const WorkerBoard& board) {
    double restarts = 0;
    for (int slot = 0; slot < board.slots(); ++slot) {
        const auto& worker = board.worker(slot);
        samples.push_back({Kind::gauge, "caddy_worker_up", "1 while the worker's heartbeat is fresh.",
                           "worker=\"" + std::to_string(slot) + "\"", is_fresh(worker) ? 1.0 : 0.0});
        restarts += static_cast<double>(std::max<std::int64_t>(worker.starts - 1, 0));
    }
    samples.push_back({Kind::counter, "caddy_worker_restarts_total", "Workers that had to be started again.", {},
                       restarts});
}

void add_processes(std::vector<Sample>& samples, const WorkerBoard& board) {
    Processes all;
    for (int slot = 0; slot < board.slots(); ++slot) {
        if (board.worker(slot).pid != 0) all.add(board.worker(slot));
    }
    rlimit files{};
    ::getrlimit(RLIMIT_NOFILE, &files);
    samples.push_back({Kind::counter, "process_cpu_seconds_total", "CPU time of all workers.", {}, all.cpu_s});
    samples.push_back(
        {Kind::gauge, "process_resident_memory_bytes", "Resident memory of all workers.", {}, all.resident_bytes});
    samples.push_back({Kind::gauge, "process_open_fds", "Open files of all workers.", {}, all.open_files});
    samples.push_back({Kind::gauge, "process_max_fds", "Files that one worker may open.", {},
                       static_cast<double>(files.rlim_cur)});
    samples.push_back({Kind::gauge, "process_start_time_seconds", "When the longest-running worker started.", {},
                       all.started_at_s});
}

}   // namespace

Metrics::Metrics(const WorkerBoard& board, int slot) : board_(board), slot_(slot) {
    board_.enter(slot_, WorkerBoard::State::starting);
    metrics::attach(board_.counting_area(slot_));
}

void Metrics::observe(const http::Finished& finished) {
    const auto status = std::to_string(finished.status);
    const std::string_view error = finished.status >= 500 ? std::string_view(status) : std::string_view();
    request_duration.observe({known_method(finished.method), finished.route, status, error},
                             std::chrono::duration<double>(finished.duration).count());
}

void Metrics::pulse(db::Driver& driver) {
    board_.beat(slot_);
    const std::string_view pool = driver.engine() == db::Engine::mysql ? "mysql" : "sqlite";
    const auto reads = driver.usage(db::Purpose::read);
    const auto writes = driver.usage(db::Purpose::write);
    connections.set({pool, "used"}, static_cast<double>(reads.lent + writes.lent));
    connections.set({pool, "idle"}, static_cast<double>(reads.idle + writes.idle));
    pending.set({pool}, static_cast<double>(reads.waiting + writes.waiting));
}

Task<Result<http::Response>> Metrics::metrics(http::Request& request) {
    std::vector<std::span<const std::byte>> areas;
    for (int slot = 0; slot < board_.slots(); ++slot) areas.push_back(board_.counting_area(slot));
    std::vector<Sample> samples{{Kind::gauge, "caddy_build_info", "Always 1; the version is a label.",
                                 "version=\"" + std::string(version()) + "\"", 1}};
    add_workers(samples, board_);
    add_processes(samples, board_);
    const auto format = metrics::negotiate(request.header("accept").value_or(""));
    http::Response response;
    response.body = metrics::expose(format, areas, samples);
    response.content_type = metrics::content_type(format);
    co_return response;
}

void Metrics::admin_routes(http::Router& r) {
    r.get("/metrics", Access::anyone, [this](http::Request& request) { return metrics(request); }).tier =
        http::Tier::none;
}

}   // namespace caddy::app
