#include "shop/pricing/pricing.hpp"

#include "core/assert.hpp"

#include <algorithm>
#include <numeric>

namespace caddy::pricing {
namespace {

__extension__ using wide = __int128;

constexpr std::size_t of_shipping = static_cast<std::size_t>(-1);

/// An amount that is taxed at one rate. What is rounded is `base × rate / divisor`; amounts with the same three are of
/// one group, which is rounded as one where an order is rounded once.
struct Part {
    std::size_t item = of_shipping;
    tax::Rate rate;
    std::int64_t divisor = 0;
    std::int64_t base = 0;
    std::int64_t tax = 0;

    bool of_group(const Part& other) const { return divisor == other.divisor && rate == other.rate; }
};

std::int64_t divisor_of(const Item& item, tax::Mode mode) {
    if (mode == tax::Mode::exclusive) return tax::whole_millionths;
    std::int64_t sum = tax::whole_millionths;
    for (const auto& rate : item.rates) sum += rate.millionths;
    return sum;
}

/// Shipping goes with the goods by their value; where all goods are free, with those that are taxed, by their pieces.
std::vector<std::int64_t> shipping_weights(std::span<const Item> items, const std::vector<std::int64_t>& amounts) {
    if (std::ranges::any_of(amounts, [](std::int64_t amount) { return amount > 0; })) return amounts;
    std::vector<std::int64_t> pieces;
    for (const auto& item : items) pieces.push_back(item.rates.empty() ? 0 : item.quantity);
    return pieces;
}

void add_part(std::vector<Part>& parts, Part part) {
    const auto same = std::ranges::find_if(
        parts, [&](const Part& each) { return each.item == part.item && each.of_group(part); });
    // Two rates of one name stay two for an item: each of its entries is one rate. Shipping is one amount per group.
    if (part.item == of_shipping && same != parts.end()) same->base += part.base;
    else parts.push_back(std::move(part));
}

std::int64_t tax_of(const Part& part, std::int64_t base) {
    return scale_minor(base, part.rate.millionths, part.divisor);
}

void round_once(std::vector<Part>& parts) {
    std::vector<bool> done(parts.size(), false);
    for (std::size_t first = 0; first < parts.size(); ++first) {
        if (done[first]) continue;
        std::vector<std::size_t> group;
        std::vector<std::int64_t> bases;
        Money sum;
        for (std::size_t i = first; i < parts.size(); ++i) {
            if (!parts[i].of_group(parts[first])) continue;
            done[i] = true;
            group.push_back(i);
            bases.push_back(parts[i].base);
            sum = sum + Money{parts[i].base};
        }
        const auto taxes = spread(tax_of(parts[first], sum.minor), bases);
        for (std::size_t i = 0; i < group.size(); ++i) parts[group[i]].tax = taxes[i];
    }
}

void round_each(std::vector<Part>& parts) {
    for (auto& part : parts) part.tax = tax_of(part, part.base);
}

std::vector<Part> parts_of(std::span<const Item> items, const std::vector<std::int64_t>& goods,
                           const std::vector<std::int64_t>& shipping, tax::Mode mode) {
    std::vector<Part> parts;
    for (std::size_t i = 0; i < items.size(); ++i) {
        const auto divisor = divisor_of(items[i], mode);
        for (const auto& rate : items[i].rates) add_part(parts, {i, rate, divisor, goods[i]});
    }
    for (std::size_t i = 0; i < items.size(); ++i) {
        const auto divisor = divisor_of(items[i], mode);
        for (const auto& rate : items[i].rates) add_part(parts, {of_shipping, rate, divisor, shipping[i]});
    }
    return parts;
}

struct Goods {
    Money all;
    Money taxable;
    bool any_taxable = false;
};

Goods add_up(std::span<const PlainItem> items, Currency currency) {
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

std::vector<std::int64_t> spread(std::int64_t amount, std::span<const std::int64_t> weights) {
    CADDY_ASSERT(amount >= 0);
    std::vector<std::int64_t> parts(weights.size(), 0);
    if (weights.empty()) return parts;
    wide total = 0;
    for (const auto weight : weights) {
        CADDY_ASSERT(weight >= 0);
        total += weight;
    }
    if (total == 0) {
        parts.front() = amount;
        return parts;
    }
    std::vector<wide> remainders;
    auto left = amount;
    for (std::size_t i = 0; i < weights.size(); ++i) {
        const wide product = static_cast<wide>(amount) * weights[i];
        parts[i] = static_cast<std::int64_t>(product / total);
        remainders.push_back(product % total);
        left -= parts[i];
    }
    std::vector<std::size_t> order(weights.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_sort(order, [&](std::size_t a, std::size_t b) { return remainders[a] > remainders[b]; });
    for (std::size_t i = 0; left > 0; ++i, --left) ++parts[order[i]];
    return parts;
}

void add_tax_line(std::vector<TaxLine>& summed, const TaxLine& line) {
    const auto same = std::ranges::find_if(summed, [&](const TaxLine& each) {
        return each.name == line.name && each.rate_millionths == line.rate_millionths;
    });
    if (same == summed.end()) {
        summed.push_back(line);
        return;
    }
    same->taxable = same->taxable + line.taxable;
    same->amount = same->amount + line.amount;
}

Bill bill(std::span<const Item> items, Money discount, Money shipping, const Method& method) {
    const auto currency = shipping.currency;
    Bill made;
    std::vector<std::int64_t> goods;
    Money subtotal{0, currency};
    for (const auto& item : items) {
        CADDY_ASSERT(item.quantity >= 0 && item.unit_price.minor >= 0);
        const auto amount = item.unit_price * item.quantity;
        subtotal = subtotal + amount;
        goods.push_back(amount.minor);
    }
    CADDY_ASSERT(discount.minor >= 0 && discount.minor <= subtotal.minor && shipping.minor >= 0);
    const auto shipped = spread(shipping.minor, shipping_weights(items, goods));
    const auto discounts = spread(discount.minor, goods);
    for (std::size_t i = 0; i < goods.size(); ++i) {
        goods[i] -= discounts[i];
        made.discounts.push_back({discounts[i], currency});
    }

    auto parts = parts_of(items, goods, shipped, method.mode);
    if (method.rounding == tax::Rounding::order) round_once(parts);
    else round_each(parts);

    made.items.resize(items.size());
    Money tax{0, currency};
    for (const auto& part : parts) {
        const TaxLine line{part.rate.name, part.rate.millionths, {part.base, currency}, {part.tax, currency}};
        tax = tax + line.amount;
        if (part.item == of_shipping) add_tax_line(made.shipping, line);
        else made.items[part.item].push_back(line);
    }
    const Money none{0, currency};
    const bool added = method.mode == tax::Mode::exclusive;
    made.totals = {subtotal, discount, shipping, added ? tax : none, added ? none : tax, none};
    made.totals.total = subtotal - discount + shipping + made.totals.tax;
    return made;
}

Money full_price(const Item& item, Money discount, std::span<const TaxLine> taxes, tax::Mode mode) {
    auto price = item.unit_price * item.quantity - discount;
    if (mode == tax::Mode::inclusive) return price;
    for (const auto& line : taxes) price = price + line.amount;
    return price;
}

Money portion_of(Money full_price, std::int64_t before, std::int64_t now, std::int64_t all) {
    CADDY_ASSERT(before >= 0 && now >= 0 && before + now <= all);
    if (all == 0) return {0, full_price.currency};
    const auto up_to = [&](std::int64_t pieces) { return scale_minor(full_price.minor, pieces, all); };
    return {up_to(before + now) - up_to(before), full_price.currency};
}

Totals total_up(std::span<const PlainItem> items, Money discount, Money shipping, const tax::Terms& terms) {
    const auto goods = add_up(items, shipping.currency);
    CADDY_ASSERT(discount.minor >= 0 && discount.minor <= goods.all.minor && shipping.minor >= 0);
    const auto taxable = goods.taxable - taxable_share(discount, goods) + taxable_share(shipping, goods);
    const auto tax = tax::tax_on(taxable, terms);
    Totals totals{goods.all, discount, shipping, tax.added, tax.included, {}};
    totals.total = totals.subtotal - totals.discount + totals.shipping + totals.tax;
    return totals;
}

}  // namespace caddy::pricing
