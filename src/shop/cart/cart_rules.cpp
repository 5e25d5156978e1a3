#include "shop/cart/cart_rules.hpp"

#include "platform/crypto/digest.hpp"
#include "platform/text/text.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <limits>

namespace caddy::cart {

namespace refuse {
Error not_found() {
    return {ErrorKind::not_found, "cart.not_found",
            "There is no such cart, or it is not yours; send its X-Cart-Token or sign in."};
}
Error closed() {
    return {ErrorKind::conflict, "cart.closed",
            "This cart has become an order or part of another cart; open a new one."};
}
Error line_not_found() {
    return {ErrorKind::not_found, "cart.line_not_found", "The cart has no such line; read the cart again."};
}
Error line_limit(int lines_max) {
    return {ErrorKind::conflict, "cart.line_limit",
            "A cart holds at most " + std::to_string(lines_max) + " lines; take one out first."};
}
Error too_many(std::chrono::seconds retry_after) {
    return {ErrorKind::limited,
            "cart.too_many",
            "Too many carts were opened from your address; use one of them, or wait.",
            {},
            retry_after};
}
Error currency_mismatch(Currency cart, Currency line) {
    return {ErrorKind::invalid,
            "cart.currency_mismatch",
            "The cart is in " + std::string(cart.code()) + " and this is sold in " + std::string(line.code()) +
                "; open another cart for it.",
            {{"/variant_id", "currency_mismatch", "Choose something sold in the cart's currency."}}};
}
Error not_for_sale(std::string pointer) {
    return {ErrorKind::invalid, "catalog.not_for_sale", "This is not for sale; choose another variant.",
            {{std::move(pointer), "not_for_sale", "Choose a variant of a published product that has a price."}}};
}
}  // namespace refuse

namespace {

/// Trims and normalises one line of text and notes when it is too long or no single line.
void accept_line(Checks& checks, std::string& value, const char* pointer, std::size_t length_max) {
    value = text::nfc(text::trimmed(value));
    checks.require(text::is_single_line(value), pointer, "not_a_line", "Send one line without control characters.");
    checks.require(text::length(value) <= length_max, pointer, "too_long",
                   "Send at most " + std::to_string(length_max) + " characters.");
}

bool is_country(std::string_view code) {
    return code.size() == 2 && std::ranges::all_of(code, [](char c) { return c >= 'A' && c <= 'Z'; });
}

void accept_address(Checks& checks, Address& address) {
    accept_line(checks, address.name, "/shipping_address/name", 100);
    accept_line(checks, address.phone, "/shipping_address/phone", 32);
    checks.require(is_country(address.country), "/shipping_address/country", "not_a_country",
                   "Send an ISO 3166-1 code of two capitals, like CN.");
    accept_line(checks, address.province, "/shipping_address/province", 100);
    accept_line(checks, address.city, "/shipping_address/city", 100);
    accept_line(checks, address.district, "/shipping_address/district", 100);
    accept_line(checks, address.line1, "/shipping_address/line1", 200);
    accept_line(checks, address.line2, "/shipping_address/line2", 200);
    accept_line(checks, address.postal_code, "/shipping_address/postal_code", 20);
}

}  // namespace

bool is_owned(const Cart& cart, const Access& access) {
    if (cart.customer != 0) return cart.customer == access.customer;
    return !access.token.empty() && crypto::equal_in_constant_time(cart.token, access.token);
}

Address address_of(AddressForm form) {
    Address address;
    address.name = std::move(form.name).value_or("");
    address.phone = std::move(form.phone).value_or("");
    address.country = std::move(form.country).value_or(address.country);
    address.province = std::move(form.province).value_or("");
    address.city = std::move(form.city).value_or("");
    address.district = std::move(form.district).value_or("");
    address.line1 = std::move(form.line1).value_or("");
    address.line2 = std::move(form.line2).value_or("");
    address.postal_code = std::move(form.postal_code).value_or("");
    return address;
}

std::string client_hash(std::string_view address) {
    const std::string text(address);
    std::array<unsigned char, 16> bytes{};
    if (::inet_pton(AF_INET6, text.c_str(), bytes.data()) != 1) return crypto::sha256_hex("cart client " + text);
    std::string network = "cart network ";
    for (std::size_t i = 0; i < 8; ++i) network += std::to_string(bytes[i]) + ".";
    return crypto::sha256_hex(network);
}

Result<Details> accepted(const Details& details) {
    Details kept = details;
    Checks checks;
    if (kept.email.value) {
        *kept.email.value = text::trimmed(*kept.email.value);
        checks.require(text::is_email(*kept.email.value), "/email", "not_an_email",
                       "Send one e-mail address, like name@example.org.");
    }
    if (kept.shipping_address.value) accept_address(checks, *kept.shipping_address.value);
    if (kept.note.value) {
        auto& note = *kept.note.value;
        note = text::nfc(text::trimmed(note));
        checks.require(text::is_multi_line(note), "/note", "not_text", "Send text without control characters.");
        checks.require(text::length(note) <= 1'000, "/note", "too_long", "Send at most 1000 characters.");
    }
    CADDY_TRY(checks.result());
    return kept;
}

Result<void> check_quantity(std::int64_t quantity, const Config& config) {
    const auto limit = std::to_string(config.quantity_per_line_max);
    return Checks()
        .require(quantity >= 1 && quantity <= config.quantity_per_line_max, "/quantity", "out_of_range",
                 "Keep the line between 1 and " + limit + ".")
        .result("cart.invalid_quantity", "A line holds from 1 to " + limit + " pieces.");
}

Line line_of(LineId id, const catalog::Offer& offer, std::int64_t quantity) {
    Line line;
    line.id = id;
    line.variant_id = offer.variant;
    line.product_id = offer.product;
    line.handle = offer.handle;
    line.title = offer.title;
    line.variant_title = offer.variant_title;
    line.sku = offer.sku;
    line.image = offer.image;
    line.quantity = quantity;
    line.unit_price = offer.price;
    line.total = offer.price * quantity;
    line.taxable = offer.taxable;
    return line;
}

bool takes_currency(const Cart& cart) {
    return cart.lines.empty() && !cart.currency_asked;
}

Result<Line> merged_line(const Cart& cart, const catalog::Offer& offer, std::int64_t quantity, const Config& config) {
    if (cart.status != CartStatus::open) return refuse::closed();
    CADDY_TRY(check_quantity(quantity, config));
    if (offer.price.currency != cart.currency && !takes_currency(cart))
        return refuse::currency_mismatch(cart.currency, offer.price.currency);
    const auto there = std::ranges::find(cart.lines, offer.variant, &Line::variant_id);
    if (there == cart.lines.end()) {
        if (std::cmp_greater_equal(cart.lines.size(), config.lines_per_cart_max))
            return refuse::line_limit(config.lines_per_cart_max);
        return line_of(LineId::next(), offer, quantity);
    }
    CADDY_TRY(check_quantity(there->quantity + quantity, config));
    auto line = line_of(there->id, offer, there->quantity + quantity);
    if (there->unit_price != offer.price) line.price_changed_from = there->unit_price;
    return line;
}

std::int64_t quantity_limit(const catalog::Offer& offer, std::int64_t available, const Config& config) {
    const std::int64_t limit = config.quantity_per_line_max;
    if (!offer.tracked || offer.policy == catalog::StockPolicy::backorder) return limit;
    return std::clamp<std::int64_t>(available, 0, limit);
}

std::vector<Line>::iterator find_line(Cart& cart, LineId id) {
    return std::ranges::find(cart.lines, id, &Line::id);
}

void place_line(Cart& cart, Line line) {
    const auto there = std::ranges::find(cart.lines, line.variant_id, &Line::variant_id);
    if (there == cart.lines.end()) cart.lines.push_back(std::move(line));
    else *there = std::move(line);
}

void fill_blanks(const Cart& from, Cart& into) {
    if (!into.email) into.email = from.email;
    if (!into.shipping_address) into.shipping_address = from.shipping_address;
    if (!into.shipping_method_id) into.shipping_method_id = from.shipping_method_id;
    if (!into.note) into.note = from.note;
}

Money subtotal_of(const Cart& cart) {
    Money subtotal{0, cart.currency};
    for (const auto& line : cart.lines) subtotal = subtotal + line.total;
    return subtotal;
}

shipping::Consignment consignment_of(const Cart& cart, Money subtotal, std::span<const catalog::Offer> offers) {
    shipping::Consignment parcel;
    parcel.subtotal = subtotal;
    if (cart.shipping_address) {
        parcel.destination = shipping::Destination{cart.shipping_address->country, cart.shipping_address->province};
    }
    for (const auto& line : cart.lines) {
        const auto offer = std::ranges::find(offers, line.variant_id, &catalog::Offer::variant);
        if (offer == offers.end() || !offer->requires_shipping) continue;
        std::int64_t grams = 0;
        const bool too_heavy = __builtin_mul_overflow(offer->grams, line.quantity, &grams) ||
                               __builtin_add_overflow(parcel.grams, grams, &parcel.grams);
        if (too_heavy) {
            parcel.grams = std::numeric_limits<std::int64_t>::max();
            break;
        }
    }
    return parcel;
}

std::optional<tax::Destination> destination_of(const Cart& cart) {
    if (!cart.shipping_address) return std::nullopt;
    return tax::Destination{cart.shipping_address->country, cart.shipping_address->province};
}

pricing::Totals totals_of(const Cart& cart, Money shipping, const Taxation& taxation) {
    std::vector<pricing::Item> items;
    for (const auto& line : cart.lines) {
        pricing::Item item{line.unit_price, line.quantity};
        const auto known =
            std::ranges::find(taxation.categories, line.product_id, &catalog::TaxCategory::product);
        const auto category = known == taxation.categories.end() ? tax::category_standard : known->category;
        if (line.taxable) item.rates = taxation.rates.of(category);
        items.push_back(std::move(item));
    }
    return pricing::bill(items, Money{0, cart.currency}, shipping, taxation.method).totals;
}

}  // namespace caddy::cart
