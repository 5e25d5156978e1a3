#pragma once
// The public edge as the shop builds it (routes, kept replies, limits, metrics, access log), with its client in the
// same thread: what one request costs from the socket to the socket, and nothing else.
#include "platform/cache/reply_cache.hpp"
#include "platform/http/server.hpp"
#include "platform/limit/limit.hpp"

#include <boost/asio/io_context.hpp>

#include <string>
#include <string_view>

namespace caddy::bench {

enum class Limits { on, off };

class HotServer {
public:
    explicit HotServer(Limits);
    HotServer(const HotServer&) = delete;
    ~HotServer();

    /// Sends bytes and takes the whole answer. Throws where it has another status.
    void ask(std::string_view request, int status);

    const http::Router& router() const { return router_; }

private:
    void connect();

    boost::asio::io_context loop_{1};
    SystemClock clock_;
    http::Router router_;
    limit::WindowTable windows_{1'000};
    limit::RateLimiter limiter_;
    cache::Epochs epochs_;
    cache::ReplyCache replies_;
    http::Server server_;
    std::uint16_t port_ = 0;
    int socket_ = -1;
    std::string in_;
};

/// What a browser's client sends for it.
std::string get(std::string_view target, std::string_view more_headers = "");

}   // namespace caddy::bench
