#pragma once
// From what was handed in to what is kept: decoded, upright, in sRGB, without metadata, in several sizes. Private to
// media; blocking, so off the event loop.
#include "platform/picture/picture.hpp"
#include "shop/media/media_names.hpp"

namespace caddy::media {

struct Developed {
    PictureType type{};
    std::optional<int> width;
    std::optional<int> height;
    std::string content;
    std::vector<picture::Form> forms;   // narrowest first
};

/// A raster picture is written anew from its pixels, so that nothing travels along with it: no metadata, nothing behind
/// its end, nothing that another program would read as something else. An SVG is examined and kept as it is.
///
/// Refuses: media.empty, media.not_a_picture, media.svg_not_passive, media.damaged, media.too_many_pixels
Result<Developed> develop(std::string_view content, std::int64_t pixels_max);

}   // namespace caddy::media
