#pragma once
// Shares schedules out over processes, and tells how far they have come. A process that ends by a signal has failed the
// schedule that it was at; another one goes on behind it.
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace caddy::simulation {

struct Plan {
    std::uint64_t schedules = 20'000;
    std::uint64_t first_seed = 1;
    int jobs = 2;
    std::string program;   // for the line that repeats a failure
};

/// What schedules came to, added up.
struct Tally {
    std::int64_t steps = 0, statements = 0, conflicts = 0, lost = 0, crashes = 0, orders = 0, failures = 0;
};

struct Outcome {
    std::vector<std::string> wrong;
    Tally tally;
};

/// The exit status.
int run(const Plan&, const std::function<Outcome(std::uint64_t seed)>& play);

}  // namespace caddy::simulation
