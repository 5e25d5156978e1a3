#pragma once
// A byte stream to a node: TCP, or TLS over it. Private to the client.
#include "platform/redis/config.hpp"
#include "platform/runtime/task.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace caddy::redis {

struct Endpoint {
    std::string host;
    std::uint16_t port = 0;
    auto operator<=>(const Endpoint&) const = default;
    std::string text() const { return host + ":" + std::to_string(port); }
};

/// `host:port`, `[::1]:port`, `::1:port`; nothing when it is none.
std::optional<Endpoint> parse_endpoint(std::string_view);

class Wire {
public:
    virtual ~Wire() = default;
    /// At least one byte. Throws boost::system::system_error, as write() does.
    virtual Task<std::size_t> read_some(std::span<char> into) = 0;
    virtual Task<> write(std::string_view bytes) = 0;
    /// Ends what is under way.
    virtual void close() noexcept = 0;
};

/// What certificates are checked against.
class TlsContext {
public:
    /// Throws std::runtime_error when the authority's file cannot be read.
    explicit TlsContext(const Config&);
    ~TlsContext();

    struct Native;
    Native& native() const { return *native_; }

private:
    std::unique_ptr<Native> native_;
};

/// Connects, and encrypts where `tls` is given. Throws boost::system::system_error.
Task<std::unique_ptr<Wire>> connect_wire(const Endpoint&, const TlsContext* tls);

}   // namespace caddy::redis
