// What sales hold: reservations with another holder than an order.
#include "shop/inventory/inventory_store.hpp"

namespace caddy::inventory::store {
namespace {

const db::Sql sql_lock_sale_reservation(
    {.name = "inventory.lock_sale_reservation",
     .mysql = "SELECT id, order_id, variant_id, quantity, state FROM reservations "
              "WHERE order_id = ? AND holder = 'flash_sale' AND state = 'open' FOR UPDATE",
     .sqlite = "SELECT id, order_id, variant_id, quantity, state FROM reservations "
               "WHERE order_id = ? AND holder = 'flash_sale' AND state = 'open'"});
const db::Sql sql_insert_sale_reservation(
    {.name = "inventory.insert_sale_reservation",
     .any = "INSERT INTO reservations "
            "(id, order_id, variant_id, location_id, quantity, expires_at, state, holder, created_at, updated_at) "
            "VALUES (?, ?, ?, ?, ?, NULL, 'open', 'flash_sale', ?, ?)"});
const db::Sql sql_grow_reservation(
    {.name = "inventory.grow_reservation",
     .any = "UPDATE reservations SET quantity = quantity + ?, updated_at = ? WHERE id = ? AND state = 'open'"});
const db::Sql sql_sale_holdings(
    {.name = "inventory.audit_sale_holdings",
     .any = "SELECT order_id AS sale, variant_id AS variant, quantity FROM reservations "
            "WHERE holder = 'flash_sale' AND state = 'open' ORDER BY order_id"});

}  // namespace

Task<std::optional<Reservation>> lock_sale_reservation(db::Transaction& tx, std::int64_t sale) {
    co_return co_await tx.one<Reservation>(sql_lock_sale_reservation, sale);
}

Task<> insert_sale_reservation(db::Transaction& tx, const Reservation& reservation, Time now) {
    co_await tx.exec(sql_insert_sale_reservation, reservation.id, reservation.order_id, reservation.variant_id,
                     main_location, reservation.quantity, now, now);
}

Task<> grow_reservation(db::Transaction& tx, ReservationId id, std::int64_t quantity, Time now) {
    const auto rows = co_await tx.exec(sql_grow_reservation, quantity, now, id);
    if (rows != 1) throw db::Fault("a sale's reservation ended although its row was locked");
}

Task<std::vector<SaleHolding>> sale_holdings(db::Session& db) {
    co_return co_await db.all<SaleHolding>(sql_sale_holdings);
}

}  // namespace caddy::inventory::store
