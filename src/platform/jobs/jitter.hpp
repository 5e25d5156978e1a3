#pragma once
// Chance, so that many workers do not move in step.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <random>

namespace caddy::jobs {

inline std::chrono::milliseconds jitter_between(std::chrono::milliseconds low, std::chrono::milliseconds high) {
    static thread_local std::mt19937_64 random{std::random_device{}()};
    const auto most = std::max(low, high).count();
    return std::chrono::milliseconds(std::uniform_int_distribution<std::int64_t>(low.count(), most)(random));
}

}  // namespace caddy::jobs
