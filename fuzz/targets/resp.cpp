// What a Redis server says, in pieces of any size; a malformed reply ends the connection, nothing else.
#include "holds.hpp"
#include "platform/redis/codec.hpp"

using namespace caddy::redis;

namespace {

constexpr std::size_t reply_bytes_max = 64 * 1024;

void walk(const Reply& reply, int depth) {
    (void)reply.error_kind();
    for (const auto& each : reply.items) walk(each, depth + 1);
    holds(depth < 64, "replies are not deeper than the reader reads");
}

}   // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 1) return 0;
    const auto text = text_of(data + 1, size - 1);
    const std::size_t piece = 1 + data[0] % 64;
    try {
        Decoder decoder(reply_bytes_max);
        for (std::size_t at = 0; at < text.size(); at += piece) {
            decoder.feed(text.substr(at, piece));
            while (const auto reply = decoder.next()) walk(*reply, 0);
        }
    } catch (const Malformed&) {   // the documented end
    }
    return 0;
}
