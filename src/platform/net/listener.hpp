#pragma once
// Listening sockets that outlive the process that uses them: opened by the supervisor, inherited by its workers.
#include <cstdint>
#include <string>

namespace caddy::net {

struct Listener {
    int socket = -1;          // close-on-exec
    std::uint16_t port = 0;   // as it was had
};

/// Opens a socket that listens, one of several on the same address and port (SO_REUSEPORT): the kernel spreads
/// connections over them. Port 0 takes a free one. Throws boost::system::system_error.
Listener open_shared_listener(const std::string& address, std::uint16_t port);

/// A socket that listens already and that somebody else opened; a copy of its descriptor, so that each caller has one
/// of its own. Throws boost::system::system_error when it is no such socket.
Listener inherited_listener(int socket);

}   // namespace caddy::net
