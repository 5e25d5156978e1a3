#include "shop/imports/imports_images.hpp"

#include <algorithm>
#include <fstream>
#include <system_error>

namespace caddy::imports {
namespace {

namespace fs = std::filesystem;
using namespace std::string_view_literals;

namespace refuse {
Error unreadable() { return {ErrorKind::invalid, "imports.unreadable_image", "The file cannot be read."}; }
Error too_large() { return {ErrorKind::invalid, "imports.unreadable_image", "The file is larger than 64 MiB."}; }
}  // namespace refuse

std::string ascii_lower(std::string_view text) {
    std::string lower(text);
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    return lower;
}

/// `/media/` and a name such as the library gives: an export of this shop.
bool is_ours(std::string_view path) {
    constexpr auto prefix = "/media/"sv;
    if (!path.starts_with(prefix)) return false;
    path.remove_prefix(prefix.size());
    return !path.empty() &&
           path.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789.-_") == std::string_view::npos &&
           path.find("..") == std::string_view::npos;
}

/// True when `file`, links followed, lies inside `folder`.
bool inside(const fs::path& file, const fs::path& folder) {
    const auto [at, end] = std::mismatch(folder.begin(), folder.end(), file.begin(), file.end());
    return at == folder.end() || at->empty();
}

PlacedImage kept(const std::string& path, std::string_view why) {
    return {path, path + " " + std::string(why) + "; the path was kept."};
}

}  // namespace

std::optional<fs::path> ImageShelf::wanted(const std::string& path) {
    if (known_.contains(path)) return std::nullopt;
    auto found = find(path);
    if (!found.file) known_.emplace(path, std::move(found.image));
    return found.file;
}

void ImageShelf::settle(const std::string& path, const Result<media::Kept>& taken) {
    if (taken.has_value()) {
        known_.insert_or_assign(path, PlacedImage{taken->picture.url, ""});
        return;
    }
    auto image = kept(path, "was not taken");
    image.note.append(" ").append(taken.error().detail);
    known_.insert_or_assign(path, std::move(image));
}

PlacedImage ImageShelf::place(const std::string& path) {
    const auto at = known_.find(path);
    return at == known_.end() ? find(path).image : at->second;
}

ImageShelf::Found ImageShelf::find(const std::string& path) const {
    const auto scheme_end = path.find_first_of(":/?#");
    if (path.starts_with("//")) return {{"https:" + path, path + " has no scheme; https was taken."}};
    if (scheme_end != std::string::npos && path[scheme_end] == ':') {
        const auto scheme = ascii_lower(path.substr(0, scheme_end));
        if (scheme == "http" || scheme == "https") return {{scheme + path.substr(scheme_end), ""}};
        return {{std::nullopt,
                 path.substr(0, 200) + " is neither a web address nor a file; it was kept as an attribute."}};
    }
    if (is_ours(path)) return {{path, ""}};
    return find_file(path);
}

ImageShelf::Found ImageShelf::find_file(const std::string& path) const {
    const fs::path relative(path);
    const bool climbs = std::find(relative.begin(), relative.end(), "..") != relative.end();
    if (relative.is_absolute() || climbs || path.find('\\') != std::string::npos ||
        path.find('\0') != std::string::npos) {
        return {{std::nullopt, path + " leads out of the file's folder; put the picture beside the file. It was kept"
                                      " as an attribute."}};
    }
    if (folder_.empty()) return {kept(path, "stands beside no file that could be read")};
    std::error_code fault;
    const auto folder = fs::canonical(folder_, fault);
    const auto file = fault ? fs::path() : fs::canonical(folder / relative, fault);
    if (fault || !fs::is_regular_file(file, fault)) return {kept(path, "was not found beside the file")};
    if (!inside(file, folder)) {
        return {{std::nullopt, path + " leads out of the file's folder; it was kept as an attribute."}};
    }
    return {kept(path, "was not taken"), file};
}

std::set<std::string> image_paths(const Columns& columns, const Group& group) {
    std::set<std::string> paths;
    for (const auto* row : group.rows) {
        for (const auto field : {Field::image_src, Field::variant_image}) {
            auto path = columns.text(*row, field);
            if (!path.empty()) paths.insert(std::move(path));
        }
    }
    return paths;
}

Result<std::string> read_image(const fs::path& file) {
    std::error_code fault;
    const auto size = fs::file_size(file, fault);
    if (fault) return refuse::unreadable();
    if (size > media::content_bytes_max) return refuse::too_large();
    std::ifstream in(file, std::ios::binary);
    std::string content(static_cast<std::size_t>(size), '\0');
    in.read(content.data(), static_cast<std::streamsize>(content.size()));
    if (!in.is_open() || in.bad() || in.gcount() != static_cast<std::streamsize>(size)) return refuse::unreadable();
    return content;
}

}  // namespace caddy::imports
