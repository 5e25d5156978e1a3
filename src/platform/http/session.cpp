#include "platform/http/session.hpp"

#include "platform/http/chunked.hpp"
#include "platform/http/problem.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <array>

namespace caddy::http {

namespace {

constexpr auto as_values = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t head_chunk_bytes = 2 * 1024;   // more than most heads have
constexpr std::size_t body_chunk_bytes = 64 * 1024;
constexpr std::size_t kept_buffer_bytes = 16 * 1024;   // what an idle connection may hold on to
constexpr auto linger_limit = std::chrono::milliseconds(1000);
constexpr std::size_t linger_bytes_max = 4 * 1024 * 1024;
constexpr std::string_view head_end = "\r\n\r\n";

}  // namespace

Session::Session(Edge& edge, asio::ip::tcp::socket socket)
    : edge_(edge), socket_(std::move(socket)), place_(edge_.sessions.insert(edge_.sessions.end(), this)) {
    boost::system::error_code error;
    peer_ = socket_.remote_endpoint(error).address();
    socket_.set_option(asio::ip::tcp::no_delay(true), error);
    socket_.non_blocking(true, error);
}

Session::~Session() { edge_.sessions.erase(place_); }

Task<> Session::run() {
    // A stop cuts waits short one by one; what a cancelled handler has to say is still written.
    co_await asio::this_coro::throw_if_cancelled(false);
    for (;;) {
        const auto beyond_ready = co_await serve_ready();
        if (beyond_ready == Onward::no) break;
        auto head = co_await read_head();
        if (!head) break;
        const auto onward = co_await exchange(std::move(*head));
        if (onward == Onward::no) break;
    }
    boost::system::error_code ignored;
    socket_.close(ignored);
}

void Session::arm(std::chrono::steady_clock::time_point limit) {
    timed_out_ = false;
    limit_ = limit;
}

void Session::disarm() { limit_ = std::chrono::steady_clock::time_point::max(); }

void Session::check_limit(std::chrono::steady_clock::time_point now) {
    if (now < limit_) return;
    timed_out_ = true;
    disarm();
    boost::system::error_code ignored;
    socket_.cancel(ignored);
}

void Session::note_stop(std::chrono::steady_clock::time_point grace_end) {
    if (idle_) limit_ = std::min(limit_, grace_end);
}

void Session::abort() {
    aborted_ = true;
    boost::system::error_code ignored;
    socket_.cancel(ignored);
}

std::chrono::milliseconds Session::time_for(std::uint64_t bytes, int base_ms) const {
    const auto rate = static_cast<std::uint64_t>(edge_.config.bytes_per_s_min);
    return std::chrono::milliseconds(base_ms) + std::chrono::milliseconds(bytes / rate * 1000);
}

Task<Session::Wait> Session::read_more(std::size_t chunk_bytes) {
    const auto old_size = in_.size();
    in_.resize(old_size + chunk_bytes);
    const auto [error, count] =
        co_await socket_.async_read_some(asio::buffer(in_.data() + old_size, chunk_bytes), as_values);
    in_.resize(old_size + count);
    if (count > 0) co_return Wait::data;
    co_return timed_out_ ? Wait::timed_out : Wait::closed;
}

// Whoever has nothing on the way may be told to go at any time, and holds on to little meanwhile.
void Session::begin_idling() {
    if (in_.capacity() > kept_buffer_bytes) in_.shrink_to_fit();
    idle_ = true;
    arm(std::chrono::milliseconds(edge_.stopping ? edge_.config.stop_grace_ms : edge_.config.idle_limit_ms));
}

void Session::end_idling() {
    idle_ = false;
    disarm();
}

/// Answers what is ready for as long as nothing else comes; then there is the beginning of something else, or the end
/// of the connection. In one coroutine, without a frame for each step: it is what most requests pass through.
Task<Session::Onward> Session::serve_ready() {
    for (;;) {
        if (in_.empty()) {
            begin_idling();
            in_.resize(head_chunk_bytes);
            const auto [error, count] = co_await socket_.async_read_some(asio::buffer(in_), as_values);
            in_.resize(count);
            end_idling();
            if (count == 0) co_return Onward::no;
        }
        const auto taken = lane_.answer(in_);
        if (taken == 0) co_return Onward::yes;
        in_.erase(0, taken);
        boost::system::error_code error;
        const auto sent = socket_.write_some(lane_.buffers(), error);   // which the kernel nearly always has room for
        bool is_sent = !error && sent == lane_.bytes();
        if (!is_sent && (!error || error == asio::error::would_block)) is_sent = co_await send_rest(sent);
        lane_.note_sent();
        if (!is_sent || aborted_) co_return Onward::no;
    }
}

Task<bool> Session::send_rest(std::size_t sent) {
    auto buffers = lane_.buffers();   // a copy, since it is cut
    for (auto& buffer : buffers) {
        const auto part = std::min(sent, buffer.size());
        buffer += part;
        sent -= part;
    }
    arm(time_for(lane_.bytes(), edge_.config.write_limit_ms));
    const auto [error, count] = co_await asio::async_write(socket_, buffers, as_values);
    disarm();
    co_return !error;
}

/// Looks at a head that is still arriving, so that what can never become a request is not waited for.
std::optional<HeadFault> Session::judge_beginning() const {
    const auto line_end = in_.find("\r\n");
    const auto first_line = std::string_view(in_).substr(0, line_end);
    constexpr std::size_t method_and_version_bytes = 48;
    if (first_line.size() > static_cast<std::size_t>(edge_.config.target_bytes_max) + method_and_version_bytes) {
        return HeadFault{ProtocolFault::target_too_long, "The address is too long."};
    }
    if (!in_.empty() && !is_token_char(in_.front()) && in_.front() != '\r')
        return HeadFault{ProtocolFault::malformed, "This is no HTTP request."};
    const auto end = in_.find(head_end);
    const auto head_bytes = end == std::string::npos ? in_.size() : end + head_end.size();
    if (head_bytes > static_cast<std::size_t>(edge_.config.header_bytes_max)) {
        return HeadFault{ProtocolFault::headers_too_large, "The headers are too long."};
    }
    for (auto at = in_.find('\n'); at < head_bytes; at = in_.find('\n', at + 1)) {
        if (at == 0 || in_[at - 1] != '\r') return HeadFault{ProtocolFault::malformed, "A line ends with a bare LF."};
    }
    return std::nullopt;
}

/// REQUIRES: its first byte is there.
Task<std::optional<Head>> Session::read_head() {
    arm(std::chrono::milliseconds(edge_.config.header_read_limit_ms));
    int empty_lines = 0;
    for (;;) {
        // Some clients send an empty line behind a body (RFC 9112, section 2.2).
        for (; in_.starts_with("\r\n") && empty_lines < 2; ++empty_lines) in_.erase(0, 2);
        if (auto fault = judge_beginning()) {
            co_await refuse_head(std::move(*fault));
            co_return std::nullopt;
        }
        if (in_.find(head_end) != std::string::npos) break;
        const auto wait = co_await read_more(head_chunk_bytes);
        if (wait == Wait::timed_out && !in_.empty()) co_await refuse_head(std::nullopt);
        if (wait != Wait::data) co_return std::nullopt;
    }
    disarm();
    const auto size = in_.find(head_end) + head_end.size();
    auto head =
        parse_head(std::string_view(in_).substr(0, size), {static_cast<std::size_t>(edge_.config.target_bytes_max),
                                                           static_cast<std::size_t>(edge_.config.header_count_max)});
    in_.erase(0, size);
    if (head.has_value()) co_return *std::move(head);
    co_await refuse_head(std::move(head).error());
    co_return std::nullopt;
}

/// Answers a head that cannot be read, or (without a fault) one that did not arrive in time. Nobody knows where the
/// next request would begin: the connection ends.
Task<> Session::refuse_head(std::optional<HeadFault> fault) {
    Exchange exchange(edge_, Head{}, peer_);
    auto answer = exchange.finish(fault ? exchange.refuse(*fault) : exchange.timed_out(), true);
    const bool written = co_await write(answer);
    exchange.note(answer, 0);
    if (written) co_await linger();
}

Task<Session::Onward> Session::exchange(Head head) {
    Exchange exchange(edge_, std::move(head), peer_);
    body_bytes_in_ = 0;
    bool closes = !exchange.head().keep_alive;
    auto response = co_await answer(exchange, closes);
    if (!response) co_return Onward::no;
    closes = closes || edge_.draining || edge_.stopping;
    auto wire = exchange.finish(std::move(*response), closes);
    bool written = co_await write(wire);
    if (written && wire.rest) written = co_await write_rest(exchange, wire);
    exchange.note(wire, body_bytes_in_);
    if (!written || aborted_) co_return Onward::no;
    if (!wire.closes) co_return Onward::yes;
    co_await linger();
    co_return Onward::no;
}

/// The answer; nothing when the connection is gone. `closes` is set where the rest of the body stays unread.
Task<std::optional<Response>> Session::answer(Exchange& exchange, bool& closes) {
    auto refused = co_await exchange.gate();
    const auto& head = exchange.head();
    if (refused && (!head.has_body() || head.expects_continue)) {
        closes = closes || head.has_body();
        co_return refused;
    }
    // A refused body is read too, within the server's own limit, so that the connection can go on.
    const auto limit = refused ? std::min(exchange.body_limit(), static_cast<std::size_t>(edge_.config.body_bytes_max))
                               : exchange.body_limit();
    auto body = Body::complete;
    if (!refused && exchange.spools())
        body = co_await spool(exchange, limit);
    else
        body = co_await read_body(exchange, limit);
    if (body == Body::closed) co_return std::nullopt;
    closes = closes || body != Body::complete;
    if (refused) co_return refused;
    switch (body) {
        case Body::too_large: co_return exchange.too_large();
        case Body::malformed:
            co_return exchange.refuse(HeadFault{ProtocolFault::malformed, "The chunks of the body cannot be read."});
        case Body::timed_out: co_return exchange.timed_out();
        case Body::no_room: co_return exchange.no_room();
        case Body::complete:
        case Body::closed: break;
    }
    auto response = co_await exchange.handle();
    co_return response;
}

Task<bool> Session::ask_for_body() {
    arm(std::chrono::milliseconds(edge_.config.write_limit_ms));
    constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
    const auto [error, count] = co_await asio::async_write(socket_, asio::buffer(go_on), as_values);
    co_return !error;
}

Task<Session::Body> Session::read_body(Exchange& exchange, std::size_t limit) {
    const auto& head = exchange.head();
    if (!head.has_body()) co_return Body::complete;
    if (head.content_length > limit) co_return Body::too_large;
    if (head.expects_continue && in_.empty()) {
        const bool asked = co_await ask_for_body();
        if (!asked) co_return Body::closed;
    }
    auto outcome = Body::complete;
    if (head.chunked)
        outcome = co_await read_chunked(exchange.body(), limit);
    else
        outcome = co_await read_counted(exchange.body(), head.content_length);
    disarm();
    body_bytes_in_ = exchange.body().size();
    co_return outcome;
}

Task<Session::Body> Session::read_counted(std::string& body, std::uint64_t length) {
    const auto begun = std::chrono::steady_clock::now();
    while (in_.size() < length) {
        arm(begun + time_for(in_.size(), edge_.config.body_read_limit_ms));
        const auto missing = static_cast<std::size_t>(length) - in_.size();
        const auto wait = co_await read_more(std::min(missing, body_chunk_bytes));
        if (wait == Wait::timed_out) co_return Body::timed_out;
        if (wait == Wait::closed) co_return Body::closed;
    }
    if (in_.size() == length) {
        body = std::exchange(in_, {});
    } else {
        body = in_.substr(0, static_cast<std::size_t>(length));
        in_.erase(0, static_cast<std::size_t>(length));
    }
    co_return Body::complete;
}

Task<Session::Body> Session::read_chunked(std::string& body, std::size_t limit) {
    const auto begun = std::chrono::steady_clock::now();
    ChunkedBody chunks(limit);
    std::uint64_t received = 0;
    for (;;) {
        received += in_.size();
        const auto state = chunks.feed(in_);
        received -= in_.size();
        if (state == ChunkedBody::State::too_large) co_return Body::too_large;
        if (state == ChunkedBody::State::malformed) co_return Body::malformed;
        if (state == ChunkedBody::State::done) break;
        arm(begun + time_for(received, edge_.config.body_read_limit_ms));
        const auto wait = co_await read_more(head_chunk_bytes);
        if (wait == Wait::timed_out) co_return Body::timed_out;
        if (wait == Wait::closed) co_return Body::closed;
    }
    body = chunks.take();
    co_return Body::complete;
}

Task<bool> Session::write(const WireAnswer& answer) {
    const auto body = answer.rest ? std::string_view() : answer.body();
    arm(time_for(body.size(), edge_.config.write_limit_ms));
    const std::array<asio::const_buffer, 2> parts = {asio::buffer(answer.head), asio::buffer(body)};
    const auto [error, count] = co_await asio::async_write(socket_, parts, as_values);
    disarm();
    co_return !error;
}

// Closing with bytes unread makes the kernel send a reset, which may overtake the answer: so the other side is heard
// out first.
Task<> Session::linger() {
    boost::system::error_code error;
    socket_.shutdown(asio::ip::tcp::socket::shutdown_send, error);
    if (error) co_return;
    arm(linger_limit);
    for (std::size_t heard = 0; heard < linger_bytes_max && !aborted_;) {
        in_.clear();
        const auto wait = co_await read_more(head_chunk_bytes);
        if (wait != Wait::data) co_return;
        heard += in_.size();
    }
}

}  // namespace caddy::http
