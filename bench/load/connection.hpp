#pragma once
// One connection of a load generator: requests out, answers with a Content-Length in.
#include <cstdint>
#include <string>
#include <string_view>

namespace caddy::bench {

class Connection {
public:
    Connection() = default;
    Connection(const Connection&) = delete;
    ~Connection() { close(); }

    /// To a port of this machine. Throws where nobody listens.
    void open(std::uint16_t port);
    void send(std::string_view bytes);

    enum class State { more, complete, lost };
    /// Reads what has come.
    State receive();

    int status() const { return status_; }
    /// Of the last complete answer, until the next `receive`.
    std::string_view body() const { return std::string_view(in_).substr(body_at_, length_); }
    /// The same with its head before it.
    std::string_view message() const { return std::string_view(in_).substr(0, body_at_ + length_); }
    /// It was lost, or the server closes it.
    bool is_over() const { return over_; }
    int socket() const { return socket_; }

private:
    void close();
    bool parse_head();

    int socket_ = -1;
    std::string in_;
    std::size_t body_at_ = 0;
    std::size_t length_ = 0;
    int status_ = 0;
    bool consumed_ = false;
    bool over_ = false;
};

}   // namespace caddy::bench
