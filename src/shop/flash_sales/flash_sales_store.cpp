#include "shop/flash_sales/flash_sales_store.hpp"

namespace caddy::flash_sales::store {
namespace {

struct SaleRow {
    SaleId id;
    std::string title;
    catalog::VariantId variant_id;
    Currency currency;
    std::int64_t price_minor = 0;
    std::int64_t quota = 0;
    std::int64_t stock = 0;
    std::int64_t remaining = 0;
    std::int64_t returned = 0;
    SaleState state{};
    Time starts_at{};
    Time ends_at{};
    Time created_at{};
    Time updated_at{};
    std::int64_t version = 0;
};
BOOST_DESCRIBE_STRUCT(SaleRow, (), (id, title, variant_id, currency, price_minor, quota, stock, remaining, returned,
                                    state, starts_at, ends_at, created_at, updated_at, version))

Sale sale_of(SaleRow row) {
    return {row.id,        std::move(row.title), row.variant_id, {row.price_minor, row.currency},
            row.quota,     row.stock,            row.remaining,  row.returned,
            row.state,     row.starts_at,        row.ends_at,    row.created_at,
            row.updated_at, row.version};
}

std::optional<Sale> sale_of(std::optional<SaleRow> row) {
    if (!row) return std::nullopt;
    return sale_of(std::move(*row));
}

std::vector<Sale> sales_of(std::vector<SaleRow> rows) {
    std::vector<Sale> sales;
    sales.reserve(rows.size());
    for (auto& row : rows) sales.push_back(sale_of(std::move(row)));
    return sales;
}

struct IdRow {
    SaleId sale_id;
};
BOOST_DESCRIBE_STRUCT(IdRow, (), (sale_id))
struct TicketIdRow {
    TicketId id;
};
BOOST_DESCRIBE_STRUCT(TicketIdRow, (), (id))

}  // namespace

const db::Sql sql_insert{
    {.name = "flash_sales.insert",
     .any = "INSERT INTO flash_sales (id, title, variant_id, currency, price_minor, quota, stock, remaining, returned, "
            "state, starts_at, ends_at, created_at, updated_at, version) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"}};

Task<> insert(db::Transaction& tx, const Sale& sale) {
    co_await tx.exec(sql_insert, sale.id, sale.title, sale.variant_id, sale.price.currency, sale.price.minor,
                     sale.quota, sale.stock, sale.remaining, sale.returned, sale.state, sale.starts_at, sale.ends_at,
                     sale.created_at, sale.updated_at, sale.version);
}

const db::Sql sql_find{
    {.name = "flash_sales.find",
     .any = "SELECT id, title, variant_id, currency, price_minor, quota, stock, remaining, returned, state, starts_at, "
            "ends_at, created_at, updated_at, version FROM flash_sales WHERE id = ?"}};

Task<std::optional<Sale>> find(db::Session& db, SaleId id) {
    auto row = co_await db.one<SaleRow>(sql_find, id);
    co_return sale_of(std::move(row));
}

const db::Sql sql_lock{
    {.name = "flash_sales.lock",
     .mysql = "SELECT id, title, variant_id, currency, price_minor, quota, stock, remaining, returned, state, "
              "starts_at, ends_at, created_at, updated_at, version FROM flash_sales WHERE id = ? FOR UPDATE",
     .sqlite = "SELECT id, title, variant_id, currency, price_minor, quota, stock, remaining, returned, state, "
               "starts_at, ends_at, created_at, updated_at, version FROM flash_sales WHERE id = ?"}};

Task<std::optional<Sale>> lock(db::Transaction& tx, SaleId id) {
    auto row = co_await tx.one<SaleRow>(sql_lock, id);
    co_return sale_of(std::move(row));
}

const db::Sql sql_update{
    {.name = "flash_sales.update",
     .any = "UPDATE flash_sales SET title = ?, price_minor = ?, quota = ?, state = ?, starts_at = ?, ends_at = ?, "
            "updated_at = ?, version = version + 1 WHERE id = ?"}};

Task<> update(db::Transaction& tx, const Sale& sale) {
    co_await tx.exec(sql_update, sale.title, sale.price.minor, sale.quota, sale.state, sale.starts_at, sale.ends_at,
                     sale.updated_at, sale.id);
}

const db::Sql sql_erase{{.name = "flash_sales.erase", .any = "DELETE FROM flash_sales WHERE id = ?"}};

Task<> erase(db::Transaction& tx, SaleId id) { co_await tx.exec(sql_erase, id); }

const db::Sql sql_armed{
    {.name = "flash_sales.armed",
     .any = "SELECT id, title, variant_id, currency, price_minor, quota, stock, remaining, returned, state, starts_at, "
            "ends_at, created_at, updated_at, version FROM flash_sales WHERE state = 'armed' "
            "ORDER BY ends_at LIMIT ?"}};

Task<std::vector<Sale>> armed(db::Session& db, int limit) {
    auto rows = co_await db.all<SaleRow>(sql_armed, limit);
    co_return sales_of(std::move(rows));
}

const db::Sql sql_list{
    {.name = "flash_sales.list",
     .any = "SELECT id, title, variant_id, currency, price_minor, quota, stock, remaining, returned, state, starts_at, "
            "ends_at, created_at, updated_at, version FROM flash_sales WHERE id < ? ORDER BY id DESC LIMIT ?"}};

Task<std::vector<Sale>> list(db::Session& db, SaleId before, int limit) {
    auto rows = co_await db.all<SaleRow>(sql_list, before, limit);
    co_return sales_of(std::move(rows));
}

const db::Sql sql_list_in{
    {.name = "flash_sales.list_in",
     .any = "SELECT id, title, variant_id, currency, price_minor, quota, stock, remaining, returned, state, starts_at, "
            "ends_at, created_at, updated_at, version FROM flash_sales WHERE state = ? AND id < ? "
            "ORDER BY id DESC LIMIT ?"}};

Task<std::vector<Sale>> list_in(db::Session& db, SaleState state, SaleId before, int limit) {
    auto rows = co_await db.all<SaleRow>(sql_list_in, state, before, limit);
    co_return sales_of(std::move(rows));
}

// The version is what staff set; the counts move with every ticket.
const db::Sql sql_shift{
    {.name = "flash_sales.shift",
     .any = "UPDATE flash_sales SET stock = stock + ?, remaining = remaining + ?, returned = returned + ?, "
            "updated_at = ? WHERE id = ? AND stock + ? >= 0 AND remaining + ? >= 0 AND returned + ? >= 0"}};

Task<bool> shift(db::Transaction& tx, SaleId id, const Shift& by, Time now) {
    const auto rows = co_await tx.exec(sql_shift, by.stock, by.remaining, by.returned, now, id, by.stock, by.remaining,
                                       by.returned);
    co_return rows == 1;
}

const db::Sql sql_every_sale{
    {.name = "flash_sales.audit_sales",
     .any = "SELECT id, title, variant_id, currency, price_minor, quota, stock, remaining, returned, state, starts_at, "
            "ends_at, created_at, updated_at, version FROM flash_sales"}};

Task<std::vector<Sale>> every_sale(db::Session& db) {
    auto rows = co_await db.all<SaleRow>(sql_every_sale);
    co_return sales_of(std::move(rows));
}

const db::Sql sql_every_count{
    {.name = "flash_sales.audit_counts",
     .any = "SELECT sale_id, state, CAST(SUM(quantity) AS SIGNED) AS quantity FROM flash_sale_tickets "
            "GROUP BY sale_id, state"}};

Task<std::vector<StateCount>> every_count(db::Session& db) {
    co_return co_await db.all<StateCount>(sql_every_count);
}

const db::Sql sql_over_quota{
    {.name = "flash_sales.audit_quota",
     .any = "SELECT t.sale_id AS sale_id, t.customer AS customer, CAST(SUM(t.quantity) AS SIGNED) AS quantity "
            "FROM flash_sale_tickets t JOIN flash_sales s ON s.id = t.sale_id WHERE t.state IN ('waiting', 'ordered') "
            "GROUP BY t.sale_id, t.customer, s.quota HAVING SUM(t.quantity) > s.quota"}};

Task<std::vector<OverQuota>> over_quota(db::Session& db) {
    co_return co_await db.all<OverQuota>(sql_over_quota);
}

const db::Sql sql_without_order{
    {.name = "flash_sales.audit_orders",
     .any = "SELECT t.id AS id FROM flash_sale_tickets t LEFT JOIN orders o ON o.id = t.order_id "
            "WHERE t.state IN ('ordered', 'returned') AND o.id IS NULL"}};

Task<std::vector<TicketId>> without_order(db::Session& db) {
    const auto rows = co_await db.all<TicketIdRow>(sql_without_order);
    std::vector<TicketId> ids;
    for (const auto& row : rows) ids.push_back(row.id);
    co_return ids;
}

const db::Sql sql_sales_with_waiting{
    {.name = "flash_sales.with_waiting",
     .any = "SELECT DISTINCT sale_id FROM flash_sale_tickets WHERE state = 'waiting' LIMIT 100"}};

Task<std::vector<SaleId>> sales_with_waiting(db::Session& db) {
    const auto rows = co_await db.all<IdRow>(sql_sales_with_waiting);
    std::vector<SaleId> ids;
    for (const auto& row : rows) ids.push_back(row.sale_id);
    co_return ids;
}

}  // namespace caddy::flash_sales::store
