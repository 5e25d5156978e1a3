#pragma once
// Time and chance of this program. It answers in the place of the standard library and the kernel: the two clocks,
// std::random_device, and the wait of the event loop. What runs in it keeps its own timers, leases, pauses and jitter;
// time passes at once, and all of it is the same for the same seed.
#include <chrono>
#include <cstdint>

namespace caddy::simulation {

/// Small and quick; the same numbers on every machine.
class Chance {
public:
    explicit Chance(std::uint64_t seed) : state_(seed) {}

    std::uint64_t draw();
    /// 0 … n-1. REQUIRES: n > 0
    std::uint64_t below(std::uint64_t n) { return draw() % n; }
    std::int64_t between(std::int64_t low, std::int64_t high) {
        return low + static_cast<std::int64_t>(below(static_cast<std::uint64_t>(high - low) + 1));
    }
    bool per_mille(int share) { return static_cast<int>(below(1000)) < share; }

private:
    std::uint64_t state_;
};

/// The first moment again. What asks for chance from now on gets that of the seed.
void restart_time(std::uint64_t seed);
void pass(std::chrono::microseconds);
/// Since the first moment.
std::chrono::microseconds elapsed();

/// The time of the machine, for progress and figures.
std::chrono::nanoseconds machine_time();

}  // namespace caddy::simulation
