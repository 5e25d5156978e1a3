// Refunds: parts of a payment on their way back.
#include "core/assert.hpp"
#include "platform/json/more.hpp"
#include "shop/payments/payments_events.hpp"
#include "shop/payments/payments_store.hpp"

namespace caddy::payments {
namespace {

namespace refuse {

struct Left {
    Money left;
};
BOOST_DESCRIBE_STRUCT(Left, (), (left))

Error refund_too_much(Money left) {
    Error error{ErrorKind::conflict, "payments.refund_too_much",
                "Less than that is left of what was paid; `left` says how much may still go back."};
    error.more = json::more(Left{left});
    return error;
}

}  // namespace refuse

/// Tells checkout which refund to carry out.
struct RefundRequested {
    RefundId refund_id;
    PaymentId payment_id;
    OrderId order_id;
};
BOOST_DESCRIBE_STRUCT(RefundRequested, (), (refund_id, payment_id, order_id))

/// Says what went back: by a refund, or what was left of the payment.
struct Refunded {
    PaymentId payment_id;
    OrderId order_id;
    std::optional<RefundId> refund_id;
    std::int64_t amount_minor = 0;
    std::string currency;
};
BOOST_DESCRIBE_STRUCT(Refunded, (), (payment_id, order_id, refund_id, amount_minor, currency))

Task<> tell(db::Transaction& tx, const Context& ctx, const Refunded& refunded) {
    const auto aggregate = refunded.order_id.text();
    co_await jobs::emit(tx, ctx, "payments.refunded", aggregate, json::to_json(refunded));
}

}  // namespace

Task<> tell_of_refund(db::Transaction& tx, const Context& ctx, const Payment& payment, Money amount) {
    const Refunded refunded{payment.id, payment.order, std::nullopt, amount.minor, std::string(amount.currency.code())};
    co_await tell(tx, ctx, refunded);
}

Task<> tell_of_refund(db::Transaction& tx, const Context& ctx, const Refund& refund) {
    const auto& amount = refund.amount;
    const Refunded refunded{refund.payment, refund.order, refund.id, amount.minor, std::string(amount.currency.code())};
    co_await tell(tx, ctx, refunded);
}

Task<RefundOutcome> PaymentService::refund(const Context& ctx, const Payment& payment, const Refund& refund) {
    auto* by = known(payment.provider);
    if (!by) throw Unavailable("the payment provider " + payment.provider + " is not configured any more");
    const RefundOrder order{refund.id.text(), refund.amount};
    co_return co_await by->refund(ctx, payment, order);
}

Task<Result<void>> PaymentService::open_refund(db::Transaction& tx, const Context& ctx, const Payment& payment,
                                               const Refund& refund) {
    CADDY_ASSERT(refund.payment == payment.id && refund.order == payment.order && refund.amount.minor > 0);
    const bool enough = co_await store::set_aside(tx, payment.id, refund.amount.minor, ctx.now());
    if (!enough) {
        co_return refuse::refund_too_much({payment.amount.minor - payment.returned_minor, payment.amount.currency});
    }
    co_await store::insert_refund(tx, refund);
    const RefundRequested requested{refund.id, refund.payment, refund.order};
    const auto aggregate = refund.id.text();
    co_await jobs::emit(tx, ctx, "payments.refund_requested", aggregate, json::to_json(requested));
    co_return Result<void>{};
}

Task<bool> PaymentService::finish_refund(db::Transaction& tx, const Context& ctx, const Refund& refund,
                                         RefundStatus status) {
    CADDY_ASSERT(status != RefundStatus::pending);
    const bool ended = co_await store::end_refund(tx, refund.id, status, ctx.now());
    if (ended && status == RefundStatus::done) co_await tell_of_refund(tx, ctx, refund);
    if (ended && status == RefundStatus::failed) {
        co_await store::set_free(tx, refund.payment, refund.amount.minor, ctx.now());
    }
    co_return ended;
}

Task<std::optional<Refund>> PaymentService::find_refund(db::Session& db, RefundId id) {
    return store::load_refund(db, id);
}
Task<std::vector<Refund>> PaymentService::refunds_of(db::Session& db, OrderId order) {
    return store::refunds_of(db, order);
}
Task<std::vector<Refund>> PaymentService::refunds_of_all(db::Session& db, std::span<const OrderId> orders) {
    return store::refunds_of_all(db, orders);
}

}  // namespace caddy::payments
