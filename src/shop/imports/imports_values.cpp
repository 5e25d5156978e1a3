#include "shop/imports/imports_values.hpp"

#include "platform/text/text.hpp"

#include <algorithm>
#include <charconv>

namespace caddy::imports::values {

std::optional<bool> flag(std::string_view text) {
    const auto lower = text::folded(text);
    if (lower == "true" || lower == "yes" || lower == "1") return true;
    if (lower == "false" || lower == "no" || lower == "0") return false;
    return std::nullopt;
}

std::optional<std::int64_t> whole(std::string_view text) {
    if (text.starts_with('+')) text.remove_prefix(1);
    const auto point = text.find('.');
    const auto zeros = point == std::string_view::npos ? std::string_view() : text.substr(point + 1);
    if (!std::all_of(zeros.begin(), zeros.end(), [](char c) { return c == '0'; })) return std::nullopt;
    const auto digits = text.substr(0, point);
    std::int64_t value = 0;
    const auto [end, fault] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (digits.empty() || fault != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
    return value;
}

std::optional<Grams> grams(std::string_view text) {
    const auto point = std::min(text.find('.'), text.size());
    const auto fraction = text.substr(std::min(point + 1, text.size()));
    const bool digits_only = std::all_of(fraction.begin(), fraction.end(), [](char c) { return c >= '0' && c <= '9'; });
    const auto value = whole(text.substr(0, point));
    constexpr std::int64_t grams_max = 1'000'000'000;
    if (!value || !digits_only || *value < 0 || *value > grams_max || text.starts_with('-')) return std::nullopt;
    const bool rounded = fraction.find_first_not_of('0') != std::string_view::npos;
    const bool up = !fraction.empty() && fraction.front() >= '5';
    return Grams{*value + (up ? 1 : 0), rounded};
}

std::optional<catalog::StockPolicy> policy(std::string_view text) {
    const auto lower = text::folded(text);
    if (lower == "deny") return catalog::StockPolicy::deny;
    if (lower == "continue") return catalog::StockPolicy::backorder;
    const auto sells_on = flag(lower);
    if (!sells_on) return std::nullopt;
    return *sells_on ? catalog::StockPolicy::backorder : catalog::StockPolicy::deny;
}

std::vector<std::string> split(std::string_view text, char separator) {
    std::vector<std::string> parts;
    while (true) {
        const auto end = text.find(separator);
        auto part = text::trimmed(text.substr(0, end));
        if (!part.empty()) parts.push_back(std::move(part));
        if (end == std::string_view::npos) return parts;
        text.remove_prefix(end + 1);
    }
}

std::string one_line(std::string_view text) {
    std::string line;
    for (const char c : text) {
        const bool breaks = c == '\n' || c == '\r' || c == '\t';
        if (!breaks) {
            line.push_back(c);
        } else if (!line.ends_with(' ')) {
            line.push_back(' ');
        }
    }
    return text::trimmed(line);
}

std::string unix_lines(std::string_view text) {
    std::string lines;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool pair = text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n';
        if (pair) continue;
        lines.push_back(text[i] == '\r' ? '\n' : text[i]);
    }
    return lines;
}

}  // namespace caddy::imports::values
