#include "platform/json/encode.hpp"

#include <array>
#include <charconv>
#include <cstdint>
#include <cstring>

namespace caddy::json {

namespace {

/// True where one of eight bytes is below 0x20, a quote or a backslash: eight at a time, since most texts have none.
bool any_needs_escape(const char* eight) {
    constexpr std::uint64_t ones = 0x0101'0101'0101'0101, highs = 0x8080'8080'8080'8080;
    std::uint64_t bytes = 0;
    std::memcpy(&bytes, eight, sizeof(bytes));
    const auto zero_in = [](std::uint64_t word) { return (word - ones) & ~word & highs; };
    const auto controls = (bytes - ones * 0x20) & ~bytes & highs;
    return (controls | zero_in(bytes ^ ones * '"') | zero_in(bytes ^ ones * '\\')) != 0;
}

bool needs_escape(char c) { return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\'; }

void write_escape(std::string& out, char c) {
    constexpr std::string_view digits = "0123456789abcdef";
    switch (c) {
        case '"': out.append("\\\""); return;
        case '\\': out.append("\\\\"); return;
        case '\b': out.append("\\b"); return;
        case '\f': out.append("\\f"); return;
        case '\n': out.append("\\n"); return;
        case '\r': out.append("\\r"); return;
        case '\t': out.append("\\t"); return;
        default: break;
    }
    const auto byte = static_cast<unsigned char>(c);
    out.append("\\u00");
    out.push_back(digits[byte >> 4U]);
    out.push_back(digits[byte & 15U]);
}

}  // namespace

void write_string(std::string& out, std::string_view text) {
    out.push_back('"');
    std::size_t copied = 0;
    for (std::size_t at = 0; at < text.size(); ++at) {
        while (at + 8 <= text.size() && !any_needs_escape(text.data() + at)) at += 8;
        if (at == text.size()) break;
        if (!needs_escape(text[at])) continue;
        out.append(text.substr(copied, at - copied));
        write_escape(out, text[at]);
        copied = at + 1;
    }
    out.append(text.substr(copied));
    out.push_back('"');
}

void write_number(std::string& out, std::int64_t number) {
    std::array<char, 20> digits{};   // a sign and 19 digits
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    out.append(digits.data(), end);
}

}  // namespace caddy::json
