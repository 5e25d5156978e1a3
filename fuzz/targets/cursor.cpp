// Cursors: another list's, or anybody's guess, is refused; a list's own says where it stood.
#include "holds.hpp"
#include "platform/crypto/cursor.hpp"

#include <cstring>

using namespace caddy;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto text = text_of(data, size);
    (void)crypto::read_cursor("orders", text);
    if (size < 16) return 0;
    std::int64_t at = 0;
    crypto::Place place;
    std::memcpy(&at, data, sizeof at);
    std::memcpy(&place.id, data + sizeof at, sizeof place.id);
    place.at = Time(std::chrono::microseconds(at));
    const auto list = crypto::list_name("orders", {std::string(text.substr(16))});
    const auto cursor = crypto::cursor_at(list, place);
    const auto back = crypto::read_cursor(list, cursor);
    holds(back.has_value() && *back == place, "a cursor says where it stood");
    holds(!crypto::read_cursor(list + "x", cursor).has_value(), "a cursor is of use in its own list only");
    return 0;
}
