#pragma once
// Whether an SVG is a picture and nothing else. Private to media; pure.
#include "core/result.hpp"

#include <optional>
#include <string_view>

namespace caddy::media {

struct SvgSize {
    std::optional<int> width;
    std::optional<int> height;
};

/// The size that the drawing asks for.
///
/// What is not known to be harmless is refused, rather than what is known to harm: elements of a list, no attributes
/// that react to events, nothing that refers beyond the drawing, no document type, entities or processing
/// instructions, well-formed in UTF-8. So the file can be served as it is.
///
/// Refuses: media.svg_not_passive (422), which says what and near which line
Result<SvgSize> examine_svg(std::string_view content);

}   // namespace caddy::media
