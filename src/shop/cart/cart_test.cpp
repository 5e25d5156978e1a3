#include "tests/support/cart_fixture.hpp"
#include "tests/support/sql_check.hpp"

namespace caddy::cart {
namespace {

class Carts : public CartFixture {};

TEST_F(Carts, a_guest_opens_a_cart_with_a_token_of_his_own) {
    const auto cart = open();

    EXPECT_EQ(cart.token.size(), 32U);
    EXPECT_NE(cart.token, open().token);
    EXPECT_EQ(cart.currency, currency("CNY"));
    EXPECT_EQ(show(cart, guest(cart)).value().id, cart.id);
    EXPECT_EQ(show(cart, {0, ""}).error().code, "cart.not_found");
    EXPECT_EQ(show(cart, {9, "guess"}).error().code, "cart.not_found");
}

TEST_F(Carts, a_customers_cart_is_nobody_elses) {
    const auto cart = open(5);

    EXPECT_TRUE(show(cart, {5, ""}));
    EXPECT_EQ(show(cart, {6, ""}).error().code, "cart.not_found");
    EXPECT_EQ(show(cart, {0, cart.token}).error().code, "cart.not_found");
}

TEST_F(Carts, a_line_shows_what_was_put_in_and_keeps_its_price) {
    const auto pot = product("pot", 5'999, 10);
    auto cart = add(open(), pot, 2).value();
    ASSERT_EQ(cart.lines.size(), 1U);
    EXPECT_EQ(cart.lines[0].total.minor, 11'998);
    EXPECT_EQ(cart.totals.total.minor, 11'998);
    EXPECT_EQ(cart.version, 2);

    put(draft("pot", {7'000, currency("CNY")}));

    EXPECT_EQ(show(cart, guest(cart)).value().lines[0].unit_price.minor, 5'999);
    cart = add(cart, pot, 1).value();
    EXPECT_EQ(cart.lines.size(), 1U);
    EXPECT_EQ(cart.lines[0].total.minor, 21'000);
    EXPECT_EQ(cart.lines[0].price_changed_from->minor, 5'999);
    const auto stored = show(cart, guest(cart)).value();
    EXPECT_EQ(stored.lines[0].id, cart.lines[0].id);
    EXPECT_EQ(stored.lines[0].quantity, 3);
    EXPECT_FALSE(stored.lines[0].price_changed_from);
}

TEST_F(Carts, freezing_again_takes_todays_prices_and_says_what_they_were) {
    const auto pot = product("pot", 100, 5), tray = product("tray", 200, 5), kite = product("kite", 300, 5);
    auto cart = add(open(), pot, 2).value();
    cart = add(cart, tray, 1).value();
    cart = add(cart, kite, 1).value();
    put(draft("pot", {150, currency("CNY")}));
    auto hidden = draft("kite", {1, currency("CNY")});
    hidden.published = false;
    put(hidden);

    const auto fresh = db_.run(carts_.freeze_again(context(), cart.id, guest(cart))).value();

    EXPECT_EQ(fresh.lines[0].unit_price.minor, 150);
    EXPECT_EQ(fresh.lines[0].price_changed_from->minor, 100);
    EXPECT_FALSE(fresh.lines[1].price_changed_from);
    EXPECT_EQ(fresh.lines[2].unit_price.minor, 300) << "what cannot be bought keeps its price";
    EXPECT_EQ(show(cart, guest(cart)).value().totals.subtotal.minor, 800);
}

TEST_F(Carts, more_than_there_is_is_refused_with_what_is_left) {
    const auto pot = product("pot", 100, 3);
    const auto cart = add(open(), pot, 2).value();

    const auto refused = add(cart, pot, 2);

    EXPECT_EQ(refused.error().code, "inventory.insufficient");
    EXPECT_EQ(refused.error().more->members(),
              R"("lines":[{"variant_id":")" + pot.text() + R"(","requested":4,"available":3}])");
    EXPECT_EQ(show(cart, guest(cart)).value().lines[0].quantity, 2);
}

TEST_F(Carts, less_is_always_possible_and_more_as_far_as_stock_reaches) {
    const auto pot = product("pot", 100, 5);
    auto cart = add(open(), pot, 4).value();
    stock(pot, 1);

    EXPECT_EQ(set(cart, 3).value().totals.subtotal.minor, 300);
    EXPECT_EQ(set(cart, 4).error().code, "inventory.insufficient");
    EXPECT_EQ(set(cart, 0).error().code, "cart.invalid_quantity");
    EXPECT_EQ(show(cart, guest(cart)).value().lines[0].quantity, 3);
}

TEST_F(Carts, what_runs_on_backorder_or_is_not_tracked_is_not_bounded_by_stock) {
    auto backorder = draft("kite", {100, currency("CNY")});
    backorder.variants[0].policy = catalog::StockPolicy::backorder;
    auto untracked = draft("card", {100, currency("CNY")});
    untracked.variants[0].tracked = false;

    const auto cart = add(open(), put(backorder), 50).value();

    EXPECT_TRUE(add(cart, put(untracked), 50));
}

TEST_F(Carts, what_is_not_for_sale_is_one_answer) {
    auto hidden = draft("secret", {100, currency("CNY")});
    hidden.published = false;
    auto unpriced = draft("unpriced", {100, currency("CNY")});
    unpriced.variants[0].price.reset();
    const auto cart = open();

    for (const auto variant : {VariantId{42}, put(hidden), put(unpriced)}) {
        const auto refused = add(cart, variant, 1);
        ASSERT_EQ(refused.error().code, "catalog.not_for_sale");
        EXPECT_EQ(refused.error().kind, ErrorKind::invalid);
        EXPECT_EQ(refused.error().fields.at(0).pointer, "/variant_id");
    }
}

TEST_F(Carts, the_first_line_brings_the_currency) {
    const auto pot = product("pot", 500, 10, "USD");
    const auto tray = product("tray", 500, 10);

    const auto cart = add(open(), pot, 1).value();

    EXPECT_EQ(show(cart, guest(cart)).value().currency, currency("USD"));
    EXPECT_EQ(add(cart, tray, 1).error().code, "cart.currency_mismatch");
    EXPECT_EQ(add(open(0, currency("CNY")), pot, 1).error().code, "cart.currency_mismatch");
}

TEST_F(Carts, taking_the_last_line_out_leaves_an_empty_cart) {
    const auto pot = product("pot", 500, 10);
    const auto cart = add(open(), pot, 1).value();

    const auto emptied = db_.run(carts_.remove_line(context(), cart.id, guest(cart), cart.lines[0].id)).value();

    EXPECT_TRUE(emptied.lines.empty());
    EXPECT_EQ(emptied.totals.total.minor, 0);
    EXPECT_EQ(db_.run(carts_.remove_line(context(), cart.id, guest(cart), cart.lines[0].id)).error().code,
              "cart.line_not_found");
}

TEST_F(Carts, details_stay_until_they_are_changed_or_cleared) {
    Details first;
    first.email = {true, "lin@example.com"};
    first.note = {true, "ring twice"};
    Address address;
    address.name = "林晓";
    address.city = "厦门市";
    first.shipping_address = {true, address};
    auto cart = change(open(), first).value();
    Details second;
    second.note = {true, std::nullopt};

    cart = change(cart, second).value();

    const auto stored = show(cart, guest(cart)).value();
    EXPECT_EQ(stored.email, "lin@example.com");
    EXPECT_EQ(stored.shipping_address, address);
    EXPECT_FALSE(stored.note);
    EXPECT_EQ(stored.version, 3);
}

TEST_F(Carts, shipping_counts_once_there_is_something_to_ship) {
    const auto pot = product("pot", 10'000, 10);
    auto cart = open();
    Details details;
    details.shipping_method_id = {true, method(cart, "standard")};

    cart = change(cart, details).value();
    EXPECT_EQ(cart.totals.total.minor, 0);
    cart = add(cart, pot, 1).value();
    EXPECT_EQ(cart.totals.shipping.minor, 1'000);
    EXPECT_EQ(cart.totals.total.minor, 11'000);
    cart = add(cart, pot, 1).value();
    EXPECT_EQ(cart.totals.shipping.minor, 0) << "free from 199.00 on";
    details.shipping_method_id = {true, shipping::MethodId{1}};
    EXPECT_EQ(change(cart, details).error().code, "shipping.not_available");
}

TEST_F(Carts, a_method_that_no_longer_ships_is_taken_off) {
    const auto pot = product("pot", 10'000, 10);
    auto cart = add(open(), pot, 1).value();
    Details details;
    details.shipping_method_id = {true, method(cart, "express")};
    change(cart, details).value();

    db_.execute("UPDATE shipping_methods SET active = 0");

    const auto shown = show(cart, guest(cart)).value();
    EXPECT_FALSE(shown.shipping_method_id);
    EXPECT_EQ(shown.totals.shipping.minor, 0);
}

TEST_F(Carts, a_closed_cart_is_shown_and_no_longer_written) {
    const auto pot = product("pot", 100, 10);
    const auto cart = add(open(), pot, 1).value();

    close(cart);

    EXPECT_EQ(show(cart, guest(cart)).value().status, CartStatus::closed);
    EXPECT_EQ(add(cart, pot, 1).error().code, "cart.closed");
    EXPECT_EQ(set(cart, 2).error().code, "cart.closed");
    EXPECT_EQ(change(cart, {}).error().code, "cart.closed");
    EXPECT_EQ(claim(cart, 5).error().code, "cart.closed");
}

TEST_F(Carts, one_client_opens_so_many_carts_an_hour) {
    Config config;
    config.carts_per_client_per_hour = 2;
    CartService strict{db_.database(), catalog_, inventory_, shipping_, taxes_, config};
    const auto another = [&] { return db_.run(strict.open(context(), std::nullopt, {})); };
    EXPECT_TRUE(another());
    EXPECT_TRUE(another());

    const auto refused = another();

    EXPECT_EQ(refused.error().code, "cart.too_many");
    EXPECT_EQ(refused.error().retry_after, std::chrono::seconds(3'600));
    db_.clock().advance(std::chrono::hours(1));
    EXPECT_TRUE(another());
}

TEST_F(Carts, abandoned_guests_carts_go_and_customers_carts_stay) {
    const auto pot = product("pot", 100, 5);
    const auto abandoned = add(open(), pot, 1).value();
    const auto closed = add(open(), pot, 1).value();
    close(closed);
    const auto kept = open(5);
    db_.clock().advance(std::chrono::days(89));
    const auto touched = add(open(), pot, 1).value();
    db_.clock().advance(std::chrono::days(2));

    EXPECT_EQ(db_.run(carts_.sweep_abandoned(context())), 2);

    EXPECT_EQ(show(abandoned, guest(abandoned)).error().code, "cart.not_found");
    EXPECT_TRUE(show(kept, {5, ""}));
    EXPECT_TRUE(show(touched, guest(touched)));
    EXPECT_EQ(db_.count("SELECT COUNT(*) FROM cart_lines"), 1);
}

TEST_F(Carts, every_statement_prepares_and_uses_an_index) {
    EXPECT_EQ(testing::unprepared_statements(db_), std::vector<std::string>{});
    for (const auto& scan : testing::full_scans(db_)) EXPECT_FALSE(scan.starts_with("cart.")) << scan;
}

}  // namespace
}  // namespace caddy::cart
