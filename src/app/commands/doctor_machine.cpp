// The machine, or the container: descriptors and the disk.
#include "app/commands/doctor_probes.hpp"
#include "platform/picture/picture.hpp"

#include <sys/resource.h>
#include <sys/statvfs.h>

namespace caddy::app::doctor {
namespace {

// Sockets to listen on, logs, the board, timers, files that are being read.
constexpr std::uint64_t descriptors_beside = 64;

void look_at_descriptors(const Settings& settings, diagnosis::Findings& all) {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    const auto share = [&](int of_pod) { return static_cast<std::uint64_t>(of_pod / settings.process.workers + 1); };
    std::uint64_t wanted = descriptors_beside + static_cast<std::uint64_t>(settings.http.connections_max);
    if (!settings.embedded()) wanted += share(settings.mysql.pool_size) * (settings.mysql.read_hosts.empty() ? 1 : 2);
    if (settings.redis.present()) wanted += share(settings.redis.pool_size);
    all.push_back(judge(diagnosis::FileLimit{limit.rlim_max, wanted}));
}

void look_at_disk(const Settings& settings, diagnosis::Findings& all) {
    std::error_code failed;
    auto folder = std::filesystem::absolute(settings.process.data_dir, failed);
    while (!std::filesystem::exists(folder, failed) && folder.has_relative_path()) folder = folder.parent_path();
    struct statvfs state{};
    if (::statvfs(folder.c_str(), &state) != 0) {
        all.push_back({diagnosis::Gravity::critical, "machine.disk", folder.string() + " cannot be looked at",
                       "Uploads, and the embedded database, live there.", "see that it exists and can be entered"});
        return;
    }
    all.push_back(judge(diagnosis::Disk{.folder = folder.string(),
                                        .bytes_free = std::uint64_t{state.f_bavail} * state.f_frsize,
                                        .bytes_all = std::uint64_t{state.f_blocks} * state.f_frsize,
                                        .files_free = state.f_favail,
                                        .files_all = state.f_files,
                                        .holds_the_shop = settings.embedded()}));
}

void look_at_program(diagnosis::Findings& all) {
    const auto file = picture::module_file();
    if (std::filesystem::exists(file)) return all.push_back(diagnosis::fine("machine.program", "the program is whole"));
    all.push_back({diagnosis::Gravity::warning, "machine.program", file.string() + " is not there",
                   "No picture can be uploaded.", "install the program with the folders that it came with"});
}

}   // namespace

void look_at_machine(const Settings& settings, diagnosis::Findings& all) {
    look_at_descriptors(settings, all);
    look_at_disk(settings, all);
    look_at_program(all);
}

}   // namespace caddy::app::doctor
