#include "shop/shipping/shipping.hpp"

#include "tests/support/sql_check.hpp"
#include "tests/support/test_database.hpp"

#include <gtest/gtest.h>

namespace caddy::shipping {
namespace {

Money money(std::int64_t minor, std::string_view code) { return {minor, Currency::parse(code).value()}; }

class Shipping : public ::testing::Test {
protected:
    Shipping() { db_.run(shipping_.ensure_defaults(ctx_)); }

    std::vector<Quote> quotes(Money subtotal) { return db_.run(quotes_task(subtotal)); }
    Result<Quote> quote(MethodId method, Money subtotal) { return db_.run(quote_task(method, subtotal)); }

    Task<std::vector<Quote>> quotes_task(Money subtotal) {
        auto db = co_await db_.database().read(ctx_);
        co_return co_await shipping_.quotes(db, subtotal);
    }
    Task<Result<Quote>> quote_task(MethodId method, Money subtotal) {
        auto db = co_await db_.database().read(ctx_);
        co_return co_await shipping_.quote(db, method, subtotal);
    }

    testing::TestDatabase db_;
    Context ctx_ = db_.context();
    ShippingService shipping_{db_.database()};
};

TEST_F(Shipping, a_new_shop_ships_by_standard_and_express) {
    const auto found = quotes(money(100'00, "CNY"));

    ASSERT_EQ(found.size(), 2U);
    EXPECT_EQ(found[0].code, "standard");
    EXPECT_EQ(found[0].price, money(10'00, "CNY"));
    EXPECT_EQ(found[0].free_above, money(199'00, "CNY"));
    EXPECT_EQ(found[1].code, "express");
    EXPECT_EQ(found[1].price, money(25'00, "CNY"));
    EXPECT_FALSE(found[1].free_above);
}

TEST_F(Shipping, standard_is_free_from_its_limit_on) {
    EXPECT_EQ(quotes(money(198'99, "CNY"))[0].price.minor, 10'00);
    EXPECT_EQ(quotes(money(199'00, "CNY"))[0].price.minor, 0);
    EXPECT_EQ(quotes(money(6'000, "JPY"))[0].price.minor, 0);
    EXPECT_EQ(quotes(money(5'999, "JPY"))[0].price.minor, 600);
}

TEST_F(Shipping, the_cheapest_comes_first) {
    db_.execute("UPDATE shipping_rates SET flat_minor = 1 WHERE currency = 'CNY' AND free_above_minor IS NULL");

    EXPECT_EQ(quotes(money(1, "CNY"))[0].code, "express");
}

TEST_F(Shipping, a_method_ships_only_where_it_has_a_rate_and_is_active) {
    const auto standard = quotes(money(1, "CNY"))[0].id;

    EXPECT_EQ(quote(standard, money(1, "USD")).value().price, money(5'00, "USD"));
    EXPECT_EQ(quote(standard, money(1, "ISK")).error().code, "shipping.not_available");
    EXPECT_EQ(quote(MethodId{1}, money(1, "CNY")).error().code, "shipping.not_available");
    db_.execute("UPDATE shipping_methods SET active = 0 WHERE code = 'standard'");
    EXPECT_EQ(quote(standard, money(1, "CNY")).error().code, "shipping.not_available");
    EXPECT_EQ(quotes(money(1, "CNY")).size(), 1U);
}

TEST_F(Shipping, starting_again_changes_nothing) {
    db_.execute("DELETE FROM shipping_methods WHERE code = 'express'");

    db_.run(shipping_.ensure_defaults(ctx_));

    EXPECT_EQ(db_.count("SELECT COUNT(*) FROM shipping_methods"), 1);
}

TEST_F(Shipping, every_statement_prepares_and_uses_an_index) {
    EXPECT_EQ(testing::unprepared_statements(db_), std::vector<std::string>{});
    // Whether there is any method at all is asked of a table with a handful of rows, once per start.
    EXPECT_EQ(testing::full_scans(db_, {"shipping.any_method"}), std::vector<std::string>{});
}

}  // namespace
}  // namespace caddy::shipping
