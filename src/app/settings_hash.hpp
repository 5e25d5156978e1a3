#pragma once
#include "platform/config/config.hpp"

#include <string>
#include <vector>

namespace caddy::app {

/// 16 hexadecimal digits that are the same on all pods which are told the same: by it one sees at /version and in
/// `caddy_config_info` that a pod still has other settings. Secrets are left out, so that nothing can be guessed from
/// it, and so is what each pod says for itself, such as its ports and its role.
std::string settings_hash(const std::vector<config::Setting>& settings);

}   // namespace caddy::app
