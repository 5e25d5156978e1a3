#include "platform/http/chunked.hpp"

#include "core/assert.hpp"
#include "platform/http/chars.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include <functional>
#include <utility>

namespace caddy::http {

namespace {

namespace beast = boost::beast::http;

constexpr std::uint32_t framing_bytes_max = 8 * 1024;   // of one chunk's line, and of all trailers

// `0`, and two line ends: no message ends with less, and the parser wants no less of its end at once.
constexpr std::size_t end_bytes = 5;

bool has_bare_line_feed(std::string_view text) {
    for (auto at = text.find('\n'); at != std::string_view::npos; at = text.find('\n', at + 1)) {
        if (at == 0 || text[at - 1] != '\r') return true;
    }
    return false;
}

}  // namespace

struct ChunkedBody::Impl {
    beast::request_parser<beast::string_body> parser;
    /// The parser lets anything stand between quotes: a line feed there is the end of the line for others, who would
    /// read another message than this one (RFC 9112, section 7.1.1; RFC 9110, section 5.6.4).
    std::function<void(std::uint64_t, boost::beast::string_view, boost::system::error_code&)> judge_extensions =
        [](std::uint64_t, boost::beast::string_view extensions, boost::system::error_code& error) {
            if (!is_value(extensions)) error = beast::error::bad_chunk_extension;
        };
};

ChunkedBody::ChunkedBody(std::size_t bytes_max) : impl_(std::make_unique<Impl>()) {
    auto& parser = impl_->parser;
    parser.eager(true);
    parser.on_chunk_header(impl_->judge_extensions);
    parser.body_limit(bytes_max);
    parser.header_limit(framing_bytes_max);
    // The parser wants a head; the real one has been read, and judged more strictly.
    const std::string head = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
    boost::system::error_code error;
    parser.put(boost::asio::buffer(head), error);
    CADDY_ASSERT(parser.is_header_done());
}

ChunkedBody::~ChunkedBody() = default;

ChunkedBody::State ChunkedBody::feed(std::string& in) {
    auto& parser = impl_->parser;
    std::size_t used = 0;
    auto state = State::more;
    bool is_framing = false;   // what is left: the parser would have taken anything of a body
    while (state == State::more && in.size() - used >= end_bytes) {
        boost::system::error_code error;
        const auto taken = parser.put(boost::asio::buffer(in.data() + used, in.size() - used), error);
        used += taken;
        if (parser.is_done()) state = State::done;
        else if (error == beast::error::body_limit) state = State::too_large;
        else if (error && error != beast::error::need_more) state = State::malformed;
        else if (taken == 0) {
            is_framing = true;
            break;
        }
    }
    in.erase(0, used);
    // Framing that is not complete; some of it can never be.
    if (is_framing && (in.size() > framing_bytes_max || has_bare_line_feed(in))) state = State::malformed;
    return state;
}

std::string ChunkedBody::take() { return std::exchange(impl_->parser.get().body(), {}); }

}  // namespace caddy::http
