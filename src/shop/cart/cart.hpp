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
};

struct Cart {
    CartId id;
    CartStatus status = CartStatus::open;
    std::string token;
    std::int64_t customer = 0;   // 0: a guest's
    Currency currency;
    std::optional<std::string> email;
    std::optional<Address> shipping_address;
    std::optional<shipping::MethodId> shipping_method_id;
    std::optional<std::string> note;
    std::vector<Line> lines;
    pricing::Totals totals;
    std::int64_t version = 1;
    Time created_at{};
    Time updated_at{};
};

/// Proof that a cart is the caller's: its token, or the signed-in owner.
struct Access {
    std::int64_t customer = 0;
    std::string token;
};

struct Config {
    int lines_per_cart_max = 100;       // 1..1000
    int quantity_per_line_max = 999;    // 1..1000000
    std::string currency = "CNY";       // of a cart that nothing was asked for and that holds nothing yet
};

class CartService {
public:
    CartService(db::Database& database, catalog::CatalogService& catalog, inventory::InventoryService& inventory,
                shipping::ShippingService& shipping, const tax::Config& tax, const Config& config)
        : db_(database), catalog_(catalog), inventory_(inventory), shipping_(shipping), tax_(tax), config_(config) {}

    /// The caller's open or closed cart with current totals. Refuses: cart.not_found
    Task<Result<Cart>> show(const Context&, CartId, const Access&);

    /// For checkout: the cart, its row locked until the transaction ends.
    ///
    /// Refuses: cart.not_found, cart.closed
    Task<Result<Cart>> open_for_checkout(db::Transaction&, CartId, const Access&);

    /// Ends a cart: it has become an order.
    Task<> close(db::Transaction&, const Context&, CartId);

    // … the use cases behind the routes are declared here too (open, change, add_line, set_quantity, remove_line, claim).

private:
    db::Database& db_;
    catalog::CatalogService& catalog_;
    inventory::InventoryService& inventory_;
    shipping::ShippingService& shipping_;
    tax::Config tax_;
    Config config_;
};

}  // namespace caddy::cart
