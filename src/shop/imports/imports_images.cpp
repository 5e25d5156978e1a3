#include "shop/imports/imports_images.hpp"

#include "platform/crypto/digest.hpp"
#include "platform/text/text.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <fstream>
#include <system_error>
#include <unistd.h>

namespace caddy::imports {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t name_digits = 32;   // of the content's digest

struct Signature {
    std::size_t offset;
    std::string_view bytes;
    std::string_view type;
};

using namespace std::string_view_literals;
constexpr Signature signatures[] = {{0, "\x89PNG\r\n\x1a\n"sv, "png"},
                                    {0, "\xFF\xD8\xFF"sv, "jpg"},
                                    {8, "WEBP"sv, "webp"},
                                    {0, "GIF87a"sv, "gif"},
                                    {0, "GIF89a"sv, "gif"},
                                    {4, "ftypavif"sv, "avif"},
                                    {4, "ftypavis"sv, "avif"}};

std::string ascii_lower(std::string_view text) {
    std::string lower(text);
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    return lower;
}

/// An attribute such as ` onload=`: a blank, `on`, letters, `=`.
bool has_event_handler(std::string_view lower) {
    for (auto at = lower.find("on"); at != std::string_view::npos; at = lower.find("on", at + 2)) {
        if (at == 0 || std::string_view(" \t\r\n\f\"'/").find(lower[at - 1]) == std::string_view::npos) continue;
        auto end = lower.find_first_not_of("abcdefghijklmnopqrstuvwxyz", at);
        end = end == std::string_view::npos ? end : lower.find_first_not_of(" \t\r\n\f", end);
        if (end != std::string_view::npos && lower[end] == '=') return true;
    }
    return false;
}

bool is_harmless_svg(std::string_view content) {
    if (!text::is_utf8(content)) return false;
    const auto lower = ascii_lower(content);
    const auto begin = lower.find("<svg");
    if (begin == std::string::npos) return false;
    const auto before = text::trimmed(std::string_view(lower).substr(0, begin));
    if (!before.empty() && !before.starts_with("<?xml") && !before.starts_with("<!--") &&
        !before.starts_with("<!doctype svg") && !before.starts_with("\xEF\xBB\xBF")) {
        return false;
    }
    constexpr std::array banned{"<script"sv, "javascript:"sv, "<!entity"sv, "<foreignobject"sv,
                                "<iframe"sv, "<embed"sv,      "<object"sv,  "data:text"sv};
    const bool runs =
        std::any_of(banned.begin(), banned.end(), [&](auto part) { return lower.find(part) != std::string::npos; });
    return !runs && !has_event_handler(lower);
}

/// `/media/` and a name such as copy() makes: an export of this shop.
bool is_ours(std::string_view path) {
    constexpr auto prefix = "/media/"sv;
    if (!path.starts_with(prefix)) return false;
    path.remove_prefix(prefix.size());
    return !path.empty() &&
           path.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789.-_") == std::string_view::npos &&
           path.find("..") == std::string_view::npos;
}

std::optional<std::string> read_file(const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    std::string content(image_bytes_max + 1, '\0');
    in.read(content.data(), static_cast<std::streamsize>(content.size()));
    if (in.bad() || (!in.is_open())) return std::nullopt;
    content.resize(static_cast<std::size_t>(in.gcount()));
    return content;
}

/// Writes under another name first, so that nobody ever reads half a picture.
bool write_whole(const fs::path& target, std::string_view content) {
    const fs::path part = target.string() + ".part-" + std::to_string(::getpid());
    const int fd = ::open(part.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0) return false;
    bool written = true;
    while (written && !content.empty()) {
        const auto count = ::write(fd, content.data(), content.size());
        if (count > 0) content.remove_prefix(static_cast<std::size_t>(count));
        written = count > 0 || (count < 0 && errno == EINTR);
    }
    written = written && ::fsync(fd) == 0;
    written = ::close(fd) == 0 && written;
    std::error_code fault;
    if (written) fs::rename(part, target, fault);
    if (!written || fault) ::unlink(part.c_str());
    return written && !fault;
}

/// True when `file`, links followed, lies inside `folder`.
bool inside(const fs::path& file, const fs::path& folder) {
    const auto [at, end] = std::mismatch(folder.begin(), folder.end(), file.begin(), file.end());
    return at == folder.end() || at->empty();
}

PlacedImage kept(const std::string& path, std::string why) {
    return {path, path + " " + std::move(why) + "; the path was kept."};
}

}  // namespace

std::string_view image_type(std::string_view content) {
    for (const auto& signature : signatures) {
        const bool container = signature.type != "webp" || content.starts_with("RIFF");
        const bool long_enough = content.size() >= signature.offset;
        if (container && long_enough && content.substr(signature.offset).starts_with(signature.bytes)) {
            return signature.type;
        }
    }
    return is_harmless_svg(content) ? "svg" : "";
}

PlacedImage ImageShelf::place(const std::string& path) {
    const auto at = known_.find(path);
    if (at != known_.end()) return at->second;
    auto image = place_file(path);
    known_.emplace(path, image);
    return image;
}

PlacedImage ImageShelf::place_file(const std::string& path) {
    const auto scheme_end = path.find_first_of(":/?#");
    if (path.starts_with("//")) return {"https:" + path, path + " has no scheme; https was taken."};
    if (scheme_end != std::string::npos && path[scheme_end] == ':') {
        const auto scheme = ascii_lower(path.substr(0, scheme_end));
        if (scheme == "http" || scheme == "https") return {scheme + path.substr(scheme_end), ""};
        return {std::nullopt,
                path.substr(0, 200) + " is neither a web address nor a file; it was kept as an attribute."};
    }
    if (is_ours(path)) return {path, ""};
    const fs::path relative(path);
    const bool climbs = std::find(relative.begin(), relative.end(), "..") != relative.end();
    if (relative.is_absolute() || climbs || path.find('\\') != std::string::npos ||
        path.find('\0') != std::string::npos) {
        return {
            std::nullopt,
            path + " leads out of the file's folder; put the picture beside the file. It was kept as an attribute."};
    }
    if (folder_.empty()) return kept(path, "stands beside no file that could be read");
    std::error_code fault;
    const auto folder = fs::canonical(folder_, fault);
    const auto file = fault ? fs::path() : fs::canonical(folder / relative, fault);
    if (fault || !fs::is_regular_file(file, fault)) return kept(path, "was not found beside the file");
    if (!inside(file, folder)) {
        return {std::nullopt, path + " leads out of the file's folder; it was kept as an attribute."};
    }
    return copy(path, file);
}

PlacedImage ImageShelf::copy(const std::string& path, const fs::path& file) {
    const auto content = read_file(file);
    if (!content) return kept(path, "cannot be read");
    if (content->size() > image_bytes_max) return kept(path, "is larger than 8 MiB");
    const auto type = image_type(*content);
    if (type.empty()) return kept(path, "is no png, jpg, webp, gif, avif or harmless svg");

    const auto name = crypto::sha256_hex(*content).substr(0, name_digits) + "." + std::string(type);
    const auto target = media_folder_ / name;
    std::error_code fault;
    fs::create_directories(media_folder_, fault);
    const bool there = fs::file_size(target, fault) == content->size() && !fault;
    if (!there && !write_whole(target, *content)) return kept(path, "could not be copied to " + media_folder_.string());
    return {"/media/" + name, ""};
}

}  // namespace caddy::imports
