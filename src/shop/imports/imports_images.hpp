#pragma once
// The pictures of a product file: web addresses are kept, files beside it go into the library of pictures. Looks at the
// disk, so off the event loop. Private to imports.
#include "shop/imports/imports_map.hpp"
#include "shop/media/media.hpp"

#include <filesystem>
#include <map>
#include <set>

namespace caddy::imports {

class ImageShelf {
public:
    /// `folder` is where relative paths are looked up, and nowhere outside it; empty: they are only kept.
    explicit ImageShelf(std::filesystem::path folder) : folder_(std::move(folder)) {}

    /// The file that a path names and that nobody has settled yet; nothing where there is no file to take.
    std::optional<std::filesystem::path> wanted(const std::string& path);
    /// What became of such a file.
    void settle(const std::string& path, const Result<media::Kept>&);

    /// Where the picture went.
    PlacedImage place(const std::string& path);

private:
    struct Found {
        PlacedImage image;
        std::optional<std::filesystem::path> file{};
    };
    Found find(const std::string& path) const;
    Found find_file(const std::string& path) const;

    std::filesystem::path folder_;
    std::map<std::string, PlacedImage> known_;   // a picture that many rows name is taken once
};

/// Every path of a product's rows, each once.
std::set<std::string> image_paths(const Columns&, const Group&);

/// Refuses: imports.unreadable_image
Result<std::string> read_image(const std::filesystem::path&);

}  // namespace caddy::imports
