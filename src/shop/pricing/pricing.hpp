#pragma once
// What lines, shipping and tax come to. Pure: the one place where totals are made, for carts, checkout, refunds and
// the audit.
#include "core/money.hpp"
#include "shop/tax/tax.hpp"

#include <boost/describe.hpp>

#include <span>

namespace caddy::pricing {

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

/// What is bought, with the rates that add up for it; none: it is not taxed.
struct Item {
    Money unit_price;
    std::int64_t quantity = 0;
    std::vector<tax::Rate> rates{};
};

/// The tax at one rate on an amount. With prices that include tax, `taxable` holds the tax.
struct TaxLine {
    std::string name;
    std::int64_t rate_millionths = 0;
    Money taxable;
    Money amount;
    friend bool operator==(const TaxLine&, const TaxLine&) = default;
};
BOOST_DESCRIBE_STRUCT(TaxLine, (), (name, rate_millionths, taxable, amount))

/// Totals with everything that they are made of.
struct Bill {
    Totals totals;
    std::vector<Money> discounts;               // each item's part of the discount
    std::vector<std::vector<TaxLine>> items;    // each item's tax, one entry per rate of the item
    std::vector<TaxLine> shipping;
};

/// How tax is counted.
struct Method {
    tax::Mode mode = tax::Mode::inclusive;
    tax::Rounding rounding = tax::Rounding::order;
};

/// What items, discount and shipping come to. The discount lies on the items by their value; shipping is taxed like
/// the goods, by their value, too.
///
/// REQUIRES: one currency throughout, and no more discount than goods. Throws std::overflow_error past 64 bits.
Bill bill(std::span<const Item>, Money discount, Money shipping, const Method&);

/// An amount in parts by weight, by largest remainder: the parts add up to the amount exactly, and of equal remainders
/// the earlier gets more. Without any weight the first part takes it all.
///
/// REQUIRES: nothing is negative
std::vector<std::int64_t> spread(std::int64_t amount, std::span<const std::int64_t> weights);

/// The lines of one rate made one, in order of their first appearance.
void add_tax_line(std::vector<TaxLine>& summed, const TaxLine&);

/// What an item costs with its part of the discount and, where it is added, its tax.
Money full_price(const Item&, Money discount, std::span<const TaxLine>, tax::Mode);

/// The part of a full price that goes back for `now` more pieces of `all` when `before` have gone back: however the
/// pieces are grouped, all of them together give back the full price and never more.
Money portion_of(Money full_price, std::int64_t before, std::int64_t now, std::int64_t all);

/// An item of an order that was made before rates were kept: taxed at the one rate or not at all.
struct PlainItem {
    Money unit_price;
    std::int64_t quantity = 0;
    bool taxable = true;
};

/// The totals of such an order, rounded once. Shipping is taxed like the goods. REQUIRES: one currency throughout.
Totals total_up(std::span<const PlainItem>, Money discount, Money shipping, const tax::Terms&);

}  // namespace caddy::pricing
