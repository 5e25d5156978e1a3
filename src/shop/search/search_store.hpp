#pragma once
// All SQL of search. Private to the feature.
#include "shop/search/search_rules.hpp"

#include <span>

namespace caddy::search::store {

/// A term that a product has.
struct Hit {
    catalog::ProductId product_id;
    std::string term;
    std::int64_t weight = 0;
};
BOOST_DESCRIBE_STRUCT(Hit, (), (product_id, term, weight))

/// How many rows the terms from `first` to `last` have, at most `limit`.
Task<std::int64_t> count(db::Session&, std::string_view first, std::string_view last, std::size_t limit);
/// The products with exactly this term, the best first.
Task<std::vector<Hit>> whole(db::Session&, std::string_view term, std::size_t limit);
/// Those with a longer term up to `last`, in the order of the terms.
Task<std::vector<Hit>> longer(db::Session&, std::string_view term, std::string_view last, std::size_t limit);
/// What these products have of the terms from `first` to `last`.
Task<std::vector<Hit>> among(db::Session&, std::string_view first, std::string_view last,
                             std::span<const catalog::ProductId>);

/// Products whose title's key begins like this, in the order of their titles.
Task<std::vector<catalog::ProductId>> titles(db::Session&, std::string_view first, std::string_view last,
                                             std::size_t limit);

/// Takes the product's row, so that whoever writes the same product's terms waits.
Task<> claim(db::Transaction&, catalog::ProductId, Time now);
Task<rules::Terms> terms_of(db::Session&, catalog::ProductId);
Task<> insert_term(db::Transaction&, catalog::ProductId, std::string_view term, Field);
Task<> update_term(db::Transaction&, catalog::ProductId, std::string_view term, Field);
Task<> delete_term(db::Transaction&, catalog::ProductId, std::string_view term);
Task<> set_title(db::Transaction&, catalog::ProductId, std::string_view title_key);
Task<> forget(db::Transaction&, catalog::ProductId);

/// How far the building of an index has come.
struct Build {
    std::optional<std::string> list_cursor;
    bool finished = false;
};
BOOST_DESCRIBE_STRUCT(Build, (), (list_cursor, finished))
Task<std::optional<Build>> build(db::Session&, std::int64_t form);
Task<> save_build(db::Transaction&, std::int64_t form, const Build&, Time now);
Task<> forget_build(db::Transaction&, std::int64_t form);

}  // namespace caddy::search::store
