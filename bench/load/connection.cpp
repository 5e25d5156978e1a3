#include "bench/load/connection.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <stdexcept>

namespace caddy::bench {

void Connection::open(std::uint16_t port) {
    close();
    socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0)
        throw std::runtime_error(std::string("cannot connect: ") + std::strerror(errno));
    const int on = 1;
    ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    in_.clear();
    consumed_ = over_ = false;
    status_ = 0;
    body_at_ = length_ = 0;
}

void Connection::close() {
    if (socket_ >= 0) ::close(socket_);
    socket_ = -1;
}

void Connection::send(std::string_view bytes) {
    while (!bytes.empty()) {
        const auto sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent > 0) {
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        } else if (errno == EAGAIN) {
            pollfd watched{socket_, POLLOUT, 0};
            ::poll(&watched, 1, 1000);
        } else {
            return;   // the answer tells
        }
    }
}

bool Connection::parse_head() {
    const auto end = in_.find("\r\n\r\n");
    if (end == std::string::npos) return false;
    status_ = std::atoi(in_.c_str() + 9);
    body_at_ = end + 4;
    length_ = 0;
    for (auto at = in_.find("\r\n") + 2; at < end; at = in_.find("\r\n", at) + 2) {
        constexpr std::string_view length = "content-length:";
        constexpr std::string_view closes = "connection: close";
        if (::strncasecmp(in_.c_str() + at, length.data(), length.size()) == 0)
            length_ = std::strtoul(in_.c_str() + at + length.size(), nullptr, 10);
        if (::strncasecmp(in_.c_str() + at, closes.data(), closes.size()) == 0) over_ = true;
    }
    return true;
}

Connection::State Connection::receive() {
    if (consumed_) {
        in_.clear();
        consumed_ = false;
    }
    char buffer[65536];
    const auto count = ::recv(socket_, buffer, sizeof(buffer), MSG_DONTWAIT);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return State::more;
    if (count <= 0) {
        over_ = true;
        return State::lost;
    }
    in_.append(buffer, static_cast<std::size_t>(count));
    if (!parse_head() || in_.size() < body_at_ + length_) return State::more;
    consumed_ = true;
    return State::complete;
}

}   // namespace caddy::bench
