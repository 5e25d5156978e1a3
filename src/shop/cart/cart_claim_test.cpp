#include "tests/support/cart_fixture.hpp"

namespace caddy::cart {
namespace {

class Claims : public CartFixture {};

TEST_F(Claims, claiming_makes_a_guests_cart_the_customers) {
    const auto pot = product("pot", 100, 10);
    const auto cart = add(open(), pot, 2).value();

    const auto claimed = claim(cart, 5).value();

    EXPECT_EQ(claimed.cart.id, cart.id);
    EXPECT_FALSE(claimed.merged_from);
    EXPECT_TRUE(show(cart, {5, ""}));
    EXPECT_EQ(show(cart, guest(cart)).error().code, "cart.not_found");
    EXPECT_EQ(claim(cart, 5).value().cart.id, cart.id) << "twice is harmless";
    EXPECT_EQ(claim(cart, 6).error().code, "cart.not_found");
}

TEST_F(Claims, claiming_needs_the_token_and_a_sign_in) {
    const auto cart = open();

    EXPECT_EQ(db_.run(carts_.claim(context(5), cart.id, {5, "wrong"})).error().code, "cart.not_found");
    EXPECT_EQ(db_.run(carts_.claim(context(), cart.id, {0, cart.token})).error().code, "cart.not_found");
}

TEST_F(Claims, claiming_merges_into_the_customers_cart_as_far_as_stock_reaches) {
    const auto pot = product("pot", 100, 5), tray = product("tray", 200, 10), kite = product("kite", 300, 4);
    auto own = add(open(5), pot, 3, 5).value();
    auto basket = add(open(), pot, 4).value();
    basket = add(basket, tray, 2).value();
    basket = add(basket, kite, 4).value();
    stock(kite, 0);
    Details details;
    details.note = {true, "from the guest"};
    change(basket, details).value();

    const auto claimed = claim(basket, 5).value();

    EXPECT_EQ(claimed.cart.id, own.id);
    EXPECT_EQ(claimed.merged_from, basket.id);
    EXPECT_EQ(claimed.cart.note, "from the guest");
    ASSERT_EQ(claimed.clamped.size(), 2U);
    EXPECT_EQ(json::to_json(claimed.clamped), R"([{"variant_id":")" + pot.text() +
                                                  R"(","requested":7,"quantity":5},{"variant_id":")" + kite.text() +
                                                  R"(","requested":4,"quantity":0}])");
    own = show(own, {5, ""}).value();
    ASSERT_EQ(own.lines.size(), 2U);
    EXPECT_EQ(own.lines[0].quantity, 5);
    EXPECT_EQ(own.lines[1].quantity, 2);
    EXPECT_EQ(own.totals.subtotal.minor, 900);
    EXPECT_EQ(show(basket, {5, ""}).value().status, CartStatus::closed);

    const auto again = claim(basket, 5).value();
    EXPECT_EQ(again.cart.id, own.id);
    EXPECT_EQ(again.merged_from, basket.id);
    EXPECT_EQ(again.cart.lines[0].quantity, 5) << "nothing is merged twice";
}

TEST_F(Claims, what_the_customer_had_is_not_taken_out_by_a_merge) {
    const auto pot = product("pot", 100, 5);
    const auto own = add(open(5), pot, 4, 5).value();
    const auto basket = add(open(), pot, 1).value();
    stock(pot, 2);

    const auto claimed = claim(basket, 5).value();

    EXPECT_EQ(claimed.cart.lines.at(0).quantity, 4);
    EXPECT_EQ(claimed.clamped.at(0).requested, 5);
}

TEST_F(Claims, carts_in_two_currencies_stay_two_carts) {
    const auto pot = product("pot", 100, 5), tea = product("tea", 100, 5, "USD");
    const auto own = add(open(5), pot, 1, 5).value();
    const auto basket = add(open(), tea, 1).value();

    const auto claimed = claim(basket, 5).value();

    EXPECT_EQ(claimed.cart.id, basket.id);
    EXPECT_FALSE(claimed.merged_from);
    EXPECT_EQ(show(own, {5, ""}).value().lines.size(), 1U);
}

TEST_F(Claims, an_empty_cart_of_the_customers_takes_the_guests_currency) {
    const auto tea = product("tea", 100, 5, "USD");
    const auto own = open(5);
    const auto basket = add(open(), tea, 1).value();

    const auto claimed = claim(basket, 5).value();

    EXPECT_EQ(claimed.cart.id, own.id);
    EXPECT_EQ(claimed.cart.totals.total, (Money{100, currency("USD")}));
}

TEST_F(Claims, a_closed_account_leaves_no_cart_behind_and_takes_no_other_with_it) {
    const auto pot = product("pot", 100, 10);
    const auto own = add(open(5), pot, 1, 5).value(), other = add(open(6), pot, 1, 6).value();
    const auto basket = add(open(), pot, 1).value();
    claim(basket, 5).value();
    const auto stranger = add(open(), pot, 1).value();

    EXPECT_EQ(db_.run(carts_.erase_of(context(), 5)), 2);
    EXPECT_EQ(db_.run(carts_.erase_of(context(), 5)), 0) << "twice is harmless";

    EXPECT_EQ(show(own, {5, ""}).error().code, "cart.not_found");
    EXPECT_TRUE(show(other, {6, ""}));
    EXPECT_TRUE(show(stranger, guest(stranger)));
    EXPECT_EQ(db_.count("SELECT COUNT(*) FROM cart_lines"), 2);
}

}  // namespace
}  // namespace caddy::cart
