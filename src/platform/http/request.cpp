#include "platform/http/request.hpp"

#include "core/assert.hpp"
#include "platform/http/head.hpp"

#include <algorithm>
#include <charconv>

namespace caddy::http {

namespace {

Error refuse_field(std::string_view name, std::string code, std::string message) {
    return {ErrorKind::invalid,
            "request.invalid_field",
            "A query parameter is not acceptable; see errors.",
            {{"query:" + std::string(name), std::move(code), std::move(message)}}};
}

}  // namespace

std::optional<std::string_view> Request::header(std::string_view name) const {
    for (const auto& [key, value] : headers) {
        if (key == name) return value;
    }
    return std::nullopt;
}

const std::string& Request::path_text(std::string_view name) const {
    const auto at =
        std::find_if(parameters.begin(), parameters.end(), [&](const auto& pair) { return pair.first == name; });
    CADDY_ASSERT(at != parameters.end());
    return at->second;
}

Result<std::optional<std::string>> Request::query_text(std::string_view name) const {
    std::optional<std::string> found;
    for (const auto& [key, value] : query) {
        if (key != name) continue;
        if (found) {
            return Error{ErrorKind::malformed,
                         "request.repeated_parameter",
                         "A query parameter stands there twice; send it once.",
                         {{"query:" + std::string(name), "repeated", "Send this parameter once."}}};
        }
        found = value;
    }
    return found;
}

Result<std::optional<std::int64_t>> Request::query_integer(std::string_view name, std::int64_t min,
                                                           std::int64_t max) const {
    CADDY_TRY(const auto text, query_text(name));
    if (!text) return std::optional<std::int64_t>();
    std::int64_t number = 0;
    const auto* end = text->data() + text->size();
    const auto [stop, error] = std::from_chars(text->data(), end, number);
    if (error != std::errc{} || stop != end || number < min || number > max) {
        return refuse_field(name, "out_of_range",
                            "Send a whole number from " + std::to_string(min) + " to " + std::to_string(max) + ".");
    }
    return std::optional<std::int64_t>(number);
}

Result<void> Request::allow_query(std::initializer_list<std::string_view> names) const {
    for (const auto& [key, value] : query) {
        if (std::find(names.begin(), names.end(), key) != names.end()) continue;
        return Error{ErrorKind::malformed,
                     "request.unknown_parameter",
                     "The query has a parameter that this address does not know.",
                     {{"query:" + key, "unknown", "Leave this parameter out."}}};
    }
    return {};
}

Result<PageRequest> Request::page() const {
    constexpr std::size_t cursor_bytes_max = 1024;
    PageRequest page;
    CADDY_TRY(const auto limit, query_integer("limit", 1, page_limit_max));
    CADDY_TRY(auto cursor, query_text("cursor"));
    CADDY_TRY(const auto count, query_text("count"));
    if (limit) page.limit = static_cast<int>(*limit);
    if (cursor && (cursor->empty() || cursor->size() > cursor_bytes_max)) {
        return refuse_field("cursor", "not_a_cursor", "Send a cursor as an earlier page gave it.");
    }
    if (count && *count != "exact") return refuse_field("count", "not_a_choice", "Send count=exact, or leave it out.");
    page.cursor = std::move(cursor);
    page.count = count.has_value();
    return page;
}

Result<void> Request::require_json() const {
    const auto given = header("content-type");
    if (!given && body.empty()) return {};
    const auto text = given.value_or("");
    const auto type = in_lower_case(without_blanks(text.substr(0, text.find(';'))));
    const auto parameters_at = text.find(';');
    const auto charset =
        parameters_at == std::string_view::npos ? "" : in_lower_case(without_blanks(text.substr(parameters_at + 1)));
    const bool is_json = type == "application/json" || type == "application/merge-patch+json";
    if (is_json && (charset.empty() || charset == "charset=utf-8" || charset == "charset=\"utf-8\"")) return {};
    return Error{ErrorKind::unsupported_media, "request.not_json",
                 "Send the body as JSON in UTF-8, with Content-Type: application/json."};
}

Error Request::no_such_id() { return {ErrorKind::not_found, "request.not_found", "There is nothing at this address."}; }

}  // namespace caddy::http
