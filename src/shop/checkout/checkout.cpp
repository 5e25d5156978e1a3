// What shoppers, and time, do to an order that exists: another payment, cancelling, expiry. And the audit over all.
#include "shop/checkout/checkout.hpp"

#include "core/assert.hpp"
#include "platform/idempotency/idempotency.hpp"
#include "platform/telemetry/log.hpp"

#include <algorithm>
#include <random>

namespace caddy::checkout {
namespace refuse {
namespace {

Error not_found() {
    return {ErrorKind::not_found, "orders.not_found",
            "There is no such order, or it is not yours. A guest's order needs its X-Order-Token."};
}

Error not_cancellable(orders::OrderStatus status) {
    return {ErrorKind::conflict, "orders.not_cancellable",
            std::string("The order is ") + boost::describe::enum_to_string(status, "?") +
                " and cannot be cancelled any more. Ask the shop."};
}

Error order_expired() {
    return {ErrorKind::gone, "orders.expired",
            "The order was not paid in time and its stock was given back. Put the goods into a new cart."};
}

Error not_payable(orders::OrderStatus status) {
    return {ErrorKind::conflict, "orders.not_payable",
            std::string("The order is ") + boost::describe::enum_to_string(status, "?") + " and waits for no payment."};
}

Error attempt_open() {
    return {ErrorKind::conflict, "payments.attempt_open",
            "A payment of this order is under way: follow its next_action. Once it is declined, start a new one."};
}

Error too_many_attempts() {
    return {ErrorKind::conflict, "checkout.too_many_attempts",
            "This order has had as many payments as an order may have. Put the goods into a new cart."};
}

}  // namespace
}  // namespace refuse

using orders::OrderStatus;
using payments::PaymentStatus;

namespace {

constexpr int expire_batch = 50;
constexpr int expire_rounds_max = 20;   // of expire_batch each, for one run of the job
constexpr int audit_batch = 100;

}  // namespace

Task<Result<orders::Order>> CheckoutService::pay_again(const Context& ctx, OrderId order, const orders::Access& access,
                                                       const std::string& provider) {
    CADDY_CO_TRY(parts_.payments.provider(provider));
    CADDY_CO_TRY(co_await db_.transact(ctx, "checkout.attempt", [&](db::Transaction& tx) -> Task<Result<PaymentId>> {
        return attempt_in(tx, ctx, order, access, provider);
    }));
    co_return co_await proceed(ctx, order);
}

Task<Result<PaymentId>> CheckoutService::attempt_in(db::Transaction& tx, const Context& ctx, OrderId id,
                                                    const orders::Access& access, const std::string& provider) {
    CADDY_CO_TRY(co_await idempotency::record(tx, ctx, id.text()));
    const auto head = co_await parts_.orders.lock(tx, id);
    if (!head || !orders::is_owner(head->customer, head->token, access)) co_return refuse::not_found();
    const bool overdue = head->status == OrderStatus::pending_payment && head->expires_at <= ctx.now();
    if (overdue || head->status == OrderStatus::expired) co_return refuse::order_expired();
    if (head->status != OrderStatus::pending_payment) co_return refuse::not_payable(head->status);

    auto attempts = co_await parts_.payments.of_order(tx, id);
    for (auto& attempt : attempts) {
        if (attempt.status == PaymentStatus::pending) co_return refuse::attempt_open();
        if (attempt.status != PaymentStatus::created) continue;
        // Its provider never answered: ask the same one again under the same key, or give it up for the other.
        if (attempt.provider == provider) co_return attempt.id;
        co_await parts_.payments.become(tx, ctx, attempt, PaymentStatus::cancelled);
    }
    const auto attempts_max = static_cast<std::size_t>(config_.attempts_per_order_max);
    if (attempts.size() >= attempts_max) co_return refuse::too_many_attempts();
    payments::Payment payment;
    payment.id = PaymentId::next();
    payment.order = id;
    payment.provider = provider;
    payment.amount = head->total;
    payment = co_await parts_.payments.create(tx, ctx, payment);
    co_await parts_.orders.note_payment(tx, ctx, id, payments::note_of(payment));
    co_return payment.id;
}

Task<Result<orders::Order>> CheckoutService::cancel(const Context& ctx, OrderId id, const orders::Access& access) {
    co_return co_await db_.transact(ctx, "checkout.cancel", [&](db::Transaction& tx) -> Task<Result<orders::Order>> {
        CADDY_CO_TRY(co_await idempotency::record(tx, ctx, id.text()));
        const auto head = co_await parts_.orders.lock(tx, id);
        if (!head || !orders::is_owner(head->customer, head->token, access)) co_return refuse::not_found();
        const Canceller shopper{"shopper"};
        CADDY_CO_TRY(co_await cancel_in(tx, ctx, *head, shopper));
        auto order = co_await parts_.orders.find(tx, id);
        CADDY_ASSERT(order.has_value());
        co_return std::move(*order);
    });
}

Task<Result<void>> CheckoutService::cancel_in(db::Transaction& tx, const Context& ctx, const orders::Head& head,
                                              const Canceller& by) {
    switch (head.status) {
        case OrderStatus::cancelled:
        case OrderStatus::refunding:
        case OrderStatus::refunded: co_return Result<void>{};   // done already
        case OrderStatus::pending_payment: {
            const orders::Step step{head.status, OrderStatus::cancelled, by.actor, by.note};
            co_await parts_.orders.transition(tx, ctx, head.id, step);
            co_await end_attempts(tx, ctx, head);
            break;
        }
        case OrderStatus::paid: {
            const orders::Step step{head.status, OrderStatus::refunding, by.actor,
                                    by.note.value_or("Cancelled; the money is given back.")};
            co_await parts_.orders.transition(tx, ctx, head.id, step);
            auto payment = co_await parts_.payments.lock(tx, head.payment);
            CADDY_ASSERT(payment.has_value() && payment->status == PaymentStatus::succeeded);
            co_await parts_.payments.become(tx, ctx, *payment, PaymentStatus::refund_pending);
            co_await parts_.orders.note_payment(tx, ctx, head.id, payments::note_of(*payment));
            break;
        }
        case OrderStatus::fulfilling:
        case OrderStatus::shipped:
        case OrderStatus::delivered:
        case OrderStatus::completed:
        case OrderStatus::expired:
        case OrderStatus::partially_refunded: co_return refuse::not_cancellable(head.status);
    }
    co_await parts_.inventory.release(tx, ctx, head.id.value);
    co_return Result<void>{};
}

Task<> CheckoutService::end_attempts(db::Transaction& tx, const Context& ctx, const orders::Head& head) {
    co_await cancel_attempts(tx, ctx, head.id, PaymentId{});
    const auto latest = co_await parts_.payments.find(tx, head.payment);
    CADDY_ASSERT(latest.has_value());
    co_await parts_.orders.note_payment(tx, ctx, head.id, payments::note_of(*latest));
}

Task<std::int64_t> CheckoutService::expire(const Context& ctx) {
    std::int64_t ended = 0;
    std::mt19937_64 shuffler(std::random_device{}());
    for (int round = 0; round < expire_rounds_max; ++round) {
        std::vector<OrderId> due;
        {
            auto db = co_await db_.read(ctx);
            due = co_await parts_.orders.overdue(db, ctx.now(), expire_batch);
        }
        if (due.empty()) break;
        // One order that cannot be ended must not keep the others waiting run after run.
        std::shuffle(due.begin(), due.end(), shuffler);
        for (const auto id : due) {
            const bool done = co_await expire_one(ctx, id);
            if (done) ++ended;
        }
    }
    if (ended > 0) log::info("orders.expired", {{"count", ended}});
    co_return ended;
}

Task<bool> CheckoutService::expire_one(const Context& ctx, OrderId id) {
    const auto done = co_await db_.transact(ctx, "checkout.expire", [&](db::Transaction& tx) -> Task<Result<bool>> {
        const auto head = co_await parts_.orders.lock(tx, id);
        // Paid or cancelled since it was listed: whoever holds the row's lock first wins, and the other one sees it.
        if (!head || head->status != OrderStatus::pending_payment || head->expires_at > ctx.now()) co_return false;
        const orders::Step step{head->status, OrderStatus::expired, "system", "Not paid in time."};
        co_await parts_.orders.transition(tx, ctx, id, step);
        co_await end_attempts(tx, ctx, *head);
        co_await parts_.inventory.release(tx, ctx, id.value);
        co_return true;
    });
    co_return done.value();
}

Task<std::vector<orders::Finding>> CheckoutService::audit(const Context& ctx) {
    auto findings = co_await parts_.orders.audit(ctx);
    auto more = co_await parts_.payments.audit(ctx);
    findings.insert(findings.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
    auto db = co_await db_.read(ctx);
    OrderId last{};
    for (;;) {
        const auto heads = co_await parts_.orders.walk(db, last, audit_batch);
        if (heads.empty()) break;
        last = heads.back().id;
        std::vector<PaymentId> latest;
        for (const auto& head : heads) latest.push_back(head.payment);
        const auto payments = co_await parts_.payments.find_all(db, latest);
        co_await audit_refunds(db, heads, payments, findings);
        for (const auto& head : heads) {
            const auto money = std::ranges::find(payments, head.payment, &payments::Payment::id);
            const bool settled = money != payments.end() && money->settled_at.has_value();
            const bool taken = settled && money->order == head.id && money->amount == head.total;
            if (orders::is_paid_for(head.status) && !taken) {
                findings.push_back({"3", head.id.text(), "counts as paid without a settled payment of its total"});
            }
            if (head.status == OrderStatus::pending_payment && settled) {
                findings.push_back({"3", head.id.text(), "waits for a payment that is settled"});
            }
        }
    }
    co_return findings;
}

}  // namespace caddy::checkout
