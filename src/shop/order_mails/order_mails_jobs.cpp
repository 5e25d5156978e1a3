// Which events call for a mail, and the job that writes it.
#include "platform/jobs/worker.hpp"
#include "platform/json/decode.hpp"
#include "shop/order_mails/order_mails.hpp"

namespace caddy::order_mails {
namespace {

using caddy::jobs::Event;
using orders::OrderStatus;

struct StatusPayload {
    orders::OrderId order_id;
    OrderStatus status{};
    std::optional<OrderStatus> previous;
    std::string actor;
};
BOOST_DESCRIBE_STRUCT(StatusPayload, (), (order_id, status, previous, actor))

struct ParcelPayload {
    orders::OrderId order_id;
    orders::FulfilmentId fulfilment_id;
};
BOOST_DESCRIBE_STRUCT(ParcelPayload, (), (order_id, fulfilment_id))

struct RefundPayload {
    orders::PaymentId payment_id;
    orders::OrderId order_id;
    std::optional<std::string> refund_id;
    std::int64_t amount_minor = 0;
    std::string currency;
};
BOOST_DESCRIBE_STRUCT(RefundPayload, (), (payment_id, order_id, refund_id, amount_minor, currency))

Task<> tell_placed(const Context& ctx, const Event& event, OrderMails& mails) {
    const auto told = json::from_json<StatusPayload>(event.payload).value();
    const Due due{event.id, told.order_id, MailKind::placed};
    co_await mails.queue(ctx, due);
}

/// An order is paid once; it may come back to that state when a refund of it fails.
Task<> tell_paid(const Context& ctx, const Event& event, OrderMails& mails) {
    const auto told = json::from_json<StatusPayload>(event.payload).value();
    if (told.previous != OrderStatus::pending_payment) co_return;
    const Due due{event.id, told.order_id, MailKind::paid};
    co_await mails.queue(ctx, due);
}

Task<> tell_cancelled(const Context& ctx, const Event& event, OrderMails& mails) {
    const auto told = json::from_json<StatusPayload>(event.payload).value();
    const Due due{event.id, told.order_id, MailKind::cancelled};
    co_await mails.queue(ctx, due);
}

Task<> tell_shipped(const Context& ctx, const Event& event, OrderMails& mails) {
    const auto told = json::from_json<ParcelPayload>(event.payload).value();
    const Due due{event.id, told.order_id, MailKind::shipped, told.fulfilment_id};
    co_await mails.queue(ctx, due);
}

Task<> tell_refunded(const Context& ctx, const Event& event, OrderMails& mails) {
    const auto told = json::from_json<RefundPayload>(event.payload).value();
    const Due due{event.id, told.order_id, MailKind::refunded, std::nullopt, told.amount_minor, told.currency};
    co_await mails.queue(ctx, due);
}

Task<> send(const Context& ctx, const Event& event, OrderMails& mails) {
    const auto due = json::from_json<Due>(event.payload).value();
    co_await mails.send(ctx, due);
}

}   // namespace

void jobs(caddy::jobs::JobTable& table, OrderMails& mails) {
    using caddy::jobs::bind_event;
    table.on("orders.pending_payment", "order_mails.placed", bind_event(tell_placed, mails));
    table.on("orders.paid", "order_mails.paid", bind_event(tell_paid, mails));
    table.on("orders.cancelled", "order_mails.cancelled", bind_event(tell_cancelled, mails));
    table.on("orders.parcel_sent", "order_mails.shipped", bind_event(tell_shipped, mails));
    table.on("payments.refunded", "order_mails.refunded", bind_event(tell_refunded, mails));
    table.on("order_mails.due", "order_mails.send", bind_event(send, mails));
}

}   // namespace caddy::order_mails
