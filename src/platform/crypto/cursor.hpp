#pragma once
// Cursors of lists that are ordered by a time and an id: opaque, of use in the list that gave them. Any thread.
#include "core/clock.hpp"
#include "core/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace caddy::crypto {

/// Where a list goes on: after the row of this time and this id.
struct Place {
    Time at{};
    std::int64_t id = 0;
    friend bool operator==(const Place&, const Place&) = default;
};

/// Before the first row of a list that begins with the newest.
Place newest_place();

/// The name that a list's cursors are bound to: its own and its filters, in their order.
std::string list_name(std::string_view list, const std::vector<std::string>& filters);

std::string cursor_at(std::string_view list, const Place&);

/// Refuses: request.cursor_mismatch (400) when it was not made for this list
Result<Place> read_cursor(std::string_view list, std::string_view cursor);

/// What a list says to a cursor that is not its own.
Error cursor_mismatch();

}   // namespace caddy::crypto
