#pragma once
// Which characters the parts of a head may have (RFC 9110, section 5.6.2; RFC 9112), as tables: a look costs one load.
// And how names are compared.
#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

namespace caddy::http {

using CharSet = std::array<bool, 256>;

constexpr CharSet letters_digits_and(std::string_view marks) {
    CharSet set{};
    for (unsigned char c = '0'; c <= '9'; ++c) set[c] = true;
    for (unsigned char c = 'a'; c <= 'z'; ++c) set[c] = true;
    for (unsigned char c = 'A'; c <= 'Z'; ++c) set[c] = true;
    for (const char c : marks) set[static_cast<unsigned char>(c)] = true;
    return set;
}

constexpr CharSet all_but_controls() {
    CharSet set{};
    for (std::size_t c = 0x20; c < set.size(); ++c) set[c] = c != 0x7F;
    set['\t'] = true;
    return set;
}

inline constexpr CharSet token_chars = letters_digits_and("!#$%&'*+-.^_`|~");
inline constexpr CharSet host_chars = letters_digits_and("-._~!$&'()*+,;=:[]%");
inline constexpr CharSet value_chars = all_but_controls();

constexpr bool is_in(const CharSet& set, char c) { return set[static_cast<unsigned char>(c)]; }

/// Whether a text may stand in a value: no control character but the tab (RFC 9110, section 5.5).
constexpr bool is_value(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return is_in(value_chars, c); });
}

/// ASCII alone.
constexpr char lower_case(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

/// Names of headers and their options are the same in whatever case they come.
constexpr bool is_named(std::string_view name, std::string_view lower_name) {
    return std::equal(name.begin(), name.end(), lower_name.begin(), lower_name.end(),
                      [](char a, char b) { return lower_case(a) == b; });
}

}   // namespace caddy::http
