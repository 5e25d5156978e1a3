#include "platform/text/words.hpp"

#include "platform/text/mapped.hpp"

#include <utf8proc.h>

namespace caddy::text {
namespace {

struct Range {
    utf8proc_int32_t first, last;
};
constexpr Range ideographic_ranges[] = {
    {0x1100, 0x11FF},     // Hangul Jamo
    {0x3005, 0x3007},     // iteration mark, closing mark, zero
    {0x3041, 0x30FF},     // kana
    {0x31F0, 0x31FF},     // small katakana
    {0x3400, 0x4DBF},     // Han, extension A
    {0x4E00, 0x9FFF},     // Han
    {0xAC00, 0xD7FF},     // Hangul
    {0xF900, 0xFAFF},     // Han, compatibility
    {0x20000, 0x323AF},   // Han, further extensions
};

bool is_ideographic(utf8proc_int32_t c) {
    for (const auto& range : ideographic_ranges) {
        if (c >= range.first && c <= range.last) return true;
    }
    return false;
}

/// Letters, digits and the marks that belong to a letter.
bool is_word_part(utf8proc_int32_t c) {
    const auto category = utf8proc_category(c);
    return (category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_ME) ||
           (category >= UTF8PROC_CATEGORY_ND && category <= UTF8PROC_CATEGORY_NO);
}

bool is_apostrophe(utf8proc_int32_t c) { return c == '\'' || c == 0x2019 || c == 0x02BC; }

std::string comparable(std::string_view text) {
    return mapped(text, UTF8PROC_STABLE | UTF8PROC_COMPAT | UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE);
}

}  // namespace

std::vector<Word> words(std::string_view text) {
    std::vector<Word> found;
    bool open = false;   // the last word goes on
    const auto form = comparable(text);
    for (const auto character : characters(form)) {
        utf8proc_int32_t c = 0;
        (void)utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(character.data()),
                               static_cast<utf8proc_ssize_t>(character.size()), &c);
        if (is_apostrophe(c)) continue;
        const bool ideographic = is_ideographic(c);
        if (!ideographic && !is_word_part(c)) {
            open = false;
            continue;
        }
        const auto script = ideographic ? Script::ideographic : Script::alphabetic;
        if (!open || found.back().script != script) found.push_back({{}, script});
        found.back().text.append(character);
        open = true;
    }
    return found;
}

std::vector<std::string_view> characters(std::string_view text) {
    std::vector<std::string_view> found;
    while (!text.empty()) {
        std::size_t size = 1;
        while (size < text.size() && (static_cast<unsigned char>(text[size]) & 0xC0U) == 0x80U) ++size;
        found.push_back(text.substr(0, size));
        text.remove_prefix(size);
    }
    return found;
}

}  // namespace caddy::text
