#pragma once
// Pictures from strangers, decoded and written anew by libvips. Blocking, so off the event loop; one at a time keeps
// the memory that they take within what one of them may take.
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace caddy::picture {

enum class Kind { jpeg, png, webp, gif, avif };
enum class Verdict { developed, damaged, too_many_pixels };

/// A smaller form of a picture, as WebP.
struct Form {
    int width = 0;
    std::string content;
};

struct Developed {
    Verdict verdict = Verdict::damaged;   // but for `developed`, the rest is empty
    int width = 0;
    int height = 0;            // of one frame
    std::string content{};     // of the same kind
    std::vector<Form> forms{};
};

/// The picture written anew from its pixels, upright, in sRGB: nothing travels along with it, no metadata, nothing
/// behind its end, nothing that another program would read as something else. And its forms of those of the widths that
/// are narrower than it is, in the same order. What moves goes on moving.
///
/// `kind` is what its first bytes say. REQUIRES: `widths` rise.
///
/// libvips and the seventy libraries behind it are loaded with the first picture: most processes never see one, and
/// each would pay for them with its start and its memory.
///
/// Throws std::runtime_error when they cannot be loaded or set up.
Developed develop(std::string_view content, Kind kind, std::span<const int> widths, std::int64_t pixels_max);

/// The file that is loaded, whether it is there or not: in `lib/caddy-shopping` beside the program's folder.
std::filesystem::path module_file();

}   // namespace caddy::picture
