// What quoting reads, and zones. Methods stand in shipping_method_store.cpp.
#include "shop/shipping/shipping_store.hpp"

namespace caddy::shipping::store {
namespace {

struct OfferedRow {
    MethodId id;
    ZoneId zone_id;
    std::string code;
    std::string name;
    std::int64_t position = 0;
    bool active = true;
    Kind kind = Kind::flat;
    std::optional<std::int64_t> grams_min;
    std::optional<std::int64_t> grams_max;
    std::optional<std::int64_t> flat_minor;
    std::optional<std::string> steps;
    std::optional<std::int64_t> further_kg_minor;
    std::optional<std::int64_t> free_above_minor;
    std::optional<std::int64_t> amount_min_minor;
    std::optional<std::int64_t> amount_max_minor;
};
BOOST_DESCRIBE_STRUCT(OfferedRow, (),
                      (id, zone_id, code, name, position, active, kind, grams_min, grams_max, flat_minor, steps,
                       further_kg_minor, free_above_minor, amount_min_minor, amount_max_minor))

Offered to_offered(OfferedRow row, Currency currency) {
    Offered offered;
    offered.id = row.id;
    offered.zone_id = row.zone_id;
    offered.code = std::move(row.code);
    offered.name = std::move(row.name);
    offered.position = row.position;
    offered.active = row.active;
    offered.tariff.kind = row.kind;
    offered.tariff.weight_min_grams = row.grams_min;
    offered.tariff.weight_max_grams = row.grams_max;
    offered.has_rate = row.flat_minor.has_value();
    auto& rate = offered.tariff.rate;
    rate.currency = currency;
    if (row.kind == Kind::flat) rate.price_minor = row.flat_minor;
    if (row.steps) rate.steps = json::from_json<std::vector<Step>>(*row.steps).value();
    rate.further_kg_minor = row.further_kg_minor;
    rate.free_above_minor = row.free_above_minor;
    rate.amount_min_minor = row.amount_min_minor;
    rate.amount_max_minor = row.amount_max_minor;
    return offered;
}

}  // namespace

const db::Sql sql_candidates{
    {.name = "shipping.candidates",
     .any = "SELECT z.id AS zone_id, z.name AS name, d.country AS country, d.province_key AS province_key "
            "FROM shipping_destinations d JOIN shipping_zones z ON z.id = d.zone_id "
            "WHERE d.country IN (?, '*') AND d.province_key IN (?, '')"}};

Task<std::vector<Candidate>> candidates(db::Session& db, std::string_view country, std::string_view province_key) {
    co_return co_await db.all<Candidate>(sql_candidates, country, province_key);
}

const db::Sql sql_offered_in{
    {.name = "shipping.offered_in",
     .any = "SELECT m.id AS id, m.zone_id AS zone_id, m.code AS code, m.name AS name, m.position AS position, "
            "m.active AS active, m.kind AS kind, m.grams_min AS grams_min, m.grams_max AS grams_max, "
            "r.flat_minor AS flat_minor, r.steps AS steps, r.further_kg_minor AS further_kg_minor, "
            "r.free_above_minor AS free_above_minor, r.amount_min_minor AS amount_min_minor, "
            "r.amount_max_minor AS amount_max_minor "
            "FROM shipping_methods m JOIN shipping_rates r ON r.method_id = m.id AND r.currency = ? "
            "WHERE m.zone_id = ? AND m.active = 1"}};

Task<std::vector<Offered>> offered_in(db::Session& db, ZoneId zone, Currency currency) {
    auto rows = co_await db.all<OfferedRow>(sql_offered_in, currency, zone);
    std::vector<Offered> offered;
    offered.reserve(rows.size());
    for (auto& row : rows) offered.push_back(to_offered(std::move(row), currency));
    co_return offered;
}

const db::Sql sql_offered{
    {.name = "shipping.offered",
     .any = "SELECT m.id AS id, m.zone_id AS zone_id, m.code AS code, m.name AS name, m.position AS position, "
            "m.active AS active, m.kind AS kind, m.grams_min AS grams_min, m.grams_max AS grams_max, "
            "r.flat_minor AS flat_minor, r.steps AS steps, r.further_kg_minor AS further_kg_minor, "
            "r.free_above_minor AS free_above_minor, r.amount_min_minor AS amount_min_minor, "
            "r.amount_max_minor AS amount_max_minor "
            "FROM shipping_methods m LEFT JOIN shipping_rates r ON r.method_id = m.id AND r.currency = ? "
            "WHERE m.id = ?"}};

Task<std::optional<Offered>> offered(db::Session& db, MethodId method, Currency currency) {
    auto row = co_await db.one<OfferedRow>(sql_offered, currency, method);
    if (!row) co_return std::nullopt;
    co_return to_offered(std::move(*row), currency);
}

const db::Sql sql_zone{{.name = "shipping.zone",
                        .any = "SELECT id, name, version, created_at, updated_at FROM shipping_zones WHERE id = ?"}};

Task<std::optional<ZoneRow>> zone(db::Session& db, ZoneId id) { co_return co_await db.one<ZoneRow>(sql_zone, id); }

const db::Sql sql_lock_zone{
    {.name = "shipping.lock_zone",
     .mysql = "SELECT id, name, version, created_at, updated_at FROM shipping_zones WHERE id = ? FOR UPDATE",
     .sqlite = "SELECT id, name, version, created_at, updated_at FROM shipping_zones WHERE id = ?"}};

Task<std::optional<ZoneRow>> lock_zone(db::Transaction& tx, ZoneId id) {
    co_return co_await tx.one<ZoneRow>(sql_lock_zone, id);
}

const db::Sql sql_zones{{.name = "shipping.zones",
                         .any = "SELECT id, name, version, created_at, updated_at FROM shipping_zones WHERE id > ? "
                                "ORDER BY id LIMIT ?"}};

Task<std::vector<ZoneRow>> zones(db::Session& db, ZoneId after, int limit) {
    co_return co_await db.all<ZoneRow>(sql_zones, after, limit);
}

const db::Sql sql_destinations{
    {.name = "shipping.destinations",
     .any = "SELECT zone_id, country, province_key, province FROM shipping_destinations WHERE zone_id IN (:ids) "
            "ORDER BY zone_id, country, province_key"}};

Task<std::vector<DestinationRow>> destinations(db::Session& db, std::span<const ZoneId> zones) {
    co_return co_await db.all_in<DestinationRow>(sql_destinations, zones);
}

const db::Sql sql_holder{
    {.name = "shipping.holder",
     .any = "SELECT z.id AS id, z.name AS name, z.version AS version, z.created_at AS created_at, "
            "z.updated_at AS updated_at FROM shipping_destinations d JOIN shipping_zones z ON z.id = d.zone_id "
            "WHERE d.country = ? AND d.province_key = ?"}};

Task<std::optional<ZoneRow>> holder(db::Session& db, const rules::Place& place) {
    co_return co_await db.one<ZoneRow>(sql_holder, place.country, place.province_key);
}

const db::Sql sql_insert_zone{
    {.name = "shipping.insert_zone",
     .any = "INSERT INTO shipping_zones (id, name, version, created_at, updated_at) VALUES (?, ?, ?, ?, ?)"}};

Task<> insert_zone(db::Transaction& tx, const ZoneRow& row) {
    co_await tx.exec(sql_insert_zone, row.id, row.name, row.version, row.created_at, row.updated_at);
}

const db::Sql sql_update_zone{
    {.name = "shipping.update_zone",
     .any = "UPDATE shipping_zones SET name = ?, version = ?, updated_at = ? WHERE id = ?"}};

Task<> update_zone(db::Transaction& tx, const ZoneRow& row) {
    co_await tx.exec(sql_update_zone, row.name, row.version, row.updated_at, row.id);
}

const db::Sql sql_erase_zone{{.name = "shipping.erase_zone", .any = "DELETE FROM shipping_zones WHERE id = ?"}};

Task<> erase_zone(db::Transaction& tx, ZoneId id) { co_await tx.exec(sql_erase_zone, id); }

const db::Sql sql_insert_destination{
    {.name = "shipping.insert_destination",
     .any = "INSERT INTO shipping_destinations (country, province_key, zone_id, province) VALUES (?, ?, ?, ?)"}};

Task<bool> insert_destination(db::Transaction& tx, ZoneId zone, const rules::Entry& entry) {
    co_return co_await tx.exec_unique(sql_insert_destination, entry.place.country, entry.place.province_key, zone,
                                      entry.province);
}

const db::Sql sql_erase_destinations{
    {.name = "shipping.erase_destinations", .any = "DELETE FROM shipping_destinations WHERE zone_id = ?"}};

Task<> erase_destinations(db::Transaction& tx, ZoneId zone) { co_await tx.exec(sql_erase_destinations, zone); }

const db::Sql sql_start_zone{
    {.name = "shipping.start_zone",
     .any = "UPDATE shipping_zones SET version = 1, updated_at = ? WHERE id = ? AND version = 0"}};

Task<bool> start_zone(db::Transaction& tx, ZoneId zone, Time now) {
    const auto rows = co_await tx.exec(sql_start_zone, now, zone);
    co_return rows == 1;
}

}  // namespace caddy::shipping::store
