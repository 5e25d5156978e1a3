#include "shop/catalog/catalog.hpp"

#include "tests/support/sql_check.hpp"
#include "tests/support/test_database.hpp"

#include <gtest/gtest.h>

#include <set>

namespace caddy::catalog {
namespace {

/// A shop with a handful of products, made in this order, a minute apart.
class CatalogList : public ::testing::Test {
protected:
    Saved put(const ProductDraft& draft) {
        const auto ctx = db_.context();
        return db_.in_transaction([&](db::Transaction& tx) -> Task<Saved> {
            auto saved = co_await catalog_.save_product(tx, ctx, draft);
            co_return std::move(saved).value();
        });
    }

    static ProductDraft draft(std::string handle, std::string title, std::optional<std::int64_t> price) {
        ProductDraft draft;
        draft.handle = std::move(handle);
        draft.title = std::move(title);
        draft.vendor = "Yunjian";
        draft.status = ProductStatus::active;
        draft.published = true;
        VariantDraft variant;
        variant.tracked = false;
        if (price) variant.price = Money{*price, Currency::parse("CNY").value()};
        draft.variants = {variant};
        return draft;
    }

    void stock_the_shop() {
        auto tea = draft("red-tea", "红茶 Red Tea", 8800);
        tea.categories = {{"Drinks", "Tea"}};
        tea.variants[0].sku = "TEA-1";
        put(tea);
        auto pot = draft("pot", "Teapot", 19900);
        pot.categories = {{"Teaware"}};
        put(pot);
        auto cup = draft("cup", "Cup", 1900);
        cup.categories = {{"Teaware"}};
        cup.variants[0].tracked = true;
        put(cup);
        put(draft("gift", "A gift without a price", std::nullopt));
        auto hidden = draft("hidden", "Hidden", 100);
        hidden.published = false;
        put(hidden);
    }

    std::vector<std::string> handles(const ProductQuery& query, int limit = 100) {
        std::vector<std::string> found;
        PageRequest page;
        page.limit = limit;
        for (int pages = 0; pages < 1'000; ++pages) {
            auto result = db_.run(catalog_.list(db_.context(), query, page)).value();
            for (const auto& product : result.data) found.push_back(product.handle);
            if (!result.next) break;
            page.cursor = result.next;
        }
        return found;
    }

