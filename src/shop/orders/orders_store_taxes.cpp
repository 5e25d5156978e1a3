// The SQL of what was taxed in an order: per line, and for shipping under the line 0.
#include "shop/orders/orders_store.hpp"

#include <unordered_map>

namespace caddy::orders::store {
namespace {

constexpr LineId of_shipping{0};

struct TaxRow {
    OrderId order_id;
    LineId line_id;
    std::string name;
    std::int64_t rate_millionths = 0;
    std::int64_t taxable_minor = 0;
    std::int64_t amount_minor = 0;
};
BOOST_DESCRIBE_STRUCT(TaxRow, (), (order_id, line_id, name, rate_millionths, taxable_minor, amount_minor))

const db::Sql sql_insert_tax{{
    .name = "orders.insert_tax",
    .any = "INSERT INTO order_tax_lines (order_id, line_id, position, name, rate_millionths, taxable_minor, "
           "amount_minor) VALUES (?, ?, ?, ?, ?, ?, ?)"}};
const db::Sql sql_load_taxes{{
    .name = "orders.load_taxes",
    .any = "SELECT order_id, line_id, name, rate_millionths, taxable_minor, amount_minor FROM order_tax_lines "
           "WHERE order_id IN (:ids) ORDER BY order_id, line_id, position"}};

Task<> insert_of(db::Transaction& tx, OrderId order, LineId line, const std::vector<pricing::TaxLine>& taxes) {
    std::int64_t position = 0;
    for (const auto& tax : taxes) {
        ++position;
        co_await tx.exec(sql_insert_tax, order, line, position, tax.name, tax.rate_millionths, tax.taxable.minor,
                         tax.amount.minor);
    }
}

}  // namespace

Task<> insert_taxes(db::Transaction& tx, const Order& order) {
    for (const auto& line : order.lines) co_await insert_of(tx, order.id, line.id, line.taxes);
    co_await insert_of(tx, order.id, of_shipping, order.shipping_taxes);
}

Task<> load_taxes(db::Session& db, std::span<const OrderId> ids, std::vector<Order>& orders) {
    const auto rows = co_await db.all_in<TaxRow>(sql_load_taxes, ids);
    std::unordered_map<OrderId, Order*> by_id;
    for (auto& order : orders) by_id.emplace(order.id, &order);
    for (const auto& row : rows) {
        const auto found = by_id.find(row.order_id);
        if (found == by_id.end()) continue;
        auto& order = *found->second;
        const pricing::TaxLine tax{row.name, row.rate_millionths, {row.taxable_minor, order.currency},
                                   {row.amount_minor, order.currency}};
        if (row.line_id == of_shipping) {
            order.shipping_taxes.push_back(tax);
            continue;
        }
        for (auto& line : order.lines) {
            if (line.id == row.line_id) line.taxes.push_back(tax);
        }
    }
    for (auto& order : orders) sum_up_taxes(order);
}

void sum_up_taxes(Order& order) {
    order.tax_lines.clear();
    for (const auto& line : order.lines) {
        for (const auto& tax : line.taxes) pricing::add_tax_line(order.tax_lines, tax);
    }
    for (const auto& tax : order.shipping_taxes) pricing::add_tax_line(order.tax_lines, tax);
}

}  // namespace caddy::orders::store
