// The wire: bodies in, answers out, through the routes as the program has them.
#include "platform/http/router.hpp"
#include "platform/idempotency/idempotency.hpp"
#include "shop/shop_modules.hpp"
#include "tests/support/cart_fixture.hpp"

namespace caddy::cart {
namespace {

class CartRoutes : public CartFixture {
protected:
    CartRoutes() { routes(router_, carts_, ledger_); }

    using Headers = std::vector<std::pair<std::string, std::string>>;

    Result<http::Response> send(std::string method, std::string path, std::string body = "", Headers headers = {},
                                std::int64_t user = 0) {
        http::Request request;
        request.ctx = context(user);
        request.method = std::move(method);
        const auto mark = path.find("?cart=");
        if (mark != std::string::npos) request.query = {{"cart", path.substr(mark + 6)}};
        request.path = path.substr(0, mark);
        request.body = std::move(body);
        request.headers = std::move(headers);
        request.headers.emplace_back("content-type", "application/json");
        const auto match = router_.match(request);
        EXPECT_NE(match.route, nullptr) << request.path;
        request.ctx.route = match.route->pattern;
        return db_.run(match.route->handler(request));
    }
    /// A member of an answer, by its pointer.
    static std::string member(const http::Response& response, std::string_view pointer) {
        auto document = json::parse(response.body).value();
        const auto* at = &document;
        while (!pointer.empty() && at) {
            pointer.remove_prefix(1);
            const auto name = pointer.substr(0, pointer.find('/'));
            const auto* list = std::get_if<json::Array>(&at->data);
            at = list ? &list->at(std::stoul(std::string(name))) : at->find(name);
            pointer.remove_prefix(name.size());
        }
        std::string text = "absent";
        if (!at) return text;
        text.clear();
        json::write_value(text, *at);
        return text;
    }
    static std::string bare(std::string text) { return text.substr(1, text.size() - 2); }

