#pragma once
// A request as a handler sees it: parsed once, decoded on demand, with refusals that name what is wrong.
#include "core/page.hpp"
#include "core/result.hpp"
#include "platform/http/upload.hpp"
#include "platform/json/decode.hpp"
#include "platform/runtime/context.hpp"

#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace caddy::http {

class Request {
public:
    Context ctx;
    std::string method;
    std::string target;  // as it came, the query included
    std::string path;    // percent-decoded and normalised once; never contains `..`
    std::string body;    // empty where `upload` is set
    /// The body, where the route says Body::spooled: there also when nothing was sent. Null on every other route.
    std::shared_ptr<const Upload> upload;
    std::vector<std::pair<std::string, std::string>> headers;      // names in lower case
    std::vector<std::pair<std::string, std::string>> query;        // decoded, in order
    std::vector<std::pair<std::string, std::string>> parameters;   // `{name}`s of the route

    /// The value of a header, by its name in lower case.
    std::optional<std::string_view> header(std::string_view name) const;

    /// The `{name}` of the route. REQUIRES: the route has it.
    const std::string& path_text(std::string_view name) const;

    /// The `{name}` of the route as an id. Refuses: request.not_found (404) when no such id can exist
    template <class IdType>
    Result<IdType> path_id(std::string_view name) const {
        if (const auto id = IdType::parse(path_text(name))) return *id;
        return no_such_id();
    }

    /// A query parameter. Refuses: request.repeated_parameter (400)
    Result<std::optional<std::string>> query_text(std::string_view name) const;

    /// As an integer within bounds. Refuses: request.invalid_field (422), request.repeated_parameter (400)
    Result<std::optional<std::int64_t>> query_integer(std::string_view name, std::int64_t min, std::int64_t max) const;

    /// Refuses: request.unknown_parameter (400) when the query has another parameter than these
    Result<void> allow_query(std::initializer_list<std::string_view> names) const;

    /// `limit`, `cursor`, `count=exact`. Refuses: request.invalid_field (422)
    Result<PageRequest> page() const;

    /// The body as a described struct. An empty body reads as `{}`.
    ///
    /// Refuses: request.not_json (415), and what json::from_json refuses
    template <class T>
    Result<T> json() const {
        CADDY_TRY(require_json());
        return json::from_json<T>(body.empty() ? std::string_view("{}") : std::string_view(body));
    }

private:
    Result<void> require_json() const;
    static Error no_such_id();
};

}  // namespace caddy::http
