#include "shop/inventory/inventory.hpp"

#include "shop/inventory/inventory_ledger.hpp"
#include "tests/support/sql_check.hpp"
#include "tests/support/test_database.hpp"

#include <gtest/gtest.h>

namespace caddy::inventory {
namespace {

using catalog::StockPolicy;
using Demands = std::vector<Demand>;

constexpr VariantId mug{101}, tray{102}, kite{103};

TEST(Availability, shows_a_class_and_never_the_number) {
    EXPECT_EQ(availability_of(6, 5), catalog::Availability::in_stock);
    EXPECT_EQ(availability_of(5, 5), catalog::Availability::low_stock);
    EXPECT_EQ(availability_of(1, 0), catalog::Availability::in_stock);
    EXPECT_EQ(availability_of(0, 5), catalog::Availability::out_of_stock);
    EXPECT_EQ(availability_of(-3, 5), catalog::Availability::out_of_stock);
}

TEST(Demands, are_merged_per_variant_in_id_order_without_what_never_runs_out) {
    const Demands demands{{kite, 2}, {mug, 1}, {tray, 9, false}, {kite, 3}};

    const auto merged = tracked_by_variant(demands);

    ASSERT_EQ(merged.size(), 2U);
    EXPECT_EQ(merged[0].variant, mug);
    EXPECT_EQ(merged[1].variant, kite);
    EXPECT_EQ(merged[1].quantity, 5);
}

class Inventory : public ::testing::Test {
protected:
    template <class Body>
    auto write(Body body) {
        return db_.run(db_.database().transact(db_.context(), "test", std::move(body)));
    }

    Result<void> stock(VariantId variant, std::int64_t on_hand) {
        return write([&](db::Transaction& tx) -> Task<Result<void>> {
            const auto ctx = db_.context();
            co_return co_await inventory_.set_on_hand(tx, ctx, variant, on_hand, MovementKind::received, "delivery");
        });
    }
    Result<void> reserve(std::int64_t order, Demands demands) {
        return write([&](db::Transaction& tx) -> Task<Result<void>> {
            const auto ctx = db_.context();
            co_return co_await inventory_.reserve(tx, ctx, order, demands, ctx.now() + std::chrono::minutes(15));
        });
    }
    bool keep(std::int64_t order) {
        return write([&](db::Transaction& tx) -> Task<Result<bool>> {
            const auto ctx = db_.context();
            const bool kept = co_await inventory_.keep(tx, ctx, order);
            co_return kept;
        }).value();
    }
    void release(std::int64_t order) {
        write([&](db::Transaction& tx) -> Task<Result<void>> {
            const auto ctx = db_.context();
            co_await inventory_.release(tx, ctx, order);
            co_return Result<void>{};
        }).value();
    }
    Result<void> ship(std::int64_t order, Demands parcels) {
        return write([&](db::Transaction& tx) -> Task<Result<void>> {
            const auto ctx = db_.context();
            co_return co_await inventory_.ship(tx, ctx, order, parcels);
        });
    }
    void restock(std::int64_t order, Demands returns) {
        write([&](db::Transaction& tx) -> Task<Result<void>> {
            const auto ctx = db_.context();
            co_await inventory_.restock(tx, ctx, order, returns, "refund");
            co_return Result<void>{};
        }).value();
    }
    bool scarce(Demands demands) {
        return write([&](db::Transaction& tx) -> Task<Result<bool>> {
            const bool is_scarce = co_await inventory_.scarce(tx, demands);
            co_return is_scarce;
        }).value();
    }
    std::int64_t available(VariantId variant) {
        const auto rows = write([&](db::Transaction& tx) -> Task<Result<std::vector<Available>>> {
            const VariantId wanted[] = {variant};
            auto found = co_await inventory_.available(tx, wanted);
            co_return found;
        }).value();
        return rows.empty() ? -999 : rows.front().available;
    }
    std::int64_t sweep() { return db_.run(inventory_.sweep_expired(db_.context())); }
    std::vector<std::string> findings() {
        std::vector<std::string> names;
        for (const auto& finding : db_.run(inventory_.audit(db_.context())))
            names.push_back(finding.invariant + " " + finding.subject);
        return names;
    }
    /// Every test ends with a ledger that adds up, unless it broke it on purpose.
    void TearDown() override {
        if (broken_) return;
        EXPECT_EQ(findings(), std::vector<std::string>{});
    }

