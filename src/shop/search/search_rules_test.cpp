#include "shop/search/search_rules.hpp"

#include <gtest/gtest.h>

namespace caddy::search::rules {
namespace {

catalog::Product product() {
    catalog::Product product;
    product.title = "红茶 Red Tea TX100";
    product.handle = "red-tea";
    product.vendor = "Yunjian";
    product.categories = {{catalog::CategoryId{1}, "drinks", "Drinks"}};
    product.tags = {R"(["organic","red"])"};
    product.attributes = {R"({"Origin":"Yunnan"})"};
    product.description = "<p>Grown <b>high</b> &amp; slowly. Tea!</p>";
    catalog::Variant variant;
    variant.sku = "TEA-50-R";
    variant.options = {R"({"Size":"50g"})"};
    product.variants = {variant};
    return product;
}

std::vector<std::string> texts(std::string_view words) {
    std::vector<std::string> found;
    for (const auto& term : query_terms(words)) found.push_back(term.text);
    return found;
}

catalog::Listed listed(std::int64_t id, std::int64_t price, catalog::Availability availability,
                       std::vector<catalog::CategoryId> categories) {
    return {catalog::ProductId{id}, availability, Money{price, Currency::parse("CNY").value()}, std::move(categories)};
}

TEST(SearchTerms, keep_the_best_field_that_they_stand_in) {
    const auto terms = index_terms(product());

    EXPECT_EQ(terms.at("tea"), Field::title);
    EXPECT_EQ(terms.at("red"), Field::title);
    EXPECT_EQ(terms.at("drinks"), Field::category);
    EXPECT_EQ(terms.at("yunjian"), Field::vendor);
    EXPECT_EQ(terms.at("organic"), Field::tag);
    EXPECT_EQ(terms.at("50g"), Field::option);
    EXPECT_EQ(terms.at("yunnan"), Field::attribute);
    EXPECT_EQ(terms.at("slowly"), Field::body);
    EXPECT_FALSE(terms.contains("amp"));
    EXPECT_FALSE(terms.contains("p"));
}

TEST(SearchTerms, of_han_are_characters_and_pairs) {
    const auto terms = index_terms(product());

    EXPECT_TRUE(terms.contains("红茶"));
    EXPECT_TRUE(terms.contains("红"));
    EXPECT_TRUE(terms.contains("茶"));
}

TEST(SearchTerms, of_a_sku_are_its_parts_and_all_of_it) {
    const auto terms = index_terms(product());

    EXPECT_EQ(terms.at("tea50r"), Field::sku);
    EXPECT_EQ(terms.at("50"), Field::sku);
    EXPECT_TRUE(terms.contains("tx"));
    EXPECT_TRUE(terms.contains("100"));
}

TEST(SearchTerms, are_bounded_in_length_and_number) {
    auto large = product();
    large.description = std::string(500, 'x');
    for (int i = 0; i < 5'000; ++i) large.description.append(" word").append(std::to_string(i));
    const auto terms = index_terms(large);

    EXPECT_EQ(terms.size(), terms_per_product_max);
    EXPECT_TRUE(terms.contains(std::string(term_length_max, 'x')));
}

TEST(SearchTerms, of_a_query_are_words_and_pairs_once_each) {
    EXPECT_EQ(texts("Red  red TEA"), (std::vector<std::string>{"red", "tea"}));
    EXPECT_EQ(texts("亚麻衬衫"), (std::vector<std::string>{"亚麻", "麻衬", "衬衫"}));
    EXPECT_EQ(texts("usb充电线"), (std::vector<std::string>{"usb", "充电", "电线"}));
    EXPECT_EQ(texts("茶"), std::vector<std::string>{"茶"});
    EXPECT_TRUE(texts("?!").empty());
    std::string many;
    for (int i = 0; i < 40; ++i) many.append(" w").append(std::to_string(i));
    EXPECT_EQ(texts(many).size(), query_terms_max);
}

TEST(SearchTerms, of_one_letter_reach_no_further) {
    EXPECT_EQ(query_terms("a").front().reach, Reach::whole);
    EXPECT_EQ(query_terms("ab").front().reach, Reach::beginning);
    EXPECT_EQ(query_terms("茶杯").front().reach, Reach::whole);
}

TEST(SearchRanks, prefer_more_terms_then_better_fields_then_whole_words_then_the_newest) {
    const QueryTerm tea{"tea", Reach::beginning};
    Scores scores(2);
    const auto note = [&](std::int64_t id, std::string_view found, Field field) {
        scores.note(catalog::ProductId{id}, 0, worth_of(tea, found, weight_of(field)));
    };
    note(1, "tea", Field::body);
    note(2, "teapot", Field::title);
    note(3, "tea", Field::vendor);
    note(4, "tea", Field::title);
    note(5, "tea", Field::tag);
    note(6, "tea", Field::title);
    note(7, "tea", Field::body);
    scores.note(catalog::ProductId{7}, 1, 1);

    std::vector<std::int64_t> order;
    for (const auto& each : scores.ranked(1)) order.push_back(each.product.value);
    EXPECT_EQ(order, (std::vector<std::int64_t>{7, 6, 4, 2, 3, 5, 1}));
    EXPECT_EQ(scores.ranked(2).size(), 1U);
}

TEST(SearchFacets, count_each_without_its_own_filter) {
    const catalog::CategoryId tea{1};
    const catalog::CategoryId cups{2};
    const std::vector<catalog::Listed> matches{listed(1, 100, catalog::Availability::in_stock, {tea}),
                                               listed(2, 200, catalog::Availability::out_of_stock, {tea}),
                                               listed(3, 300, catalog::Availability::low_stock, {cups})};
    const Filter filter{tea, std::nullopt, 250, true};

    EXPECT_EQ(passing(matches, filter), std::set<catalog::ProductId>{catalog::ProductId{1}});
    const auto facets = count(matches, filter);
    ASSERT_EQ(facets.categories.size(), 1U);   // what is too dear is not counted
    EXPECT_EQ(facets.categories[0].count, 1);
    EXPECT_EQ(facets.availability.in_stock, 1);
    EXPECT_EQ(facets.availability.out_of_stock, 1);
    EXPECT_EQ(facets.availability.low_stock, 0);
    EXPECT_EQ(facets.price->max.minor, 100);
}

TEST(SearchFacets, count_vendors_without_regard_to_the_one_that_is_chosen_and_all_else_with_it) {
    std::vector<catalog::Listed> matches{listed(1, 100, catalog::Availability::in_stock, {}),
                                         listed(2, 200, catalog::Availability::in_stock, {}),
                                         listed(3, 300, catalog::Availability::low_stock, {}),
                                         listed(4, 400, catalog::Availability::low_stock, {})};
    matches[0].vendor = matches[1].vendor = "Kiln";
    matches[2].vendor = "Loom";
    Filter filter;
    filter.vendor = "Loom";

    EXPECT_EQ(passing(matches, filter), std::set<catalog::ProductId>{catalog::ProductId{3}});
    const auto facets = count(matches, filter);
    ASSERT_EQ(facets.vendors.size(), 2U);   // a product that names none is not counted
    EXPECT_EQ(facets.vendors[0].name, "Kiln");
    EXPECT_EQ(facets.vendors[0].count, 2);
    EXPECT_EQ(facets.vendors[1].count, 1);
    EXPECT_EQ(facets.availability.in_stock, 0);
    EXPECT_EQ(facets.availability.low_stock, 1);
    EXPECT_EQ(facets.price->min.minor, 300);
}

TEST(SearchFacets, of_nothing_are_nothing) {
    const auto facets = count({}, {});

    EXPECT_TRUE(facets.categories.empty());
    EXPECT_FALSE(facets.price);
}

TEST(SearchCursor, comes_back_as_it_was_and_knows_its_search) {
    const Ranked last{catalog::ProductId{77}, 2'001'000};
    const auto text = write_cursor(last, "a search");

    EXPECT_EQ(read_cursor(text, "a search").value(), last);
    EXPECT_EQ(read_cursor(text, "another").error().code, "request.cursor_mismatch");
    for (const auto& broken : {std::string(), std::string("x"), text.substr(1), text + "0", std::string(60, '.')}) {
        EXPECT_EQ(read_cursor(broken, "a search").error().code, "request.cursor_malformed") << broken;
    }
}

}  // namespace
}  // namespace caddy::search::rules
