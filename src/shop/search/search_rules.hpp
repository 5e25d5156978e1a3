#pragma once
// The rules of search that need no database. Private to the feature.
#include "shop/search/search.hpp"

#include <map>
#include <set>

namespace caddy::search {

/// Where a term stands in a product, the best first.
BOOST_DEFINE_ENUM_CLASS(Field, title, sku, category, vendor, tag, handle, option, attribute, body)

namespace rules {

constexpr std::size_t term_length_max = 40;       // code points; longer words are found by their beginning
constexpr std::size_t terms_per_product_max = 2'000;
constexpr std::size_t category_counts_max = 50;
constexpr std::size_t vendor_counts_max = 50;

/// What a term in a field is worth.
std::int64_t weight_of(Field);

/// The terms of a product, each with the best field that it stands in.
using Terms = std::map<std::string, Field, std::less<>>;
Terms index_terms(const catalog::Product&);

/// What is looked for: a whole term, or also the beginning of one.
enum class Reach { whole, beginning };
struct QueryTerm {
    std::string text;
    Reach reach = Reach::whole;
    friend bool operator==(const QueryTerm&, const QueryTerm&) = default;
};

/// The different terms of a query, at most query_terms_max.
std::vector<QueryTerm> query_terms(std::string_view words);

/// The largest term that a query term can meet: its own text, or the last one that begins like it.
std::string last_term(const QueryTerm&);

/// A title as suggestions compare it: its words, joined by spaces.
std::string title_key(std::string_view title);

/// A product among the matches.
struct Ranked {
    catalog::ProductId product;
    std::int64_t rank = 0;
    friend bool operator==(const Ranked&, const Ranked&) = default;
};
bool goes_before(const Ranked&, const Ranked&);
/// What the terms found are worth together, however many there are.
std::int64_t worth(const Ranked&);

/// What the words of each candidate are worth.
class Scores {
public:
    explicit Scores(std::size_t terms) : terms_(terms) {}
    /// Notes that a product has the query's term `position` with such a worth; the highest counts.
    void note(catalog::ProductId, std::size_t position, std::int64_t worth);
    /// The candidates with at least so many terms, the best first; more terms go before fewer.
    std::vector<Ranked> ranked(std::size_t terms_min) const;

private:
    std::size_t terms_;
    std::map<catalog::ProductId, std::vector<std::int64_t>> worth_;
};

/// What a found term is worth to a query term.
std::int64_t worth_of(const QueryTerm&, std::string_view found, std::int64_t weight);

/// The bounds of a search, looked up.
struct Filter {
    std::optional<catalog::CategoryId> category;
    std::optional<std::int64_t> price_min;
    std::optional<std::int64_t> price_max;
    std::optional<bool> in_stock;
    std::string vendor{};   // empty: all
};

/// Those of the published matches that pass the filter.
std::set<catalog::ProductId> passing(const std::vector<catalog::Listed>&, const Filter&);

/// Counts what the matches hold. The categories have their ids and counts; names are for the caller to fill in.
Facets count(const std::vector<catalog::Listed>&, const Filter&);

/// Where a list of matches goes on; `list` tells one search from another.
std::string write_cursor(const Ranked&, std::string_view list);
/// Refuses: request.cursor_malformed (400), request.cursor_mismatch (400)
Result<Ranked> read_cursor(std::string_view text, std::string_view list);

}  // namespace rules
}  // namespace caddy::search
