#pragma once
// What lines, shipping and tax come to. Pure: the one place where totals are made, for carts, checkout and the audit.
#include "core/money.hpp"
#include "shop/tax/tax.hpp"

#include <boost/describe.hpp>

#include <span>

namespace caddy::pricing {

struct Item {
    Money unit_price;
    std::int64_t quantity = 0;
    bool taxable = true;
};

/// total = subtotal − discount + shipping + tax, always. Tax that is inside the prices already is told apart
/// in `tax_included`, and `tax` is then zero.
struct Totals {
    Money subtotal;
    Money discount;
    Money shipping;
    Money tax;
    Money tax_included;
    Money total;
    friend bool operator==(const Totals&, const Totals&) = default;
};
BOOST_DESCRIBE_STRUCT(Totals, (), (subtotal, discount, shipping, tax, tax_included, total))

/// Shipping is taxed like the goods. REQUIRES: one currency throughout.
Totals total_up(std::span<const Item>, Money discount, Money shipping, const tax::Config&);

}  // namespace caddy::pricing
