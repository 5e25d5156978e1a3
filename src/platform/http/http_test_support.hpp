#pragma once
// A server on a loopback port with its loop in a thread, and a client that sends bytes as they are.
#include "platform/http/server.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <thread>

namespace caddy::http::testing {

struct Answer {
    int status = 0;                               // 0: nothing came
    std::map<std::string, std::string> headers;   // names in lower case
    std::string body;
    std::string header(const std::string& name) const {
        const auto found = headers.find(name);
        return found == headers.end() ? "" : found->second;
    }
};

enum class Payload { expected, none };

/// How long a test waits for what has to come: a net only, wide enough for a machine that has much else to do.
inline constexpr std::chrono::milliseconds patience_most{60'000};

class Client {
public:
    explicit Client(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        connected_ = ::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
    }
    Client(const Client&) = delete;
    ~Client() { ::close(socket_); }

    bool connected() const { return connected_; }
    Client& send(std::string_view bytes) {
        while (!bytes.empty()) {
            const auto sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (sent <= 0) break;
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        }
        return *this;
    }
    void finish_sending() { ::shutdown(socket_, SHUT_WR); }

    /// The next answer, interim ones left out.
    Answer receive(Payload expected = Payload::expected,
                   std::chrono::milliseconds patience = patience_most) {
        for (;;) {
            while (in_.find("\r\n\r\n") == std::string::npos) {
                if (!read_more(patience)) return {};
            }
            auto answer = parse_head();
            if (answer.status == 100) continue;
            const auto length = static_cast<std::size_t>(std::atoll(answer.header("content-length").c_str()));
            while (expected == Payload::expected && in_.size() < length) {
                if (!read_more(patience)) break;
            }
            if (expected == Payload::expected) {
                answer.body = in_.substr(0, length);
                in_.erase(0, length);
            }
            return answer;
        }
    }
    /// True when the server has closed, or closes within the time.
    bool is_closed(std::chrono::milliseconds patience = patience_most) {
        if (!in_.empty()) return false;
        return !read_more(patience) && ended_;
    }
    const std::string& unread() const { return in_; }
    /// So many bytes; nothing when the connection ends before.
    std::optional<std::string> take(std::size_t bytes) {
        while (in_.size() < bytes) {
            if (!read_more(patience_most)) return std::nullopt;
        }
        auto taken = in_.substr(0, bytes);
        in_.erase(0, bytes);
        return taken;
    }
    /// What stands before a mark, which is taken, too.
    std::optional<std::string> take_until(std::string_view mark) {
        while (in_.find(mark) == std::string::npos) {
            if (!read_more(patience_most)) return std::nullopt;
        }
        auto taken = take(in_.find(mark) + mark.size());
        taken->resize(taken->size() - mark.size());
        return taken;
    }
    bool was_reset() const { return reset_; }

private:
    bool read_more(std::chrono::milliseconds patience) {
        pollfd watched{socket_, POLLIN, 0};
        if (::poll(&watched, 1, static_cast<int>(patience.count())) <= 0) return false;
        char buffer[16384];
        const auto count = ::recv(socket_, buffer, sizeof(buffer), 0);
        if (count <= 0) {
            ended_ = true;
            reset_ = count < 0 && errno == ECONNRESET;
            return false;
        }
        in_.append(buffer, static_cast<std::size_t>(count));
        return true;
    }
    Answer parse_head() {
        const auto end = in_.find("\r\n\r\n");
        auto head = in_.substr(0, end + 2);
        in_.erase(0, end + 4);
        Answer answer;
        answer.status = std::atoi(head.substr(9, 3).c_str());
        for (auto at = head.find("\r\n") + 2; at < head.size();) {
            const auto line_end = head.find("\r\n", at);
            const auto colon = head.find(": ", at);
            auto name = head.substr(at, colon - at);
            std::transform(name.begin(), name.end(), name.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
            answer.headers[name] = head.substr(colon + 2, line_end - colon - 2);
            at = line_end + 2;
        }
        return answer;
    }

    int socket_;
    bool connected_ = false;
    bool ended_ = false;
    bool reset_ = false;
    std::string in_;
};

class RunningServer {
public:
    RunningServer(const ServerConfig& config, Services services)
        : server_(loop_.get_executor(), config, std::move(services)), port_(server_.listen("127.0.0.1", 0)) {
        server_.start();
        thread_ = std::thread([this] { loop_.run(); });
    }
    ~RunningServer() {
        if (thread_.joinable()) stop(std::chrono::milliseconds(3000));
    }
    std::uint16_t port() const { return port_; }
    void drain() {
        asio::post(loop_, [this] { server_.drain(); });
    }
    void stop(std::chrono::milliseconds limit, Backlog backlog = Backlog::serve) {
        asio::co_spawn(loop_, server_.stop(limit, backlog), asio::use_future).get();
        thread_.join();
    }

private:
    asio::io_context loop_{1};
    Server server_;
    std::uint16_t port_;
    std::thread thread_;
};

/// False where it does not come to hold.
template <class Predicate>
bool comes_to_hold(Predicate holds) {
    const auto limit = std::chrono::steady_clock::now() + patience_most;
    while (!holds() && std::chrono::steady_clock::now() < limit) (void)::poll(nullptr, 0, 5);
    return holds();
}

/// Waits on the loop.
inline Task<> pause(std::chrono::milliseconds time) {
    asio::steady_timer timer(co_await asio::this_coro::executor, time);
    co_await timer.async_wait(asio::use_awaitable);
}

}  // namespace caddy::http::testing
