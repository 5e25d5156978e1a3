#include "platform/redis/wire.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <charconv>
#include <stdexcept>

namespace caddy::redis {
namespace {

using tcp = asio::ip::tcp;

class PlainWire final : public Wire {
public:
    explicit PlainWire(tcp::socket socket) : socket_(std::move(socket)) {}

    Task<std::size_t> read_some(std::span<char> into) override {
        co_return co_await socket_.async_read_some(asio::buffer(into.data(), into.size()), asio::use_awaitable);
    }
    Task<> write(std::string_view bytes) override {
        co_await asio::async_write(socket_, asio::buffer(bytes), asio::use_awaitable);
    }
    void close() noexcept override {
        boost::system::error_code ignored;
        socket_.close(ignored);
    }

private:
    tcp::socket socket_;
};

class TlsWire final : public Wire {
public:
    TlsWire(tcp::socket socket, asio::ssl::context& context) : stream_(std::move(socket), context) {}

    Task<> shake_hands(const std::string& host, Tls mode) {
        boost::system::error_code is_no_address;
        (void)asio::ip::make_address(host, is_no_address);
        // Server name indication is for names alone.
        if (is_no_address && SSL_ctrl(stream_.native_handle(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
                                      const_cast<char*>(host.c_str())) != 1)   // NOLINT: OpenSSL only reads it
            throw boost::system::system_error(asio::error::invalid_argument);
        if (mode == Tls::verify_identity) stream_.set_verify_callback(asio::ssl::host_name_verification(host));
        co_await stream_.async_handshake(asio::ssl::stream_base::client, asio::use_awaitable);
    }
    Task<std::size_t> read_some(std::span<char> into) override {
        co_return co_await stream_.async_read_some(asio::buffer(into.data(), into.size()), asio::use_awaitable);
    }
    Task<> write(std::string_view bytes) override {
        co_await asio::async_write(stream_, asio::buffer(bytes), asio::use_awaitable);
    }
    void close() noexcept override {
        boost::system::error_code ignored;
        stream_.lowest_layer().close(ignored);
    }

private:
    asio::ssl::stream<tcp::socket> stream_;
};

/// The addresses of a host; digits ask no name server.
Task<std::vector<tcp::endpoint>> addresses_of(const Endpoint& to) {
    boost::system::error_code is_no_address;
    const auto address = asio::ip::make_address(to.host, is_no_address);
    std::vector<tcp::endpoint> found;
    if (!is_no_address) {
        found.emplace_back(address, to.port);
        co_return found;
    }
    tcp::resolver resolver(co_await asio::this_coro::executor);
    const auto results = co_await resolver.async_resolve(to.host, std::to_string(to.port), asio::use_awaitable);
    for (const auto& each : results) found.push_back(each.endpoint());
    co_return found;
}

}   // namespace

struct TlsContext::Native {
    asio::ssl::context context{asio::ssl::context::tls_client};
    Tls mode = Tls::required;
};

TlsContext::TlsContext(const Config& config) : native_(std::make_unique<Native>()) {
    auto& context = native_->context;
    native_->mode = config.tls;
    context.set_options(asio::ssl::context::default_workarounds | asio::ssl::context::no_tlsv1 |
                        asio::ssl::context::no_tlsv1_1);
    if (config.tls == Tls::required) {
        context.set_verify_mode(asio::ssl::verify_none);
        return;
    }
    context.set_verify_mode(asio::ssl::verify_peer);
    boost::system::error_code fault;
    if (config.ca_file.empty()) context.set_default_verify_paths(fault);
    else context.load_verify_file(config.ca_file, fault);
    if (fault) throw std::runtime_error("REDIS_CA: " + config.ca_file + ": " + fault.message());
}

TlsContext::~TlsContext() = default;

Task<std::unique_ptr<Wire>> connect_wire(const Endpoint& to, const TlsContext* tls) {
    const auto addresses = co_await addresses_of(to);
    tcp::socket socket(co_await asio::this_coro::executor);
    co_await asio::async_connect(socket, addresses, asio::use_awaitable);
    socket.set_option(tcp::no_delay(true));
    socket.set_option(asio::socket_base::keep_alive(true));
    if (tls == nullptr) co_return std::make_unique<PlainWire>(std::move(socket));
    auto wire = std::make_unique<TlsWire>(std::move(socket), tls->native().context);
    co_await wire->shake_hands(to.host, tls->native().mode);
    co_return wire;
}

std::optional<Endpoint> parse_endpoint(std::string_view text) {
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos || colon == 0) return std::nullopt;
    auto host = text.substr(0, colon);
    const auto digits = text.substr(colon + 1);
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    Endpoint found{std::string(host), 0};
    const auto [end, fault] = std::from_chars(digits.data(), digits.data() + digits.size(), found.port);
    if (fault != std::errc{} || end != digits.data() + digits.size() || found.port == 0 || host.empty())
        return std::nullopt;
    return found;
}

}   // namespace caddy::redis
