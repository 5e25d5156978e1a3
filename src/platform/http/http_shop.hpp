#pragma once
// The routes that the tests of the edge talk to.
#include "platform/http/http_test_support.hpp"
#include "platform/http/problem.hpp"

#include <boost/describe.hpp>

#include <atomic>
#include <stdexcept>

namespace caddy::http::testing {

struct Echo {
    std::string text;
};
BOOST_DESCRIBE_STRUCT(Echo, (), (text))
struct Caller {
    std::string client, request_id;
    std::int64_t user = 0;
};
BOOST_DESCRIBE_STRUCT(Caller, (), (client, request_id, user))

inline Task<Result<Response>> say_hello(Request&) {
    co_return ok(Echo{"hello"}).with("Cache-Control", "public, max-age=5");
}
inline Task<Result<Response>> echo_raw(Request& request) {
    Response response;
    response.content_type = "text/plain";
    response.body = request.body;
    co_return response;
}
inline Task<Result<Response>> echo_json(Request& request) {
    CADDY_CO_TRY(const auto body, request.json<Echo>());
    co_return created(body);
}
inline Task<Result<Response>> say_who(Request& request) {
    co_return ok(Caller{request.ctx.client, request.ctx.request_id, request.ctx.principal.user});
}
inline Task<Result<Response>> say_much(Request&) { co_return ok(Echo{std::string(5000, 'a') + "茶"}); }
inline std::atomic<int> waits_begun = 0;   // of the two below
inline Task<Result<Response>> answer_slowly(Request&) {
    ++waits_begun;
    co_await pause(std::chrono::milliseconds(300));
    co_return ok(Echo{"slow"});
}
inline Task<Result<Response>> answer_never(Request&) {
    ++waits_begun;
    co_await pause(std::chrono::hours(1));
    co_return ok(Echo{"never"});
}
inline Task<Result<Response>> break_down(Request&) {
    throw std::runtime_error("secret inside");
    co_return no_content();
}
inline Task<Result<Response>> forge_header(Request&) { co_return ok(Echo{"x"}).with("X-Bad", "a\r\nX-Evil: 1"); }
inline Task<Result<Response>> show_version(Request& request) {
    auto response = ok(Echo{std::string(2000, 'v')});
    response.etag = "v7";
    if (const auto match = request.header("if-match")) response.with("X-Saw", std::string(*match));
    co_return response;
}

inline Router test_routes() {
    Router router;
    router.get("/hello", Access::anyone, say_hello);
    router.get("/who", Access::anyone, say_who);
    router.get("/staff", Access::staff, say_who);
    router.get("/me", Access::customer, say_who);
    router.get("/much", Access::anyone, say_much);
    router.get("/version", Access::anyone, show_version);
    router.get("/slow", Access::anyone, answer_slowly);
    router.get("/late", Access::anyone, answer_never).time_limit = std::chrono::milliseconds(100);
    router.get("/never", Access::anyone, answer_never);
    router.get("/fault", Access::anyone, break_down);
    router.get("/forged", Access::anyone, forge_header);
    router.get("/probe", Access::anyone, say_hello).tier = Tier::none;
    router.get("/things/{id}", Access::anyone, say_hello);
    router.post("/echo", Access::anyone, echo_raw);
    router.post("/json", Access::anyone, echo_json);
    router.post("/login", Access::anyone, say_who).tier = Tier::auth;
    router.post("/staff", Access::staff, echo_raw);
    router.post("/big", Access::anyone, echo_raw).body_limit = 200'000;
    return router;
}

inline Task<Result<Principal>> know(const Context&, std::string_view token) {
    if (token == "alice") co_return Principal{1, 1, Role::customer};
    if (token == "bob") co_return Principal{2, 2, Role::staff};
    if (token == "broken") throw std::runtime_error("the key store is gone");
    co_return Error{ErrorKind::unauthenticated, "identity.token_invalid", "Sign in again."};
}

/// A running server with the routes above.
struct Shop {
    explicit Shop(const ServerConfig& config = {}, limit::RateLimiter* limiter = nullptr)
        : server(config, {.router = router,
                          .clock = clock,
                          .authenticate = know,
                          .limiter = limiter,
                          .observe = [this](const Finished& finished) {
                              last_status = finished.status;
                              last_bytes_in = finished.bytes_in;
                          }}) {}
    std::uint16_t port() const { return server.port(); }
    Answer ask(const std::string& raw) {
        return Client(port()).send(raw).receive(raw.starts_with("HEAD ") ? Payload::none : Payload::expected);
    }
    Answer get(const std::string& target, const std::string& headers = "") {
        return ask("GET " + target + " HTTP/1.1\r\nHost: shop\r\n" + headers + "\r\n");
    }

    SystemClock clock;
    Router router = test_routes();
    std::atomic<int> last_status = 0;
    std::atomic<std::size_t> last_bytes_in = 0;
    RunningServer server;
};

}  // namespace caddy::http::testing
