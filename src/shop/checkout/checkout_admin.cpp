// What staff do to an order: send it, take it on, cancel it, say something about it; and what they see of it.
#include "core/assert.hpp"
#include "platform/idempotency/idempotency.hpp"
#include "shop/audit/audit.hpp"
#include "shop/checkout/checkout_admin_rules.hpp"

#include <algorithm>

namespace caddy::checkout {
namespace {

namespace refuse {

Error not_found() { return {ErrorKind::not_found, "orders.not_found", "There is no such order."}; }

Error no_such_payment() { return {ErrorKind::not_found, "payments.not_found", "There is no such payment."}; }

std::string stands(orders::OrderStatus status) {
    return std::string("The order is ") + boost::describe::enum_to_string(status, "?");
}

Error not_fulfillable(orders::OrderStatus status) {
    return {ErrorKind::conflict, "orders.not_fulfillable", stands(status) + "; only what is paid for is sent."};
}

Error step_not_allowed(orders::OrderStatus status) {
    return {ErrorKind::conflict, "orders.step_not_allowed",
            stands(status) + ", or something of it still waits to be sent; this step comes after that."};
}

Error not_payable() {
    return {ErrorKind::conflict, "payments.not_payable",
            "Only payments made outside the shop are marked by hand; this provider reports its own."};
}

Error no_refund_due() {
    return {ErrorKind::conflict, "payments.no_refund_due", "Nothing of this payment waits to be given back by hand."};
}

}  // namespace refuse

using orders::OrderStatus;
using payments::PaymentStatus;

/// How an act left an order, for the audit log.
struct State {
    OrderStatus status{};
    std::optional<std::string> detail;
};
BOOST_DESCRIBE_STRUCT(State, (), (status, detail))

Task<> record_act(db::Transaction& tx, const Context& ctx, std::string_view action, OrderId order, const State& before,
                  const State& after) {
    const auto subject = order.text();
    const audit::Act act{action, subject, json::Raw{json::to_json(before)}, json::Raw{json::to_json(after)}};
    co_await audit::record(tx, ctx, act);
}

}  // namespace

Task<Result<OrderView>> CheckoutService::view(const Context& ctx, OrderId id) {
    auto db = co_await db_.read(ctx);
    co_return co_await view_in(db, id);
}

Task<Result<OrderView>> CheckoutService::view_of(const Context& ctx, PaymentId id) {
    auto db = co_await db_.read(ctx);
    const auto payment = co_await parts_.payments.find(db, id);
    if (!payment) co_return refuse::no_such_payment();
    co_return co_await view_in(db, payment->order);
}

Task<Result<OrderView>> CheckoutService::view_in(db::Session& db, OrderId id) {
    auto order = co_await parts_.orders.find(db, id);
    if (!order) co_return refuse::not_found();
    OrderView view;
    view.order = std::move(*order);
    view.fulfilments = co_await parts_.orders.fulfilments(db, id);
    view.payments = co_await parts_.payments.of_order(db, id);
    view.refunds = co_await parts_.payments.refunds_of(db, id);
    co_return view;
}

Task<Result<CheckoutService::Case>> CheckoutService::open_case(db::Transaction& tx, OrderId id) {
    auto head = co_await parts_.orders.lock(tx, id);
    if (!head) co_return refuse::not_found();
    auto order = co_await parts_.orders.find(tx, id);
    CADDY_ASSERT(order.has_value());
    Case found{std::move(*head), std::move(*order), {}, {}};
    found.fulfilments = co_await parts_.orders.fulfilments(tx, id);
    found.refunds = co_await parts_.payments.refunds_of(tx, id);
    co_return found;
}

Task<std::vector<inventory::Demand>> CheckoutService::demands_of(db::Session& db, const orders::Order& order,
                                                                 const std::vector<orders::Portion>& portions) {
    const auto tracked = co_await parts_.inventory.reserved_for(db, order.id.value);
    std::vector<inventory::Demand> demands;
    for (const auto& portion : portions) {
        if (portion.quantity == 0) continue;
        const auto line = std::ranges::find(order.lines, portion.line_id, &orders::Line::id);
        CADDY_ASSERT(line != order.lines.end());
        // As it was when the order was placed: what reserved nothing then has nothing to give up now.
        const bool known = std::ranges::find(tracked, line->variant_id) != tracked.end();
        demands.push_back({line->variant_id, portion.quantity, known});
    }
    co_return demands;
}

Task<Result<OrderView>> CheckoutService::fulfil(const Context& ctx, OrderId id, const Parcel& parcel) {
    co_return co_await db_.transact(ctx, "checkout.fulfil", [&](db::Transaction& tx) -> Task<Result<OrderView>> {
        CADDY_CO_TRY(co_await idempotency::record(tx, ctx, id.text()));
        CADDY_CO_TRY(const auto found, co_await open_case(tx, id));
        CADDY_CO_TRY(co_await fulfil_in(tx, ctx, found, parcel));
        CADDY_CO_TRY(auto view, co_await view_in(tx, id));
        const State before{found.head.status, std::nullopt};
        const State after{view.order.status, view.fulfilments.back().id.text()};
        co_await record_act(tx, ctx, "orders.fulfil", id, before, after);
        co_return std::move(view);
    });
}

Task<Result<void>> CheckoutService::fulfil_in(db::Transaction& tx, const Context& ctx, const Case& found,
                                              const Parcel& parcel) {
    auto status = found.head.status;
    // While a part of the money goes back, the rest of the goods need not wait for it.
    const bool refunding_a_part = status == OrderStatus::refunding && rules::any_pending(found.refunds) &&
                                  rules::asked_minor(found.refunds) < found.order.totals.total.minor;
    const bool open = status == OrderStatus::paid || status == OrderStatus::fulfilling ||
                      status == OrderStatus::partially_refunded || refunding_a_part;
    if (!open) co_return refuse::not_fulfillable(status);
    auto states = rules::states_of(found.order, found.fulfilments, found.refunds);
    CADDY_CO_TRY(rules::within(states, parcel.lines, rules::Against::waiting));
    const auto demands = co_await demands_of(tx, found.order, parcel.lines);
    const auto order = found.order.id;
    CADDY_CO_TRY(co_await parts_.inventory.ship(tx, ctx, order.value, demands));

    const auto actor = rules::actor_of(ctx);
    const orders::Fulfilment sent{orders::FulfilmentId::next(), parcel.tracking, actor, ctx.now(), parcel.lines};
    co_await parts_.orders.add_fulfilment(tx, ctx, order, sent);
    for (auto& state : states) {
        const auto portion = std::ranges::find(parcel.lines, state.line, &orders::Portion::line_id);
        if (portion != parcel.lines.end()) state.sent += portion->quantity;
    }
    const std::string note = "A parcel was sent" + (parcel.tracking ? ": " + *parcel.tracking : std::string());
    if (refunding_a_part) {
        co_await parts_.orders.annotate(tx, ctx, order, actor, note);
        co_return Result<void>{};   // the end of the refund finds the status
    }
    if (status == OrderStatus::fulfilling) {
        co_await parts_.orders.annotate(tx, ctx, order, actor, note);
    } else {
        const orders::Step step{status, OrderStatus::fulfilling, actor, note};
        co_await parts_.orders.transition(tx, ctx, order, step);
    }
    if (rules::all_sent(states)) {
        const orders::Step step{OrderStatus::fulfilling, OrderStatus::shipped, actor};
        co_await parts_.orders.transition(tx, ctx, order, step);
    }
    co_return Result<void>{};
}

Task<Result<OrderView>> CheckoutService::advance(const Context& ctx, OrderId id, OrderStatus to) {
    CADDY_ASSERT(to == OrderStatus::delivered || to == OrderStatus::completed);
    co_return co_await db_.transact(ctx, "checkout.advance", [&](db::Transaction& tx) -> Task<Result<OrderView>> {
        CADDY_CO_TRY(co_await idempotency::record(tx, ctx, id.text()));
        CADDY_CO_TRY(const auto found, co_await open_case(tx, id));
        CADDY_CO_TRY(co_await advance_in(tx, ctx, found, to));
        co_return co_await view_in(tx, id);
    });
}

Task<Result<void>> CheckoutService::advance_in(db::Transaction& tx, const Context& ctx, const Case& found,
                                               OrderStatus to) {
    const auto from = found.head.status;
    if (from == to) co_return Result<void>{};   // somebody else was faster
    const auto states = rules::states_of(found.order, found.fulfilments, found.refunds);
    const bool follows = from == OrderStatus::partially_refunded ? rules::all_sent(states)
                         : to == OrderStatus::delivered          ? from == OrderStatus::shipped
                                                                 : from == OrderStatus::delivered;
    if (!follows) co_return refuse::step_not_allowed(from);
    const auto actor = rules::actor_of(ctx);
    const orders::Step step{from, to, actor};
    co_await parts_.orders.transition(tx, ctx, found.order.id, step);
    const State before{from, std::nullopt}, after{to, std::nullopt};
    const auto action = to == OrderStatus::delivered ? "orders.deliver" : "orders.complete";
    co_await record_act(tx, ctx, action, found.order.id, before, after);
    co_return Result<void>{};
}

Task<Result<OrderView>> CheckoutService::cancel_by_staff(const Context& ctx, OrderId id, const std::string& reason) {
    co_return co_await db_.transact(
        ctx, "checkout.cancel_by_staff", [&](db::Transaction& tx) -> Task<Result<OrderView>> {
            CADDY_CO_TRY(co_await idempotency::record(tx, ctx, id.text()));
            const auto head = co_await parts_.orders.lock(tx, id);
            if (!head) co_return refuse::not_found();
            const Canceller staff{rules::actor_of(ctx), reason};
            CADDY_CO_TRY(co_await cancel_in(tx, ctx, *head, staff));
            CADDY_CO_TRY(auto view, co_await view_in(tx, id));
            const State before{head->status, std::nullopt}, after{view.order.status, reason};
            co_await record_act(tx, ctx, "orders.cancel", id, before, after);
            co_return std::move(view);
        });
}

Task<Result<OrderView>> CheckoutService::note(const Context& ctx, OrderId id, const std::string& text) {
    co_return co_await db_.transact(ctx, "checkout.note", [&](db::Transaction& tx) -> Task<Result<OrderView>> {
        CADDY_CO_TRY(co_await idempotency::record(tx, ctx, id.text()));
        const auto head = co_await parts_.orders.lock(tx, id);
        if (!head) co_return refuse::not_found();
        const auto actor = rules::actor_of(ctx);
        co_await parts_.orders.annotate(tx, ctx, id, actor, text, orders::Audience::staff);
        const State before{head->status, std::nullopt}, after{head->status, text};
        co_await record_act(tx, ctx, "orders.note", id, before, after);
        co_return co_await view_in(tx, id);
    });
}

Task<Result<OrderView>> CheckoutService::mark_paid(const Context& ctx, PaymentId id) {
    co_return co_await db_.transact(ctx, "checkout.mark_paid", [&](db::Transaction& tx) -> Task<Result<OrderView>> {
        CADDY_CO_TRY(co_await idempotency::record(tx, ctx, id.text()));
        const auto payment = co_await parts_.payments.find(tx, id);
        if (!payment) co_return refuse::no_such_payment();
        if (payment->provider != "manual") co_return refuse::not_payable();
        co_await mark_paid_in(tx, ctx, *payment);
        co_return co_await view_in(tx, payment->order);
    });
}

Task<> CheckoutService::mark_paid_in(db::Transaction& tx, const Context& ctx, const payments::Payment& payment) {
    const auto head = co_await parts_.orders.lock(tx, payment.order);
    CADDY_ASSERT(head.has_value());
    const Notice notice{payment.id, payments::EventKind::succeeded, payment.amount, rules::actor_of(ctx)};
    const auto verdict = co_await settle_in(tx, ctx, notice);
    if (verdict == Verdict::ignore) co_return;
    const auto now = co_await parts_.orders.lock(tx, payment.order);
    const State before{head->status, std::nullopt}, after{now->status, payment.id.text()};
    co_await record_act(tx, ctx, "payments.mark_paid", payment.order, before, after);
}

Task<Result<OrderView>> CheckoutService::mark_refunded(const Context& ctx, PaymentId id) {
    co_return co_await db_.transact(
        ctx, "checkout.mark_refunded", [&](db::Transaction& tx) -> Task<Result<OrderView>> {
            CADDY_CO_TRY(co_await idempotency::record(tx, ctx, id.text()));
            const auto payment = co_await parts_.payments.find(tx, id);
            if (!payment) co_return refuse::no_such_payment();
            if (payment->provider != "manual") co_return refuse::no_refund_due();
            CADDY_CO_TRY(co_await mark_refunded_in(tx, ctx, *payment));
            co_return co_await view_in(tx, payment->order);
        });
}

Task<Result<void>> CheckoutService::mark_refunded_in(db::Transaction& tx, const Context& ctx,
                                                     const payments::Payment& payment) {
    const auto head = co_await parts_.orders.lock(tx, payment.order);
    const auto locked = co_await parts_.payments.lock(tx, payment.id);
    CADDY_ASSERT(head.has_value() && locked.has_value());
    if (locked->status == PaymentStatus::refunded) co_return Result<void>{};   // somebody else was faster
    const auto actor = rules::actor_of(ctx);
    bool due = locked->status == PaymentStatus::refund_pending;
    if (due) {
        const Notice notice{payment.id, payments::EventKind::refunded, payment.amount, actor};
        co_await settle_in(tx, ctx, notice);
    } else {
        const auto refunds = co_await parts_.payments.refunds_of(tx, payment.order);
        for (const auto& refund : refunds) {
            if (refund.payment != payment.id || refund.status != payments::RefundStatus::pending) continue;
            co_await finish_refund_in(tx, ctx, refund, payments::RefundStatus::done, actor);
            due = true;
        }
    }
    if (!due) co_return refuse::no_refund_due();
    const auto now = co_await parts_.orders.lock(tx, payment.order);
    const State before{head->status, std::nullopt}, after{now->status, payment.id.text()};
    co_await record_act(tx, ctx, "payments.mark_refunded", payment.order, before, after);
    co_return Result<void>{};
}

}  // namespace caddy::checkout
