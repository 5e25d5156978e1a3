#include "shop/pricing/pricing.hpp"

#include "core/assert.hpp"

namespace caddy::pricing {
namespace {

struct Goods {
    Money all;
    Money taxable;
    bool any_taxable = false;
};

Goods add_up(std::span<const Item> items, Currency currency) {
    Goods goods{{0, currency}, {0, currency}};
    for (const auto& item : items) {
        CADDY_ASSERT(item.quantity >= 0 && item.unit_price.minor >= 0);
        const auto amount = item.unit_price * item.quantity;
        goods.all = goods.all + amount;
        if (!item.taxable) continue;
        goods.taxable = goods.taxable + amount;
        goods.any_taxable = true;
    }
    return goods;
}

/// The part of an amount that follows the taxable goods; where all goods are free, the whole follows if any is taxable.
Money taxable_share(Money amount, const Goods& goods) {
    if (goods.all.minor == 0) return {goods.any_taxable ? amount.minor : 0, amount.currency};
    return {scale_minor(amount.minor, goods.taxable.minor, goods.all.minor), amount.currency};
}

}  // namespace

Totals total_up(std::span<const Item> items, Money discount, Money shipping, const tax::Config& config) {
    const auto goods = add_up(items, shipping.currency);
    CADDY_ASSERT(discount.minor >= 0 && discount.minor <= goods.all.minor && shipping.minor >= 0);
    const auto taxable = goods.taxable - taxable_share(discount, goods) + taxable_share(shipping, goods);
    const auto tax = tax::tax_on(taxable, config);
    Totals totals{goods.all, discount, shipping, tax.added, tax.included, {}};
    totals.total = totals.subtotal - totals.discount + totals.shipping + totals.tax;
    return totals;
}

}  // namespace caddy::pricing
