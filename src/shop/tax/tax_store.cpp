#include "shop/tax/tax_store.hpp"

namespace caddy::tax::store {
namespace {

const db::Sql sql_of_country{{
    .name = "tax.of_country",
    .any = "SELECT id, name, country, province, category, rate_millionths, stacking, created_at, updated_at, version "
           "FROM tax_rates WHERE country = ? ORDER BY id"}};
const db::Sql sql_any{{.name = "tax.any", .any = "SELECT id FROM tax_rates ORDER BY id LIMIT 1"}};
const db::Sql sql_find{{
    .name = "tax.find",
    .any = "SELECT id, name, country, province, category, rate_millionths, stacking, created_at, updated_at, version "
           "FROM tax_rates WHERE id = ?"}};
const db::Sql sql_lock{{
    .name = "tax.lock",
    .mysql = "SELECT id, name, country, province, category, rate_millionths, stacking, created_at, updated_at, "
             "version FROM tax_rates WHERE id = ? FOR UPDATE",
    .sqlite = "SELECT id, name, country, province, category, rate_millionths, stacking, created_at, updated_at, "
              "version FROM tax_rates WHERE id = ?"}};
const db::Sql sql_page{{
    .name = "tax.page",
    .any = "SELECT id, name, country, province, category, rate_millionths, stacking, created_at, updated_at, version "
           "FROM tax_rates WHERE id > ? ORDER BY id LIMIT ?"}};
const db::Sql sql_page_of_country{{
    .name = "tax.page_of_country",
    .any = "SELECT id, name, country, province, category, rate_millionths, stacking, created_at, updated_at, version "
           "FROM tax_rates WHERE country = ? AND id > ? ORDER BY id LIMIT ?"}};
const db::Sql sql_rival{{
    .name = "tax.rival",
    .any = "SELECT id FROM tax_rates WHERE country = ? AND province_key = ? AND category = ? AND name = ? "
           "AND id <> ?"}};
const db::Sql sql_insert{{
    .name = "tax.insert",
    .any = "INSERT INTO tax_rates (id, name, country, province, province_key, category, rate_millionths, stacking, "
           "created_at, updated_at, version) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"}};
const db::Sql sql_update{{
    .name = "tax.update",
    .any = "UPDATE tax_rates SET name = ?, rate_millionths = ?, stacking = ?, updated_at = ?, version = ? "
           "WHERE id = ?"}};
const db::Sql sql_erase{{.name = "tax.erase", .any = "DELETE FROM tax_rates WHERE id = ?"}};

std::string key_of(const RateRow& row) { return row.province ? province_key(*row.province) : std::string(); }

}  // namespace

Task<std::vector<RateRow>> of_country(db::Session& db, std::string_view country) {
    co_return co_await db.all<RateRow>(sql_of_country, country);
}

Task<bool> any(db::Session& db) {
    const auto found = co_await db.scalar<RateId>(sql_any);
    co_return found.has_value();
}

Task<std::optional<RateRow>> find(db::Session& db, RateId id) { co_return co_await db.one<RateRow>(sql_find, id); }

Task<std::optional<RateRow>> lock(db::Transaction& tx, RateId id) { co_return co_await tx.one<RateRow>(sql_lock, id); }

Task<std::vector<RateRow>> page(db::Session& db, RateId after, int limit) {
    co_return co_await db.all<RateRow>(sql_page, after, limit);
}

Task<std::vector<RateRow>> page_of_country(db::Session& db, std::string_view country, RateId after, int limit) {
    co_return co_await db.all<RateRow>(sql_page_of_country, country, after, limit);
}

Task<std::optional<RateId>> rival(db::Session& db, const RateRow& row) {
    const auto key = key_of(row);
    co_return co_await db.scalar<RateId>(sql_rival, row.country, key, row.category, row.name, row.id);
}

Task<bool> insert(db::Transaction& tx, const RateRow& row) {
    const auto key = key_of(row);
    co_return co_await tx.exec_unique(sql_insert, row.id, row.name, row.country, row.province, key, row.category,
                                      row.rate_millionths, row.stacking, row.created_at, row.updated_at, row.version);
}

Task<> update(db::Transaction& tx, const RateRow& row) {
    co_await tx.exec(sql_update, row.name, row.rate_millionths, row.stacking, row.updated_at, row.version, row.id);
}

Task<> erase(db::Transaction& tx, RateId id) { co_await tx.exec(sql_erase, id); }

}  // namespace caddy::tax::store
