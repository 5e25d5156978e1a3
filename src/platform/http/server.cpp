#include "platform/http/server.hpp"

#include "core/assert.hpp"
#include "platform/http/session.hpp"
#include "platform/runtime/task_group.hpp"
#include "platform/telemetry/log.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <sys/socket.h>

#include <list>

namespace caddy::http {

namespace {

using tcp = asio::ip::tcp;
constexpr auto as_values = asio::as_tuple(asio::use_awaitable);
constexpr auto watch_interval = std::chrono::milliseconds(50);
constexpr auto accept_pause = std::chrono::milliseconds(100);
constexpr auto cancelled_limit = std::chrono::milliseconds(2000);   // for a cancelled request to say so
constexpr std::size_t refusals_max = 64;                            // at one time

void log_escape(const std::exception_ptr& fault) {
    try {
        std::rethrow_exception(fault);
    } catch (const std::exception& error) {
        log::error("http.session_fault", {{"what", error.what()}});
    }
}

/// Tells one caller too many to come again, and hears it out so that the answer arrives.
Task<> refuse_connection(tcp::socket socket) {
    co_await asio::this_coro::throw_if_cancelled(false);
    constexpr std::string_view body =
        R"({"type":"/docs/errors#request.too_many_connections","title":"Service Unavailable",)"
        R"("status":503,"detail":"Too many connections; try again.","instance":"/",)"
        R"("code":"request.too_many_connections","errors":[],"request_id":"","retryable":true})";
    const auto answer =
        "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/problem+json\r\nRetry-After: 1\r\n"
        "Cache-Control: no-store\r\nConnection: close\r\nContent-Length: " +
        std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
    boost::system::error_code ignored;
    socket.non_blocking(true, ignored);
    (void)socket.write_some(asio::buffer(answer), ignored);   // a fresh socket's buffer holds it, or nobody is there
    socket.shutdown(tcp::socket::shutdown_send, ignored);
    asio::steady_timer pause(socket.get_executor(), std::chrono::milliseconds(200));
    (void)co_await pause.async_wait(as_values);
    std::string heard(16 * 1024, '\0');
    (void)socket.read_some(asio::buffer(heard), ignored);
}

}  // namespace

struct Server::Impl {
    Impl(asio::any_io_executor loop, const ServerConfig& config, Services services)
        : executor(loop),
          edge(config, std::move(services)),
          watch(loop),
          watching_group(loop, log_escape),
          accepting(loop, log_escape),
          sessions(loop, log_escape),
          refusals(loop, log_escape) {}

    asio::any_io_executor executor;
    Edge edge;
    std::list<tcp::acceptor> acceptors;
    asio::steady_timer watch;
    TaskGroup watching_group;
    TaskGroup accepting;
    TaskGroup sessions;
    TaskGroup refusals;
    bool watching = false;
    bool accepts = true;

    void take(tcp::socket socket) {
        if (sessions.size() >= static_cast<std::size_t>(edge.config.connections_max)) {
            if (refusals.size() < refusals_max) (void)refusals.spawn(refuse_connection(std::move(socket)));
            return;
        }
        (void)sessions.spawn(serve(std::move(socket)));
    }

    Task<> serve(tcp::socket socket) {
        Session session(edge, std::move(socket));
        co_await session.run();
    }

    Task<> accept_from(tcp::acceptor& acceptor) {
        co_await asio::this_coro::throw_if_cancelled(false);
        asio::steady_timer pause(executor);
        while (accepts) {
            auto [error, socket] = co_await acceptor.async_accept(as_values);
            if (!error) {
                take(std::move(socket));
                continue;
            }
            if (!accepts || error == asio::error::operation_aborted) break;
            if (error == asio::error::connection_aborted) continue;
            // No descriptors or no memory left: they come back when connections end.
            log::warn("http.accept_paused", {{"reason", error.message()}, {"connections", sessions.size()}});
            pause.expires_after(accept_pause);
            (void)co_await pause.async_wait(as_values);
        }
    }

