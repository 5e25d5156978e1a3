#pragma once
// Between stored rows, drafts and what editors send. Pure; private to the catalogue.
#include "shop/catalog/catalog_admin.hpp"
#include "shop/catalog/catalog_store.hpp"

namespace caddy::catalog {

/// The rows of one product. Retired variants may be among them.
struct ProductRows {
    store::ProductRecord product;
    std::vector<store::VariantRecord> variants;
    std::vector<store::MediaRow> media;
    std::vector<store::CategoryLinkRow> categories;
};

/// Everything by position, without what is retired.
void tidy(ProductRows&);

/// The draft that makes exactly these rows. REQUIRES: tidy rows.
ProductDraft draft_of(const ProductRows&);

/// REQUIRES: tidy rows.
AdminProduct admin_product_of(const ProductRows&, Time created_at, Time updated_at);

/// An amount as prices are shown; what the exponent says must be so.
struct PriceBody {
    std::int64_t amount_minor = 0;
    Currency currency;
    std::optional<int> exponent;
};
BOOST_DESCRIBE_STRUCT(PriceBody, (), (amount_minor, currency, exponent))

using AttributeList = std::vector<std::pair<std::string, std::string>>;

/// What is left out stays as it is; null clears what can be empty.
struct VariantBody {
    json::Patch<std::vector<std::string>> option_values{};
    json::Patch<std::string> sku{};
    json::Patch<std::string> barcode{};
    json::Patch<PriceBody> price{};
    json::Patch<PriceBody> compare_at_price{};
    json::Patch<std::int64_t> grams{};
    json::Patch<std::string> weight_unit{};
    json::Patch<bool> requires_shipping{};
    json::Patch<bool> taxable{};
    json::Patch<bool> tracked{};
    json::Patch<StockPolicy> policy{};
    json::Patch<std::string> image{};
    json::Patch<AttributeList> attributes{};
    json::Patch<AttributeList> internal_attributes{};
};
BOOST_DESCRIBE_STRUCT(VariantBody, (),
                      (option_values, sku, barcode, price, compare_at_price, grams, weight_unit, requires_shipping,
                       taxable, tracked, policy, image, attributes, internal_attributes))

/// A medium by its address, or a picture of the library by its id.
struct MediaBody {
    std::optional<std::string> url{};
    std::optional<media::PictureId> media_id{};
    std::optional<std::string> alt{};
};
BOOST_DESCRIBE_STRUCT(MediaBody, (), (url, media_id, alt))

struct SeoBody {
    json::Patch<std::string> title{};
    json::Patch<std::string> description{};
};
BOOST_DESCRIBE_STRUCT(SeoBody, (), (title, description))

struct ProductBody {
    json::Patch<std::string> handle{};   // of a new product only
    json::Patch<std::string> title{};
    json::Patch<std::string> description{};
    json::Patch<std::string> vendor{};
    json::Patch<SeoBody> seo{};
    json::Patch<ProductStatus> status{};
    json::Patch<bool> published{};
    json::Patch<std::vector<std::string>> option_names{};
    json::Patch<std::vector<VariantBody>> variants{};   // the whole list; matched by their option values
    json::Patch<std::vector<MediaBody>> media{};        // the whole list, in order
    json::Patch<std::vector<CategoryId>> category_ids{};
    json::Patch<std::vector<std::string>> tags{};
    json::Patch<AttributeList> attributes{};
    json::Patch<AttributeList> internal_attributes{};
    json::Patch<std::string> tax_category{};
};
BOOST_DESCRIBE_STRUCT(ProductBody, (),
                      (handle, title, description, vendor, seo, status, published, option_names, variants, media,
                       category_ids, tags, attributes, internal_attributes, tax_category))

/// Refuses: request.invalid_field (422)
Result<void> apply(const ProductBody&, ProductDraft&);
Result<void> apply(const VariantBody&, VariantDraft&);
/// The library's pictures that these media name.
std::vector<media::PictureId> named_pictures(const std::vector<MediaBody>&);
/// Gives those media their addresses. Refuses: request.invalid_field (422): neither or both, or no such picture
Result<void> give_addresses(std::vector<MediaBody>&, const std::vector<media::Facts>&);
/// REQUIRES: every one has its address. Replaces the media; a variant whose picture is no longer there has none.
void replace_media(const std::vector<MediaBody>&, ProductDraft&);

/// The members of two JSON objects that differ, for the audit log.
struct Difference {
    json::Raw before;
    json::Raw after;
};
Difference difference(const std::string& before, const std::string& after);

}  // namespace caddy::catalog
