#pragma once
// A clock that stands still until a test moves it.
#include "core/clock.hpp"

namespace caddy::testing {

class FakeClock final : public Clock {
public:
    Time now() const override { return now_; }
    void set(Time now) { now_ = now; }
    void advance(std::chrono::microseconds by) { now_ += by; }

private:
    Time now_{std::chrono::sys_days{std::chrono::year{2026} / 11 / 22} + std::chrono::hours(20)};
};

}  // namespace caddy::testing
