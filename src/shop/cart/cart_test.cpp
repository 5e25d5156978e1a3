#include "shop/cart/cart.hpp"

#include "tests/support/sql_check.hpp"
#include "tests/support/test_database.hpp"

#include <gtest/gtest.h>

namespace caddy::cart {
namespace {

using catalog::VariantId;

Currency currency(std::string_view code) { return Currency::parse(code).value(); }
Access guest(const Cart& cart) { return {0, cart.token}; }

class Carts : public ::testing::Test {
protected:
    Carts() { db_.run(shipping_.ensure_defaults(db_.context())); }

    template <class Body>
    auto write(Body body) {
        return db_.run(db_.database().transact(db_.context(), "test", std::move(body)));
    }

    catalog::ProductDraft draft(const std::string& handle, Money price) {
        catalog::ProductDraft draft;
        draft.handle = handle;
        draft.title = handle;
        draft.status = catalog::ProductStatus::active;
        draft.published = true;
        draft.variants.emplace_back().price = price;
        return draft;
    }
    VariantId put(const catalog::ProductDraft& draft) {
        return write([&](db::Transaction& tx) -> Task<Result<catalog::Saved>> {
            const auto ctx = db_.context();
            co_return co_await catalog_.save_product(tx, ctx, draft);
        }).value().variants.at(0);
    }
    void stock(VariantId variant, std::int64_t on_hand) {
        write([&](db::Transaction& tx) -> Task<Result<void>> {
            const auto ctx = db_.context();
            co_return co_await inventory_.set_on_hand(tx, ctx, variant, on_hand, inventory::MovementKind::received, "delivery");
        }).value();
    }
    VariantId product(const std::string& handle, std::int64_t minor, std::int64_t on_hand, std::string_view code = "CNY") {
        const auto variant = put(draft(handle, {minor, currency(code)}));
        stock(variant, on_hand);
        return variant;
    }

    Context context(std::int64_t user = 0) {
        db_.clock().advance(std::chrono::milliseconds(1));
        return user == 0 ? db_.context() : db_.context({user, 1, Role::customer});
    }
    Cart open(std::int64_t user = 0, std::optional<Currency> asked = {}) { return db_.run(carts_.open(context(user), asked, {})).value(); }
    Result<Cart> add(const Cart& cart, VariantId variant, std::int64_t quantity, std::int64_t user = 0) {
        return db_.run(carts_.add_line(context(), cart.id, {user, user == 0 ? cart.token : ""}, variant, quantity));
    }
    Result<Cart> show(const Cart& cart, const Access& access) { return db_.run(carts_.show(context(), cart.id, access)); }
    Result<Cart> set(const Cart& cart, std::int64_t quantity) {
        return db_.run(carts_.set_quantity(context(), cart.id, guest(cart), cart.lines.at(0).id, quantity));
    }
    Result<Cart> change(const Cart& cart, const Details& details) { return db_.run(carts_.change(context(), cart.id, guest(cart), details)); }
    Result<Claimed> claim(const Cart& cart, std::int64_t user) { return db_.run(carts_.claim(context(user), cart.id, {user, cart.token})); }
    void close(const Cart& cart) {
        write([&](db::Transaction& tx) -> Task<Result<void>> {
            const auto ctx = db_.context();
            CADDY_CO_TRY(co_await carts_.open_for_checkout(tx, cart.id, guest(cart)));
            co_await carts_.close(tx, ctx, cart.id);
            co_return Result<void>{};
        }).value();
    }
    shipping::MethodId method(const Cart& cart, std::string_view code) {
        for (const auto& quote : db_.run(carts_.shipping_methods(context(), cart.id, guest(cart))).value()) {
            if (quote.code == code) return quote.id;
        }
        return {};
    }

    testing::TestDatabase db_;
    catalog::CatalogService catalog_{db_.database()};
    inventory::InventoryService inventory_{db_.database(), catalog_, {}};
    shipping::ShippingService shipping_{db_.database()};
    CartService carts_{db_.database(), catalog_, inventory_, shipping_, {}, {}};
};

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

TEST_F(Carts, more_than_there_is_is_refused_with_what_is_left) {
    const auto pot = product("pot", 100, 3);
    const auto cart = add(open(), pot, 2).value();

    const auto refused = add(cart, pot, 2);

    EXPECT_EQ(refused.error().code, "inventory.insufficient");
    EXPECT_EQ(refused.error().more->members(), R"("lines":[{"variant_id":")" + pot.text() + R"(","requested":4,"available":3}])");
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
    EXPECT_EQ(db_.run(carts_.remove_line(context(), cart.id, guest(cart), cart.lines[0].id)).error().code, "cart.line_not_found");
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
    CartService strict{db_.database(), catalog_, inventory_, shipping_, {}, config};
    const auto another = [&] { return db_.run(strict.open(context(), std::nullopt, {})); };
    EXPECT_TRUE(another());
    EXPECT_TRUE(another());

    const auto refused = another();

    EXPECT_EQ(refused.error().code, "cart.too_many");
    EXPECT_EQ(refused.error().retry_after, std::chrono::seconds(3'600));
    db_.clock().advance(std::chrono::hours(1));
    EXPECT_TRUE(another());
}

TEST_F(Carts, claiming_makes_a_guests_cart_the_customers) {
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

TEST_F(Carts, claiming_needs_the_token_and_a_sign_in) {
    const auto cart = open();

    EXPECT_EQ(db_.run(carts_.claim(context(5), cart.id, {5, "wrong"})).error().code, "cart.not_found");
    EXPECT_EQ(db_.run(carts_.claim(context(), cart.id, {0, cart.token})).error().code, "cart.not_found");
}

TEST_F(Carts, claiming_merges_into_the_customers_cart_as_far_as_stock_reaches) {
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
    EXPECT_EQ(json::to_json(claimed.clamped), R"([{"variant_id":")" + pot.text() + R"(","requested":7,"quantity":5},{"variant_id":")" +
                                                  kite.text() + R"(","requested":4,"quantity":0}])");
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

TEST_F(Carts, what_the_customer_had_is_not_taken_out_by_a_merge) {
    const auto pot = product("pot", 100, 5);
    const auto own = add(open(5), pot, 4, 5).value();
    const auto basket = add(open(), pot, 1).value();
    stock(pot, 2);

    const auto claimed = claim(basket, 5).value();

    EXPECT_EQ(claimed.cart.lines.at(0).quantity, 4);
    EXPECT_EQ(claimed.clamped.at(0).requested, 5);
}

TEST_F(Carts, carts_in_two_currencies_stay_two_carts) {
    const auto pot = product("pot", 100, 5), tea = product("tea", 100, 5, "USD");
    const auto own = add(open(5), pot, 1, 5).value();
    const auto basket = add(open(), tea, 1).value();

    const auto claimed = claim(basket, 5).value();

    EXPECT_EQ(claimed.cart.id, basket.id);
    EXPECT_FALSE(claimed.merged_from);
    EXPECT_EQ(show(own, {5, ""}).value().lines.size(), 1U);
}

TEST_F(Carts, an_empty_cart_of_the_customers_takes_the_guests_currency) {
    const auto tea = product("tea", 100, 5, "USD");
    const auto own = open(5);
    const auto basket = add(open(), tea, 1).value();

    const auto claimed = claim(basket, 5).value();

    EXPECT_EQ(claimed.cart.id, own.id);
    EXPECT_EQ(claimed.cart.totals.total, (Money{100, currency("USD")}));
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
