#include "shop/media/media_develop.hpp"

#include "shop/media/media_svg.hpp"

namespace caddy::media {
namespace {

namespace refuse {
Error empty() {
    return {ErrorKind::malformed, "media.empty", "There is no picture in the request; send its bytes as the body."};
}
Error not_a_picture() {
    return {ErrorKind::unsupported_media, "media.not_a_picture",
            "The content is no JPEG, PNG, WebP, GIF, AVIF or SVG. The name of a file does not count."};
}
Error damaged() {
    return {ErrorKind::invalid, "media.damaged",
            "The picture cannot be decoded to its end. Save it anew with an image editor and send that."};
}
Error too_many_pixels(std::int64_t pixels_max) {
    return {ErrorKind::invalid, "media.too_many_pixels",
            "The picture has more than " + std::to_string(pixels_max / 1'000'000) +
                " million pixels, all frames together. Make it smaller."};
}
}   // namespace refuse

picture::Kind kind_of(PictureType type) {
    switch (type) {
        case PictureType::jpg: return picture::Kind::jpeg;
        case PictureType::webp: return picture::Kind::webp;
        case PictureType::gif: return picture::Kind::gif;
        case PictureType::avif: return picture::Kind::avif;
        case PictureType::png:
        case PictureType::svg: break;
    }
    return picture::Kind::png;
}

Result<Developed> develop_svg(std::string_view content) {
    CADDY_TRY(const auto size, examine_svg(content));
    return Developed{PictureType::svg, size.width, size.height, std::string(content), {}};
}

}   // namespace

Result<Developed> develop(std::string_view content, std::int64_t pixels_max) {
    if (content.empty()) return refuse::empty();
    const auto type = type_of(content);
    if (!type) return refuse::not_a_picture();
    if (*type == PictureType::svg) return develop_svg(content);
    auto made = picture::develop(content, kind_of(*type), form_widths, pixels_max);
    if (made.verdict == picture::Verdict::damaged) return refuse::damaged();
    if (made.verdict == picture::Verdict::too_many_pixels) return refuse::too_many_pixels(pixels_max);
    return Developed{*type, made.width, made.height, std::move(made.content), std::move(made.forms)};
}

}   // namespace caddy::media
