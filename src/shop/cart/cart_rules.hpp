#pragma once
// The rules of carts that need neither a database nor a clock. Private to the feature.
#include "core/checks.hpp"
#include "shop/cart/cart.hpp"

namespace caddy::cart {

namespace refuse {
Error not_found();
Error closed();
Error line_not_found();
Error line_limit(int lines_max);
Error too_many(std::chrono::seconds retry_after);
Error currency_mismatch(Currency cart, Currency line);
Error not_for_sale(std::string pointer);
}  // namespace refuse

/// True for the owner of a customer's cart, and for whoever shows the token of a guest's.
bool is_owned(const Cart&, const Access&);

/// What stands for one client when its carts are counted: an IPv4 address, or the /64 that an IPv6 address lies in;
/// hashed.
std::string client_hash(std::string_view address);

/// Refuses: cart.invalid_quantity
Result<void> check_quantity(std::int64_t quantity, const Config&);

/// A line of this offer, at its price.
Line line_of(LineId, const catalog::Offer&, std::int64_t quantity);

/// The line as it shall be when so many more of the offer are put in; an empty cart whose currency nobody asked for
/// takes the offer's first, see takes_currency.
///
/// Refuses: cart.closed, cart.line_limit, cart.invalid_quantity, cart.currency_mismatch
Result<Line> merged_line(const Cart&, const catalog::Offer&, std::int64_t quantity, const Config&);

/// True when the next line decides the cart's currency.
bool takes_currency(const Cart&);

/// How many of an offer there may be in a cart: no bound but the line's own where it cannot run out.
std::int64_t quantity_limit(const catalog::Offer&, std::int64_t available, const Config&);

/// The line with this id; end() when there is none.
std::vector<Line>::iterator find_line(Cart&, LineId);
/// Puts the line in, or in the place of the one of the same variant.
void place_line(Cart&, Line);

/// Details that `into` has not are taken from `from`.
void fill_blanks(const Cart& from, Cart& into);

/// What is needed to tax a cart.
struct Taxation {
    tax::RateTable rates;
    std::vector<catalog::TaxCategory> categories;   // of the products
    pricing::Method method;
};

/// What the cart's lines, shipping and tax come to.
pricing::Totals totals_of(const Cart&, Money shipping, const Taxation&);

}  // namespace caddy::cart
