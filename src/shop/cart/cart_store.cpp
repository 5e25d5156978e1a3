#include "shop/cart/cart_store.hpp"

namespace caddy::cart::store {
namespace {

struct CartRow {
    CartId id;
    std::string token;
    std::optional<std::int64_t> customer_id;
    CartStatus status = CartStatus::open;
    Currency currency;
    bool currency_asked = false;
    std::optional<std::string> email;
    std::optional<std::string> shipping_address;
    std::optional<shipping::MethodId> shipping_method_id;
    std::optional<std::string> note;
    std::optional<CartId> merged_into;
    std::int64_t version = 1;
    Time created_at{};
    Time updated_at{};
};
BOOST_DESCRIBE_STRUCT(CartRow, (), (id, token, customer_id, status, currency, currency_asked, email, shipping_address,
                                    shipping_method_id, note, merged_into, version, created_at, updated_at))

struct LineRow {
    LineId id;
    catalog::VariantId variant_id;
    catalog::ProductId product_id;
    std::string handle;
    std::string title;
    std::string variant_title;
    std::optional<std::string> sku;
    std::optional<std::string> image;
    std::int64_t quantity = 0;
    std::int64_t price_minor = 0;
    bool taxable = true;
};
BOOST_DESCRIBE_STRUCT(LineRow, (),
                      (id, variant_id, product_id, handle, title, variant_title, sku, image, quantity, price_minor,
                       taxable))

struct IdRow {
    CartId id;
};
BOOST_DESCRIBE_STRUCT(IdRow, (), (id))

const db::Sql sql_load(
    {.name = "cart.load",
     .any = "SELECT id, token, customer_id, status, currency, currency_asked, email, shipping_address, "
            "shipping_method_id, note, merged_into, version, created_at, updated_at FROM carts WHERE id = ?"});
const db::Sql sql_load_for_update(
    {.name = "cart.load_for_update",
     .mysql = "SELECT id, token, customer_id, status, currency, currency_asked, email, shipping_address, "
              "shipping_method_id, note, merged_into, version, created_at, updated_at FROM carts "
              "WHERE id = ? FOR UPDATE",
     .sqlite = "SELECT id, token, customer_id, status, currency, currency_asked, email, shipping_address, "
               "shipping_method_id, note, merged_into, version, created_at, updated_at FROM carts WHERE id = ?"});
const db::Sql sql_lines(
    {.name = "cart.lines",
     .any = "SELECT id, variant_id, product_id, handle, title, variant_title, sku, image, quantity, "
            "price_minor, taxable FROM cart_lines WHERE cart_id = ? ORDER BY id"});
const db::Sql sql_open_cart_of({.name = "cart.open_cart_of",
                                .any = "SELECT id FROM carts WHERE customer_id = ? AND status = 'open' "
                                       "ORDER BY updated_at DESC LIMIT 1"});
const db::Sql sql_insert(
    {.name = "cart.insert",
     .any = "INSERT INTO carts (id, token, customer_id, status, currency, currency_asked, email, shipping_address, "
            "shipping_method_id, note, client_hash, version, created_at, updated_at) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"});
const db::Sql sql_update(
    {.name = "cart.update",
     .any = "UPDATE carts SET customer_id = ?, status = ?, currency = ?, email = ?, shipping_address = ?, "
            "shipping_method_id = ?, note = ?, merged_into = ?, version = ?, updated_at = ? "
            "WHERE id = ? AND version = ?"});
const db::Sql sql_close({.name = "cart.close",
                         .any = "UPDATE carts SET status = 'closed', version = version + 1, updated_at = ? "
                                "WHERE id = ? AND status = 'open'"});
const db::Sql sql_put_line(
    {.name = "cart.put_line",
     .mysql = "INSERT INTO cart_lines (id, cart_id, variant_id, product_id, handle, title, variant_title, sku, image, "
              "quantity, price_minor, taxable) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON DUPLICATE KEY UPDATE "
              "product_id = VALUES(product_id), handle = VALUES(handle), title = VALUES(title), "
              "variant_title = VALUES(variant_title), sku = VALUES(sku), image = VALUES(image), "
              "quantity = VALUES(quantity), price_minor = VALUES(price_minor), taxable = VALUES(taxable)",
     .sqlite = "INSERT INTO cart_lines (id, cart_id, variant_id, product_id, handle, title, variant_title, sku, image, "
               "quantity, price_minor, taxable) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
               "product_id = excluded.product_id, handle = excluded.handle, title = excluded.title, "
               "variant_title = excluded.variant_title, sku = excluded.sku, image = excluded.image, "
               "quantity = excluded.quantity, price_minor = excluded.price_minor, taxable = excluded.taxable"});
const db::Sql sql_set_quantity({.name = "cart.set_quantity", .any = "UPDATE cart_lines SET quantity = ? WHERE id = ?"});
const db::Sql sql_delete_line({.name = "cart.delete_line", .any = "DELETE FROM cart_lines WHERE id = ?"});
const db::Sql sql_opened_since({.name = "cart.opened_since",
                                .any = "SELECT COUNT(*) AS carts, MIN(created_at) AS oldest FROM carts "
                                       "WHERE client_hash = ? AND created_at > ?"});
const db::Sql sql_abandoned({.name = "cart.abandoned",
                             .any = "SELECT id FROM carts WHERE customer_id IS NULL AND status = ? AND updated_at < ? "
                                    "ORDER BY updated_at LIMIT 200"});
const db::Sql sql_delete_abandoned(
    {.name = "cart.delete_abandoned",
     .any = "DELETE FROM carts WHERE id = ? AND customer_id IS NULL AND updated_at < ?"});
const db::Sql sql_carts_of({.name = "cart.carts_of", .any = "SELECT id FROM carts WHERE customer_id = ? LIMIT 200"});
const db::Sql sql_delete_of({.name = "cart.delete_of", .any = "DELETE FROM carts WHERE id = ? AND customer_id = ?"});
const db::Sql sql_made({.name = "cart.made",
                        .any = "SELECT COUNT(*) AS carts FROM carts WHERE created_at >= ? AND created_at < ?"});
const db::Sql sql_delete_lines({.name = "cart.delete_lines", .any = "DELETE FROM cart_lines WHERE cart_id = ?"});

std::optional<std::string> address_text(const Cart& cart) {
    if (!cart.shipping_address) return std::nullopt;
    return json::to_json(*cart.shipping_address);
}

std::optional<std::int64_t> customer_of(const Cart& cart) {
    if (cart.customer == 0) return std::nullopt;
    return cart.customer;
}

Cart to_cart(CartRow row) {
    Cart cart;
    cart.id = row.id;
    cart.status = row.status;
    cart.token = std::move(row.token);
    cart.customer = row.customer_id.value_or(0);
    cart.currency = row.currency;
    cart.currency_asked = row.currency_asked;
    cart.email = std::move(row.email);
    if (row.shipping_address) cart.shipping_address = json::from_json<Address>(*row.shipping_address).value();
    cart.shipping_method_id = row.shipping_method_id;
    cart.note = std::move(row.note);
    cart.merged_into = row.merged_into;
    cart.version = row.version;
    cart.created_at = row.created_at;
    cart.updated_at = row.updated_at;
    return cart;
}

Line to_line(LineRow row, Currency currency) {
    Line line;
    line.id = row.id;
    line.variant_id = row.variant_id;
    line.product_id = row.product_id;
    line.handle = std::move(row.handle);
    line.title = std::move(row.title);
    line.variant_title = std::move(row.variant_title);
    line.sku = std::move(row.sku);
    line.image = std::move(row.image);
    line.quantity = row.quantity;
    line.unit_price = {row.price_minor, currency};
    line.total = line.unit_price * line.quantity;
    line.taxable = row.taxable;
    return line;
}

Task<std::optional<Cart>> with_lines(db::Session& db, std::optional<CartRow> row) {
    if (!row) co_return std::nullopt;
    auto cart = to_cart(std::move(*row));
    auto lines = co_await db.all<LineRow>(sql_lines, cart.id);
    for (auto& line : lines) cart.lines.push_back(to_line(std::move(line), cart.currency));
    co_return cart;
}

}  // namespace

Task<std::optional<Cart>> load(db::Session& db, CartId id) {
    auto row = co_await db.one<CartRow>(sql_load, id);
    co_return co_await with_lines(db, std::move(row));
}

Task<std::optional<Cart>> load_for_update(db::Transaction& tx, CartId id) {
    auto row = co_await tx.one<CartRow>(sql_load_for_update, id);
    co_return co_await with_lines(tx, std::move(row));
}

Task<std::optional<CartId>> open_cart_of(db::Session& db, std::int64_t customer) {
    const auto row = co_await db.one<IdRow>(sql_open_cart_of, customer);
    if (!row) co_return std::nullopt;
    co_return row->id;
}

Task<> insert(db::Transaction& tx, const Cart& cart, std::string_view client_hash) {
    co_await tx.exec(sql_insert, cart.id, cart.token, customer_of(cart), cart.status, cart.currency,
                     cart.currency_asked, cart.email, address_text(cart), cart.shipping_method_id, cart.note,
                     client_hash, cart.version, cart.created_at, cart.updated_at);
}

Task<bool> update(db::Transaction& tx, const Cart& cart, std::int64_t version_before) {
    const auto rows = co_await tx.exec(sql_update, customer_of(cart), cart.status, cart.currency, cart.email,
                                       address_text(cart), cart.shipping_method_id, cart.note, cart.merged_into,
                                       cart.version, cart.updated_at, cart.id, version_before);
    co_return rows == 1;
}

Task<bool> close(db::Transaction& tx, CartId id, Time now) {
    const auto rows = co_await tx.exec(sql_close, now, id);
    co_return rows == 1;
}

Task<> put_line(db::Transaction& tx, CartId cart, const Line& line) {
    co_await tx.exec(sql_put_line, line.id, cart, line.variant_id, line.product_id, line.handle, line.title,
                     line.variant_title, line.sku, line.image, line.quantity, line.unit_price.minor, line.taxable);
}

Task<> set_quantity(db::Transaction& tx, LineId line, std::int64_t quantity) {
    co_await tx.exec(sql_set_quantity, quantity, line);
}

Task<> delete_line(db::Transaction& tx, LineId line) {
    co_await tx.exec(sql_delete_line, line);
}

Task<Opened> opened_since(db::Session& db, std::string_view client_hash, Time since) {
    const auto opened = co_await db.one<Opened>(sql_opened_since, client_hash, since);
    co_return opened.value_or(Opened{});
}

Task<std::vector<CartId>> abandoned(db::Session& db, CartStatus status, Time before) {
    const auto rows = co_await db.all<IdRow>(sql_abandoned, status, before);
    std::vector<CartId> ids;
    for (const auto& row : rows) ids.push_back(row.id);
    co_return ids;
}

Task<bool> delete_abandoned(db::Transaction& tx, CartId id, Time before) {
    const auto rows = co_await tx.exec(sql_delete_abandoned, id, before);
    if (rows == 1) co_await tx.exec(sql_delete_lines, id);
    co_return rows == 1;
}

Task<std::vector<CartId>> carts_of(db::Session& db, std::int64_t customer) {
    const auto rows = co_await db.all<IdRow>(sql_carts_of, customer);
    std::vector<CartId> ids;
    for (const auto& row : rows) ids.push_back(row.id);
    co_return ids;
}

Task<bool> delete_of(db::Transaction& tx, CartId id, std::int64_t customer) {
    const auto rows = co_await tx.exec(sql_delete_of, id, customer);
    if (rows == 1) co_await tx.exec(sql_delete_lines, id);
    co_return rows == 1;
}

Task<std::int64_t> made(db::Session& db, Time from, Time before) {
    const auto carts = co_await db.scalar<std::int64_t>(sql_made, from, before);
    co_return carts.value_or(0);
}

}  // namespace caddy::cart::store
