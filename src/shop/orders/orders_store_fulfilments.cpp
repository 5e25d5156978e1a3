// Parcels: what of an order has left the house.
#include "shop/orders/orders_store.hpp"

#include <algorithm>

namespace caddy::orders::store {
namespace {

struct FulfilmentRow {
    FulfilmentId id;
    std::optional<std::string> tracking;
    std::string actor;
    Time created_at{};
};
BOOST_DESCRIBE_STRUCT(FulfilmentRow, (), (id, tracking, actor, created_at))

struct PortionRow {
    FulfilmentId fulfilment_id;
    LineId line_id;
    std::int64_t quantity = 0;
};
BOOST_DESCRIBE_STRUCT(PortionRow, (), (fulfilment_id, line_id, quantity))

struct OrderRow {
    OrderId order_id;
};
BOOST_DESCRIBE_STRUCT(OrderRow, (), (order_id))

}  // namespace

const db::Sql sql_insert_fulfilment{{
    .name = "orders.insert_fulfilment",
    .any = "INSERT INTO fulfilments (id, order_id, tracking, actor, created_at) VALUES (?, ?, ?, ?, ?)"}};
const db::Sql sql_insert_portion{{
    .name = "orders.insert_portion",
    .any = "INSERT INTO fulfilment_lines (fulfilment_id, line_id, order_id, quantity) VALUES (?, ?, ?, ?)"}};

Task<> insert_fulfilment(db::Transaction& tx, OrderId order, const Fulfilment& parcel) {
    co_await tx.exec(sql_insert_fulfilment, parcel.id, order, parcel.tracking, parcel.actor, parcel.created_at);
    for (const auto& portion : parcel.lines) {
        co_await tx.exec(sql_insert_portion, parcel.id, portion.line_id, order, portion.quantity);
    }
}

const db::Sql sql_fulfilments{{
    .name = "orders.fulfilments",
    .any = "SELECT id, tracking, actor, created_at FROM fulfilments WHERE order_id = ? ORDER BY id"}};
const db::Sql sql_portions{{
    .name = "orders.portions",
    .any = "SELECT fulfilment_id, line_id, quantity FROM fulfilment_lines WHERE order_id = ? "
           "ORDER BY fulfilment_id, line_id"}};

Task<std::vector<Fulfilment>> fulfilments(db::Session& db, OrderId order) {
    auto rows = co_await db.all<FulfilmentRow>(sql_fulfilments, order);
    std::vector<Fulfilment> parcels;
    for (auto& row : rows) {
        parcels.push_back({row.id, std::move(row.tracking), std::move(row.actor), row.created_at, {}});
    }
    if (parcels.empty()) co_return parcels;
    const auto portions = co_await db.all<PortionRow>(sql_portions, order);
    for (const auto& portion : portions) {
        const auto parcel = std::ranges::find(parcels, portion.fulfilment_id, &Fulfilment::id);
        if (parcel != parcels.end()) parcel->lines.push_back({portion.line_id, portion.quantity});
    }
    co_return parcels;
}

const db::Sql sql_overshipped{{
    .name = "orders.audit_overshipped",
    .any = "SELECT s.order_id AS order_id FROM (SELECT order_id, line_id, SUM(quantity) AS sent FROM fulfilment_lines "
           "GROUP BY order_id, line_id) s LEFT JOIN order_lines l ON l.order_id = s.order_id AND l.id = s.line_id "
           "WHERE l.id IS NULL OR s.sent > l.quantity"}};

Task<std::vector<OrderId>> overshipped(db::Session& db) {
    const auto rows = co_await db.all<OrderRow>(sql_overshipped);
    std::vector<OrderId> ids;
    for (const auto& row : rows) ids.push_back(row.order_id);
    co_return ids;
}

}  // namespace caddy::orders::store
