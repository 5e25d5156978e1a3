#pragma once
// How pictures are told apart and their files are called. Private to media.
#include "shop/media/media.hpp"

#include <array>

namespace caddy::media {

inline constexpr std::array form_widths{160, 480, 960, 1600};
constexpr std::size_t digest_digits = 32;

/// What the content is, by its first bytes; nothing for everything else. A picture still has to be decoded, and an SVG
/// to be examined.
std::optional<PictureType> type_of(std::string_view content);

std::string_view content_type_of(PictureType);

/// `4f2a….jpg` and `4f2a…-480.webp`: the digest of what was handed in, which nobody can hand in twice differently.
std::string file_name(std::string_view digest, PictureType);
std::string form_name(std::string_view digest, int width);

/// The digest in a name such as the two above make; nothing for any other name.
std::optional<std::string_view> digest_of(std::string_view name);

/// `160,480` → {160, 480}
std::vector<int> widths_of(std::string_view);
std::string joined(const std::vector<int>& widths);

}   // namespace caddy::media