    testing::TestDatabase db_;
    CatalogService catalog_{db_.database()};
};

using Handles = std::vector<std::string>;

TEST_F(CatalogList, shows_only_what_is_active_and_published) {
    stock_the_shop();
    const auto all = handles({});
    EXPECT_EQ(all.size(), 4U);
    EXPECT_EQ(std::count(all.begin(), all.end(), "hidden"), 0);
    EXPECT_EQ(db_.run(catalog_.product(db_.context(), "hidden")).error().code, "catalog.product_not_found");
}

TEST_F(CatalogList, sorts_each_way_and_puts_products_without_a_price_last) {
    stock_the_shop();
    EXPECT_EQ(handles({.sort = Sort::price}), (Handles{"cup", "red-tea", "pot", "gift"}));
    EXPECT_EQ(handles({.sort = Sort::price_desc}), (Handles{"pot", "red-tea", "cup", "gift"}));
    EXPECT_EQ(handles({.sort = Sort::title}), (Handles{"gift", "cup", "pot", "red-tea"}));
    auto oldest = handles({.sort = Sort::published_at});
    std::reverse(oldest.begin(), oldest.end());
    EXPECT_EQ(handles({}), oldest);
}

TEST_F(CatalogList, filters_by_category_with_what_stands_below_it) {
    stock_the_shop();
    EXPECT_EQ(handles({.category = "drinks"}), (Handles{"red-tea"}));
    EXPECT_EQ(handles({.category = "drinks-tea"}), (Handles{"red-tea"}));
    EXPECT_EQ(handles({.sort = Sort::title, .category = "teaware"}), (Handles{"cup", "pot"}));
    const auto tree = db_.run(catalog_.categories(db_.context()));
    ASSERT_EQ(tree.size(), 2U);
    EXPECT_EQ(handles({.category = tree[0].id.text()}), (Handles{"red-tea"}));
    EXPECT_TRUE(handles({.category = "nothing"}).empty());
}

TEST_F(CatalogList, filters_by_the_lowest_price_with_both_bounds_included) {
    stock_the_shop();
    EXPECT_EQ(handles({.sort = Sort::price, .price_min = 1900, .price_max = 8800}), (Handles{"cup", "red-tea"}));
    EXPECT_EQ(handles({.sort = Sort::price, .price_min = 0}), (Handles{"cup", "red-tea", "pot"}));
    EXPECT_EQ(handles({.sort = Sort::price, .price_max = std::numeric_limits<std::int64_t>::max()}),
              (Handles{"cup", "red-tea", "pot"}));
}

TEST_F(CatalogList, filters_by_what_is_on_the_shelf) {
    stock_the_shop();
    EXPECT_EQ(handles({.sort = Sort::title, .in_stock = true}), (Handles{"pot", "red-tea"}));
    EXPECT_EQ(handles({.sort = Sort::title, .in_stock = false}), (Handles{"gift", "cup"}));
}

TEST_F(CatalogList, finds_chinese_and_latin_words_in_any_case) {
    stock_the_shop();
    EXPECT_EQ(handles({.words = "红茶"}), (Handles{"red-tea"}));
    EXPECT_EQ(handles({.words = "茶"}), (Handles{"red-tea"}));
    EXPECT_EQ(handles({.words = "tea-1"}), (Handles{"red-tea"}));
    EXPECT_EQ(handles({.sort = Sort::title, .words = "TEA"}), (Handles{"pot", "red-tea"}));
    EXPECT_EQ(handles({.words = "yunjian POT"}), (Handles{"pot"}));
    EXPECT_TRUE(handles({.words = "100%"}).empty());
}

TEST_F(CatalogList, pages_meet_every_product_once_although_all_keys_tie) {
    for (int i = 0; i < 23; ++i) put(draft("cup-" + std::to_string(i), "Cup", 1900));
    for (const auto sort : {Sort::published_at_desc, Sort::published_at, Sort::price, Sort::price_desc, Sort::title}) {
        const auto all = handles({.sort = sort}, 5);
        EXPECT_EQ(all.size(), 23U);
        EXPECT_EQ(std::set<std::string>(all.begin(), all.end()).size(), 23U);
        EXPECT_EQ(handles({.sort = sort}), all);
    }
}

TEST_F(CatalogList, a_cursor_belongs_to_its_sort_and_its_filters) {
    for (int i = 0; i < 3; ++i) put(draft("cup-" + std::to_string(i), "Cup", 1900));
    PageRequest page;
    page.limit = 1;
    page.cursor = db_.run(catalog_.list(db_.context(), {}, page)).value().next;
    ASSERT_TRUE(page.cursor);
    EXPECT_TRUE(db_.run(catalog_.list(db_.context(), {}, page)));
    for (const auto& other :
         {ProductQuery{.sort = Sort::price}, ProductQuery{.in_stock = true}, ProductQuery{.words = "cup"}}) {
        EXPECT_EQ(db_.run(catalog_.list(db_.context(), other, page)).error().code, "request.cursor_mismatch");
    }
    page.cursor = "nonsense";
    EXPECT_EQ(db_.run(catalog_.list(db_.context(), {}, page)).error().code, "request.cursor_malformed");
}

TEST_F(CatalogList, counts_what_the_filters_leave) {
    stock_the_shop();
    PageRequest page;
    page.limit = 1;
    page.count = true;
    EXPECT_EQ(db_.run(catalog_.list(db_.context(), {}, page)).value().count, 4);
    EXPECT_EQ(db_.run(catalog_.list(db_.context(), {.category = "teaware"}, page)).value().count, 2);
}

TEST_F(CatalogList, categories_form_a_tree) {
    stock_the_shop();
    const auto drinks = db_.run(catalog_.category(db_.context(), "drinks")).value();
    ASSERT_EQ(drinks.children.size(), 1U);
    EXPECT_EQ(drinks.children[0].name, "Tea");
    EXPECT_EQ(drinks.children[0].parent_id, drinks.id);
    EXPECT_EQ(db_.run(catalog_.category(db_.context(), "nowhere")).error().code, "catalog.category_not_found");
}

TEST_F(CatalogList, every_statement_prepares_and_none_reads_a_whole_table) {
    EXPECT_EQ(testing::unprepared_statements(db_), std::vector<std::string>{});
    // The tree of categories is read whole on purpose, any_product stops at the first, and what is counted is bounded.
    for (const auto& scan :
         testing::full_scans(db_, {"catalog.all_categories", "catalog.any_product", "catalog.count",
                                   "catalog.admin_categories", "catalog.lock_categories"})) {
        EXPECT_FALSE(scan.starts_with("catalog.")) << scan;
    }
}

}  // namespace
}  // namespace caddy::catalog
