#pragma once
// The fault that time does not heal.
#include <stdexcept>

namespace caddy {

/// Trying again cannot help. A job that throws it is parked at once, where somebody looks at it.
struct Permanent : std::runtime_error {
    using std::runtime_error::runtime_error;
};

}   // namespace caddy
