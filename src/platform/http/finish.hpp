#pragma once
// The last steps of every answer: validators, compression, the headers that all answers carry, and the bytes.
#include "platform/http/compress.hpp"
#include "platform/http/request.hpp"
#include "platform/http/response.hpp"
#include "platform/http/server_config.hpp"
#include "platform/limit/limit.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace caddy::http {

/// What an answer gets besides what its handler said.
struct Ending {
    const Request& request;
    const ServerConfig& config;
    std::string_view date;
    const std::optional<limit::Decision>& limits;
    bool is_http_1_0 = false;
    bool closes = false;
};

/// Ready to be written: a head, and a body that is its own or shared.
struct WireAnswer {
    int status = 0;
    bool closes = false;
    std::string head{};
    std::string own_body{};
    std::shared_ptr<const Prepared> prepared{};
    const std::string* shared_body = nullptr;   // inside `prepared`
    PieceSource rest{};                         // what follows `own_body`
    enum class Framing { counted, chunked, until_close } framing = Framing::counted;
    bool gzips = false;                         // the body is still to be compressed, piece by piece
    std::size_t bytes_streamed = 0;

    std::string_view body() const { return shared_body ? std::string_view(*shared_body) : std::string_view(own_body); }
};

WireAnswer finish(Response, const Ending&);

/// Which form of a body goes out, and under which entity tag.
struct Form {
    Encoding encoding = Encoding::identity;
    bool varies = false;
    std::string etag{};   // without quotes, of this form
};
/// The form in this coding of a body that is there as a whole.
Form form_in(const Response&, Encoding);
/// True when the body goes out compressed to whoever wants that.
bool has_codings(const Response&, const ServerConfig&);
const std::string& body_in(const Prepared&, Encoding);
bool may_have_body(int status);

/// The status line, and the lines that are the same whenever the same is answered in this form; without Content-Length.
void put_fixed(std::string& head, int status, const Response&, const Form&, const ServerConfig&);
/// `RateLimit-Policy` and `RateLimit`.
void put_limits(std::string& head, const limit::Decision&);

/// True when `If-None-Match` names the entity tag (without quotes), compared weakly (RFC 9110, section 13.1.2).
bool matches_none_match(std::string_view header, std::string_view etag);

/// `If-Match` without the marks that `finish` puts into the tags of compressed forms, as handlers compare it.
std::string without_encoding_marks(std::string_view if_match);

/// True when the origin is on the allow-list.
bool allows_origin(const ServerConfig&, std::string_view origin);

}  // namespace caddy::http
