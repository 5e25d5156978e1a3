#include "shop/shipping/shipping_store.hpp"

namespace caddy::shipping::store {
namespace {

const db::Sql sql_rates({.name = "shipping.rates",
                         .any = "SELECT m.id AS id, m.code AS code, m.name AS name, m.position AS position, "
                                "r.flat_minor AS flat_minor, r.free_above_minor AS free_above_minor "
                                "FROM shipping_rates r JOIN shipping_methods m ON m.id = r.method_id "
                                "WHERE r.currency = ? AND m.active = 1"});
const db::Sql sql_rate({.name = "shipping.rate",
                        .any = "SELECT m.id AS id, m.code AS code, m.name AS name, m.position AS position, "
                               "r.flat_minor AS flat_minor, r.free_above_minor AS free_above_minor "
                               "FROM shipping_rates r JOIN shipping_methods m ON m.id = r.method_id "
                               "WHERE r.currency = ? AND r.method_id = ? AND m.active = 1"});
const db::Sql sql_any_method({.name = "shipping.any_method", .any = "SELECT id FROM shipping_methods LIMIT 1"});
const db::Sql sql_insert_method(
    {.name = "shipping.insert_method",
     .any = "INSERT INTO shipping_methods (id, code, name, position, active, version, created_at, updated_at) "
            "VALUES (?, ?, ?, ?, 1, 1, ?, ?)"});
const db::Sql sql_insert_rate(
    {.name = "shipping.insert_rate",
     .any = "INSERT INTO shipping_rates (method_id, currency, flat_minor, free_above_minor) VALUES (?, ?, ?, ?)"});

}  // namespace

Task<std::vector<Rate>> rates(db::Session& db, Currency currency) {
    co_return co_await db.all<Rate>(sql_rates, currency);
}

Task<std::optional<Rate>> rate(db::Session& db, Currency currency, MethodId method) {
    co_return co_await db.one<Rate>(sql_rate, currency, method);
}

Task<bool> has_methods(db::Session& db) {
    const auto found = co_await db.scalar<std::int64_t>(sql_any_method);
    co_return found.has_value();
}

Task<bool> insert_method(db::Session& db, MethodId id, std::string_view code, std::string_view name,
                         std::int64_t position, Time now) {
    co_return co_await db.exec_unique(sql_insert_method, id, code, name, position, now, now);
}

Task<> insert_rate(db::Session& db, MethodId method, Currency currency, std::int64_t flat_minor,
                   std::optional<std::int64_t> free_above_minor) {
    co_await db.exec(sql_insert_rate, method, currency, flat_minor, free_above_minor);
}

}  // namespace caddy::shipping::store
