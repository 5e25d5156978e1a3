#pragma once
// The rules of checkout, without a database: what is missing, what it costs now, what changed.
#include "shop/checkout/checkout.hpp"

namespace caddy::checkout::rules {

/// A line whose price is not the one that the shopper was shown.
struct ChangedLine {
    cart::LineId line_id;
    catalog::VariantId variant_id;
    Money unit_price_before;
    Money unit_price;
};
BOOST_DESCRIBE_STRUCT(ChangedLine, (), (line_id, variant_id, unit_price_before, unit_price))

/// A cart at today's prices.
struct Priced {
    std::vector<orders::Line> lines;
    std::vector<inventory::Demand> demands;
    std::vector<ChangedLine> changed;
    Money subtotal;
};

/// False only when every line is known to need no parcel.
bool needs_shipping(const cart::Cart&, std::span<const catalog::Offer>);

/// Refuses: checkout.incomplete with a pointer for each thing that is missing
Result<void> complete(const cart::Cart&, bool needs_shipping);

/// Refuses: catalog.not_for_sale with the lines that cannot be bought any more
Result<Priced> price_lines(const cart::Cart&, std::span<const catalog::Offer>);

/// What the lines and their shipping come to; each line is told its tax.
pricing::Bill tax_lines(std::vector<orders::Line>&, std::span<const catalog::Offer>, Money shipping,
                        const tax::RateTable&, const pricing::Method&);

/// Puts a special price into the place of the catalogue's, which it returns; nothing when that is in another currency,
/// or nothing is offered.
std::optional<Money> apply(const SpecialPrice&, std::vector<catalog::Offer>&);
/// The lines say why they were not sold at the catalogue's price.
void note_special(const SpecialPrice&, std::optional<Money> list_price, std::vector<orders::Line>&);

/// Refuses: checkout.price_changed when a frozen price or the expected total differs from today's
Result<void> same_price(const std::vector<ChangedLine>&, const pricing::Totals&,
                        std::optional<std::int64_t> expected_total_minor);

/// Whose quota an order counts against; no address is kept in the clear.
std::string caller_of(const Context&);
std::string caller_of(std::int64_t customer);

}  // namespace caddy::checkout::rules
