#include "shop/media/media_names.hpp"

#include <algorithm>
#include <charconv>

namespace caddy::media {
namespace {

using namespace std::string_view_literals;

constexpr auto url_prefix = "/media/"sv;

struct Signature {
    std::string_view bytes;
    PictureType type;
};
constexpr std::array signatures{Signature{"\x89PNG\r\n\x1a\n"sv, PictureType::png},
                                Signature{"\xFF\xD8\xFF"sv, PictureType::jpg},
                                Signature{"GIF87a"sv, PictureType::gif}, Signature{"GIF89a"sv, PictureType::gif}};

std::uint32_t big_endian(std::string_view bytes) {
    std::uint32_t number = 0;
    for (const char c : bytes.substr(0, 4)) number = (number << 8U) | static_cast<unsigned char>(c);
    return number;
}

/// The first box of an ISO file names the brands that it keeps to.
bool is_avif(std::string_view content) {
    if (content.size() < 16 || content.substr(4, 4) != "ftyp"sv) return false;
    const auto length = std::min<std::size_t>({big_endian(content), content.size(), 256});
    for (std::size_t at = 8; at + 4 <= length; at += 4) {
        const bool is_version = at == 12;
        if (!is_version && (content.substr(at, 4) == "avif"sv || content.substr(at, 4) == "avis"sv)) return true;
    }
    return false;
}

bool is_markup(std::string_view content) {
    if (content.starts_with("\xEF\xBB\xBF"sv)) content.remove_prefix(3);
    const auto first = content.find_first_not_of(" \t\r\n");
    return first != std::string_view::npos && content[first] == '<' && content.find("<svg"sv) != std::string_view::npos;
}

std::optional<int> number(std::string_view digits) {
    int value = 0;
    const auto [end, fault] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (fault != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
    return value;
}

}   // namespace

std::optional<PictureType> type_of(std::string_view content) {
    for (const auto& signature : signatures) {
        if (content.starts_with(signature.bytes)) return signature.type;
    }
    if (content.starts_with("RIFF"sv) && content.size() >= 12 && content.substr(8, 4) == "WEBP"sv) {
        return PictureType::webp;
    }
    if (is_avif(content)) return PictureType::avif;
    if (is_markup(content)) return PictureType::svg;
    return std::nullopt;
}

std::string_view content_type_of(PictureType type) {
    switch (type) {
        case PictureType::jpg: return "image/jpeg";
        case PictureType::png: return "image/png";
        case PictureType::webp: return "image/webp";
        case PictureType::gif: return "image/gif";
        case PictureType::avif: return "image/avif";
        case PictureType::svg: return "image/svg+xml";
    }
    return "application/octet-stream";
}

std::string file_name(std::string_view digest, PictureType type) {
    return std::string(digest).append(".").append(boost::describe::enum_to_string(type, ""));
}

std::string form_name(std::string_view digest, int width) {
    return std::string(digest).append("-").append(std::to_string(width)).append(".webp");
}

std::optional<std::string_view> digest_of(std::string_view name) {
    const auto digest = name.substr(0, digest_digits);
    const bool hex = digest.size() == digest_digits && digest.find_first_not_of("0123456789abcdef") == digest.npos;
    auto rest = name.substr(digest.size());
    if (!hex || rest.empty()) return std::nullopt;
    if (rest.front() == '-') {
        const auto dot = rest.find('.');
        const auto width = dot == rest.npos ? std::nullopt : number(rest.substr(1, dot - 1));
        const bool known = width && std::find(form_widths.begin(), form_widths.end(), *width) != form_widths.end();
        if (!known || rest.substr(dot) != ".webp"sv) return std::nullopt;
        return digest;
    }
    PictureType type{};
    if (rest.front() != '.' || !boost::describe::enum_from_string(std::string(rest.substr(1)).c_str(), type)) {
        return std::nullopt;
    }
    return digest;
}

std::vector<int> widths_of(std::string_view list) {
    std::vector<int> widths;
    while (!list.empty()) {
        const auto comma = list.find(',');
        if (const auto width = number(list.substr(0, comma))) widths.push_back(*width);
        list.remove_prefix(comma == list.npos ? list.size() : comma + 1);
    }
    return widths;
}

std::string joined(const std::vector<int>& widths) {
    std::string list;
    for (const auto width : widths) list.append(list.empty() ? "" : ",").append(std::to_string(width));
    return list;
}

std::vector<Size> sizes_of(std::string_view url, std::string_view widths) {
    std::vector<Size> sizes;
    const auto stem = url.substr(0, url.rfind('.'));
    for (const auto width : widths_of(widths)) {
        sizes.push_back({width, std::string(stem).append("-").append(std::to_string(width)).append(".webp")});
    }
    return sizes;
}

std::string url_at_least(std::string_view url, std::string_view widths, int width) {
    for (auto& size : sizes_of(url, widths)) {
        if (size.width >= width) return std::move(size.url);
    }
    return std::string(url);
}

}   // namespace caddy::media
