// Bodies that are larger than a connection may hold in memory: requests that go to a file, answers that come in pieces.
#include "platform/http/chunked.hpp"
#include "platform/http/compress.hpp"
#include "platform/http/session.hpp"
#include "platform/telemetry/log.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <array>
#include <system_error>

namespace caddy::http {

namespace {

constexpr auto as_values = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t read_bytes = 64 * 1024;
constexpr std::size_t spool_bytes = 256 * 1024;   // handed to the disk at one time

std::string in_hex(std::size_t number) {
    std::string text;
    for (; number > 0; number /= 16) text.insert(text.begin(), "0123456789abcdef"[number % 16]);
    return text;
}

}  // namespace

Task<Session::Body> Session::spool(Exchange& exchange, std::size_t limit) {
    const auto& head = exchange.head();
    if (head.content_length > limit) co_return Body::too_large;
    auto outcome = Body::complete;
    try {
        const auto upload = exchange.open_upload();
        if (head.has_body() && head.expects_continue && in_.empty()) {
            const bool asked = co_await ask_for_body();
            if (!asked) co_return Body::closed;
        }
        if (head.chunked)
            outcome = co_await spool_chunked(*upload, limit);
        else if (head.has_body())
            outcome = co_await spool_counted(*upload, head.content_length);
        upload->complete();
        body_bytes_in_ = static_cast<std::size_t>(upload->size());
    } catch (const std::system_error& fault) {
        log::error("http.no_room_for_upload", {{"what", fault.what()}});
        outcome = Body::no_room;
    }
    disarm();
    co_return outcome;
}

Task<Session::Body> Session::spool_counted(Upload& upload, std::uint64_t length) {
    const auto begun = std::chrono::steady_clock::now();
    for (std::uint64_t missing = length; missing > 0;) {
        arm(begun + time_for(length - missing + in_.size(), edge_.config.body_read_limit_ms));
        const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(missing, spool_bytes));
        if (in_.size() < wanted) {
            const auto wait = co_await read_more(std::min(wanted - in_.size(), read_bytes));
            if (wait == Wait::timed_out) co_return Body::timed_out;
            if (wait == Wait::closed) co_return Body::closed;
            continue;
        }
        disarm();
        auto piece = in_.substr(0, wanted);
        in_.erase(0, wanted);
        co_await upload.append(std::move(piece));
        missing -= wanted;
    }
    co_return Body::complete;
}

Task<Session::Body> Session::spool_chunked(Upload& upload, std::size_t limit) {
    const auto begun = std::chrono::steady_clock::now();
    ChunkedBody chunks(limit);
    std::uint64_t received = 0;
    std::string piece;
    for (;;) {
        received += in_.size();
        const auto state = chunks.feed(in_);
        received -= in_.size();
        if (state == ChunkedBody::State::too_large) co_return Body::too_large;
        if (state == ChunkedBody::State::malformed) co_return Body::malformed;
        piece.append(chunks.take());
        const bool done = state == ChunkedBody::State::done;
        if (piece.size() >= spool_bytes || (done && !piece.empty())) {
            disarm();
            co_await upload.append(std::move(piece));
            piece.clear();
        }
        if (done) co_return Body::complete;
        arm(begun + time_for(received, edge_.config.body_read_limit_ms));
        const auto wait = co_await read_more(read_bytes);
        if (wait == Wait::timed_out) co_return Body::timed_out;
        if (wait == Wait::closed) co_return Body::closed;
    }
}

/// What follows the head of an answer that comes in pieces; each is asked for when the one before it has left. False
/// when the connection is over: a part must never look like the whole, so it ends by a reset.
Task<bool> Session::write_rest(Exchange& exchange, WireAnswer& answer) {
    std::optional<Gzipper> gzip;
    if (answer.gzips) gzip.emplace();
    auto piece = Exchange::Piece{Exchange::Piece::State::more, std::move(answer.own_body)};
    answer.own_body.clear();
    for (;;) {
        const bool over = piece.state == Exchange::Piece::State::end;
        if (gzip) piece.bytes = gzip->add(piece.bytes, over ? Gzipper::Last::yes : Gzipper::Last::no);
        if (!piece.bytes.empty()) {
            const bool written = co_await write_piece(answer, piece.bytes);
            if (!written) break;
            answer.bytes_streamed += piece.bytes.size();
        }
        if (over) {
            constexpr std::string_view last_chunk = "0\r\n\r\n";
            if (answer.framing == WireAnswer::Framing::until_close) co_return true;
            arm(std::chrono::milliseconds(edge_.config.write_limit_ms));
            const auto [error, count] = co_await asio::async_write(socket_, asio::buffer(last_chunk), as_values);
            disarm();
            co_return !error;
        }
        piece = co_await exchange.next_piece(answer);
        if (piece.state == Exchange::Piece::State::broken || aborted_) break;
    }
    reset();
    co_return false;
}

Task<bool> Session::write_piece(const WireAnswer& answer, std::string_view piece) {
    const bool chunked = answer.framing == WireAnswer::Framing::chunked;
    const auto size_line = chunked ? in_hex(piece.size()) + "\r\n" : std::string();
    const std::string_view line_end = chunked ? "\r\n" : "";
    const std::array<asio::const_buffer, 3> parts = {asio::buffer(size_line), asio::buffer(piece),
                                                     asio::buffer(line_end)};
    arm(time_for(piece.size(), edge_.config.write_limit_ms));
    const auto [error, count] = co_await asio::async_write(socket_, parts, as_values);
    disarm();
    co_return !error;
}

void Session::reset() {
    boost::system::error_code ignored;
    socket_.set_option(asio::socket_base::linger(true, 0), ignored);
    socket_.close(ignored);
}

}  // namespace caddy::http
