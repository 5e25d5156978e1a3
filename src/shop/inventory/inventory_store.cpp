#include "shop/inventory/inventory_store.hpp"

namespace caddy::inventory::store {
namespace {

// ---- levels ----
const db::Sql sql_levels({.name = "inventory.levels",
                          .any = "SELECT variant_id, on_hand, reserved, low_at, availability FROM stock_levels "
                                 "WHERE location_id = ? AND variant_id IN (:ids)"});
const db::Sql sql_lock_level(
    {.name = "inventory.lock_level",
     .mysql = "SELECT variant_id, on_hand, reserved, low_at, availability FROM stock_levels "
              "WHERE variant_id = ? AND location_id = ? FOR UPDATE",
     .sqlite = "SELECT variant_id, on_hand, reserved, low_at, availability FROM stock_levels "
               "WHERE variant_id = ? AND location_id = ?"});
const db::Sql sql_ensure_level(
    {.name = "inventory.ensure_level",
     .mysql = "INSERT INTO stock_levels "
              "(variant_id, location_id, on_hand, reserved, low_at, policy, availability, updated_at) "
              "VALUES (?, ?, 0, 0, NULL, 'deny', 'out_of_stock', ?) "
              "ON DUPLICATE KEY UPDATE updated_at = VALUES(updated_at)",
     .sqlite = "INSERT INTO stock_levels "
               "(variant_id, location_id, on_hand, reserved, low_at, policy, availability, updated_at) "
               "VALUES (?, ?, 0, 0, NULL, 'deny', 'out_of_stock', ?) "
               "ON CONFLICT (variant_id, location_id) DO UPDATE SET updated_at = excluded.updated_at"});
// Whoever finds enough available proves that nothing is oversold, so the policy can go back to `deny`.
const db::Sql sql_take_available(
    {.name = "inventory.take_available",
     .any = "UPDATE stock_levels SET reserved = reserved + ?, policy = 'deny', updated_at = ? "
            "WHERE variant_id = ? AND location_id = ? AND on_hand - reserved >= ?"});
const db::Sql sql_take_on_backorder(
    {.name = "inventory.take_on_backorder",
     .any = "UPDATE stock_levels SET reserved = reserved + ?, policy = 'backorder', updated_at = ? "
            "WHERE variant_id = ? AND location_id = ?"});
const db::Sql sql_give_back({.name = "inventory.give_back",
                             .any = "UPDATE stock_levels SET reserved = reserved - ?, updated_at = ? "
                                    "WHERE variant_id = ? AND location_id = ? AND reserved >= ?"});
const db::Sql sql_take_off_shelf(
    {.name = "inventory.take_off_shelf",
     .any = "UPDATE stock_levels SET on_hand = on_hand - ?, reserved = reserved - ?, updated_at = ? "
            "WHERE variant_id = ? AND location_id = ? AND on_hand >= ? AND reserved >= ?"});
const db::Sql sql_change_on_hand(
    {.name = "inventory.change_on_hand",
     .any = "UPDATE stock_levels SET on_hand = on_hand + ?, updated_at = ? WHERE variant_id = ? AND location_id = ?"});
const db::Sql sql_note_availability(
    {.name = "inventory.note_availability",
     .any = "UPDATE stock_levels SET availability = ?, updated_at = ? WHERE variant_id = ? AND location_id = ?"});
const db::Sql sql_insert_movement(
    {.name = "inventory.insert_movement",
     .any = "INSERT INTO stock_movements "
            "(id, variant_id, location_id, kind, quantity, reason, actor_id, order_id, holder, created_at) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"});

// ---- reservations ----
const db::Sql sql_insert_reservation(
    {.name = "inventory.insert_reservation",
     .any = "INSERT INTO reservations "
            "(id, order_id, variant_id, location_id, quantity, expires_at, state, created_at, updated_at) "
            "VALUES (?, ?, ?, ?, ?, ?, 'open', ?, ?)"});
const db::Sql sql_lock_reservations(
    {.name = "inventory.lock_reservations",
     .mysql = "SELECT id, order_id, variant_id, quantity, state FROM reservations WHERE order_id = ? "
              "AND holder = 'order' ORDER BY variant_id, id FOR UPDATE",
     .sqlite = "SELECT id, order_id, variant_id, quantity, state FROM reservations WHERE order_id = ? "
               "AND holder = 'order' ORDER BY variant_id, id"});
const db::Sql sql_open_reservations(
    {.name = "inventory.open_reservations",
     .any = "SELECT id, order_id, variant_id, quantity, state FROM reservations WHERE order_id = ? "
            "AND holder = 'order' AND state = 'open' ORDER BY variant_id, id"});
const db::Sql sql_expired({.name = "inventory.expired",
                           .any = "SELECT id, order_id, variant_id, quantity, state FROM reservations "
                                  "WHERE state = 'open' AND expires_at < ? ORDER BY expires_at LIMIT 200"});
const db::Sql sql_expired_of(
    {.name = "inventory.expired_of",
     .any = "SELECT id, order_id, variant_id, quantity, state FROM reservations "
            "WHERE variant_id = ? AND state = 'open' AND expires_at < ? ORDER BY expires_at LIMIT 200"});
const db::Sql sql_keep_open({.name = "inventory.keep_open",
                             .any = "UPDATE reservations SET expires_at = NULL, updated_at = ? "
                                    "WHERE order_id = ? AND holder = 'order' AND state = 'open' "
                                    "AND expires_at IS NOT NULL"});
const db::Sql sql_end_reservation(
    {.name = "inventory.end_reservation",
     .any = "UPDATE reservations SET state = ?, updated_at = ? WHERE id = ? AND state = 'open'"});
const db::Sql sql_expire_reservation(
    {.name = "inventory.expire_reservation",
     .any = "UPDATE reservations SET state = 'released', updated_at = ? "
            "WHERE id = ? AND state = 'open' AND expires_at < ?"});
const db::Sql sql_reduce_reservation(
    {.name = "inventory.reduce_reservation",
     .any = "UPDATE reservations SET quantity = quantity - ?, updated_at = ? "
            "WHERE id = ? AND state = 'open' AND quantity > ?"});

void require_touched(std::int64_t rows, std::string_view what, VariantId variant) {
    if (rows == 1) return;
    throw db::Fault("the stock ledger of " + variant.text() + " does not add up (" + std::string(what) +
                    "); run the audit");
}

}  // namespace

Task<std::vector<Level>> levels(db::Session& db, std::span<const VariantId> variants) {
    co_return co_await db.all_in<Level>(sql_levels, variants, main_location);
}

Task<std::optional<Level>> lock_level(db::Transaction& tx, VariantId variant) {
    co_return co_await tx.one<Level>(sql_lock_level, variant, main_location);
}

Task<> ensure_level(db::Transaction& tx, VariantId variant, Time now) {
    co_await tx.exec(sql_ensure_level, variant, main_location, now);
}

Task<bool> take_available(db::Transaction& tx, VariantId variant, std::int64_t quantity, Time now) {
    const auto rows = co_await tx.exec(sql_take_available, quantity, now, variant, main_location, quantity);
    co_return rows == 1;
}

Task<bool> take_on_backorder(db::Transaction& tx, VariantId variant, std::int64_t quantity, Time now) {
    const auto rows = co_await tx.exec(sql_take_on_backorder, quantity, now, variant, main_location);
    co_return rows == 1;
}

Task<> give_back(db::Transaction& tx, VariantId variant, std::int64_t quantity, Time now) {
    const auto rows = co_await tx.exec(sql_give_back, quantity, now, variant, main_location, quantity);
    require_touched(rows, "more is released than reserved", variant);
}

Task<bool> take_off_shelf(db::Transaction& tx, VariantId variant, std::int64_t quantity, Time now) {
    const auto rows =
        co_await tx.exec(sql_take_off_shelf, quantity, quantity, now, variant, main_location, quantity, quantity);
    co_return rows == 1;
}

Task<> change_on_hand(db::Transaction& tx, VariantId variant, std::int64_t difference, Time now) {
    const auto rows = co_await tx.exec(sql_change_on_hand, difference, now, variant, main_location);
    require_touched(rows, "no level", variant);
}

Task<> note_availability(db::Transaction& tx, VariantId variant, catalog::Availability availability, Time now) {
    co_await tx.exec(sql_note_availability, availability, now, variant, main_location);
}

Task<> insert_movement(db::Transaction& tx, const Context& ctx, const Movement& movement) {
    std::optional<std::int64_t> actor;
    if (ctx.principal.signed_in()) actor = ctx.principal.user;
    co_await tx.exec(sql_insert_movement, MovementId::next(), movement.variant, main_location, movement.kind,
                     movement.quantity, movement.reason, actor, movement.order, movement.holder, ctx.now());
}

Task<> insert_reservation(db::Transaction& tx, const Reservation& reservation, Time expires_at, Time now) {
    co_await tx.exec(sql_insert_reservation, reservation.id, reservation.order_id, reservation.variant_id,
                     main_location, reservation.quantity, expires_at, now, now);
}

Task<std::vector<Reservation>> lock_reservations(db::Transaction& tx, std::int64_t order) {
    co_return co_await tx.all<Reservation>(sql_lock_reservations, order);
}

Task<std::vector<Reservation>> open_reservations(db::Session& db, std::int64_t order) {
    co_return co_await db.all<Reservation>(sql_open_reservations, order);
}

Task<std::vector<Reservation>> expired(db::Session& db, Time now) {
    co_return co_await db.all<Reservation>(sql_expired, now);
}

Task<std::vector<Reservation>> expired_of(db::Session& db, VariantId variant, Time now) {
    co_return co_await db.all<Reservation>(sql_expired_of, variant, now);
}

Task<> keep_open(db::Transaction& tx, std::int64_t order, Time now) {
    co_await tx.exec(sql_keep_open, now, order);
}

Task<bool> end_reservation(db::Transaction& tx, ReservationId id, ReservationState to, Time now) {
    const auto rows = co_await tx.exec(sql_end_reservation, to, now, id);
    co_return rows == 1;
}

Task<bool> expire_reservation(db::Transaction& tx, ReservationId id, Time now) {
    const auto rows = co_await tx.exec(sql_expire_reservation, now, id, now);
    co_return rows == 1;
}

Task<> reduce_reservation(db::Transaction& tx, ReservationId id, std::int64_t quantity, Time now) {
    const auto rows = co_await tx.exec(sql_reduce_reservation, quantity, now, id, quantity);
    if (rows != 1) throw db::Fault("a reservation shrank although its row was locked");
}

}  // namespace caddy::inventory::store
