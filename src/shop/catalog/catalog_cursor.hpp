#pragma once
// Where a list goes on: an opaque text that knows which list it belongs to. Pure; private to the catalogue.
#include "core/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace caddy::catalog {

/// The last entry of a page: its sort key and, since keys tie, its id.
struct Cursor {
    std::string key;
    std::int64_t id = 0;
};

/// `list` tells lists apart: the sort and every filter, in one text.
std::string write_cursor(const Cursor&, std::string_view list);

/// Refuses: request.cursor_malformed (400), request.cursor_mismatch (400) when it is of another list
Result<Cursor> read_cursor(std::string_view text, std::string_view list);

}  // namespace caddy::catalog
