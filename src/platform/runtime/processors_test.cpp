#include "platform/runtime/processors.hpp"

#include <gtest/gtest.h>

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

namespace caddy {
namespace {

/// A file system with control groups as a kernel shows them.
class Groups : public testing::Test {
protected:
    Groups() {
        std::string name = (std::filesystem::temp_directory_path() / "caddy-groups-XXXXXX").string();
        root_ = ::mkdtemp(name.data());
    }
    ~Groups() override { std::filesystem::remove_all(root_); }

    void write(const std::string& path, const std::string& text) const {
        std::filesystem::create_directories((root_ / path).parent_path());
        std::ofstream(root_ / path) << text << '\n';
    }
    int count() const { return processors(root_); }
    static int allowed() {
        cpu_set_t set;
        CPU_ZERO(&set);
        ::sched_getaffinity(0, sizeof(set), &set);
        return CPU_COUNT(&set);
    }

    std::filesystem::path root_;
};

TEST_F(Groups, without_a_quota_all_that_it_may_run_on) {
    EXPECT_EQ(count(), allowed());
    write("proc/self/cgroup", "0::/");
    write("sys/fs/cgroup/cpu.max", "max 100000");
    EXPECT_EQ(count(), allowed());
}

TEST_F(Groups, a_quota_of_version_2_is_rounded_up) {
    write("proc/self/cgroup", "0::/");
    write("sys/fs/cgroup/cpu.max", "50000 100000");
    EXPECT_EQ(count(), 1);
    write("sys/fs/cgroup/cpu.max", "100001 100000");
    EXPECT_EQ(count(), std::min(2, allowed()));
}

TEST_F(Groups, the_group_above_bounds_the_one_below) {
    write("proc/self/cgroup", "0::/pod/container");
    write("sys/fs/cgroup/pod/cpu.max", "100000 100000");
    write("sys/fs/cgroup/pod/container/cpu.max", "800000 100000");
    EXPECT_EQ(count(), 1);
}

TEST_F(Groups, a_quota_of_version_1) {
    write("proc/self/cgroup", "7:memory:/box\n3:cpu,cpuacct:/box");
    write("sys/fs/cgroup/cpu,cpuacct/box/cpu.cfs_quota_us", "100000");
    write("sys/fs/cgroup/cpu,cpuacct/box/cpu.cfs_period_us", "100000");
    EXPECT_EQ(count(), 1);
    write("sys/fs/cgroup/cpu,cpuacct/box/cpu.cfs_quota_us", "-1");
    EXPECT_EQ(count(), allowed());
}

TEST_F(Groups, more_than_the_machine_has_is_not_promised) {
    write("proc/self/cgroup", "0::/");
    write("sys/fs/cgroup/cpu.max", "100000000 100000");
    EXPECT_EQ(count(), allowed());
}

}   // namespace
}   // namespace caddy
