// The statements of the audit: set-based, over whole tables, and therefore never part of a request.
// SUM of a BIGINT is a decimal on MySQL; CAST … AS SIGNED makes it an integer there and changes nothing on SQLite.
#include "shop/inventory/inventory_store.hpp"

namespace caddy::inventory::store {
namespace {

const db::Sql sql_on_hand(
    {.name = "inventory.audit_on_hand",
     .any = "SELECT l.variant_id AS variant_id, l.on_hand AS found, "
            "CAST(COALESCE(SUM(m.quantity), 0) AS SIGNED) AS expected "
            "FROM stock_levels l LEFT JOIN stock_movements m "
            "ON m.variant_id = l.variant_id AND m.location_id = l.location_id "
            "AND m.kind IN ('received', 'adjusted', 'shipped', 'returned') "
            "GROUP BY l.variant_id, l.location_id, l.on_hand HAVING l.on_hand <> COALESCE(SUM(m.quantity), 0)"});
const db::Sql sql_reserved_movements(
    {.name = "inventory.audit_reserved_movements",
     .any = "SELECT l.variant_id AS variant_id, l.reserved AS found, "
            "CAST(COALESCE(SUM(m.quantity), 0) AS SIGNED) AS expected "
            "FROM stock_levels l LEFT JOIN stock_movements m "
            "ON m.variant_id = l.variant_id AND m.location_id = l.location_id "
            "AND m.kind IN ('reserved', 'released', 'shipped') "
            "GROUP BY l.variant_id, l.location_id, l.reserved HAVING l.reserved <> COALESCE(SUM(m.quantity), 0)"});
const db::Sql sql_reserved_reservations(
    {.name = "inventory.audit_reserved_reservations",
     .any = "SELECT l.variant_id AS variant_id, l.reserved AS found, "
            "CAST(COALESCE(SUM(r.quantity), 0) AS SIGNED) AS expected "
            "FROM stock_levels l LEFT JOIN reservations r "
            "ON r.variant_id = l.variant_id AND r.location_id = l.location_id "
            "AND r.state = 'open' "
            "GROUP BY l.variant_id, l.location_id, l.reserved HAVING l.reserved <> COALESCE(SUM(r.quantity), 0)"});
const db::Sql sql_oversold({.name = "inventory.audit_oversold",
                            .any = "SELECT variant_id, reserved AS found, on_hand AS expected FROM stock_levels "
                                   "WHERE on_hand < 0 OR reserved < 0 OR (reserved > on_hand AND policy = 'deny')"});
const db::Sql sql_orphans(
    {.name = "inventory.audit_orphans",
     .any = "SELECT m.variant_id AS variant_id, COUNT(*) AS found, 0 AS expected FROM stock_movements m "
            "LEFT JOIN stock_levels l ON l.variant_id = m.variant_id AND l.location_id = m.location_id "
            "WHERE l.variant_id IS NULL GROUP BY m.variant_id"});
const db::Sql sql_conservation(
    {.name = "inventory.audit_conservation",
     .any = "SELECT 0 AS variant_id, s.on_hand + s.sold AS found, s.received AS expected FROM "
            "(SELECT (SELECT CAST(COALESCE(SUM(on_hand), 0) AS SIGNED) FROM stock_levels) AS on_hand, "
            "(SELECT CAST(COALESCE(SUM(-quantity), 0) AS SIGNED) FROM stock_movements WHERE kind = 'shipped') AS sold, "
            "(SELECT CAST(COALESCE(SUM(quantity), 0) AS SIGNED) FROM stock_movements "
            "WHERE kind IN ('received', 'adjusted', 'returned')) AS received) s "
            "WHERE s.on_hand + s.sold <> s.received"});

}  // namespace

Task<std::vector<Difference>> audit_on_hand(db::Session& db) {
    co_return co_await db.all<Difference>(sql_on_hand);
}

Task<std::vector<Difference>> audit_reserved_movements(db::Session& db) {
    co_return co_await db.all<Difference>(sql_reserved_movements);
}

Task<std::vector<Difference>> audit_reserved_reservations(db::Session& db) {
    co_return co_await db.all<Difference>(sql_reserved_reservations);
}

Task<std::vector<Difference>> audit_oversold(db::Session& db) {
    co_return co_await db.all<Difference>(sql_oversold);
}

Task<std::vector<Difference>> audit_orphans(db::Session& db) {
    co_return co_await db.all<Difference>(sql_orphans);
}

Task<std::vector<Difference>> audit_conservation(db::Session& db) {
    co_return co_await db.all<Difference>(sql_conservation);
}

}  // namespace caddy::inventory::store
