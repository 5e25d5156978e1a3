#include "shop/search/search_store.hpp"

namespace caddy::search::store {
namespace {

const db::Sql sql_count({.name = "search.count",
                         .any = "SELECT COUNT(*) AS total FROM (SELECT product_id FROM search_terms WHERE term >= ? "
                                "AND term <= ? LIMIT ?) counted"});
const db::Sql sql_whole({.name = "search.whole",
                         .any = "SELECT product_id, term, weight FROM search_terms WHERE term = ? "
                                "ORDER BY weight DESC, product_id DESC LIMIT ?"});
const db::Sql sql_longer({.name = "search.longer",
                          .any = "SELECT product_id, term, weight FROM search_terms WHERE term > ? AND term <= ? "
                                 "ORDER BY term, product_id LIMIT ?"});
const db::Sql sql_among({.name = "search.among",
                         .any = "SELECT product_id, term, weight FROM search_terms WHERE term >= ? AND term <= ? "
                                "AND product_id IN (:ids)"});
const db::Sql sql_titles({.name = "search.titles",
                          .any = "SELECT product_id AS id FROM search_products WHERE title_key >= ? "
                                 "AND title_key <= ? ORDER BY title_key, product_id LIMIT ?"});
const db::Sql sql_claim(
    {.name = "search.claim",
     .mysql = "INSERT INTO search_products (product_id, title_key, indexed_at) VALUES (?, '', ?) "
              "ON DUPLICATE KEY UPDATE indexed_at = GREATEST(indexed_at + 1, VALUES(indexed_at))",
     .sqlite = "INSERT INTO search_products (product_id, title_key, indexed_at) VALUES (?, '', ?) "
               "ON CONFLICT (product_id) DO UPDATE SET indexed_at = MAX(indexed_at + 1, excluded.indexed_at)"});
const db::Sql sql_terms_of({.name = "search.terms_of",
                            .any = "SELECT term, field FROM search_terms WHERE product_id = ?"});
const db::Sql sql_insert_term(
    {.name = "search.insert_term",
     .any = "INSERT INTO search_terms (term, product_id, field, weight) VALUES (?, ?, ?, ?)"});
const db::Sql sql_update_term(
    {.name = "search.update_term",
     .any = "UPDATE search_terms SET field = ?, weight = ? WHERE term = ? AND product_id = ?"});
const db::Sql sql_delete_term({.name = "search.delete_term",
                               .any = "DELETE FROM search_terms WHERE term = ? AND product_id = ?"});
const db::Sql sql_set_title(
    {.name = "search.set_title",
     .any = "UPDATE search_products SET title_key = ?, indexed_at = indexed_at + 1 WHERE product_id = ?"});
const db::Sql sql_forget({.name = "search.forget", .any = "DELETE FROM search_products WHERE product_id = ?"});
const db::Sql sql_build({.name = "search.build",
                         .any = "SELECT list_cursor, finished FROM search_builds WHERE form = ?"});
const db::Sql sql_save_build(
    {.name = "search.save_build",
     .mysql = "INSERT INTO search_builds (form, list_cursor, finished, updated_at) VALUES (?, ?, ?, ?) "
              "ON DUPLICATE KEY UPDATE list_cursor = VALUES(list_cursor), finished = VALUES(finished), "
              "updated_at = GREATEST(updated_at + 1, VALUES(updated_at))",
     .sqlite = "INSERT INTO search_builds (form, list_cursor, finished, updated_at) VALUES (?, ?, ?, ?) "
               "ON CONFLICT (form) DO UPDATE SET list_cursor = excluded.list_cursor, finished = excluded.finished, "
               "updated_at = MAX(updated_at + 1, excluded.updated_at)"});
const db::Sql sql_forget_build({.name = "search.forget_build", .any = "DELETE FROM search_builds WHERE form = ?"});

struct IdRow {
    catalog::ProductId id;
};
BOOST_DESCRIBE_STRUCT(IdRow, (), (id))

struct TermRow {
    std::string term;
    Field field{};
};
BOOST_DESCRIBE_STRUCT(TermRow, (), (term, field))

}  // namespace

Task<std::int64_t> count(db::Session& db, std::string_view first, std::string_view last, std::size_t limit) {
    const auto total = co_await db.scalar<std::int64_t>(sql_count, first, last, limit);
    co_return total.value_or(0);
}

Task<std::vector<Hit>> whole(db::Session& db, std::string_view term, std::size_t limit) {
    co_return co_await db.all<Hit>(sql_whole, term, limit);
}

Task<std::vector<Hit>> longer(db::Session& db, std::string_view term, std::string_view last, std::size_t limit) {
    co_return co_await db.all<Hit>(sql_longer, term, last, limit);
}

Task<std::vector<Hit>> among(db::Session& db, std::string_view first, std::string_view last,
                             std::span<const catalog::ProductId> products) {
    co_return co_await db.all_in<Hit>(sql_among, products, first, last);
}

Task<std::vector<catalog::ProductId>> titles(db::Session& db, std::string_view first, std::string_view last,
                                             std::size_t limit) {
    const auto rows = co_await db.all<IdRow>(sql_titles, first, last, limit);
    std::vector<catalog::ProductId> ids;
    for (const auto& row : rows) ids.push_back(row.id);
    co_return ids;
}

Task<> claim(db::Transaction& tx, catalog::ProductId product, Time now) {
    co_await tx.exec(sql_claim, product, now);
}

Task<rules::Terms> terms_of(db::Session& db, catalog::ProductId product) {
    auto rows = co_await db.all<TermRow>(sql_terms_of, product);
    rules::Terms terms;
    for (auto& row : rows) terms.emplace(std::move(row.term), row.field);
    co_return terms;
}

Task<> insert_term(db::Transaction& tx, catalog::ProductId product, std::string_view term, Field field) {
    co_await tx.exec(sql_insert_term, term, product, field, rules::weight_of(field));
}

Task<> update_term(db::Transaction& tx, catalog::ProductId product, std::string_view term, Field field) {
    co_await tx.exec(sql_update_term, field, rules::weight_of(field), term, product);
}

Task<> delete_term(db::Transaction& tx, catalog::ProductId product, std::string_view term) {
    co_await tx.exec(sql_delete_term, term, product);
}

Task<> set_title(db::Transaction& tx, catalog::ProductId product, std::string_view title_key) {
    co_await tx.exec(sql_set_title, title_key, product);
}

Task<> forget(db::Transaction& tx, catalog::ProductId product) { co_await tx.exec(sql_forget, product); }

Task<std::optional<Build>> build(db::Session& db, std::int64_t form) {
    co_return co_await db.one<Build>(sql_build, form);
}

Task<> save_build(db::Transaction& tx, std::int64_t form, const Build& build, Time now) {
    co_await tx.exec(sql_save_build, form, build.list_cursor, build.finished, now);
}

Task<> forget_build(db::Transaction& tx, std::int64_t form) { co_await tx.exec(sql_forget_build, form); }

}  // namespace caddy::search::store
