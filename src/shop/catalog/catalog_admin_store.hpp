#pragma once
// The SQL of the back office of the catalogue. Private to it.
#include "shop/catalog/catalog_admin.hpp"
#include "shop/catalog/catalog_store.hpp"

namespace caddy::catalog::store {

struct AdminFilter {
    std::string status;   // empty: any
    CategoryId category{};   // 0: any
    std::vector<std::string> words;
};

struct SummaryRow {
    ProductId id;
    std::string handle;
    std::string title;
    std::string vendor;
    ProductStatus status{};
    std::optional<Time> published_at;
    Availability availability{};
    std::optional<std::int64_t> price_min;
    std::optional<std::int64_t> price_max;
    std::optional<Currency> currency;
    std::optional<std::string> image_url;
    Time created_at{};
    Time updated_at{};
    std::int64_t version = 0;
};
BOOST_DESCRIBE_STRUCT(SummaryRow, (),
                      (id, handle, title, vendor, status, published_at, availability, price_min, price_max, currency,
                       image_url, created_at, updated_at, version))

Task<std::vector<SummaryRow>> admin_list(db::Session&, AdminSort, const AdminFilter&,
                                         const std::optional<Entry>& after, int limit);

Task<std::optional<SummaryRow>> summary(db::Session&, ProductId);
Task<std::optional<ProductRecord>> product_record(db::Session&, ProductId);
/// Its row locked until the transaction ends.
Task<std::optional<ProductRecord>> lock_product_by_id(db::Transaction&, ProductId);
/// All of a product's variants, retired ones included.
Task<std::vector<VariantRecord>> variants_whole(db::Session&, ProductId);
/// By the bytes of their handles.
Task<std::vector<ProductId>> product_ids_after(db::Session&, std::string_view handle, int limit);

struct VariantHome {
    ProductId product_id;
    bool retired = false;
};
BOOST_DESCRIBE_STRUCT(VariantHome, (), (product_id, retired))
Task<std::optional<VariantHome>> variant_home(db::Session&, VariantId);

Task<std::vector<AdminCategory>> admin_categories(db::Session&);
/// The same with every row locked until the transaction ends.
Task<std::vector<AdminCategory>> lock_categories(db::Transaction&);
Task<std::optional<AdminCategory>> admin_category(db::Session&, CategoryId);
/// False when the handle is taken.
Task<bool> update_category(db::Transaction&, const AdminCategory&);
Task<> delete_category(db::Transaction&, CategoryId);
Task<bool> category_in_use(db::Session&, CategoryId);
Task<> clear_category_listings(db::Transaction&, CategoryId);
/// Lists under `category` the visible products that stand right in `below`.
Task<> list_products_of(db::Transaction&, CategoryId category, CategoryId below);

}  // namespace caddy::catalog::store
