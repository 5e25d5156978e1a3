#include "platform/redis/key.hpp"

#include "core/assert.hpp"
#include "platform/crypto/digest.hpp"

#include <algorithm>
#include <vector>

namespace caddy::redis {
namespace {

// Made on first use: patterns are constants of many files, whose order of construction nobody knows.
std::vector<const KeyPattern*>& patterns() {
    static std::vector<const KeyPattern*> all;
    return all;
}

std::vector<const Channel*>& channels() {
    static std::vector<const Channel*> all;
    return all;
}

// A longer value is replaced by its digest, so that nobody makes the server keep long keys.
constexpr std::size_t part_bytes_max = 128;

bool is_plain(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("._@+-").find(c) != std::string_view::npos;
}

// What escaping and digests add to the plain bytes.
bool is_of_a_part(char c) { return is_plain(c) || c == '%' || c == '~'; }

std::string escaped(std::string_view text) {
    if (text.size() > part_bytes_max) return "~" + crypto::sha256_hex(text);
    constexpr std::string_view digits = "0123456789abcdef";
    std::string written;
    written.reserve(text.size());
    for (const char c : text) {
        if (is_plain(c)) {
            written += c;
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        written += '%';
        written += digits[byte >> 4U];
        written += digits[byte & 15U];
    }
    return written;
}

bool matches_from(std::string_view pattern, std::string_view key) {
    while (!pattern.empty()) {
        if (pattern.front() != '<') {
            if (key.empty() || key.front() != pattern.front()) return false;
            pattern.remove_prefix(1);
            key.remove_prefix(1);
            continue;
        }
        pattern.remove_prefix(pattern.find('>') + 1);
        // Literal bytes between placeholders are none of a part's, so that the longest run is the only candidate.
        const auto end = std::find_if_not(key.begin(), key.end(), is_of_a_part);
        key.remove_prefix(static_cast<std::size_t>(end - key.begin()));
    }
    return key.empty();
}

/// After a placeholder comes the end or a byte that no value has: only then can a key be told from another.
bool is_unambiguous(std::string_view pattern) {
    for (auto at = pattern.find('>'); at != std::string_view::npos; at = pattern.find('>', at + 1)) {
        if (at + 1 < pattern.size() && (is_of_a_part(pattern[at + 1]) || pattern[at + 1] == '<')) return false;
    }
    return true;
}

}   // namespace

KeyPattern::KeyPattern(Text text) : text_(text) {
    CADDY_ASSERT(!text_.owner.empty() && !text_.content.empty() && !text_.size.empty());
    CADDY_ASSERT(text_.pattern.starts_with(text_.owner));
    CADDY_ASSERT(is_unambiguous(text_.pattern));
    patterns().push_back(this);
}

KeyPattern::~KeyPattern() { std::erase(patterns(), this); }

Key KeyPattern::make(std::initializer_list<KeyPart> parts) const {
    std::string key;
    auto rest = text_.pattern;
    for (const auto& part : parts) {
        const auto at = rest.find('<');
        CADDY_ASSERT(at != std::string_view::npos);
        key.append(rest.substr(0, at));
        key.append(escaped(part.text()));
        rest.remove_prefix(rest.find('>') + 1);
    }
    CADDY_ASSERT(rest.find('<') == std::string_view::npos);
    key.append(rest);
    return Key(std::move(key), *this);
}

bool KeyPattern::matches(std::string_view key) const { return matches_from(text_.pattern, key); }

std::span<const KeyPattern* const> KeyPattern::all() { return patterns(); }

const KeyPattern* KeyPattern::find(std::string_view key) {
    for (const auto* pattern : patterns())
        if (pattern->matches(key)) return pattern;
    return nullptr;
}

Channel::Channel(Text text) : text_(text) {
    CADDY_ASSERT(!text_.owner.empty() && !text_.content.empty() && text_.name.starts_with(text_.owner));
    channels().push_back(this);
}

Channel::~Channel() { std::erase(channels(), this); }

std::span<const Channel* const> Channel::all() { return channels(); }

}   // namespace caddy::redis
