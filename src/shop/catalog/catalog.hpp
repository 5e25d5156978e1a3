#pragma once
// The catalogue: products with options, variants, categories, media and attributes; what is published, and at what price.
// Stock is inventory's; here stands only the coarse availability that shoppers see.
#include "core/page.hpp"
#include "core/result.hpp"
#include "platform/db/database.hpp"
#include "platform/json/encode.hpp"

#include <boost/describe.hpp>

#include <span>

namespace caddy::catalog {

struct ProductTag { static constexpr std::string_view prefix = "prod"; };
struct VariantTag { static constexpr std::string_view prefix = "var"; };
struct CategoryTag { static constexpr std::string_view prefix = "ctg"; };
struct MediaTag { static constexpr std::string_view prefix = "med"; };
using ProductId = Id<ProductTag>;
using VariantId = Id<VariantTag>;
using CategoryId = Id<CategoryTag>;
using MediaId = Id<MediaTag>;

BOOST_DEFINE_ENUM_CLASS(ProductStatus, draft, active, archived)
/// Exact stock is not shown to shoppers; `preorder` is out of stock but sold on backorder.
BOOST_DEFINE_ENUM_CLASS(Availability, in_stock, low_stock, out_of_stock, preorder)
/// What happens when stock runs out.
BOOST_DEFINE_ENUM_CLASS(StockPolicy, deny, backorder)

/// A variant as something to be bought, now.
struct Offer {
    VariantId variant;
    ProductId product;
    std::string handle;
    std::string title;           // the product's
    std::string variant_title;   // `Small / Red`; empty for the only variant
    std::optional<std::string> sku;
    Money price;
    std::optional<std::string> image;
    std::int64_t grams = 0;
    bool requires_shipping = true;
    bool taxable = true;
    bool tracked = true;         // false: never runs out
    StockPolicy policy = StockPolicy::deny;
};

class CatalogService {
public:
    explicit CatalogService(db::Database& database) : db_(database) {}

    /// What can be bought under this id. Refuses: catalog.not_for_sale (unknown, unpublished or without a price)
    Task<Result<Offer>> offer(const Context&, VariantId);

    /// The offers among these variants, in no particular order; what is not for sale is missing.
    Task<std::vector<Offer>> offers(db::Session&, std::span<const VariantId>);

    /// Called by inventory in its own transaction when a variant's availability changes its class.
    Task<> set_availability(db::Session&, const Context&, VariantId, Availability);

private:
    db::Database& db_;
};

}  // namespace caddy::catalog
