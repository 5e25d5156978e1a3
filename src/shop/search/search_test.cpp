#include "shop/search/search.hpp"

#include "tests/support/sql_check.hpp"
#include "tests/support/test_database.hpp"

#include <gtest/gtest.h>

namespace caddy::search {
namespace {

class Search : public ::testing::Test {
protected:
    catalog::ProductId put(const catalog::ProductDraft& draft) {
        db_.clock().advance(std::chrono::milliseconds(10));
        const auto ctx = db_.context();
        const auto saved = db_.in_transaction([&](db::Transaction& tx) -> Task<catalog::Saved> {
            auto outcome = co_await catalog_.save_product(tx, ctx, draft);
            co_return std::move(outcome).value();
        });
        if (following_) db_.run(search_.index(ctx, saved.id));
        return saved.id;
    }
    static catalog::ProductDraft draft(std::string handle, std::string title, std::int64_t price = 100) {
        catalog::ProductDraft draft;
        draft.handle = std::move(handle);
        draft.title = std::move(title);
        draft.status = catalog::ProductStatus::active;
        draft.published = true;
        catalog::VariantDraft variant;
        variant.tracked = false;
        variant.price = Money{price, Currency::parse("CNY").value()};
        draft.variants = {variant};
        return draft;
    }

    SearchPage find(const std::string& words) { return find(SearchQuery{words}); }
    SearchPage find(const SearchQuery& query) { return db_.run(search_.find(db_.context(), query, {})).value(); }
    std::vector<std::string> handles(const std::string& words) { return narrowed(SearchQuery{words}); }
    std::vector<std::string> narrowed(const SearchQuery& query) {
        std::vector<std::string> found;
        for (const auto& product : find(query).data) found.push_back(product.handle);
        return found;
    }
    std::vector<std::string> suggestions(const std::string& words) {
        std::vector<std::string> found;
        for (const auto& each : db_.run(search_.suggest(db_.context(), words)).value()) found.push_back(each.title);
        return found;
    }

