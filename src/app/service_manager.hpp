#pragma once
// The supervisor's side of systemd, where it was started by one: what it tells (sd_notify) and what it is given
// (socket activation). Both are a few environment variables and one datagram each, so no library is needed.
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace caddy::app {

class ServiceManager {
public:
    /// Reads NOTIFY_SOCKET, WATCHDOG_USEC, LISTEN_FDS and LISTEN_FDNAMES, and takes them out of the environment: they
    /// are not for the workers.
    ServiceManager();

    /// `READY=1`, `STOPPING=1`, `WATCHDOG=1`, … one assignment a line. Does nothing where nobody listens.
    void tell(std::string_view state) const;
    /// What `RELOADING=1` has to come with, and the assignment itself.
    void tell_reloading() const;
    /// How often `WATCHDOG=1` is expected at least; nothing where it is not.
    std::optional<std::chrono::microseconds> watchdog() const { return watchdog_; }

    /// A listening socket that the manager opened, by its name there (`FileDescriptorName=`): `admin` is the admin
    /// port's, any other the public one's. -1 where there is none.
    int public_socket() const { return public_socket_; }
    int admin_socket() const { return admin_socket_; }

private:
    void take_sockets();

    std::string notify_socket_;
    std::optional<std::chrono::microseconds> watchdog_;
    int public_socket_ = -1;
    int admin_socket_ = -1;
};

}   // namespace caddy::app
