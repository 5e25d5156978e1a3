#pragma once
// The catalogue: products with options, variants, categories, media and attributes; what is published, and at what
// price. Stock is inventory's; here stands only the coarse availability that shoppers see.
#include "core/page.hpp"
#include "core/result.hpp"
#include "platform/db/database.hpp"
#include "platform/json/encode.hpp"
#include "shop/media/media.hpp"

#include <boost/describe.hpp>

#include <limits>
#include <span>

namespace caddy::catalog {

struct ProductTag {
    static constexpr std::string_view prefix = "prod";
};
struct VariantTag {
    static constexpr std::string_view prefix = "var";
};
struct CategoryTag {
    static constexpr std::string_view prefix = "ctg";
};
struct MediaTag {
    static constexpr std::string_view prefix = "med";
};
using ProductId = Id<ProductTag>;

/// What a kept answer that shows a product is dropped by (http::Caching), by its id or its handle.
inline std::string product_tag(std::string_view id_or_handle) { return "product:" + std::string(id_or_handle); }
using VariantId = Id<VariantTag>;
using CategoryId = Id<CategoryTag>;
using MediaId = Id<MediaTag>;

BOOST_DEFINE_ENUM_CLASS(ProductStatus, draft, active, archived)
/// Exact stock is not shown to shoppers; `preorder` is out of stock but sold on backorder.
BOOST_DEFINE_ENUM_CLASS(Availability, in_stock, low_stock, out_of_stock, preorder)
/// What happens when stock runs out.
BOOST_DEFINE_ENUM_CLASS(StockPolicy, deny, backorder)
/// Whether shoppers see an attribute (a material) or only the shop's own people do (what a piece costs).
BOOST_DEFINE_ENUM_CLASS(Visibility, shown, internal)

constexpr std::size_t options_per_product_max = 3;
constexpr std::size_t variants_per_product_max = 2'048;
constexpr std::size_t media_per_product_max = 250;
constexpr std::size_t tags_per_product_max = 250;
constexpr std::size_t attributes_max = 250;   // of one product, or of one variant
constexpr std::size_t categories_per_product_max = 50;
constexpr std::size_t category_depth_max = 8;
constexpr std::size_t name_length_max = 255;   // titles, handles, vendors, SKUs, option names and values, tags …
constexpr std::size_t description_bytes_max = 512 * 1024;

/// A variant as something to be bought, now.
struct Offer {
    VariantId variant;
    ProductId product;
    std::string handle;
    std::string title;          // the product's
    std::string variant_title;   // `Small / Red`; empty for the only variant
    std::optional<std::string> sku;
    Money price;
    std::optional<std::string> image;
    std::int64_t grams = 0;
    bool requires_shipping = true;
    bool taxable = true;
    bool tracked = true;   // false: never runs out
    StockPolicy policy = StockPolicy::deny;
    std::string tax_category{};   // the product's
};

/// What a product counts as where tax differs by the kind of goods.
struct TaxCategory {
    ProductId product;
    std::string category;
};
BOOST_DESCRIBE_STRUCT(TaxCategory, (), (product, category))

/// What a variant is called, for the shop's own people; retired and unpublished ones too.
struct Label {
    VariantId variant;
    ProductId product;
    std::string title;           // the product's
    std::string variant_title;   // `Small / Red`; empty for the only variant
    std::optional<std::string> sku;
    bool tracked = true;
};
BOOST_DESCRIBE_STRUCT(Label, (), (variant, product, title, variant_title, sku, tracked))

// ---- what shoppers read ----

struct Variant {
    VariantId id;
    std::optional<std::string> sku;
    std::string title;
    std::optional<Money> price;   // none: not for sale
    std::optional<Money> compare_at_price;
    json::Raw options;   // {"Size": "Small"}
    Availability availability = Availability::out_of_stock;
    std::optional<std::string> barcode;
    std::optional<std::string> image;
    std::int64_t grams = 0;
    json::Raw attributes;
};
BOOST_DESCRIBE_STRUCT(Variant, (),
                      (id, sku, title, price, compare_at_price, options, availability, barcode, image, grams,
                       attributes))

struct Media {
    MediaId id;
    std::string url;
    std::string alt;
    int position = 0;
    std::optional<int> width{};   // of the library's pictures
    std::optional<int> height{};
    std::vector<media::Size> sizes{};   // smaller forms
};
BOOST_DESCRIBE_STRUCT(Media, (), (id, url, alt, position, width, height, sizes))

struct CategoryLink {
    CategoryId id;
    std::string handle;
    std::string name;
};
BOOST_DESCRIBE_STRUCT(CategoryLink, (), (id, handle, name))

struct PriceRange {
    Money min;
    Money max;
};
BOOST_DESCRIBE_STRUCT(PriceRange, (), (min, max))

struct Seo {
    std::optional<std::string> title;
    std::optional<std::string> description;
};
BOOST_DESCRIBE_STRUCT(Seo, (), (title, description))

/// A published product. Options, tags and attributes are stored as the JSON that goes out.
struct Product {
    ProductId id;
    std::string handle;
    std::string title;
    std::string description;   // HTML of the allow-list
    std::string vendor;
    json::Raw options;   // [{"name": "Size", "values": ["Small", "Large"]}]
    std::vector<Variant> variants;
    std::vector<Media> media;
    std::optional<std::string> thumbnail;   // the first medium, at least 480 pixels wide where it can be
    std::vector<CategoryLink> categories;
    json::Raw tags;
    json::Raw attributes;
    Availability availability = Availability::out_of_stock;   // the best of the variants'
    std::optional<PriceRange> price_range;
    Seo seo;
    Time published_at{};
    Time updated_at{};
    std::int64_t version = 1;
};
BOOST_DESCRIBE_STRUCT(Product, (),
                      (id, handle, title, description, vendor, options, variants, media, thumbnail, categories, tags,
                       attributes, availability, price_range, seo, published_at, updated_at, version))

/// A published product as a list shows it: what a card needs. The rest is the product's.
struct Card {
    ProductId id;
    std::string handle;
    std::string title;
    json::Raw options;                        // as the product has them
    std::optional<std::string> thumbnail;     // as the product has it
    std::vector<CategoryId> category_ids;     // its own, without their ancestors
    Availability availability = Availability::out_of_stock;
    std::optional<PriceRange> price_range;
    std::optional<Money> compare_at_price;   // what stands beside the lowest price, where that is higher
};
BOOST_DESCRIBE_STRUCT(Card, (), (id, handle, title, options, thumbnail, category_ids, availability, price_range,
                                 compare_at_price))

/// A card that somebody can buy from.
struct FullCard : Card {
    std::vector<Variant> variants;
};
BOOST_DESCRIBE_STRUCT(FullCard, (Card), (variants))

struct Category {
    CategoryId id;
    std::string handle;
    std::string name;
    std::optional<CategoryId> parent_id;
    int position = 0;
    std::vector<Category> children;
};
BOOST_DESCRIBE_STRUCT(Category, (), (id, handle, name, parent_id, position, children))

enum class Sort { published_at_desc, published_at, price, price_desc, title };

/// Which products, in which order. Prices are minor units and compared with the product's lowest.
struct ProductQuery {
    Sort sort = Sort::published_at_desc;
    std::string category{};   // handle or id, descendants included; empty: all
    std::optional<std::int64_t> price_min{};
    std::optional<std::int64_t> price_max{};
    std::optional<bool> in_stock{};
    std::string words{};   // each must be found in title, handle, vendor or a SKU
    std::string vendor{};   // exactly; empty: all
};

/// A published product as a search filters and counts it.
struct Listed {
    ProductId product;
    Availability availability = Availability::out_of_stock;
    std::optional<Money> price;   // the lowest of its variants'
    std::vector<CategoryId> categories;   // ancestors included
    std::string vendor{};
};

// ---- what is written ----

struct Attribute {
    std::string name;
    std::string value;
    Visibility visibility = Visibility::shown;
};

struct VariantDraft {
    std::vector<std::string> option_values;   // one per option of the product, in order
    std::optional<std::string> sku;
    std::optional<std::string> barcode;
    std::optional<Money> price;   // none: not for sale
    std::optional<Money> compare_at_price;
    std::int64_t grams = 0;
    std::string weight_unit = "kg";  // how it is shown to people: g, kg, oz or lb
    bool requires_shipping = true;
    bool taxable = true;
    bool tracked = true;
    StockPolicy policy = StockPolicy::deny;
    std::optional<std::string> image;   // the URL of one of the product's media
    std::vector<Attribute> attributes;
};

struct MediaDraft {
    std::string url;   // https://…, http://…, /media/… or a path that is kept until the file turns up
    std::string alt;
    std::optional<media::PictureId> picture{};   // where the address is that of one that must be in the library
};

/// A whole product as it shall be. Categories are paths of names from the root, and are made where they are missing.
struct ProductDraft {
    std::string handle;
    std::string title;
    std::string description_html;   // cleaned when it is saved
    std::string vendor;
    std::optional<std::string> seo_title;
    std::optional<std::string> seo_description;
    ProductStatus status = ProductStatus::draft;
    bool published = false;
    std::vector<std::string> option_names;
    std::vector<VariantDraft> variants;
    std::vector<MediaDraft> media;
    std::vector<CategoryId> category_ids;   // that are there already; before `categories`
    std::vector<std::vector<std::string>> categories;
    std::vector<std::string> tags;
    std::vector<Attribute> attributes;
    std::optional<std::string> tax_category{};   // none: as it is; `standard` for a new product
};

enum class SaveOutcome { created, updated, unchanged };

struct Saved {
    ProductId id;
    SaveOutcome outcome = SaveOutcome::unchanged;
    std::int64_t version = 1;
    std::vector<VariantId> variants;   // in the draft's order
};

/// A product with everything that it would take to make it again.
struct StoredProduct {
    ProductId id;
    ProductDraft draft;                                 // categories by id
    std::vector<VariantId> variants;                    // in the draft's order
    std::vector<std::vector<std::string>> categories;   // as paths of names
};

class CatalogService {
public:
    explicit CatalogService(db::Database& database) : db_(database) {}

