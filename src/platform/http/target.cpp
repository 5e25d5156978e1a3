#include "platform/http/head.hpp"

#include "platform/text/text.hpp"

#include <array>

namespace caddy::http {

namespace {

constexpr std::size_t query_parameters_max = 100;

HeadFault malformed(std::string detail) { return {ProtocolFault::malformed, std::move(detail)}; }

int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

enum class Part { path, query };

/// Undoes percent-encoding. An encoded slash or backslash in a path is refused: some servers split at it, others do
/// not.
std::optional<std::string> decoded(std::string_view text, Part part) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        char c = text[i];
        if (c == '+' && part == Part::query) c = ' ';
        if (c == '%') {
            if (i + 2 >= text.size()) return std::nullopt;
            const int high = hex_value(text[i + 1]);
            const int low = hex_value(text[i + 2]);
            if (high < 0 || low < 0) return std::nullopt;
            c = static_cast<char>(high * 16 + low);
            i += 2;
            if (part == Part::path && (c == '/' || c == '\\' || is_control(c))) return std::nullopt;
            if (c == '\0') return std::nullopt;
        }
        out.push_back(c);
    }
    if (!text::is_utf8(out)) return std::nullopt;
    return out;
}

bool has_dot_segment(std::string_view path) {
    for (std::size_t at = 0; at != std::string_view::npos;) {
        const auto next = path.find('/', at + 1);
        const auto segment = path.substr(at + 1, next == std::string_view::npos ? next : next - at - 1);
        if (segment == "." || segment == "..") return true;
        at = next;
    }
    return false;
}

/// The characters that RFC 3986 allows, and brackets, which filters carry in their names and many clients send as they
/// are.
constexpr std::array<bool, 256> target_chars() {
    std::array<bool, 256> set{};
    constexpr std::string_view all =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()*+,;=:@/?%[]";
    for (const char c : all) set[static_cast<unsigned char>(c)] = true;
    return set;
}

bool is_target_char(char c) {
    static constexpr auto set = target_chars();
    return set[static_cast<unsigned char>(c)];
}

HeadResult<NamedValues> parse_query(std::string_view text) {
    NamedValues query;
    while (!text.empty()) {
        const auto end = text.find('&');
        const auto pair = text.substr(0, end);
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        if (pair.empty()) continue;
        const auto equals = pair.find('=');
        auto name = decoded(pair.substr(0, equals), Part::query);
        auto value = decoded(equals == std::string_view::npos ? "" : pair.substr(equals + 1), Part::query);
        if (!name || !value) return malformed("The query is not percent-encoded UTF-8.");
        if (query.size() == query_parameters_max) return malformed("The query has more than 100 parameters.");
        query.emplace_back(std::move(*name), std::move(*value));
    }
    return query;
}

/// The part from the path on, of `http://host/path`; nothing when it is no such URL.
std::optional<std::string_view> origin_form_of(std::string_view url) {
    const auto scheme_end = url.find("://");
    if (scheme_end == std::string_view::npos) return std::nullopt;
    const auto scheme = in_lower_case(url.substr(0, scheme_end));
    if (scheme != "http" && scheme != "https") return std::nullopt;
    const auto rest = url.substr(scheme_end + 3);
    const auto authority_end = rest.find_first_of("/?");
    const auto authority = rest.substr(0, authority_end);
    if (authority.empty() || authority.find('@') != std::string_view::npos) return std::nullopt;
    if (authority_end == std::string_view::npos) return "/";
    if (rest[authority_end] == '?') return std::nullopt;
    return rest.substr(authority_end);
}

}  // namespace

HeadResult<Target> parse_target(std::string_view text) {
    const auto whole = text;
    if (text == "*") return Target{"*", "*", {}};
    for (const char c : text) {
        if (!is_target_char(c)) return malformed("The request target has a character that must be percent-encoded.");
    }
    if (!text.starts_with('/')) {
        const auto origin_form = origin_form_of(text);
        if (!origin_form) return malformed("The request target is neither a path nor a URL.");
        text = *origin_form;
    }
    const auto question = text.find('?');
    auto path = decoded(text.substr(0, question), Part::path);
    if (!path) return malformed("The path is not percent-encoded UTF-8 without encoded slashes and controls.");
    if (has_dot_segment(*path)) return malformed("The path has a dot segment.");
    auto query = parse_query(question == std::string_view::npos ? "" : text.substr(question + 1));
    if (query.has_error()) return std::move(query).error();
    return Target{std::string(whole), std::move(*path), std::move(*query)};
}

}  // namespace caddy::http
