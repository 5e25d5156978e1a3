#include "shop/catalog/catalog_admin_store.hpp"

#include "shop/catalog/catalog_rules.hpp"

#include <array>
#include <charconv>

namespace caddy::catalog::store {
namespace {

constexpr auto largest = std::numeric_limits<std::int64_t>::max();

const db::Sql sql_admin_newest{{
    .name = "catalog.admin_newest",
    .any = "SELECT id, handle, title, vendor, status, published_at, availability, price_min, price_max,"
           " currency, image_url,"
           " created_at, updated_at, version FROM products p WHERE p.id < ?"
           " AND (? = '' OR p.status = ?) AND (? = 0 OR EXISTS (SELECT 1 FROM product_categories pc WHERE pc.product_id"
           " = p.id AND pc.category_id = ?)) AND INSTR(p.search_text, ?) > 0 AND INSTR(p.search_text, ?) > 0"
           " AND INSTR(p.search_text, ?) > 0 AND INSTR(p.search_text, ?) > 0 ORDER BY p.id DESC LIMIT ?"}};

const db::Sql sql_admin_oldest{{
    .name = "catalog.admin_oldest",
    .any = "SELECT id, handle, title, vendor, status, published_at, availability, price_min, price_max,"
           " currency, image_url,"
           " created_at, updated_at, version FROM products p WHERE p.id > ?"
           " AND (? = '' OR p.status = ?) AND (? = 0 OR EXISTS (SELECT 1 FROM product_categories pc WHERE pc.product_id"
           " = p.id AND pc.category_id = ?)) AND INSTR(p.search_text, ?) > 0 AND INSTR(p.search_text, ?) > 0"
           " AND INSTR(p.search_text, ?) > 0 AND INSTR(p.search_text, ?) > 0 ORDER BY p.id LIMIT ?"}};

const db::Sql sql_admin_updated{{
    .name = "catalog.admin_updated",
    .any = "SELECT id, handle, title, vendor, status, published_at, availability, price_min, price_max,"
           " currency, image_url,"
           " created_at, updated_at, version FROM products p WHERE p.updated_at <= ? AND (p.updated_at < ? OR p.id < ?)"
           " AND (? = '' OR p.status = ?) AND (? = 0 OR EXISTS (SELECT 1 FROM product_categories pc WHERE pc.product_id"
           " = p.id AND pc.category_id = ?)) AND INSTR(p.search_text, ?) > 0 AND INSTR(p.search_text, ?) > 0"
           " AND INSTR(p.search_text, ?) > 0 AND INSTR(p.search_text, ?) > 0"
           " ORDER BY p.updated_at DESC, p.id DESC LIMIT ?"}};

const db::Sql sql_admin_title{{
    .name = "catalog.admin_title",
    .any = "SELECT id, handle, title, vendor, status, published_at, availability, price_min, price_max,"
           " currency, image_url,"
           " created_at, updated_at, version FROM products p WHERE p.title >= ? AND (p.title > ? OR p.id > ?)"
           " AND (? = '' OR p.status = ?) AND (? = 0 OR EXISTS (SELECT 1 FROM product_categories pc WHERE pc.product_id"
           " = p.id AND pc.category_id = ?)) AND INSTR(p.search_text, ?) > 0 AND INSTR(p.search_text, ?) > 0"
           " AND INSTR(p.search_text, ?) > 0 AND INSTR(p.search_text, ?) > 0 ORDER BY p.title, p.id LIMIT ?"}};

const db::Sql sql_summary{{
    .name = "catalog.summary",
    .any = "SELECT id, handle, title, vendor, status, published_at, availability, price_min, price_max,"
           " currency, image_url,"
           " created_at, updated_at, version FROM products WHERE id = ?"}};

const db::Sql sql_product_record{{
    .name = "catalog.product_record",
    .any = "SELECT id, handle, handle_key, title, description_html, vendor, seo_title, seo_description, status,"
             " published_at, availability, price_min, price_max, currency, options, tags, attributes,"
             " internal_attributes, image_url, search_text, tax_category, version FROM products WHERE id = ?"}};

const db::Sql sql_lock_product_by_id{{
    .name = "catalog.lock_product_by_id",
    .mysql = "SELECT id, handle, handle_key, title, description_html, vendor, seo_title, seo_description, status,"
             " published_at, availability, price_min, price_max, currency, options, tags, attributes,"
             " internal_attributes, image_url, search_text, tax_category, version FROM products WHERE id = ?"
             " FOR UPDATE",
    .sqlite = "SELECT id, handle, handle_key, title, description_html, vendor, seo_title, seo_description, status,"
             " published_at, availability, price_min, price_max, currency, options, tags, attributes,"
             " internal_attributes, image_url, search_text, tax_category, version FROM products WHERE id = ?"}};

const db::Sql sql_variants_whole{{
    .name = "catalog.variants_whole",
    .any = "SELECT id, product_id, options_key, position, options, title, sku, barcode, price_minor,"
           " compare_at_minor, currency, grams, weight_unit, requires_shipping, taxable, tracked, policy,"
           " stock_class, availability, media_id, attributes, internal_attributes, retired FROM product_variants"
           " WHERE product_id = ?"}};

const db::Sql sql_product_ids_after{{
    .name = "catalog.product_ids_after",
    .any = "SELECT id FROM products WHERE handle > ? ORDER BY handle LIMIT ?"}};

const db::Sql sql_variant_home{{
    .name = "catalog.variant_home",
    .any = "SELECT product_id, retired FROM product_variants WHERE id = ?"}};

const db::Sql sql_admin_categories{{
    .name = "catalog.admin_categories",
    .any = "SELECT id, handle, name, parent_id, position, version FROM categories ORDER BY parent_id, position, id"
           " LIMIT 10000"}};

const db::Sql sql_lock_categories{{
    .name = "catalog.lock_categories",
    .mysql = "SELECT id, handle, name, parent_id, position, version FROM categories ORDER BY id LIMIT 10000 FOR"
             " UPDATE",
    .sqlite = "SELECT id, handle, name, parent_id, position, version FROM categories ORDER BY id LIMIT 10000"}};

const db::Sql sql_admin_category{{
    .name = "catalog.admin_category",
    .any = "SELECT id, handle, name, parent_id, position, version FROM categories WHERE id = ?"}};

const db::Sql sql_update_category{{
    .name = "catalog.update_category",
    .any = "UPDATE categories SET handle = ?, name = ?, parent_id = ?, position = ?, version = ? WHERE id = ?"}};

const db::Sql sql_delete_category{{.name = "catalog.delete_category", .any = "DELETE FROM categories WHERE id = ?"}};

const db::Sql sql_category_child{{
    .name = "catalog.category_child",
    .any = "SELECT id FROM categories WHERE parent_id = ? LIMIT 1"}};

const db::Sql sql_category_product{{
    .name = "catalog.category_product",
    .any = "SELECT product_id FROM product_categories WHERE category_id = ? LIMIT 1"}};

const db::Sql sql_clear_category_listings{{
    .name = "catalog.clear_category_listings",
    .any = "DELETE FROM product_listings WHERE category_id = ?"}};

const db::Sql sql_list_products_of{{
    .name = "catalog.list_products_of",
    .any = "INSERT INTO product_listings (category_id, product_id, published_at, title_key, price_asc, price_desc,"
           " in_stock) SELECT ?, l.product_id, l.published_at, l.title_key, l.price_asc, l.price_desc, l.in_stock FROM"
           " product_categories pc JOIN product_listings l ON l.category_id = 0 AND l.product_id = pc.product_id"
           " WHERE pc.category_id = ? AND NOT EXISTS (SELECT 1 FROM product_listings x WHERE x.category_id = ? AND"
           " x.product_id = pc.product_id)"}};

struct IdRow {
    ProductId id;
};
BOOST_DESCRIBE_STRUCT(IdRow, (), (id))

std::int64_t number(std::string_view text) {
    std::int64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

template <class... Start>
Task<std::vector<SummaryRow>> run(db::Session& db, const db::Sql& sql, const AdminFilter& filter, int limit,
                                  Start... start) {
    std::array<std::string_view, rules::search_words_max> words;
    for (std::size_t i = 0; i < filter.words.size() && i < words.size(); ++i) words[i] = filter.words[i];
    co_return co_await db.all<SummaryRow>(sql, start..., filter.status, filter.status, filter.category,
                                          filter.category, words[0], words[1], words[2], words[3], limit);
}

}  // namespace

Task<std::vector<SummaryRow>> admin_list(db::Session& db, AdminSort sort, const AdminFilter& filter,
                                         const std::optional<Entry>& after, int limit) {
    const auto id = after ? after->id.value : sort == AdminSort::created_at || sort == AdminSort::title ? 0 : largest;
    if (sort == AdminSort::title) {
        const std::string key = after ? after->key : std::string();
        co_return co_await run(db, sql_admin_title, filter, limit, std::string_view(key), std::string_view(key), id);
    }
    if (sort == AdminSort::updated_at_desc) {
        const auto key = after ? number(after->key) : largest;
        co_return co_await run(db, sql_admin_updated, filter, limit, key, key, id);
    }
    const auto& sql = sort == AdminSort::created_at ? sql_admin_oldest : sql_admin_newest;
    co_return co_await run(db, sql, filter, limit, id);
}

Task<std::optional<SummaryRow>> summary(db::Session& db, ProductId id) {
    co_return co_await db.one<SummaryRow>(sql_summary, id);
}

Task<std::optional<ProductRecord>> product_record(db::Session& db, ProductId id) {
    co_return co_await db.one<ProductRecord>(sql_product_record, id);
}

Task<std::optional<ProductRecord>> lock_product_by_id(db::Transaction& tx, ProductId id) {
    co_return co_await tx.one<ProductRecord>(sql_lock_product_by_id, id);
}

Task<std::vector<VariantRecord>> variants_whole(db::Session& db, ProductId id) {
    co_return co_await db.all<VariantRecord>(sql_variants_whole, id);
}

Task<std::vector<ProductId>> product_ids_after(db::Session& db, std::string_view handle, int limit) {
    const auto rows = co_await db.all<IdRow>(sql_product_ids_after, handle, limit);
    std::vector<ProductId> ids;
    for (const auto& row : rows) ids.push_back(row.id);
    co_return ids;
}

Task<std::optional<VariantHome>> variant_home(db::Session& db, VariantId id) {
    co_return co_await db.one<VariantHome>(sql_variant_home, id);
}

Task<std::vector<AdminCategory>> admin_categories(db::Session& db) {
    co_return co_await db.all<AdminCategory>(sql_admin_categories);
}

Task<std::vector<AdminCategory>> lock_categories(db::Transaction& tx) {
    co_return co_await tx.all<AdminCategory>(sql_lock_categories);
}

Task<std::optional<AdminCategory>> admin_category(db::Session& db, CategoryId id) {
    co_return co_await db.one<AdminCategory>(sql_admin_category, id);
}

Task<bool> update_category(db::Transaction& tx, const AdminCategory& c) {
    co_return co_await tx.exec_unique(sql_update_category, c.handle, c.name, c.parent_id, c.position, c.version, c.id);
}

Task<> delete_category(db::Transaction& tx, CategoryId id) { co_await tx.exec(sql_delete_category, id); }

Task<bool> category_in_use(db::Session& db, CategoryId id) {
    const auto child = co_await db.scalar<CategoryId>(sql_category_child, id);
    if (child) co_return true;
    const auto product = co_await db.scalar<ProductId>(sql_category_product, id);
    co_return product.has_value();
}

Task<> clear_category_listings(db::Transaction& tx, CategoryId id) {
    co_await tx.exec(sql_clear_category_listings, id);
}

Task<> list_products_of(db::Transaction& tx, CategoryId category, CategoryId below) {
    co_await tx.exec(sql_list_products_of, category, below, category);
}

}  // namespace caddy::catalog::store
