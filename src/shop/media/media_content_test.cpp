// What pictures are: told by their content, examined, decoded, without metadata.
#include "shop/media/media_develop.hpp"
#include "shop/media/media_form.hpp"
#include "shop/media/media_svg.hpp"

#include <gtest/gtest.h>

#include <vips/vips8>

namespace caddy::media {
namespace {

using vips::VImage;

constexpr std::int64_t pixels_max = 4'000'000;

std::string bytes_of(VipsBlob* blob) {
    std::size_t length = 0;
    const auto* bytes = static_cast<const char*>(vips_blob_get(blob, &length));
    std::string content(bytes, length);
    vips_area_unref(VIPS_AREA(blob));
    return content;
}

VImage scene(int width, int height) {
    const auto noise = VImage::gaussnoise(width, height).cast(VIPS_FORMAT_UCHAR);
    return noise.bandjoin(noise.rot180()).bandjoin(noise.fliphor()).copy(
        VImage::option()->set("interpretation", VIPS_INTERPRETATION_sRGB));
}

std::string jpeg(int width, int height) { return bytes_of(scene(width, height).jpegsave_buffer()); }
std::string png(int width, int height) { return bytes_of(scene(width, height).pngsave_buffer()); }
std::string black(int width, int height) { return bytes_of(VImage::black(width, height).pngsave_buffer()); }

VImage read(const std::string& content) { return VImage::new_from_buffer(content.data(), content.size(), ""); }

/// Both frames of it, as WebP or GIF.
VImage two_frames(int width, int height) {
    auto frames = scene(width, height * 2).copy();
    frames.set(VIPS_META_PAGE_HEIGHT, height);
    frames.set("delay", std::vector<int>{70, 90});
    return frames;
}

VImage black_frames(int width, int height) {
    auto frames = VImage::black(width, height * 2).copy();
    frames.set(VIPS_META_PAGE_HEIGHT, height);
    return frames;
}

struct Vips {
    Vips() { (void)develop("GIF89a", 1); }   // sets up libvips as the program does
};

class Developing : public ::testing::Test {
    Vips vips_;
};

// ---- what it is ----

TEST(PictureTypes, are_told_by_the_first_bytes) {
    using namespace std::string_literals;
    EXPECT_EQ(type_of("\x89PNG\r\n\x1a\n…"), PictureType::png);
    EXPECT_EQ(type_of("\xFF\xD8\xFF\xE0"), PictureType::jpg);
    EXPECT_EQ(type_of("GIF89a"), PictureType::gif);
    EXPECT_EQ(type_of("RIFF1234WEBPVP8 "), PictureType::webp);
    EXPECT_EQ(type_of("\0\0\0\x1C"s + "ftypavif\0\0\0\0"s + "mif1miaf"), PictureType::avif);
    EXPECT_EQ(type_of("\0\0\0\x1C"s + "ftypmif1\0\0\0\0"s + "miafavif"), PictureType::avif);
    EXPECT_EQ(type_of("\n<?xml version=\"1.0\"?><svg/>"), PictureType::svg);
}

TEST(PictureTypes, know_nothing_else) {
    using namespace std::string_literals;
    for (const auto& content :
         {""s, "x"s, "GIF"s, "RIFF1234WAVE"s, "%PDF-1.7"s, "<html><body/></html>"s, "MZ\x90"s, "PK\3\4"s,
          "\0\0\0\x1C"s + "ftypheic\0\0\0\0"s + "mif1heic", "II*\0"s}) {
        EXPECT_EQ(type_of(content), std::nullopt) << content;
    }
}

TEST(PictureNames, hold_the_digest_and_nothing_else_is_one) {
    const std::string digest(32, 'a');
    EXPECT_EQ(digest_of(file_name(digest, PictureType::jpg)), digest);
    EXPECT_EQ(digest_of(form_name(digest, 480)), digest);
    for (const auto* tail : {"", ".exe", "-480", "-481.webp", "-480.png", ".jpg/", "-.webp", ".jpgx"}) {
        EXPECT_EQ(digest_of(digest + tail), std::nullopt) << tail;
    }
    EXPECT_EQ(digest_of("AAAA" + digest.substr(4) + ".jpg"), std::nullopt);
}

TEST(PictureNames, lead_to_the_narrowest_form_that_is_wide_enough) {
    EXPECT_EQ(url_at_least("/media/ab.jpg", "160,480,960", 400), "/media/ab-480.webp");
    EXPECT_EQ(url_at_least("/media/ab.jpg", "160", 400), "/media/ab.jpg");
    EXPECT_EQ(url_at_least("/media/ab.svg", "", 400), "/media/ab.svg");
}

// ---- drawings ----

std::string drawing(const std::string& inner, const std::string& attributes = "") {
    return "<svg xmlns=\"http://www.w3.org/2000/svg\" xmlns:xlink=\"http://www.w3.org/1999/xlink\" " + attributes +
           ">" + inner + "</svg>";
}

TEST(Drawings, pass_when_they_only_draw) {
    for (const auto* inner :
         {"<title>茶 &amp; cups &#x8336;</title><path d='M0 0L1 1'/>", "<style>.a{fill:url(#g)}</style><use href='#g'/>",
          "<g transform='rotate(3)'><!-- a note --><text x='1'>on sale = now</text></g>",
          "<linearGradient id='g'><stop offset='0' stop-color='#fff'/></linearGradient><rect fill=\"url('#g')\"/>",
          "<image xlink:href='data:image/png;base64,iVBORw0KGgo='/>", "<style><![CDATA[.a{fill:red}]]></style>",
          "<inkscape:page xmlns:inkscape='http://www.inkscape.org/namespaces/inkscape' inkscape:label='x'/>"}) {
        const auto size = examine_svg(drawing(inner));
        EXPECT_TRUE(size.has_value()) << inner << "\n" << (size.has_error() ? size.error().detail : "");
    }
    EXPECT_TRUE(examine_svg("\xEF\xBB\xBF<?xml version='1.0' encoding='UTF-8'?>\n" + drawing("")).has_value());
}

TEST(Drawings, are_refused_when_they_could_do_anything_else) {
    for (const auto* inner :
         {"<script>alert(1)</script>", "<SCRIPT/>", "<g onload='x()'/>", "<g ONclick='x()'/>", "<foreignObject/>",
          "<iframe/>", "<a href='#x'/>", "<animate attributeName='href' to='javascript:x'/>", "<set/>",
          "<use href='https://example.com/x.svg#a'/>", "<use xlink:href='//example.com/x'/>",
          "<image href='data:image/svg+xml;base64,PHN2Zy8+'/>", "<image href='http://example.com/x.png'/>",
          "<image href=' java&#115;cript:x'/>", "<rect fill='url(http://example.com/x)'/>",
          "<rect fill='u\\72l(http://example.com)'/>", "<style>@import 'http://example.com'</style>",
          "<style>@im<!-- -->port 'http://example.com'</style>", "<style>@im<![CDATA[port 'x']]></style>",
          "<style>a<g/>b</style>", "<style>.a{background:url( \"http://example.com\")}</style>",
          "<style>.a{background:image-set('http://example.com' 1x)}</style>",
          "<rect mask=\"image-set('http://example.com' 1x)\"/>", "<rect style='behavior:url(#x)'/>",
          "<x:script xmlns:x='http://www.w3.org/2000/svg'/>", "<h:p xmlns:h='http://www.w3.org/1999/xhtml'/>",
          "<g xmlns='http://www.w3.org/1999/xhtml'/>", "<g xml:base='http://example.com/'/>", "<feImage href='#x'/>",
          "&nbsp;", "&#0x41;", "<?php x ?>", "<g", "<g></svg>", "<g a='1' a='2'/>", "<g a=1/>", "<!-- -- -->"}) {
        const auto size = examine_svg(drawing(inner));
        ASSERT_TRUE(size.has_error()) << inner;
        EXPECT_EQ(size.error().code, "media.svg_not_passive") << inner;
    }
}

TEST(Drawings, are_refused_with_anything_around_them) {
    for (const auto& content :
         {std::string("<!DOCTYPE svg>") + drawing(""), "<!DOCTYPE svg [<!ENTITY a 'b'>]>" + drawing("&a;"),
          "<?xml-stylesheet href='x'?>" + drawing(""), "<html/>" + drawing(""), drawing("") + drawing(""),
          drawing("") + "text", std::string("<svg/>"), "<?xml version='1.0' encoding='UTF-16'?>" + drawing(""),
          drawing("\xFF"), drawing("").substr(0, 60)}) {
        EXPECT_TRUE(examine_svg(content).has_error()) << content;
    }
    std::string deep;
    for (int i = 0; i < 300; ++i) deep += "<g>";
    EXPECT_TRUE(examine_svg(drawing(deep)).has_error());
}

TEST(Drawings, say_how_large_they_are) {
    const auto size = [](const std::string& attributes) {
        const auto found = examine_svg(drawing("", attributes)).value();
        return std::pair(found.width.value_or(0), found.height.value_or(0));
    };
    EXPECT_EQ(size("width='480' height='240px'"), std::pair(480, 240));
    EXPECT_EQ(size("viewBox='0 0 33.4, 12'"), std::pair(33, 12));
    EXPECT_EQ(size("width='100%' height='100%' viewBox='0 0 20 10'"), std::pair(20, 10));
    EXPECT_EQ(size("width='1e99' height='nan'"), std::pair(0, 0));
}

// ---- photographs ----

TEST_F(Developing, makes_smaller_forms_of_every_kind_of_picture) {
    const auto wide = scene(1000, 500);
    const std::vector<std::pair<PictureType, std::string>> given{
        {PictureType::jpg, bytes_of(wide.jpegsave_buffer())},
        {PictureType::png, bytes_of(wide.pngsave_buffer())},
        {PictureType::webp, bytes_of(wide.webpsave_buffer())},
        {PictureType::gif, bytes_of(wide.gifsave_buffer())},
        {PictureType::avif, bytes_of(wide.heifsave_buffer(VImage::option()
                                                              ->set("compression", VIPS_FOREIGN_HEIF_COMPRESSION_AV1)
                                                              ->set("effort", 0)))}};
    for (const auto& [type, content] : given) {
        const auto made = develop(content, pixels_max);
        ASSERT_TRUE(made.has_value()) << content_type_of(type) << " " << made.error().detail;
        EXPECT_EQ(made->type, type);
        EXPECT_EQ(type_of(made->content), type);
        EXPECT_EQ(std::pair(made->width, made->height), std::pair(std::optional(1000), std::optional(500)));
        ASSERT_EQ(made->forms.size(), 3U) << content_type_of(type);
        for (std::size_t i = 0; i < 3; ++i) {
            EXPECT_EQ(made->forms[i].width, form_widths[i]);
            EXPECT_EQ(type_of(made->forms[i].content), PictureType::webp);
            EXPECT_EQ(read(made->forms[i].content).width(), form_widths[i]);
            EXPECT_EQ(read(made->forms[i].content).height(), form_widths[i] / 2);
        }
    }
}

TEST_F(Developing, makes_no_form_that_would_be_larger) {
    EXPECT_TRUE(develop(png(100, 50), pixels_max)->forms.empty());
    EXPECT_TRUE(develop(png(160, 50), pixels_max)->forms.empty());
    EXPECT_EQ(develop(png(161, 50), pixels_max)->forms.size(), 1U);
}

TEST_F(Developing, leaves_out_metadata_and_turns_the_picture_upright) {
    auto image = scene(200, 100).copy();
    image.set(VIPS_META_ORIENTATION, 6);
    image.set("exif-ifd0-Artist", "Secret Person (Secret Person, ASCII, 14 components, 14 bytes)");
    image.set("exif-ifd3-GPSLatitude", "30/1 14/1 0/1 (30, 14, 0, Rational, 3 components, 24 bytes)");
    const auto content = bytes_of(image.jpegsave_buffer());
    ASSERT_NE(content.find("Secret Person"), std::string::npos);
    const auto made = develop(content, pixels_max);
    EXPECT_EQ(std::pair(made->width, made->height), std::pair(std::optional(100), std::optional(200)));
    EXPECT_EQ(made->content.find("Secret Person"), std::string::npos);
    EXPECT_EQ(made->content.find("Exif"), std::string::npos);
    EXPECT_EQ(read(made->content).width(), 100);
}

TEST_F(Developing, leaves_out_what_hides_behind_the_end) {
    const auto made = develop(png(20, 20) + "PK\3\4 an archive", pixels_max);
    EXPECT_EQ(made->content.find("an archive"), std::string::npos);
}

TEST_F(Developing, keeps_what_is_transparent_and_what_is_lossless) {
    const auto clear = scene(200, 100).bandjoin_const({0.0});
    const auto content = bytes_of(clear.webpsave_buffer(VImage::option()->set("lossless", true)));
    const auto made = develop(content, pixels_max);
    EXPECT_EQ(read(made->content).bands(), 4);
    EXPECT_EQ(read(made->forms.at(0).content).bands(), 4);
    const auto solid = bytes_of(scene(50, 50).webpsave_buffer(VImage::option()->set("lossless", true)));
    const auto difference = (read(develop(solid, pixels_max)->content) - read(solid)).abs().max();
    EXPECT_EQ(difference, 0.0);
}

TEST_F(Developing, keeps_what_moves_moving) {
    const auto frames = two_frames(200, 100);
    for (const auto& content : {bytes_of(frames.gifsave_buffer()), bytes_of(frames.webpsave_buffer())}) {
        const auto made = develop(content, pixels_max);
        EXPECT_EQ(std::pair(made->width, made->height), std::pair(std::optional(200), std::optional(100)));
        for (const auto* shown : {&made->content, &made->forms.at(0).content}) {
            const auto again = read(*shown);
            EXPECT_EQ(again.get_int(VIPS_META_N_PAGES), 2);
            EXPECT_EQ(again.get_array_int("delay"), (std::vector<int>{70, 90}));
        }
    }
}

TEST_F(Developing, refuses_what_would_fill_the_memory) {
    EXPECT_EQ(develop(black(2001, 2000), pixels_max).error().code, "media.too_many_pixels");
    EXPECT_TRUE(develop(black(2000, 2000), pixels_max).has_value());
    // Each frame alone would do.
    const auto frames = bytes_of(black_frames(1500, 1500).gifsave_buffer());
    EXPECT_EQ(develop(frames, pixels_max).error().code, "media.too_many_pixels");
}

TEST_F(Developing, believes_no_header_that_promises_a_gigantic_picture) {
    auto bomb = png(10, 10);
    for (const std::size_t at : {17U, 21U}) bomb[at] = '\x7F';   // width and height of IHDR; its checksum is then wrong
    const auto made = develop(bomb, pixels_max);
    ASSERT_TRUE(made.has_error());
}

TEST_F(Developing, refuses_what_is_damaged_or_cut_off_or_something_else) {
    using namespace std::string_literals;
    const auto whole = jpeg(300, 300);
    EXPECT_EQ(develop(whole.substr(0, whole.size() / 2), pixels_max).error().code, "media.damaged");
    EXPECT_EQ(develop("GIF89a and no more", pixels_max).error().code, "media.damaged");
    EXPECT_EQ(develop("RIFF\x10\0\0\0WEBPVP8 "s, pixels_max).error().code, "media.damaged");
    EXPECT_EQ(develop("", pixels_max).error().code, "media.empty");
    EXPECT_EQ(develop("%PDF-1.7", pixels_max).error().code, "media.not_a_picture");
    EXPECT_EQ(develop(drawing("<script/>"), pixels_max).error().code, "media.svg_not_passive");
}

TEST_F(Developing, is_not_talked_into_another_decoder) {
    // A JPEG by its first bytes, a PDF or an SVG by others: libvips may only see it as a JPEG.
    EXPECT_EQ(develop("\xFF\xD8\xFF%PDF-1.7", pixels_max).error().code, "media.damaged");
    const auto tiff = bytes_of(scene(20, 20).tiffsave_buffer());
    EXPECT_EQ(develop(tiff, pixels_max).error().code, "media.not_a_picture");
    EXPECT_THROW(read(tiff), vips::VError);
}

// ---- forms ----

std::string part(const std::string& name, const std::string& content) {
    return "--xyz\r\nContent-Disposition: form-data; name=\"" + name +
           "\"; filename=\"a \\\"b\\\".png\"\r\nContent-Type: text/html\r\n\r\n" + content + "\r\n";
}

TEST(UploadForms, give_the_bytes_of_their_file) {
    const std::string type = "multipart/form-data; boundary=xyz";
    EXPECT_EQ(picture_in(type, part("file", "a\r\n--xy\r\nb") + "--xyz--\r\n").value(), "a\r\n--xy\r\nb");
    const auto empty = "before\r\n" + part("file", "") + "--xyz--";
    EXPECT_EQ(picture_in("Multipart/Form-Data; boundary=\"xyz\"", empty).value(), "");
    EXPECT_EQ(picture_in("image/whatever", "bytes").value(), "bytes");
    EXPECT_EQ(picture_in("application/octet-stream", "bytes").value(), "bytes");
}

TEST(UploadForms, are_refused_when_they_cannot_be_read_with_certainty) {
    const std::string type = "multipart/form-data; boundary=xyz";
    for (const auto& body : {std::string(), part("file", "x"), part("other", "x") + "--xyz--",
                             part("file", "x") + part("file", "y") + "--xyz--",
                             std::string("--xyz\r\n\r\nx\r\n--xyz--"), std::string("--xyz--"),
                             "--xyz\r\n" + std::string(5'000, 'h') + "\r\n\r\nx\r\n--xyz--"}) {
        EXPECT_EQ(picture_in(type, body).error().code, "media.malformed_form") << body.substr(0, 100);
    }
    const auto whole = part("file", "x") + "--xyz--";
    EXPECT_EQ(picture_in("multipart/form-data", whole).error().code, "media.malformed_form");
    EXPECT_EQ(picture_in("multipart/form-data; boundary=" + std::string(71, 'x'), whole).error().code,
              "media.malformed_form");
    EXPECT_EQ(picture_in("application/json", "{}").error().code, "media.unsupported_body");
    EXPECT_EQ(picture_in("", "x").error().code, "media.unsupported_body");
}

}   // namespace
}   // namespace caddy::media
