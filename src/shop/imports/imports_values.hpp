#pragma once
// What single cells mean: yes or no, weights, quantities, lists. Pure; private to imports.
#include "shop/catalog/catalog.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace caddy::imports::values {

/// `true`, `FALSE`, `yes`, `0` …; nothing for other texts.
std::optional<bool> flag(std::string_view text);

/// `-3`, `12`, `4.0`; nothing for what is no whole number.
std::optional<std::int64_t> whole(std::string_view text);

/// A weight in grams, rounded when it has a fraction.
struct Grams {
    std::int64_t value = 0;
    bool rounded = false;
};
std::optional<Grams> grams(std::string_view text);

/// `deny`, `continue`, or yes and no to selling on; nothing for other texts.
std::optional<catalog::StockPolicy> policy(std::string_view text);

/// Parts between separators, without white space around them and without empty ones.
std::vector<std::string> split(std::string_view text, char separator);

/// One line: line breaks and tabs become blanks.
std::string one_line(std::string_view text);

/// Line breaks as LF alone.
std::string unix_lines(std::string_view text);

}  // namespace caddy::imports::values
