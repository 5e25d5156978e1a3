#include "platform/http/problem.hpp"
#include "platform/http/router.hpp"
#include "platform/json/more.hpp"
#include "platform/runtime/fault.hpp"

#include <gtest/gtest.h>

namespace caddy::http {
namespace {

Handler nothing() {
    return [](Request&) -> Task<Result<Response>> { co_return no_content(); };
}

Router shop_routes() {
    Router router;
    router.get("/", Access::anyone, nothing());
    router.get("/api/carts/{cart}", Access::anyone, nothing());
    router.patch("/api/carts/{id}", Access::anyone, nothing());
    router.post("/api/carts", Access::anyone, nothing());
    router.get("/api/carts/mine", Access::anyone, nothing());
    router.remove("/api/carts/{cart}/lines/{line}", Access::anyone, nothing());
    router.get("/docs/{file*}", Access::anyone, nothing());
    router.get("/docs/index", Access::anyone, nothing());
    return router;
}

struct Found {
    std::string pattern, allow;
    std::vector<std::pair<std::string, std::string>> parameters;
};
Found find(const Router& router, std::string method, std::string path) {
    Request request;
    request.method = std::move(method);
    request.path = std::move(path);
    const auto match = router.match(request);
    return {match.route ? match.route->pattern : "", match.allow, request.parameters};
}

TEST(Router, finds_the_route_of_a_path_and_names_its_parameters) {
    const auto router = shop_routes();
    const struct {
        const char* method;
        const char* path;
        const char* pattern;
        std::size_t parameters;
    } cases[] = {{"GET", "/", "/", 0},
                 {"GET", "/api/carts/c1", "/api/carts/{cart}", 1},
                 {"HEAD", "/api/carts/c1", "/api/carts/{cart}", 1},
                 {"PATCH", "/api/carts/c1", "/api/carts/{id}", 1},
                 {"DELETE", "/api/carts/c1/lines/l2", "/api/carts/{cart}/lines/{line}", 2},
                 {"GET", "/api/carts/mine", "/api/carts/mine", 0},
                 {"DELETE", "/api/carts/mine/lines/l2", "/api/carts/{cart}/lines/{line}", 2},
                 {"GET", "/docs/a/b.css", "/docs/{file*}", 1},
                 {"GET", "/docs/", "/docs/{file*}", 1},
                 {"GET", "/docs/index", "/docs/index", 0}};
    for (const auto& c : cases) {
        const auto found = find(router, c.method, c.path);
        EXPECT_EQ(found.pattern, c.pattern) << c.path;
        EXPECT_EQ(found.parameters.size(), c.parameters) << c.path;
    }
    const auto two = find(router, "DELETE", "/api/carts/c1/lines/l2").parameters;
    EXPECT_EQ(two, (std::vector<std::pair<std::string, std::string>>{{"cart", "c1"}, {"line", "l2"}}));
    EXPECT_EQ(find(router, "GET", "/docs/a/b.css").parameters.at(0).second, "a/b.css");
}

TEST(Router, knows_nothing_of_other_paths) {
    const auto router = shop_routes();
    for (const auto* path :
         {"/api", "/api/carts/", "/api//carts", "/api/carts/c1/", "/api/carts/c1/lines", "/docs", "", "api"}) {
        const auto found = find(router, "GET", path);
        EXPECT_TRUE(found.pattern.empty() && found.allow.empty()) << path;
    }
}

TEST(Router, lists_the_methods_of_a_path) {
    const auto router = shop_routes();
    EXPECT_EQ(find(router, "PUT", "/api/carts/c1").allow, "GET, HEAD, PATCH, OPTIONS");
    EXPECT_EQ(router.allow("/api/carts"), "POST, OPTIONS");
    EXPECT_EQ(router.allow("/nowhere"), "");
}

TEST(RouterDeathTest, two_rows_of_one_shape_are_a_bug) {
    auto router = shop_routes();
    EXPECT_DEATH(router.get("/api/carts/{other}", Access::anyone, nothing()), "assertion failed");
}

TEST(Router, keeps_what_a_row_says_more) {
    Router router;
    router.post("/big", Access::admin, nothing()).body_limit = 64;
    EXPECT_EQ(router.list().at(0)->body_limit, 64U);
    EXPECT_EQ(router.list().at(0)->access, Access::admin);
}

Request with_query(std::vector<std::pair<std::string, std::string>> query) {
    Request request;
    request.query = std::move(query);
    return request;
}

TEST(Query, reads_integers_in_bounds_and_refuses_the_rest) {
    EXPECT_EQ(with_query({{"n", "7"}}).query_integer("n", 1, 9).value(), 7);
    EXPECT_FALSE(with_query({}).query_integer("n", 1, 9).value());
    for (const auto* text : {"", "0", "10", "1.0", " 1", "1 ", "+1", "1e1", "99999999999999999999", "x"}) {
        const auto refused = with_query({{"n", text}}).query_integer("n", 1, 9);
        ASSERT_TRUE(refused.has_error()) << text;
        EXPECT_EQ(refused.error().fields.at(0).pointer, "query:n");
    }
    EXPECT_EQ(with_query({{"n", "1"}, {"n", "1"}}).query_text("n").error().code, "request.repeated_parameter");
    EXPECT_EQ(with_query({{"m", "1"}}).allow_query({"n"}).error().code, "request.unknown_parameter");
}

TEST(Query, reads_the_paging_of_a_list) {
    const auto page = with_query({{"limit", "100"}, {"cursor", "abc"}, {"count", "exact"}}).page().value();
    EXPECT_EQ(page.limit, 100);
    EXPECT_EQ(page.cursor, "abc");
    EXPECT_TRUE(page.count);
    EXPECT_EQ(with_query({}).page().value().limit, page_limit_default);
    for (const auto& [name, value] : std::vector<std::pair<std::string, std::string>>{
             {"limit", "0"}, {"limit", "101"}, {"cursor", ""}, {"cursor", std::string(1025, 'x')}, {"count", "yes"}}) {
        EXPECT_EQ(with_query({{name, value}}).page().error().kind, ErrorKind::invalid) << name;
    }
}

struct Empty {};
BOOST_DESCRIBE_STRUCT(Empty, (), ())

TEST(JsonBody, is_taken_as_json_and_as_nothing_else) {
    Request request;
    EXPECT_TRUE(request.json<Empty>().has_value());
    request.body = "{}";
    EXPECT_EQ(request.json<Empty>().error().code, "request.not_json");
    for (const auto* type : {"application/json", "Application/JSON; charset=UTF-8", "application/merge-patch+json"}) {
        request.headers = {{"content-type", type}};
        EXPECT_TRUE(request.json<Empty>().has_value()) << type;
    }
    for (const auto* type : {"text/plain", "application/jsonp", "application/json; charset=gbk", ""}) {
        request.headers = {{"content-type", type}};
        EXPECT_EQ(request.json<Empty>().error().code, "request.not_json") << type;
    }
}

struct Left {
    int units = 0;
};
BOOST_DESCRIBE_STRUCT(Left, (), (units))

TEST(Problem, renders_every_member_and_what_the_feature_adds) {
    Context context;
    context.request_id = "req-12345678";
    Error error{ErrorKind::conflict, "inventory.insufficient", "Too few.", {{"/lines/0", "too_few", "Take fewer."}}};
    error.more = json::more(Left{3});
    error.retry_after = std::chrono::seconds(7);

    const auto response = problem(error, context, "/api/v1/茶");

    EXPECT_EQ(response.status, 409);
    EXPECT_EQ(response.content_type, "application/problem+json");
    EXPECT_EQ(
        response.body,
        R"({"type":"/docs/errors#inventory.insufficient","title":"Conflict","status":409,"detail":"Too few.",)"
        R"("instance":"/api/v1/%E8%8C%B6","code":"inventory.insufficient",)"
        R"("errors":[{"pointer":"/lines/0","code":"too_few","message":"Take fewer."}],"request_id":"req-12345678",)"
        R"("retryable":true,"units":3})");
    EXPECT_EQ(response.headers.at(0), (std::pair<std::string, std::string>{"Retry-After", "7"}));
}

TEST(Problem, says_nothing_of_a_faults_inside) {
    const Context context;
    const auto broken = problem(std::runtime_error("password=hunter2"), context, "/");
    const auto late = problem(DeadlineExceeded(), context, "/");

    EXPECT_EQ(broken.status, 500);
    EXPECT_EQ(broken.body.find("hunter2"), std::string::npos);
    EXPECT_EQ(late.status, 503);
    EXPECT_EQ(late.headers.at(0).first, "Retry-After");
}

}  // namespace
}  // namespace caddy::http
