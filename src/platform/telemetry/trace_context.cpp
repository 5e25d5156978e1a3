#include "platform/telemetry/trace_context.hpp"

#include <algorithm>
#include <optional>

namespace caddy::trace {
namespace {

constexpr std::string_view parent_name = "traceparent";
constexpr std::string_view state_name = "tracestate";
constexpr std::string_view baggage_name = "baggage";

constexpr std::size_t members_max = 32;             // Trace Context, section 3.3.1.5
constexpr std::size_t baggage_bytes_max = 8'192;    // Baggage, section 3.3.2
constexpr std::size_t version_00_length = 55;

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Upper case is no hexadecimal digit here (section 3.2.2).
int hex_value(char c) {
    if (is_digit(c)) return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

template <std::size_t Size>
bool read_hex(std::string_view text, std::array<std::uint8_t, Size>& bytes) {
    for (std::size_t i = 0; i < Size; ++i) {
        const int high = hex_value(text[2 * i]);
        const int low = hex_value(text[2 * i + 1]);
        if (high < 0 || low < 0) return false;
        bytes[i] = static_cast<std::uint8_t>(high * 16 + low);
    }
    return true;
}

template <std::size_t Size>
std::string hex_text(const std::array<std::uint8_t, Size>& bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    text.reserve(2 * Size);
    for (const auto byte : bytes) text.append({digits[byte >> 4U], digits[byte & 15U]});
    return text;
}

template <std::size_t Size>
bool is_zero(const std::array<std::uint8_t, Size>& bytes) {
    return std::all_of(bytes.begin(), bytes.end(), [](auto byte) { return byte == 0; });
}

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// version "-" trace-id "-" parent-id "-" trace-flags; of a later version only the beginning is known (section 4.3).
std::optional<TraceContext> parse_parent(std::string_view text) {
    if (text.size() < version_00_length) return std::nullopt;
    std::array<std::uint8_t, 1> version{};
    std::array<std::uint8_t, 1> flags{};
    TraceContext context;
    const bool is_read = read_hex(text.substr(0, 2), version) && text[2] == '-' &&
                         read_hex(text.substr(3, 32), context.trace_id) && text[35] == '-' &&
                         read_hex(text.substr(36, 16), context.span_id) && text[52] == '-' &&
                         read_hex(text.substr(53, 2), flags);
    if (!is_read || version[0] == 0xff || !context.valid()) return std::nullopt;
    if (text.size() > version_00_length && (version[0] == 0 || text[version_00_length] != '-')) return std::nullopt;
    context.sampled = (flags[0] & 1U) != 0;
    return context;
}

bool is_key_part(std::string_view part, std::size_t length_max) {
    return !part.empty() && part.size() <= length_max && std::all_of(part.begin(), part.end(), [](char c) {
        return is_lower(c) || is_digit(c) || c == '_' || c == '-' || c == '*' || c == '/';
    });
}

/// `vendor`, or `tenant@vendor` (section 3.3.1.3.1).
bool is_state_key(std::string_view key) {
    const auto at = key.find('@');
    if (at == std::string_view::npos) return is_key_part(key, 256) && is_lower(key.front());
    const auto tenant = key.substr(0, at);
    const auto vendor = key.substr(at + 1);
    return is_key_part(tenant, 241) && (is_lower(tenant.front()) || is_digit(tenant.front())) &&
           is_key_part(vendor, 14) && is_lower(vendor.front());
}

/// Printable, without `,` and `=`; the blank at its end has been taken off with the list's (section 3.3.1.3.2).
bool is_state_value(std::string_view value) {
    return !value.empty() && value.size() <= 256 && std::all_of(value.begin(), value.end(), [](char c) {
        return c >= 0x20 && c <= 0x7e && c != ',' && c != '=';
    });
}

bool is_state_member(std::string_view member) {
    const auto equals = member.find('=');
    return equals != std::string_view::npos && is_state_key(member.substr(0, equals)) &&
           is_state_value(member.substr(equals + 1));
}

/// The list without its empty members; nothing when one of the others is malformed or there are too many.
std::string checked_state(std::string_view list) {
    std::string kept;
    std::size_t members = 0;
    while (!list.empty()) {
        const auto comma = std::min(list.find(','), list.size());
        const auto member = trimmed(list.substr(0, comma));
        list.remove_prefix(std::min(comma + 1, list.size()));
        if (member.empty()) continue;
        if (!is_state_member(member) || ++members > members_max) return {};
        kept.append(kept.empty() ? "" : ",").append(member);
    }
    return kept;
}

/// Not understood here, only handed on: whatever can stand in a header field and is not too long.
std::string checked_baggage(std::string_view text) {
    const bool is_clean = std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c <= 0x7e; });
    return is_clean && text.size() <= baggage_bytes_max ? std::string(text) : std::string();
}

/// The members of a field that may come in several lines.
std::string joined(std::span<const std::pair<std::string, std::string>> headers, std::string_view name) {
    std::string list;
    for (const auto& [key, value] : headers) {
        if (key == name) list.append(list.empty() ? "" : ",").append(trimmed(value));
    }
    return list;
}

}   // namespace

bool TraceContext::valid() const { return !is_zero(trace_id) && !is_zero(span_id); }
std::string TraceContext::trace_id_text() const { return hex_text(trace_id); }
std::string TraceContext::span_id_text() const { return hex_text(span_id); }

TraceContext extract(std::span<const std::pair<std::string, std::string>> headers, Propagation propagation) {
    std::optional<TraceContext> parent;
    if (propagation.trace_context) {
        const auto is_parent = [](const auto& header) { return header.first == parent_name; };
        const auto at = std::find_if(headers.begin(), headers.end(), is_parent);
        if (at != headers.end() && std::find_if(std::next(at), headers.end(), is_parent) == headers.end())
            parent = parse_parent(trimmed(at->second));
        if (parent) parent->state = checked_state(joined(headers, state_name));
    }
    auto context = parent.value_or(TraceContext{});
    if (propagation.baggage) context.baggage = checked_baggage(joined(headers, baggage_name));
    return context;
}

HeaderFields inject(const TraceContext& context, Propagation propagation) {
    HeaderFields fields;
    if (propagation.trace_context && context.valid()) {
        fields.emplace_back(parent_name, "00-" + context.trace_id_text() + "-" + context.span_id_text() +
                                             (context.sampled ? "-01" : "-00"));
        if (!context.state.empty()) fields.emplace_back(state_name, context.state);
    }
    if (propagation.baggage && !context.baggage.empty()) fields.emplace_back(baggage_name, context.baggage);
    return fields;
}

std::string to_text(const TraceContext& context) {
    std::string text;
    for (const auto& [name, value] : inject(context)) text.append(name).append(": ").append(value).append("\n");
    return text;
}

TraceContext from_text(std::string_view text) {
    HeaderFields fields;
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        const auto line = text.substr(0, end);
        const auto colon = line.find(": ");
        if (colon != std::string_view::npos) fields.emplace_back(line.substr(0, colon), line.substr(colon + 2));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return extract(fields);
}

}   // namespace caddy::trace