    testing::TestDatabase db_;
    catalog::CatalogService catalog_{db_.database()};
    InventoryService inventory_{db_.database(), catalog_, Config{}};
    bool broken_ = false;
};

TEST_F(Inventory, the_last_unit_can_be_sold_and_only_once) {
    stock(mug, 1).value();

    EXPECT_TRUE(reserve(1, {{mug, 1}}));
    EXPECT_EQ(reserve(2, {{mug, 1}}).error().code, "inventory.insufficient");
    EXPECT_EQ(available(mug), 0);
}

TEST_F(Inventory, a_refusal_names_every_short_line_and_writes_nothing) {
    stock(mug, 3).value();
    stock(tray, 50).value();

    const auto outcome = reserve(1, {{kite, 1}, {tray, 5}, {mug, 4}});

    ASSERT_EQ(outcome.error().code, "inventory.insufficient");
    EXPECT_EQ(outcome.error().kind, ErrorKind::conflict);
    EXPECT_EQ(outcome.error().more->members(), R"("lines":[{"variant_id":")" + mug.text() +
                                                   R"(","requested":4,"available":3},{"variant_id":")" + kite.text() +
                                                   R"(","requested":1,"available":0}])");
    EXPECT_EQ(available(tray), 50);
    EXPECT_EQ(db_.count("SELECT COUNT(*) FROM reservations"), 0);
}

TEST_F(Inventory, what_expired_goes_to_the_next_buyer_without_waiting_for_the_sweep) {
    stock(mug, 2).value();
    reserve(1, {{mug, 2}}).value();
    EXPECT_EQ(reserve(2, {{mug, 1}}).error().code, "inventory.insufficient");

    db_.clock().advance(std::chrono::minutes(16));

    EXPECT_TRUE(reserve(3, {{mug, 1}}));
    EXPECT_EQ(available(mug), 1);
    EXPECT_FALSE(keep(1)) << "the first order's stock is gone";
    EXPECT_TRUE(keep(3));
}

TEST_F(Inventory, expired_reservations_are_not_taken_while_there_is_enough) {
    stock(mug, 5).value();
    reserve(1, {{mug, 2}}).value();
    db_.clock().advance(std::chrono::minutes(16));

    reserve(2, {{mug, 3}}).value();

    EXPECT_TRUE(keep(1)) << "a late payment still finds what it reserved";
}

TEST_F(Inventory, a_paid_order_keeps_its_stock_for_good) {
    stock(mug, 2).value();
    reserve(1, {{mug, 2}}).value();
    EXPECT_TRUE(keep(1));
    EXPECT_TRUE(keep(1));

    db_.clock().advance(std::chrono::days(30));

    EXPECT_EQ(sweep(), 0);
    EXPECT_EQ(reserve(2, {{mug, 1}}).error().code, "inventory.insufficient");
    EXPECT_TRUE(keep(99)) << "an order that reserved nothing";
}

TEST_F(Inventory, releasing_twice_and_sweeping_after_it_frees_once) {
    stock(mug, 2).value();
    reserve(1, {{mug, 2}}).value();

    release(1);
    release(1);
    db_.clock().advance(std::chrono::minutes(16));

    EXPECT_EQ(sweep(), 0);
    EXPECT_EQ(available(mug), 2);
    EXPECT_FALSE(keep(1));
}

TEST_F(Inventory, an_order_whose_stock_was_lost_can_reserve_anew) {
    stock(mug, 2).value();
    reserve(1, {{mug, 2}}).value();
    release(1);

    reserve(1, {{mug, 2}}).value();

    EXPECT_TRUE(keep(1));
    EXPECT_EQ(available(mug), 0);
}

TEST_F(Inventory, the_sweep_frees_what_expired_in_batches) {
    stock(mug, 450).value();
    for (std::int64_t order = 1; order <= 450; ++order) reserve(order, {{mug, 1}}).value();
    db_.clock().advance(std::chrono::minutes(16));

    EXPECT_EQ(sweep(), 450);
    EXPECT_EQ(sweep(), 0);
    EXPECT_EQ(available(mug), 450);
}

TEST_F(Inventory, a_buyer_frees_as_many_expired_reservations_as_he_needs) {
    stock(mug, 450).value();
    for (std::int64_t order = 1; order <= 450; ++order) reserve(order, {{mug, 1}}).value();
    db_.clock().advance(std::chrono::minutes(16));

    EXPECT_TRUE(reserve(999, {{mug, 450}}));
}

TEST_F(Inventory, backorder_goes_below_zero_and_nothing_else_does) {
    EXPECT_TRUE(reserve(1, {{mug, 4, true, StockPolicy::backorder}}));
    EXPECT_EQ(available(mug), -4);
    EXPECT_EQ(reserve(2, {{mug, 1}}).error().code, "inventory.insufficient");

    stock(mug, 3).value();
    EXPECT_EQ(available(mug), -1);
    stock(mug, 10).value();
    EXPECT_TRUE(reserve(3, {{mug, 6}}));
    EXPECT_EQ(available(mug), 0);
}

