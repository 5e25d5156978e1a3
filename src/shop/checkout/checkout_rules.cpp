#include "shop/checkout/checkout_rules.hpp"

#include "platform/crypto/digest.hpp"
#include "platform/json/more.hpp"

#include <algorithm>

namespace caddy::checkout {
namespace refuse {
namespace {

struct Gone {
    cart::LineId line_id;
    catalog::VariantId variant_id;
};
BOOST_DESCRIBE_STRUCT(Gone, (), (line_id, variant_id))
struct GoneLines {
    std::vector<Gone> lines;
};
BOOST_DESCRIBE_STRUCT(GoneLines, (), (lines))

struct NewPrices {
    pricing::Totals totals;
    std::vector<rules::ChangedLine> lines;
};
BOOST_DESCRIBE_STRUCT(NewPrices, (), (totals, lines))

Error not_for_sale(std::vector<Gone> lines) {
    Error error{ErrorKind::conflict, "catalog.not_for_sale",
                "Something in the cart cannot be bought any more; see lines. Take it out and check out again."};
    error.more = json::more(GoneLines{std::move(lines)});
    return error;
}

Error price_changed(const pricing::Totals& totals, const std::vector<rules::ChangedLine>& lines) {
    Error error{ErrorKind::conflict, "checkout.price_changed",
                "The total is not what was expected. Show the new totals, and check out again with them."};
    error.more = json::more(NewPrices{totals, lines});
    return error;
}

}  // namespace
}  // namespace refuse

namespace rules {
namespace {

const catalog::Offer* offer_of(std::span<const catalog::Offer> offers, catalog::VariantId variant) {
    const auto found = std::ranges::find(offers, variant, &catalog::Offer::variant);
    return found == offers.end() ? nullptr : &*found;
}

orders::Line line_of(const cart::Line& line, const catalog::Offer& offer) {
    return {orders::LineId::next(),
            offer.variant,
            offer.product,
            offer.title,
            offer.variant_title,
            offer.sku,
            line.quantity,
            offer.price,
            offer.price * line.quantity,
            offer.image,
            offer.taxable,
            {}};
}

}  // namespace

bool needs_shipping(const cart::Cart& cart, std::span<const catalog::Offer> offers) {
    return std::any_of(cart.lines.begin(), cart.lines.end(), [&](const auto& line) {
        const auto* offer = offer_of(offers, line.variant_id);
        return !offer || offer->requires_shipping;
    });
}

Result<void> complete(const cart::Cart& cart, bool needs_shipping) {
    Checks checks;
    checks.require(!cart.lines.empty(), "/lines", "empty", "Put something into the cart first.");
    checks.require(cart.email.has_value(), "/email", "required", "Say where the confirmation goes.");
    if (needs_shipping) {
        const auto& address = cart.shipping_address;
        checks.require(address.has_value(), "/shipping_address", "required", "Say where the parcel goes.");
        if (address) {
            const auto filled = [&](const std::string& text, const char* pointer) {
                checks.require(!text.empty(), pointer, "required", "A parcel does not arrive without this.");
            };
            filled(address->name, "/shipping_address/name");
            filled(address->country, "/shipping_address/country");
            filled(address->city, "/shipping_address/city");
            filled(address->line1, "/shipping_address/line1");
        }
        checks.require(cart.shipping_method_id.has_value(), "/shipping_method_id", "required",
                       "Choose one of the cart's shipping methods.");
    }
    return checks.result("checkout.incomplete", "The cart is not ready to be ordered; errors says what is missing.");
}

Result<Priced> price_lines(const cart::Cart& cart, std::span<const catalog::Offer> offers) {
    Priced priced;
    priced.subtotal = {0, cart.currency};
    std::vector<refuse::Gone> gone;
    for (const auto& line : cart.lines) {
        const auto* offer = offer_of(offers, line.variant_id);
        if (!offer || offer->price.currency != cart.currency) {
            gone.push_back({line.id, line.variant_id});
            continue;
        }
        if (offer->price != line.unit_price) {
            priced.changed.push_back({line.id, line.variant_id, line.unit_price, offer->price});
        }
        priced.lines.push_back(line_of(line, *offer));
        priced.subtotal = priced.subtotal + priced.lines.back().total;
        priced.demands.push_back({offer->variant, line.quantity, offer->tracked, offer->policy});
    }
    if (!gone.empty()) return refuse::not_for_sale(std::move(gone));
    return priced;
}

pricing::Bill tax_lines(std::vector<orders::Line>& lines, std::span<const catalog::Offer> offers, Money shipping,
                        const tax::RateTable& rates, const pricing::Method& method) {
    std::vector<pricing::Item> items;
    items.reserve(lines.size());
    for (const auto& line : lines) {
        pricing::Item item{line.unit_price, line.quantity};
        const auto* offer = offer_of(offers, line.variant_id);
        if (offer && line.taxable) item.rates = rates.of(offer->tax_category);
        items.push_back(std::move(item));
    }
    auto bill = pricing::bill(items, Money{0, shipping.currency}, shipping, method);
    for (std::size_t i = 0; i < lines.size(); ++i) lines[i].taxes = std::move(bill.items[i]);
    return bill;
}

std::optional<Money> apply(const SpecialPrice& special, std::vector<catalog::Offer>& offers) {
    const auto offer = std::ranges::find(offers, special.variant, &catalog::Offer::variant);
    if (offer == offers.end()) return std::nullopt;
    const auto list_price = std::exchange(offer->price, special.price);
    if (list_price.currency != special.price.currency) return std::nullopt;
    return list_price;
}

void note_special(const SpecialPrice& special, std::optional<Money> list_price, std::vector<orders::Line>& lines) {
    for (auto& line : lines) {
        if (line.variant_id != special.variant) continue;
        line.list_price = list_price;
        line.price_reason = special.reason;
    }
}

Result<void> same_price(const std::vector<ChangedLine>& changed, const pricing::Totals& totals,
                        std::optional<std::int64_t> expected_total_minor) {
    const bool expected = !expected_total_minor || *expected_total_minor == totals.total.minor;
    if (changed.empty() && expected) return {};
    return refuse::price_changed(totals, changed);
}

std::string caller_of(std::int64_t customer) { return "user:" + std::to_string(customer); }

std::string caller_of(const Context& ctx) {
    if (ctx.principal.signed_in()) return caller_of(ctx.principal.user);
    constexpr std::size_t digits = 32;
    return "client:" + crypto::sha256_hex(ctx.client).substr(0, digits);
}

}  // namespace rules

Verdict judge(orders::OrderStatus order, payments::PaymentStatus payment, payments::EventKind kind,
              bool amount_is_right) {
    using enum payments::PaymentStatus;
    const bool taken = payment == succeeded || payment == refund_pending || payment == refunded;
    switch (kind) {
        case payments::EventKind::succeeded:
            if (taken) return Verdict::ignore;   // told again: settled once
            if (!amount_is_right) return Verdict::set_aside;
            // The order may have been paid otherwise, cancelled or expired meanwhile; it does not come back.
            return order == orders::OrderStatus::pending_payment ? Verdict::pay : Verdict::give_back;
        case payments::EventKind::failed:
            // Success counts for more than failure, in whatever order the two arrive.
            return payments::is_open(payment) ? Verdict::fail : Verdict::ignore;
        case payments::EventKind::refunded:
            if (payment == refunded) return Verdict::ignore;
            return amount_is_right ? Verdict::note_refund : Verdict::set_aside;
    }
    return Verdict::ignore;
}

}  // namespace caddy::checkout
