// The routes of checkout, orders and payments behind the real router and the real ledger of keys.
#include "platform/http/router.hpp"
#include "platform/idempotency/idempotency.hpp"
#include "platform/json/decode.hpp"
#include "platform/runtime/task_group.hpp"
#include "shop/shop_modules.hpp"
#include "tests/support/shop_world.hpp"

namespace caddy::checkout {
namespace {

using http::Request;
using http::Response;

struct Headers : std::vector<std::pair<std::string, std::string>> {
    using std::vector<std::pair<std::string, std::string>>::vector;
};

class Routes : public World {
protected:
    Routes() {
        checkout::routes(router_, checkout_, ledger_);
        orders::routes(router_, orders_);
        payments::routes(router_, payments_);
        payments::sandbox_routes(router_, sandbox_);
    }

    Request request(std::string method, std::string path, std::string body = "", Headers headers = {}) {
        Request made;
        made.ctx = context();
        made.method = std::move(method);
        made.path = std::move(path);
        made.body = std::move(body);
        made.headers = std::move(headers);
        if (!made.body.empty()) made.headers.emplace_back("content-type", "application/json");
        return made;
    }
    Result<Response> send(Request sent) {
        const auto match = router_.match(sent);
        EXPECT_NE(match.route, nullptr) << sent.path;
        sent.ctx.route = match.route->pattern;
        return db_.run(match.route->handler(sent));
    }
    Request checkout_of(const cart::Cart& cart, std::string key, std::string provider = "sandbox") {
        return request("POST", "/api/v1/carts/" + cart.id.text() + "/checkout",
                       R"({"payment_provider":")" + provider + "\"}",
                       {{"x-cart-token", cart.token}, {"idempotency-key", std::move(key)}});
    }
    static std::string header(const Response& response, std::string_view name) {
        for (const auto& [each, value] : response.headers) {
            if (each == name) return value;
        }
        return "";
    }
    static std::string member(const Response& response, std::string_view name) {
        const auto document = json::parse(response.body).value();
        const auto* value = document.find(name);
        return value ? std::get<std::string>(value->data) : "";
    }