TEST_F(Inventory, what_is_not_tracked_reserves_nothing) {
    EXPECT_TRUE(reserve(1, {{mug, 1'000, false}}));
    EXPECT_EQ(db_.count("SELECT COUNT(*) FROM stock_movements"), 0);
    EXPECT_TRUE(keep(1));
}

TEST_F(Inventory, shipping_takes_from_the_shelf_and_from_the_promise) {
    stock(mug, 10).value();
    reserve(1, {{mug, 4}}).value();
    keep(1);

    EXPECT_TRUE(ship(1, {{mug, 1}}));
    EXPECT_TRUE(ship(1, {{mug, 3}}));

    EXPECT_EQ(available(mug), 6);
    EXPECT_EQ(ship(1, {{mug, 1}}).error().code, "inventory.not_reserved");
    release(1);
    EXPECT_EQ(available(mug), 6) << "what left the house is not released";
    restock(1, {{mug, 2}});
    EXPECT_EQ(available(mug), 8);
}

TEST_F(Inventory, a_backorder_ships_when_the_goods_have_come_in) {
    reserve(1, {{mug, 2, true, StockPolicy::backorder}}).value();
    EXPECT_EQ(ship(1, {{mug, 2}}).error().code, "inventory.not_on_hand");

    stock(mug, 2).value();

    EXPECT_TRUE(ship(1, {{mug, 2}}));
    EXPECT_EQ(available(mug), 0);
}

TEST_F(Inventory, a_count_below_what_is_promised_is_refused) {
    stock(mug, 5).value();
    reserve(1, {{mug, 3}}).value();

    EXPECT_EQ(stock(mug, 2).error().code, "inventory.below_reserved");
    EXPECT_EQ(stock(mug, -1).error().code, "inventory.invalid_quantity");
    EXPECT_TRUE(stock(mug, 3));
    EXPECT_EQ(available(mug), 0);
}

TEST_F(Inventory, setting_the_same_number_again_writes_no_movement) {
    stock(mug, 5).value();
    stock(mug, 5).value();

    EXPECT_EQ(db_.count("SELECT COUNT(*) FROM stock_movements"), 1);
}

TEST_F(Inventory, the_class_told_to_the_catalogue_follows_what_is_available) {
    const auto told = [&] {
        return db_.count(
            "SELECT CASE availability WHEN 'in_stock' THEN 2 WHEN 'low_stock' THEN 1 ELSE 0 END FROM stock_levels");
    };
    stock(mug, 6).value();
    EXPECT_EQ(told(), 2);

    reserve(1, {{mug, 1}}).value();
    EXPECT_EQ(told(), 1);
    reserve(2, {{mug, 5}}).value();
    EXPECT_EQ(told(), 0);
    release(2);
    EXPECT_EQ(told(), 1);
    db_.clock().advance(std::chrono::minutes(16));
    EXPECT_EQ(sweep(), 1);
    EXPECT_EQ(told(), 2);
}

TEST_F(Inventory, a_demand_that_leaves_little_is_scarce) {
    stock(mug, 10).value();

    EXPECT_FALSE(scarce({{mug, 4}}));
    EXPECT_TRUE(scarce({{mug, 5}}));
    EXPECT_TRUE(scarce({{kite, 1}}));
    EXPECT_FALSE(scarce({{kite, 1, true, StockPolicy::backorder}, {tray, 1, false}}));
    EXPECT_FALSE(scarce({}));
}

TEST_F(Inventory, the_audit_names_what_does_not_add_up) {
    stock(mug, 5).value();
    reserve(1, {{mug, 2}}).value();
    broken_ = true;

    db_.execute("UPDATE stock_levels SET on_hand = 4");
    EXPECT_EQ(findings(), (std::vector<std::string>{"stock.on_hand " + mug.text(), "stock.conservation shop"}));
    db_.execute("UPDATE stock_levels SET on_hand = 5, reserved = 6");
    EXPECT_EQ(findings(),
              (std::vector<std::string>{"stock.reserved_movements " + mug.text(),
                                        "stock.reserved_reservations " + mug.text(), "stock.oversold " + mug.text()}));
    db_.execute("UPDATE stock_levels SET reserved = 2, variant_id = 7");
    EXPECT_EQ(findings().back(), "stock.orphans " + mug.text());
}

TEST_F(Inventory, a_fault_in_the_ledger_stops_the_release_instead_of_hiding_it) {
    stock(mug, 5).value();
    reserve(1, {{mug, 2}}).value();
    db_.execute("UPDATE stock_levels SET reserved = 1");
    broken_ = true;

    EXPECT_THROW(release(1), db::Fault);
}

TEST_F(Inventory, every_statement_prepares_and_uses_an_index) {
    EXPECT_EQ(testing::unprepared_statements(db_), std::vector<std::string>{});
    for (const auto& scan : testing::full_scans(db_)) {
        if (!scan.starts_with("inventory.")) continue;
        EXPECT_TRUE(scan.starts_with("inventory.audit_")) << scan;
    }
}

}  // namespace
}  // namespace caddy::inventory
