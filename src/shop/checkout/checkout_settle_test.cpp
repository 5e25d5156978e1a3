#include "tests/support/shop_world.hpp"

#include "platform/runtime/task_group.hpp"

#include <algorithm>

namespace caddy::checkout {
namespace {

using orders::OrderStatus;
using payments::EventKind;
using payments::PaymentStatus;

struct JudgeCase {
    OrderStatus order;
    PaymentStatus payment;
    EventKind kind;
    Verdict verdict;
    Verdict with_another_amount;
};

TEST(Judge, weighs_every_notice_by_where_order_and_payment_stand) {
    using enum OrderStatus;
    using P = PaymentStatus;
    using E = EventKind;
    using V = Verdict;
    const std::vector<JudgeCase> cases{
        {pending_payment, P::created, E::succeeded, V::pay, V::set_aside},
        {pending_payment, P::pending, E::succeeded, V::pay, V::set_aside},
        {pending_payment, P::failed, E::succeeded, V::pay, V::set_aside},      // success overtook failure
        {pending_payment, P::cancelled, E::succeeded, V::pay, V::set_aside},
        {pending_payment, P::refunded, E::succeeded, V::ignore, V::ignore},    // refund overtook success
        {expired, P::cancelled, E::succeeded, V::give_back, V::set_aside},
        {cancelled, P::cancelled, E::succeeded, V::give_back, V::set_aside},
        {paid, P::cancelled, E::succeeded, V::give_back, V::set_aside},        // two attempts, both paid
        {paid, P::succeeded, E::succeeded, V::ignore, V::ignore},
        {refunding, P::refund_pending, E::succeeded, V::ignore, V::ignore},
        {refunded, P::refunded, E::succeeded, V::ignore, V::ignore},
        {pending_payment, P::created, E::failed, V::fail, V::fail},
        {pending_payment, P::pending, E::failed, V::fail, V::fail},
        {pending_payment, P::failed, E::failed, V::ignore, V::ignore},
        {expired, P::cancelled, E::failed, V::ignore, V::ignore},
        {paid, P::succeeded, E::failed, V::ignore, V::ignore},
        {refunding, P::refund_pending, E::failed, V::ignore, V::ignore},
        {refunding, P::refund_pending, E::refunded, V::note_refund, V::set_aside},
        {paid, P::succeeded, E::refunded, V::note_refund, V::set_aside},
        {expired, P::refund_pending, E::refunded, V::note_refund, V::set_aside},
        {pending_payment, P::pending, E::refunded, V::note_refund, V::set_aside},
        {refunded, P::refunded, E::refunded, V::ignore, V::ignore}};

    for (const auto& each : cases) {
        const auto name = std::string(boost::describe::enum_to_string(each.order, "?")) + ", payment " +
                          boost::describe::enum_to_string(each.payment, "?") + ", " +
                          boost::describe::enum_to_string(each.kind, "?");
        EXPECT_EQ(judge(each.order, each.payment, each.kind, true), each.verdict) << name;
        EXPECT_EQ(judge(each.order, each.payment, each.kind, false), each.with_another_amount) << name;
    }
}

class Settling : public World {};

TEST_F(Settling, money_makes_an_order_paid_once) {
    const auto pot = product("pot", 5'000, 10);
    const auto order = order_of(pot, 2);

    EXPECT_EQ(tell(order, EventKind::succeeded), Verdict::pay);
    EXPECT_EQ(tell(order, EventKind::succeeded), Verdict::ignore);

    const auto paid = read(order);
    EXPECT_EQ(paid.status, OrderStatus::paid);
    EXPECT_EQ(paid.payment.status, "succeeded");
    EXPECT_FALSE(paid.payment.next_action.has_value());
    EXPECT_EQ(paid.timeline.size(), 2U);
    EXPECT_EQ(events("orders.paid"), 1);
    db_.clock().advance(std::chrono::hours(200));
    EXPECT_EQ(expire(), 0);
    EXPECT_EQ(available(pot), 8);
}

TEST_F(Settling, notices_in_any_order_and_number_come_to_the_same) {
    const auto pot = product("pot", 5'000, 100);
    std::vector<EventKind> kinds{EventKind::failed, EventKind::failed, EventKind::succeeded, EventKind::succeeded};
    std::sort(kinds.begin(), kinds.end());
    int orders = 0;
    do {
        const auto order = order_of(pot, 1);
        for (const auto kind : kinds) tell(order, kind);
        EXPECT_EQ(status(order), "paid");
        EXPECT_EQ(read(order).payment.status, "succeeded");
        EXPECT_EQ(events("orders.paid"), ++orders);
    } while (std::next_permutation(kinds.begin(), kinds.end()));
    EXPECT_EQ(orders, 6);
}

TEST_F(Settling, a_refund_that_overtakes_its_payment_leaves_the_order_unpaid) {
    const auto order = order_of(product("pot", 5'000, 10), 1);

    EXPECT_EQ(tell(order, EventKind::refunded), Verdict::note_refund);
    EXPECT_EQ(tell(order, EventKind::succeeded), Verdict::ignore);

    EXPECT_EQ(status(order), "pending_payment");
    EXPECT_EQ(read(order).payment.status, "refunded");
}

TEST_F(Settling, a_refund_made_at_the_providers_ends_the_order_and_frees_its_stock) {
    const auto pot = product("pot", 5'000, 10);
    const auto order = order_of(pot, 2);
    tell(order, EventKind::succeeded);

    tell(order, EventKind::refunded);

    EXPECT_EQ(status(order), "refunded");
    EXPECT_EQ(available(pot), 10);
}

TEST_F(Settling, another_amount_or_currency_never_settles) {
    const auto order = order_of(product("pot", 5'000, 10), 1);
    auto less = notice(order, EventKind::succeeded), yen = less;
    less.amount.minor -= 1;
    yen.amount.currency = *Currency::parse("JPY");

    EXPECT_EQ(db_.run(checkout_.settle(db_.context(), less)), Verdict::set_aside);
    EXPECT_EQ(db_.run(checkout_.settle(db_.context(), yen)), Verdict::set_aside);

    EXPECT_EQ(status(order), "pending_payment");
    EXPECT_EQ(tell(order, EventKind::succeeded), Verdict::pay);
}

TEST_F(Settling, a_webhook_settles_once_and_a_wrong_one_is_set_aside) {
    const auto order = order_of(product("pot", 5'000, 10), 1);
    const auto decided = decide(order);
    const auto receive = [&](const payments::SandboxPayment& payment) {
        const auto body = sandbox_.message(payment);
        const auto seconds = std::chrono::floor<std::chrono::seconds>(db_.clock().now()).time_since_epoch().count();
        const std::vector<std::pair<std::string, std::string>> headers{
            {"x-sandbox-signature", payments::sandbox_signature(sandbox_config().secret, seconds, body)}};
        const payments::Message message{headers, body};
        db_.run(payments_.receive(db_.context(), "sandbox", message)).value();
        return payments::EventId{db_.count("SELECT MAX(id) FROM payment_events")};
    };
    auto wrong = decided;
    wrong.amount.minor = 1;
    const auto first = receive(wrong);
    db_.run(checkout_.settle_event(db_.context(), first));
    EXPECT_EQ(db_.count("SELECT COUNT(*) FROM payment_events WHERE finding = 'amount_mismatch'"), 1);
    EXPECT_EQ(status(order), "pending_payment");
    db_.execute("DELETE FROM payment_events");

    const auto right = receive(decided);
    db_.run(checkout_.settle_event(db_.context(), right));
    db_.run(checkout_.settle_event(db_.context(), right));

    EXPECT_EQ(status(order), "paid");
    EXPECT_EQ(db_.count("SELECT COUNT(*) FROM payment_events WHERE processed_at IS NOT NULL AND finding IS NULL"), 1);
}

TEST_F(Settling, an_unpaid_order_expires_and_its_stock_comes_back) {
    const auto pot = product("pot", 5'000, 10);
    const auto order = order_of(pot, 4);
    EXPECT_EQ(expire(), 0);
    db_.clock().advance(std::chrono::minutes(31));

    EXPECT_EQ(expire(), 1);
    EXPECT_EQ(expire(), 0);

    EXPECT_EQ(status(order), "expired");
    EXPECT_EQ(read(order).payment.status, "cancelled");
    EXPECT_EQ(available(pot), 10);
    EXPECT_EQ(events("orders.expired"), 1);
}

TEST_F(Settling, money_that_comes_too_late_is_given_back) {
    const auto order = order_of(product("pot", 5'000, 10), 1);
    db_.clock().advance(std::chrono::minutes(31));
    expire();

    approve(order);

    EXPECT_EQ(status(order), "expired");
    EXPECT_EQ(read(order).payment.status, "refund_pending");
    EXPECT_EQ(events("payments.refund_due"), 1);
    run_refunds(order);
    run_refunds(order);
    EXPECT_EQ(read(order).payment.status, "refunded");
    EXPECT_EQ(status(order), "expired");
    EXPECT_EQ(db_.count("SELECT COUNT(*) FROM sandbox_payments WHERE refunded_minor = amount_minor"), 1);
}

TEST_F(Settling, money_for_stock_that_somebody_else_has_now_is_given_back) {
    const auto pot = product("pot", 5'000, 1);
    const auto cart = filled_cart(pot, 1);
    const auto slow = order_of(pot, 1);
    db_.clock().advance(std::chrono::minutes(40));
    const auto quick = place(cart).value();

    approve(slow);

    EXPECT_EQ(status(slow), "expired");
    EXPECT_EQ(read(slow).payment.status, "refund_pending");
    approve(quick);
    EXPECT_EQ(status(quick), "paid");
}

TEST_F(Settling, money_after_the_time_but_before_anybody_noticed_still_counts) {
    const auto order = order_of(product("pot", 5'000, 10), 1);
    db_.clock().advance(std::chrono::minutes(31));

    approve(order);

    EXPECT_EQ(expire(), 0);
    EXPECT_EQ(status(order), "paid");
}

TEST_F(Settling, settling_and_expiring_at_once_have_one_winner) {
    const auto pot = product("pot", 5'000, 20);
    std::vector<orders::Order> orders;
    for (int i = 0; i < 10; ++i) orders.push_back(order_of(pot, 1));
    for (const auto& order : orders) {
        decide(order);
    }
    db_.clock().advance(std::chrono::minutes(31));
    const auto ctx = db_.context();
    TaskGroup group(db_.executor(), [](const std::exception_ptr& fault) { std::rethrow_exception(fault); });
    const auto settle = [](CheckoutService& checkout, const Context& at, Notice said) -> Task<> {
        co_await checkout.settle(at, said);
    };
    const auto end = [](CheckoutService& checkout, const Context& at) -> Task<> { co_await checkout.expire(at); };

    for (std::size_t i = 0; i < orders.size(); ++i) {
        if (i == orders.size() / 2) {
            ASSERT_TRUE(group.spawn(end(checkout_, ctx)));
        }
        ASSERT_TRUE(group.spawn(settle(checkout_, ctx, notice(orders[i], EventKind::succeeded))));
    }
    db_.run(group.join());

    std::int64_t paid = 0;
    for (const auto& order : orders) {
        const auto now = read(order);
        if (now.status == OrderStatus::paid) ++paid;
        EXPECT_EQ(now.payment.status, now.status == OrderStatus::paid ? "succeeded" : "refund_pending");
        EXPECT_EQ(now.status == OrderStatus::paid || now.status == OrderStatus::expired, true);
    }
    EXPECT_EQ(available(pot), 20 - paid);
}

TEST_F(Settling, staff_mark_transfers_and_nothing_else_paid) {
    const auto pot = product("pot", 5'000, 10);
    const auto transfer = order_of(pot, 1, "manual");
    EXPECT_NE(transfer.payment.next_action->text.find(transfer.number), std::string::npos);
    const auto ctx = db_.context();

    const auto mark_paid = [&](PaymentId id) { return db_.run(checkout_.mark_paid(ctx, id)); };
    const auto mark_refunded = [&](PaymentId id) { return db_.run(checkout_.mark_refunded(ctx, id)); };

    EXPECT_EQ(mark_paid(order_of(pot, 1).payment.id).error().code, "payments.not_payable");
    EXPECT_EQ(mark_paid(PaymentId::next()).error().code, "payments.not_found");
    EXPECT_EQ(mark_paid(transfer.payment.id).value().order.status, OrderStatus::paid);
    EXPECT_EQ(mark_paid(transfer.payment.id).value().order.status, OrderStatus::paid);
    EXPECT_EQ(status(transfer), "paid");

    EXPECT_EQ(mark_refunded(transfer.payment.id).error().code, "payments.no_refund_due");
    db_.run(checkout_.cancel(context(), transfer.id, access(transfer))).value();
    run_refunds(transfer);
    EXPECT_EQ(status(transfer), "refunding");   // a transfer goes back by hand
    EXPECT_EQ(mark_refunded(transfer.payment.id).value().order.status, OrderStatus::refunded);
    EXPECT_EQ(status(transfer), "refunded");
}

TEST_F(Settling, the_audit_finds_an_order_that_counts_as_paid_without_money) {
    order_of(product("pot", 5'000, 10), 1);
    broken_ = true;
    db_.execute("UPDATE orders SET status = 'paid'");

    EXPECT_EQ(db_.run(checkout_.audit(db_.context())).size(), 1U);
}

}  // namespace
}  // namespace caddy::checkout
