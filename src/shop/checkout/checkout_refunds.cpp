// Refunds of parts of an order: asked for by staff, carried out by a job, and what they make of the order.
#include "core/assert.hpp"
#include "platform/idempotency/idempotency.hpp"
#include "platform/telemetry/log.hpp"
#include "shop/audit/audit.hpp"
#include "shop/checkout/checkout_admin_rules.hpp"

#include <algorithm>

namespace caddy::checkout {
namespace {

namespace refuse {

Error no_such_refund() { return {ErrorKind::not_found, "payments.not_found", "There is no such refund."}; }

Error not_refundable(orders::OrderStatus status) {
    return {ErrorKind::conflict, "orders.not_refundable",
            std::string("The order is ") + boost::describe::enum_to_string(status, "?") +
                "; there is no money of it to give back, or all of it goes back already."};
}

}  // namespace refuse

using orders::OrderStatus;
using payments::PaymentStatus;
using payments::RefundStatus;

/// What the audit log keeps of a refund.
struct RefundNote {
    OrderId order_id;
    Money amount;
    std::string reason;
    bool restock = false;
};
BOOST_DESCRIBE_STRUCT(RefundNote, (), (order_id, amount, reason, restock))

struct Before {
    OrderStatus status{};
    std::int64_t returned_minor = 0;
};
BOOST_DESCRIBE_STRUCT(Before, (), (status, returned_minor))

/// Where an order goes back to should nothing be given back after all.
OrderStatus standing(OrderStatus status, const std::vector<payments::Refund>& refunds) {
    if (status != OrderStatus::refunding) return status;
    for (const auto& refund : refunds) {
        if (refund.status == RefundStatus::pending) return refund.order_status;
    }
    return status;
}

}  // namespace

Task<Result<payments::Refund>> CheckoutService::refund_order(const Context& ctx, OrderId id, const RefundWish& wish) {
    co_return co_await db_.transact(
        ctx, "checkout.refund_order", [&](db::Transaction& tx) -> Task<Result<payments::Refund>> {
            payments::Refund refund;
            refund.id = payments::RefundId::next();
            CADDY_CO_TRY(co_await idempotency::record(tx, ctx, refund.id.text()));
            CADDY_CO_TRY(const auto found, co_await open_case(tx, id));
            const auto states = rules::states_of(found.order, found.fulfilments, found.refunds);
            CADDY_CO_TRY(rules::within(states, wish.lines, rules::Against::refundable));
            refund.order = id;
            refund.payment = found.head.payment;
            refund.amount = wish.amount_minor ? Money{*wish.amount_minor, found.order.currency}
                                              : rules::price_of(found.order, states, wish.lines);
            refund.reason = wish.reason;
            refund.restock = wish.restock == Restock::yes;
            refund.order_status = standing(found.head.status, found.refunds);
            refund.actor = rules::actor_of(ctx);
            refund.created_at = ctx.now();
            refund.lines = rules::split(states, wish.lines, wish.restock);
            CADDY_CO_TRY(co_await refund_in(tx, ctx, found, refund));
            co_return std::move(refund);
        });
}

Task<Result<void>> CheckoutService::refund_in(db::Transaction& tx, const Context& ctx, const Case& found,
                                              payments::Refund& refund) {
    const auto status = found.head.status;
    if (!orders::is_paid_for(status)) co_return refuse::not_refundable(status);
    const auto payment = co_await parts_.payments.lock(tx, found.head.payment);
    CADDY_ASSERT(payment.has_value());
    if (payment->status != PaymentStatus::succeeded || refund.amount.minor <= 0) {
        co_return refuse::not_refundable(status);
    }
    CADDY_CO_TRY(co_await parts_.payments.open_refund(tx, ctx, *payment, refund));
    CADDY_CO_TRY(co_await move_goods(tx, ctx, found, refund));
    const auto note = "A refund of " + format_amount(refund.amount) + " was asked for: " + refund.reason;
    if (status == OrderStatus::refunding) {
        co_await parts_.orders.annotate(tx, ctx, refund.order, refund.actor, note);
    } else {
        const orders::Step step{status, OrderStatus::refunding, refund.actor, note};
        co_await parts_.orders.transition(tx, ctx, refund.order, step);
    }
    const auto subject = refund.id.text();
    const audit::Act act{
        "orders.refund", subject, json::Raw{json::to_json(Before{status, payment->returned_minor})},
        json::Raw{json::to_json(RefundNote{refund.order, refund.amount, refund.reason, refund.restock})}};
    co_await audit::record(tx, ctx, act);
    co_return Result<void>{};
}

Task<Result<void>> CheckoutService::move_goods(db::Transaction& tx, const Context& ctx, const Case& found,
                                               const payments::Refund& refund) {
    std::vector<orders::Portion> freed, restocked;
    for (const auto& line : refund.lines) {
        freed.push_back({line.line_id, line.freed});
        restocked.push_back({line.line_id, line.restocked});
    }
    const auto unwanted = co_await demands_of(tx, found.order, freed);
    const auto reason = "refund " + refund.id.text();
    if (refund.restock) {
        CADDY_CO_TRY(co_await parts_.inventory.free(tx, ctx, refund.order.value, unwanted));
    } else {
        CADDY_CO_TRY(co_await parts_.inventory.write_off(tx, ctx, refund.order.value, unwanted, reason));
    }
    const auto returns = co_await demands_of(tx, found.order, restocked);
    co_await parts_.inventory.restock(tx, ctx, refund.order.value, returns, reason);
    co_return Result<void>{};
}

Task<Result<payments::Refund>> CheckoutService::show_refund(const Context& ctx, payments::RefundId id) {
    auto db = co_await db_.read(ctx);
    auto refund = co_await parts_.payments.find_refund(db, id);
    if (!refund) co_return refuse::no_such_refund();
    co_return std::move(*refund);
}

Task<> CheckoutService::carry_out_refund(const Context& ctx, payments::RefundId id) {
    std::optional<payments::Refund> refund;
    std::optional<payments::Payment> payment;
    {
        auto db = co_await db_.read(ctx);
        refund = co_await parts_.payments.find_refund(db, id);
        if (refund) payment = co_await parts_.payments.find(db, refund->payment);
    }
    if (!refund || !payment || refund->status != RefundStatus::pending) co_return;
    const auto outcome = co_await parts_.payments.refund(ctx, *payment, *refund);
    const auto actor = "provider:" + payment->provider;
    switch (outcome) {
        case payments::RefundOutcome::pending: co_return;   // staff will tell of its end
        case payments::RefundOutcome::refunded: co_await finish_refund(ctx, id, RefundStatus::done, actor); co_return;
        case payments::RefundOutcome::refused: co_await finish_refund(ctx, id, RefundStatus::failed, actor); co_return;
    }
}

Task<> CheckoutService::finish_refund(const Context& ctx, payments::RefundId id, RefundStatus status,
                                      const std::string& actor) {
    const auto done =
        co_await db_.transact(ctx, "checkout.finish_refund", [&](db::Transaction& tx) -> Task<Result<void>> {
            const auto known = co_await parts_.payments.find_refund(tx, id);
            CADDY_ASSERT(known.has_value());
            co_await finish_refund_in(tx, ctx, *known, status, actor);
            co_return Result<void>{};
        });
    CADDY_ASSERT(done.has_value());   // nothing in there refuses
}

Task<OrderStatus> CheckoutService::status_without_refunds(db::Transaction& tx, const payments::Refund& failed,
                                                          const std::vector<payments::Refund>& refunds) {
    const bool begun = failed.order_status != OrderStatus::paid && failed.order_status != OrderStatus::fulfilling;
    if (begun) co_return failed.order_status;
    const auto order = co_await parts_.orders.find(tx, failed.order);
    CADDY_ASSERT(order.has_value());
    const auto parcels = co_await parts_.orders.fulfilments(tx, failed.order);
    if (parcels.empty()) co_return failed.order_status;
    // Parcels went out while the provider was asked.
    const auto states = rules::states_of(*order, parcels, refunds);
    if (rules::all_sent(states)) co_return OrderStatus::shipped;
    co_return OrderStatus::fulfilling;
}

Task<> CheckoutService::finish_refund_in(db::Transaction& tx, const Context& ctx, const payments::Refund& refund,
                                         RefundStatus status, const std::string& actor) {
    const auto head = co_await parts_.orders.lock(tx, refund.order);
    auto payment = co_await parts_.payments.lock(tx, refund.payment);
    CADDY_ASSERT(head.has_value() && payment.has_value());
    const bool ended = co_await parts_.payments.finish_refund(tx, ctx, refund, status);
    if (!ended) co_return;   // another worker, or staff, was faster
    const auto refunds = co_await parts_.payments.refunds_of(tx, refund.order);
    const auto returned = rules::returned_minor(refunds);
    const auto amount = format_amount(refund.amount);
    const auto note = status == RefundStatus::done ? "A refund of " + amount + " was given back."
                                                   : "The provider refused a refund of " + amount + ".";
    if (status == RefundStatus::failed) log::error("payments.refund_refused", {{"refund", refund.id.text()}});
    auto to = OrderStatus::refunding;
    if (returned == payment->amount.minor) {
        to = OrderStatus::refunded;
        co_await parts_.payments.become(tx, ctx, *payment, PaymentStatus::refunded);
        co_await parts_.orders.note_payment(tx, ctx, refund.order, payments::note_of(*payment));
        co_await parts_.inventory.release(tx, ctx, refund.order.value);   // what was not sent stays here
    } else if (!rules::any_pending(refunds)) {
        to = OrderStatus::partially_refunded;
        if (returned == 0) to = co_await status_without_refunds(tx, refund, refunds);
    }
    if (to == OrderStatus::refunding || head->status != OrderStatus::refunding) {
        co_await parts_.orders.annotate(tx, ctx, refund.order, actor, note);
        co_return;
    }
    const orders::Step step{OrderStatus::refunding, to, actor, note};
    co_await parts_.orders.transition(tx, ctx, refund.order, step);
}

Task<> CheckoutService::audit_refunds(db::Session& db, const std::vector<orders::Head>& heads,
                                      const std::vector<payments::Payment>& payments,
                                      std::vector<orders::Finding>& findings) {
    std::vector<OrderId> ids;
    for (const auto& head : heads) ids.push_back(head.id);
    const auto all = co_await parts_.payments.refunds_of_all(db, ids);
    for (const auto& head : heads) {
        const auto money = std::ranges::find(payments, head.payment, &payments::Payment::id);
        if (money == payments.end()) continue;   // told of elsewhere
        std::vector<payments::Refund> own;
        std::ranges::copy_if(all, std::back_inserter(own), [&](const auto& each) { return each.order == head.id; });
        const auto returned = rules::returned_minor(own);
        const bool pending = rules::any_pending(own);
        const bool in_part = returned > 0 && returned < money->amount.minor;
        const bool whole = money->status == PaymentStatus::refunded;
        const auto told = [&](bool holds, const char* what) {
            if (!holds) findings.push_back({"refunds", head.id.text(), what});
        };
        told(returned <= money->amount.minor, "more went back than was paid");
        told(head.status != OrderStatus::refunded || whole, "counts as refunded, but its payment does not");
        told(head.status != OrderStatus::partially_refunded || in_part, "counts as refunded in part, its sums do not");
        told(head.status != OrderStatus::refunding || pending || money->status == PaymentStatus::refund_pending,
             "waits for a refund that nobody carries out");
        told(!pending || head.status == OrderStatus::refunding, "has a refund under way that its state does not tell");
        told(returned == 0 || returned < money->amount.minor || head.status == OrderStatus::refunded,
             "has all its money back, but does not count as refunded");
    }
}

}  // namespace caddy::checkout
