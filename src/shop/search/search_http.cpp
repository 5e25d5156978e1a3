#include "platform/http/router.hpp"
#include "platform/text/text.hpp"
#include "shop/search/search.hpp"

namespace caddy::search {
namespace {

constexpr int fresh_s = 15;
constexpr std::size_t query_length_max = 200;

struct Suggestions {
    std::vector<Suggestion> data;
};
BOOST_DESCRIBE_STRUCT(Suggestions, (), (data))

/// One line of text of bounded length.
Result<std::string> parse_text(const std::optional<std::string>& text, const std::string& name) {
    const auto given = text.value_or("");
    const bool fit =
        text::is_utf8(given) && text::is_single_line(given) && text::length(given) <= query_length_max;
    CADDY_TRY(
        Checks().require(fit, "query:" + name, "not_a_text", "Send one line of at most 200 characters.").result());
    return text::trimmed(given);
}

Result<std::string> parse_words(const http::Request& request) {
    CADDY_TRY(const auto given, request.query_text("q"));
    CADDY_TRY(auto words, parse_text(given, "q"));
    CADDY_TRY(Checks().require(!words.empty(), "query:q", "required", "Say what to search for.").result());
    return words;
}

Result<std::optional<bool>> parse_flag(const std::optional<std::string>& text) {
    if (!text) return std::optional<bool>{};
    CADDY_TRY(Checks()
                  .require(*text == "true" || *text == "false", "query:filter[in_stock]", "not_a_boolean",
                           "Send true or false.")
                  .result());
    return std::optional<bool>(*text == "true");
}

/// All but the words.
Result<SearchQuery> parse_filters(const http::Request& request) {
    SearchQuery query;
    CADDY_TRY(const auto category, request.query_text("filter[category]"));
    CADDY_TRY(query.category, parse_text(category, "filter[category]"));
    constexpr auto largest = std::numeric_limits<std::int64_t>::max();
    CADDY_TRY(query.price_min, request.query_integer("filter[price][gte]", 0, largest));
    CADDY_TRY(query.price_max, request.query_integer("filter[price][lte]", 0, largest));
    CADDY_TRY(const auto in_stock, request.query_text("filter[in_stock]"));
    CADDY_TRY(query.in_stock, parse_flag(in_stock));
    CADDY_TRY(const auto vendor, request.query_text("filter[vendor]"));
    CADDY_TRY(query.vendor, parse_text(vendor, "filter[vendor]"));
    return query;
}

Result<SearchQuery> parse_query(const http::Request& request) {
    CADDY_TRY(request.allow_query({"q", "filter[category]", "filter[price][gte]", "filter[price][lte]",
                                   "filter[in_stock]", "filter[vendor]", "limit", "cursor"}));
    CADDY_TRY(auto words, parse_words(request));
    CADDY_TRY(auto query, parse_filters(request));
    query.words = std::move(words);
    return query;
}

template <class T>
http::Response public_answer(const T& value) {
    auto response = http::ok(value);
    response.headers.push_back(http::public_for(fresh_s));
    return response;
}

Task<Result<http::Response>> find(http::Request& request, SearchService& search) {
    CADDY_CO_TRY(const auto query, parse_query(request));
    CADDY_CO_TRY(const auto page, request.page());
    CADDY_CO_TRY(const auto found, co_await search.find(request.ctx, query, page));
    auto response = public_answer(found);
    if (!query.in_stock) {   // else any product that can be had again may come into it
        for (const auto id : found.matching) response.parts.push_back(catalog::product_tag(id.text()));
    }
    co_return response;
}

Task<Result<http::Response>> count_facets(http::Request& request, SearchService& search) {
    CADDY_CO_TRY(request.allow_query({"filter[category]", "filter[price][gte]", "filter[price][lte]",
                                      "filter[in_stock]", "filter[vendor]"}));
    CADDY_CO_TRY(const auto query, parse_filters(request));
    const auto facets = co_await search.facets(request.ctx, query);
    co_return public_answer(facets);
}

Task<Result<http::Response>> suggest(http::Request& request, SearchService& search) {
    CADDY_CO_TRY(request.allow_query({"q"}));
    CADDY_CO_TRY(const auto words, parse_words(request));
    Suggestions suggestions;
    CADDY_CO_TRY(suggestions.data, co_await search.suggest(request.ctx, words));
    co_return public_answer(suggestions);
}

}  // namespace

void routes(http::Router& r, SearchService& search) {
    const std::vector<std::string> tags{"search", "products", "categories"};
    r.get("/api/v1/search", Access::anyone, http::bind(find, search)).caching =
        http::Caching{.name = "search.find",
                      .query = {"q", "filter[category]", "filter[price][gte]", "filter[price][lte]",
                                "filter[in_stock]", "filter[vendor]", "limit", "cursor"},
                      .tags = tags,
                      .tags_of_any_part = {"availability"}};
    r.get("/api/v1/search/facets", Access::anyone, http::bind(count_facets, search)).caching =
        http::Caching{.name = "search.facets",
                      .query = {"filter[category]", "filter[price][gte]", "filter[price][lte]", "filter[in_stock]",
                                "filter[vendor]"},
                      .tags = tags,
                      .tags_of_any_part = {"availability"}};
    r.get("/api/v1/search/suggest", Access::anyone, http::bind(suggest, search)).caching =
        http::Caching{.name = "search.suggest", .query = {"q"}, .tags = tags};
}

}  // namespace caddy::search
