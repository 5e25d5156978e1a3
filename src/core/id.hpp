#pragma once
// Strong ids. Inside a number of 63 bits, outside an opaque text such as `cart_01hq3v7k2m9xz`.
//
// The high 42 bits are milliseconds since 2024, so rows made together lie together in an index; the low 21 are
// random. Two processes may in rare cases draw the same number: the primary key then refuses the second, and
// the transaction runs again with a new one.
#include <compare>
#include <concepts>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace caddy {

/// A 63-bit number, unique in practice and ordered by time to the millisecond. Thread-safe.
std::int64_t next_id();

/// Thirteen characters of Crockford's base 32, lower case. `value` must not be negative.
std::string id_text(std::string_view prefix, std::int64_t value);

/// Reads what id_text wrote; nothing when the prefix or the characters are others.
std::optional<std::int64_t> parse_id_text(std::string_view prefix, std::string_view text);

/// `Tag` says what is named and has `static constexpr std::string_view prefix`.
template <class Tag>
struct Id {
    using rep = std::int64_t;
    using tag = Tag;
    rep value = 0;

    static Id next() { return Id{next_id()}; }
    static std::optional<Id> parse(std::string_view text) {
        const auto number = parse_id_text(Tag::prefix, text);
        if (!number) return std::nullopt;
        return Id{*number};
    }
    std::string text() const { return id_text(Tag::prefix, value); }

    friend auto operator<=>(const Id&, const Id&) = default;
};

template <class T>
concept StrongId = requires {
    typename T::tag;
    typename T::rep;
}
&&std::same_as<T, Id<typename T::tag>>;

}   // namespace caddy

template <class Tag>
struct std::hash<caddy::Id<Tag>> {
    std::size_t operator()(const caddy::Id<Tag>& id) const noexcept { return std::hash<std::int64_t>{}(id.value); }
};
