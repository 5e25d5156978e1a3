// Methods and their rates, as the back office reads and writes them.
#include "shop/shipping/shipping_store.hpp"

#include <algorithm>

namespace caddy::shipping::store {
namespace {

struct MethodRow {
    MethodId id;
    ZoneId zone_id;
    std::string code;
    std::string name;
    Kind kind = Kind::flat;
    std::int64_t position = 0;
    bool active = true;
    std::optional<std::int64_t> grams_min;
    std::optional<std::int64_t> grams_max;
    Time created_at{};
    Time updated_at{};
    std::int64_t version = 1;
};
BOOST_DESCRIBE_STRUCT(MethodRow, (), (id, zone_id, code, name, kind, position, active, grams_min, grams_max, created_at,
                                      updated_at, version))

struct RateRow {
    MethodId method_id;
    Currency currency;
    std::int64_t flat_minor = 0;
    std::optional<std::string> steps;
    std::optional<std::int64_t> further_kg_minor;
    std::optional<std::int64_t> free_above_minor;
    std::optional<std::int64_t> amount_min_minor;
    std::optional<std::int64_t> amount_max_minor;
};
BOOST_DESCRIBE_STRUCT(RateRow, (), (method_id, currency, flat_minor, steps, further_kg_minor, free_above_minor,
                                    amount_min_minor, amount_max_minor))

struct IdRow {
    MethodId id;
};
BOOST_DESCRIBE_STRUCT(IdRow, (), (id))

Method to_method(MethodRow row) {
    Method method;
    method.id = row.id;
    method.zone_id = row.zone_id;
    method.code = std::move(row.code);
    method.name = std::move(row.name);
    method.kind = row.kind;
    method.position = row.position;
    method.active = row.active;
    method.weight_min_grams = row.grams_min;
    method.weight_max_grams = row.grams_max;
    method.created_at = row.created_at;
    method.updated_at = row.updated_at;
    method.version = row.version;
    return method;
}

Rate to_rate(const RateRow& row, Kind kind) {
    Rate rate;
    rate.currency = row.currency;
    if (kind == Kind::flat) rate.price_minor = row.flat_minor;
    if (row.steps) rate.steps = json::from_json<std::vector<Step>>(*row.steps).value();
    rate.further_kg_minor = row.further_kg_minor;
    rate.free_above_minor = row.free_above_minor;
    rate.amount_min_minor = row.amount_min_minor;
    rate.amount_max_minor = row.amount_max_minor;
    return rate;
}

const db::Sql sql_rates{
    {.name = "shipping.rates",
     .any = "SELECT method_id, currency, flat_minor, steps, further_kg_minor, free_above_minor, amount_min_minor, "
            "amount_max_minor FROM shipping_rates WHERE method_id IN (:ids)"}};

Task<std::vector<Method>> with_rates(db::Session& db, std::vector<MethodRow> rows) {
    std::vector<Method> methods;
    std::vector<MethodId> ids;
    for (auto& row : rows) {
        ids.push_back(row.id);
        methods.push_back(to_method(std::move(row)));
    }
    const auto rates = co_await db.all_in<RateRow>(sql_rates, std::span<const MethodId>(ids));
    for (const auto& row : rates) {
        const auto method = std::ranges::find(methods, row.method_id, &Method::id);
        if (method != methods.end()) method->rates.push_back(to_rate(row, method->kind));
    }
    for (auto& method : methods) {
        std::ranges::sort(method.rates, {}, [](const Rate& rate) { return rate.currency.code(); });
    }
    co_return methods;
}

Task<std::optional<Method>> only(db::Session& db, std::optional<MethodRow> row) {
    if (!row) co_return std::nullopt;
    std::vector<MethodRow> rows;
    rows.push_back(std::move(*row));
    auto methods = co_await with_rates(db, std::move(rows));
    co_return std::move(methods.front());
}

const db::Sql sql_insert_rate{
    {.name = "shipping.insert_rate",
     .any = "INSERT INTO shipping_rates (method_id, currency, flat_minor, steps, further_kg_minor, free_above_minor, "
            "amount_min_minor, amount_max_minor) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"}};

Task<> insert_rates(db::Transaction& tx, const Method& method) {
    for (const auto& rate : method.rates) {
        std::optional<std::string> steps;
        if (!rate.steps.empty()) steps = json::to_json(rate.steps);
        co_await tx.exec(sql_insert_rate, method.id, rate.currency, rate.price_minor.value_or(0), steps,
                         rate.further_kg_minor, rate.free_above_minor, rate.amount_min_minor, rate.amount_max_minor);
    }
}

const db::Sql sql_erase_rates{
    {.name = "shipping.erase_rates", .any = "DELETE FROM shipping_rates WHERE method_id = ?"}};

}  // namespace

const db::Sql sql_method{
    {.name = "shipping.method",
     .any = "SELECT id, zone_id, code, name, kind, position, active, grams_min, grams_max, created_at, updated_at, "
            "version FROM shipping_methods WHERE id = ?"}};

Task<std::optional<Method>> method(db::Session& db, MethodId id) {
    auto row = co_await db.one<MethodRow>(sql_method, id);
    co_return co_await only(db, std::move(row));
}

const db::Sql sql_lock_method{
    {.name = "shipping.lock_method",
     .mysql = "SELECT id, zone_id, code, name, kind, position, active, grams_min, grams_max, created_at, updated_at, "
              "version FROM shipping_methods WHERE id = ? FOR UPDATE",
     .sqlite = "SELECT id, zone_id, code, name, kind, position, active, grams_min, grams_max, created_at, updated_at, "
               "version FROM shipping_methods WHERE id = ?"}};

Task<std::optional<Method>> lock_method(db::Transaction& tx, MethodId id) {
    auto row = co_await tx.one<MethodRow>(sql_lock_method, id);
    co_return co_await only(tx, std::move(row));
}

const db::Sql sql_methods{
    {.name = "shipping.methods",
     .any = "SELECT id, zone_id, code, name, kind, position, active, grams_min, grams_max, created_at, updated_at, "
            "version FROM shipping_methods WHERE id > ? ORDER BY id LIMIT ?"}};
const db::Sql sql_methods_of_zone{
    {.name = "shipping.methods_of_zone",
     .any = "SELECT id, zone_id, code, name, kind, position, active, grams_min, grams_max, created_at, updated_at, "
            "version FROM shipping_methods WHERE zone_id = ? AND id > ? ORDER BY id LIMIT ?"}};

Task<std::vector<Method>> methods(db::Session& db, std::optional<ZoneId> zone, MethodId after, int limit) {
    std::vector<MethodRow> rows;
    if (zone) rows = co_await db.all<MethodRow>(sql_methods_of_zone, *zone, after, limit);
    else rows = co_await db.all<MethodRow>(sql_methods, after, limit);
    co_return co_await with_rates(db, std::move(rows));
}

const db::Sql sql_methods_in{
    {.name = "shipping.methods_in", .any = "SELECT COUNT(*) AS methods FROM shipping_methods WHERE zone_id = ?"}};

Task<std::int64_t> methods_in(db::Session& db, ZoneId zone) {
    const auto count = co_await db.scalar<std::int64_t>(sql_methods_in, zone);
    co_return count.value_or(0);
}

// What another transaction has just written counts, too, so it is no snapshot that is read here.
const db::Sql sql_method_of_code{
    {.name = "shipping.method_of_code",
     .mysql = "SELECT id FROM shipping_methods WHERE zone_id = ? AND code = ? FOR UPDATE",
     .sqlite = "SELECT id FROM shipping_methods WHERE zone_id = ? AND code = ?"}};

Task<std::optional<MethodId>> method_of_code(db::Transaction& tx, ZoneId zone, std::string_view code) {
    const auto row = co_await tx.one<IdRow>(sql_method_of_code, zone, code);
    if (!row) co_return std::nullopt;
    co_return row->id;
}

const db::Sql sql_insert_method{
    {.name = "shipping.insert_method",
     .any = "INSERT INTO shipping_methods (id, zone_id, code, name, kind, position, active, grams_min, grams_max, "
            "created_at, updated_at, version) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"}};

Task<bool> insert_method(db::Transaction& tx, const Method& method) {
    const bool first = co_await tx.exec_unique(sql_insert_method, method.id, method.zone_id, method.code, method.name,
                                               method.kind, method.position, method.active, method.weight_min_grams,
                                               method.weight_max_grams, method.created_at, method.updated_at,
                                               method.version);
    if (first) co_await insert_rates(tx, method);
    co_return first;
}

const db::Sql sql_update_method{
    {.name = "shipping.update_method",
     .any = "UPDATE shipping_methods SET zone_id = ?, code = ?, name = ?, kind = ?, position = ?, active = ?, "
            "grams_min = ?, grams_max = ?, updated_at = ?, version = ? WHERE id = ?"}};

Task<> update_method(db::Transaction& tx, const Method& method) {
    co_await tx.exec(sql_update_method, method.zone_id, method.code, method.name, method.kind, method.position,
                     method.active, method.weight_min_grams, method.weight_max_grams, method.updated_at, method.version,
                     method.id);
    co_await tx.exec(sql_erase_rates, method.id);
    co_await insert_rates(tx, method);
}

const db::Sql sql_erase_method{{.name = "shipping.erase_method", .any = "DELETE FROM shipping_methods WHERE id = ?"}};

Task<> erase_method(db::Transaction& tx, MethodId id) {
    co_await tx.exec(sql_erase_rates, id);
    co_await tx.exec(sql_erase_method, id);
}

}  // namespace caddy::shipping::store
