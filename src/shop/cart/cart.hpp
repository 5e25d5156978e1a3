#pragma once
// Carts: what a guest or a customer means to buy. Prices are frozen on the line when it is put in, and
// looked at again at checkout.
#include "core/result.hpp"
#include "platform/db/database.hpp"
#include "platform/json/decode.hpp"
#include "shop/catalog/catalog.hpp"
#include "shop/inventory/inventory.hpp"
#include "shop/pricing/pricing.hpp"
#include "shop/shipping/shipping.hpp"

#include <boost/describe.hpp>

#include <span>

namespace caddy::cart {

struct CartTag { static constexpr std::string_view prefix = "cart"; };
struct LineTag { static constexpr std::string_view prefix = "line"; };
using CartId = Id<CartTag>;
using LineId = Id<LineTag>;

BOOST_DEFINE_ENUM_CLASS(CartStatus, open, closed)

struct Address {
    std::string name;
    std::string phone;
    std::string country = "CN";   // ISO 3166-1 alpha-2
    std::string province;
    std::string city;
    std::string district;
    std::string line1;
    std::string line2;
    std::string postal_code;
    friend bool operator==(const Address&, const Address&) = default;
};
BOOST_DESCRIBE_STRUCT(Address, (), (name, phone, country, province, city, district, line1, line2, postal_code))

/// An address as a request has it: what is left out is empty, and the country that of Address.
struct AddressForm {
    std::optional<std::string> name, phone, country, province, city, district, line1, line2, postal_code;
};
BOOST_DESCRIBE_STRUCT(AddressForm, (), (name, phone, country, province, city, district, line1, line2, postal_code))
Address address_of(AddressForm);

struct Line {
    LineId id;
    catalog::VariantId variant_id;
    catalog::ProductId product_id;
    std::string handle;
    std::string title;
    std::string variant_title;
    std::optional<std::string> sku;
    std::optional<std::string> image;
    std::int64_t quantity = 0;
    Money unit_price;     // as shown when it was put in
    Money total;
    bool taxable = true;
    std::optional<Money> price_changed_from;   // the earlier price, on the answer to what froze a new one
};

/// A chosen way of shipping that a cart has lost: it no longer ships there, in that currency, or so much.
struct DroppedMethod {
    shipping::MethodId shipping_method_id;
    shipping::Hindrance reason{};
};
BOOST_DESCRIBE_STRUCT(DroppedMethod, (), (shipping_method_id, reason))

struct Cart {
    CartId id;
    CartStatus status = CartStatus::open;
    std::string token;
    std::int64_t customer = 0;   // 0: a guest's
    Currency currency;
    bool currency_asked = false;   // by the caller; otherwise the first line decides
    std::optional<std::string> email;
    std::optional<Address> shipping_address;
    std::optional<shipping::MethodId> shipping_method_id;
    std::optional<DroppedMethod> shipping_method_dropped;   // until the cart is next written
    std::optional<std::string> note;
    std::vector<Line> lines;
    pricing::Totals totals;
    std::optional<CartId> merged_into;   // of a guest's cart that was claimed by somebody with a cart of his own
    std::int64_t version = 1;
    Time created_at{};
    Time updated_at{};
};

/// What the lines come to at the prices that the shopper was shown.
Money subtotal_of(const Cart&);

/// What a cart asks to be shipped: its address, this subtotal, and the weight of what is sent in a parcel. What is no
/// longer offered weighs nothing; checkout refuses it anyway.
shipping::Consignment consignment_of(const Cart&, Money subtotal, std::span<const catalog::Offer>);

/// Where a cart is taxed: at its address; without one at the shop's home, which is nothing here.
std::optional<tax::Destination> destination_of(const Cart&);

/// Proof that a cart is the caller's: its token, or the signed-in owner.
struct Access {
    std::int64_t customer = 0;
    std::string token;
};

/// What a caller says about his cart besides its lines: absent leaves it, null clears it.
struct Details {
    json::Patch<std::string> email;
    json::Patch<Address> shipping_address;
    json::Patch<shipping::MethodId> shipping_method_id;
    json::Patch<std::string> note;
};

/// The details in the form in which they are kept: trimmed, NFC. Refuses: request.invalid_field with each fault
Result<Details> accepted(const Details&);

/// A line that a claim could not take over in full.
struct Clamp {
    catalog::VariantId variant_id;
    std::int64_t requested = 0;
    std::int64_t quantity = 0;   // 0: it was left out
};
BOOST_DESCRIBE_STRUCT(Clamp, (), (variant_id, requested, quantity))

/// What became of a claimed cart.
struct Claimed {
    Cart cart;                            // the customer's from now on
    std::optional<CartId> merged_from;    // the guest's cart, where its lines went into another one
    std::vector<Clamp> clamped;
};

struct Config {
    int lines_per_cart_max = 100;           // 1..1000
    int quantity_per_line_max = 999;        // 1..1000000
    std::string currency = "CNY";           // of a cart that nothing was asked for and that holds nothing yet
    int carts_per_client_per_hour = 20'000;    // 0..1000000: one address (one /64 of IPv6) opens no more; 0: no limit
    int keep_days = 90;                     // 1..3650: a guest's cart that nobody touched so long is deleted
};

class CartService {
public:
    CartService(db::Database& database, catalog::CatalogService& catalog, inventory::InventoryService& inventory,
                shipping::ShippingService& shipping, tax::TaxService& taxes, const Config& config)
        : db_(database), catalog_(catalog), inventory_(inventory), shipping_(shipping), taxes_(taxes),
          config_(config) {}

