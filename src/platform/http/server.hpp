#pragma once
// The public edge: listens, gives each connection a session, and ends without dropping what it has accepted.
// One event loop.
#include "platform/http/ready.hpp"
#include "platform/http/router.hpp"
#include "platform/http/server_config.hpp"
#include "platform/limit/limit.hpp"
#include "platform/telemetry/trace_context.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace caddy::http {

/// Who a bearer token belongs to. Its refusal goes to the caller as it is (401).
using Authenticate = std::function<Task<Result<Principal>>(const Context&, std::string_view token)>;

/// One request that is over.
struct Finished {
    std::string_view method;
    std::string_view route;   // the pattern; empty where there was none
    int status = 0;
    std::chrono::microseconds duration{};
    std::size_t bytes_in = 0;    // body
    std::size_t bytes_out = 0;   // body
    const trace::TraceContext* recorded = nullptr;   // its span, where that is kept
};

/// What the edge works with. All of it outlives the server.
struct Services {
    const Router& router;
    const Clock& clock;
    Authenticate authenticate{};                       // empty: nobody can sign in
    limit::RateLimiter* limiter = nullptr;             // null: no limits
    const bool* read_only = nullptr;                   // while it is true, only reads are answered
    std::function<void(const Finished&)> observe{};    // metrics
    /// What is answered where there is no route; nothing: the problem document that says so.
    std::function<std::optional<Response>(const Request&)> missing{};
    /// Asked before anything else about a GET; null: there are none.
    ReadyReplies* ready = nullptr;
};

/// What happens at a stop to connections that the kernel has accepted and nobody has taken yet.
enum class Backlog {
    serve,   // this process was the last to listen: they are answered
    leave,   // another process listens on the same socket
};

class Server {
public:
    /// REQUIRES: a configuration within its bounds. Throws std::runtime_error when a trusted proxy is no network.
    Server(asio::any_io_executor, const ServerConfig&, Services);
    /// REQUIRES: stopped, or never started.
    ~Server();

    /// Listens on an address; port 0 takes a free one. The port. Throws boost::system::system_error.
    std::uint16_t listen(const std::string& address, std::uint16_t port);
    /// Listens on a socket that was opened by somebody else, and owns it from now on. The port.
    std::uint16_t adopt(int listening_socket);

    /// Begins to accept.
    void start();
    /// From now on each answer ends its connection; new ones are still taken.
    void drain();
    /// Stops accepting where another process listens on the same socket. The connections that are there go on, and each
    /// ends with the answer to its next request; stop() ends the rest.
    Task<> leave();
    /// Stops accepting, lets requests finish for as long as `limit`, then cancels them (they answer 503), and returns
    /// when the last connection is closed.
    Task<> stop(std::chrono::milliseconds limit, Backlog);

    std::size_t connections() const;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace caddy::http
