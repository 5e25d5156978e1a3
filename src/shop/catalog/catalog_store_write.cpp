#include "shop/catalog/catalog_store.hpp"

namespace caddy::catalog::store {
namespace {

const db::Sql sql_lock_product{{
    .name = "catalog.lock_product",
    .mysql = "SELECT id, handle, handle_key, title, description_html, vendor, seo_title, seo_description, status,"
             " published_at, availability, price_min, price_max, currency, options, tags, attributes,"
             " internal_attributes, image_url, search_text, tax_category, version FROM products"
             " WHERE handle_key = ? FOR UPDATE",
    .sqlite = "SELECT id, handle, handle_key, title, description_html, vendor, seo_title, seo_description, status,"
              " published_at, availability, price_min, price_max, currency, options, tags, attributes,"
              " internal_attributes, image_url, search_text, tax_category, version FROM products"
              " WHERE handle_key = ?"}};

const db::Sql sql_insert_product{{
    .name = "catalog.insert_product",
    .any = "INSERT INTO products (id, handle, handle_key, title, description_html, vendor, seo_title,"
           " seo_description, status, published_at, availability, price_min, price_max, currency, options, tags,"
           " attributes, internal_attributes, image_url, search_text, tax_category, version, created_at, updated_at)"
           " VALUES (?, ?,"
           " ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"}};

const db::Sql sql_update_product{{
    .name = "catalog.update_product",
    .any = "UPDATE products SET title = ?, description_html = ?, vendor = ?, seo_title = ?, seo_description = ?,"
           " status = ?, published_at = ?, availability = ?, price_min = ?, price_max = ?, currency = ?, options ="
           " ?, tags = ?, attributes = ?, internal_attributes = ?, image_url = ?, search_text = ?,"
           " tax_category = ?, version = ?, updated_at = ? WHERE id = ?"}};

const db::Sql sql_variant_records{{
    .name = "catalog.variant_records",
    .any = "SELECT id, product_id, options_key, position, options, title, sku, barcode, price_minor,"
           " compare_at_minor, currency, grams, weight_unit, requires_shipping, taxable, tracked, policy,"
           " stock_class, availability, media_id, attributes, internal_attributes, retired FROM product_variants"
           " WHERE product_id = ?"}};

const db::Sql sql_insert_variant{{
    .name = "catalog.insert_variant",
    .any = "INSERT INTO product_variants (id, product_id, options_key, position, options, title, sku, barcode,"
           " price_minor, compare_at_minor, currency, grams, weight_unit, requires_shipping, taxable, tracked,"
           " policy, stock_class, availability, media_id, attributes, internal_attributes, retired, created_at,"
           " updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"}};

const db::Sql sql_update_variant{{
    .name = "catalog.update_variant",
    .any = "UPDATE product_variants SET position = ?, options = ?, title = ?, sku = ?, barcode = ?, price_minor = ?,"
           " compare_at_minor = ?, currency = ?, grams = ?, weight_unit = ?, requires_shipping = ?, taxable = ?,"
           " tracked = ?, policy = ?, availability = ?, media_id = ?, attributes = ?, internal_attributes = ?,"
           " retired = ?, updated_at = ? WHERE id = ?"}};

const db::Sql sql_insert_media{{
    .name = "catalog.insert_media",
    .any = "INSERT INTO product_media (id, product_id, position, url, alt, picture_id, width, height, sizes)"
           " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"}};

const db::Sql sql_update_media{{
    .name = "catalog.update_media",
    .any = "UPDATE product_media SET position = ?, alt = ?, picture_id = ?, width = ?, height = ?, sizes = ?"
           " WHERE id = ?"}};

const db::Sql sql_delete_media{{
    .name = "catalog.delete_media",
    .any = "DELETE FROM product_media WHERE id = ?"}};

const db::Sql sql_clear_categories{{
    .name = "catalog.clear_categories",
    .any = "DELETE FROM product_categories WHERE product_id = ?"}};

const db::Sql sql_insert_category_link{{
    .name = "catalog.insert_category_link",
    .any = "INSERT INTO product_categories (product_id, category_id, position) VALUES (?, ?, ?)"}};

const db::Sql sql_insert_category{{
    .name = "catalog.insert_category",
    .any = "INSERT INTO categories (id, parent_id, handle, name, position, created_at) VALUES (?, ?, ?, ?, ?, ?)"}};

const db::Sql sql_clear_listings{{
    .name = "catalog.clear_listings",
    .any = "DELETE FROM product_listings WHERE product_id = ?"}};

const db::Sql sql_insert_listing{{
    .name = "catalog.insert_listing",
    .any = "INSERT INTO product_listings (category_id, product_id, published_at, title_key, price_asc, price_desc,"
           " in_stock) VALUES (?, ?, ?, ?, ?, ?, ?)"}};

const db::Sql sql_variant_stock{{
    .name = "catalog.variant_stock",
    .any = "SELECT product_id, tracked, policy, stock_class FROM product_variants WHERE id = ?"}};

const db::Sql sql_set_variant_stock{{
    .name = "catalog.set_variant_stock",
    .any = "UPDATE product_variants SET stock_class = ?, availability = ?, updated_at = ? WHERE id = ? AND"
           " stock_class <> ?"}};

const db::Sql sql_lock_availability{{
    .name = "catalog.lock_availability",
    .mysql = "SELECT handle, availability FROM products WHERE id = ? FOR UPDATE",
    .sqlite = "SELECT handle, availability FROM products WHERE id = ?"}};

const db::Sql sql_sellable_availabilities{{
    .name = "catalog.sellable_availabilities",
    .any = "SELECT availability FROM product_variants WHERE product_id = ? AND retired = 0 AND price_minor IS NOT"
           " NULL"}};

const db::Sql sql_set_product_availability{{
    .name = "catalog.set_product_availability",
    .any = "UPDATE products SET availability = ? WHERE id = ? AND availability <> ?"}};

const db::Sql sql_set_listing_stock{{
    .name = "catalog.set_listing_stock",
    .any = "UPDATE product_listings SET in_stock = ? WHERE product_id = ? AND in_stock <> ?"}};

struct AvailabilityRow {
    Availability availability{};
};
BOOST_DESCRIBE_STRUCT(AvailabilityRow, (), (availability))

}  // namespace

Task<std::optional<ProductRecord>> lock_product(db::Transaction& tx, std::string_view handle_key) {
    co_return co_await tx.one<ProductRecord>(sql_lock_product, handle_key);
}

Task<bool> insert_product(db::Transaction& tx, const ProductRecord& p, Time now) {
    co_return co_await tx.exec_unique(
        sql_insert_product, p.id, p.handle, p.handle_key, p.title, p.description_html, p.vendor, p.seo_title,
        p.seo_description, p.status, p.published_at, p.availability, p.price_min, p.price_max, p.currency, p.options,
        p.tags, p.attributes, p.internal_attributes, p.image_url, p.search_text, p.tax_category, p.version, now,
        now);
}

Task<> update_product(db::Transaction& tx, const ProductRecord& p, Time now) {
    co_await tx.exec(sql_update_product, p.title, p.description_html, p.vendor, p.seo_title, p.seo_description,
                     p.status, p.published_at, p.availability, p.price_min, p.price_max, p.currency, p.options, p.tags,
                     p.attributes, p.internal_attributes, p.image_url, p.search_text, p.tax_category, p.version, now,
                     p.id);
}

Task<std::vector<VariantRecord>> variant_records(db::Transaction& tx, ProductId product) {
    co_return co_await tx.all<VariantRecord>(sql_variant_records, product);
}

Task<> insert_variant(db::Transaction& tx, const VariantRecord& v, Time now) {
    co_await tx.exec(sql_insert_variant, v.id, v.product_id, v.options_key, v.position, v.options, v.title, v.sku,
                     v.barcode, v.price_minor, v.compare_at_minor, v.currency, v.grams, v.weight_unit,
                     v.requires_shipping, v.taxable, v.tracked, v.policy, v.stock_class, v.availability, v.media_id,
                     v.attributes, v.internal_attributes, v.retired, now, now);
}

Task<> update_variant(db::Transaction& tx, const VariantRecord& v, Time now) {
    co_await tx.exec(sql_update_variant, v.position, v.options, v.title, v.sku, v.barcode, v.price_minor,
                     v.compare_at_minor, v.currency, v.grams, v.weight_unit, v.requires_shipping, v.taxable, v.tracked,
                     v.policy, v.availability, v.media_id, v.attributes, v.internal_attributes, v.retired, now, v.id);
}

Task<> insert_media(db::Transaction& tx, const MediaRecord& media) {
    co_await tx.exec(sql_insert_media, media.id, media.product_id, media.position, media.url, media.alt,
                     media.picture_id, media.width, media.height, media.sizes);
}

Task<> update_media(db::Transaction& tx, const MediaRecord& media) {
    co_await tx.exec(sql_update_media, media.position, media.alt, media.picture_id, media.width, media.height,
                     media.sizes, media.id);
}

Task<> delete_media(db::Transaction& tx, MediaId id) { co_await tx.exec(sql_delete_media, id); }

Task<> replace_categories(db::Transaction& tx, ProductId product, std::span<const CategoryId> categories) {
    co_await tx.exec(sql_clear_categories, product);
    int position = 0;
    for (const auto category : categories) co_await tx.exec(sql_insert_category_link, product, category, ++position);
}

Task<bool> insert_category(db::Transaction& tx, const CategoryRow& category, Time now) {
    co_return co_await tx.exec_unique(sql_insert_category, category.id, category.parent_id, category.handle,
                                      category.name, category.position, now);
}

Task<> replace_listings(db::Transaction& tx, ProductId product, const Listing& listing,
                        std::span<const CategoryId> categories) {
    co_await tx.exec(sql_clear_listings, product);
    for (const auto category : categories) {
        co_await tx.exec(sql_insert_listing, category, product, listing.published_at, listing.title_key,
                         listing.price_asc, listing.price_desc, listing.in_stock);
    }
}

Task<std::optional<VariantStock>> variant_stock(db::Session& db, VariantId id) {
    co_return co_await db.one<VariantStock>(sql_variant_stock, id);
}

Task<> set_variant_stock(db::Session& db, VariantId id, Availability stock, Availability shown, Time now) {
    co_await db.exec(sql_set_variant_stock, stock, shown, now, id, stock);
}

Task<std::optional<ShownProduct>> lock_availability(db::Session& db, ProductId product) {
    return db.one<ShownProduct>(sql_lock_availability, product);
}

Task<std::vector<Availability>> sellable_availabilities(db::Session& db, ProductId product) {
    const auto rows = co_await db.all<AvailabilityRow>(sql_sellable_availabilities, product);
    std::vector<Availability> found;
    for (const auto& row : rows) found.push_back(row.availability);
    co_return found;
}

Task<> set_product_availability(db::Session& db, ProductId product, Availability availability, bool in_stock) {
    co_await db.exec(sql_set_product_availability, availability, product, availability);
    co_await db.exec(sql_set_listing_stock, in_stock, product, in_stock);
}

}  // namespace caddy::catalog::store