    // One timer for all connections: a limit is a number that the watch compares, not a timer that each step sets anew.
    Task<> keep_watch() {
        co_await asio::this_coro::throw_if_cancelled(false);
        while (watching) {
            watch.expires_after(watch_interval);
            (void)co_await watch.async_wait(as_values);
            const auto now = std::chrono::steady_clock::now();
            for (auto* session : edge.sessions) session->check_limit(now);
        }
    }

    Task<> close_acceptors(Backlog backlog) {
        boost::system::error_code ignored;
        accepts = false;   // a connection that came in before the next line does not begin the wait for another
        for (auto& acceptor : acceptors) acceptor.cancel(ignored);
        co_await accepting.join();   // what was accepted in the meantime has its session
        for (auto& acceptor : acceptors) {
            if (backlog == Backlog::serve) {
                acceptor.non_blocking(true, ignored);
                for (boost::system::error_code error; !error;) {
                    tcp::socket socket(executor);
                    acceptor.accept(socket, error);
                    if (!error) take(std::move(socket));
                }
            }
            acceptor.close(ignored);
        }
    }

    Task<> await_sessions(std::chrono::steady_clock::time_point until) {
        asio::steady_timer pause(executor);
        while (sessions.size() > 0 && std::chrono::steady_clock::now() < until) {
            pause.expires_after(std::chrono::milliseconds(10));
            (void)co_await pause.async_wait(as_values);
        }
    }
};

Server::Server(asio::any_io_executor loop, const ServerConfig& config, Services services)
    : impl_(std::make_unique<Impl>(std::move(loop), config, std::move(services))) {}

Server::~Server() { CADDY_ASSERT(!impl_->watching); }

std::uint16_t Server::listen(const std::string& address, std::uint16_t port) {
    const tcp::endpoint endpoint(asio::ip::make_address(address), port);
    auto& acceptor = impl_->acceptors.emplace_back(impl_->executor);
    acceptor.open(endpoint.protocol());
    acceptor.set_option(tcp::acceptor::reuse_address(true));
    if (endpoint.address().is_v6() && endpoint.address().is_unspecified())
        acceptor.set_option(asio::ip::v6_only(false));
    acceptor.bind(endpoint);
    acceptor.listen();
    return acceptor.local_endpoint().port();
}

std::uint16_t Server::adopt(int listening_socket) {
    sockaddr_storage address{};
    socklen_t size = sizeof(address);
    if (::getsockname(listening_socket, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
        throw boost::system::system_error(errno, boost::system::system_category(), "the inherited socket");
    }
    auto& acceptor = impl_->acceptors.emplace_back(impl_->executor);
    acceptor.assign(address.ss_family == AF_INET6 ? tcp::v6() : tcp::v4(), listening_socket);
    return acceptor.local_endpoint().port();
}

void Server::start() {
    impl_->watching = true;
    (void)impl_->watching_group.spawn(impl_->keep_watch());
    for (auto& acceptor : impl_->acceptors) (void)impl_->accepting.spawn(impl_->accept_from(acceptor));
}

void Server::drain() { impl_->edge.draining = true; }

Task<> Server::leave() {
    impl_->edge.draining = true;
    co_await impl_->close_acceptors(Backlog::leave);
}

Task<> Server::stop(std::chrono::milliseconds limit, Backlog backlog) {
    auto& impl = *impl_;
    const auto begun = std::chrono::steady_clock::now();
    impl.edge.draining = true;
    impl.edge.stopping = true;
    co_await impl.close_acceptors(backlog);
    impl.sessions.close();
    const auto grace_end = begun + std::chrono::milliseconds(impl.edge.config.stop_grace_ms);
    for (auto* session : impl.edge.sessions) session->note_stop(grace_end);
    co_await impl.await_sessions(begun + limit);
    if (impl.sessions.size() > 0) {
        log::warn("http.drain_limit", {{"connections", impl.sessions.size()}});
        impl.sessions.cancel();
        co_await impl.await_sessions(std::chrono::steady_clock::now() + cancelled_limit);
        for (auto* session : impl.edge.sessions) session->abort();
    }
    co_await impl.sessions.join();
    impl.refusals.cancel();
    co_await impl.refusals.join();
    impl.watching = false;
    impl.watch.cancel();
    co_await impl.watching_group.join();
}

std::size_t Server::connections() const { return impl_->sessions.size(); }

}  // namespace caddy::http
