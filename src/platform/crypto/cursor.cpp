#include "platform/crypto/cursor.hpp"

#include "platform/crypto/digest.hpp"

#include <charconv>
#include <limits>

namespace caddy::crypto {
namespace {

constexpr std::size_t check_digits = 12;

/// Reads all of a text as a number.
bool read_number(std::string_view text, std::int64_t& number) {
    const auto* end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, number);
    return read.ec == std::errc() && read.ptr == end;
}

}   // namespace

Place newest_place() {
    constexpr auto largest = std::numeric_limits<std::int64_t>::max();
    return {Time(std::chrono::microseconds(largest)), largest};
}

std::string list_name(std::string_view list, const std::vector<std::string>& filters) {
    std::string name(list);
    for (const auto& filter : filters) name.append(1, '\n').append(filter);
    return name;
}

std::string cursor_at(std::string_view list, const Place& place) {
    auto text = std::to_string(place.at.time_since_epoch().count());
    text.append(1, '.').append(std::to_string(place.id));
    const auto check = sha256_hex(std::string(list).append(1, '\n').append(text)).substr(0, check_digits);
    return text.append(1, '.').append(check);
}

Result<Place> read_cursor(std::string_view list, std::string_view cursor) {
    const auto first = cursor.find('.'), second = cursor.find('.', first + 1);
    if (first == std::string_view::npos || second == std::string_view::npos) return cursor_mismatch();
    std::int64_t at = 0, id = 0;
    const bool reads =
        read_number(cursor.substr(0, first), at) && read_number(cursor.substr(first + 1, second - first - 1), id);
    const Place place{Time(std::chrono::microseconds(at)), id};
    if (!reads || cursor_at(list, place) != cursor) return cursor_mismatch();
    return place;
}

Error cursor_mismatch() {
    return {ErrorKind::malformed, "request.cursor_mismatch",
            "This cursor was not made for this list. Start again without a cursor."};
}

}   // namespace caddy::crypto
