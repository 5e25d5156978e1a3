#include "shop/imports/imports_store.hpp"

namespace caddy::imports::store {
namespace {

const db::Sql sql_fingerprint{{
    .name = "imports.fingerprint",
    .any = "SELECT fingerprint FROM import_fingerprints WHERE handle = ?"}};

const db::Sql sql_remember_fingerprint{{
    .name = "imports.remember_fingerprint",
    .mysql = "INSERT INTO import_fingerprints (handle, fingerprint, imported_at) VALUES (?, ?, ?)"
             " ON DUPLICATE KEY UPDATE fingerprint = VALUES(fingerprint), imported_at = VALUES(imported_at)",
    .sqlite = "INSERT INTO import_fingerprints (handle, fingerprint, imported_at) VALUES (?, ?, ?) ON CONFLICT"
              " (handle) DO UPDATE SET fingerprint = excluded.fingerprint, imported_at = excluded.imported_at"}};

const db::Sql sql_quantities{{
    .name = "imports.quantities",
    .any = "SELECT variant_id, quantity FROM import_quantities WHERE variant_id IN (:ids)"}};

const db::Sql sql_remember_quantity{{
    .name = "imports.remember_quantity",
    .mysql = "INSERT INTO import_quantities (variant_id, quantity, imported_at) VALUES (?, ?, ?)"
             " ON DUPLICATE KEY UPDATE quantity = VALUES(quantity), imported_at = VALUES(imported_at)",
    .sqlite = "INSERT INTO import_quantities (variant_id, quantity, imported_at) VALUES (?, ?, ?) ON CONFLICT"
              " (variant_id) DO UPDATE SET quantity = excluded.quantity, imported_at = excluded.imported_at"}};

}  // namespace

Task<std::optional<std::string>> fingerprint(db::Session& db, std::string_view handle) {
    co_return co_await db.scalar<std::string>(sql_fingerprint, handle);
}

Task<> remember_fingerprint(db::Transaction& tx, std::string_view handle, std::string_view fingerprint, Time now) {
    co_await tx.exec(sql_remember_fingerprint, handle, fingerprint, now);
}

Task<std::vector<Quantity>> quantities(db::Session& db, std::span<const catalog::VariantId> variants) {
    co_return co_await db.all_in<Quantity>(sql_quantities, variants);
}

Task<> remember_quantity(db::Transaction& tx, const Quantity& quantity, Time now) {
    co_await tx.exec(sql_remember_quantity, quantity.variant_id, quantity.quantity, now);
}

}  // namespace caddy::imports::store
