#include "platform/net/listener.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/detail/socket_option.hpp>

#include <boost/asio/error.hpp>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace caddy::net {

namespace asio = boost::asio;
using asio::ip::tcp;

Listener open_shared_listener(const std::string& address, std::uint16_t port) {
    using ReusePort = asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;
    asio::io_context unused;
    const tcp::endpoint endpoint(asio::ip::make_address(address), port);
    tcp::acceptor acceptor(unused);
    acceptor.open(endpoint.protocol());
    acceptor.set_option(tcp::acceptor::reuse_address(true));
    acceptor.set_option(ReusePort(true));
    if (endpoint.address().is_v6() && endpoint.address().is_unspecified())
        acceptor.set_option(asio::ip::v6_only(false));
    acceptor.bind(endpoint);
    acceptor.listen();
    const auto had = acceptor.local_endpoint().port();
    const int socket = acceptor.release();
    ::fcntl(socket, F_SETFD, FD_CLOEXEC);
    return {socket, had};
}

Listener inherited_listener(int socket) {
    int listens = 0;
    socklen_t size = sizeof(listens);
    sockaddr_storage address{};
    socklen_t address_size = sizeof(address);
    const bool is_socket = ::getsockopt(socket, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) == 0 && listens != 0 &&
                           ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &address_size) == 0;
    const bool is_ip = is_socket && (address.ss_family == AF_INET || address.ss_family == AF_INET6);
    if (!is_ip) throw boost::system::system_error(asio::error::bad_descriptor, "the socket that was handed over");
    // The port is at the same place in both.
    const auto port = ntohs(reinterpret_cast<const sockaddr_in*>(&address)->sin_port);
    return {::fcntl(socket, F_DUPFD_CLOEXEC, 3), port};
}

}   // namespace caddy::net
