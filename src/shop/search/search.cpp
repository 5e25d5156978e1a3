#include "shop/search/search.hpp"

#include "shop/search/search_rules.hpp"
#include "shop/search/search_store.hpp"

#include <algorithm>

namespace caddy::search {
namespace {

constexpr std::size_t longer_rows_max = 10'000;   // read for the beginning of a word; the first by alphabet count

namespace refuse {
Error no_words() {
    return {ErrorKind::invalid,
            "request.invalid_field",
            "There is no word to search for. Send at least one letter or digit.",
            {{"query:q", "no_words", "Send at least one letter or digit."}}};
}
}  // namespace refuse

using catalog::ProductId;

std::vector<ProductId> products_of(const std::vector<rules::Ranked>& ranked, std::size_t limit) {
    std::vector<ProductId> ids;
    for (const auto& each : ranked) {
        if (ids.size() == limit) break;
        ids.push_back(each.product);
    }
    return ids;
}

/// The best products that have a term, at most `limit`.
Task<std::vector<ProductId>> candidates(db::Session& db, const rules::QueryTerm& term, std::size_t limit) {
    rules::Scores scores(1);
    const auto whole = co_await store::whole(db, term.text, limit);
    for (const auto& hit : whole) scores.note(hit.product_id, 0, rules::worth_of(term, hit.term, hit.weight));
    if (term.reach == rules::Reach::beginning) {
        const auto longer = co_await store::longer(db, term.text, rules::last_term(term), longer_rows_max);
        for (const auto& hit : longer) scores.note(hit.product_id, 0, rules::worth_of(term, hit.term, hit.weight));
    }
    co_return products_of(scores.ranked(1), limit);
}

/// The query's terms, the rarest first; empty when one of them is nowhere.
Task<std::vector<std::size_t>> rarest_first(db::Session& db, const std::vector<rules::QueryTerm>& terms) {
    std::vector<std::pair<std::int64_t, std::size_t>> counts;
    for (std::size_t i = 0; i < terms.size(); ++i) {
        const auto last = rules::last_term(terms[i]);
        const auto count = co_await store::count(db, terms[i].text, last, candidates_max + 1);
        counts.emplace_back(count, i);
    }
    std::sort(counts.begin(), counts.end());
    std::vector<std::size_t> order;
    if (counts.front().first == 0) co_return order;
    for (const auto& [count, position] : counts) order.push_back(position);
    co_return order;
}

/// Notes what the products have of a term, and leaves those that have it.
Task<std::vector<ProductId>> narrow(db::Session& db, const rules::QueryTerm& term, std::size_t position,
                                    const std::vector<ProductId>& among, rules::Scores& scores) {
    std::vector<ProductId> left;
    const auto last = rules::last_term(term);
    const auto hits = co_await store::among(db, term.text, last, among);
    for (const auto& hit : hits) {
        scores.note(hit.product_id, position, rules::worth_of(term, hit.term, hit.weight));
        left.push_back(hit.product_id);
    }
    std::sort(left.begin(), left.end());
    left.erase(std::unique(left.begin(), left.end()), left.end());
    co_return left;
}

/// The products that have every term.
Task<std::vector<rules::Ranked>> with_all(db::Session& db, const std::vector<rules::QueryTerm>& terms) {
    const auto order = co_await rarest_first(db, terms);
    std::vector<rules::Ranked> none;
    if (order.empty()) co_return none;
    rules::Scores scores(terms.size());
    auto left = co_await candidates(db, terms[order.front()], candidates_max);
    for (const auto position : order) {
        if (left.empty()) co_return none;
        left = co_await narrow(db, terms[position], position, left, scores);
    }
    co_return scores.ranked(terms.size());
}

/// The products that have at least half of the terms.
Task<std::vector<rules::Ranked>> with_most(db::Session& db, const std::vector<rules::QueryTerm>& terms) {
    std::vector<ProductId> all;
    for (const auto& term : terms) {
        const auto some = co_await candidates(db, term, candidates_max / terms.size());
        all.insert(all.end(), some.begin(), some.end());
    }
    std::sort(all.begin(), all.end());
    all.erase(std::unique(all.begin(), all.end()), all.end());
    rules::Scores scores(terms.size());
    for (std::size_t i = 0; i < terms.size(); ++i) (void)co_await narrow(db, terms[i], i, all, scores);
    co_return scores.ranked((terms.size() + 1) / 2);
}

struct Matches {
    std::vector<rules::Ranked> ranked;
    Match match = Match::all;
};

Task<Matches> match_terms(db::Session& db, const std::vector<rules::QueryTerm>& terms) {
    Matches matches;
    matches.ranked = co_await with_all(db, terms);
    if (!matches.ranked.empty() || terms.size() == 1) co_return matches;
    matches.match = Match::some;
    matches.ranked = co_await with_most(db, terms);
    co_return matches;
}

/// Tells this search from every other one: what a cursor is bound to.
std::string search_name(const std::vector<rules::QueryTerm>& terms, const SearchQuery& query) {
    std::string name = "search";
    const auto add = [&name](const std::optional<std::int64_t>& bound) {
        name.append("|").append(bound ? std::to_string(*bound) : "");
    };
    add(query.price_min);
    add(query.price_max);
    add(query.in_stock ? std::optional<std::int64_t>(*query.in_stock) : std::nullopt);
    name.append("|").append(query.category);
    name.append("|").append(query.vendor);
    for (const auto& term : terms) name.append("|").append(term.text);
    return name;
}

Task<rules::Filter> to_filter(db::Session& db, catalog::CatalogService& catalog, const SearchQuery& query) {
    rules::Filter filter{{}, query.price_min, query.price_max, query.in_stock, query.vendor};
    if (query.category.empty()) co_return filter;
    const auto category = co_await catalog.category_id(db, query.category);
    filter.category = category.value_or(catalog::CategoryId{-1});   // an unknown one holds nothing
    co_return filter;
}

/// Puts handles and names to the counted categories; one that is gone meanwhile is left out.
Task<> name_categories(db::Session& db, catalog::CatalogService& catalog, Facets& facets) {
    std::vector<catalog::CategoryId> ids;
    for (const auto& each : facets.categories) ids.push_back(each.id);
    if (ids.empty()) co_return;
    const auto links = co_await catalog.category_links(db, ids);
    for (const auto& link : links) {
        for (auto& each : facets.categories) {
            if (each.id != link.id) continue;
            each.handle = link.handle;
            each.name = link.name;
        }
    }
    std::erase_if(facets.categories, [](const CategoryCount& each) { return each.handle.empty(); });
}

}  // namespace

Task<Result<SearchPage>> SearchService::find(const Context& ctx, const SearchQuery& query, const PageRequest& page) {
    const auto terms = rules::query_terms(query.words);
    if (terms.empty()) co_return refuse::no_words();
    const auto name = search_name(terms, query);
    std::optional<rules::Ranked> after;
    if (page.cursor) {
        CADDY_CO_TRY(after, rules::read_cursor(*page.cursor, name));
    }
    auto db = co_await db_.read_replica(ctx);
    const auto filter = co_await to_filter(db, catalog_, query);
    const auto matches = co_await match_terms(db, terms);
    const auto ids = products_of(matches.ranked, candidates_max);
    // The index may be behind by a moment: what is published, and at what price, the catalogue says.
    const auto listed = co_await catalog_.listed(db, ids);
    const auto passing = rules::passing(listed, filter);

    SearchPage result;
    result.page.limit = page.limit;
    result.match = matches.match;
    result.facets = rules::count(listed, filter);
    co_await name_categories(db, catalog_, result.facets);
    std::vector<rules::Ranked> shown;
    for (const auto& each : matches.ranked) {
        if (after && !rules::goes_before(*after, each)) continue;
        if (passing.contains(each.product)) shown.push_back(each);
        if (shown.size() > static_cast<std::size_t>(page.limit)) break;
    }
    if (shown.size() > static_cast<std::size_t>(page.limit)) {
        shown.pop_back();
        result.page.next = rules::write_cursor(shown.back(), name);
    }
    const auto shown_ids = products_of(shown, shown.size());
    result.data = co_await catalog_.cards(db, shown_ids);
    result.matching = ids;
    co_return result;
}

Task<Facets> SearchService::facets(const Context& ctx, const SearchQuery& query) {
    auto db = co_await db_.read_replica(ctx);
    const auto ids = co_await catalog_.newest(db, query.category, static_cast<int>(candidates_max));
    const auto listed = co_await catalog_.listed(db, ids);
    const rules::Filter filter{{}, query.price_min, query.price_max, query.in_stock, query.vendor};
    auto facets = rules::count(listed, filter);
    co_await name_categories(db, catalog_, facets);
    co_return facets;
}

Task<Result<std::vector<Suggestion>>> SearchService::suggest(const Context& ctx, std::string_view words) {
    constexpr std::size_t looked_at = suggestions_max * 4;   // some of them may not be published any more
    const std::string text(words);
    const auto terms = rules::query_terms(text);
    if (terms.empty()) co_return refuse::no_words();
    const rules::QueryTerm beginning{rules::title_key(text), rules::Reach::beginning};
    auto db = co_await db_.read_replica(ctx);
    auto ids = co_await store::titles(db, beginning.text, rules::last_term(beginning), looked_at);
    if (ids.size() < looked_at) {
        const auto titled = static_cast<std::int64_t>(terms.size()) * rules::weight_of(Field::title);
        const auto ranked = co_await with_all(db, terms);
        for (const auto& each : ranked) {
            const bool known = std::find(ids.begin(), ids.end(), each.product) != ids.end();
            if (ids.size() < looked_at && !known && rules::worth(each) >= titled) ids.push_back(each.product);
        }
    }
    const auto products = co_await catalog_.cards(db, ids);
    std::vector<Suggestion> suggestions;
    for (const auto& product : products) {
        const bool known = std::any_of(suggestions.begin(), suggestions.end(),
                                       [&](const Suggestion& each) { return each.title == product.title; });
        if (!known && suggestions.size() < suggestions_max)
            suggestions.push_back({product.id, product.handle, product.title});
    }
    co_return suggestions;
}

}  // namespace caddy::search
