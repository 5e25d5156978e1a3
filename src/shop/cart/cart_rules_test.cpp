#include "shop/cart/cart_rules.hpp"

#include <gtest/gtest.h>

namespace caddy::cart {
namespace {

Currency currency(std::string_view code) { return Currency::parse(code).value(); }

catalog::Offer offer(std::int64_t variant, std::int64_t minor, std::string_view code = "CNY") {
    catalog::Offer made;
    made.variant = {variant};
    made.product = {7};
    made.title = "Teapot";
    made.price = {minor, currency(code)};
    return made;
}

Cart cart_with(std::vector<Line> lines) {
    Cart cart;
    cart.token = "secret";
    cart.currency = currency("CNY");
    cart.lines = std::move(lines);
    return cart;
}

std::string pointer_of(const Error& error) { return error.fields.empty() ? "" : error.fields.front().pointer; }

TEST(CartRules, a_guests_cart_opens_to_its_token_and_a_customers_to_his_sign_in) {
    auto cart = cart_with({});
    EXPECT_TRUE(is_owned(cart, {0, "secret"}));
    EXPECT_TRUE(is_owned(cart, {5, "secret"}));
    EXPECT_FALSE(is_owned(cart, {0, "wrong!"}));
    EXPECT_FALSE(is_owned(cart, {5, ""}));
    cart.token.clear();
    EXPECT_FALSE(is_owned(cart, {0, ""})) << "no token is no proof";

    cart = cart_with({});
    cart.customer = 5;
    EXPECT_TRUE(is_owned(cart, {5, ""}));
    EXPECT_FALSE(is_owned(cart, {6, "secret"}));
    EXPECT_FALSE(is_owned(cart, {0, "secret"}));
}

TEST(CartRules, more_of_the_same_merges_and_freezes_the_current_price) {
    const auto cart = cart_with({line_of({11}, offer(1, 500), 2)});

    const auto same = merged_line(cart, offer(1, 500), 3, {}).value();
    EXPECT_EQ(same.id, LineId{11});
    EXPECT_EQ(same.quantity, 5);
    EXPECT_FALSE(same.price_changed_from);

    const auto dearer = merged_line(cart, offer(1, 600), 3, {}).value();
    EXPECT_EQ(dearer.unit_price.minor, 600);
    EXPECT_EQ(dearer.total.minor, 3'000);
    EXPECT_EQ(dearer.price_changed_from->minor, 500);
}

TEST(CartRules, quantities_stay_within_the_line) {
    const auto cart = cart_with({line_of({11}, offer(1, 500), 998)});

    for (const std::int64_t bad : {std::int64_t{0}, std::int64_t{-1}, std::int64_t{1'000}, INT64_MAX, INT64_MIN}) {
        const auto outcome = merged_line(cart, offer(2, 500), bad, {});
        EXPECT_EQ(outcome.error().code, "cart.invalid_quantity") << bad;
        EXPECT_EQ(pointer_of(outcome.error()), "/quantity");
    }
    EXPECT_TRUE(merged_line(cart, offer(1, 500), 1, {}));
    EXPECT_EQ(merged_line(cart, offer(1, 500), 2, {}).error().code, "cart.invalid_quantity");
}

TEST(CartRules, a_full_cart_takes_more_of_what_it_holds_and_nothing_else) {
    Config config;
    config.lines_per_cart_max = 1;
    const auto cart = cart_with({line_of({11}, offer(1, 500), 1)});

    EXPECT_TRUE(merged_line(cart, offer(1, 500), 1, config));
    EXPECT_EQ(merged_line(cart, offer(2, 500), 1, config).error().code, "cart.line_limit");
}

TEST(CartRules, the_first_line_decides_the_currency_unless_it_was_asked_for) {
    auto empty = cart_with({});
    EXPECT_TRUE(merged_line(empty, offer(1, 500, "USD"), 1, {}));
    empty.currency_asked = true;
    const auto asked = merged_line(empty, offer(1, 500, "USD"), 1, {});
    EXPECT_EQ(asked.error().code, "cart.currency_mismatch");
    EXPECT_EQ(pointer_of(asked.error()), "/variant_id");

    const auto filled = cart_with({line_of({11}, offer(1, 500), 1)});
    EXPECT_EQ(merged_line(filled, offer(2, 500, "USD"), 1, {}).error().code, "cart.currency_mismatch");
}

TEST(CartRules, a_closed_cart_refuses_lines) {
    auto cart = cart_with({});
    cart.status = CartStatus::closed;

    EXPECT_EQ(merged_line(cart, offer(1, 500), 1, {}).error().code, "cart.closed");
}

TEST(CartRules, only_what_can_run_out_is_bounded_by_stock) {
    auto finite = offer(1, 500);
    EXPECT_EQ(quantity_limit(finite, 3, {}), 3);
    EXPECT_EQ(quantity_limit(finite, -3, {}), 0);
    EXPECT_EQ(quantity_limit(finite, 5'000, {}), 999);
    finite.policy = catalog::StockPolicy::backorder;
    EXPECT_EQ(quantity_limit(finite, 0, {}), 999);
    finite.policy = catalog::StockPolicy::deny;
    finite.tracked = false;
    EXPECT_EQ(quantity_limit(finite, 0, {}), 999);
}

TEST(CartRules, details_are_trimmed_and_every_fault_is_told_with_its_pointer) {
    Details good;
    good.email = {true, " lin@example.com "};
    good.note = {true, "  two\nlines "};
    const auto kept = accepted(good).value();
    EXPECT_EQ(*kept.email.value, "lin@example.com");
    EXPECT_EQ(*kept.note.value, "two\nlines");

    Details bad;
    bad.email = {true, "nobody"};
    Address address;
    address.country = "cn";
    address.city = "Xia\nmen";
    address.line1 = std::string(201, 'x');
    bad.shipping_address = {true, address};
    bad.note = {true, std::string(1'001, 'x')};
    const auto refused = accepted(bad);
    std::vector<std::string> pointers;
    for (const auto& field : refused.error().fields) pointers.push_back(field.pointer);
    EXPECT_EQ(pointers, (std::vector<std::string>{"/email", "/shipping_address/country", "/shipping_address/city",
                                                  "/shipping_address/line1", "/note"}));
}

TEST(CartRules, an_ipv6_network_counts_as_one_client) {
    EXPECT_EQ(client_hash("2001:db8:1:2::1"), client_hash("2001:db8:1:2:ffff::9"));
    EXPECT_NE(client_hash("2001:db8:1:2::1"), client_hash("2001:db8:1:3::1"));
    EXPECT_NE(client_hash("192.0.2.1"), client_hash("192.0.2.2"));
    EXPECT_EQ(client_hash("192.0.2.1").size(), 64U);
}

}  // namespace
}  // namespace caddy::cart
