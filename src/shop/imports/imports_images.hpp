#pragma once
// The pictures of a product file: addresses are kept, files beside it are copied to where the shop serves them.
// Blocking; runs off the event loop. Private to imports.
#include "shop/imports/imports_map.hpp"

#include <filesystem>
#include <map>

namespace caddy::imports {

/// `png`, `jpg`, `webp`, `gif`, `avif` or `svg`, by the first bytes; empty for everything else, and for an SVG that
/// could run anything.
std::string_view image_type(std::string_view content);

class ImageShelf {
public:
    /// `folder` is where relative paths are looked up, and nowhere outside it; empty: they are only kept.
    ImageShelf(std::filesystem::path folder, std::filesystem::path media_folder)
        : folder_(std::move(folder)), media_folder_(std::move(media_folder)) {}

    PlacedImage place(const std::string& path);

private:
    PlacedImage place_file(const std::string& path);
    PlacedImage copy(const std::string& path, const std::filesystem::path& file);

    std::filesystem::path folder_;
    std::filesystem::path media_folder_;
    std::map<std::string, PlacedImage> known_;   // a picture that many rows name is read once
};

}  // namespace caddy::imports
