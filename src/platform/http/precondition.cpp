#include "platform/http/precondition.hpp"

#include "platform/json/more.hpp"

#include <algorithm>
#include <charconv>

namespace caddy::http {

namespace {

struct CurrentVersion {
    std::int64_t current_version = 0;
};
BOOST_DESCRIBE_STRUCT(CurrentVersion, (), (current_version))

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

/// The number of `"v7"`, or of `"v7-gzip"` as a compressed answer has it; nothing for a weak or foreign tag, which can
/// never be equal to one of ours.
std::optional<std::int64_t> version_of(std::string_view tag) {
    if (tag.size() < 4 || !tag.starts_with("\"v") || tag.back() != '"') return std::nullopt;
    const auto digits = tag.substr(2, tag.size() - 3);
    std::int64_t version = 0;
    const auto* end = digits.data() + digits.size();
    const auto [stop, error] = std::from_chars(digits.data(), end, version);
    const std::string_view coding(stop, static_cast<std::size_t>(end - stop));
    if (error != std::errc{} || !(coding.empty() || coding == "-gzip" || coding == "-br")) return std::nullopt;
    return version;
}

bool is_tag(std::string_view text) {
    if (text.starts_with("W/")) text.remove_prefix(2);
    return text.size() >= 2 && text.front() == '"' && text.back() == '"';
}

}   // namespace

Result<void> ExpectedVersion::check(std::int64_t current) const {
    if (!versions_ || std::find(versions_->begin(), versions_->end(), current) != versions_->end()) return {};
    Error error{ErrorKind::stale, "request.version_mismatch",
                "Somebody has changed this meanwhile. Read it again, and send its new ETag as If-Match."};
    error.more = json::more(CurrentVersion{current});
    return error;
}

Result<ExpectedVersion> expected_version(const Request& request) {
    const auto header = request.header("if-match");
    if (!header) {
        return Error{ErrorKind::precondition_required, "request.if_match_required",
                     "Send the ETag of the version that you saw as If-Match."};
    }
    if (trimmed(*header) == "*") return ExpectedVersion(std::nullopt);
    std::vector<std::int64_t> versions;
    std::string_view rest = *header;
    while (true) {
        const auto comma = rest.find(',');
        const auto tag = trimmed(rest.substr(0, comma));
        if (!is_tag(tag)) {
            return Error{ErrorKind::malformed, "request.if_match_malformed",
                         "If-Match is a list of ETags, such as \"v7\"."};
        }
        if (const auto version = version_of(tag)) versions.push_back(*version);
        if (comma == std::string_view::npos) break;
        rest.remove_prefix(comma + 1);
    }
    return ExpectedVersion(std::move(versions));
}

Response tagged(Response response, std::int64_t version) {
    response.etag = "v" + std::to_string(version);
    return response;
}

}   // namespace caddy::http
