#include "platform/text/text.hpp"

#include "platform/text/mapped.hpp"

#include <utf8proc.h>

#include <cstdlib>
#include <memory>
#include <new>
#include <optional>

namespace caddy::text {

namespace {

/// The code point at the front of `text`, which is then shortened by it; nothing when the bytes are not UTF-8.
std::optional<utf8proc_int32_t> take_code_point(std::string_view& text) {
    utf8proc_int32_t code_point = 0;
    const auto used = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                       static_cast<utf8proc_ssize_t>(text.size()), &code_point);
    if (used <= 0) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(used));
    return code_point;
}

bool is_ascii(std::string_view text) {
    for (const char c : text) {
        if (static_cast<unsigned char>(c) >= 0x80) return false;
    }
    return true;
}

bool is_white_space(utf8proc_int32_t c) {
    if ((c >= 0x09 && c <= 0x0D) || c == 0x85) return true;
    const auto category = utf8proc_category(c);
    return category == UTF8PROC_CATEGORY_ZS || category == UTF8PROC_CATEGORY_ZL || category == UTF8PROC_CATEGORY_ZP;
}

/// Characters that change how what stands around them is read, without being seen themselves.
bool is_control(utf8proc_int32_t c) {
    if (c < 0x20 || (c >= 0x7F && c <= 0x9F)) return true;
    if (c == 0x2028 || c == 0x2029) return true;                           // line and paragraph separators
    return (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);   // bidirectional overrides
}

enum class LineBreaks { refused, accepted };

bool is_clean(std::string_view text, LineBreaks breaks) {
    while (!text.empty()) {
        const auto c = take_code_point(text);
        if (!c) return false;
        if (breaks == LineBreaks::accepted && (*c == '\n' || *c == '\t')) continue;
        if (is_control(*c)) return false;
    }
    return true;
}

bool is_letter(utf8proc_int32_t c) {
    switch (utf8proc_category(c)) {
        case UTF8PROC_CATEGORY_LU:
        case UTF8PROC_CATEGORY_LL:
        case UTF8PROC_CATEGORY_LT:
        case UTF8PROC_CATEGORY_LM:
        case UTF8PROC_CATEGORY_LO:
        case UTF8PROC_CATEGORY_MN:
        case UTF8PROC_CATEGORY_MC:
        case UTF8PROC_CATEGORY_ND:
        case UTF8PROC_CATEGORY_NL: return true;
        default: return false;
    }
}

bool is_ascii_letter_or_digit(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool is_domain_label(std::string_view label) {
    if (label.empty() || label.size() > 63 || label.front() == '-' || label.back() == '-') return false;
    for (const char c : label) {
        if (!is_ascii_letter_or_digit(c) && c != '-') return false;
    }
    return true;
}

bool is_domain(std::string_view domain) {
    std::size_t labels = 0;
    std::string_view label;
    for (auto rest = domain;; ++labels) {
        const auto dot = rest.find('.');
        label = rest.substr(0, dot);
        if (!is_domain_label(label)) return false;
        if (dot == std::string_view::npos) break;
        rest.remove_prefix(dot + 1);
    }
    // The last label of a name is never a number; of an address, which takes no mail here, it is.
    return labels >= 1 && label.find_first_not_of("0123456789") != std::string_view::npos;
}

bool is_mailbox_name(std::string_view name) {
    if (name.empty() || name.size() > 64 || name.front() == '.' || name.back() == '.') return false;
    if (name.find("..") != std::string_view::npos) return false;
    for (const char c : name) {
        if (!is_ascii_letter_or_digit(c) && std::string_view(".!#$%&'*+/=?^_`{|}~-").find(c) == std::string_view::npos)
            return false;
    }
    return true;
}

}  // namespace

std::string mapped(std::string_view text, unsigned options) {
    utf8proc_uint8_t* raw = nullptr;
    const auto size =
        utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()), static_cast<utf8proc_ssize_t>(text.size()),
                     &raw, static_cast<utf8proc_option_t>(options));
    const std::unique_ptr<utf8proc_uint8_t, void (*)(void*)> owned(raw, std::free);
    if (size == UTF8PROC_ERROR_NOMEM) throw std::bad_alloc();
    if (size < 0) return {};   // not UTF-8: outside the contract
    return {reinterpret_cast<const char*>(owned.get()), static_cast<std::size_t>(size)};
}

bool is_utf8(std::string_view text) {
    if (is_ascii(text)) return true;
    while (!text.empty()) {
        if (!take_code_point(text)) return false;
    }
    return true;
}

std::string nfc(std::string_view text) {
    if (is_ascii(text)) return std::string(text);
    return mapped(text, UTF8PROC_STABLE | UTF8PROC_COMPOSE);
}

std::size_t length(std::string_view text) {
    std::size_t count = 0;
    for (const char c : text) {
        if ((static_cast<unsigned char>(c) & 0xC0U) != 0x80U) ++count;   // every byte that begins a code point
    }
    return count;
}

bool is_single_line(std::string_view text) { return is_clean(text, LineBreaks::refused); }

bool is_multi_line(std::string_view text) { return is_clean(text, LineBreaks::accepted); }

std::string trimmed(std::string_view text) {
    std::size_t begin = text.size();
    std::size_t end = 0;
    for (auto rest = text; !rest.empty();) {
        const auto at = text.size() - rest.size();
        const auto c = take_code_point(rest);
        if (!c) return std::string(text);   // outside the contract: left for the check that follows to refuse
        if (is_white_space(*c)) continue;
        begin = std::min(begin, at);
        end = text.size() - rest.size();
    }
    return begin < end ? std::string(text.substr(begin, end - begin)) : std::string();
}

std::string folded(std::string_view text) {
    return mapped(text, UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD);
}

bool is_email(std::string_view address) {
    const auto at = address.find('@');
    if (at == std::string_view::npos || address.size() > 254) return false;
    return is_mailbox_name(address.substr(0, at)) && is_domain(address.substr(at + 1));
}

std::string slug(std::string_view title) {
    constexpr utf8proc_int32_t curly_apostrophe = 0x2019;
    const auto folded_title = folded(title);
    std::string name;
    bool gap = false;
    for (std::string_view rest = folded_title; !rest.empty();) {
        const auto here = rest;
        const auto c = take_code_point(rest);
        if (!c) break;
        if (*c == '\'' || *c == curly_apostrophe) continue;   // "men's" is one word
        if (!is_letter(*c)) {
            gap = !name.empty();
            continue;
        }
        if (gap) name.push_back('-');
        gap = false;
        name.append(here.substr(0, here.size() - rest.size()));
    }
    return name;
}

}  // namespace caddy::text