    http::Router router_;
    idempotency::Ledger ledger_{db_.database(), idempotency::Config{}};
};

TEST_F(Routes, checkout_answers_with_the_order_its_place_and_its_token) {
    const auto cart = filled_cart(product("pot", 5'000, 10), 1);

    const auto answer = send(checkout_of(cart, "key-of-a-shopper")).value();

    EXPECT_EQ(answer.status, 201);
    EXPECT_EQ(header(answer, "Location"), "/api/v1/orders/" + member(answer, "id"));
    EXPECT_EQ(header(answer, "X-Order-Token"), member(answer, "token"));
    EXPECT_NE(answer.body.find(R"("type":"redirect")"), std::string::npos);
    const Headers proof{{"x-order-token", member(answer, "token")}};
    EXPECT_EQ(send(request("GET", header(answer, "Location"), "", proof)).value().body, answer.body);
    EXPECT_EQ(send(request("GET", header(answer, "Location"))).error().code, "orders.not_found");
}

TEST_F(Routes, the_same_key_gives_the_same_bytes_and_one_order) {
    const auto cart = filled_cart(product("pot", 5'000, 10), 1);
    const auto first = send(checkout_of(cart, "key-of-a-shopper")).value();

    const auto second = send(checkout_of(cart, "key-of-a-shopper")).value();

    EXPECT_EQ(second.status, 201);
    EXPECT_EQ(second.body, first.body);
    EXPECT_EQ(header(second, "Idempotent-Replayed"), "true");
    EXPECT_EQ(send(checkout_of(cart, "key-of-a-shopper", "manual")).error().code, "idempotency.key_reused");
    EXPECT_EQ(send(checkout_of(cart, "another-key-of-his")).error().code, "cart.closed");
    EXPECT_EQ(db_.count("SELECT COUNT(*) FROM orders"), 1);
}

TEST_F(Routes, money_is_not_moved_without_a_key) {
    auto sent = checkout_of(filled_cart(product("pot", 5'000, 10), 1), "key-of-a-shopper");
    sent.headers.erase(sent.headers.begin() + 1);

    EXPECT_EQ(send(std::move(sent)).error().code, "idempotency.key_required");
}

TEST_F(Routes, a_silent_provider_is_a_fault_and_the_same_key_goes_on_afterwards) {
    const auto cart = filled_cart(product("pot", 5'000, 10), 1);
    flaky_.away = true;
    EXPECT_THROW((void)send(checkout_of(cart, "key-of-a-shopper", "flaky")), Unavailable);
    EXPECT_THROW((void)send(checkout_of(cart, "key-of-a-shopper", "flaky")), Unavailable);

    flaky_.away = false;
    const auto answer = send(checkout_of(cart, "key-of-a-shopper", "flaky")).value();
    const auto again = send(checkout_of(cart, "key-of-a-shopper", "flaky")).value();

    EXPECT_EQ(answer.status, 201);
    EXPECT_NE(answer.body.find(R"("type":"redirect")"), std::string::npos);
    EXPECT_EQ(again.body, answer.body);
    EXPECT_EQ(db_.count("SELECT COUNT(*) FROM orders"), 1);
}

TEST_F(Routes, a_refused_checkout_leaves_its_key_unused) {
    const auto pot = product("pot", 5'000, 10);
    const auto cart = filled_cart(pot, 2);
    save(draft("pot", 6'000));
    EXPECT_EQ(send(checkout_of(cart, "key-of-a-shopper")).error().code, "checkout.price_changed");

    EXPECT_EQ(send(checkout_of(cart, "key-of-a-shopper")).value().status, 201);
}

TEST_F(Routes, fifty_copies_at_once_make_one_order) {
    const auto cart = filled_cart(product("pot", 5'000, 100), 1);
    std::vector<Request> copies(50, checkout_of(cart, "key-of-a-shopper"));
    int answered = 0, busy = 0, others = 0;
    TaskGroup group(db_.executor(), [&](const std::exception_ptr&) { ++others; });
    const auto ask = [](const http::Handler& handler, Request& sent, int& won, int& waited, int& lost) -> Task<> {
        const auto outcome = co_await handler(sent);
        if (outcome) ++won;
        else if (outcome.error().code == "idempotency.in_progress") ++waited;
        else ++lost;
    };
    for (auto& copy : copies) {
        const auto* route = router_.match(copy).route;
        copy.ctx.route = route->pattern;
        ASSERT_TRUE(group.spawn(ask(route->handler, copy, answered, busy, others)));
    }
    db_.run(group.join());

    EXPECT_GE(answered, 1);
    EXPECT_EQ(answered + busy, 50);
    EXPECT_EQ(others, 0);
    EXPECT_EQ(db_.count("SELECT COUNT(*) FROM orders"), 1);
}

TEST_F(Routes, an_order_is_cancelled_and_cancelled_again) {
    const auto order = order_of(product("pot", 5'000, 10), 1);
    const auto path = "/api/v1/orders/" + order.id.text() + "/cancel";
    const Headers proof{{"x-order-token", *order.token}};

    const auto first = send(request("POST", path, "", proof)).value();
    const auto second = send(request("POST", path, "", proof)).value();

    EXPECT_EQ(first.status, 200);
    EXPECT_EQ(member(first, "status"), "cancelled");
    EXPECT_EQ(second.body, first.body);
    EXPECT_EQ(send(request("POST", path)).error().code, "orders.not_found");
}

TEST_F(Routes, the_sandbox_takes_bounded_wishes) {
    const auto order = order_of(product("pot", 5'000, 10), 1);
    const auto path = "/api/v1/sandbox/payments/" + order.payment.id.text();

    for (const char* body : {R"({"delay_ms":-1})", R"({"delay_ms":600001})", R"({"copies":0})", R"({"copies":11})",
                             R"({"copies":"2"})", R"({"unknown":1})"}) {
        EXPECT_EQ(send(request("POST", path + "/approve", body)).error().code, "request.invalid_field") << body;
    }
    EXPECT_EQ(send(request("POST", path + "/approve", R"({"delay_ms":5,"copies":2})")).value().status, 202);
    EXPECT_EQ(send(request("POST", path + "/approve")).value().status, 202);
    EXPECT_EQ(send(request("POST", path + "/decline")).error().code, "sandbox.already_decided");
    EXPECT_EQ(member(send(request("GET", path)).value(), "status"), "approved");
}

TEST_F(Routes, a_webhook_is_proven_by_the_bytes_as_they_came) {
    const auto order = order_of(product("pot", 5'000, 10), 1);
    const auto body = sandbox_.message(decide(order));
    const auto hook = [&](std::string sent) {
        const auto seconds = std::chrono::floor<std::chrono::seconds>(db_.clock().now()).time_since_epoch().count();
        const auto signature = payments::sandbox_signature(sandbox_config().secret, seconds, body);
        const Headers signed_by{{"x-sandbox-signature", signature}};
        return send(request("POST", "/api/v1/hooks/payments/sandbox", std::move(sent), signed_by));
    };

    EXPECT_EQ(hook(body).value().body, R"({"received":true})");
    EXPECT_EQ(hook(body).value().status, 200);
    EXPECT_EQ(hook(body + "\n").error().code, "payments.bad_signature");
    EXPECT_EQ(send(request("POST", "/api/v1/hooks/payments/nobody", "{}")).error().code, "payments.unknown_hook");
}

}  // namespace
}  // namespace caddy::checkout
