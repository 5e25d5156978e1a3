#include "shop/catalog/catalog_cursor.hpp"
#include "shop/catalog/catalog_rules.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace caddy::catalog {
namespace {

Currency yuan() { return Currency::parse("CNY").value(); }

ProductDraft draft() {
    ProductDraft draft;
    draft.handle = "linen-shirt";
    draft.title = "Linen Shirt";
    draft.option_names = {"Size"};
    for (const auto* size : {"S", "M"}) {
        VariantDraft variant;
        variant.option_values = {size};
        variant.price = Money{19900, yuan()};
        draft.variants.push_back(variant);
    }
    return draft;
}

/// The pointers that a check complains about.
std::vector<std::string> faults(const ProductDraft& draft) {
    const auto result = rules::check(draft);
    std::vector<std::string> pointers;
    if (result.has_error()) {
        for (const auto& field : result.error().fields) pointers.push_back(field.pointer + " " + field.code);
    }
    return pointers;
}

bool complains(const ProductDraft& draft, const std::string& of) {
    const auto found = faults(draft);
    return std::find(found.begin(), found.end(), of) != found.end();
}

TEST(CatalogRules, a_plain_draft_is_fine) { EXPECT_TRUE(faults(draft()).empty()); }

TEST(CatalogRules, two_variants_of_the_same_options_are_refused) {
    auto twice = draft();
    twice.variants[1].option_values = {"S"};
    EXPECT_TRUE(complains(twice, "/variants/1/option_values repeated"));
}

TEST(CatalogRules, handles_that_cannot_stand_in_an_address_are_refused) {
    for (const auto* handle : {"a/b", "..", "what?", "", "line\nbreak"}) {
        auto bad = draft();
        bad.handle = handle;
        EXPECT_FALSE(faults(bad).empty()) << handle;
    }
}

TEST(CatalogRules, every_fault_is_named_at_once) {
    auto bad = draft();
    bad.title.clear();
    bad.option_names = {"Size", "Colour", "Fit", "Length"};
    bad.variants[0].price = Money{-1, yuan()};
    bad.variants[1].image = "https://example.com/other.png";
    EXPECT_TRUE(complains(bad, "/title required"));
    EXPECT_TRUE(complains(bad, "/option_names too_many"));
    EXPECT_TRUE(complains(bad, "/variants/0/price out_of_range"));
    EXPECT_TRUE(complains(bad, "/variants/1/image unknown_image"));
}

TEST(CatalogRules, image_addresses_are_http_or_paths) {
    auto bad = draft();
    bad.media = {{"javascript:alert(1)", ""}};
    EXPECT_TRUE(complains(bad, "/media/0/url not_a_url"));
    bad.media = {{"https://example.com/a.png", ""}, {"images/b.png", ""}, {"/media/0011.png", ""}};
    EXPECT_TRUE(faults(bad).empty());
    for (const auto* url : {"//example.com/a.png", "/pictures/a.png", "../a.png", "a/../b.png", "a\\b.png", " a.png"}) {
        bad.media = {{url, ""}};
        EXPECT_TRUE(complains(bad, "/media/0/url not_a_url")) << url;
    }
}

TEST(CatalogRules, what_a_product_file_would_not_bring_back_is_refused) {
    auto bad = draft();
    bad.title = " Linen Shirt";
    bad.vendor = "Caddy\u00a0";
    bad.option_names = {"Size "};
    bad.variants[1].sku = "M ";
    bad.tags = {"summer, light", "new", "new", ""};
    bad.attributes = {{"Care", "", Visibility::shown}, {"Notes", "a\r\nb", Visibility::internal}};
    for (const auto* of : {"/title surrounding_blanks", "/vendor surrounding_blanks",
                           "/option_names surrounding_blanks", "/variants/1/sku surrounding_blanks",
                           "/tags/0 comma", "/tags/2 repeated", "/tags/3 required", "/attributes required",
                           "/internal_attributes carriage_return"}) {
        EXPECT_TRUE(complains(bad, of)) << of;
    }
    auto fine = draft();
    fine.tags = {"say \"hello\"", "'quoted'", "a;b"};
    fine.attributes = {{"Care", " two\nlines \n", Visibility::shown}, {"care", " ", Visibility::shown}};
    EXPECT_TRUE(faults(fine).empty());
}

TEST(CatalogRules, an_option_that_means_none_in_product_files_is_refused) {
    auto bad = draft();
    bad.option_names = {"title"};
    bad.variants.pop_back();
    bad.variants[0].option_values = {"Default Title"};
    EXPECT_TRUE(complains(bad, "/option_names reserved"));
    bad.variants[0].option_values = {"Sir"};
    EXPECT_TRUE(faults(bad).empty());
}

TEST(CatalogRules, a_product_stands_in_fifty_categories_at_most) {
    auto many = draft();
    for (int i = 0; i < 50; ++i) many.category_ids.push_back(CategoryId::next());
    EXPECT_TRUE(faults(many).empty());
    many.category_ids.push_back(CategoryId::next());
    EXPECT_TRUE(complains(many, "/category_ids too_many"));
}

TEST(CatalogRules, out_of_stock_on_backorder_is_preorder_and_untracked_never_runs_out) {
    using enum Availability;
    EXPECT_EQ(rules::shown_availability(true, StockPolicy::deny, out_of_stock), out_of_stock);
    EXPECT_EQ(rules::shown_availability(true, StockPolicy::backorder, out_of_stock), preorder);
    EXPECT_EQ(rules::shown_availability(true, StockPolicy::backorder, low_stock), low_stock);
    EXPECT_EQ(rules::shown_availability(true, StockPolicy::deny, preorder), out_of_stock);
    EXPECT_EQ(rules::shown_availability(false, StockPolicy::deny, out_of_stock), in_stock);
}

TEST(CatalogRules, a_product_shows_the_best_of_its_variants) {
    using enum Availability;
    const std::vector mixed{out_of_stock, preorder, low_stock};
    EXPECT_EQ(rules::best_of(mixed), low_stock);
    EXPECT_EQ(rules::best_of({}), out_of_stock);
}

TEST(CatalogRules, search_takes_four_words_and_the_rest_as_a_phrase) {
    const std::vector<std::string> expected{"红茶", "tea", "a", "b c"};
    EXPECT_EQ(rules::search_words("  红茶 TEA a b c "), expected);
    EXPECT_TRUE(rules::search_words("   ").empty());
}

TEST(CatalogRules, options_keys_tell_combinations_apart) {
    EXPECT_NE(rules::options_key({"ab", "c"}), rules::options_key({"a", "bc"}));
    EXPECT_EQ(rules::options_key({"caf\u00e9"}), rules::options_key({"cafe\u0301"}));
}

TEST(CatalogRules, options_list_each_value_once_in_the_variants_order) {
    EXPECT_EQ(rules::options_json(draft()), R"([{"name":"Size","values":["S","M"]}])");
}

TEST(CatalogRules, categories_are_named_by_their_path) {
    const std::vector<std::string> path{"Home & Garden", "Tea Pots"};
    EXPECT_EQ(rules::category_handle(path), "home-garden-tea-pots");
    const std::vector<std::string> one{"茶具 Teaware"};
    EXPECT_EQ(rules::category_handle(one), "茶具-teaware");
}

TEST(CatalogCursor, comes_back_as_it_was_written) {
    const auto text = write_cursor({"茶.a|b", 42}, "list");
    const auto cursor = read_cursor(text, "list");
    ASSERT_TRUE(cursor);
    EXPECT_EQ(cursor->key, "茶.a|b");
    EXPECT_EQ(cursor->id, 42);
}

TEST(CatalogCursor, of_another_list_is_a_mismatch) {
    const auto cursor = read_cursor(write_cursor({"1", 1}, "by price"), "by title");
    EXPECT_EQ(cursor.error().code, "request.cursor_mismatch");
    EXPECT_EQ(cursor.error().kind, ErrorKind::malformed);
}

TEST(CatalogCursor, anything_else_is_malformed) {
    const auto good = write_cursor({"1", 1}, "list");
    for (const auto& text : {std::string(), std::string("abc"), std::string("!!"), good + "A", good.substr(2),
                             std::string(5'000, 'A'), write_cursor({"1", 0}, "list")}) {
        EXPECT_EQ(read_cursor(text, "list").error().code, "request.cursor_malformed") << text.substr(0, 40);
    }
}

}  // namespace
}  // namespace caddy::catalog
