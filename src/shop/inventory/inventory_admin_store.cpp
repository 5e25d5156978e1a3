// What staff read of the ledger, and what they set.
#include "shop/inventory/inventory_store.hpp"

namespace caddy::inventory::store {
namespace {

const db::Sql sql_settings_after(
    {.name = "inventory.settings_after",
     .any = "SELECT variant_id, on_hand, reserved, low_at, version, updated_at FROM stock_levels "
            "WHERE variant_id > ? AND location_id = ? ORDER BY variant_id LIMIT ?"});
const db::Sql sql_low_settings_after(
    {.name = "inventory.low_settings_after",
     .any = "SELECT variant_id, on_hand, reserved, low_at, version, updated_at FROM stock_levels "
            "WHERE availability IN ('low_stock', 'out_of_stock') AND variant_id > ? AND location_id = ? "
            "ORDER BY variant_id LIMIT ?"});
const db::Sql sql_settings_of({.name = "inventory.settings_of",
                               .any = "SELECT variant_id, on_hand, reserved, low_at, version, updated_at "
                                      "FROM stock_levels WHERE location_id = ? AND variant_id IN (:ids)"});
const db::Sql sql_set_low_at({.name = "inventory.set_low_at",
                              .any = "UPDATE stock_levels SET low_at = ?, version = version + 1, updated_at = ? "
                                     "WHERE variant_id = ? AND location_id = ?"});
const db::Sql sql_movements(
    {.name = "inventory.movements",
     .any = "SELECT id, kind, quantity, reason, actor_id, order_id, holder, created_at FROM stock_movements "
            "WHERE variant_id = ? AND location_id = ? AND id < ? ORDER BY id DESC LIMIT ?"});
const db::Sql sql_reserved_variants({.name = "inventory.reserved_variants",
                                     .any = "SELECT DISTINCT variant_id FROM reservations "
                                            "WHERE order_id = ? AND holder = 'order'"});

struct VariantRow {
    VariantId variant_id;
};
BOOST_DESCRIBE_STRUCT(VariantRow, (), (variant_id))

}  // namespace

Task<std::vector<Setting>> settings_after(db::Session& db, VariantId after, int limit) {
    co_return co_await db.all<Setting>(sql_settings_after, after, main_location, limit);
}

Task<std::vector<Setting>> low_settings_after(db::Session& db, VariantId after, int limit) {
    co_return co_await db.all<Setting>(sql_low_settings_after, after, main_location, limit);
}

Task<std::vector<Setting>> settings_of(db::Session& db, std::span<const VariantId> variants) {
    co_return co_await db.all_in<Setting>(sql_settings_of, variants, main_location);
}

Task<> set_low_at(db::Transaction& tx, VariantId variant, std::optional<std::int64_t> low_at, Time now) {
    co_await tx.exec(sql_set_low_at, low_at, now, variant, main_location);
}

Task<std::vector<MovementRow>> movements(db::Session& db, VariantId variant, MovementId before, int limit) {
    co_return co_await db.all<MovementRow>(sql_movements, variant, main_location, before, limit);
}

Task<std::vector<VariantId>> reserved_variants(db::Session& db, std::int64_t order) {
    const auto rows = co_await db.all<VariantRow>(sql_reserved_variants, order);
    std::vector<VariantId> found;
    for (const auto& row : rows) found.push_back(row.variant_id);
    co_return found;
}

}  // namespace caddy::inventory::store
