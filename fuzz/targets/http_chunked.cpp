// A chunked body means the same however it is cut into pieces, and never more than its limit.
#include "holds.hpp"
#include "platform/http/chunked.hpp"

#include <algorithm>
#include <string>

using caddy::http::ChunkedBody;

namespace {

constexpr std::size_t bytes_max = 4096;

struct Outcome {
    ChunkedBody::State state = ChunkedBody::State::more;
    std::string body;
};

Outcome read(std::string_view text, std::size_t piece) {
    ChunkedBody body(bytes_max);
    Outcome outcome;
    std::string in;
    for (std::size_t at = 0; at < text.size() && outcome.state == ChunkedBody::State::more; at += piece) {
        in += text.substr(at, piece);
        outcome.state = body.feed(in);
        outcome.body += body.take();
    }
    return outcome;
}

}   // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 1) return 0;
    const auto text = text_of(data + 1, size - 1);
    const auto whole = read(text, std::max<std::size_t>(1, text.size()));
    const auto cut = read(text, 1 + data[0] % 32);
    holds(whole.body.size() <= bytes_max && cut.body.size() <= bytes_max, "the limit of a body holds");
    if (whole.state == ChunkedBody::State::done || cut.state == ChunkedBody::State::done) {
        holds(whole.state == cut.state, "pieces do not change what is said");
        holds(whole.body == cut.body, "pieces do not change the body");
    }
    return 0;
}
