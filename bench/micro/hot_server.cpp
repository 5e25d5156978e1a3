#include "bench/micro/hot_server.hpp"

#include "app/metrics.hpp"
#include "bench/micro/samples.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <stdexcept>

namespace caddy::bench {
namespace {

// The rows of the real API, so that the table is as deep and as wide.
constexpr std::array routes{"/api/v1/auth/register",
                            "/api/v1/auth/login",
                            "/api/v1/auth/refresh",
                            "/api/v1/me",
                            "/api/v1/me/addresses",
                            "/api/v1/me/addresses/{address}",
                            "/api/v1/me/sessions",
                            "/api/v1/me/sessions/{session}",
                            "/api/v1/categories",
                            "/api/v1/categories/{category}",
                            "/media/{file*}",
                            "/api/v1/search",
                            "/api/v1/search/suggest",
                            "/api/v1/carts/{cart}",
                            "/api/v1/carts/{cart}/lines/{line}",
                            "/api/v1/shipping-methods",
                            "/api/v1/orders",
                            "/api/v1/orders/{order}",
                            "/api/v1/flash-sales",
                            "/api/v1/flash-sales/{sale}",
                            "/api/v1/flash-sales/{sale}/tickets/{ticket}",
                            "/api/v1/admin/products",
                            "/api/v1/admin/products/{product}",
                            "/api/v1/admin/orders",
                            "/api/v1/admin/orders/{order}",
                            "/api/v1/admin/inventory",
                            "/api/v1/admin/audit",
                            "/api/v1/admin/webhooks/{webhook}",
                            "/health",
                            "/readyz"};

template <class T>
Task<Result<http::Response>> answer(T value) {
    auto response = http::ok(value);
    response.headers.push_back(http::public_for(15));
    co_return response;
}

http::Router make_router() {
    http::Router router;
    for (const auto* pattern : routes) {
        router.get(pattern, Access::anyone, [](http::Request&) { return answer(sample_variant(1)); });
    }
    auto& list = router.get("/api/v1/products", Access::anyone, [](http::Request&) { return answer(sample_page()); });
    list.caching = http::Caching{.name = "catalog.list",
                                 .query = {"sort", "filter[category]", "filter[price][gte]", "filter[price][lte]",
                                           "filter[in_stock]", "q", "limit", "cursor", "expand", "count"},
                                 .tags = {"catalog"},
                                 .fresh = std::chrono::hours(1)};
    auto& product = router.get("/api/v1/products/{product}", Access::anyone,
                               [](http::Request&) { return answer(sample_product()); });
    product.caching = http::Caching{
        .name = "catalog.product", .query = {}, .tags = {"product:{product}"}, .fresh = std::chrono::hours(1)};
    // Made by its handler each time, and sent as it is.
    router.get("/api/v1/fresh/{product}", Access::anyone, [](http::Request&) { return answer(sample_product()); });
    return router;
}

limit::Config wide() { return {.global = {1'000'000'000, 60}, .api = {1'000'000'000, 60}, .auth = {500, 60}}; }

http::ServerConfig config() {
    http::ServerConfig config;
    config.access_log_every = 100;
    return config;
}

http::Services services(const http::Router& router, const Clock& clock, http::ReadyReplies& ready,
                        limit::RateLimiter* limiter) {
    http::Services all{router, clock};
    all.ready = &ready;
    all.limiter = limiter;
    all.observe = &app::Metrics::observe;
    return all;
}

}   // namespace

HotServer::HotServer(Limits limits)
    : router_(make_router()),
      limiter_(wide(), windows_),
      replies_({.executor = loop_.get_executor(),
                .clock = clock_,
                .epochs = epochs_,
                .shared = nullptr,
                .bytes_max = 64 << 20,
                .reads_copies = false},
               {}),
      server_(loop_.get_executor(), config(),
              services(router_, clock_, replies_, limits == Limits::on ? &limiter_ : nullptr)) {
    replies_.heard_until(cache::ReplyCache::Instant::max());
    replies_.attach(router_);
    port_ = server_.listen("127.0.0.1", 0);
    server_.start();
    connect();
}

HotServer::~HotServer() {
    ::close(socket_);
    auto stopped = boost::asio::co_spawn(
        loop_,
        [this]() -> Task<> {
            co_await server_.stop(std::chrono::seconds(1), http::Backlog::leave);
            co_await replies_.close();
        },
        boost::asio::use_future);
    loop_.restart();
    while (stopped.wait_for(std::chrono::seconds(0)) != std::future_status::ready) loop_.run_one();
}

void HotServer::connect() {
    socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port_);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0)
        throw std::runtime_error("cannot connect to the server in this process");
}

void HotServer::ask(std::string_view request, int status) {
    if (::send(socket_, request.data(), request.size(), 0) != static_cast<ssize_t>(request.size()))
        throw std::runtime_error("the request was not taken");
    in_.clear();
    std::size_t whole = 0;
    while (whole == 0 || in_.size() < whole) {
        loop_.run_one();   // waits where nothing is ready: the answer comes by this loop alone
        std::array<char, 65536> buffer;
        const auto count = ::recv(socket_, buffer.data(), buffer.size(), MSG_DONTWAIT);
        if (count == 0) throw std::runtime_error("the server has closed the connection");
        if (count < 0) continue;
        in_.append(buffer.data(), static_cast<std::size_t>(count));
        const auto end = in_.find("\r\n\r\n");
        if (end == std::string::npos) continue;
        const auto length = in_.find("Content-Length: ");
        whole = end + 4 + (length < end ? std::strtoul(in_.c_str() + length + 16, nullptr, 10) : 0);
    }
    if (std::atoi(in_.c_str() + 9) != status) throw std::runtime_error("not the answer that was expected: " + in_);
}

std::string get(std::string_view target, std::string_view more_headers) {
    return "GET " + std::string(target) +
           " HTTP/1.1\r\nHost: shop.example\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101\r\n"
           "Accept: application/json\r\nAccept-Language: zh-CN,en;q=0.7\r\n" +
           std::string(more_headers) + "\r\n";
}

}   // namespace caddy::bench
