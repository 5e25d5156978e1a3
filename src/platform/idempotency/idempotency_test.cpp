#include "platform/idempotency/idempotency.hpp"
#include "tests/support/sql_check.hpp"
#include "tests/support/test_database.hpp"

#include <gtest/gtest.h>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace caddy::idempotency {
namespace {

using namespace std::chrono_literals;
using http::Request;
using http::Response;
using testing::TestDatabase;

const db::Sql sql_make{{.name = "test.make", .any = "INSERT INTO made (id) VALUES (?)"}};

class Idempotency : public ::testing::Test {
protected:
    Idempotency() { test.execute("CREATE TABLE made (id VARCHAR(100) NOT NULL PRIMARY KEY)"); }

    /// Makes one thing and names it `thing_1`, `thing_2`, …
    Task<Result<Response>> make(Request& request) {
        ++calls;
        const auto id = "thing_" + std::to_string(calls);
        if (slow) {
            asio::steady_timer timer(co_await asio::this_coro::executor, 5ms);
            co_await timer.async_wait(asio::use_awaitable);
        }
        CADDY_CO_TRY(
            co_await test.database().transact(request.ctx, "test.make", [&](db::Transaction& tx) -> Task<Result<void>> {
                CADDY_CO_TRY(co_await record(tx, request.ctx, id));
                (void)co_await tx.exec(sql_make, id);
                if (refusing) co_return Error{ErrorKind::conflict, "test.no", "no"};
                co_return Result<void>();
            }));
        if (crashing) throw std::runtime_error("the process ends here");
        co_return rendered(id);
    }
    static Response rendered(const std::string& id) {
        Response response;
        response.status = 201;
        response.body = R"({"id":")" + id + "\"}";
        response.etag = "v1";
        response.with("Location", "/things/" + id).with("Set-Cookie", "secret=1").with("X-Thing-Token", "opens it");
        return response;
    }
    http::Handler handler(Ledger& of, Key key = Key::accepted) {
        return of.keyed(
            key, [this](Request& request) { return make(request); },
            [this](Request&, const std::string& made) -> Task<Result<Response>> {
                ++resumed;
                co_return rendered(made);
            });
    }
    Request request(std::optional<std::string> key, std::string body = "{}") {
        Request request;
        request.ctx = test.context();
        request.ctx.route = "/api/v1/things";
        request.method = "POST";
        request.path = "/api/v1/things";
        request.body = std::move(body);
        if (key) request.headers.emplace_back("idempotency-key", *key);
        return request;
    }
    Result<Response> send(const http::Handler& to, Request sent) { return test.run(to(sent)); }
    std::int64_t made() { return test.count("SELECT COUNT(*) FROM made"); }
    static std::string header(const Response& response, std::string_view name) {
        for (const auto& [key, value] : response.headers) {
            if (key == name) return value;
        }
        return "";
    }

    TestDatabase test;
    Ledger ledger{test.database(), Config{}};
    http::Handler things = handler(ledger);
    int calls = 0;
    int resumed = 0;
    bool slow = false;
    bool refusing = false;
    bool crashing = false;
};

TEST_F(Idempotency, without_a_key_every_request_has_its_effect) {
    (void)send(things, request(std::nullopt));
    (void)send(things, request(std::nullopt));
    EXPECT_EQ(made(), 2);
}

TEST_F(Idempotency, a_repeat_gets_the_stored_reply) {
    const auto first = send(things, request("key-12345")).value();
    const auto again = send(things, request("key-12345")).value();

    EXPECT_EQ(made(), 1);
    EXPECT_EQ(again.status, 201);
    EXPECT_EQ(again.body, first.body);
    EXPECT_EQ(again.etag, "v1");
    EXPECT_EQ(header(again, "Location"), "/things/thing_1");
    EXPECT_EQ(header(again, "X-Thing-Token"), "opens it");
    EXPECT_EQ(header(again, "Idempotent-Replayed"), "true");
    EXPECT_EQ(header(again, "Set-Cookie"), "");
    EXPECT_EQ(header(first, "Idempotent-Replayed"), "");
    EXPECT_EQ(resumed, 0);
}

TEST_F(Idempotency, fifty_copies_at_once_have_one_effect) {
    slow = true;
    std::vector<Request> copies;
    for (int i = 0; i < 50; ++i) copies.push_back(request("key-12345"));
    int ended = 0;
    int created = 0;
    for (auto& copy : copies) {
        asio::co_spawn(test.loop(), things(copy), [&](std::exception_ptr fault, Result<Response> outcome) {
            EXPECT_FALSE(fault);
            if (outcome.has_value()) ++created;
            else EXPECT_EQ(outcome.error().code, "idempotency.in_progress");
            ++ended;
        });
    }
    test.loop().restart();
    while (ended < 50) test.loop().run_one();

    EXPECT_EQ(made(), 1);
    EXPECT_GE(created, 1);
    EXPECT_TRUE(send(things, request("key-12345")).has_value());
}

