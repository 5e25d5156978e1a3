#pragma once
// The rows that the judge looks at, read by SQL of its own. Private to judge.cpp.
#include "simulation/world.hpp"

namespace caddy::simulation {

using orders::OrderId;
using orders::OrderStatus;

struct OrderRow {
    OrderId id;
    OrderStatus status{};
    std::int64_t total_minor = 0;
    std::string cart_id;
};
BOOST_DESCRIBE_STRUCT(OrderRow, (), (id, status, total_minor, cart_id))
const db::Sql sql_orders{{.name = "simulation.orders", .any = "SELECT id, status, total_minor, cart_id FROM orders"}};

struct PieceRow {
    OrderId order_id;
    catalog::VariantId variant_id;
    std::int64_t quantity = 0;
    std::int64_t sent = 0;
    std::int64_t freed = 0;
    std::int64_t lost = 0;       // freed, and nobody else's either
    std::int64_t restocked = 0;
};
BOOST_DESCRIBE_STRUCT(PieceRow, (), (order_id, variant_id, quantity, sent, freed, lost, restocked))
const db::Sql sql_pieces{
    {.name = "simulation.pieces",
     .any = "SELECT l.order_id, l.variant_id, l.quantity, "
            "(SELECT COALESCE(SUM(f.quantity), 0) FROM fulfilment_lines f WHERE f.line_id = l.id) AS sent, "
            "(SELECT COALESCE(SUM(r.freed), 0) FROM refund_lines r JOIN refunds a ON a.id = r.refund_id "
            "WHERE r.line_id = l.id AND a.restock = 1) AS freed, "
            "(SELECT COALESCE(SUM(r.freed), 0) FROM refund_lines r JOIN refunds a ON a.id = r.refund_id "
            "WHERE r.line_id = l.id AND a.restock = 0) AS lost, "
            "(SELECT COALESCE(SUM(r.restocked), 0) FROM refund_lines r WHERE r.line_id = l.id) AS restocked "
            "FROM order_lines l"}};

struct LevelRow {
    catalog::VariantId variant_id;
    std::int64_t on_hand = 0;
    std::int64_t reserved = 0;
};
BOOST_DESCRIBE_STRUCT(LevelRow, (), (variant_id, on_hand, reserved))
const db::Sql sql_levels{
    {.name = "simulation.levels", .any = "SELECT variant_id, on_hand, reserved FROM stock_levels"}};

struct PaymentRow {
    PaymentId id;
    OrderId order_id;
    payments::PaymentStatus status{};
};
BOOST_DESCRIBE_STRUCT(PaymentRow, (), (id, order_id, status))
const db::Sql sql_payments{{.name = "simulation.payments", .any = "SELECT id, order_id, status FROM payments"}};

struct NamedRow {
    std::string name;
    std::int64_t amount_minor = 0;
};
BOOST_DESCRIBE_STRUCT(NamedRow, (), (name, amount_minor))
const db::Sql sql_parcels{{.name = "simulation.parcels",
                           .any = "SELECT tracking AS name, 0 AS amount_minor FROM fulfilments"}};
const db::Sql sql_refunds{{.name = "simulation.refunds",
                           .any = "SELECT reason AS name, amount_minor FROM refunds"}};
const db::Sql sql_undone{{.name = "simulation.undone",
                          .any = "SELECT type || ' ' || status AS name, attempts AS amount_minor FROM outbox_events "
                                 "WHERE status <> 'done'"}};
const db::Sql sql_pending_refunds{{.name = "simulation.pending_refunds",
                                   .any = "SELECT reason AS name, amount_minor FROM refunds "
                                          "WHERE status <> 'done'"}};

struct EventRow {
    std::string type;
    std::string aggregate;
    std::string payload;
};
BOOST_DESCRIBE_STRUCT(EventRow, (), (type, aggregate, payload))
const db::Sql sql_told{{.name = "simulation.told",
                        .any = "SELECT type, aggregate, payload FROM outbox_events WHERE type IN "
                               "('orders.pending_payment', 'orders.paid', 'orders.expired', 'orders.cancelled', "
                               "'payments.refunded')"}};

struct TicketRow {
    flash_sales::TicketId id;
    std::int64_t customer = 0;
    std::int64_t quantity = 0;
    flash_sales::TicketState state{};
    std::optional<OrderId> order_id;
};
BOOST_DESCRIBE_STRUCT(TicketRow, (), (id, customer, quantity, state, order_id))
const db::Sql sql_tickets{{.name = "simulation.tickets",
                           .any = "SELECT id, customer, quantity, state, order_id FROM flash_sale_tickets"}};

struct SaleRow {
    catalog::VariantId variant_id;
    std::int64_t stock = 0;
    std::int64_t remaining = 0;
};
BOOST_DESCRIBE_STRUCT(SaleRow, (), (variant_id, stock, remaining))
const db::Sql sql_sale{{.name = "simulation.sale", .any = "SELECT variant_id, stock, remaining FROM flash_sales"}};

}  // namespace caddy::simulation
