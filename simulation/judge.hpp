#pragma once
// What must hold after a schedule: what the actors were told, what the bank's books say and what the rows say is one
// story. Reads rows by SQL of its own; the services' own audits come on top.
#include "simulation/world.hpp"

namespace caddy::simulation {

/// One line for each thing that is wrong.
std::vector<std::string> judge(World&);

}  // namespace caddy::simulation
