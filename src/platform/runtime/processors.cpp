#include "platform/runtime/processors.hpp"

#include <sched.h>

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>

namespace caddy {
namespace {

namespace fs = std::filesystem;

std::optional<std::int64_t> number_in(const fs::path& path) {
    std::ifstream file(path);
    std::int64_t value = 0;
    if (!(file >> value)) return std::nullopt;
    return value;
}

int rounded_up(std::int64_t quota, std::int64_t period) { return static_cast<int>((quota + period - 1) / period); }

/// `200000 100000`, or `max 100000` where there is no quota.
std::optional<int> granted_v2(const fs::path& group) {
    std::ifstream file(group / "cpu.max");
    std::int64_t quota = 0;
    std::int64_t period = 0;
    if (!(file >> quota >> period) || quota <= 0 || period <= 0) return std::nullopt;
    return rounded_up(quota, period);
}

/// A quota of -1 is none.
std::optional<int> granted_v1(const fs::path& group) {
    const auto quota = number_in(group / "cpu.cfs_quota_us");
    const auto period = number_in(group / "cpu.cfs_period_us");
    if (!quota || !period || *quota <= 0 || *period <= 0) return std::nullopt;
    return rounded_up(*quota, *period);
}

/// The least of a group and all above it: each bounds those below.
template <class Granted>
std::optional<int> least_up_from(const fs::path& mount, const std::string& group, Granted granted) {
    std::optional<int> least = granted(mount);   // a container may see its own group as the root
    fs::path place = mount;
    for (const auto& part : fs::path(group).relative_path()) {
        place /= part;
        const auto here = granted(place);
        if (here) least = std::min(least.value_or(*here), *here);
    }
    return least;
}

bool names_cpu(const std::string& controllers) {
    std::istringstream list(controllers);
    for (std::string each; std::getline(list, each, ',');) {
        if (each == "cpu") return true;
    }
    return false;
}

/// Lines of `hierarchy:controllers:group`; no controllers are named for version 2.
std::optional<int> quota(const fs::path& root) {
    std::ifstream file(root / "proc/self/cgroup");
    std::optional<int> least;
    for (std::string line; std::getline(file, line);) {
        const auto first = line.find(':');
        const auto second = line.find(':', first + 1);
        if (first == std::string::npos || second == std::string::npos) continue;
        const auto controllers = line.substr(first + 1, second - first - 1);
        const auto group = line.substr(second + 1);
        std::optional<int> here;
        if (controllers.empty()) here = least_up_from(root / "sys/fs/cgroup", group, granted_v2);
        else if (names_cpu(controllers)) here = least_up_from(root / "sys/fs/cgroup" / controllers, group, granted_v1);
        if (here) least = std::min(least.value_or(*here), *here);
    }
    return least;
}

int allowed() {
    cpu_set_t set;
    CPU_ZERO(&set);
    return ::sched_getaffinity(0, sizeof(set), &set) == 0 ? std::max(1, CPU_COUNT(&set)) : 1;
}

}   // namespace

int processors(const fs::path& root) { return std::max(1, std::min(quota(root).value_or(allowed()), allowed())); }

}   // namespace caddy
