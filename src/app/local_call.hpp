#pragma once
// One HTTP call to a shop on this machine, for subcommands that talk to one that runs. Blocks.
#include <optional>
#include <string>
#include <string_view>

namespace caddy::app {

struct LocalReply {
    int status = 0;
    std::string body;
};

/// Nothing when nobody answers within five seconds. `host` is the address that the shop listens on: for all addresses
/// (`0.0.0.0`, `::`) loopback is called.
std::optional<LocalReply> call_local(std::string_view method, const std::string& host, int port,
                                     const std::string& path);

}   // namespace caddy::app
