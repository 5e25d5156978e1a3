#pragma once
// Every key of the program is made from a pattern that stands in one table: who owns it, what it holds, how long it
// lives and what bounds its size. docs/redis_keys.md is written from it.
//
//     const redis::KeyPattern slots({.owner = "limit", .pattern = "limit:{<tier>:<caller>}", …});
//     co_await redis_.get(ctx, slots("api", client));
#include <chrono>
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

namespace caddy::redis {

class KeyPattern;

/// A key without the program's prefix, which the client puts before it.
class Key {
public:
    const std::string& text() const { return text_; }
    const KeyPattern& pattern() const { return *pattern_; }

private:
    friend class KeyPattern;
    Key(std::string text, const KeyPattern& pattern) : text_(std::move(text)), pattern_(&pattern) {}
    std::string text_;
    const KeyPattern* pattern_;
};

/// One value of a key's placeholders.
class KeyPart {
public:
    KeyPart(std::string_view text) : text_(text) {}       // NOLINT: texts and numbers alike are parts
    KeyPart(const std::string& text) : text_(text) {}     // NOLINT
    KeyPart(const char* text) : text_(text) {}            // NOLINT
    template <std::integral Integer>
    KeyPart(Integer number) : text_(std::to_string(number)) {}   // NOLINT
    const std::string& text() const { return text_; }

private:
    std::string text_;
};

/// Registers itself. Constants only: define at namespace scope.
class KeyPattern {
public:
    struct Text {
        std::string_view owner;     // the module
        std::string_view pattern;   // `cart:{<token>}:lock`: `<name>` is filled in, `{…}` is Redis Cluster's hash tag
        std::string_view content;
        std::chrono::milliseconds ttl_max{0};   // no such key lives longer; 0: for ever, and `size` says what bounds it
        std::string_view size;                  // what bounds one key's size, and how many there can be
    };

    /// REQUIRES: owner, pattern, content and size; the owner's name begins the pattern.
    explicit KeyPattern(Text);
    KeyPattern(const KeyPattern&) = delete;
    ~KeyPattern();

    const Text& text() const { return text_; }

    /// The key for these values, one for each placeholder in its order. Bytes other than letters, digits and `._@+-`
    /// are escaped, and a value that is too long becomes its digest, so that no input reaches another key.
    template <class... Parts>
    Key operator()(const Parts&... parts) const {
        return make({KeyPart(parts)...});
    }

    /// Is this one of its keys? Without the prefix.
    bool matches(std::string_view key) const;

    static std::span<const KeyPattern* const> all();
    /// The pattern that a key found on the server was made from; null when it is nobody's.
    static const KeyPattern* find(std::string_view key);

private:
    Key make(std::initializer_list<KeyPart>) const;
    Text text_;
};

/// A channel of PUBLISH and SUBSCRIBE; registers itself, and carries the program's prefix like a key.
class Channel {
public:
    struct Text {
        std::string_view owner;
        std::string_view name;      // begins with the owner's name
        std::string_view content;
    };
    explicit Channel(Text);
    Channel(const Channel&) = delete;
    ~Channel();

    const Text& text() const { return text_; }
    static std::span<const Channel* const> all();

private:
    Text text_;
};

}   // namespace caddy::redis