    idempotency::Ledger ledger_{db_.database(), {}};
    http::Router router_;
};

TEST_F(CartRoutes, a_guest_shops_by_token) {
    const auto pot = product("pot", 5'999, 10);

    const auto opened = send("POST", "/api/v1/carts").value();
    EXPECT_EQ(opened.status, 201);
    const auto id = bare(member(opened, "/id")), token = bare(member(opened, "/token"));
    EXPECT_EQ(opened.headers.back(), (std::pair<std::string, std::string>{"X-Cart-Token", token}));
    const auto path = "/api/v1/carts/" + id;
    const Headers mine{{"x-cart-token", token}};
    EXPECT_EQ(send("GET", path).error().code, "cart.not_found");

    const auto added = send("POST", path + "/lines", R"({"variant_id":")" + pot.text() + R"(","quantity":2})", mine);
    EXPECT_EQ(added->status, 201);
    EXPECT_EQ(member(*added, "/totals/total"), R"({"amount_minor":11998,"currency":"CNY","exponent":2})");
    const auto line = path + "/lines/" + bare(member(*added, "/lines/0/id"));
    const auto changed = send("PATCH", line, R"({"quantity":1})", mine);
    EXPECT_EQ(changed->status, 200);
    EXPECT_EQ(member(*changed, "/lines/0/quantity"), "1");
    const auto removed = send("DELETE", line, "", mine);
    EXPECT_EQ(member(*removed, "/lines"), "[]");
    EXPECT_EQ(member(send("GET", path, "", mine).value(), "/version"), "4");
}

TEST_F(CartRoutes, a_change_leaves_what_is_absent_and_clears_what_is_null) {
    const auto opened = send("POST", "/api/v1/carts", R"({"currency":"USD","email":"lin@example.com"})").value();
    const auto path = "/api/v1/carts/" + bare(member(opened, "/id"));
    const Headers mine{{"x-cart-token", bare(member(opened, "/token"))}};
    EXPECT_EQ(member(opened, "/currency"), R"("USD")");

    const auto changed =
        send("PATCH", path, R"({"shipping_address":{"name":"Lin","city":"Xiamen"},"note":"ring"})", mine).value();
    EXPECT_EQ(member(changed, "/email"), R"("lin@example.com")");
    EXPECT_EQ(member(changed, "/shipping_address/country"), R"("CN")");
    const auto cleared = send("PATCH", path, R"({"email":null,"shipping_address":null})", mine).value();
    EXPECT_EQ(member(cleared, "/email"), "null");
    EXPECT_EQ(member(cleared, "/shipping_address"), "null");
    EXPECT_EQ(member(cleared, "/note"), R"("ring")");

    const auto refused = send("PATCH", path, R"({"shipping_address":{"country":"China","town":"x"}})", mine);
    ASSERT_EQ(refused.error().fields.size(), 1U);
    EXPECT_EQ(refused.error().fields[0].pointer, "/shipping_address/town");
    EXPECT_EQ(send("PATCH", path, R"({"total":1})", mine).error().code, "request.invalid_field");
}

TEST_F(CartRoutes, the_ways_of_shipping_are_a_list) {
    const auto cart = open();
    const Headers mine{{"x-cart-token", cart.token}};

    const auto listed = send("GET", "/api/v1/shipping-methods?cart=" + cart.id.text(), "", mine).value();

    EXPECT_EQ(member(listed, "/data/0/code"), R"("standard")");
    EXPECT_EQ(member(listed, "/data/1/free_above"), "null");
    EXPECT_EQ(member(listed, "/page"), R"({"next":null,"limit":100})");
    EXPECT_EQ(send("GET", "/api/v1/shipping-methods?cart=nonsense", "", mine).error().code, "cart.not_found");
    EXPECT_EQ(send("GET", "/api/v1/shipping-methods", "", mine).error().fields.at(0).pointer, "query:cart");
}

TEST_F(CartRoutes, a_claim_shows_the_cart_without_a_token_and_what_became_of_it) {
    const auto pot = product("pot", 100, 2);
    const auto own = add(open(5), pot, 2, 5).value();
    const auto basket = add(open(), pot, 1).value();

    const auto claimed =
        send("POST", "/api/v1/carts/" + basket.id.text() + "/claim", "", {{"x-cart-token", basket.token}}, 5).value();

    EXPECT_EQ(claimed.status, 200);
    EXPECT_EQ(bare(member(claimed, "/id")), own.id.text());
    EXPECT_EQ(member(claimed, "/token"), "null");
    EXPECT_EQ(bare(member(claimed, "/claim/merged_from")), basket.id.text());
    EXPECT_EQ(member(claimed, "/claim/clamped/0/quantity"), "2");
}

TEST_F(CartRoutes, the_same_key_adds_once) {
    const auto pot = product("pot", 100, 10);
    const auto cart = open();
    const Headers keyed{{"x-cart-token", cart.token}, {"idempotency-key", "add-the-pot"}};
    const auto path = "/api/v1/carts/" + cart.id.text() + "/lines";
    const auto body = R"({"variant_id":")" + pot.text() + R"(","quantity":2})";

    const auto first = send("POST", path, body, keyed).value();
    const auto again = send("POST", path, body, keyed).value();

    EXPECT_EQ(again.body, first.body);
    EXPECT_EQ(show(cart, guest(cart)).value().lines.at(0).quantity, 2);
}

TEST_F(CartRoutes, a_reply_that_was_lost_is_made_again_from_what_was_written) {
    const Headers keyed{{"idempotency-key", "open-a-cart"}};
    const auto opened = send("POST", "/api/v1/carts", "{}", keyed).value();
    db_.execute("UPDATE idempotency_keys SET phase = 'made'");

    const auto resumed = send("POST", "/api/v1/carts", "{}", keyed).value();

    EXPECT_EQ(resumed.status, 201);
    EXPECT_EQ(member(resumed, "/id"), member(opened, "/id"));
    EXPECT_EQ(member(resumed, "/token"), member(opened, "/token"));
    EXPECT_EQ(db_.count("SELECT COUNT(*) FROM carts"), 1);
}

}  // namespace
}  // namespace caddy::cart
