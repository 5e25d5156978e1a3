#include "app/service_manager.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <ctime>

namespace caddy::app {
namespace {

constexpr int first_socket = 3;   // SD_LISTEN_FDS_START

std::string taken(const char* name) {
    const char* value = std::getenv(name);
    std::string text = value ? value : "";
    ::unsetenv(name);
    return text;
}

std::int64_t number(const std::string& text) {
    std::int64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

/// Variables that name a process are for that one, not for what it started.
bool is_for_us(const std::string& process) { return process.empty() || number(process) == ::getpid(); }

}   // namespace

ServiceManager::ServiceManager() : notify_socket_(taken("NOTIFY_SOCKET")) {
    const auto process = taken("WATCHDOG_PID");
    const auto interval_us = number(taken("WATCHDOG_USEC"));
    if (interval_us > 0 && is_for_us(process)) watchdog_ = std::chrono::microseconds(interval_us);
    take_sockets();
}

void ServiceManager::take_sockets() {
    const auto process = taken("LISTEN_PID");
    const auto count = number(taken("LISTEN_FDS"));
    auto names = taken("LISTEN_FDNAMES");
    if (process.empty() || !is_for_us(process)) return;
    for (int socket = first_socket; socket < first_socket + count; ++socket) {
        const auto end = std::min(names.find(':'), names.size());
        const auto name = names.substr(0, end);
        names.erase(0, std::min(end + 1, names.size()));
        ::fcntl(socket, F_SETFD, FD_CLOEXEC);
        ::fcntl(socket, F_SETFL, ::fcntl(socket, F_GETFL) | O_NONBLOCK);
        if (name == "admin") admin_socket_ = socket;
        else if (public_socket_ < 0) public_socket_ = socket;
    }
}

void ServiceManager::tell(std::string_view state) const {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (notify_socket_.empty() || notify_socket_.size() >= sizeof(address.sun_path)) return;
    std::memcpy(address.sun_path, notify_socket_.data(), notify_socket_.size());
    if (address.sun_path[0] == '@') address.sun_path[0] = '\0';   // the abstract namespace
    const int socket = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (socket < 0) return;
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + notify_socket_.size());
    // Nobody can be told when it does not arrive; the manager notices by its own time limits.
    (void)::sendto(socket, state.data(), state.size(), MSG_NOSIGNAL, reinterpret_cast<const sockaddr*>(&address), size);
    ::close(socket);
}

void ServiceManager::tell_reloading() const {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    const auto now_us = std::int64_t{now.tv_sec} * 1'000'000 + now.tv_nsec / 1'000;
    tell("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(now_us));
}

}   // namespace caddy::app
