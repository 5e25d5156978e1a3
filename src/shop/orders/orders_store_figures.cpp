// What orders come to over a time: sums over an index.
#include "shop/orders/orders.hpp"

namespace caddy::orders {
namespace {

struct DayRow {
    Currency currency{};
    std::int64_t day = 0;   // since 1970-01-01
    std::int64_t orders = 0;
    std::int64_t total_minor = 0;
};
BOOST_DESCRIBE_STRUCT(DayRow, (), (currency, day, orders, total_minor))

struct ProductRow {
    catalog::ProductId product_id;
    std::string title;
    Currency currency{};
    std::int64_t quantity = 0;
    std::int64_t total_minor = 0;
};
BOOST_DESCRIBE_STRUCT(ProductRow, (), (product_id, title, currency, quantity, total_minor))

// An order that was cancelled or expired before money came is no sale; nor is one that still waits for it.
const db::Sql sql_sales_by_day{
    {.name = "orders.sales_by_day",
     .mysql = "SELECT currency, created_at DIV 86400000000 AS day, COUNT(*) AS orders, "
              "CAST(SUM(total_minor) AS SIGNED) AS total_minor FROM orders WHERE created_at >= ? AND created_at < ? "
              "AND status NOT IN ('pending_payment', 'cancelled', 'expired') "
              "GROUP BY currency, created_at DIV 86400000000 ORDER BY currency, day",
     .sqlite = "SELECT currency, created_at / 86400000000 AS day, COUNT(*) AS orders, "
               "SUM(total_minor) AS total_minor FROM orders WHERE created_at >= ? AND created_at < ? "
               "AND status NOT IN ('pending_payment', 'cancelled', 'expired') "
               "GROUP BY currency, created_at / 86400000000 ORDER BY currency, day"}};
const db::Sql sql_count_by_status{{.name = "orders.count_by_status",
                                   .any = "SELECT status, COUNT(*) AS orders FROM orders "
                                          "WHERE created_at >= ? AND created_at < ? GROUP BY status ORDER BY status"}};
const db::Sql sql_top_products{
    {.name = "orders.top_products",
     .mysql = "SELECT l.product_id AS product_id, MAX(l.title) AS title, o.currency AS currency, "
              "CAST(SUM(l.quantity) AS SIGNED) AS quantity, "
              "CAST(SUM(l.quantity * l.unit_price_minor) AS SIGNED) AS total_minor "
              "FROM orders o JOIN order_lines l ON l.order_id = o.id WHERE o.created_at >= ? AND o.created_at < ? "
              "AND o.status NOT IN ('pending_payment', 'cancelled', 'expired') "
              "GROUP BY l.product_id, o.currency ORDER BY quantity DESC, l.product_id, o.currency LIMIT ?",
     .sqlite = "SELECT l.product_id AS product_id, MAX(l.title) AS title, o.currency AS currency, "
               "SUM(l.quantity) AS quantity, SUM(l.quantity * l.unit_price_minor) AS total_minor "
               "FROM orders o JOIN order_lines l ON l.order_id = o.id WHERE o.created_at >= ? AND o.created_at < ? "
               "AND o.status NOT IN ('pending_payment', 'cancelled', 'expired') "
               "GROUP BY l.product_id, o.currency ORDER BY quantity DESC, l.product_id, o.currency LIMIT ?"}};

std::string date_of(std::int64_t day) {
    return to_rfc3339(std::chrono::sys_days(std::chrono::days(day))).substr(0, 10);
}

}   // namespace

Task<std::vector<DaySales>> sales_by_day(db::Session& db, const Span& span) {
    const auto rows = co_await db.all<DayRow>(sql_sales_by_day, span.from, span.before);
    std::vector<DaySales> days;
    for (const auto& row : rows) days.push_back({date_of(row.day), row.orders, {row.total_minor, row.currency}});
    co_return days;
}

Task<std::vector<StatusCount>> count_by_status(db::Session& db, const Span& span) {
    co_return co_await db.all<StatusCount>(sql_count_by_status, span.from, span.before);
}

Task<std::vector<ProductSales>> top_products(db::Session& db, const Span& span, int limit) {
    auto rows = co_await db.all<ProductRow>(sql_top_products, span.from, span.before, limit);
    std::vector<ProductSales> products;
    for (auto& row : rows) {
        products.push_back({row.product_id, std::move(row.title), row.quantity, {row.total_minor, row.currency}});
    }
    co_return products;
}

}   // namespace caddy::orders
