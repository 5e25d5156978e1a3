#include "shop/inventory/inventory.hpp"
#include "tests/support/test_database.hpp"

#include <gtest/gtest.h>

namespace caddy::inventory {
namespace {

class BackOffice : public ::testing::Test {
protected:
    BackOffice() { mug_ = variant("mug", "MUG-1"), tray_ = variant("tray", "TRAY-1"); }

    Context staff() const { return db_.context({7, 1, Role::staff}); }

    VariantId variant(const std::string& handle, const std::string& sku) {
        catalog::ProductDraft draft;
        draft.handle = draft.title = handle;
        draft.variants.emplace_back().sku = sku;
        const auto ctx = staff();
        return db_.run(db_.database().transact(ctx, "test", [&](db::Transaction& tx) -> Task<Result<catalog::Saved>> {
            co_return co_await catalog_.save_product(tx, ctx, draft);
        })).value().variants.at(0);
    }
    Result<Level> adjust(VariantId variant, const Adjustment& wanted) {
        return db_.run(inventory_.adjust(staff(), variant, wanted));
    }
    Result<Level> set_low_at(VariantId variant, std::optional<std::int64_t> low_at) {
        return db_.run(inventory_.set_low_at(staff(), variant, low_at, [](std::int64_t) { return Result<void>{}; }));
    }
    void reserve(VariantId variant, std::int64_t order, std::int64_t quantity) {
        const auto ctx = staff();
        const std::vector<Demand> demands{{variant, quantity}};
        db_.run(db_.database().transact(ctx, "test", [&](db::Transaction& tx) -> Task<Result<void>> {
            co_return co_await inventory_.reserve(tx, ctx, order, demands, ctx.now() + std::chrono::minutes(15));
        })).value();
    }
    Result<void> set_free(VariantId variant, std::int64_t order, std::int64_t quantity) {
        const auto ctx = staff();
        const std::vector<Demand> demands{{variant, quantity}};
        return db_.run(db_.database().transact(ctx, "test", [&](db::Transaction& tx) -> Task<Result<void>> {
            co_return co_await inventory_.free(tx, ctx, order, demands);
        }));
    }
    void TearDown() override { EXPECT_TRUE(db_.run(inventory_.audit(staff())).empty()); }

    testing::TestDatabase db_;
    catalog::CatalogService catalog_{db_.database()};
    InventoryService inventory_{db_.database(), catalog_, {}};
    VariantId mug_, tray_;
};

TEST_F(BackOffice, a_difference_moves_the_shelf_and_leaves_a_trace) {
    const auto level = adjust(mug_, {.delta = 12, .reason = "delivery"}).value();

    EXPECT_EQ(level.on_hand, 12);
    EXPECT_EQ(level.sku, "MUG-1");
    EXPECT_FALSE(level.low);
    EXPECT_EQ(db_.count("SELECT COUNT(*) FROM audit_log WHERE action = 'inventory.adjust' AND actor = 7"), 1);
    const auto ledger = db_.run(inventory_.movements(staff(), mug_, {})).value();
    ASSERT_EQ(ledger.data.size(), 1U);
    EXPECT_EQ(ledger.data[0].quantity, 12);
    EXPECT_EQ(ledger.data[0].reason, "delivery");
    EXPECT_TRUE(ledger.data[0].actor_id.has_value());
}

TEST_F(BackOffice, a_count_holds_only_while_the_shelf_is_as_it_was_seen) {
    adjust(mug_, {.delta = 12, .reason = "delivery"}).value();

    const auto late = adjust(mug_, {.set = 9, .if_on_hand = 10, .reason = "counted"});

    EXPECT_EQ(late.error().code, "inventory.changed");
    EXPECT_EQ(late.error().more->members(), R"("on_hand":12)");
    EXPECT_EQ(adjust(mug_, {.set = 9, .if_on_hand = 12, .reason = "counted"}).value().on_hand, 9);
}

TEST_F(BackOffice, what_is_promised_stays) {
    adjust(mug_, {.delta = 5, .reason = "delivery"}).value();
    reserve(mug_, 1, 3);

    EXPECT_EQ(adjust(mug_, {.delta = -3, .reason = "broken"}).error().code, "inventory.below_reserved");
    EXPECT_EQ(adjust(mug_, {.delta = -30, .reason = "broken"}).error().code, "inventory.below_reserved");
    EXPECT_EQ(adjust(mug_, {.set = 2, .if_on_hand = 5, .reason = "x"}).error().code, "inventory.below_reserved");
    EXPECT_EQ(adjust(mug_, {.delta = 2'000'000'000, .reason = "x"}).error().code, "inventory.invalid_quantity");
    EXPECT_EQ(adjust(mug_, {.delta = -2, .reason = "broken"}).value().available, 0);
}

TEST_F(BackOffice, a_part_of_a_promise_is_set_free_and_no_more_than_that) {
    adjust(mug_, {.delta = 5, .reason = "delivery"}).value();
    reserve(mug_, 1, 3);

    set_free(mug_, 1, 2).value();

    EXPECT_EQ(db_.run(inventory_.show(staff(), mug_)).value().available, 4);
    EXPECT_EQ(set_free(mug_, 1, 2).error().code, "inventory.not_reserved");
}

TEST_F(BackOffice, a_mark_of_its_own_makes_a_variant_low) {
    adjust(mug_, {.delta = 12, .reason = "delivery"}).value();

    const auto marked = set_low_at(mug_, 20).value();

    EXPECT_TRUE(marked.low);
    EXPECT_EQ(marked.version, 2);
    EXPECT_FALSE(set_low_at(mug_, std::nullopt).value().low);
}

TEST_F(BackOffice, a_list_goes_on_where_it_stopped_and_knows_its_own_cursors) {
    adjust(mug_, {.delta = 12, .reason = "delivery"}).value();
    adjust(tray_, {.delta = 1, .reason = "delivery"}).value();
    const auto list = [&](const LevelQuery& query, PageRequest page) {
        return db_.run(inventory_.list(staff(), query, page));
    };

    const auto first = list({}, {.limit = 1}).value();
    const auto second = list({}, {.limit = 1, .cursor = first.next}).value();

    EXPECT_EQ(first.data.at(0).variant_id, mug_);
    EXPECT_EQ(second.data.at(0).variant_id, tray_);
    EXPECT_FALSE(second.next.has_value());
    EXPECT_EQ(list({LevelQuery::Which::low}, {.cursor = first.next}).error().code, "request.cursor_mismatch");
    EXPECT_EQ(list({LevelQuery::Which::low}, {}).value().data.at(0).variant_id, tray_);
    EXPECT_EQ(list({LevelQuery::Which::all, "MUG"}, {}).value().data.size(), 1U);
    EXPECT_TRUE(list({LevelQuery::Which::low, "MUG"}, {}).value().data.empty());
}

TEST_F(BackOffice, a_variant_that_never_had_stock_shows_zero_and_an_unknown_one_is_not_found) {
    EXPECT_EQ(db_.run(inventory_.show(staff(), tray_)).value().on_hand, 0);
    EXPECT_EQ(db_.run(inventory_.show(staff(), VariantId{1})).error().code, "inventory.not_found");
    EXPECT_EQ(adjust(VariantId{1}, {.delta = 1, .reason = "x"}).error().code, "inventory.not_found");
    EXPECT_EQ(db_.run(inventory_.movements(staff(), VariantId{1}, {})).error().code, "inventory.not_found");
}

}  // namespace
}  // namespace caddy::inventory
