#include "shop/orders/orders_store.hpp"

#include <algorithm>
#include <unordered_map>

namespace caddy::orders::store {
namespace {

struct OrderRow {
    OrderId id;
    std::string number;
    std::string token;
    std::int64_t customer = 0;
    std::string caller;
    OrderStatus status{};
    std::string email;
    std::string language;
    Currency currency;
    std::int64_t subtotal_minor = 0;
    std::int64_t discount_minor = 0;
    std::int64_t shipping_minor = 0;
    std::int64_t tax_minor = 0;
    std::int64_t tax_included_minor = 0;
    std::int64_t total_minor = 0;
    int tax_rate_basis_points = 0;
    tax::Mode tax_mode{};
    std::optional<tax::Rounding> tax_rounding;
    std::optional<std::string> shipping_address;
    std::optional<std::string> shipping_code;
    std::optional<std::string> shipping_name;
    std::optional<std::string> shipping_zone;
    std::optional<std::string> shipping_quote;
    PaymentId payment_id;
    std::string payment_provider;
    std::string payment_status;
    std::optional<std::string> payment_next_action;
    std::optional<std::string> note;
    std::string cart_id;
    Time expires_at{};
    Time created_at{};
    Time updated_at{};
    std::int64_t version = 0;
};
BOOST_DESCRIBE_STRUCT(OrderRow, (), (id, number, token, customer, caller, status, email, language, currency,
                                     subtotal_minor, discount_minor, shipping_minor, tax_minor, tax_included_minor,
                                     total_minor, tax_rate_basis_points, tax_mode, tax_rounding, shipping_address,
                                     shipping_code, shipping_name, shipping_zone, shipping_quote, payment_id,
                                     payment_provider, payment_status, payment_next_action, note, cart_id, expires_at,
                                     created_at, updated_at, version))

struct LineRow {
    OrderId order_id;
    LineId id;
    catalog::VariantId variant_id;
    catalog::ProductId product_id;
    std::string title;
    std::string variant_title;
    std::optional<std::string> sku;
    std::optional<std::string> image;
    std::int64_t unit_price_minor = 0;
    std::int64_t quantity = 0;
    bool taxable = true;
    std::optional<std::int64_t> list_price_minor;
    std::optional<std::string> price_reason;
};
BOOST_DESCRIBE_STRUCT(LineRow, (), (order_id, id, variant_id, product_id, title, variant_title, sku, image,
                                    unit_price_minor, quantity, taxable, list_price_minor, price_reason))

struct EntryRow {
    OrderId order_id;
    Time happened_at{};
    std::optional<OrderStatus> from_status;
    OrderStatus to_status{};
    std::string actor;
    std::optional<std::string> note;
    Audience audience{};
};
BOOST_DESCRIBE_STRUCT(EntryRow, (), (order_id, happened_at, from_status, to_status, actor, note, audience))

struct HeadRow {
    OrderId id;
    std::string number;
    std::string token;
    std::int64_t customer = 0;
    OrderStatus status{};
    std::int64_t total_minor = 0;
    Currency currency;
    PaymentId payment_id;
    Time expires_at{};
    std::int64_t version = 0;
};
BOOST_DESCRIBE_STRUCT(HeadRow, (), (id, number, token, customer, status, total_minor, currency, payment_id, expires_at,
                                    version))

struct IdRow {
    OrderId id;
};
BOOST_DESCRIBE_STRUCT(IdRow, (), (id))

std::vector<OrderId> ids_of(const std::vector<IdRow>& rows) {
    std::vector<OrderId> ids;
    ids.reserve(rows.size());
    for (const auto& row : rows) ids.push_back(row.id);
    return ids;
}

Head head_of(HeadRow row) {
    return {row.id,     std::move(row.number), std::move(row.token),          row.customer,
            row.status, {row.total_minor, row.currency}, row.payment_id, row.expires_at, row.version};
}

std::optional<json::Raw> raw(std::optional<std::string> text) {
    if (!text) return std::nullopt;
    return json::Raw{std::move(*text)};
}

std::optional<std::string> text_of(const std::optional<json::Raw>& document) {
    if (!document) return std::nullopt;
    return document->text;
}

Order order_of(OrderRow row) {
    Order order;
    order.id = row.id;
    order.number = std::move(row.number);
    if (!row.token.empty()) order.token = std::move(row.token);
    order.customer = row.customer;
    order.caller = std::move(row.caller);
    order.status = row.status;
    order.email = std::move(row.email);
    order.language = std::move(row.language);
    order.currency = row.currency;
    const auto money = [&](std::int64_t minor) { return Money{minor, row.currency}; };
    order.totals = {money(row.subtotal_minor), money(row.discount_minor),     money(row.shipping_minor),
                    money(row.tax_minor),      money(row.tax_included_minor), money(row.total_minor)};
    order.tax.rate_basis_points = row.tax_rate_basis_points;
    order.tax.mode = row.tax_mode;
    order.tax.rounding = row.tax_rounding;
    order.shipping_address = raw(std::move(row.shipping_address));
    if (row.shipping_code) {
        order.shipping_method = ShippingMethod{*row.shipping_code, row.shipping_name.value_or(""),
                                               std::move(row.shipping_zone), raw(std::move(row.shipping_quote))};
    }
    order.payment = {row.payment_id, std::move(row.payment_provider), std::move(row.payment_status),
                     raw(std::move(row.payment_next_action))};
    order.note = std::move(row.note);
    order.cart_id = std::move(row.cart_id);
    order.expires_at = row.expires_at;
    order.created_at = row.created_at;
    order.updated_at = row.updated_at;
    order.version = row.version;
    return order;
}

Line line_of(LineRow row, Currency currency) {
    const Money unit_price{row.unit_price_minor, currency};
    std::optional<Money> list_price;
    if (row.list_price_minor) list_price = Money{*row.list_price_minor, currency};
    return {row.id,
            row.variant_id,
            row.product_id,
            std::move(row.title),
            std::move(row.variant_title),
            std::move(row.sku),
            row.quantity,
            unit_price,
            unit_price * row.quantity,
            std::move(row.image),
            row.taxable,
            {},
            list_price,
            std::move(row.price_reason)};
}

}  // namespace

const db::Sql sql_insert{{
    .name = "orders.insert",
    .any = "INSERT INTO orders (id, number, token, customer, caller, status, email, language, currency, "
           "subtotal_minor, discount_minor, shipping_minor, tax_minor, tax_included_minor, total_minor, "
           "tax_rate_basis_points, tax_mode, tax_rounding, shipping_address, shipping_code, shipping_name, "
           "shipping_zone, shipping_quote, "
           "payment_id, payment_provider, payment_status, payment_next_action, note, cart_id, expires_at, created_at, "
           "updated_at, version) "
           "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
           "?)"}};

Task<> insert(db::Transaction& tx, const Order& order) {
    std::optional<std::string> shipping_code, shipping_name, shipping_zone, shipping_quote;
    if (order.shipping_method) {
        shipping_code = order.shipping_method->code;
        shipping_name = order.shipping_method->name;
        shipping_zone = order.shipping_method->zone;
        shipping_quote = text_of(order.shipping_method->snapshot);
    }
    const auto& totals = order.totals;
    const auto address = text_of(order.shipping_address);
    const auto action = text_of(order.payment.next_action);
    const auto token = order.token.value_or("");
    co_await tx.exec(
        sql_insert, order.id, order.number, token, order.customer, order.caller, order.status, order.email,
        order.language, order.currency, totals.subtotal.minor, totals.discount.minor, totals.shipping.minor,
        totals.tax.minor, totals.tax_included.minor, totals.total.minor, order.tax.rate_basis_points, order.tax.mode,
        order.tax.rounding, address, shipping_code, shipping_name, shipping_zone, shipping_quote, order.payment.id,
        order.payment.provider, order.payment.status, action, order.note, order.cart_id, order.expires_at,
        order.created_at, order.updated_at, order.version);
}

const db::Sql sql_insert_line{{
    .name = "orders.insert_line",
    .any = "INSERT INTO order_lines (order_id, position, id, variant_id, product_id, title, variant_title, sku, image, "
           "unit_price_minor, quantity, taxable, list_price_minor, price_reason) "
           "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"}};

Task<> insert_lines(db::Transaction& tx, OrderId order, const std::vector<Line>& lines) {
    std::int64_t position = 0;
    for (const auto& line : lines) {
        ++position;
        std::optional<std::int64_t> list_price;
        if (line.list_price) list_price = line.list_price->minor;
        co_await tx.exec(sql_insert_line, order, position, line.id, line.variant_id, line.product_id, line.title,
                         line.variant_title, line.sku, line.image, line.unit_price.minor, line.quantity, line.taxable,
                         list_price, line.price_reason);
    }
}

const db::Sql sql_insert_entry{{
    .name = "orders.insert_entry",
    .any = "INSERT INTO order_timeline "
           "(order_id, sequence, happened_at, from_status, to_status, actor, note, audience) "
           "SELECT id, version, ?, ?, ?, ?, ?, ? FROM orders WHERE id = ?"}};

Task<> insert_entry(db::Transaction& tx, OrderId order, const TimelineEntry& entry) {
    co_await tx.exec(sql_insert_entry, entry.at, entry.from, entry.to, entry.actor, entry.note, entry.audience, order);
}

const db::Sql sql_lock{{
    .name = "orders.lock",
    .mysql = "SELECT id, number, token, customer, status, total_minor, currency, payment_id, expires_at, version "
             "FROM orders WHERE id = ? FOR UPDATE",
    .sqlite = "SELECT id, number, token, customer, status, total_minor, currency, payment_id, expires_at, version "
              "FROM orders WHERE id = ?"}};

Task<std::optional<Head>> lock(db::Transaction& tx, OrderId order) {
    auto row = co_await tx.one<HeadRow>(sql_lock, order);
    if (!row) co_return std::nullopt;
    co_return head_of(std::move(*row));
}

const db::Sql sql_change_status{{
    .name = "orders.change_status",
    .any = "UPDATE orders SET status = ?, updated_at = ?, version = version + 1 WHERE id = ? AND status = ?"}};

Task<bool> change_status(db::Transaction& tx, OrderId order, OrderStatus from, OrderStatus to, Time now) {
    const auto changed = co_await tx.exec(sql_change_status, to, now, order, from);
    co_return changed == 1;
}

const db::Sql sql_touch{{
    .name = "orders.touch",
    .any = "UPDATE orders SET updated_at = ?, version = version + 1 WHERE id = ?"}};

Task<> touch(db::Transaction& tx, OrderId order, Time now) { co_await tx.exec(sql_touch, now, order); }

const db::Sql sql_set_payment{{
    .name = "orders.set_payment",
    .any = "UPDATE orders SET payment_id = ?, payment_provider = ?, payment_status = ?, payment_next_action = ?, "
           "updated_at = ?, version = version + 1 WHERE id = ?"}};

Task<> set_payment(db::Transaction& tx, OrderId order, const PaymentNote& payment, Time now) {
    const auto action = text_of(payment.next_action);
    co_await tx.exec(sql_set_payment, payment.id, payment.provider, payment.status, action, now, order);
}

const db::Sql sql_load{{
    .name = "orders.load",
    .any = "SELECT id, number, token, customer, caller, status, email, language, currency, subtotal_minor, "
           "discount_minor, shipping_minor, tax_minor, tax_included_minor, total_minor, tax_rate_basis_points, "
           "tax_mode, tax_rounding, shipping_address, shipping_code, shipping_name, shipping_zone, shipping_quote, "
           "payment_id, payment_provider, payment_status, payment_next_action, note, cart_id, expires_at, created_at, "
           "updated_at, version "
           "FROM orders WHERE id IN (:ids)"}};
const db::Sql sql_load_lines{{
    .name = "orders.load_lines",
    .any = "SELECT order_id, id, variant_id, product_id, title, variant_title, sku, image, unit_price_minor, quantity, "
           "taxable, list_price_minor, price_reason FROM order_lines WHERE order_id IN (:ids) "
           "ORDER BY order_id, position"}};
const db::Sql sql_load_timeline{{
    .name = "orders.load_timeline",
    .any = "SELECT order_id, happened_at, from_status, to_status, actor, note, audience "
           "FROM order_timeline WHERE order_id IN (:ids) ORDER BY order_id, sequence"}};

Task<std::vector<Order>> load(db::Session& db, std::span<const OrderId> ids) {
    std::vector<Order> orders;
    auto rows = co_await db.all_in<OrderRow>(sql_load, ids);
    if (rows.empty()) co_return orders;
    auto lines = co_await db.all_in<LineRow>(sql_load_lines, ids);
    auto entries = co_await db.all_in<EntryRow>(sql_load_timeline, ids);

    std::sort(rows.begin(), rows.end(), [](const auto& a, const auto& b) { return a.id > b.id; });
    orders.reserve(rows.size());
    std::unordered_map<OrderId, Order*> by_id;
    for (auto& row : rows) {
        orders.push_back(order_of(std::move(row)));
        by_id.emplace(orders.back().id, &orders.back());
    }
    for (auto& line : lines) {
        if (const auto found = by_id.find(line.order_id); found != by_id.end()) {
            found->second->lines.push_back(line_of(std::move(line), found->second->currency));
        }
    }
    for (auto& entry : entries) {
        if (const auto found = by_id.find(entry.order_id); found != by_id.end()) {
            auto& order = *found->second;
            auto& read = entry.audience == Audience::staff ? order.remarks : order.timeline;
            read.push_back({entry.happened_at, entry.from_status, entry.to_status, std::move(entry.note),
                            std::move(entry.actor), entry.audience});
        }
    }
    co_await load_taxes(db, ids, orders);
    co_return orders;
}

const db::Sql sql_of_customer{{
    .name = "orders.of_customer",
    .any = "SELECT id FROM orders WHERE customer = ? AND id < ? ORDER BY id DESC LIMIT ?"}};

Task<std::vector<OrderId>> of_customer(db::Session& db, std::int64_t customer, OrderId before, int limit) {
    const auto rows = co_await db.all<IdRow>(sql_of_customer, customer, before, limit);
    co_return ids_of(rows);
}

const db::Sql sql_count_of_customer{{
    .name = "orders.count_of_customer",
    .any = "SELECT COUNT(*) FROM (SELECT id FROM orders WHERE customer = ? LIMIT ?) AS counted"}};

Task<std::int64_t> count_of_customer(db::Session& db, std::int64_t customer, std::int64_t max) {
    const auto count = co_await db.scalar<std::int64_t>(sql_count_of_customer, customer, max);
    co_return count.value_or(0);
}

const db::Sql sql_unpaid{{
    .name = "orders.unpaid",
    .any = "SELECT COUNT(*) FROM orders WHERE caller = ? AND status = ? AND expires_at > ?"}};

Task<std::int64_t> unpaid(db::Session& db, std::string_view caller, Time now) {
    const auto count = co_await db.scalar<std::int64_t>(sql_unpaid, caller, OrderStatus::pending_payment, now);
    co_return count.value_or(0);
}

const db::Sql sql_overdue{{
    .name = "orders.overdue",
    .any = "SELECT id FROM orders WHERE status = ? AND expires_at <= ? ORDER BY expires_at LIMIT ?"}};

Task<std::vector<OrderId>> overdue(db::Session& db, Time now, int limit) {
    const auto rows = co_await db.all<IdRow>(sql_overdue, OrderStatus::pending_payment, now, limit);
    co_return ids_of(rows);
}

const db::Sql sql_walk{{
    .name = "orders.walk",
    .any = "SELECT id, number, token, customer, status, total_minor, currency, payment_id, expires_at, version "
           "FROM orders WHERE id > ? ORDER BY id LIMIT ?"}};

Task<std::vector<Head>> walk(db::Session& db, OrderId after, int limit) {
    auto rows = co_await db.all<HeadRow>(sql_walk, after, limit);
    std::vector<Head> heads;
    heads.reserve(rows.size());
    for (auto& row : rows) heads.push_back(head_of(std::move(row)));
    co_return heads;
}

const db::Sql sql_paid_twice{{
    .name = "orders.paid_twice",
    .any = "SELECT order_id AS id FROM order_timeline WHERE to_status = 'paid' AND from_status = 'pending_payment' "
           "GROUP BY order_id HAVING COUNT(*) > 1"}};

Task<std::vector<OrderId>> paid_twice(db::Session& db) {
    const auto rows = co_await db.all<IdRow>(sql_paid_twice);
    co_return ids_of(rows);
}

}  // namespace caddy::orders::store
