#pragma once
// How many processors this process may use, which in a container is not what the machine has.
#include <filesystem>

namespace caddy {

/// The processors that the control group's CPU quota grants, rounded up (cgroup v2 `cpu.max`, v1 `cpu.cfs_quota_us`, of
/// the process's own group and those above it); without a quota those that it may run on. At least 1. `root` is where
/// the file system begins.
int processors(const std::filesystem::path& root = "/");

}   // namespace caddy
