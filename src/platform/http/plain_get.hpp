#pragma once
// A GET whose head says nothing that only the whole reader (head.hpp) understands: read in one pass, without a copy.
// Whatever this reader takes, the whole one takes, too, and understands in the same way. Pure; any thread.
#include <cstddef>
#include <optional>
#include <string_view>

namespace caddy::http {

/// Views of the bytes that were read; empty where the head has no such line.
struct PlainGet {
    std::size_t head_bytes = 0;
    std::string_view target;
    std::string_view accept_encoding;
    std::string_view if_none_match;
    std::string_view request_id;
    std::string_view forwarded_for;
};

/// The request at the beginning of `bytes`. Nothing where its head is not there as a whole, where it is refused, or
/// where it has a line that means something else to the server: that is for the whole reader to find out.
std::optional<PlainGet> read_plain_get(std::string_view bytes, std::size_t header_count_max);

}   // namespace caddy::http
