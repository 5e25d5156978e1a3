// Uploaded pictures before they are decoded: forms and drawings.
#include "holds.hpp"
#include "shop/media/media_form.hpp"
#include "shop/media/media_svg.hpp"

using namespace caddy::media;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto text = text_of(data, size);
    const auto cut = text.find('\n');
    if (cut != std::string_view::npos) {
        const auto body = text.substr(cut + 1);
        const auto picture = picture_in(text.substr(0, cut), body);
        if (picture && !picture->empty()) {
            holds(picture->data() >= body.data() && picture->data() + picture->size() <= body.data() + body.size(),
                  "the picture is a part of the body");
        }
        (void)picture_in("multipart/form-data; boundary=cut", body);
    }
    if (const auto drawing = examine_svg(text)) {
        holds(text.find("<script") == std::string_view::npos, "no script in a drawing");
        holds(text.find("<!DOCTYPE") == std::string_view::npos, "no document type in a drawing");
    }
    return 0;
}
