#pragma once
// An answer, before the session adds what all answers carry (Date, request id, limits, ETag, compression).
#include "platform/json/encode.hpp"
#include "platform/runtime/task.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace caddy::http {

/// Bytes that are sent many times: hashed and compressed once, shared without a copy.
struct Prepared {
    std::string identity;
    std::string gzip;     // empty: not worth it
    std::string brotli;   // empty: not worth it
    std::string etag;     // of the identity form, without quotes
};
std::shared_ptr<const Prepared> prepare(std::string body, std::string_view content_type);

/// The next piece of a body, or nothing at its end.
///
/// It is asked for one piece at a time, when the one before has been taken by the caller's connection. It may refer to
/// the Request and its context, whose deadline begins anew with each piece, but not to the handler's own variables: the
/// handler has returned. What it throws before the first piece is answered like any fault; later the connection is cut
/// off, so that nobody takes a part for the whole. A caller who goes away ends it by destroying it.
using PieceSource = std::function<Task<std::optional<std::string>>()>;

struct Response {
    int status = 200;
    std::string body{};
    std::string content_type = "application/json";
    std::vector<std::pair<std::string, std::string>> headers{};
    /// Empty: a successful GET gets a strong one from its bytes. Without quotes.
    std::string etag{};
    /// Sent in place of `body` (and with its ETag) where set.
    std::shared_ptr<const Prepared> prepared{};
    /// The things that it shows, as tags: `product:prod_05a…`. Where it is kept (Caching) it is dropped with one of
    /// them, instead of with any.
    std::vector<std::string> parts{};
    /// Where set, `body` is only the beginning, and this brings the rest. Without an ETag of its own it has none.
    PieceSource rest{};

    Response& with(std::string name, std::string value) & {
        headers.emplace_back(std::move(name), std::move(value));
        return *this;
    }
    Response&& with(std::string name, std::string value) && {
        return std::move(with(std::move(name), std::move(value)));
    }
};

/// `Cache-Control` of a public read: fresh for `max_age` seconds, usable for ten times as long while it is renewed.
std::pair<std::string, std::string> public_for(int max_age_s);
/// `Cache-Control` of what belongs to one caller.
std::pair<std::string, std::string> private_no_store();

template <class T>
Response json_response(int status, const T& value) {
    Response response;
    response.status = status;
    json::write(response.body, value);
    return response;
}
template <class T>
Response ok(const T& value) {
    return json_response(200, value);
}
template <class T>
Response created(const T& value) {
    return json_response(201, value);
}
template <class T>
Response accepted(const T& value) {
    return json_response(202, value);
}
Response no_content();

/// `OK`, `Not Found`, …
std::string_view reason_phrase(int status);

}  // namespace caddy::http
