#pragma once
#include <string_view>

namespace caddy::app {

/// The version of this program, as the build knows it: `0.1.0`.
std::string_view version();

}   // namespace caddy::app
