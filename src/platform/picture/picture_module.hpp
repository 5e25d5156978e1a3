#pragma once
// What the program and the library that is loaded for pictures know of each other. Both come from one build.
#include "platform/picture/picture.hpp"

namespace caddy::picture {

struct Order {
    std::string_view content;
    Kind kind{};
    std::span<const int> widths;
    std::int64_t pixels_max = 0;
};

constexpr auto entry_name = "caddy_picture_develop";
using Entry = void(const Order&, Developed&);

}   // namespace caddy::picture

extern "C" [[gnu::visibility("default")]] caddy::picture::Entry caddy_picture_develop;
