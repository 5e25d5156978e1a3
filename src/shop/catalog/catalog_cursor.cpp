#include "shop/catalog/catalog_cursor.hpp"

#include "platform/crypto/digest.hpp"
#include "platform/text/text.hpp"

#include <array>
#include <charconv>
#include <optional>

namespace caddy::catalog {
namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::string_view version = "1";
constexpr std::size_t cursor_bytes_max = 2'048;
constexpr std::size_t list_digits = 16;   // of a digest: enough to notice, short enough for an address
constexpr std::size_t check_digits = 8;

namespace refuse {
Error malformed() {
    return {ErrorKind::malformed, "request.cursor_malformed",
            "This cursor is not one that a list has given. Use page.next as it stands, or leave the cursor out."};
}
Error mismatch() {
    return {ErrorKind::malformed, "request.cursor_mismatch",
            "This cursor belongs to a list with another sort or filter. Start that list again without a cursor."};
}
}  // namespace refuse

std::string to_base64url(std::string_view bytes) {
    std::string out;
    unsigned bits = 0;
    int count = 0;
    for (const char c : bytes) {
        bits = (bits << 8) | static_cast<unsigned char>(c);
        for (count += 8; count >= 6;) {
            count -= 6;
            out.push_back(alphabet[(bits >> count) & 63U]);
        }
    }
    if (count > 0) out.push_back(alphabet[(bits << (6 - count)) & 63U]);
    return out;
}

/// Nothing for other characters, a length that cannot be, or bits left over: one text per value.
std::optional<std::string> from_base64url(std::string_view text) {
    std::string out;
    unsigned bits = 0;
    int count = 0;
    for (const char c : text) {
        const auto digit = alphabet.find(c);
        if (digit == std::string_view::npos) return std::nullopt;
        bits = (bits << 6) | static_cast<unsigned>(digit);
        if (count += 6; count >= 8) {
            count -= 8;
            out.push_back(static_cast<char>((bits >> count) & 255U));
        }
    }
    if (count >= 6 || (bits & ((1U << count) - 1U)) != 0) return std::nullopt;
    return out;
}

std::string list_mark(std::string_view list) { return crypto::sha256_hex(list).substr(0, list_digits); }

/// Of the cursor's own content: a text that was cut or mended is malformed, not a place in the list.
std::string check_mark(const Cursor& cursor) {
    return crypto::sha256_hex(std::to_string(cursor.id) + "." + cursor.key).substr(0, check_digits);
}

}  // namespace

std::string write_cursor(const Cursor& cursor, std::string_view list) {
    std::string plain(version);
    for (const auto& part : {list_mark(list), check_mark(cursor), std::to_string(cursor.id), cursor.key}) {
        plain.append(".").append(part);
    }
    return to_base64url(plain);
}

Result<Cursor> read_cursor(std::string_view text, std::string_view list) {
    if (text.empty() || text.size() > cursor_bytes_max) return refuse::malformed();
    const auto plain = from_base64url(text);
    if (!plain || !text::is_utf8(*plain)) return refuse::malformed();

    std::array<std::string_view, 4> parts;
    std::string_view rest = *plain;
    for (auto& part : parts) {
        const auto dot = rest.find('.');
        if (dot == std::string_view::npos) return refuse::malformed();
        part = rest.substr(0, dot);
        rest.remove_prefix(dot + 1);
    }
    Cursor cursor{.key = std::string(rest), .id = 0};
    const auto* end = parts[3].data() + parts[3].size();
    const auto [stop, fault] = std::from_chars(parts[3].data(), end, cursor.id);
    if (parts[0] != version || fault != std::errc{} || stop != end || cursor.id <= 0) return refuse::malformed();
    if (parts[2] != check_mark(cursor)) return refuse::malformed();
    if (parts[1] != list_mark(list)) return refuse::mismatch();
    return cursor;
}

}  // namespace caddy::catalog
