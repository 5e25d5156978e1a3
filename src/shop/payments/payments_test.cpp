#include "shop/payments/payments.hpp"

#include "platform/crypto/digest.hpp"
#include "shop/payments/payments_manual.hpp"
#include "shop/payments/payments_sandbox.hpp"
#include "shop/payments/payments_store.hpp"
#include "tests/support/sql_check.hpp"
#include "tests/support/test_database.hpp"

#include <gtest/gtest.h>

#include <map>
#include <set>

namespace caddy::payments {
namespace {

TEST(PaymentSteps, are_exactly_these_and_no_others) {
    using enum PaymentStatus;
    constexpr std::array all{created, pending, succeeded, failed, cancelled, refund_pending, refunded};
    const std::map<PaymentStatus, std::set<PaymentStatus>> legal{
        {created, {pending, succeeded, failed, cancelled, refund_pending, refunded}},
        {pending, {succeeded, failed, cancelled, refund_pending, refunded}},
        {failed, {succeeded, refund_pending, refunded}},
        {cancelled, {succeeded, refund_pending, refunded}},
        {succeeded, {refund_pending, refunded}},
        {refund_pending, {refunded}}};

    for (const auto from : all) {
        for (const auto to : all) {
            EXPECT_EQ(may_become(from, to), legal.contains(from) && legal.at(from).contains(to))
                << boost::describe::enum_to_string(from, "?") << " to " << boost::describe::enum_to_string(to, "?");
        }
    }
}

struct SignatureCase {
    std::string name;
    std::string header;
    std::string body;
    std::int64_t now_s;
    std::string code;   // empty: accepted
};

TEST(SandboxSignature, is_accepted_only_when_fresh_and_right) {
    const std::string secret = "a secret of the test", body = R"({"id":"evt_1"})";
    constexpr std::int64_t signed_at = 1'795'000'000;
    const auto good = sandbox_signature(secret, signed_at, body);
    const auto digest = good.substr(good.find("v1=") + 3);
    const std::vector<SignatureCase> cases{
        {"right", good, body, signed_at, ""},
        {"right, at the edge of freshness", good, body, signed_at + 300, ""},
        {"right, the other clock is ahead", good, body, signed_at - 300, ""},
        {"too old", good, body, signed_at + 301, "payments.stale_event"},
        {"from the future", good, body, signed_at - 301, "payments.stale_event"},
        {"another body", good, body + " ", signed_at, "payments.bad_signature"},
        {"another secret", sandbox_signature("other", signed_at, body), body, signed_at, "payments.bad_signature"},
        {"another time under the same digest", "t=1795000001,v1=" + digest, body, signed_at, "payments.bad_signature"},
        {"nothing", "", body, signed_at, "payments.bad_signature"},
        {"no digest", "t=1795000000", body, signed_at, "payments.bad_signature"},
        {"an empty digest", "t=1795000000,v1=", body, signed_at, "payments.bad_signature"},
        {"half a digest", good.substr(0, good.size() - 1), body, signed_at, "payments.bad_signature"},
        {"upper case", "t=1795000000,v1=" + std::string(64, 'A'), body, signed_at, "payments.bad_signature"},
        {"no time", "v1=" + digest + ",t=1795000000", body, signed_at, "payments.bad_signature"},
        {"a time that is no number", "t=17950x,v1=" + digest, body, signed_at, "payments.bad_signature"},
        {"a time past all clocks", "t=9223372036854775807,v1=" + digest, body, signed_at, "payments.bad_signature"},
        {"a time before all clocks", "t=-9223372036854775808,v1=" + digest, body, signed_at, "payments.bad_signature"}};

    for (const auto& each : cases) {
        const Time now{std::chrono::seconds(each.now_s)};
        const auto outcome = check_sandbox_signature(each.header, each.body, secret, now, std::chrono::seconds(300));
        EXPECT_EQ(outcome ? std::string() : std::string(outcome.error().code), each.code) << each.name;
    }
}

class Payments : public ::testing::Test {
protected:
    static SandboxConfig sandbox_config() {
        SandboxConfig config;
        config.enabled = true;
        config.secret = "a secret of the test";
        config.webhook_url = "http://127.0.0.1:1/never";
        return config;
    }
    Payment attempt(const char* provider = "sandbox") {
        Payment payment;
        payment.id = PaymentId::next();
        payment.order = OrderId::next();
        payment.provider = provider;
        payment.amount = {27'800, *Currency::parse("CNY")};
        return db_.in_transaction([&](db::Transaction& tx) -> Task<Payment> {
            auto made = co_await payments_.create(tx, db_.context(), payment);
            co_return made;
        });
    }
    Payment begun(const Payment& payment) {
        const auto answer = db_.run(payments_.begin(db_.context(), payment, "CS-1"));
        return db_.in_transaction([&](db::Transaction& tx) -> Task<Payment> {
            auto changed = payment;
            co_await payments_.begun(tx, db_.context(), changed, answer);
            co_return changed;
        });
    }
    SandboxPayment decide(PaymentId id, SandboxDecision decision, SandboxDelivery delivery = {}) {
        return db_.run(sandbox_.decide(db_.context(), id, decision, delivery)).value();
    }
    Result<void> send(std::string body, std::string secret = sandbox_config().secret) {
        const auto seconds = std::chrono::floor<std::chrono::seconds>(db_.clock().now()).time_since_epoch().count();
        const std::vector<std::pair<std::string, std::string>> headers{
            {"content-type", "application/json"}, {"x-sandbox-signature", sandbox_signature(secret, seconds, body)}};
        const Message message{headers, body};
        return db_.run(payments_.receive(db_.context(), "sandbox", message));
    }
    std::int64_t events(const std::string& type) {
        return db_.count("SELECT COUNT(*) FROM outbox_events WHERE type = '" + type + "'");
    }

    testing::TestDatabase db_;
    net::HttpClient http_{net::HttpClientConfig{}};
    ManualProvider manual_{ManualConfig{}};
    SandboxProvider sandbox_{db_.database(), http_, sandbox_config()};
    PaymentService payments_{db_.database(), {&manual_, &sandbox_}};
};

TEST_F(Payments, only_configured_providers_are_known) {
    EXPECT_EQ(payments_.provider("sandbox").value()->name(), "sandbox");
    EXPECT_EQ(payments_.provider("manual").value()->name(), "manual");
    EXPECT_EQ(payments_.provider("paypal").error().code, "payments.unknown_provider");

    PaymentService without{db_.database(), {&manual_}};
    EXPECT_EQ(without.provider("sandbox").error().code, "payments.unknown_provider");
    EXPECT_EQ(db_.run(without.receive(db_.context(), "sandbox", Message{})).error().code, "payments.unknown_hook");
}

TEST_F(Payments, ways_of_paying_are_listed_in_the_shops_order) {
    const auto methods = payments_.methods();
    ASSERT_EQ(methods.size(), 2);
    EXPECT_EQ(methods[0].provider, "manual");
    EXPECT_EQ(methods[0].next_step, NextStep::instructions);
    EXPECT_TRUE(methods[0].takes_money);
    EXPECT_EQ(methods[1].provider, "sandbox");
    EXPECT_EQ(methods[1].next_step, NextStep::redirect);
    EXPECT_FALSE(methods[1].takes_money);
}

TEST_F(Payments, beginning_twice_answers_the_same) {
    const auto payment = attempt();

    const auto first = db_.run(payments_.begin(db_.context(), payment, "CS-1"));
    const auto second = db_.run(payments_.begin(db_.context(), payment, "CS-1"));

    EXPECT_EQ(first.reference, second.reference);
    EXPECT_EQ(first.next_action, second.next_action);
    EXPECT_EQ(db_.count("SELECT COUNT(*) FROM sandbox_payments"), 1);
}

TEST_F(Payments, a_begun_payment_shows_where_to_pay_until_it_is_paid) {
    auto payment = begun(attempt());
    EXPECT_NE(note_of(payment).next_action->text.find("/approve"), std::string::npos);

    payment.status = PaymentStatus::succeeded;
    EXPECT_FALSE(note_of(payment).next_action.has_value());
}

TEST_F(Payments, an_event_is_stored_and_told_on_once_however_often_it_comes) {
    const auto payment = begun(attempt());
    const auto body = sandbox_.message(decide(payment.id, SandboxDecision::approve));

    for (int copy = 0; copy < 3; ++copy) EXPECT_TRUE(send(body));

    EXPECT_EQ(db_.count("SELECT COUNT(*) FROM payment_events"), 1);
    EXPECT_EQ(events("payments.event_received"), 1);
    const auto read = db_.in_transaction([&](db::Transaction& tx) -> Task<std::optional<Payment>> {
        auto found = co_await payments_.find(tx, payment.id);
        co_return found;
    });
    EXPECT_EQ(read->status, PaymentStatus::pending);   // storing settles nothing
}

TEST_F(Payments, a_message_is_refused_for_what_is_wrong_with_it) {
    const auto payment = begun(attempt());
    const auto body = sandbox_.message(decide(payment.id, SandboxDecision::approve));
    const auto with = [&](std::string from, std::string to) {
        auto changed = body;
        const auto at = changed.find(from);
        EXPECT_NE(at, std::string::npos) << from;
        return changed.replace(at, from.size(), to);
    };

    EXPECT_EQ(send(body, "other").error().code, "payments.bad_signature");
    EXPECT_EQ(send("").error().code, "payments.malformed_event");
    EXPECT_EQ(send("{}").error().code, "payments.malformed_event");
    EXPECT_EQ(send("[1]").error().code, "payments.malformed_event");
    EXPECT_EQ(send(with("succeeded", "won")).error().code, "payments.malformed_event");
    EXPECT_EQ(send(with("caddy-shopping", "somebody-else")).error().code, "payments.wrong_merchant");
    const std::string member = R"("payment_id":")";
    const auto other = member + PaymentId::next().text();
    EXPECT_EQ(send(with(member + payment.id.text(), other)).error().code, "payments.unknown_payment");
    EXPECT_EQ(send(with("\"sbx_", "\"sbx-")).error().code, "payments.unknown_payment");
    EXPECT_EQ(db_.count("SELECT COUNT(*) FROM payment_events"), 0);
}

TEST_F(Payments, a_manual_payment_takes_no_messages) {
    const Message message;
    EXPECT_EQ(db_.run(payments_.receive(db_.context(), "manual", message)).error().code, "payments.bad_signature");
}

TEST_F(Payments, the_sandbox_decides_once_and_tells_as_often_as_it_is_asked) {
    const auto payment = begun(attempt());

    EXPECT_EQ(decide(payment.id, SandboxDecision::approve, {0, 3}).status, SandboxStatus::approved);
    EXPECT_EQ(decide(payment.id, SandboxDecision::approve).status, SandboxStatus::approved);

    EXPECT_EQ(events("sandbox.webhook_due"), 4);
    const auto other = db_.run(sandbox_.decide(db_.context(), payment.id, SandboxDecision::decline, {}));
    EXPECT_EQ(other.error().code, "sandbox.already_decided");
    const auto unknown = db_.run(sandbox_.decide(db_.context(), PaymentId::next(), SandboxDecision::decline, {}));
    EXPECT_EQ(unknown.error().code, "sandbox.not_found");
}

TEST_F(Payments, the_same_decision_sends_the_same_event) {
    const auto payment = begun(attempt());
    const auto first = sandbox_.message(decide(payment.id, SandboxDecision::decline));
    db_.clock().advance(std::chrono::minutes(2));

    EXPECT_EQ(sandbox_.message(decide(payment.id, SandboxDecision::decline)), first);
}

TEST_F(Payments, the_sandbox_gives_money_back_once_and_only_money_that_it_took) {
    const auto payment = begun(attempt());
    EXPECT_THROW(db_.run(payments_.refund(db_.context(), payment)), Unavailable);
    decide(payment.id, SandboxDecision::approve);

    EXPECT_EQ(db_.run(payments_.refund(db_.context(), payment)), RefundOutcome::refunded);
    EXPECT_EQ(db_.run(payments_.refund(db_.context(), payment)), RefundOutcome::refunded);

    EXPECT_EQ(db_.count("SELECT refunded_minor FROM sandbox_payments"), 27'800);
}

TEST_F(Payments, what_overtook_the_answer_of_a_provider_is_kept) {
    auto payment = attempt();
    const auto answer = db_.run(payments_.begin(db_.context(), payment, "CS-1"));
    const bool kept = db_.in_transaction([&](db::Transaction& tx) -> Task<bool> {
        auto paid = payment;
        co_await payments_.become(tx, db_.context(), paid, PaymentStatus::succeeded);
        const bool changed = co_await payments_.begun(tx, db_.context(), payment, answer);
        co_return changed;
    });

    EXPECT_FALSE(kept);
    EXPECT_EQ(db_.count("SELECT COUNT(*) FROM payments WHERE status = 'succeeded' AND settled_at IS NOT NULL"), 1);
}

TEST_F(Payments, the_audit_finds_a_second_success_and_a_settlement_without_a_time) {
    EXPECT_TRUE(db_.run(payments_.audit(db_.context())).empty());
    attempt();
    attempt();

    db_.execute("UPDATE payments SET order_id = 1, status = 'succeeded'");

    EXPECT_EQ(db_.run(payments_.audit(db_.context())).size(), 3U);
}

TEST_F(Payments, every_statement_prepares_and_none_that_a_request_runs_reads_a_whole_table) {
    EXPECT_EQ(testing::unprepared_statements(db_), std::vector<std::string>{});
    const std::vector<std::string_view> excused{"payments.orders_paid_twice", "payments.settled_wrongly",
                                                "payments.returned_wrongly"};
    for (const auto& scan : testing::full_scans(db_, excused)) EXPECT_FALSE(scan.starts_with("payments.")) << scan;
}

}  // namespace
}  // namespace caddy::payments
