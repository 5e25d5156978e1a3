// The least that an HTTP server can do: one epoll loop that answers every request with the same bytes. The limit that
// a server is measured against, never a server.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

namespace {

int listen_on(std::uint16_t port) {
    const int door = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    const int on = 1;
    ::setsockopt(door, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::bind(door, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0 || ::listen(door, 4096) != 0) {
        std::perror("responder");
        std::exit(71);
    }
    return door;
}

void watch(int epoll, int socket) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = socket;
    ::epoll_ctl(epoll, EPOLL_CTL_ADD, socket, &event);
}

/// Requests without bodies end with an empty line.
std::size_t requests_in(std::string_view bytes) {
    std::size_t count = 0;
    for (auto at = bytes.find("\r\n\r\n"); at != std::string_view::npos; at = bytes.find("\r\n\r\n", at + 4)) ++count;
    return count;
}

void serve(int door, const std::string& answer) {
    const int epoll = ::epoll_create1(EPOLL_CLOEXEC);
    watch(epoll, door);
    std::array<epoll_event, 256> events;
    std::array<char, 16384> buffer;
    for (;;) {
        const int ready = ::epoll_wait(epoll, events.data(), static_cast<int>(events.size()), -1);
        for (int i = 0; i < ready; ++i) {
            const int socket = events[static_cast<std::size_t>(i)].data.fd;
            if (socket == door) {
                const int next = ::accept4(door, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
                const int on = 1;
                if (next < 0) continue;
                ::setsockopt(next, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
                watch(epoll, next);
                continue;
            }
            const auto count = ::recv(socket, buffer.data(), buffer.size(), 0);
            if (count <= 0) {
                ::close(socket);
                continue;
            }
            auto owed = requests_in({buffer.data(), static_cast<std::size_t>(count)});
            for (; owed > 0; --owed) (void)!::send(socket, answer.data(), answer.size(), MSG_NOSIGNAL);
        }
    }
}

}   // namespace

int main(int argc, char** argv) {
    if (argc != 3) {
        std::fprintf(stderr, "bench-responder PORT FILE: answers every request with the file, as JSON\n");
        return 64;
    }
    std::ifstream file(argv[2], std::ios::binary);
    const std::string body{std::istreambuf_iterator<char>(file), {}};
    const auto answer =
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
        "\r\n\r\n" + body;
    serve(listen_on(static_cast<std::uint16_t>(std::atoi(argv[1]))), answer);
}
