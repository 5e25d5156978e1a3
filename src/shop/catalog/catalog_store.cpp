#include "shop/catalog/catalog_store.hpp"

namespace caddy::catalog::store {
namespace {

const db::Sql sql_published{{
    .name = "catalog.published",
    .any = "SELECT id, handle, title, description_html, vendor, seo_title, seo_description, published_at,"
           " availability, price_min, price_max, currency, options, tags, attributes, updated_at, version FROM"
           " products WHERE status = 'active' AND published_at IS NOT NULL AND id IN (:ids)"}};

const db::Sql sql_find_by_handle{{
    .name = "catalog.find_by_handle",
    .any = "SELECT id FROM products WHERE handle = ?"}};

const db::Sql sql_any_product{{.name = "catalog.any_product", .any = "SELECT id FROM products ORDER BY id LIMIT 1"}};

const db::Sql sql_variants_of{{
    .name = "catalog.variants_of",
    .any = "SELECT v.product_id AS product_id, v.id AS id, v.sku AS sku, v.title AS title, v.price_minor AS"
           " price_minor, v.compare_at_minor AS compare_at_minor, v.currency AS currency, v.options AS options,"
           " v.availability AS availability, v.barcode AS barcode, m.url AS image, v.grams AS grams, v.attributes AS"
           " attributes, v.position AS position FROM product_variants v LEFT JOIN product_media m ON m.id ="
           " v.media_id WHERE v.retired = 0 AND v.product_id IN (:ids)"}};

const db::Sql sql_media_of{{
    .name = "catalog.media_of",
    .any = "SELECT product_id, id, url, alt, position, picture_id, width, height, sizes FROM product_media"
           " WHERE product_id IN (:ids)"}};

const db::Sql sql_any_media_of{{.name = "catalog.any_media_of",
                                .any = "SELECT id FROM product_media WHERE picture_id = ? LIMIT 1"}};

const db::Sql sql_categories_of{{
    .name = "catalog.categories_of",
    .any = "SELECT pc.product_id AS product_id, c.id AS id, c.handle AS handle, c.name AS name, pc.position AS position"
           " FROM product_categories pc JOIN categories c ON c.id = pc.category_id WHERE pc.product_id IN (:ids)"}};

const db::Sql sql_offers{{
    .name = "catalog.offers",
    .any = "SELECT v.id AS variant, v.product_id AS product, p.handle AS handle, p.title AS title, v.title AS"
           " variant_title, v.sku AS sku, v.price_minor AS price_minor, v.currency AS currency, COALESCE(m.url,"
           " p.image_url) AS image, v.grams AS grams, v.requires_shipping AS requires_shipping, v.taxable AS"
           " taxable, v.tracked AS tracked, v.policy AS policy, p.tax_category AS tax_category FROM product_variants"
           " v JOIN products p ON p.id = v.product_id LEFT JOIN product_media m ON m.id = v.media_id WHERE v.retired"
           " = 0 AND v.price_minor IS NOT NULL AND p.status = 'active' AND p.published_at IS NOT NULL"
           " AND v.id IN (:ids)"}};

const db::Sql sql_tax_categories{{
    .name = "catalog.tax_categories",
    .any = "SELECT id AS product, tax_category AS category FROM products WHERE id IN (:ids)"}};

const db::Sql sql_all_categories{{
    .name = "catalog.all_categories",
    .any = "SELECT id, parent_id, handle, name, position FROM categories ORDER BY parent_id, position, id LIMIT"
           " 10000"}};

const db::Sql sql_category_by_handle{{
    .name = "catalog.category_by_handle",
    .any = "SELECT id, parent_id, handle, name, position FROM categories WHERE handle = ?"}};

const db::Sql sql_root_by_name{{
    .name = "catalog.root_by_name",
    .any = "SELECT id, parent_id, handle, name, position FROM categories WHERE parent_id IS NULL AND name = ?"
           " ORDER BY id LIMIT 1"}};

const db::Sql sql_child_by_name{{
    .name = "catalog.child_by_name",
    .any = "SELECT id, parent_id, handle, name, position FROM categories WHERE parent_id = ? AND name = ?"
           " ORDER BY id LIMIT 1"}};

const db::Sql sql_category_by_id{{
    .name = "catalog.category_by_id",
    .any = "SELECT id, parent_id, handle, name, position FROM categories WHERE id = ?"}};

const db::Sql sql_categories_by_id{{
    .name = "catalog.categories_by_id",
    .any = "SELECT id, parent_id, handle, name, position FROM categories WHERE id IN (:ids)"}};

const db::Sql sql_listed{{
    .name = "catalog.listed",
    .any = "SELECT l.product_id AS product_id, l.category_id AS category_id, p.availability AS availability,"
           " p.price_min AS price_min, p.currency AS currency, p.vendor AS vendor FROM product_listings l"
           " JOIN products p ON p.id = l.product_id"
           " WHERE p.status = 'active' AND p.published_at IS NOT NULL AND l.product_id IN (:ids)"}};

struct OfferRow {
    VariantId variant;
    ProductId product;
    std::string handle;
    std::string title;
    std::string variant_title;
    std::optional<std::string> sku;
    std::int64_t price_minor = 0;
    Currency currency;
    std::optional<std::string> image;
    std::int64_t grams = 0;
    bool requires_shipping = true;
    bool taxable = true;
    bool tracked = true;
    StockPolicy policy{};
    std::string tax_category;
};
BOOST_DESCRIBE_STRUCT(OfferRow, (),
                      (variant, product, handle, title, variant_title, sku, price_minor, currency, image, grams,
                       requires_shipping, taxable, tracked, policy, tax_category))

struct IdRow {
    ProductId id;
};
BOOST_DESCRIBE_STRUCT(IdRow, (), (id))

Offer to_offer(OfferRow row) {
    return {.variant = row.variant,
            .product = row.product,
            .handle = std::move(row.handle),
            .title = std::move(row.title),
            .variant_title = std::move(row.variant_title),
            .sku = std::move(row.sku),
            .price = {row.price_minor, row.currency},
            .image = std::move(row.image),
            .grams = row.grams,
            .requires_shipping = row.requires_shipping,
            .taxable = row.taxable,
            .tracked = row.tracked,
            .policy = row.policy,
            .tax_category = std::move(row.tax_category)};
}

}  // namespace

Task<std::vector<ProductRow>> published(db::Session& db, std::span<const ProductId> ids) {
    co_return co_await db.all_in<ProductRow>(sql_published, ids);
}

Task<std::optional<ProductId>> any_product(db::Session& db) {
    auto found = co_await db.scalar<ProductId>(sql_any_product);
    co_return found;
}

Task<std::optional<ProductId>> find_by_handle(db::Session& db, std::string_view handle) {
    const auto row = co_await db.one<IdRow>(sql_find_by_handle, handle);
    if (!row) co_return std::nullopt;
    co_return row->id;
}

Task<std::vector<ListedRow>> listed(db::Session& db, std::span<const ProductId> ids) {
    co_return co_await db.all_in<ListedRow>(sql_listed, ids);
}

Task<std::vector<CategoryRow>> categories_by_id(db::Session& db, std::span<const CategoryId> ids) {
    co_return co_await db.all_in<CategoryRow>(sql_categories_by_id, ids);
}

Task<std::vector<VariantRow>> variants_of(db::Session& db, std::span<const ProductId> ids) {
    co_return co_await db.all_in<VariantRow>(sql_variants_of, ids);
}

Task<std::vector<MediaRow>> media_of(db::Session& db, std::span<const ProductId> ids) {
    co_return co_await db.all_in<MediaRow>(sql_media_of, ids);
}

Task<bool> any_media_of(db::Session& db, media::PictureId picture) {
    const auto any = co_await db.scalar<MediaId>(sql_any_media_of, picture);
    co_return any.has_value();
}

Task<std::vector<CategoryLinkRow>> categories_of(db::Session& db, std::span<const ProductId> ids) {
    co_return co_await db.all_in<CategoryLinkRow>(sql_categories_of, ids);
}

Task<std::vector<Offer>> offers(db::Session& db, std::span<const VariantId> ids) {
    auto rows = co_await db.all_in<OfferRow>(sql_offers, ids);
    std::vector<Offer> found;
    found.reserve(rows.size());
    for (auto& row : rows) found.push_back(to_offer(std::move(row)));
    co_return found;
}

Task<std::vector<TaxCategory>> tax_categories(db::Session& db, std::span<const ProductId> ids) {
    co_return co_await db.all_in<TaxCategory>(sql_tax_categories, ids);
}

Task<std::vector<CategoryRow>> all_categories(db::Session& db) {
    co_return co_await db.all<CategoryRow>(sql_all_categories);
}

Task<std::optional<CategoryRow>> category_by_handle(db::Session& db, std::string_view handle) {
    co_return co_await db.one<CategoryRow>(sql_category_by_handle, handle);
}

Task<std::optional<CategoryRow>> category_by_name(db::Session& db, std::optional<CategoryId> parent,
                                                  std::string_view name) {
    if (!parent) co_return co_await db.one<CategoryRow>(sql_root_by_name, name);
    co_return co_await db.one<CategoryRow>(sql_child_by_name, *parent, name);
}

Task<std::optional<CategoryRow>> category_by_id(db::Session& db, CategoryId id) {
    co_return co_await db.one<CategoryRow>(sql_category_by_id, id);
}

}  // namespace caddy::catalog::store
