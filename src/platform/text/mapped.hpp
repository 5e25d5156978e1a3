#pragma once
// One pass of utf8proc over a text. Private to the folder.
#include <string>
#include <string_view>

namespace caddy::text {

/// The text with utf8proc's options applied; empty when it is not UTF-8. Throws std::bad_alloc.
std::string mapped(std::string_view text, unsigned options);

}   // namespace caddy::text