    /// What can be bought under this id. Refuses: catalog.not_for_sale (unknown, unpublished or without a price)
    Task<Result<Offer>> offer(const Context&, VariantId);

    /// The offers among these variants, in no particular order; what is not for sale is missing.
    Task<std::vector<Offer>> offers(db::Session&, std::span<const VariantId>);

    /// What these products count as for tax, whatever their state, in no particular order.
    Task<std::vector<TaxCategory>> tax_categories(db::Session&, std::span<const ProductId>);

    /// What these variants are called, in no particular order; unknown ones are missing.
    Task<std::vector<Label>> labels(db::Session&, std::span<const VariantId>);

    /// Variants above `after` whose SKU begins with a text, in id order.
    Task<std::vector<VariantId>> with_sku(db::Session&, std::string_view beginning, VariantId after, int limit);

    /// Called by inventory in its own transaction when a variant's availability changes its class.
    ///
    /// What is out of stock but sold on backorder becomes `preorder`, and what is not tracked stays `in_stock`.
    /// Emits: catalog.availability_changed
    Task<> set_availability(db::Transaction&, const Context&, VariantId, Availability);

    /// One page of the published products.
    ///
    /// Refuses: request.cursor_malformed, request.cursor_mismatch
    Task<Result<Page<Card>>> list(const Context&, const ProductQuery&, const PageRequest&);