    testing::TestDatabase db_;
    catalog::CatalogService catalog_{db_.database()};
    SearchService search_{db_.database(), catalog_};
    bool following_ = true;
};

using Handles = std::vector<std::string>;

TEST_F(Search, ranks_titles_before_vendors_before_tags_before_descriptions) {
    auto body = draft("body", "A thing");
    body.description_html = "<p>linen</p>";
    put(body);
    auto tag = draft("tag", "Another thing");
    tag.tags = {"linen"};
    put(tag);
    auto vendor = draft("vendor", "Third thing");
    vendor.vendor = "Linen House";
    put(vendor);
    put(draft("prefix", "Linens"));
    put(draft("title", "Shirt of linen"));

    EXPECT_EQ(handles("linen"), (Handles{"title", "prefix", "vendor", "tag", "body"}));
    EXPECT_EQ(find("linen").match, Match::all);
}

TEST_F(Search, finds_chinese_words_of_two_characters_and_mixed_text) {
    put(draft("shirt", "亚麻衬衫 Linen Shirt"));
    put(draft("tea", "云南红茶 Red Tea"));
    put(draft("cup", "茶杯 USB"));

    EXPECT_EQ(handles("衬衫"), Handles{"shirt"});
    EXPECT_EQ(handles("红茶"), Handles{"tea"});
    EXPECT_EQ(handles("茶"), (Handles{"cup", "tea"}));
    EXPECT_EQ(handles("亚麻 shirt"), Handles{"shirt"});
    EXPECT_EQ(handles("usb茶杯"), Handles{"cup"});
    EXPECT_TRUE(handles("麻茶").empty());
}

TEST_F(Search, finds_skus_as_they_are_written_and_as_they_are_typed) {
    auto lamp = draft("lamp", "Lamp");
    lamp.variants[0].sku = "TX-100/B";
    put(lamp);

    for (const auto* words : {"TX-100/B", "tx-100", "tx100b", "ＴＸ１００", "tx 100"}) {
        EXPECT_EQ(handles(words), Handles{"lamp"}) << words;
    }
}

TEST_F(Search, wants_every_word_and_else_most_of_them) {
    put(draft("both", "Blue cotton shirt"));
    put(draft("one", "Blue cup"));

    EXPECT_EQ(handles("blue shirt"), Handles{"both"});
    const auto page = find("blue cotton umbrella");
    EXPECT_EQ(page.match, Match::some);
    ASSERT_EQ(page.data.size(), 1U);
    EXPECT_EQ(page.data[0].handle, "both");
    EXPECT_TRUE(handles("umbrella").empty());
    EXPECT_EQ(handles("blue umbrella"), (Handles{"one", "both"}));
}

TEST_F(Search, never_shows_what_is_not_published_whatever_the_index_says) {
    auto mug = draft("mug", "Mug");
    put(mug);
    ASSERT_EQ(handles("mug"), Handles{"mug"});
    following_ = false;
    mug.published = false;
    put(mug);

    EXPECT_TRUE(handles("mug").empty());
    EXPECT_TRUE(suggestions("mug").empty());
    EXPECT_TRUE(find("mug").facets.categories.empty());
}

TEST_F(Search, follows_a_product_and_forgets_one_that_is_taken_down) {
    auto mug = draft("mug", "Mug");
    const auto id = put(mug);
    mug.title = "Beaker";
    put(mug);
    EXPECT_EQ(handles("beaker"), Handles{"mug"});
    EXPECT_EQ(db_.count("SELECT COUNT(*) FROM search_terms WHERE term = 'mug' AND field = 'title'"), 0);
    db_.run(search_.index(db_.context(), id));   // delivered twice
    EXPECT_EQ(handles("beaker"), Handles{"mug"});
    mug.status = catalog::ProductStatus::archived;
    put(mug);
    EXPECT_EQ(db_.count("SELECT COUNT(*) FROM search_terms"), 0);
    EXPECT_EQ(db_.count("SELECT COUNT(*) FROM search_products"), 0);
}

TEST_F(Search, filters_and_counts_what_could_be_chosen_instead) {
    auto red = draft("red", "Red tea", 500);
    red.categories = {{"Drinks", "Tea"}};
    put(red);
    auto pot = draft("pot", "Tea pot", 9'000);
    pot.categories = {{"Teaware"}};
    put(pot);
    auto gone = draft("gone", "Green tea", 700);
    gone.categories = {{"Drinks", "Tea"}};
    gone.variants[0].tracked = true;
    put(gone);

    const auto page = find("tea");
    EXPECT_EQ(page.data.size(), 3U);
    ASSERT_EQ(page.facets.categories.size(), 3U);
    EXPECT_EQ(page.facets.categories[0].count, 2);
    EXPECT_EQ(page.facets.categories[2].name, "Teaware");
    EXPECT_EQ(page.facets.availability.in_stock, 2);
    EXPECT_EQ(page.facets.availability.out_of_stock, 1);
    EXPECT_EQ(page.facets.price->min.minor, 500);
    EXPECT_EQ(page.facets.price->max.minor, 9'000);
    EXPECT_EQ(narrowed({.words = "tea", .category = "drinks", .in_stock = true}), Handles{"red"});
    EXPECT_EQ(narrowed({.words = "tea", .price_min = 600, .price_max = 800}), Handles{"gone"});
    EXPECT_TRUE(narrowed({.words = "tea", .category = "no-such-shelf"}).empty());
}

TEST_F(Search, pages_show_each_match_once_in_the_order_of_the_whole) {
    for (int i = 0; i < 25; ++i) put(draft("mug-" + std::to_string(i), i % 3 == 0 ? "Mugs" : "Mug"));
    const SearchQuery query{"mug"};
    std::vector<std::string> seen;
    PageRequest page;
    page.limit = 4;
    do {
        const auto part = db_.run(search_.find(db_.context(), query, page)).value();
        EXPECT_LE(part.data.size(), 4U);
        for (const auto& product : part.data) seen.push_back(product.handle);
        page.cursor = part.page.next;
    } while (page.cursor);

    page.limit = 100;
    std::vector<std::string> whole;
    const auto everything = db_.run(search_.find(db_.context(), query, page)).value();
    for (const auto& product : everything.data) whole.push_back(product.handle);
    EXPECT_EQ(seen, whole);
    EXPECT_EQ(seen.size(), 25U);
    page.cursor = "no cursor";
    EXPECT_EQ(db_.run(search_.find(db_.context(), query, page)).error().code, "request.cursor_malformed");
}

TEST_F(Search, refuses_a_query_without_a_word) {
    EXPECT_EQ(db_.run(search_.find(db_.context(), SearchQuery{"?!"}, {})).error().code, "request.invalid_field");
    EXPECT_EQ(db_.run(search_.suggest(db_.context(), "…")).error().code, "request.invalid_field");
}

TEST_F(Search, suggests_titles_that_begin_so_before_those_that_hold_the_words) {
    put(draft("a", "Green Tea"));
    put(draft("b", "Tea Pot"));
    put(draft("c", "茶壶 Teapot"));
    put(draft("d", "Tea Pot"));   // the same title is suggested once
    auto tagged = draft("e", "Gift");
    tagged.tags = {"tea"};
    put(tagged);

    EXPECT_EQ(suggestions("tea"), (std::vector<std::string>{"Tea Pot", "Green Tea", "茶壶 Teapot"}));
    EXPECT_EQ(suggestions("tea p"), std::vector<std::string>{"Tea Pot"});
    EXPECT_EQ(suggestions("茶"), std::vector<std::string>{"茶壶 Teapot"});
    for (int i = 0; i < 30; ++i) put(draft("f" + std::to_string(i), "Tea no. " + std::to_string(i)));
    EXPECT_EQ(suggestions("tea").size(), suggestions_max);
}

TEST_F(Search, builds_an_index_that_was_never_built_and_only_then) {
    following_ = false;
    for (int i = 0; i < 60; ++i) put(draft("mug-" + std::to_string(i), "Mug"));
    auto hurried = db_.context();
    hurried.deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);   // too little for another part
    EXPECT_FALSE(db_.run(search_.build(hurried)));
    EXPECT_TRUE(handles("mug").empty());

    EXPECT_TRUE(db_.run(search_.build(db_.context())));
    EXPECT_EQ(db_.count("SELECT COUNT(*) FROM search_products"), 60);
    db_.execute("DELETE FROM search_products");
    EXPECT_TRUE(db_.run(search_.build(db_.context())));
    EXPECT_EQ(db_.count("SELECT COUNT(*) FROM search_products"), 0);
    db_.run(search_.rebuild(db_.context()));
    EXPECT_TRUE(db_.run(search_.build(db_.context())));
    EXPECT_EQ(db_.count("SELECT COUNT(*) FROM search_products"), 60);
}

TEST_F(Search, every_statement_prepares_and_uses_an_index) {
    EXPECT_EQ(testing::unprepared_statements(db_), std::vector<std::string>{});
    // The outer part of the count walks the few rows that the inner one has found.
    const auto scans = testing::full_scans(db_, {"search.count", "catalog.count", "catalog.all_categories"});
    for (const auto& scan : scans) EXPECT_FALSE(scan.starts_with("search.")) << scan;
    for (const auto& plan : testing::statement_plans(db_)) {
        if (plan.statement != "search.among") continue;
        for (const auto& step : plan.steps) EXPECT_NE(step.find("product_id=? AND term>"), std::string::npos) << step;
    }
}

}  // namespace
}  // namespace caddy::search
