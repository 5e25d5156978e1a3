#pragma once
// Who does something in a schedule: shoppers, the bank's messages, the shop's staff.
#include "simulation/world.hpp"

namespace caddy::simulation {

/// Draws who takes part, and lets them begin.
void start_actors(World&);

}  // namespace caddy::simulation
