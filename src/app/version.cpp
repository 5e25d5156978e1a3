#include "app/version.hpp"

namespace caddy::app {

std::string_view version() { return CADDY_VERSION; }

}   // namespace caddy::app
