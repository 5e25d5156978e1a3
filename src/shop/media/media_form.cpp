#include "shop/media/media_form.hpp"

#include "platform/text/text.hpp"

#include <algorithm>
#include <optional>
#include <string>

namespace caddy::media {
namespace {

constexpr auto npos = std::string_view::npos;
constexpr std::size_t part_head_bytes_max = 4'096;

namespace refuse {
Error unsupported_body() {
    return {ErrorKind::unsupported_media, "media.unsupported_body",
            "Send the picture as multipart/form-data with one file, or as the body with a Content-Type of image/…."};
}
Error malformed_form(std::string_view what) {
    return {ErrorKind::malformed, "media.malformed_form",
            "The form cannot be read: " + std::string(what) + ". Send multipart/form-data with one part named file."};
}
}   // namespace refuse

std::string lower(std::string_view text) {
    std::string made(text);
    std::transform(made.begin(), made.end(), made.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    return made;
}

/// A parameter of a header's value, with or without quotes: `; name="file"`.
std::optional<std::string> parameter(std::string_view value, std::string_view wanted) {
    for (auto at = value.find(';'); at != npos; at = value.find(';')) {
        value.remove_prefix(at + 1);
        const auto equals = value.find('=');
        if (equals == npos) return std::nullopt;
        const auto name = lower(text::trimmed(value.substr(0, equals)));
        value.remove_prefix(equals + 1);
        std::string read;
        if (value.starts_with('"')) {
            std::size_t end = 1;
            for (; end < value.size() && value[end] != '"'; ++end) {
                if (value[end] == '\\' && end + 1 < value.size()) ++end;
                read.push_back(value[end]);
            }
            if (end == value.size()) return std::nullopt;
            value.remove_prefix(end + 1);
        } else {
            read = std::string(text::trimmed(value.substr(0, value.find(';'))));
        }
        if (name == wanted) return read;
    }
    return std::nullopt;
}

bool is_boundary(std::string_view text) {
    return !text.empty() && text.size() <= 70 && text.back() != ' ' &&
           std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~' && c != '"'; });
}

/// The name that a part's head gives it; nothing when it has none.
std::optional<std::string> part_name(std::string_view head) {
    while (!head.empty()) {
        const auto line = head.substr(0, head.find("\r\n"));
        head.remove_prefix(std::min(head.size(), line.size() + 2));
        const auto colon = line.find(':');
        if (colon == npos || lower(text::trimmed(line.substr(0, colon))) != "content-disposition") continue;
        const auto value = line.substr(colon + 1);
        if (!lower(text::trimmed(value)).starts_with("form-data")) return std::nullopt;
        return parameter(value, "name");
    }
    return std::nullopt;
}

Result<std::string_view> only_file(std::string_view body, const std::string& boundary) {
    const auto opening = "--" + boundary;
    const auto delimiter = "\r\n" + opening;
    // What stands before the first delimiter is to be passed over (RFC 2046, section 5.1.1).
    if (!body.starts_with(opening)) {
        const auto first = body.find(delimiter);
        if (first == npos) return refuse::malformed_form("its boundary is nowhere in it");
        body.remove_prefix(first + 2);
    }
    body.remove_prefix(opening.size());
    body.remove_prefix(std::min(body.find_first_not_of(" \t"), body.size()));
    if (!body.starts_with("\r\n")) return refuse::malformed_form("it has no part");
    body.remove_prefix(2);
    const auto head_end = body.substr(0, part_head_bytes_max).find("\r\n\r\n");
    if (head_end == npos) return refuse::malformed_form("the head of its part does not end");
    const auto name = part_name(body.substr(0, head_end));
    if (!name || *name != "file") return refuse::malformed_form("its part is not named file");
    body.remove_prefix(head_end + 4);
    const auto end = body.find(delimiter);
    if (end == npos) return refuse::malformed_form("it is cut off");
    if (!body.substr(end + delimiter.size()).starts_with("--")) {
        return refuse::malformed_form("it has more than one part");
    }
    return body.substr(0, end);
}

}   // namespace

Result<std::string_view> picture_in(std::string_view content_type, std::string_view body) {
    const auto kind = lower(text::trimmed(content_type.substr(0, content_type.find(';'))));
    if (kind.starts_with("image/") || kind == "application/octet-stream") return body;
    if (kind != "multipart/form-data") return refuse::unsupported_body();
    const auto boundary = parameter(content_type, "boundary");
    if (!boundary || !is_boundary(*boundary)) return refuse::malformed_form("its content type names no boundary");
    return only_file(body, *boundary);
}

}   // namespace caddy::media
