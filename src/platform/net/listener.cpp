#include "platform/net/listener.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/detail/socket_option.hpp>

#include <fcntl.h>
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

}   // namespace caddy::net
