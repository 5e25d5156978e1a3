#include "platform/http/head.hpp"

#include "platform/http/chars.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <stdexcept>

namespace caddy::http {

namespace {

constexpr std::array<std::string_view, 7> known_methods = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};

// Said twice, these would mean one thing to one reader and another to the next.
constexpr std::array<std::string_view, 12> single_headers = {
    "host",   "content-length",  "transfer-encoding", "content-type", "content-encoding", "authorization",
    "expect", "idempotency-key", "if-match",          "x-cart-token", "x-order-token",    "x-request-id"};

HeadFault malformed(std::string detail) { return {ProtocolFault::malformed, std::move(detail)}; }

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_token(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return is_in(token_chars, c); });
}

// Lambdas, here as above: a function given by its name would be called for each character.
bool has_line_end(std::string_view line) {
    return std::any_of(line.begin(), line.end(), [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
}

HeadResult<void> read_request_line(std::string_view line, const HeadLimits& limits, Head& head) {
    const auto method_end = line.find(' ');
    const auto version_at = line.rfind(' ');
    if (method_end == std::string_view::npos || method_end == version_at)
        return malformed("The request line is not `METHOD target HTTP/1.1`.");
    const auto method = line.substr(0, method_end);
    const auto target = line.substr(method_end + 1, version_at - method_end - 1);
    const auto version = line.substr(version_at + 1);
    if (!is_token(method)) return malformed("The method is not a token.");
    const bool is_version = version.size() == 8 && version.starts_with("HTTP/") && is_digit(version[5]) &&
                            version[6] == '.' && is_digit(version[7]);
    if (!is_version) return malformed("The request line does not end with an HTTP version.");
    if (version != "HTTP/1.1" && version != "HTTP/1.0")
        return HeadFault{ProtocolFault::version_not_supported, "Send HTTP/1.1."};
    if (target.size() > limits.target_bytes_max)
        return HeadFault{ProtocolFault::target_too_long, "The address is too long."};
    if (std::find(known_methods.begin(), known_methods.end(), method) == known_methods.end()) {
        return HeadFault{ProtocolFault::method_not_implemented, "This server does not know the method."};
    }
    head.method = method;
    head.is_http_1_0 = version == "HTTP/1.0";
    auto parsed = parse_target(target);
    if (parsed.has_error()) return std::move(parsed).error();
    head.target = std::move(*parsed);
    if (head.target.path == "*" && method != "OPTIONS")
        return malformed("Only OPTIONS may ask about the whole server.");
    return {};
}

HeadResult<void> read_header_line(std::string_view line, Head& head) {
    if (line.front() == ' ' || line.front() == '\t') return malformed("A header line is folded.");
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) return malformed("A header line has no colon.");
    const auto name = line.substr(0, colon);
    if (!is_token(name)) return malformed("A header name is not a token.");
    const auto value = without_blanks(line.substr(colon + 1));
    if (!std::all_of(value.begin(), value.end(), [](char c) { return is_in(value_chars, c); }))
        return malformed("A header value has a control character.");
    auto lower = in_lower_case(name);
    const bool once = std::find(single_headers.begin(), single_headers.end(), lower) != single_headers.end();
    if (once && head.header(lower)) return malformed("The header " + lower + " stands there twice.");
    head.headers.emplace_back(std::move(lower), value);
    return {};
}

HeadResult<void> read_framing(Head& head) {
    const auto length = head.header("content-length");
    const auto coding = head.header("transfer-encoding");
    if (length && coding) return malformed("Content-Length and Transfer-Encoding exclude each other.");
    if (coding) {
        if (head.is_http_1_0 || in_lower_case(*coding) != "chunked")
            return malformed("Transfer-Encoding may only be `chunked`, with HTTP/1.1.");
        head.chunked = true;
    }
    if (length) {
        constexpr std::size_t digits_max = 18;
        const bool is_number =
            !length->empty() && length->size() <= digits_max && std::all_of(length->begin(), length->end(), is_digit);
        if (!is_number) return malformed("Content-Length is not a number.");
        std::from_chars(length->data(), length->data() + length->size(), head.content_length);
    }
    return {};
}

HeadResult<void> read_connection(Head& head) {
    head.keep_alive = !head.is_http_1_0;
    bool closes = false;
    for (const auto& [name, value] : head.headers) {
        if (name != "connection") continue;
        for (const auto option : list_members(value)) {
            const auto lower = in_lower_case(option);
            if (lower == "close") closes = true;
            if (lower == "keep-alive") head.keep_alive = true;
        }
    }
    if (closes) head.keep_alive = false;
    const auto host = head.header("host");
    if (!host && !head.is_http_1_0) return malformed("HTTP/1.1 needs a Host header.");
    if (host && !is_host(*host)) return malformed("The Host header is not a host.");
    if (const auto expectation = head.header("expect"); expectation && !head.is_http_1_0) {
        if (in_lower_case(*expectation) != "100-continue")
            return HeadFault{ProtocolFault::expectation_failed, "Expect only 100-continue."};
        head.expects_continue = true;
    }
    return {};
}

}  // namespace

void throw_exception_from_error(const HeadFault& fault, const boost::source_location&) {
    throw std::logic_error(fault.detail);
}

std::optional<std::string_view> Head::header(std::string_view name) const {
    for (const auto& [key, value] : headers) {
        if (key == name) return value;
    }
    return std::nullopt;
}

HeadResult<Head> parse_head(std::string_view raw, const HeadLimits& limits) {
    Head head;
    constexpr std::size_t usual_headers = 16;
    head.headers.reserve(usual_headers);
    bool is_first = true;
    while (!raw.starts_with("\r\n")) {
        const auto end = raw.find("\r\n");
        if (end == std::string_view::npos) return malformed("The head does not end.");
        const auto line = raw.substr(0, end);
        raw.remove_prefix(end + 2);
        if (has_line_end(line))
            return malformed("A line has a bare CR, LF or NUL.");
        if (!is_first && head.headers.size() == limits.header_count_max) {
            return HeadFault{ProtocolFault::headers_too_large, "The request has too many headers."};
        }
        const auto outcome = is_first ? read_request_line(line, limits, head) : read_header_line(line, head);
        if (outcome.has_error()) return outcome.error();
        is_first = false;
    }
    if (is_first) return malformed("The request line is empty.");
    if (const auto framing = read_framing(head); framing.has_error()) return framing.error();
    if (const auto connection = read_connection(head); connection.has_error()) return connection.error();
    return head;
}

bool is_token_char(char c) { return is_in(token_chars, c); }

bool is_host(std::string_view host) {
    return !host.empty() && std::all_of(host.begin(), host.end(), [](char c) { return is_in(host_chars, c); });
}

std::string in_lower_case(std::string_view text) {
    std::string lower(text);
    std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) { return lower_case(c); });
    return lower;
}

std::string_view without_blanks(std::string_view text) {
    const auto begin = text.find_first_not_of(" \t");
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

std::vector<std::string_view> list_members(std::string_view text) {
    std::vector<std::string_view> members;
    while (!text.empty()) {
        const auto comma = text.find(',');
        if (const auto member = without_blanks(text.substr(0, comma)); !member.empty()) members.push_back(member);
        text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
    }
    return members;
}

}  // namespace caddy::http
