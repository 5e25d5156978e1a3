#pragma once
// Finds published products by words, and says what else the matches could be narrowed to. The index is the shop's own:
// the same words find the same products on every database.
#include "core/page.hpp"
#include "core/result.hpp"
#include "platform/db/database.hpp"
#include "shop/catalog/catalog.hpp"

#include <boost/describe.hpp>

namespace caddy::search {

constexpr std::size_t query_terms_max = 16;     // what a query has beyond these is not looked at
constexpr std::size_t candidates_max = 2'000;   // the best matches of the rarest term: these are ranked and counted
constexpr std::size_t suggestions_max = 10;

/// Which matches. Prices are minor units and compared with the product's lowest.
struct SearchQuery {
    std::string words;
    std::string category{};   // handle or id, descendants included; empty: all
    std::optional<std::int64_t> price_min{};
    std::optional<std::int64_t> price_max{};
    std::optional<bool> in_stock{};
    std::string vendor{};   // exactly; empty: all
};

/// Whether the products shown have all words of the query, or, since none has, most of them.
BOOST_DEFINE_ENUM_CLASS(Match, all, some)

struct CategoryCount {
    catalog::CategoryId id;
    std::string handle;
    std::string name;
    std::int64_t count = 0;
};
BOOST_DESCRIBE_STRUCT(CategoryCount, (), (id, handle, name, count))

struct AvailabilityCount {
    std::int64_t in_stock = 0;
    std::int64_t low_stock = 0;
    std::int64_t out_of_stock = 0;
    std::int64_t preorder = 0;
};
BOOST_DESCRIBE_STRUCT(AvailabilityCount, (), (in_stock, low_stock, out_of_stock, preorder))

struct VendorCount {
    std::string name;
    std::int64_t count = 0;
};
BOOST_DESCRIBE_STRUCT(VendorCount, (), (name, count))

/// What the matches hold, each counted without its own filter: what a shopper could switch to.
struct Facets {
    std::vector<CategoryCount> categories;   // the fullest first, ancestors included
    AvailabilityCount availability;
    std::optional<catalog::PriceRange> price;   // in the currency that most matches have
    std::vector<VendorCount> vendors;           // the fullest first
};
BOOST_DESCRIBE_STRUCT(Facets, (), (categories, availability, price, vendors))

struct PageMark {
    std::optional<std::string> next;
    int limit = page_limit_default;
};
BOOST_DESCRIBE_STRUCT(PageMark, (), (next, limit))

struct SearchPage {
    std::vector<catalog::Card> data;
    PageMark page;
    Match match = Match::all;
    Facets facets;
    std::vector<catalog::ProductId> matching;   // all that are counted in the facets; not told to callers
};
BOOST_DESCRIBE_STRUCT(SearchPage, (), (data, page, match, facets))

struct Suggestion {
    catalog::ProductId id;
    std::string handle;
    std::string title;
};
BOOST_DESCRIBE_STRUCT(Suggestion, (), (id, handle, title))

class SearchService {
public:
    SearchService(db::Database& database, catalog::CatalogService& catalog) : db_(database), catalog_(catalog) {}

    /// One page of the products that match, the best first.
    ///
    /// A title (or a SKU) goes before a category or a vendor, these before a tag, handle, option or attribute, and
    /// these before the description; of the same field, a whole word goes before the beginning of one; then the newest.
    ///
    /// Refuses: request.invalid_field (422) when there is no word in the query, request.cursor_malformed,
    ///          request.cursor_mismatch
    Task<Result<SearchPage>> find(const Context&, const SearchQuery&, const PageRequest&);

    /// What the newest products of a category could be narrowed to, of which `candidates_max` are counted; without
    /// regard to the query's words.
    Task<Facets> facets(const Context&, const SearchQuery&);

    /// Products whose title begins with this text, then those with all its words in the title; at most ten.
    ///
    /// Refuses: request.invalid_field (422)
    Task<Result<std::vector<Suggestion>>> suggest(const Context&, std::string_view words);

    /// Makes the index say of a product what the catalogue says now; harmless twice. A job.
    Task<> index(const Context&, catalog::ProductId);

    /// Goes on building the index of all products where it was never finished in its present form; a bounded part per
    /// call, taken up again after a crash. True when it is finished. A job.
    Task<bool> build(const Context&);

    /// Forgets that the index was built, so that it is built again from the catalogue; it goes on answering meanwhile.
    Task<> rebuild(const Context&);

private:
    db::Database& db_;
    catalog::CatalogService& catalog_;
};

}  // namespace caddy::search