    /// A published product by its id or its handle. Refuses: catalog.product_not_found
    Task<Result<Product>> product(const Context&, std::string_view id_or_handle);

    /// The published ones among these products as lists show them, in the given order.
    Task<std::vector<Card>> cards(db::Session&, std::span<const ProductId>);

    /// The same cards with the products' variants, all read at once.
    Task<std::vector<FullCard>> with_variants(const Context&, std::vector<Card>);

    /// The published ones among these products, whole, in the given order.
    Task<std::vector<Product>> products(db::Session&, std::span<const ProductId>);

    /// The published ones among these products as filters see them, in the given order.
    Task<std::vector<Listed>> listed(db::Session&, std::span<const ProductId>);

    /// Published products of a category (handle or id, descendants included; empty: all), the newest first.
    Task<std::vector<ProductId>> newest(db::Session&, std::string_view category, int limit);

    /// The categories with these ids, in no particular order.
    Task<std::vector<CategoryLink>> category_links(db::Session&, std::span<const CategoryId>);

    /// The category of this id or handle; nothing when there is none.
    Task<std::optional<CategoryId>> category_id(db::Session&, std::string_view id_or_handle);

    /// True when there is any product, published or not.
    Task<bool> has_products(const Context&);

    /// The category tree, siblings by position.
    Task<std::vector<Category>> categories(const Context&);

    /// One category with what stands below it, by id or handle. Refuses: catalog.category_not_found
    Task<Result<Category>> category(const Context&, std::string_view id_or_handle);

    /// Makes the draft's product, or makes the product of that handle like the draft.
    ///
    /// Variants are matched by their option values and media by their URL, so that their ids survive. A variant that
    /// the draft no longer has is retired: not shown, not sold, and itself again should it come back. Nothing is
    /// written and the version stays where nothing differs.
    ///
    /// Refuses: catalog.invalid_product (422, with every fault), catalog.handle_taken (409)
    /// Emits:   catalog.product_changed, only where something changed
    Task<Result<Saved>> save_product(db::Transaction&, const Context&, const ProductDraft&);

    /// True when any product shows a picture of the library.
    Task<bool> shows(db::Session&, media::PictureId);

    /// Products behind `after` in the order of their handles, which two shops have in common, whatever their status,
    /// whole; for exports.
    Task<std::vector<StoredProduct>> stored(const Context&, const std::string& after, int limit);

private:
    db::Database& db_;
};

}  // namespace caddy::catalog
