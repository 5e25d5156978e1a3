#pragma once
// The back office of the catalogue: every product whatever its status, with all that shoppers do not see, and the tree
// of categories. Writes go through CatalogService::save_product, so that there is one set of rules.
#include "platform/http/precondition.hpp"
#include "platform/json/decode.hpp"
#include "shop/catalog/catalog.hpp"

#include <functional>

namespace caddy::catalog {

constexpr std::size_t bulk_max = 100;

struct AdminVariant {
    VariantId id;
    std::vector<std::string> option_values;
    std::string title;
    std::optional<std::string> sku;
    std::optional<std::string> barcode;
    std::optional<Money> price;
    std::optional<Money> compare_at_price;
    std::int64_t grams = 0;
    std::string weight_unit;
    bool requires_shipping = true;
    bool taxable = true;
    bool tracked = true;
    StockPolicy policy{};
    Availability availability{};
    std::optional<std::string> image;
    json::Raw attributes;
    json::Raw internal_attributes;
};
BOOST_DESCRIBE_STRUCT(AdminVariant, (),
                      (id, option_values, title, sku, barcode, price, compare_at_price, grams, weight_unit,
                       requires_shipping, taxable, tracked, policy, availability, image, attributes,
                       internal_attributes))

/// A medium as its editors see it; `media_id` is that of the library's picture.
struct AdminMedia {
    MediaId id;
    std::optional<media::PictureId> media_id;
    std::string url;
    std::string alt;
    int position = 0;
    std::optional<int> width{};
    std::optional<int> height{};
    std::vector<media::Size> sizes{};
};
BOOST_DESCRIBE_STRUCT(AdminMedia, (), (id, media_id, url, alt, position, width, height, sizes))

/// A product as its editors see it; `published` only counts for an active one.
struct AdminProduct {
    ProductId id;
    std::string handle;
    std::string title;
    std::string description;
    std::string vendor;
    Seo seo;
    ProductStatus status{};
    bool published = false;
    std::optional<Time> published_at;
    std::vector<std::string> option_names;
    std::vector<AdminVariant> variants;
    std::vector<AdminMedia> media;
    std::vector<CategoryLink> categories;
    json::Raw tags;
    json::Raw attributes;
    json::Raw internal_attributes;
    std::string tax_category;
    Availability availability{};
    std::optional<PriceRange> price_range;
    Time created_at{};
    Time updated_at{};
    std::int64_t version = 0;
};
BOOST_DESCRIBE_STRUCT(AdminProduct, (),
                      (id, handle, title, description, vendor, seo, status, published, published_at, option_names,
                       variants, media, categories, tags, attributes, internal_attributes, tax_category, availability,
                       price_range, created_at, updated_at, version))

struct AdminProductSummary {
    ProductId id;
    std::string handle;
    std::string title;
    std::string vendor;
    ProductStatus status{};
    std::optional<Time> published_at;
    Availability availability{};
    std::optional<PriceRange> price_range;
    std::optional<std::string> image;
    Time created_at{};
    Time updated_at{};
    std::int64_t version = 0;
};
BOOST_DESCRIBE_STRUCT(AdminProductSummary, (),
                      (id, handle, title, vendor, status, published_at, availability, price_range, image, created_at,
                       updated_at, version))

enum class AdminSort { created_at_desc, created_at, updated_at_desc, title };

struct AdminQuery {
    AdminSort sort = AdminSort::created_at_desc;
    std::optional<ProductStatus> status{};
    std::optional<CategoryId> category{};   // products that stand right in it
    std::string words{};
};

/// What an editor does to the draft of a product.
using Edit = std::function<Result<void>(ProductDraft&)>;

BOOST_DEFINE_ENUM_CLASS(BulkAction, publish, unpublish, archive, add_category, remove_category)
BOOST_DEFINE_ENUM_CLASS(BulkOutcome, changed, unchanged, refused)

struct BulkOrder {
    std::vector<ProductId> ids;
    BulkAction action{};
    std::optional<CategoryId> category_id;   // of add_category and remove_category
};
BOOST_DESCRIBE_STRUCT(BulkOrder, (), (ids, action, category_id))

struct BulkResult {
    ProductId id;
    BulkOutcome outcome{};
    std::optional<std::int64_t> version;
    std::optional<std::string> code;     // why it was refused
    std::optional<std::string> detail;
};
BOOST_DESCRIBE_STRUCT(BulkResult, (), (id, outcome, version, code, detail))

struct AdminCategory {
    CategoryId id;
    std::string handle;
    std::string name;
    std::optional<CategoryId> parent_id;
    int position = 0;
    std::int64_t version = 1;
};
BOOST_DESCRIBE_STRUCT(AdminCategory, (), (id, handle, name, parent_id, position, version))

struct CategoryChange {
    json::Patch<std::string> name{};
    json::Patch<std::string> handle{};
    json::Patch<CategoryId> parent_id{};   // null: a root
    json::Patch<int> position{};
};
BOOST_DESCRIBE_STRUCT(CategoryChange, (), (name, handle, parent_id, position))

class CatalogAdmin {
public:
    CatalogAdmin(db::Database& database, CatalogService& catalog) : db_(database), catalog_(catalog) {}

