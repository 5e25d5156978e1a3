#pragma once
// All SQL of orders.
#include "shop/orders/orders.hpp"

namespace caddy::orders::store {

/// Throws db::Conflict when the id, the number or the cart has an order already.
Task<> insert(db::Transaction&, const Order&);
Task<> insert_lines(db::Transaction&, OrderId, const std::vector<Line>&);
/// What was taxed, per line and for shipping.
Task<> insert_taxes(db::Transaction&, const Order&);
/// Puts what was taxed onto loaded orders.
Task<> load_taxes(db::Session&, std::span<const OrderId>, std::vector<Order>&);
/// Fills `tax_lines` from what was taxed.
void sum_up_taxes(Order&);
/// Adds an entry under the order's current version: each change of the order makes room for one.
Task<> insert_entry(db::Transaction&, OrderId, const TimelineEntry&);

Task<std::optional<Head>> lock(db::Transaction&, OrderId);
/// True when the order was in `from`.
Task<bool> change_status(db::Transaction&, OrderId, OrderStatus from, OrderStatus to, Time now);
/// Makes room for a timeline entry.
Task<> touch(db::Transaction&, OrderId, Time now);
Task<> set_payment(db::Transaction&, OrderId, const PaymentNote&, Time now);

/// With lines and timeline, newest first.
Task<std::vector<Order>> load(db::Session&, std::span<const OrderId>);
/// Ids below `before`, newest first.
Task<std::vector<OrderId>> of_customer(db::Session&, std::int64_t customer, OrderId before, int limit);
Task<std::int64_t> count_of_customer(db::Session&, std::int64_t customer, std::int64_t max);
Task<std::int64_t> unpaid(db::Session&, std::string_view caller, Time now);
Task<std::vector<OrderId>> overdue(db::Session&, Time now, int limit);
Task<std::vector<Head>> walk(db::Session&, OrderId after, int limit);

/// Where a page of the back office ends: both parts, since orders of one instant stand by their ids.
struct Place {
    Time created_at{};
    OrderId id;
};
BOOST_DESCRIBE_STRUCT(Place, (), (created_at, id))
/// Those after a place, newest first.
Task<std::vector<Place>> search(db::Session&, const OrderQuery&, const Place& after, int limit);

Task<> insert_fulfilment(db::Transaction&, OrderId, const Fulfilment&);
Task<std::vector<Fulfilment>> fulfilments(db::Session&, OrderId);
/// Orders of which more was sent than was ordered.
Task<std::vector<OrderId>> overshipped(db::Session&);

/// Orders whose timeline enters `paid` more than once.
Task<std::vector<OrderId>> paid_twice(db::Session&);

}  // namespace caddy::orders::store
