#include "app/settings_hash.hpp"

#include "platform/crypto/running_digest.hpp"

#include <algorithm>
#include <array>

namespace caddy::app {
namespace {

constexpr std::array of_one_pod{"ADMIN_HOST", "ADMIN_PORT", "CLUSTER_WORKERS", "DATA_DIR", "HOST", "PORT", "SERVE_ROLE",
                                "SERVE_ROUTES", "OTEL_RESOURCE_ATTRIBUTES"};

constexpr std::size_t digits = 16;

}   // namespace

std::string settings_hash(const std::vector<config::Setting>& settings) {
    crypto::RunningSha256 digest;
    for (const auto& each : settings) {
        if (each.secret || std::ranges::find(of_one_pod, each.name) != of_one_pod.end()) continue;
        // A length before each text: no two lists of settings are one text.
        for (const auto& text : {each.name, each.value}) digest.add(std::to_string(text.size()) + ":" + text);
    }
    return digest.hex().substr(0, digits);
}

}   // namespace caddy::app
