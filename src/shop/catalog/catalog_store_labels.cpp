// What variants are called, for the features that keep their own rows about them.
#include "shop/catalog/catalog.hpp"

namespace caddy::catalog {
namespace {

const db::Sql sql_labels{{
    .name = "catalog.labels",
    .any = "SELECT v.id AS variant, v.product_id AS product, p.title AS title, v.title AS variant_title, v.sku AS sku, "
           "v.tracked AS tracked FROM product_variants v JOIN products p ON p.id = v.product_id WHERE v.id IN (:ids)"}};

// A range, so that the index on SKUs serves it whatever the collation.
const db::Sql sql_with_sku{{
    .name = "catalog.with_sku",
    .any = "SELECT id FROM product_variants WHERE sku >= ? AND sku < ? AND id > ? ORDER BY id LIMIT ?"}};

struct IdRow {
    VariantId id;
};
BOOST_DESCRIBE_STRUCT(IdRow, (), (id))

}  // namespace

Task<std::vector<Label>> CatalogService::labels(db::Session& db, std::span<const VariantId> variants) {
    co_return co_await db.all_in<Label>(sql_labels, variants);
}

Task<std::vector<VariantId>> CatalogService::with_sku(db::Session& db, std::string_view beginning, VariantId after,
                                                      int limit) {
    const auto end = std::string(beginning) + "\xF4\x8F\xBF\xBF";   // the last code point there is
    const auto rows = co_await db.all<IdRow>(sql_with_sku, beginning, end, after, limit);
    std::vector<VariantId> found;
    for (const auto& row : rows) found.push_back(row.id);
    co_return found;
}

}  // namespace caddy::catalog