    /// The caller's open or closed cart with current totals. Refuses: cart.not_found
    Task<Result<Cart>> show(const Context&, CartId, const Access&);

    /// For checkout: the cart, its row locked until the transaction ends.
    ///
    /// Refuses: cart.not_found, cart.closed
    Task<Result<Cart>> open_for_checkout(db::Transaction&, CartId, const Access&);

    /// Ends a cart: it has become an order. REQUIRES: it is open and locked.
    Task<> close(db::Transaction&, const Context&, CartId);

    /// Freezes today's prices on the lines whose price has changed, and says on each what it was. What cannot be bought
    /// any more keeps its line and its price.
    ///
    /// Refuses: cart.not_found, cart.closed
    Task<Result<Cart>> freeze_again(const Context&, CartId, const Access&);

    /// A new, empty cart: the signed-in caller's, or a guest's with a token of 192 random bits.
    ///
    /// Refuses: request.invalid_field, shipping.not_available, shipping.no_zone, cart.too_many (429)
    Task<Result<Cart>> open(const Context&, std::optional<Currency>, const Details&);

    /// Changes what the caller says about the cart.
    ///
    /// Refuses: cart.not_found, cart.closed, request.invalid_field,
    ///          shipping.not_available (422) when the method does not ship the cart to its address,
    ///          shipping.no_zone (422) when a method is chosen and nothing is shipped to the address
    Task<Result<Cart>> change(const Context&, CartId, const Access&, const Details&);

    /// Puts so many more of a variant into the cart, merging with its line. Nothing is reserved by that.
    ///
    /// The price is looked up now and frozen on the line; on a merge the whole line gets it, and says what it was.
    ///
    /// Refuses: cart.not_found, cart.closed, cart.line_limit, cart.invalid_quantity, cart.currency_mismatch,
    ///          catalog.not_for_sale (422), inventory.insufficient (409)
    Task<Result<Cart>> add_line(const Context&, CartId, const Access&, catalog::VariantId, std::int64_t quantity);

    /// Makes a line's quantity this; the price stays frozen. Less is always possible, more as far as stock reaches.
    ///
    /// Refuses: cart.not_found, cart.closed, cart.line_not_found, cart.invalid_quantity, catalog.not_for_sale,
    ///          inventory.insufficient
    Task<Result<Cart>> set_quantity(const Context&, CartId, const Access&, LineId, std::int64_t quantity);

    /// Refuses: cart.not_found, cart.closed, cart.line_not_found
    Task<Result<Cart>> remove_line(const Context&, CartId, const Access&, LineId);

    /// Makes a guest's cart the signed-in caller's. Where he has an open cart with lines in the same currency already,
    /// the lines merge into that one as far as stock and limits reach, and the guest's cart closes. Harmless twice.
    ///
    /// Refuses: cart.not_found, cart.closed
    Task<Result<Claimed>> claim(const Context&, CartId, const Access&);

    /// What became of a cart that the caller has claimed; what was clamped is told once, by claim.
    ///
    /// Refuses: cart.not_found
    Task<Result<Claimed>> claimed(const Context&, CartId, const Access&);

    /// The ways of shipping for a cart, the cheapest first. Refuses: cart.not_found
    Task<Result<std::vector<shipping::Quote>>> shipping_methods(const Context&, CartId, const Access&);

    /// The cart that the caller's own idempotency key made: for repeating that answer, and nothing else.
    Task<Result<Cart>> made(const Context&, CartId);

    /// Deletes guests' carts that nobody touched for `keep_days`, in bounded batches; how many. A job.
    Task<std::int64_t> sweep_abandoned(const Context&);

    /// Deletes every cart of a customer whose account was closed; how many. Harmless twice. A job.
    Task<std::int64_t> erase_of(const Context&, std::int64_t customer);

private:
    /// The cart, locked and open, if it is the caller's.
    Task<Result<Cart>> lock_open(db::Transaction&, CartId, const Access&);
    /// Current totals; a method that no longer ships this cart is taken off it, and the cart says so.
    Task<> total_up(db::Session&, Cart&);
    /// What is to be shipped, at the weights of today.
    Task<shipping::Consignment> consignment(db::Session&, const Cart&);
    /// Checks details against the cart and puts them onto it.
    Task<Result<void>> apply(db::Session&, Cart&, const Details&);
    /// Refuses more of a variant than there is.
    Task<Result<void>> check_stock(db::Session&, const catalog::Offer&, std::int64_t quantity);
    /// Writes the cart's own row with the next version, and totals it up.
    Task<> save(db::Transaction&, const Context&, Cart&);
    /// The claimed cart itself, or the one that it went into.
    Task<Claimed> outcome_of(db::Session&, Cart claimed);
    /// Moves a guest's lines into the customer's cart.
    Task<std::vector<Clamp>> merge(db::Transaction&, const Cart& from, Cart& into);

    db::Database& db_;
    catalog::CatalogService& catalog_;
    inventory::InventoryService& inventory_;
    shipping::ShippingService& shipping_;
    tax::TaxService& taxes_;
    Config config_;
};

/// Carts that were made from a time on and before another, but those that were swept away since.
Task<std::int64_t> carts_made(db::Session&, Time from, Time before);

}  // namespace caddy::cart
