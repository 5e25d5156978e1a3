// Cancelling and paying again.
#include "tests/support/shop_world.hpp"

namespace caddy::checkout {
namespace {

using orders::OrderStatus;
using payments::EventKind;

class Changes : public World {
protected:
    Result<orders::Order> cancel(const orders::Order& order) {
        return db_.run(checkout_.cancel(context(), order.id, access(order)));
    }
    Result<orders::Order> pay_again(const orders::Order& order, const std::string& provider = "sandbox") {
        return db_.run(checkout_.pay_again(context(), order.id, access(order), provider));
    }
};

TEST_F(Changes, an_unpaid_order_is_cancelled_for_nothing_and_its_stock_comes_back_once) {
    const auto pot = product("pot", 5'000, 1);
    const auto order = order_of(pot, 1);

    const auto first = cancel(order).value();
    const auto second = cancel(order).value();

    EXPECT_EQ(first.status, OrderStatus::cancelled);
    EXPECT_EQ(first.payment.status, "cancelled");
    EXPECT_EQ(json::to_json(second), json::to_json(first));
    EXPECT_EQ(available(pot), 1);
    EXPECT_EQ(events("orders.cancelled"), 1);
    order_of(pot, 1);   // the last unit can be sold again
}

TEST_F(Changes, a_paid_order_is_cancelled_and_the_money_goes_back_once) {
    const auto pot = product("pot", 5'000, 10);
    const auto order = order_of(pot, 2);
    approve(order);

    EXPECT_EQ(cancel(order).value().status, OrderStatus::refunding);
    EXPECT_EQ(cancel(order).value().status, OrderStatus::refunding);
    EXPECT_EQ(available(pot), 10);
    EXPECT_EQ(events("payments.refund_due"), 1);
    run_refunds(order);
    run_refunds(order);

    EXPECT_EQ(status(order), "refunded");
    EXPECT_EQ(read(order).payment.status, "refunded");
    EXPECT_EQ(cancel(order).value().status, OrderStatus::refunded);
}

TEST_F(Changes, a_refund_waits_for_a_silent_provider) {
    const auto order = order_of(product("pot", 5'000, 10), 1, "flaky");
    approve(order);
    cancel(order).value();
    flaky_.away = true;
    EXPECT_THROW(run_refunds(order), Unavailable);
    EXPECT_EQ(status(order), "refunding");

    flaky_.away = false;
    run_refunds(order);
    EXPECT_EQ(status(order), "refunded");
}

TEST_F(Changes, an_order_on_its_way_cannot_be_cancelled) {
    const auto order = order_of(product("pot", 5'000, 10), 1);
    approve(order);
    for (const char* status : {"fulfilling", "shipped", "delivered", "completed", "expired", "partially_refunded"}) {
        db_.execute("UPDATE orders SET status = '" + std::string(status) + "'");
        EXPECT_EQ(cancel(order).error().code, "orders.not_cancellable") << status;
    }
    db_.execute("UPDATE orders SET status = 'paid'");
}

TEST_F(Changes, strangers_find_no_order) {
    auto order = order_of(product("pot", 5'000, 10), 1);
    order.token = "guess";

    EXPECT_EQ(cancel(order).error().code, "orders.not_found");
    EXPECT_EQ(pay_again(order).error().code, "orders.not_found");
    order.token.reset();
    order.customer = 9;
    EXPECT_EQ(cancel(order).error().code, "orders.not_found");
}

TEST_F(Changes, a_customers_order_is_his_alone) {
    const auto order = place(filled_cart(product("pot", 5'000, 10), 1, 5)).value();
    EXPECT_FALSE(order.token.has_value());

    EXPECT_EQ(db_.run(checkout_.cancel(context(6), order.id, {6, ""})).error().code, "orders.not_found");
    EXPECT_TRUE(db_.run(checkout_.cancel(context(5), order.id, {5, ""})));
}

TEST_F(Changes, after_a_decline_another_attempt_pays) {
    const auto order = order_of(product("pot", 5'000, 10), 1);
    EXPECT_EQ(pay_again(order).error().code, "payments.attempt_open");
    tell(order, EventKind::failed);
    EXPECT_EQ(status(order), "pending_payment");

    const auto again = pay_again(order).value();
    EXPECT_NE(again.payment.id, order.payment.id);
    EXPECT_EQ(again.payment.status, "pending");
    approve(again);

    EXPECT_EQ(status(order), "paid");
    EXPECT_EQ(pay_again(order).error().code, "orders.not_payable");
}

TEST_F(Changes, when_both_attempts_pay_the_second_money_goes_back) {
    const auto first = order_of(product("pot", 5'000, 10), 1);
    tell(first, EventKind::failed);
    const auto second = pay_again(first).value();

    EXPECT_EQ(tell(first, EventKind::succeeded), Verdict::pay);   // the decline was not the last word
    EXPECT_EQ(read(first).payment.id, first.payment.id);
    EXPECT_EQ(tell(second, EventKind::succeeded), Verdict::give_back);

    EXPECT_EQ(status(first), "paid");
    EXPECT_EQ(events("payments.refund_due"), 1);
}

TEST_F(Changes, an_expired_order_takes_no_new_attempt) {
    const auto order = order_of(product("pot", 5'000, 10), 1);
    tell(order, EventKind::failed);
    db_.clock().advance(std::chrono::minutes(31));

    EXPECT_EQ(pay_again(order).error().code, "orders.expired");
    expire();
    const auto refusal = pay_again(order).error();
    EXPECT_EQ(refusal.code, "orders.expired");
    EXPECT_EQ(refusal.kind, ErrorKind::gone);
}

TEST_F(Changes, an_attempt_that_its_provider_never_heard_of_is_taken_up_or_given_up) {
    flaky_.away = true;
    const auto cart = filled_cart(product("pot", 5'000, 10), 1);
    EXPECT_THROW((void)place(cart, "flaky"), Unavailable);
    const auto order = db_.run(checkout_.made(context(), OrderId{db_.count("SELECT id FROM orders")})).value();
    EXPECT_THROW((void)pay_again(order, "flaky"), Unavailable);
    EXPECT_EQ(db_.count("SELECT COUNT(*) FROM payments"), 1);

    const auto other = pay_again(order, "sandbox").value();

    EXPECT_EQ(other.payment.provider, "sandbox");
    EXPECT_EQ(db_.count("SELECT COUNT(*) FROM payments WHERE status = 'cancelled'"), 1);
    approve(other);
    EXPECT_EQ(status(order), "paid");
}

class Attempts : public World {
protected:
    Attempts() : World(Config{.attempts_per_order_max = 2}) {}
};

TEST_F(Attempts, are_limited) {
    const auto order = order_of(product("pot", 5'000, 10), 1);
    tell(order, EventKind::failed);
    const auto second = db_.run(checkout_.pay_again(context(), order.id, access(order), "sandbox")).value();
    tell(second, EventKind::failed);

    EXPECT_EQ(db_.run(checkout_.pay_again(context(), order.id, access(order), "sandbox")).error().code,
              "checkout.too_many_attempts");
}

}  // namespace
}  // namespace caddy::checkout
