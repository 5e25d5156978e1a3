// The head of a request: whatever is let through can be understood in one way only.
#include "holds.hpp"
#include "platform/http/head.hpp"
#include "platform/http/plain_get.hpp"

#include <algorithm>

using namespace caddy::http;

namespace {

std::size_t count(const Head& head, std::string_view name) {
    return static_cast<std::size_t>(
        std::ranges::count_if(head.headers, [name](const auto& each) { return each.first == name; }));
}

bool has_control(std::string_view text) {
    return std::ranges::any_of(text, [](unsigned char c) { return (c < 0x20 && c != '\t') || c == 0x7F; });
}

void check(const Head& head) {
    holds(!head.method.empty() && std::ranges::all_of(head.method, is_token_char), "a method is a token");
    holds(!(head.chunked && count(head, "content-length") > 0), "one length of the body, not two (RFC 9112, 6.3)");
    holds(count(head, "transfer-encoding") <= 1, "one transfer coding");
    holds(head.is_http_1_0 || count(head, "host") == 1, "exactly one Host (RFC 9112, 3.2)");
    for (const auto& [name, value] : head.headers) {
        holds(!name.empty() && std::ranges::all_of(name, is_token_char), "a header's name is a token");
        holds(name == in_lower_case(name), "names are in lower case");
        holds(!has_control(value), "no control character in a value");
        holds(value == without_blanks(value), "values have no blanks around them");
    }
    const auto& path = head.target.path;
    holds(path == "*" || path.starts_with('/') || head.method == "CONNECT", "a path begins with a slash");
    holds(path.find("/../") == std::string::npos && !path.ends_with("/.."), "no path climbs");
    holds(path.find('\0') == std::string::npos, "no zero in a path");
}

/// The reader for what is ready takes less, and hears the same.
void check_plain(std::string_view raw, const HeadLimits& limits) {
    const auto plain = read_plain_get(raw, limits.header_count_max);
    if (!plain) return;
    const auto head = parse_head(raw.substr(0, plain->head_bytes), limits);
    if (!head) {
        const bool is_target = plain->target.size() <= limits.target_bytes_max && parse_target(plain->target);
        holds(!is_target, "a plain GET is refused for its target alone, under which nothing is ever kept");
        return;
    }
    holds(head->method == "GET" && head->target.raw == plain->target, "the same method and target");
    holds(head->keep_alive && !head->has_body() && !head->expects_continue, "the next request follows at once");
    holds(head->header("accept-encoding").value_or("") == plain->accept_encoding, "the same codings");
    holds(head->header("if-none-match").value_or("") == plain->if_none_match, "the same validators");
    holds(head->header("x-request-id").value_or("") == plain->request_id, "the same request id");
    holds(head->header("x-forwarded-for").value_or("") == plain->forwarded_for, "the same caller");
    for (const std::string_view name : {"authorization", "origin", "traceparent", "content-encoding", "if-match"})
        holds(!head->header(name), "nothing else that has a meaning");
}

}   // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const HeadLimits limits;
    const auto text = text_of(data, size);
    std::string raw(text);
    if (!raw.ends_with("\r\n\r\n")) raw += "\r\n\r\n";
    raw.resize(raw.find("\r\n\r\n") + 4);   // REQUIRES of parse_head: it ends with the first empty line
    check_plain(text, limits);
    check_plain(raw, limits);
    if (const auto head = parse_head(raw, limits)) {
        check(*head);
        holds(head->headers.size() <= limits.header_count_max, "the limit of headers holds");
    }
    (void)parse_target(text);
    (void)list_members(text);
    return 0;
}
