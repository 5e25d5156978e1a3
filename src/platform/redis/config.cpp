#include "platform/redis/config.hpp"

#include "platform/redis/dial.hpp"

namespace caddy::redis {

std::vector<std::string> faults_of(const Config& config) {
    std::vector<std::string> faults;
    if (config.key_prefix.empty() || config.key_prefix.size() > 64 ||
        config.key_prefix.find_first_of("{}*?[]\\ ") != std::string::npos) {
        faults.emplace_back("REDIS_KEY_PREFIX: 1 to 64 bytes without { } * ? [ ] \\ and blanks");
    }
    for (const auto& node : config.cluster_nodes)
        if (!parse_endpoint(node)) faults.push_back("REDIS_CLUSTER_NODES: '" + node + "' is not host:port");
    if (!config.cluster_nodes.empty() && config.database != 0)
        faults.emplace_back("REDIS_DATABASE: a cluster has no databases but 0");
    if (!config.username.empty() && config.password.empty())
        faults.emplace_back("REDIS_USERNAME: needs REDIS_PASSWORD");
    if (config.backoff_ms_max < config.backoff_ms)
        faults.emplace_back("REDIS_BACKOFF_MS_MAX: is less than REDIS_BACKOFF_MS");
    return faults;
}

}   // namespace caddy::redis
