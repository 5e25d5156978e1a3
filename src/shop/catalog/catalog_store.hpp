#pragma once
// All SQL of the catalogue. Private to it. Reads in catalog_store.cpp, writes in catalog_store_write.cpp.
#include "shop/catalog/catalog.hpp"

#include <span>

namespace caddy::catalog::store {

// ---- lists ----

/// The bounds of a list, with the widest value where a caller has set none.
struct ListFilter {
    CategoryId category{};   // 0: the whole shop
    std::int64_t price_min = -1;
    std::int64_t price_max = std::numeric_limits<std::int64_t>::max();
    std::int64_t in_stock_min = 0;
    std::int64_t in_stock_max = 1;
    std::vector<std::string> words;   // as rules::search_words makes them
    std::string vendor{};             // empty: all
};

/// An entry of a list: which product, and where it stands.
struct Entry {
    ProductId id;
    std::string key;
};

/// The entries behind `after` (nothing: from the start), at most `limit`.
Task<std::vector<Entry>> list(db::Session&, Sort, const ListFilter&, const std::optional<Entry>& after, int limit);

/// How many there are, at most page_count_max.
Task<std::int64_t> count(db::Session&, const ListFilter&);

/// One row per category that a published product stands in, ancestors and the whole shop (0) included.
struct ListedRow {
    ProductId product_id;
    CategoryId category_id;
    Availability availability{};
    std::optional<std::int64_t> price_min;
    std::optional<Currency> currency;
    std::string vendor;
};
BOOST_DESCRIBE_STRUCT(ListedRow, (), (product_id, category_id, availability, price_min, currency, vendor))
Task<std::vector<ListedRow>> listed(db::Session&, std::span<const ProductId>);

// ---- products ----

struct ProductRow {
    ProductId id;
    std::string handle;
    std::string title;
    std::string description_html;
    std::string vendor;
    std::optional<std::string> seo_title;
    std::optional<std::string> seo_description;
    std::optional<Time> published_at;
    Availability availability{};
    std::optional<std::int64_t> price_min;
    std::optional<std::int64_t> price_max;
    std::optional<Currency> currency;
    std::string options;
    std::string tags;
    std::string attributes;
    Time updated_at{};
    std::int64_t version = 0;
};
BOOST_DESCRIBE_STRUCT(ProductRow, (),
                      (id, handle, title, description_html, vendor, seo_title, seo_description, published_at,
                       availability, price_min, price_max, currency, options, tags, attributes, updated_at, version))

/// The published ones among these, in no particular order.
Task<std::optional<ProductId>> any_product(db::Session&);
Task<std::vector<ProductRow>> published(db::Session&, std::span<const ProductId>);
Task<std::optional<ProductId>> find_by_handle(db::Session&, std::string_view handle);

/// What a list shows of a published product, with its first medium.
struct CardRow {
    ProductId id;
    std::string handle;
    std::string title;
    Availability availability{};
    std::optional<std::int64_t> price_min;
    std::optional<std::int64_t> price_max;
    std::optional<Currency> currency;
    std::string options;
    std::optional<std::string> image;
    std::optional<std::string> image_sizes;
};
BOOST_DESCRIBE_STRUCT(CardRow, (),
                      (id, handle, title, availability, price_min, price_max, currency, options, image, image_sizes))
/// The published ones among these, in no particular order.
Task<std::vector<CardRow>> cards(db::Session&, std::span<const ProductId>);

struct CompareAtRow {
    ProductId product_id;
    std::int64_t compare_at_minor = 0;
};
BOOST_DESCRIBE_STRUCT(CompareAtRow, (), (product_id, compare_at_minor))
/// Beside the lowest price of each product, where there is one that is higher; the highest where several have it.
Task<std::vector<CompareAtRow>> compare_at_of(db::Session&, std::span<const ProductId>);

/// A variant that is not retired, with the address of its image.
struct VariantRow {
    ProductId product_id;
    VariantId id;
    std::optional<std::string> sku;
    std::string title;
    std::optional<std::int64_t> price_minor;
    std::optional<std::int64_t> compare_at_minor;
    std::optional<Currency> currency;
    std::string options;
    Availability availability{};
    std::optional<std::string> barcode;
    std::optional<std::string> image;
    std::int64_t grams = 0;
    std::string attributes;
    int position = 0;
};
BOOST_DESCRIBE_STRUCT(VariantRow, (),
                      (product_id, id, sku, title, price_minor, compare_at_minor, currency, options, availability,
                       barcode, image, grams, attributes, position))
Task<std::vector<VariantRow>> variants_of(db::Session&, std::span<const ProductId>);

struct MediaRow {
    ProductId product_id;
    MediaId id;
    std::string url;
    std::string alt;
    int position = 0;
    std::optional<media::PictureId> picture_id{};   // of the library, with what never changes about it
    std::optional<int> width{};
    std::optional<int> height{};
    std::optional<std::string> sizes{};
};
BOOST_DESCRIBE_STRUCT(MediaRow, (), (product_id, id, url, alt, position, picture_id, width, height, sizes))
Task<std::vector<MediaRow>> media_of(db::Session&, std::span<const ProductId>);
Task<bool> any_media_of(db::Session&, media::PictureId);

struct CategoryLinkRow {
    ProductId product_id;
    CategoryId id;
    std::string handle;
    std::string name;
    int position = 0;
};
BOOST_DESCRIBE_STRUCT(CategoryLinkRow, (), (product_id, id, handle, name, position))
Task<std::vector<CategoryLinkRow>> categories_of(db::Session&, std::span<const ProductId>);

Task<std::vector<Offer>> offers(db::Session&, std::span<const VariantId>);
Task<std::vector<TaxCategory>> tax_categories(db::Session&, std::span<const ProductId>);

// ---- categories ----

struct CategoryRow {
    CategoryId id;
    std::optional<CategoryId> parent_id;
    std::string handle;
    std::string name;
    int position = 0;
};
BOOST_DESCRIBE_STRUCT(CategoryRow, (), (id, parent_id, handle, name, position))

/// Every category, parents' children in order.
Task<std::vector<CategoryRow>> all_categories(db::Session&);
Task<std::optional<CategoryRow>> category_by_handle(db::Session&, std::string_view handle);
/// Below a parent, or among the roots.
Task<std::optional<CategoryRow>> category_by_name(db::Session&, std::optional<CategoryId> parent,
                                                  std::string_view name);
Task<std::optional<CategoryRow>> category_by_id(db::Session&, CategoryId);
Task<std::vector<CategoryRow>> categories_by_id(db::Session&, std::span<const CategoryId>);
/// False when the handle is taken.
Task<bool> insert_category(db::Transaction&, const CategoryRow&, Time);

// ---- writing ----

/// A product's own row, whole. Version and times apart, it is compared to see whether anything differs.
struct ProductRecord {
    ProductId id;
    std::string handle;
    std::string handle_key;
    std::string title;
    std::string description_html;
    std::string vendor;
    std::optional<std::string> seo_title;
    std::optional<std::string> seo_description;
    ProductStatus status{};
    std::optional<Time> published_at;
    Availability availability{};
    std::optional<std::int64_t> price_min;
    std::optional<std::int64_t> price_max;
    std::optional<Currency> currency;
    std::string options;
    std::string tags;
    std::string attributes;
    std::string internal_attributes;
    std::optional<std::string> image_url;
    std::string search_text;
    std::string tax_category;
    std::int64_t version = 0;
    friend bool operator==(const ProductRecord&, const ProductRecord&) = default;
};
BOOST_DESCRIBE_STRUCT(ProductRecord, (),
                      (id, handle, handle_key, title, description_html, vendor, seo_title, seo_description, status,
                       published_at, availability, price_min, price_max, currency, options, tags, attributes,
                       internal_attributes, image_url, search_text, tax_category, version))

/// The product of a handle (folded), its row locked until the transaction ends.
Task<std::optional<ProductRecord>> lock_product(db::Transaction&, std::string_view handle_key);
/// False when a writer beside us has made that handle.
Task<bool> insert_product(db::Transaction&, const ProductRecord&, Time);
Task<> update_product(db::Transaction&, const ProductRecord&, Time);

struct VariantRecord {
    VariantId id;
    ProductId product_id;
    std::string options_key;
    int position = 0;
    std::string options;
    std::string title;
    std::optional<std::string> sku;
    std::optional<std::string> barcode;
    std::optional<std::int64_t> price_minor;
    std::optional<std::int64_t> compare_at_minor;
    std::optional<Currency> currency;
    std::int64_t grams = 0;
    std::string weight_unit;
    bool requires_shipping = true;
    bool taxable = true;
    bool tracked = true;
    StockPolicy policy{};
    Availability stock_class{};
    Availability availability{};
    std::optional<MediaId> media_id;
    std::string attributes;
    std::string internal_attributes;
    bool retired = false;
    friend bool operator==(const VariantRecord&, const VariantRecord&) = default;
};
BOOST_DESCRIBE_STRUCT(VariantRecord, (),
                      (id, product_id, options_key, position, options, title, sku, barcode, price_minor,
                       compare_at_minor, currency, grams, weight_unit, requires_shipping, taxable, tracked, policy,
                       stock_class, availability, media_id, attributes, internal_attributes, retired))

/// All of a product's variants, retired ones included.
Task<std::vector<VariantRecord>> variant_records(db::Transaction&, ProductId);
Task<> insert_variant(db::Transaction&, const VariantRecord&, Time);
Task<> update_variant(db::Transaction&, const VariantRecord&, Time);

struct MediaRecord {
    MediaId id;
    ProductId product_id;
    int position = 0;
    std::string url;
    std::string alt;
    std::optional<media::PictureId> picture_id{};
    std::optional<int> width{};
    std::optional<int> height{};
    std::optional<std::string> sizes{};
    friend bool operator==(const MediaRecord&, const MediaRecord&) = default;
};
Task<> insert_media(db::Transaction&, const MediaRecord&);
Task<> update_media(db::Transaction&, const MediaRecord&);
Task<> delete_media(db::Transaction&, MediaId);

/// Replaces the product's categories, in this order.
Task<> replace_categories(db::Transaction&, ProductId, std::span<const CategoryId>);

/// One place in the lists; see the table.
struct Listing {
    Time published_at{};
    std::string title_key;
    std::int64_t price_asc = 0;
    std::int64_t price_desc = 0;
    bool in_stock = false;
};
/// Replaces where the product is listed; no categories at all: nowhere.
Task<> replace_listings(db::Transaction&, ProductId, const Listing&, std::span<const CategoryId>);

// ---- availability ----

struct VariantStock {
    ProductId product_id;
    bool tracked = true;
    StockPolicy policy{};
    Availability stock_class{};
};
BOOST_DESCRIBE_STRUCT(VariantStock, (), (product_id, tracked, policy, stock_class))
Task<std::optional<VariantStock>> variant_stock(db::Session&, VariantId);
Task<> set_variant_stock(db::Session&, VariantId, Availability stock, Availability shown, Time);
struct ShownProduct {
    std::string handle;
    Availability availability{};
};
BOOST_DESCRIBE_STRUCT(ShownProduct, (), (handle, availability))
/// The product's availability, its row locked until the transaction ends.
Task<std::optional<ShownProduct>> lock_availability(db::Session&, ProductId);
/// Of the variants that are for sale.
Task<std::vector<Availability>> sellable_availabilities(db::Session&, ProductId);
Task<> set_product_availability(db::Session&, ProductId, Availability, bool in_stock);

}  // namespace caddy::catalog::store
