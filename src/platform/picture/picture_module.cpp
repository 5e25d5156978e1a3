// The side of libvips: a library of its own, which picture.cpp loads.
#include "platform/picture/picture_module.hpp"

#include <vips/vips8>

#include <algorithm>
#include <memory>
#include <optional>
#include <stdexcept>

namespace caddy::picture {
namespace {

using vips::VImage;

constexpr int side_max = 16'383;   // WebP's
constexpr int height_free = VIPS_MAX_COORD;

/// Set up once, before the first picture: only the loaders of the kinds above, and none that libvips itself does
/// not trust with files from strangers.
bool set_up() {
    if (VIPS_INIT("caddy-shopping") != 0) throw std::runtime_error("libvips cannot be set up");
    vips_block_untrusted_set(1);
    vips_operation_block_set("VipsForeignLoad", 1);
    for (const auto* loader : {"VipsForeignLoadJpeg", "VipsForeignLoadPng", "VipsForeignLoadWebp",
                               "VipsForeignLoadNsgif", "VipsForeignLoadHeif"}) {
        vips_operation_block_set(loader, 0);
    }
    vips_cache_set_max(0);   // no picture is wanted twice
    vips_concurrency_set(2);
    // Remarks on files of strangers are not worth a line; what matters comes back as a fault.
    const auto silent = [](const gchar*, GLogLevelFlags, const gchar*, gpointer) {};
    g_log_set_handler("VIPS", static_cast<GLogLevelFlags>(G_LOG_LEVEL_WARNING | G_LOG_LEVEL_INFO), silent, nullptr);
    return true;
}

bool has_frames(Kind kind) { return kind == Kind::gif || kind == Kind::webp; }

VImage load(std::string_view content, Kind kind, VipsAccess access) {
    auto* options = VImage::option()->set("access", access)->set("fail_on", VIPS_FAIL_ON_ERROR);
    if (has_frames(kind)) options->set("n", -1);
    return VImage::new_from_buffer(content.data(), content.size(), "", options);
}

int number(const VImage& image, const char* name, int otherwise) {
    return image.get_typeof(name) == 0 ? otherwise : image.get_int(name);
}

bool has_profile(const VImage& image) { return image.get_typeof(VIPS_META_ICC_NAME) != 0; }

/// Colours mean the same to every browser once they are sRGB; 16 bits stay 16 bits.
VImage in_srgb(const VImage& image) {
    const bool deep = image.format() == VIPS_FORMAT_USHORT;
    if (has_profile(image)) {
        try {
            return image.icc_transform("srgb", VImage::option()->set("embedded", true)->set("depth", deep ? 16 : 8));
        } catch (const vips::VError&) {
            vips_error_clear();   // a profile that is broken counts as none
        }
    }
    const auto space = image.interpretation();
    const bool plain = space == VIPS_INTERPRETATION_sRGB || space == VIPS_INTERPRETATION_B_W ||
                       space == VIPS_INTERPRETATION_RGB16 || space == VIPS_INTERPRETATION_GREY16;
    return plain ? image : image.colourspace(VIPS_INTERPRETATION_sRGB);
}

/// What tells of cameras, places and people is taken out by hand: `strip` leaves it out of the file, too, but only
/// after the writer of WebP has gone over it, and in libvips 8.14 that reads memory that is gone.
VImage without_metadata(const VImage& image) {
    auto plain = image.copy();
    const std::unique_ptr<gchar*, void (*)(gchar**)> fields(vips_image_get_fields(image.get_image()), g_strfreev);
    for (auto* field = fields.get(); *field != nullptr; ++field) {
        const std::string_view name(*field);
        const bool tells = name.starts_with("exif-") || name.starts_with("png-comment") || name == "gif-comment" ||
                           name == VIPS_META_EXIF_NAME || name == VIPS_META_XMP_NAME || name == VIPS_META_IPTC_NAME ||
                           name == VIPS_META_PHOTOSHOP_NAME || name == VIPS_META_ORIENTATION ||
                           name == VIPS_META_ICC_NAME;
        if (tells) plain.remove(*field);
    }
    return plain;
}

std::string taken(VipsBlob* blob) {
    std::size_t length = 0;
    const auto* bytes = static_cast<const char*>(vips_blob_get(blob, &length));
    std::string content(bytes, length);
    vips_area_unref(VIPS_AREA(blob));
    return content;
}

/// Lossless stays lossless: the first chunk that holds pixels says which it is.
bool is_lossless_webp(std::string_view content) {
    const auto lossless = content.find("VP8L");
    return lossless != std::string_view::npos && lossless < content.find("VP8 ");
}

std::string written(const VImage& image, Kind kind, std::string_view given) {
    auto* options = VImage::option()->set("strip", true);
    switch (kind) {
        case Kind::jpeg:
            return taken(image.jpegsave_buffer(options->set("Q", 90)->set("optimize_coding", true)));
        case Kind::png: return taken(image.pngsave_buffer(options->set("compression", 7)));
        case Kind::gif: return taken(image.gifsave_buffer(options));
        case Kind::webp:
            return taken(image.webpsave_buffer(options->set("Q", 90)->set("lossless", is_lossless_webp(given))));
        default: break;
    }
    options->set("compression", VIPS_FOREIGN_HEIF_COMPRESSION_AV1)->set("Q", 75)->set("effort", 2);
    return taken(image.heifsave_buffer(options->set("bitdepth", 8)));
}

std::string written_form(const VImage& image) {
    auto* options = VImage::option()->set("strip", true)->set("Q", 80)->set("effort", 3);
    return taken(without_metadata(image).webpsave_buffer(options));
}

/// Frames are made smaller one by one from the file, a single picture from its largest form.
std::vector<Form> forms_of(std::string_view content, Kind kind, std::span<const int> widths, const Developed& made,
                           int pages) {
    std::vector<Form> forms;
    std::optional<VImage> largest;
    for (auto at = widths.rbegin(); at != widths.rend(); ++at) {
        const auto form_height = std::int64_t{made.height} * *at / made.width;
        if (*at >= made.width || form_height > side_max) continue;
        const auto option = [] {
            return VImage::option()->set("height", height_free)->set("size", VIPS_SIZE_DOWN)->set("export_profile",
                                                                                                  "srgb");
        };
        if (largest && pages == 1) {
            forms.push_back({*at, written_form(largest->thumbnail_image(*at, option()))});
            continue;
        }
        auto* blob = vips_blob_new(nullptr, content.data(), content.size());
        auto* options = option()->set("fail_on", VIPS_FAIL_ON_ERROR);
        if (has_frames(kind)) options->set("option_string", "[n=-1]");
        const auto image = VImage::thumbnail_buffer(blob, *at, options);
        vips_area_unref(VIPS_AREA(blob));
        if (pages == 1) largest = image.copy_memory();
        forms.push_back({*at, written_form(largest ? *largest : image)});
    }
    std::reverse(forms.begin(), forms.end());
    return forms;
}

Developed developed(std::string_view content, Kind kind, std::span<const int> widths, std::int64_t pixels_max) {
    auto image = load(content, kind, VIPS_ACCESS_SEQUENTIAL);
    const auto pages = number(image, VIPS_META_N_PAGES, 1);
    const bool animated = has_frames(kind) && pages > 1;
    Developed made;
    if (std::int64_t{image.width()} * image.height() > pixels_max) {
        made.verdict = Verdict::too_many_pixels;
        return made;
    }
    const auto orientation = number(image, VIPS_META_ORIENTATION, 1);
    if (orientation > 1 && !animated) image = load(content, kind, VIPS_ACCESS_RANDOM).autorot();
    made.width = image.width();
    made.height = animated ? vips_image_get_page_height(image.get_image()) : image.height();
    made.content = written(without_metadata(in_srgb(image)), kind, content);
    made.forms = forms_of(content, kind, widths, made, animated ? pages : 1);
    made.verdict = Verdict::developed;
    return made;
}

}   // namespace
}   // namespace caddy::picture

void caddy_picture_develop(const caddy::picture::Order& order, caddy::picture::Developed& made) {
    using namespace caddy::picture;
    [[maybe_unused]] static const bool ready = set_up();
    try {
        made = developed(order.content, order.kind, order.widths, order.pixels_max);
    } catch (const vips::VError&) {
        vips_error_clear();
        made = {};
    }
}
