// The rules: which event goes where, how it is signed, when it is tried again, and when to give up.
#include "shop/webhooks/webhooks.hpp"

#include "core/checks.hpp"
#include "platform/crypto/digest.hpp"
#include "platform/net/address.hpp"

#include <algorithm>

namespace caddy::webhooks {
namespace {

constexpr std::chrono::seconds breaker_open_most{3'600};
constexpr std::size_t url_bytes_max = 2'048;

/// `first` doubled so many times, but never more than `most`.
std::chrono::seconds doubled(std::chrono::seconds first, std::int64_t times, std::chrono::seconds most) {
    const auto shift = std::clamp<std::int64_t>(times, 0, 20);
    return std::min(most, first * (std::int64_t{1} << shift));
}

/// The pattern without its `*`, when it is `<feature>.*`.
std::optional<std::string_view> feature_of(std::string_view pattern) {
    if (pattern.size() < 3 || !pattern.ends_with(".*")) return std::nullopt;
    return pattern.substr(0, pattern.size() - 1);
}

}   // namespace

bool is_pattern(std::string_view pattern) {
    if (pattern == "*") return true;
    const auto feature = feature_of(pattern);
    return std::any_of(public_types.begin(), public_types.end(),
                       [&](std::string_view type) { return feature ? type.starts_with(*feature) : type == pattern; });
}

bool matches(const std::vector<std::string>& patterns, std::string_view type) {
    return std::any_of(patterns.begin(), patterns.end(), [&](std::string_view pattern) {
        const auto feature = feature_of(pattern);
        return pattern == "*" || pattern == type || (feature && type.starts_with(*feature));
    });
}

std::string signature(std::string_view secret, std::int64_t timestamp, std::string_view payload) {
    auto signed_text = std::to_string(timestamp) + ".";
    signed_text.append(payload);
    return "v1=" + crypto::hmac_sha256_hex(secret, signed_text);
}

std::string signatures(const std::vector<std::string>& secrets, std::int64_t timestamp, std::string_view payload) {
    std::string all;
    for (const auto& secret : secrets) all.append(all.empty() ? "" : ",").append(signature(secret, timestamp, payload));
    return all;
}

std::chrono::seconds retry_wait(const Config& config, std::int64_t attempts) {
    return doubled(std::chrono::seconds(config.retry_first_s), attempts - 1,
                   std::chrono::seconds(config.retry_most_s));
}

Breaker after_failure(const Breaker& before, Time now, const Config& config) {
    Breaker after = before;
    ++after.failures;
    if (!after.failing_since) after.failing_since = now;
    if (after.failures >= config.breaker_failures) {
        after.open_until = now + doubled(std::chrono::seconds(config.breaker_open_s),
                                         after.failures - config.breaker_failures, breaker_open_most);
    }
    return after;
}

bool is_hopeless(const Breaker& breaker, Time now, const Config& config) {
    return breaker.failures >= config.breaker_failures && breaker.failing_since &&
           now - *breaker.failing_since >= std::chrono::hours(config.broken_after_hours);
}

Result<void> check_url(const std::string& url, const Config& config) {
    Checks checks;
    const auto parts = url.size() <= url_bytes_max ? net::parse_url(url) : std::nullopt;
    checks.require(parts.has_value(), "/url", "not_a_url", "Send an absolute URL of at most 2048 bytes.");
    if (!parts) return checks.result();
    const bool http_allowed = config.allow_http || config.allow_private;
    const bool known_scheme = parts->scheme == "https" || (http_allowed && parts->scheme == "http");
    checks.require(known_scheme, "/url", "scheme_not_allowed", "Send a URL that begins with https://.");
    checks.require(!parts->has_credentials, "/url", "credentials_not_allowed",
                   "Leave user and password out; check the signature of the calls instead.");
    checks.require(!parts->has_fragment, "/url", "fragment_not_allowed", "Leave out what follows #.");
    const auto literal = net::literal_address(parts->host);
    const bool local_name = parts->host == "localhost" || parts->host.ends_with(".localhost");
    const bool inside = local_name || (literal && !net::is_public(*literal));
    checks.require(config.allow_private || !inside, "/url", "address_not_public",
                   "Send a URL on the public internet; this address is private or reserved.");
    return checks.result();
}

}   // namespace caddy::webhooks
