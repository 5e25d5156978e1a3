#include "platform/http/finish.hpp"

#include "platform/crypto/digest.hpp"
#include "platform/http/chars.hpp"
#include "platform/http/compress.hpp"
#include "platform/http/head.hpp"
#include "platform/telemetry/log.hpp"

#include <algorithm>

namespace caddy::http {

namespace {

constexpr std::string_view exposed_headers =
    "ETag, Location, Retry-After, RateLimit, RateLimit-Policy, X-Request-Id, Idempotent-Replayed";

bool has_header(const Response& response, std::string_view lower_name) {
    return std::any_of(response.headers.begin(), response.headers.end(),
                       [&](const auto& header) { return is_named(header.first, lower_name); });
}

void put(std::string& head, std::string_view name, std::string_view value) {
    using namespace std::string_view_literals;   // whose lengths nobody has to count
    head.append(name).append(": "sv).append(value).append("\r\n"sv);
}

/// What is true of this moment and this caller only.
void put_moment(std::string& head, const Ending& ending, bool closes) {
    put(head, "Date", ending.date);
    put(head, "X-Request-Id", ending.request.ctx.request_id);
    if (ending.limits) put_limits(head, *ending.limits);
    if (closes)
        put(head, "Connection", "close");
    else if (ending.is_http_1_0)
        put(head, "Connection", "keep-alive");
    const auto origin = ending.request.header("origin");
    if (!origin || !allows_origin(ending.config, *origin)) return;
    put(head, "Access-Control-Allow-Origin", *origin);
    put(head, "Access-Control-Expose-Headers", exposed_headers);
}

void put_common(std::string& head, const Response& response, const ServerConfig& config) {
    put(head, "X-Content-Type-Options", "nosniff");
    put(head, "Referrer-Policy", "no-referrer");
    if (!has_header(response, "content-security-policy"))
        put(head, "Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
    if (!has_header(response, "cache-control")) put(head, "Cache-Control", "no-store");
    if (config.hsts_max_age_s > 0)
        put(head, "Strict-Transport-Security", "max-age=" + std::to_string(config.hsts_max_age_s));
}

void put_own(std::string& head, const Response& response, std::string& vary) {
    for (const auto& [name, value] : response.headers) {
        if (is_named(name, "vary")) {
            vary.append(vary.empty() ? "" : ", ").append(value);
            continue;
        }
        // A value that could end its own line would write headers of its own.
        if (is_value(value) && std::all_of(name.begin(), name.end(), is_token_char))
            put(head, name, value);
        else
            log::error("http.unsafe_header", {{"name", is_value(name) ? std::string_view(name) : "?"}});
    }
}

/// What comes in pieces is compressed as it goes, and whatever its size.
Form form_of_pieces(const Response& response, std::string_view accept_encoding) {
    Form form{.etag = response.etag};
    if (!is_compressible(response.content_type) || has_header(response, "content-encoding")) return form;
    form.varies = true;
    if (!takes_gzip(accept_encoding)) return form;
    form.encoding = Encoding::gzip;
    if (!form.etag.empty()) form.etag.append("-gzip");
    return form;
}

Form choose_form(Response& response, const Ending& ending) {
    const bool reads = ending.request.method == "GET" || ending.request.method == "HEAD";
    const auto accepted = ending.request.header("accept-encoding").value_or("");
    if (response.prepared && response.etag.empty()) response.etag = response.prepared->etag;
    if (response.rest) return form_of_pieces(response, accepted);
    const auto& identity = response.prepared ? response.prepared->identity : response.body;
    if (reads && response.status == 200 && response.etag.empty())
        response.etag = crypto::sha256_hex(identity).substr(0, 32);
    if (!has_codings(response, ending.config)) return Form{.etag = response.etag};
    return form_in(response, negotiate(accepted));
}

void take_body(WireAnswer& answer, Response& response, Encoding encoding) {
    if (response.prepared) {
        answer.prepared = response.prepared;
        answer.shared_body = &body_in(*answer.prepared, encoding);
        return;
    }
    if (response.rest) {
        answer.own_body = std::move(response.body);
        answer.rest = std::move(response.rest);
        answer.gzips = encoding == Encoding::gzip;
        return;
    }
    answer.own_body = encoding == Encoding::identity ? std::move(response.body) : compressed(encoding, response.body);
}

void drop_body(WireAnswer& answer) {
    answer.own_body.clear();
    answer.shared_body = nullptr;
    answer.rest = nullptr;
}

void put_framing(std::string& head, WireAnswer& answer, const Ending& ending) {
    if (!answer.rest) return put(head, "Content-Length", std::to_string(answer.body().size()));
    answer.framing = ending.is_http_1_0 ? WireAnswer::Framing::until_close : WireAnswer::Framing::chunked;
    if (!ending.is_http_1_0) put(head, "Transfer-Encoding", "chunked");
}

/// The tag of one member of If-None-Match, without weakness mark and quotes.
std::string_view opaque_tag(std::string_view member) {
    if (member.starts_with("W/")) member.remove_prefix(2);
    if (member.size() < 2 || member.front() != '"' || member.back() != '"') return {};
    return member.substr(1, member.size() - 2);
}

/// Entity tags may hold commas, so the list is cut at those outside quotes.
std::vector<std::string_view> tag_members(std::string_view list) {
    std::vector<std::string_view> members;
    std::size_t begin = 0;
    bool quoted = false;
    for (std::size_t i = 0; i <= list.size(); ++i) {
        if (i < list.size() && list[i] == '"') quoted = !quoted;
        if (i < list.size() && (list[i] != ',' || quoted)) continue;
        if (const auto member = without_blanks(list.substr(begin, i - begin)); !member.empty())
            members.push_back(member);
        begin = i + 1;
    }
    return members;
}

}  // namespace

Form form_in(const Response& response, Encoding encoding) {
    Form form{.varies = true, .etag = response.etag};
    form.encoding = encoding;
    if (encoding != Encoding::identity && !form.etag.empty()) form.etag.append("-").append(encoding_name(encoding));
    return form;
}

bool has_codings(const Response& response, const ServerConfig& config) {
    if (has_header(response, "content-encoding")) return false;
    if (response.prepared) return !response.prepared->gzip.empty();
    return response.body.size() >= static_cast<std::size_t>(config.compress_bytes_min) &&
           is_compressible(response.content_type);
}

const std::string& body_in(const Prepared& kept, Encoding encoding) {
    return encoding == Encoding::gzip ? kept.gzip : encoding == Encoding::brotli ? kept.brotli : kept.identity;
}

bool may_have_body(int status) { return status >= 200 && status != 204 && status != 304; }

void put_fixed(std::string& head, int status, const Response& response, const Form& form, const ServerConfig& config) {
    head.append("HTTP/1.1 ").append(std::to_string(status)).append(" ").append(reason_phrase(status)).append("\r\n");
    put_common(head, response, config);
    std::string vary = form.varies ? "Accept-Encoding" : "";
    if (!config.cors_origins.empty()) vary.append(vary.empty() ? "Origin" : ", Origin");
    put_own(head, response, vary);
    if (!vary.empty()) put(head, "Vary", vary);
    if (!form.etag.empty()) put(head, "ETag", "\"" + form.etag + "\"");
    if (!may_have_body(status)) return;
    if (!response.content_type.empty()) put(head, "Content-Type", response.content_type);
    if (form.encoding != Encoding::identity) put(head, "Content-Encoding", encoding_name(form.encoding));
}

void put_limits(std::string& head, const limit::Decision& limits) {
    head.append("RateLimit-Policy: ");
    limits.write_policy(head);
    head.append("\r\nRateLimit: ");
    limits.write_limit(head);
    head.append("\r\n");
}

WireAnswer finish(Response response, const Ending& ending) {
    const bool reads = ending.request.method == "GET" || ending.request.method == "HEAD";
    const auto form = choose_form(response, ending);
    const auto none_match = ending.request.header("if-none-match");
    if (reads && response.status == 200 && none_match && matches_none_match(*none_match, form.etag))
        response.status = 304;
    const bool until_close = response.rest && ending.is_http_1_0 && may_have_body(response.status);
    WireAnswer answer{.status = response.status, .closes = ending.closes || until_close};
    if (may_have_body(answer.status)) take_body(answer, response, form.encoding);

    auto& head = answer.head;
    head.reserve(768);
    put_fixed(head, answer.status, response, form, ending.config);
    if (may_have_body(answer.status)) put_framing(head, answer, ending);
    put_moment(head, ending, answer.closes);
    head.append("\r\n");
    if (ending.request.method == "HEAD") drop_body(answer);
    return answer;
}

bool matches_none_match(std::string_view header, std::string_view etag) {
    if (without_blanks(header) == "*") return true;
    if (etag.empty()) return false;
    for (const auto member : tag_members(header)) {
        if (opaque_tag(member) == etag) return true;
    }
    return false;
}

std::string without_encoding_marks(std::string_view if_match) {
    std::string plain;
    for (const auto member : tag_members(if_match)) {
        auto tag = std::string(member);
        for (const std::string_view mark : {"-gzip\"", "-br\""}) {
            if (tag.ends_with(mark)) tag.replace(tag.size() - mark.size(), mark.size(), "\"");
        }
        plain.append(plain.empty() ? "" : ", ").append(tag);
    }
    return plain;
}

bool allows_origin(const ServerConfig& config, std::string_view origin) {
    return std::find(config.cors_origins.begin(), config.cors_origins.end(), origin) != config.cors_origins.end();
}

}  // namespace caddy::http
