#pragma once
// The table of routes: method, pattern, who may call, handler. Filled once before serving, then only read.
#include "core/access.hpp"
#include "platform/http/request.hpp"
#include "platform/http/response.hpp"
#include "platform/runtime/task.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace caddy::http {

using Handler = std::function<Task<Result<Response>>(Request&)>;

/// A handler function and the services it works with: `bind(add_line, carts)`.
template <class... Services>
Handler bind(Task<Result<Response>> (*handler)(Request&, Services&...), std::type_identity_t<Services>&... services) {
    return [handler, &services...](Request& request) { return handler(request, services...); };
}

/// Which counter of the rate limiter a route draws from, beside the global one.
enum class Tier { none, api, auth };

/// Where the body of a request is put before the handler is called.
enum class Body {
    memory,    // request.body
    spooled,   // a temporary file, request.upload: for what is large
};

/// What makes the answer of a GET the same for everybody who asks for the same, so that it may be kept and given again
/// without the handler. See platform/cache, which does that.
struct Caching {
    std::string name;                       // in metrics and keys: `catalog.product`
    /// The query parameters that the handler knows. A request with any other goes to the handler.
    std::vector<std::string> query{};
    /// What the answer is made from; `{name}` is the route's parameter: `product:{product}`. It is dropped once an
    /// event that moves one of them was committed.
    std::vector<std::string> tags{};
    /// The same for an answer that does not say which things it shows (Response::parts): any of them may have changed.
    std::vector<std::string> tags_of_any_part{};
    /// How long it is given as it is when nothing is heard of a change; then it is made anew.
    std::chrono::milliseconds fresh{30'000};
    /// The same for "there is no such thing".
    std::chrono::milliseconds absent{5'000};
};

struct Route {
    std::string method;
    std::string pattern;   // `/api/v1/carts/{cart}/lines/{line}`; a last `{name*}` takes the rest of the path, which
                           // may be empty
    Access access = Access::anyone;
    Tier tier = Tier::api;
    Permission permission = Permission::none;   // beside Access::staff
    Handler handler;
    std::chrono::milliseconds time_limit{0};   // 0: the server's; at most 120 s
    std::size_t body_limit = 0;                // 0: the server's
    Body body = Body::memory;
    std::optional<Caching> caching{};   // GET for anyone only
    /// Asked before the handler, where set: an answer that needs no waiting, or nothing.
    std::function<std::optional<Response>(const Request&)> at_once{};
};

class Router {
public:
    Router();
    ~Router();
    Router(Router&&) noexcept;
    Router& operator=(Router&&) noexcept;

    /// The row that was added, so that a route may say more: `r.post(…).body_limit = …`.
    Route& get(std::string pattern, Access, Handler);   // answers HEAD too
    Route& post(std::string pattern, Access, Handler);
    Route& put(std::string pattern, Access, Handler);
    Route& patch(std::string pattern, Access, Handler);
    Route& remove(std::string pattern, Access, Handler);

    /// The route for a method and a decoded path, with the path's parameters put into `request.parameters`. A literal
    /// segment goes before a parameter, a parameter before a rest.
    struct Match {
        const Route* route = nullptr;   // null: nothing here (`allow` is empty), or not by this method
        std::string allow;              // what a 405 or an OPTIONS answers
    };
    Match match(Request& request) const;

    /// The methods of a path, as `Allow` lists them; empty when there is nothing.
    std::string allow(std::string_view path) const;

    /// Every row, in the order of their addition.
    std::vector<const Route*> list() const;
    /// The same before serving, for what works on all routes.
    std::vector<Route*> rows();

private:
    struct Table;
    Route& add(std::string method, std::string pattern, Access, Handler);
    std::unique_ptr<Table> table_;
};

}  // namespace caddy::http
