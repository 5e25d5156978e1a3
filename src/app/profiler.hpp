#pragma once
// A CPU profile of a worker that runs, taken by gperftools' profiler. The library is loaded when somebody asks for the
// first one, so that a process that is never profiled does not carry it.
#include "app/orders.hpp"

#include <chrono>

namespace caddy::app {

class Profiler {
public:
    /// Called about every second: begins what is ordered for this seat, and ends it when its time is over.
    void look(Orders&, int seat);

private:
    void begin(ProfileOrder&);

    std::uint32_t current_ = 0;   // the number of the order in hand, or of the last one
    bool runs_ = false;
    std::chrono::steady_clock::time_point until_{};
};

}   // namespace caddy::app
