#include "shop/webhooks/webhooks.hpp"

#include "platform/crypto/digest.hpp"
#include "shop/webhooks/webhooks_store.hpp"
#include "tests/support/sql_check.hpp"
#include "tests/support/test_database.hpp"

#include <gtest/gtest.h>

namespace caddy::webhooks {
namespace {

using std::chrono::seconds;

Config lenient() {
    Config config;
    config.allow_private = true;
    return config;
}

TEST(Patterns, are_everything_a_feature_or_a_type) {
    for (const auto* each : {"*", "orders.*", "orders.paid", "catalog.*", "identity.registered"}) {
        EXPECT_TRUE(is_pattern(each)) << each;
    }
    for (const auto* each : {"", ".*", "orders", "orders.", "*.paid", "orders.sold", "sandbox.*", "ord*", "ping"}) {
        EXPECT_FALSE(is_pattern(each)) << each;
    }
    EXPECT_TRUE(matches({"catalog.*", "orders.paid"}, "orders.paid"));
    EXPECT_FALSE(matches({"catalog.*", "orders.paid"}, "orders.expired"));
    EXPECT_TRUE(matches({"*"}, "orders.expired"));
}

TEST(Signature, is_an_hmac_over_time_and_payload) {
    EXPECT_EQ(signature("whsec_key", 1'700'000'000, R"({"id":1})"),
              "v1=" + crypto::hmac_sha256_hex("whsec_key", R"(1700000000.{"id":1})"));
    EXPECT_NE(signature("whsec_key", 1'700'000'001, "{}"), signature("whsec_key", 1'700'000'000, "{}"));
}

TEST(Signature, has_one_for_each_secret_the_newest_first) {
    EXPECT_EQ(signatures({"new"}, 7, "{}"), signature("new", 7, "{}"));
    EXPECT_EQ(signatures({"new", "former"}, 7, "{}"), signature("new", 7, "{}") + "," + signature("former", 7, "{}"));
}

TEST(Retries, wait_twice_as_long_each_time_up_to_a_day) {
    const Config config;
    EXPECT_EQ(retry_wait(config, 1), seconds(60));
    EXPECT_EQ(retry_wait(config, 2), seconds(120));
    EXPECT_EQ(retry_wait(config, 5), seconds(960));
    EXPECT_EQ(retry_wait(config, 12), seconds(86'400));
    EXPECT_EQ(retry_wait(config, 4'000'000), seconds(86'400));
}

TEST(CircuitBreaker, opens_after_failures_in_a_row_and_for_longer_with_each_failed_probe) {
    Config config;
    config.breaker_failures = 3;
    const Time now{std::chrono::hours(1'000)};
    Breaker breaker;
    breaker = after_failure(breaker, now, config);
    breaker = after_failure(breaker, now + seconds(1), config);
    EXPECT_EQ(breaker.open_until, Time{});
    breaker = after_failure(breaker, now + seconds(2), config);
    EXPECT_EQ(breaker.open_until, now + seconds(62));
    EXPECT_EQ(breaker.failing_since, now);
    breaker = after_failure(breaker, now + seconds(70), config);
    EXPECT_EQ(breaker.open_until, now + seconds(190));
    for (int i = 0; i < 100; ++i) breaker = after_failure(breaker, now, config);
    EXPECT_EQ(breaker.open_until, now + std::chrono::hours(1));
}

TEST(CircuitBreaker, is_hopeless_only_after_days) {
    Config config;
    const Time now{std::chrono::hours(1'000)};
    Breaker breaker{config.breaker_failures, now, now};
    EXPECT_FALSE(is_hopeless(breaker, now + std::chrono::hours(119), config));
    EXPECT_TRUE(is_hopeless(breaker, now + std::chrono::hours(120), config));
    breaker.failures = 1;
    EXPECT_FALSE(is_hopeless(breaker, now + std::chrono::hours(120), config));
}

TEST(TargetUrls, must_be_public_https_without_credentials) {
    const Config strict;
    EXPECT_TRUE(check_url("https://hooks.example.com/shop?a=b", strict));
    EXPECT_TRUE(check_url("https://1.1.1.1:8443/", strict));
    for (const auto* each :
         {"", "hooks", "ftp://example.com/", "http://example.com/", "https://me:secret@example.com/",
          "https://example.com/#x", "https://127.0.0.1/", "https://[::1]/", "https://[::ffff:10.0.0.1]/",
          "https://169.254.169.254/latest/meta-data", "https://100.64.0.1/", "https://2130706433/", "https://0x7f.1/",
          "https://localhost/", "https://api.localhost/"}) {
        EXPECT_FALSE(check_url(each, strict)) << each;
    }
    EXPECT_TRUE(check_url("http://127.0.0.1:8080/hook", lenient()));
    EXPECT_FALSE(check_url("file:///etc/passwd", lenient()));
}

class Webhooks : public ::testing::Test {
protected:
    EndpointWithSecret make(std::vector<std::string> events) {
        return db_.run(webhooks_.create(db_.context(), {"http://127.0.0.1:1/", std::move(events), "test"})).value();
    }
    static jobs::Event event(std::string type, std::int64_t sequence = 1) {
        const Time then{seconds(1'700'000'000)};
        return {jobs::EventId::next(), std::move(type), "ord_1", sequence, R"({"a":1})", then, 0};
    }
    std::vector<Delivery> deliveries(const Endpoint& endpoint) {
        return db_.run(webhooks_.deliveries(db_.context(), endpoint.id, std::nullopt, {})).value().data;
    }
    Delivery delivery(const Endpoint& endpoint, std::string_view type) {
        for (const auto& each : deliveries(endpoint)) {
            if (each.type == type) return each;
        }
        return {};
    }
    Endpoint show(const Endpoint& endpoint) { return db_.run(webhooks_.show(db_.context(), endpoint.id)).value(); }
    void send() { db_.run(webhooks_.send_due(db_.context())); }

    testing::TestDatabase db_{db::SqliteConfig{.file = ":memory:", .wait_limit_ms = 60'000}};
    net::HttpClient http_{net::HttpClientConfig{}};
    WebhookService webhooks_{db_.database(), http_, lenient()};
};

TEST_F(Webhooks, an_event_reaches_each_endpoint_that_wants_it_once) {
    const auto orders = make({"orders.*"});
    const auto everything = make({"*"});
    const auto paid = event("orders.paid");

    db_.run(webhooks_.fan_out(db_.context(), paid));
    db_.run(webhooks_.fan_out(db_.context(), paid));
    db_.run(webhooks_.fan_out(db_.context(), event("catalog.product_changed")));

    ASSERT_EQ(deliveries(orders).size(), 1);
    EXPECT_EQ(deliveries(everything).size(), 2);
    const auto detail = db_.run(webhooks_.delivery(db_.context(), deliveries(orders)[0].id)).value();
    EXPECT_EQ(detail.request_body, R"({"id":")" + paid.id.text() +
                                       R"(","type":"orders.paid","aggregate":"ord_1","sequence":1,)"
                                       R"("occurred_at":"2023-11-14T22:13:20.000Z","data":{"a":1}})");
}

TEST_F(Webhooks, a_call_that_nobody_answers_is_tried_again_later) {
    const auto endpoint = make({"*"});
    db_.run(webhooks_.fan_out(db_.context(), event("orders.paid", 1)));
    db_.run(webhooks_.fan_out(db_.context(), event("orders.expired", 2)));

    send();

    const auto seen = delivery(endpoint, "orders.paid");
    EXPECT_EQ(seen.attempts, 1);
    EXPECT_EQ(seen.status, DeliveryStatus::waiting);
    EXPECT_TRUE(seen.error.has_value());
    EXPECT_EQ(delivery(endpoint, "orders.expired").attempts, 0) << "it waits for the earlier one of its aggregate";
    EXPECT_EQ(show(endpoint).failures, 1);
    db_.clock().advance(seconds(61));
    send();
    EXPECT_EQ(delivery(endpoint, "orders.paid").attempts, 2);
}

TEST_F(Webhooks, after_the_last_attempt_a_delivery_has_failed_until_it_is_replayed) {
    const auto endpoint = make({"*"});
    db_.run(webhooks_.fan_out(db_.context(), event("orders.paid")));
    for (int i = 0; i < 12; ++i) {
        send();
        db_.clock().advance(std::chrono::hours(24));
        if (show(endpoint).status == EndpointStatus::broken) {
            const Change change{.status = {true, WantedStatus::active}};
            db_.run(webhooks_.change(db_.context(), endpoint.id, http::ExpectedVersion(std::nullopt), change)).value();
        }
    }
    const auto failed = deliveries(endpoint)[0];
    EXPECT_EQ(failed.status, DeliveryStatus::failed);
    EXPECT_EQ(failed.attempts, 12);

    EXPECT_EQ(db_.run(webhooks_.replay(db_.context(), endpoint.id, {.event_id = failed.event_id})).value().replayed, 1);

    EXPECT_EQ(deliveries(endpoint)[0].status, DeliveryStatus::waiting);
    EXPECT_EQ(deliveries(endpoint)[0].attempts, 0);
}

TEST_F(Webhooks, an_endpoint_that_fails_for_days_is_broken_and_the_audit_log_says_so) {
    const auto endpoint = make({"*"});
    db_.run(webhooks_.fan_out(db_.context(), event("orders.paid")));
    for (int i = 0; i < 6; ++i) {
        send();
        db_.clock().advance(std::chrono::hours(24));
    }
    EXPECT_EQ(show(endpoint).status, EndpointStatus::broken);
    EXPECT_EQ(db_.count("SELECT COUNT(*) FROM audit_log WHERE action = 'webhooks.endpoint.break'"), 1);
    const auto before = deliveries(endpoint)[0].attempts;
    db_.clock().advance(std::chrono::hours(24));
    send();
    EXPECT_EQ(deliveries(endpoint)[0].attempts, before);
}

TEST_F(Webhooks, an_open_breaker_holds_every_delivery_back) {
    const auto endpoint = make({"*"});
    for (int i = 1; i <= 8; ++i) {
        auto each = event("orders.paid");
        each.aggregate = "ord_" + std::to_string(i);
        db_.run(webhooks_.fan_out(db_.context(), each));
    }
    send();
    EXPECT_EQ(show(endpoint).failures, 5);
    EXPECT_TRUE(show(endpoint).paused_until.has_value());
    send();
    EXPECT_EQ(show(endpoint).failures, 5);
    db_.clock().advance(seconds(61));
    send();
    EXPECT_EQ(show(endpoint).failures, 6) << "one probe";
}

TEST_F(Webhooks, private_addresses_are_not_called_whatever_the_name_leads_to) {
    WebhookService strict{db_.database(), http_, Config{}};
    const auto endpoint = make({"*"});   // 127.0.0.1, as a name could lead there
    db_.run(webhooks_.fan_out(db_.context(), event("orders.paid")));

    db_.run(strict.send_due(db_.context()));

    EXPECT_EQ(deliveries(endpoint)[0].error, "the host has no public address");
}

TEST_F(Webhooks, paused_endpoints_collect_what_they_are_sent_later) {
    const auto endpoint = make({"*"});
    const Change pause{.status = {true, WantedStatus::paused}};
    const auto any = http::ExpectedVersion(std::nullopt);
    db_.run(webhooks_.change(db_.context(), endpoint.id, any, pause)).value();
    db_.run(webhooks_.fan_out(db_.context(), event("orders.paid")));
    send();
    EXPECT_EQ(deliveries(endpoint)[0].attempts, 0);
    EXPECT_EQ(db_.run(webhooks_.test(db_.context(), endpoint.id)).error().code, "webhooks.not_active");
    const auto stale = http::ExpectedVersion(std::vector<std::int64_t>{1});
    EXPECT_EQ(db_.run(webhooks_.change(db_.context(), endpoint.id, stale, pause)).error().code,
              "request.version_mismatch");
}

TEST_F(Webhooks, deliveries_of_a_deleted_endpoint_are_gone_and_swept_in_time) {
    const auto endpoint = make({"*"});
    db_.run(webhooks_.fan_out(db_.context(), event("orders.paid")));
    const auto kept = deliveries(endpoint)[0];
    db_.run(webhooks_.remove(db_.context(), endpoint.id, http::ExpectedVersion(std::nullopt))).value();
    EXPECT_EQ(db_.run(webhooks_.delivery(db_.context(), kept.id)).error().code, "webhooks.delivery_not_found");
    send();
    db_.clock().advance(std::chrono::days(31));
    db_.run(webhooks_.sweep(db_.context()));
    EXPECT_EQ(db_.count("SELECT COUNT(*) FROM webhook_deliveries"), 0);
}

TEST_F(Webhooks, a_former_secret_is_kept_for_its_grace_and_then_wiped) {
    const auto endpoint = make({"*"});
    const auto stored = [&] {
        return db_.in_transaction([&](db::Transaction& tx) -> Task<store::EndpointRecord> {
            auto row = co_await store::find(tx, endpoint.id);
            co_return row.value();
        });
    };
    const auto second = db_.run(webhooks_.rotate_secret(db_.context(), endpoint.id)).value();
    EXPECT_EQ(stored().secret, second.secret);
    EXPECT_EQ(stored().former_secret, endpoint.secret);
    const auto third = db_.run(webhooks_.rotate_secret(db_.context(), endpoint.id)).value();
    EXPECT_EQ(stored().former_secret, second.secret) << "the one before the last is gone at once";
    db_.clock().advance(seconds(86'399));
    db_.run(webhooks_.sweep(db_.context()));
    EXPECT_EQ(stored().former_secret, second.secret);
    db_.clock().advance(seconds(1));
    db_.run(webhooks_.sweep(db_.context()));
    EXPECT_EQ(stored().former_secret, std::nullopt);
    EXPECT_EQ(stored().former_until, std::nullopt);
    EXPECT_EQ(stored().secret, third.secret);
    EXPECT_EQ(stored().version, third.version) << "nobody's version is out of date by the wiping";
    EXPECT_EQ(db_.count("SELECT COUNT(*) FROM audit_log WHERE action = 'webhooks.endpoint.rotate_secret'"), 2);
}

TEST_F(Webhooks, a_replay_names_exactly_one_thing) {
    const auto endpoint = make({"*"});
    const auto code = [&](const ReplayWish& wish) {
        return db_.run(webhooks_.replay(db_.context(), endpoint.id, wish)).error().code;
    };
    const auto now = db_.context().now();
    EXPECT_EQ(code({}), "request.invalid_field");
    EXPECT_EQ(code({.from = now}), "request.invalid_field");
    EXPECT_EQ(code({.from = now, .to = now}), "request.invalid_field");
    EXPECT_EQ(code({.event_id = jobs::EventId::next()}), "webhooks.delivery_not_found");
}

TEST_F(Webhooks, every_statement_prepares_and_uses_an_index) {
    EXPECT_EQ(testing::unprepared_statements(db_), std::vector<std::string>{});
    for (const auto& scan : testing::full_scans(db_)) EXPECT_FALSE(scan.starts_with("webhooks.")) << scan;
}

}   // namespace
}   // namespace caddy::webhooks
