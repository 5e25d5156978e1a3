// The lists of products: one statement per sort, each along its own index of product_listings.
#include "shop/catalog/catalog_rules.hpp"
#include "shop/catalog/catalog_store.hpp"

#include <charconv>

namespace caddy::catalog::store {
namespace {

constexpr auto largest = std::numeric_limits<std::int64_t>::max();

constexpr std::string_view before_all_titles;   // the empty text sorts first

const db::Sql sql_list_newest{{
    .name = "catalog.list_newest",
    .any = "SELECT l.product_id AS id, l.published_at AS sort_key FROM product_listings l"
           " WHERE l.category_id = ? AND l.published_at <= ? AND (l.published_at < ? OR l.product_id < ?)"
           " AND l.price_desc >= ? AND l.price_asc <= ? AND l.in_stock BETWEEN ? AND ?"
           " AND (? = 0 OR EXISTS (SELECT 1 FROM products p WHERE p.id = l.product_id AND INSTR(p.search_text, ?) > 0"
           " AND INSTR(p.search_text, ?) > 0 AND INSTR(p.search_text, ?) > 0 AND INSTR(p.search_text, ?) > 0"
           " AND (? = '' OR p.vendor = ?)))"
           " ORDER BY l.published_at DESC, l.product_id DESC LIMIT ?"}};

const db::Sql sql_list_oldest{{
    .name = "catalog.list_oldest",
    .any = "SELECT l.product_id AS id, l.published_at AS sort_key FROM product_listings l"
           " WHERE l.category_id = ? AND l.published_at >= ? AND (l.published_at > ? OR l.product_id > ?)"
           " AND l.price_desc >= ? AND l.price_asc <= ? AND l.in_stock BETWEEN ? AND ?"
           " AND (? = 0 OR EXISTS (SELECT 1 FROM products p WHERE p.id = l.product_id AND INSTR(p.search_text, ?) > 0"
           " AND INSTR(p.search_text, ?) > 0 AND INSTR(p.search_text, ?) > 0 AND INSTR(p.search_text, ?) > 0"
           " AND (? = '' OR p.vendor = ?)))"
           " ORDER BY l.published_at, l.product_id LIMIT ?"}};

const db::Sql sql_list_cheapest{{
    .name = "catalog.list_cheapest",
    .any = "SELECT l.product_id AS id, l.price_asc AS sort_key FROM product_listings l"
           " WHERE l.category_id = ? AND l.price_asc >= ? AND (l.price_asc > ? OR l.product_id > ?)"
           " AND l.price_desc >= ? AND l.price_asc <= ? AND l.in_stock BETWEEN ? AND ?"
           " AND (? = 0 OR EXISTS (SELECT 1 FROM products p WHERE p.id = l.product_id AND INSTR(p.search_text, ?) > 0"
           " AND INSTR(p.search_text, ?) > 0 AND INSTR(p.search_text, ?) > 0 AND INSTR(p.search_text, ?) > 0"
           " AND (? = '' OR p.vendor = ?)))"
           " ORDER BY l.price_asc, l.product_id LIMIT ?"}};

const db::Sql sql_list_dearest{{
    .name = "catalog.list_dearest",
    .any = "SELECT l.product_id AS id, l.price_desc AS sort_key FROM product_listings l"
           " WHERE l.category_id = ? AND l.price_desc <= ? AND (l.price_desc < ? OR l.product_id < ?)"
           " AND l.price_desc >= ? AND l.price_asc <= ? AND l.in_stock BETWEEN ? AND ?"
           " AND (? = 0 OR EXISTS (SELECT 1 FROM products p WHERE p.id = l.product_id AND INSTR(p.search_text, ?) > 0"
           " AND INSTR(p.search_text, ?) > 0 AND INSTR(p.search_text, ?) > 0 AND INSTR(p.search_text, ?) > 0"
           " AND (? = '' OR p.vendor = ?)))"
           " ORDER BY l.price_desc DESC, l.product_id DESC LIMIT ?"}};

const db::Sql sql_list_by_title{{
    .name = "catalog.list_by_title",
    .any = "SELECT l.product_id AS id, l.title_key AS sort_key FROM product_listings l"
           " WHERE l.category_id = ? AND l.title_key >= ? AND (l.title_key > ? OR l.product_id > ?)"
           " AND l.price_desc >= ? AND l.price_asc <= ? AND l.in_stock BETWEEN ? AND ?"
           " AND (? = 0 OR EXISTS (SELECT 1 FROM products p WHERE p.id = l.product_id AND INSTR(p.search_text, ?) > 0"
           " AND INSTR(p.search_text, ?) > 0 AND INSTR(p.search_text, ?) > 0 AND INSTR(p.search_text, ?) > 0"
           " AND (? = '' OR p.vendor = ?)))"
           " ORDER BY l.title_key, l.product_id LIMIT ?"}};

const db::Sql sql_count{{
    .name = "catalog.count",
    .any = "SELECT COUNT(*) AS total FROM (SELECT l.product_id FROM product_listings l"
           " WHERE l.category_id = ? AND l.price_desc >= ? AND l.price_asc <= ? AND l.in_stock BETWEEN ? AND ?"
           " AND (? = 0 OR EXISTS (SELECT 1 FROM products p WHERE p.id = l.product_id AND INSTR(p.search_text, ?) > 0"
           " AND INSTR(p.search_text, ?) > 0 AND INSTR(p.search_text, ?) > 0 AND INSTR(p.search_text, ?) > 0"
           " AND (? = '' OR p.vendor = ?)))"
           " LIMIT ?) counted"}};

const db::Sql sql_cards{{
    .name = "catalog.cards",
    .any = "SELECT p.id AS id, p.handle AS handle, p.title AS title, p.availability AS availability, p.price_min AS"
           " price_min, p.price_max AS price_max, p.currency AS currency, p.options AS options, m.url AS image, m.sizes"
           " AS image_sizes FROM products p LEFT JOIN product_media m ON m.product_id = p.id AND m.position = 1 WHERE"
           " p.status = 'active' AND p.published_at IS NOT NULL AND p.id IN (:ids)"}};

const db::Sql sql_compare_at_of{{
    .name = "catalog.compare_at_of",
    .any = "SELECT v.product_id AS product_id, MAX(v.compare_at_minor) AS compare_at_minor FROM product_variants v JOIN"
           " products p ON p.id = v.product_id WHERE v.retired = 0 AND v.price_minor = p.price_min AND"
           " v.compare_at_minor > v.price_minor AND v.product_id IN (:ids) GROUP BY v.product_id"}};

struct NumberRow {
    ProductId id;
    std::int64_t sort_key = 0;
};
BOOST_DESCRIBE_STRUCT(NumberRow, (), (id, sort_key))

struct TextRow {
    ProductId id;
    std::string sort_key;
};
BOOST_DESCRIBE_STRUCT(TextRow, (), (id, sort_key))

/// Four words, the missing ones empty: an empty word is found in every text.
std::array<std::string_view, rules::search_words_max> padded(const std::vector<std::string>& words) {
    std::array<std::string_view, rules::search_words_max> four;
    for (std::size_t i = 0; i < words.size() && i < four.size(); ++i) four[i] = words[i];
    return four;
}

/// Some filters are on what only the product itself says.
bool looks_at_product(const ListFilter& filter) { return !filter.words.empty() || !filter.vendor.empty(); }

template <class Row, class Key>
Task<std::vector<Row>> run(db::Session& db, const db::Sql& sql, const ListFilter& filter, Key key, std::int64_t id,
                           int limit) {
    const auto words = padded(filter.words);
    co_return co_await db.all<Row>(sql, filter.category, key, key, id, filter.price_min, filter.price_max,
                                   filter.in_stock_min, filter.in_stock_max, looks_at_product(filter), words[0],
                                   words[1], words[2], words[3], std::string_view(filter.vendor),
                                   std::string_view(filter.vendor), limit);
}

std::int64_t number(std::string_view text) {
    std::int64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

}  // namespace

Task<std::vector<Entry>> list(db::Session& db, Sort sort, const ListFilter& filter, const std::optional<Entry>& after,
                              int limit) {
    std::vector<Entry> entries;
    if (sort == Sort::title) {
        const std::string key(after ? std::string_view(after->key) : before_all_titles);
        const auto rows = co_await run<TextRow>(db, sql_list_by_title, filter, std::string_view(key),
                                                after ? after->id.value : 0, limit);
        for (const auto& row : rows) entries.push_back({row.id, row.sort_key});
        co_return entries;
    }
    const bool falling = sort == Sort::published_at_desc || sort == Sort::price_desc;
    const auto& sql = sort == Sort::published_at_desc ? sql_list_newest
                      : sort == Sort::published_at    ? sql_list_oldest
                      : sort == Sort::price           ? sql_list_cheapest
                                                      : sql_list_dearest;
    const auto key = after ? number(after->key) : falling ? largest : -1;
    const auto id = after ? after->id.value : falling ? largest : 0;
    const auto rows = co_await run<NumberRow>(db, sql, filter, key, id, limit);
    for (const auto& row : rows) entries.push_back({row.id, std::to_string(row.sort_key)});
    co_return entries;
}

Task<std::int64_t> count(db::Session& db, const ListFilter& filter) {
    const auto words = padded(filter.words);
    const auto total = co_await db.scalar<std::int64_t>(sql_count, filter.category, filter.price_min, filter.price_max,
                                                        filter.in_stock_min, filter.in_stock_max,
                                                        looks_at_product(filter), words[0], words[1], words[2],
                                                        words[3], std::string_view(filter.vendor),
                                                        std::string_view(filter.vendor), page_count_max);
    co_return total.value_or(0);
}

Task<std::vector<CardRow>> cards(db::Session& db, std::span<const ProductId> ids) {
    co_return co_await db.all_in<CardRow>(sql_cards, ids);
}

Task<std::vector<CompareAtRow>> compare_at_of(db::Session& db, std::span<const ProductId> ids) {
    co_return co_await db.all_in<CompareAtRow>(sql_compare_at_of, ids);
}

}  // namespace caddy::catalog::store
