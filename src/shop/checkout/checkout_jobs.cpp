// Work that no request waits for: settling what providers said, giving money back, ending what was not paid.
#include "platform/jobs/worker.hpp"
#include "platform/json/decode.hpp"
#include "shop/checkout/checkout.hpp"

namespace caddy::checkout {
namespace {

struct EventReceived {
    payments::EventId event_id;
    PaymentId payment_id;
};
BOOST_DESCRIBE_STRUCT(EventReceived, (), (event_id, payment_id))

struct RefundDue {
    PaymentId payment_id;
    OrderId order_id;
};
BOOST_DESCRIBE_STRUCT(RefundDue, (), (payment_id, order_id))

struct RefundRequested {
    payments::RefundId refund_id;
    PaymentId payment_id;
    OrderId order_id;
};
BOOST_DESCRIBE_STRUCT(RefundRequested, (), (refund_id, payment_id, order_id))

constexpr std::chrono::seconds expire_interval{15};

Task<> settle(const Context& ctx, const jobs::Event& event, CheckoutService& checkout) {
    const auto received = json::from_json<EventReceived>(event.payload).value();
    co_await checkout.settle_event(ctx, received.event_id);
}

Task<> refund(const Context& ctx, const jobs::Event& event, CheckoutService& checkout) {
    const auto due = json::from_json<RefundDue>(event.payload).value();
    co_await checkout.refund(ctx, due.payment_id);
}

Task<> carry_out_refund(const Context& ctx, const jobs::Event& event, CheckoutService& checkout) {
    const auto requested = json::from_json<RefundRequested>(event.payload).value();
    co_await checkout.carry_out_refund(ctx, requested.refund_id);
}

Task<> expire(const Context& ctx, CheckoutService& checkout) { co_await checkout.expire(ctx); }

}  // namespace

void jobs(jobs::JobTable& table, CheckoutService& checkout) {
    table.on("payments.event_received", "checkout.settle", jobs::bind_event(settle, checkout));
    table.on("payments.refund_due", "checkout.refund", jobs::bind_event(refund, checkout));
    table.on("payments.refund_requested", "checkout.carry_out_refund", jobs::bind_event(carry_out_refund, checkout));
    table.every(expire_interval, "checkout.expire", jobs::bind_scheduled(expire, checkout));
}

}  // namespace caddy::checkout
