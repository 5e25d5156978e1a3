// Where money meets orders: notices of providers and staff, refunds, and what the two come to.
#include "core/assert.hpp"
#include "platform/telemetry/log.hpp"
#include "shop/checkout/checkout.hpp"

namespace caddy::checkout {
using orders::OrderStatus;
using payments::EventKind;
using payments::PaymentStatus;

/// An order and one of its payments, both locked, and what was said about them.
struct CheckoutService::Settling {
    const Notice& notice;
    orders::Head order;
    payments::Payment payment;
};

Task<Verdict> CheckoutService::settle(const Context& ctx, const Notice& notice) {
    const auto verdict =
        co_await db_.transact(ctx, "checkout.settle", [&](db::Transaction& tx) -> Task<Result<Verdict>> {
            const auto reached = co_await settle_in(tx, ctx, notice);
            co_return reached;
        });
    co_return verdict.value();
}

Task<> CheckoutService::settle_event(const Context& ctx, payments::EventId id) {
    const auto done =
        co_await db_.transact(ctx, "checkout.settle_event", [&](db::Transaction& tx) -> Task<Result<void>> {
            co_await settle_event_in(tx, ctx, id);
            co_return Result<void>{};
        });
    CADDY_ASSERT(done.has_value());   // nothing in there refuses
}

Task<> CheckoutService::settle_event_in(db::Transaction& tx, const Context& ctx, payments::EventId id) {
    const auto stored = co_await parts_.payments.event(tx, id);
    if (!stored || stored->processed) co_return;
    Notice notice{stored->event.payment, stored->event.kind, stored->event.amount, "provider:" + stored->provider};
    notice.reference = stored->event.reference;
    notice.failure_code = stored->event.failure_code;
    const auto verdict = co_await settle_in(tx, ctx, notice);
    std::optional<std::string> finding;
    if (verdict == Verdict::set_aside) finding = "amount_mismatch";
    co_await parts_.payments.finish_event(tx, ctx, id, finding);
}

Task<Verdict> CheckoutService::settle_in(db::Transaction& tx, const Context& ctx, const Notice& notice) {
    const auto known = co_await parts_.payments.find(tx, notice.payment);
    if (!known) co_return Verdict::ignore;
    auto order = co_await parts_.orders.lock(tx, known->order);
    auto payment = co_await parts_.payments.lock(tx, notice.payment);
    CADDY_ASSERT(order.has_value() && payment.has_value());
    const bool amount_is_right = notice.amount == payment->amount;
    const auto verdict = judge(order->status, payment->status, notice.kind, amount_is_right);
    Settling settling{notice, std::move(*order), std::move(*payment)};
    co_await carry_out(tx, ctx, settling, verdict);
    co_return verdict;
}

Task<> CheckoutService::carry_out(db::Transaction& tx, const Context& ctx, Settling& s, Verdict verdict) {
    switch (verdict) {
        case Verdict::ignore: co_return;
        case Verdict::set_aside:
            log::error("payments.amount_mismatch", {{"payment", s.payment.id.text()},
                                                    {"expected_minor", s.payment.amount.minor},
                                                    {"told_minor", s.notice.amount.minor}});
            co_return;
        case Verdict::pay: co_await pay(tx, ctx, s); break;
        case Verdict::give_back:
            co_await give_back(tx, ctx, s, "A payment arrived that the order no longer waited for; it is given back.");
            break;
        case Verdict::fail: {
            co_await parts_.payments.become(tx, ctx, s.payment, PaymentStatus::failed, s.notice.failure_code);
            co_await parts_.orders.annotate(tx, ctx, s.order.id, s.notice.actor, "The payment was declined.");
            break;
        }
        case Verdict::note_refund: co_await note_refund(tx, ctx, s); break;
    }
    if (s.notice.reference) co_await parts_.payments.keep_reference(tx, ctx, s.payment, *s.notice.reference);
    // An earlier attempt that pays after all is the one that the order shows from then on.
    if (verdict == Verdict::pay || s.order.payment == s.payment.id) {
        co_await parts_.orders.note_payment(tx, ctx, s.order.id, payments::note_of(s.payment));
    }
}

Task<> CheckoutService::pay(db::Transaction& tx, const Context& ctx, Settling& s) {
    const bool kept = co_await parts_.inventory.keep(tx, ctx, s.order.id.value);
    if (!kept) {   // the order's time was over and its stock went to somebody else
        const orders::Step step{OrderStatus::pending_payment, OrderStatus::expired, "system",
                                "The stock was sold meanwhile."};
        co_await parts_.orders.transition(tx, ctx, s.order.id, step);
        co_await cancel_attempts(tx, ctx, s.order.id, s.payment.id);
        co_await give_back(tx, ctx, s, "The payment arrived after the stock was sold; it is given back.");
        co_await parts_.inventory.release(tx, ctx, s.order.id.value);
        co_return;
    }
    co_await parts_.payments.become(tx, ctx, s.payment, PaymentStatus::succeeded);
    const orders::Step step{OrderStatus::pending_payment, OrderStatus::paid, s.notice.actor};
    const bool paid = co_await parts_.orders.transition(tx, ctx, s.order.id, step);
    CADDY_ASSERT(paid);   // its row is locked
    co_await cancel_attempts(tx, ctx, s.order.id, s.payment.id);
    log::info("order.paid", {{"order", s.order.id.text()}, {"payment", s.payment.id.text()}});
}

Task<> CheckoutService::give_back(db::Transaction& tx, const Context& ctx, Settling& s, std::string_view why) {
    co_await parts_.payments.become(tx, ctx, s.payment, PaymentStatus::refund_pending);
    co_await parts_.orders.annotate(tx, ctx, s.order.id, s.notice.actor, why);
    log::warn("payments.late", {{"order", s.order.id.text()}, {"payment", s.payment.id.text()}});
}

Task<> CheckoutService::note_refund(db::Transaction& tx, const Context& ctx, Settling& s) {
    const bool was_the_orders_money =
        s.payment.status == PaymentStatus::succeeded || s.order.status == OrderStatus::refunding;
    const auto refunds = co_await parts_.payments.refunds_of(tx, s.order.id);
    for (const auto& refund : refunds) {   // what was on its way is part of the whole
        if (refund.payment != s.payment.id || refund.status != payments::RefundStatus::pending) continue;
        co_await parts_.payments.finish_refund(tx, ctx, refund, payments::RefundStatus::done);
    }
    co_await parts_.payments.become(tx, ctx, s.payment, PaymentStatus::refunded);
    if (!was_the_orders_money || s.order.payment != s.payment.id) {
        co_await parts_.orders.annotate(tx, ctx, s.order.id, s.notice.actor, "A payment was given back.");
        co_return;
    }
    auto status = s.order.status;
    if (orders::may_become(status, OrderStatus::refunding)) {   // the provider's own people gave it back
        const bool still_here = status == OrderStatus::paid || status == OrderStatus::fulfilling;
        const orders::Step step{status, OrderStatus::refunding, s.notice.actor};
        co_await parts_.orders.transition(tx, ctx, s.order.id, step);
        status = OrderStatus::refunding;
        if (still_here) co_await parts_.inventory.release(tx, ctx, s.order.id.value);
    }
    if (status == OrderStatus::refunding) {
        const orders::Step step{status, OrderStatus::refunded, s.notice.actor};
        co_await parts_.orders.transition(tx, ctx, s.order.id, step);
    }
}

Task<> CheckoutService::cancel_attempts(db::Transaction& tx, const Context& ctx, OrderId order, PaymentId except) {
    auto attempts = co_await parts_.payments.of_order(tx, order);
    for (auto& attempt : attempts) {
        if (attempt.id == except || !payments::is_open(attempt.status)) continue;
        co_await parts_.payments.become(tx, ctx, attempt, PaymentStatus::cancelled);
    }
}

Task<> CheckoutService::refund(const Context& ctx, PaymentId id) {
    std::optional<payments::Payment> payment;
    {
        auto db = co_await db_.read(ctx);
        payment = co_await parts_.payments.find(db, id);
    }
    if (!payment || payment->status != PaymentStatus::refund_pending) co_return;
    auto outcome = payments::RefundOutcome::refunded;
    if (payment->amount.minor > 0) outcome = co_await parts_.payments.refund(ctx, *payment);
    if (outcome == payments::RefundOutcome::pending) co_return;   // the provider, or staff, will tell of its end
    const Notice notice{id, EventKind::refunded, payment->amount, "provider:" + payment->provider};
    co_await settle(ctx, notice);
}

}  // namespace caddy::checkout
