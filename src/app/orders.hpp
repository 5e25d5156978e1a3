#pragma once
// What the supervisor tells its workers beside signals, on a page of the board that it alone writes: faults to inject,
// the level of the log, a profile to take. Each worker looks every second.
#include "platform/runtime/worker_board.hpp"

#include <array>
#include <atomic>
#include <cstdint>
#include <vector>

namespace caddy::app {

/// One fault to inject into requests, until its time is over.
struct FaultRule {
    std::array<char, 128> route;    // the pattern of one route, or `*`
    std::array<char, 8> method;     // or empty: any
    std::int32_t share_per_mille;   // of its requests
    std::int32_t latency_ms;
    std::int32_t status;     // 0: only the latency
    std::int64_t until_us;   // steady clock
};

/// Somebody's wish for a CPU profile of one worker.
struct ProfileOrder {
    std::atomic<std::uint32_t> number;   // each wish has its own
    std::atomic<std::uint32_t> done;     // the number of the last one that is over
    std::atomic<std::int32_t> outcome;   // 1: the file is there; 2: no profiler on this machine; 3: it failed
    std::int32_t seat;
    std::int32_t seconds;
    std::array<char, 200> file;
};

/// All zeros is how it begins: nothing is ordered.
struct Orders {
    static constexpr std::size_t faults_max = 32;

    std::atomic<std::uint32_t> faults_version;   // odd while they are written
    std::uint32_t fault_count;
    std::array<FaultRule, faults_max> faults;
    std::atomic<std::int32_t> log_level;   // 0: as configured; else one more than log::Level
    ProfileOrder profile;

    /// For the supervisor.
    void set_faults(const std::vector<FaultRule>&);
    /// As they stood at one moment.
    std::vector<FaultRule> get_faults() const;
};

Orders& orders_of(const WorkerBoard&);

}   // namespace caddy::app
