#include "simulation/time_and_chance.hpp"

#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <time.h>

#include <cerrno>
#include <random>
#include <string>

namespace caddy::simulation {
namespace {

using std::chrono::microseconds;

constexpr std::chrono::sys_days first_day{std::chrono::year{2026} / 11 / 22};
constexpr std::chrono::hours since_start{1'000};   // what a steady clock shows at the first moment

microseconds passed{0};
Chance dice{0};

}  // namespace

std::uint64_t Chance::draw() {   // SplitMix64
    state_ += 0x9e3779b97f4a7c15ULL;
    auto mixed = state_;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9ULL;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebULL;
    return mixed ^ (mixed >> 31);
}

void restart_time(std::uint64_t seed) {
    passed = microseconds(0);
    dice = Chance(~seed);
}

void pass(microseconds time) { passed += time; }

microseconds elapsed() { return passed; }

std::chrono::nanoseconds machine_time() {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

}  // namespace caddy::simulation

// ---- in the place of the standard library ----

std::chrono::system_clock::time_point std::chrono::system_clock::now() noexcept {
    return time_point(caddy::simulation::first_day) + caddy::simulation::passed;
}

std::chrono::steady_clock::time_point std::chrono::steady_clock::now() noexcept {
    return time_point(caddy::simulation::since_start) + caddy::simulation::passed;
}

void std::random_device::_M_init(const std::string&) {}
void std::random_device::_M_fini() {}
std::random_device::result_type std::random_device::_M_getval() {
    return static_cast<result_type>(caddy::simulation::dice.draw() >> 32);
}

// ---- in the place of the kernel: without a timer of its own, the event loop asks its timers itself ----

extern "C" int timerfd_create(int, int) noexcept {
    errno = ENOSYS;
    return -1;
}

/// Nothing comes from outside of this process, so a wait ends when its time is over: at once.
extern "C" int epoll_wait(int, epoll_event*, int, int timeout_ms) {
    if (timeout_ms > 0) caddy::simulation::pass(std::chrono::milliseconds(timeout_ms));
    return 0;
}
