#pragma once
// All SQL of carts. Private to the feature.
#include "platform/db/session.hpp"
#include "shop/cart/cart.hpp"

namespace caddy::cart::store {

constexpr int batch_rows = 200;   // the LIMIT of the statement that finds abandoned carts

/// With its lines, oldest first; totals are not made here.
Task<std::optional<Cart>> load(db::Session&, CartId);
/// The same, the cart's row locked until the transaction ends.
Task<std::optional<Cart>> load_for_update(db::Transaction&, CartId);
/// The customer's open cart that was touched last.
Task<std::optional<CartId>> open_cart_of(db::Session&, std::int64_t customer);

Task<> insert(db::Transaction&, const Cart&, std::string_view client_hash);
/// Writes the cart's own row; false when its version is no longer `version_before`.
Task<bool> update(db::Transaction&, const Cart&, std::int64_t version_before);
/// False when it was not open.
Task<bool> close(db::Transaction&, CartId, Time now);

/// Inserts the line, or writes over the one of the same variant.
Task<> put_line(db::Transaction&, CartId, const Line&);
Task<> set_quantity(db::Transaction&, LineId, std::int64_t quantity);
Task<> delete_line(db::Transaction&, LineId);

/// What one client opened since a time.
struct Opened {
    std::int64_t carts = 0;
    std::optional<Time> oldest;
};
BOOST_DESCRIBE_STRUCT(Opened, (), (carts, oldest))
Task<Opened> opened_since(db::Session&, std::string_view client_hash, Time since);

/// Guests' carts that nobody touched since a time, at most batch_rows.
Task<std::vector<CartId>> abandoned(db::Session&, CartStatus, Time before);
/// Deletes a guest's cart with its lines; false when it was touched, or claimed, meanwhile.
Task<bool> delete_abandoned(db::Transaction&, CartId, Time before);

/// Carts of a customer in any state, at most batch_rows.
Task<std::vector<CartId>> carts_of(db::Session&, std::int64_t customer);
/// Deletes a customer's cart with its lines.
Task<bool> delete_of(db::Transaction&, CartId, std::int64_t customer);

Task<std::int64_t> made(db::Session&, Time from, Time before);

}  // namespace caddy::cart::store