    /// Refuses: request.cursor_malformed, request.cursor_mismatch
    Task<Result<Page<AdminProductSummary>>> list(const Context&, const AdminQuery&, const PageRequest&);

    /// Refuses: catalog.product_not_found
    Task<Result<AdminProduct>> product(const Context&, ProductId);

    /// The pictures of the library with these ids; unknown ones are missing.
    Task<std::vector<media::Facts>> pictures(const Context&, const std::vector<media::PictureId>&);

    /// Makes a product of a draft; its handle is made from the title where it has none.
    ///
    /// Refuses: catalog.handle_taken, and what save_product refuses
    Task<Result<AdminProduct>> create(const Context&, ProductDraft);

    /// Changes a product that is at one of the expected versions; `action` names the act in the audit log.
    ///
    /// Refuses: catalog.product_not_found, request.version_mismatch, what the edit and save_product refuse
    Task<Result<AdminProduct>> change(const Context&, ProductId, const http::ExpectedVersion&, const Edit&,
                                      std::string_view action);

    /// The product of a variant that is not retired. Refuses: catalog.variant_not_found
    Task<Result<ProductId>> product_of(const Context&, VariantId);

    /// Does the same to many products, each by itself: what is refused does not keep the others.
    ///
    /// Refuses: request.invalid_field, catalog.category_not_found
    Task<Result<std::vector<BulkResult>>> bulk(const Context&, const BulkOrder&);
    /// The same once more, for a caller whose answer was lost: every action may be repeated.
    Task<Result<std::vector<BulkResult>>> bulk_again(const Context&, const BulkOrder&);

    Task<std::vector<AdminCategory>> categories(const Context&);
    /// Refuses: catalog.category_not_found
    Task<Result<AdminCategory>> category(const Context&, CategoryId);
    /// Refuses: catalog.category_not_found (the parent), catalog.category_handle_taken, catalog.category_too_deep
    Task<Result<AdminCategory>> create_category(const Context&, const CategoryChange&);
    /// Refuses: as create_category; request.version_mismatch, catalog.category_cycle
    Task<Result<AdminCategory>> change_category(const Context&, CategoryId, const http::ExpectedVersion&,
                                                const CategoryChange&);
    /// Refuses: catalog.category_not_found, request.version_mismatch, catalog.category_not_empty
    Task<Result<void>> remove_category(const Context&, CategoryId, const http::ExpectedVersion&);

private:
    Task<Result<AdminProduct>> change_in(db::Transaction&, const Context&, ProductId, const http::ExpectedVersion&,
                                         const Edit&, std::string_view action);
    Task<Result<std::vector<BulkResult>>> bulk_in(db::Transaction&, const Context&, const BulkOrder&);

    db::Database& db_;
    CatalogService& catalog_;
};

}  // namespace caddy::catalog
