#pragma once
// The picture in a request: the whole body, or the one file of a form. Private to media.
#include "core/result.hpp"

#include <string_view>

namespace caddy::media {

/// The bytes of the picture in a body, by the request's content type: `image/…` or `application/octet-stream` for a
/// body that is the picture, `multipart/form-data` (RFC 7578) for a form with one file. What kind of picture it is said
/// to be does not matter.
///
/// Refuses: media.unsupported_body (415), media.malformed_form (400)
Result<std::string_view> picture_in(std::string_view content_type, std::string_view body);

}   // namespace caddy::media
