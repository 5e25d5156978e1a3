#pragma once
// What every schedule begins with: a shop with few pieces of what it sells, and carts that want them.
#include "simulation/world.hpp"

namespace caddy::simulation {

/// Makes schema and rows by the services themselves. Afterwards MemoryDisk::keep().
Base prepare(Server&);

}  // namespace caddy::simulation