TEST_F(Idempotency, copies_at_two_processes_have_one_effect) {
    slow = true;
    Ledger other(test.database(), Config{});
    const auto there = handler(other);
    auto here_copy = request("key-12345");
    auto there_copy = request("key-12345");
    std::vector<Result<Response>> outcomes;
    const auto note = [&](std::exception_ptr fault, Result<Response> outcome) {
        EXPECT_FALSE(fault);
        outcomes.push_back(std::move(outcome));
    };
    asio::co_spawn(test.loop(), things(here_copy), note);
    asio::co_spawn(test.loop(), there(there_copy), note);
    test.loop().restart();
    while (outcomes.size() < 2) test.loop().run_one();

    EXPECT_EQ(made(), 1);
    EXPECT_EQ(outcomes[0].has_value() + outcomes[1].has_value(), 1);
    const auto& refused = outcomes[0].has_value() ? outcomes[1] : outcomes[0];
    EXPECT_EQ(refused.error().code, "idempotency.in_progress");
    EXPECT_EQ(refused.error().retry_after, 1s);
}

TEST_F(Idempotency, another_request_under_the_same_key_is_refused) {
    (void)send(things, request("key-12345"));
    EXPECT_EQ(send(things, request("key-12345", R"({"other":1})")).error().code, "idempotency.key_reused");
    auto other_query = request("key-12345");
    other_query.query.emplace_back("a", "b");
    EXPECT_EQ(send(things, other_query).error().code, "idempotency.key_reused");
    EXPECT_EQ(made(), 1);
}

TEST_F(Idempotency, equal_keys_of_two_callers_are_two_keys) {
    auto user = request("key-12345");
    user.ctx.principal = {7, 1, Role::customer};
    auto cart = request("key-12345");
    cart.headers.emplace_back("x-cart-token", "secret");
    auto elsewhere = request("key-12345");
    elsewhere.ctx.client = "192.0.2.9";
    auto other_route = request("key-12345");
    other_route.ctx.route = "/api/v1/others";
    for (const auto& sent : {request("key-12345"), user, cart, elsewhere, other_route})
        EXPECT_TRUE(send(things, sent).has_value());
    EXPECT_EQ(made(), 5);
}

TEST_F(Idempotency, a_crash_between_effect_and_reply_goes_on_from_what_was_made) {
    crashing = true;
    EXPECT_THROW((void)send(things, request("key-12345")), std::runtime_error);
    crashing = false;
    Ledger after_restart(test.database(), Config{});
    const auto restarted = handler(after_restart);

    const auto resumed_reply = send(restarted, request("key-12345")).value();
    const auto replayed = send(restarted, request("key-12345")).value();

    EXPECT_EQ(made(), 1);
    EXPECT_EQ(resumed, 1);
    EXPECT_EQ(resumed_reply.body, R"({"id":"thing_1"})");
    EXPECT_EQ(header(resumed_reply, "Idempotent-Replayed"), "true");
    EXPECT_EQ(replayed.body, resumed_reply.body);
}

TEST_F(Idempotency, a_refusal_is_not_stored_and_is_looked_at_anew) {
    refusing = true;
    EXPECT_EQ(send(things, request("key-12345")).error().code, "test.no");
    refusing = false;
    EXPECT_TRUE(send(things, request("key-12345")).has_value());
    EXPECT_EQ(made(), 1);
}

TEST_F(Idempotency, the_header_is_examined) {
    const auto paid = handler(ledger, Key::required);
    EXPECT_EQ(send(paid, request(std::nullopt)).error().code, "idempotency.key_required");
    for (const auto& bad : {std::string(), std::string("short"), std::string("with space"), std::string(256, 'a'),
                            std::string("tab\tinside"), std::string("caf\xc3\xa9-12345")}) {
        EXPECT_EQ(send(things, request(bad)).error().code, "idempotency.key_malformed") << bad;
    }
    auto twice = request("key-12345");
    twice.headers.emplace_back("idempotency-key", "key-12345");
    EXPECT_EQ(send(things, twice).error().code, "idempotency.key_malformed");
    EXPECT_TRUE(send(things, request(std::string(255, 'a'))).has_value());
    EXPECT_EQ(calls, 1);
}

TEST_F(Idempotency, a_key_past_its_time_is_new_again_and_is_swept) {
    (void)send(things, request("key-12345"));
    test.clock().advance(std::chrono::hours(24));
    (void)send(things, request("key-12345"));
    EXPECT_EQ(made(), 2);

    EXPECT_EQ(test.run(ledger.sweep(test.context())), 0);
    test.clock().advance(std::chrono::hours(24));
    test.execute(
        "INSERT INTO idempotency_keys "
        "(scope, request_hash, made, phase, status, content_type, body, created_at, expires_at) "
        "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 39) "
        "SELECT 's' || (a.i * 40 + b.i), '', '', 'made', 0, '', '', 0, a.i * 40 + b.i FROM n AS a, n AS b "
        "WHERE a.i * 40 + b.i < 1200");
    const auto ctx = test.context();
    EXPECT_EQ(test.run(ledger.sweep(ctx)), 1'201);
}

TEST_F(Idempotency, its_statements_prepare_and_use_indexes) {
    EXPECT_EQ(testing::unprepared_statements(test), std::vector<std::string>{});
    EXPECT_EQ(testing::full_scans(test), std::vector<std::string>{});
}

}  // namespace
}  // namespace caddy::idempotency
