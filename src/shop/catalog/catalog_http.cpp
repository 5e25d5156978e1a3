#include "platform/http/router.hpp"
#include "platform/text/text.hpp"
#include "shop/catalog/catalog.hpp"

#include <array>

namespace caddy::catalog {
namespace {

constexpr int products_fresh_s = 15;
constexpr int categories_fresh_s = 60;
constexpr std::size_t query_length_max = 200;

namespace refuse {
Error unknown_sort() {
    return {
        ErrorKind::malformed, "catalog.unknown_sort",
        "Products sort by -published_at, published_at, price, -price or title. Send one of these, or leave sort out."};
}
}  // namespace refuse

struct Categories {
    std::vector<Category> data;
};
BOOST_DESCRIBE_STRUCT(Categories, (), (data))

Result<Sort> parse_sort(const std::optional<std::string>& name) {
    static constexpr std::array<std::pair<std::string_view, Sort>, 5> sorts{{{"-published_at", Sort::published_at_desc},
                                                                             {"published_at", Sort::published_at},
                                                                             {"price", Sort::price},
                                                                             {"-price", Sort::price_desc},
                                                                             {"title", Sort::title}}};
    if (!name) return Sort::published_at_desc;
    for (const auto& [known, sort] : sorts) {
        if (known == *name) return sort;
    }
    return refuse::unknown_sort();
}

Result<std::optional<bool>> parse_flag(const std::optional<std::string>& text) {
    if (!text) return std::optional<bool>{};
    CADDY_TRY(Checks()
                  .require(*text == "true" || *text == "false", "query:filter[in_stock]", "not_a_boolean",
                           "Send true or false.")
                  .result());
    return std::optional<bool>(*text == "true");
}

/// A text that is looked up or searched for: short, and without control characters.
Result<std::string> parse_text(const std::optional<std::string>& text, const std::string& name) {
    if (!text) return std::string();
    const bool fit = text::is_utf8(*text) && text::is_single_line(*text) && text::length(*text) <= query_length_max;
    CADDY_TRY(
        Checks().require(fit, "query:" + name, "not_a_text", "Send one line of at most 200 characters.").result());
    return *text;
}

Result<ProductQuery> parse_query(const http::Request& request) {
    CADDY_TRY(request.allow_query({"sort", "filter[category]", "filter[price][gte]", "filter[price][lte]",
                                   "filter[in_stock]", "filter[vendor]", "q", "limit", "cursor", "count", "expand"}));
    ProductQuery query;
    CADDY_TRY(const auto sort, request.query_text("sort"));
    CADDY_TRY(query.sort, parse_sort(sort));
    CADDY_TRY(const auto category, request.query_text("filter[category]"));
    CADDY_TRY(query.category, parse_text(category, "filter[category]"));
    constexpr auto largest = std::numeric_limits<std::int64_t>::max();
    CADDY_TRY(query.price_min, request.query_integer("filter[price][gte]", 0, largest));
    CADDY_TRY(query.price_max, request.query_integer("filter[price][lte]", 0, largest));
    CADDY_TRY(const auto in_stock, request.query_text("filter[in_stock]"));
    CADDY_TRY(query.in_stock, parse_flag(in_stock));
    CADDY_TRY(const auto vendor, request.query_text("filter[vendor]"));
    CADDY_TRY(query.vendor, parse_text(vendor, "filter[vendor]"));
    CADDY_TRY(const auto words, request.query_text("q"));
    CADDY_TRY(query.words, parse_text(words, "q"));
    return query;
}

/// Whether variants are wanted beside the cards.
Result<bool> parse_expand(const http::Request& request) {
    CADDY_TRY(const auto wanted, request.query_text("expand"));
    CADDY_TRY(Checks()
                  .require(!wanted || *wanted == "variants", "query:expand", "not_a_choice",
                           "Send variants, or leave expand out.")
                  .result());
    return wanted.has_value();
}

template <class T>
http::Response public_answer(const T& value, int fresh_s) {
    auto response = http::ok(value);
    response.headers.push_back(http::public_for(fresh_s));
    return response;
}

/// Which products a list shows. None where it is one of what can be had: any of them may come into it.
std::vector<std::string> parts_of(const ProductQuery& query, const std::vector<Card>& cards) {
    std::vector<std::string> parts;
    if (query.in_stock) return parts;
    for (const auto& card : cards) parts.push_back(product_tag(card.id.text()));
    return parts;
}

Task<Result<http::Response>> list_products(http::Request& request, CatalogService& catalog) {
    CADDY_CO_TRY(const auto query, parse_query(request));
    CADDY_CO_TRY(const auto page, request.page());
    CADDY_CO_TRY(const auto with_variants, parse_expand(request));
    CADDY_CO_TRY(auto cards, co_await catalog.list(request.ctx, query, page));
    auto parts = parts_of(query, cards.data);
    http::Response response;
    if (with_variants) {
        Page<FullCard> full{.data = {}, .next = std::move(cards.next), .limit = cards.limit, .count = cards.count};
        full.data = co_await catalog.with_variants(request.ctx, std::move(cards.data));
        response = public_answer(full, products_fresh_s);
    } else {
        response = public_answer(cards, products_fresh_s);
    }
    response.parts = std::move(parts);
    co_return response;
}

Task<Result<http::Response>> show_product(http::Request& request, CatalogService& catalog) {
    CADDY_CO_TRY(request.allow_query({}));
    CADDY_CO_TRY(const auto product, co_await catalog.product(request.ctx, request.path_text("product")));
    co_return public_answer(product, products_fresh_s);
}

Task<Result<http::Response>> list_categories(http::Request& request, CatalogService& catalog) {
    CADDY_CO_TRY(request.allow_query({}));
    Categories tree;
    tree.data = co_await catalog.categories(request.ctx);
    co_return public_answer(tree, categories_fresh_s);
}

Task<Result<http::Response>> show_category(http::Request& request, CatalogService& catalog) {
    CADDY_CO_TRY(request.allow_query({}));
    CADDY_CO_TRY(const auto category, co_await catalog.category(request.ctx, request.path_text("category")));
    co_return public_answer(category, categories_fresh_s);
}

}  // namespace

void routes(http::Router& r, CatalogService& catalog) {
    const std::vector<std::string> list_parameters{"sort", "filter[category]", "filter[price][gte]",
                                                   "filter[price][lte]", "filter[in_stock]", "filter[vendor]", "q",
                                                   "limit", "cursor", "count", "expand"};
    // What caches keep of these, and which events drop it: see cache_tags in catalog_events.cpp.
    r.get("/api/v1/products", Access::anyone, http::bind(list_products, catalog)).caching = http::Caching{
        .name = "catalog.products", .query = list_parameters, .tags = {"products", "categories"},
        .tags_of_any_part = {"availability"}};
    r.get("/api/v1/products/{product}", Access::anyone, http::bind(show_product, catalog)).caching =
        http::Caching{.name = "catalog.product", .tags = {"product:{product}", "categories"}};
    r.get("/api/v1/categories", Access::anyone, http::bind(list_categories, catalog)).caching =
        http::Caching{.name = "catalog.categories", .tags = {"categories"}};
    r.get("/api/v1/categories/{category}", Access::anyone, http::bind(show_category, catalog)).caching =
        http::Caching{.name = "catalog.category", .tags = {"categories"}};
}

}  // namespace caddy::catalog
