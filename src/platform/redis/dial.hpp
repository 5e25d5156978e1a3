#pragma once
// A connection that is signed in and ready, and talk over it one question at a time. Private to the client.
#include "platform/redis/codec.hpp"
#include "platform/redis/wire.hpp"

#include <chrono>
#include <memory>
#include <string>

namespace caddy::redis {

using TimePoint = std::chrono::steady_clock::time_point;

/// Bytes out, replies in. Throws what the wire throws, and Malformed.
class Dialogue {
public:
    Dialogue(std::unique_ptr<Wire> wire, const Config& config)
        : wire_(std::move(wire)), decoder_(static_cast<std::size_t>(config.reply_bytes_max)) {}

    Task<> send(std::string_view bytes) { return wire_->write(bytes); }
    Task<Reply> receive();
    Task<Reply> ask(std::string bytes);
    void close() noexcept { wire_->close(); }

    // For who takes it over, once every reply is in.
    std::unique_ptr<Wire> take_wire() { return std::move(wire_); }
    Decoder take_decoder() { return std::move(decoder_); }

private:
    std::unique_ptr<Wire> wire_;
    Decoder decoder_;
};

/// How nodes are reached: the same for all of them, and there as long as one of their tasks is.
struct Setup {
    explicit Setup(Config given) : config(std::move(given)) {
        credentials = std::make_unique<Credentials>(Credentials{config.username, config.password});
        if (config.tls != Tls::disabled) tls = std::make_unique<TlsContext>(config);
    }
    Config config;
    /// Of the next connection: they may change while the others last.
    struct Credentials {
        std::string username;
        std::string password;
    };
    std::unique_ptr<Credentials> credentials;
    std::unique_ptr<TlsContext> tls;
};
using Dialing = std::shared_ptr<const Setup>;

/// Connects and signs in within the connect limit. Throws Gone with the reason, whatever it was, and operation_aborted
/// when the caller was cancelled.
Task<Dialogue> dial(Dialing, Endpoint);

/// What a fault of a connection says, for logs.
std::string told(const std::exception_ptr&);

}   // namespace caddy::redis
