#pragma once
// The rules of what staff do to orders, without a database: what a line still waits for, what pieces cost.
#include "shop/checkout/checkout.hpp"

namespace caddy::checkout {

/// An order under its lock, with all that counts for what may be done to it.
struct CheckoutService::Case {
    orders::Head head;
    orders::Order order;
    std::vector<orders::Fulfilment> fulfilments;
    std::vector<payments::Refund> refunds;
};

namespace rules {

/// Where the pieces of a line are.
struct LineState {
    orders::LineId line;
    std::int64_t ordered = 0;
    std::int64_t sent = 0;
    std::int64_t freed = 0;       // never to be sent
    std::int64_t refunded = 0;    // by refunds that did not fail
    std::int64_t restocked = 0;   // came back

    std::int64_t waiting() const { return ordered - sent - freed; }
    std::int64_t refundable() const { return ordered - refunded; }
};
std::vector<LineState> states_of(const orders::Order&, const std::vector<orders::Fulfilment>&,
                                 const std::vector<payments::Refund>&);

/// True when something was sent and nothing is left to send.
bool all_sent(const std::vector<LineState>&);

enum class Against { waiting, refundable };
/// Refuses: orders.quantity_exceeded (409) with each line that has less, or is not of the order
Result<void> within(const std::vector<LineState>&, const std::vector<orders::Portion>&, Against);

/// What these pieces cost, with their part of discount and tax: the order's total with them less that without them,
/// so that refunds piece by piece come to what one refund of all pieces comes to. Shipping is not in it.
Money price_of(const orders::Order&, const std::vector<LineState>&, const std::vector<orders::Portion>&);

/// How the pieces of a refund are dealt with. With restock those not sent are freed first, and those sent are put
/// back. Without it those sent count first, and come back to nobody; the others are freed, so that what was paid back
/// is never sent.
std::vector<payments::RefundLine> split(const std::vector<LineState>&, const std::vector<orders::Portion>&, Restock);

/// What has gone back, by refunds that are done.
std::int64_t returned_minor(const std::vector<payments::Refund>&);
/// What has gone back or is on its way.
std::int64_t asked_minor(const std::vector<payments::Refund>& refunds);
bool any_pending(const std::vector<payments::Refund>&);

/// The name of the signed-in member of staff in timelines.
std::string actor_of(const Context&);

}  // namespace rules
}  // namespace caddy::checkout
