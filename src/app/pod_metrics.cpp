#include "app/pod_metrics.hpp"

#include "app/version.hpp"

#include <dirent.h>
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <iterator>
#include <sstream>
#include <vector>

namespace caddy::app {
namespace {

using metrics::Kind;
using metrics::Sample;
using State = WorkerBoard::State;

constexpr std::int64_t fresh_us = 5'000'000;
const auto began_at = std::chrono::system_clock::now();

/// What the kernel knows of some processes, added up.
struct Processes {
    double cpu_s = 0;
    double resident_bytes = 0;
    double open_files = 0;

    void add(pid_t pid) {
        const auto folder = "/proc/" + std::to_string(pid);
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
    for (int slot = 0; slot < board.slots(); ++slot) {
        bool is_up = false;
        for (int seat = slot; seat < board.seats(); seat += board.slots()) {
            const auto state = board.worker(seat).state.load();
            const bool serves = state == State::serving || state == State::draining;
            is_up = is_up || (serves && board.silence_us(seat) < fresh_us);
        }
        samples.push_back({Kind::gauge, "caddy_worker_up", "1 while the slot has a worker whose heartbeat is fresh.",
                           "worker=\"" + std::to_string(slot) + "\"", is_up ? 1.0 : 0.0});
    }
}

void add_supervisor(std::vector<Sample>& samples, const Supervisor& supervisor) {
    using Reason = Supervisor::Reason;
    for (const auto& [reason, name] : {std::pair(Reason::crashed, "crashed"), std::pair(Reason::hung, "hung"),
                                       std::pair(Reason::bloated, "bloated")}) {
        samples.push_back({Kind::counter, "caddy_worker_restarts_total", "Workers that had to be started again.",
                           std::string("reason=\"") + name + "\"", static_cast<double>(supervisor.restarts(reason))});
    }
    samples.push_back({Kind::counter, "caddy_reloads_total", "New generations of workers.", "result=\"done\"",
                       static_cast<double>(supervisor.reloads())});
    samples.push_back({Kind::counter, "caddy_reloads_total", "New generations of workers.", "result=\"failed\"",
                       static_cast<double>(supervisor.reloads_failed())});
    samples.push_back(
        {Kind::gauge, "caddy_drain_state", "1 while readiness is taken back.", {}, supervisor.draining() ? 1.0 : 0.0});
}

void add_reload(std::vector<Sample>& samples, const ReloadState& reload) {
    samples.push_back({Kind::gauge, "caddy_config_last_reload_successful",
                       "1 while the settings in the mounted directories are those in force, 0 while they are broken.",
                       {}, reload.is_good ? 1.0 : 0.0});
    samples.push_back({Kind::gauge, "caddy_config_last_reload_success_timestamp_seconds",
                       "When the settings in force were read.", {},
                       std::chrono::duration<double>(reload.succeeded_at.time_since_epoch()).count()});
    for (const auto& [result, count] : {std::pair("done", reload.taken), std::pair("failed", reload.refused)}) {
        samples.push_back({Kind::counter, "caddy_config_reloads_total",
                           "Changes of the mounted settings that came into force, and that were refused.",
                           std::string("result=\"") + result + "\"", static_cast<double>(count)});
    }
    samples.push_back({Kind::gauge, "caddy_config_info", "Always 1; pods that are told the same have the same hash.",
                       "config_hash=\"" + reload.hash + "\"", 1.0});
}

void add_processes(std::vector<Sample>& samples, const WorkerBoard& board) {
    Processes all;
    all.add(::getpid());
    for (int seat = 0; seat < board.seats(); ++seat) {
        if (board.worker(seat).pid != 0) all.add(board.worker(seat).pid);
    }
    rlimit files{};
    ::getrlimit(RLIMIT_NOFILE, &files);
    const auto began_s = std::chrono::duration<double>(began_at.time_since_epoch()).count();
    samples.push_back(
        {Kind::counter, "process_cpu_seconds_total", "CPU time of all processes that run.", {}, all.cpu_s});
    samples.push_back(
        {Kind::gauge, "process_resident_memory_bytes", "Resident memory of all processes.", {}, all.resident_bytes});
    samples.push_back({Kind::gauge, "process_open_fds", "Open files of all processes.", {}, all.open_files});
    samples.push_back(
        {Kind::gauge, "process_max_fds", "Files that one process may open.", {}, static_cast<double>(files.rlim_cur)});
    samples.push_back({Kind::gauge, "process_start_time_seconds", "When the supervisor started.", {}, began_s});
}

}   // namespace

std::string expose_pod(metrics::Format format, const WorkerBoard& board, const Supervisor& supervisor,
                       const ReloadState& reload) {
    std::vector<std::span<const std::byte>> areas;
    for (int seat = 0; seat < board.seats(); ++seat) areas.push_back(board.counting_area(seat));
    std::vector<Sample> samples{{Kind::gauge, "caddy_build_info", "Always 1; the version is a label.",
                                 "version=\"" + std::string(version()) + "\"", 1}};
    add_workers(samples, board);
    add_supervisor(samples, supervisor);
    add_reload(samples, reload);
    add_processes(samples, board);
    return metrics::expose(format, areas, samples);
}

}   // namespace caddy::app
