#include "shop/checkout/checkout_rules.hpp"
#include "tests/support/shop_world.hpp"

#include "platform/runtime/task_group.hpp"

namespace caddy::checkout {
namespace {

using orders::OrderStatus;

class Checkout : public World {};

std::vector<std::string> pointers(const Error& error) {
    std::vector<std::string> found;
    for (const auto& field : error.fields) found.push_back(field.pointer);
    return found;
}

TEST(Completeness, names_everything_that_is_missing_at_once) {
    cart::Cart cart;

    const auto refusal = rules::complete(cart, true);

    EXPECT_EQ(refusal.error().code, "checkout.incomplete");
    EXPECT_EQ(pointers(refusal.error()),
              (std::vector<std::string>{"/lines", "/email", "/shipping_address", "/shipping_method_id"}));
}

TEST(Completeness, wants_an_address_that_a_parcel_can_reach) {
    cart::Cart cart;
    cart.lines.emplace_back();
    cart.email = "lin@example.com";
    cart.shipping_address.emplace();
    cart.shipping_address->country.clear();
    cart.shipping_method_id.emplace();

    EXPECT_EQ(pointers(rules::complete(cart, true).error()),
              (std::vector<std::string>{"/shipping_address/name", "/shipping_address/country", "/shipping_address/city",
                                        "/shipping_address/line1"}));
    EXPECT_TRUE(rules::complete(cart, false));
}

TEST(Callers, are_told_apart_without_keeping_their_address) {
    Context guest, other, customer;
    guest.client = "203.0.113.7";
    other.client = "203.0.113.8";
    customer.principal.user = 5;

    EXPECT_NE(rules::caller_of(guest), rules::caller_of(other));
    EXPECT_EQ(rules::caller_of(guest).find("203."), std::string::npos);
    EXPECT_EQ(rules::caller_of(customer), "user:5");
}

TEST_F(Checkout, a_cart_becomes_an_order_with_stock_reserved_and_a_way_to_pay) {
    const auto pot = product("pot", 5'000, 10);

    const auto cart = filled_cart(pot, 3);
    const auto order = place(cart).value();

    EXPECT_EQ(order.status, OrderStatus::pending_payment);
    EXPECT_EQ(order.totals, cart.totals);
    EXPECT_EQ(order.lines.at(0).total.minor, 15'000);
    EXPECT_EQ(order.cart_id, cart.id.text());
    EXPECT_EQ(order.payment.status, "pending");
    ASSERT_TRUE(order.payment.next_action.has_value());
    EXPECT_NE(order.payment.next_action->text.find("/approve"), std::string::npos);
    EXPECT_EQ(available(pot), 7);
    EXPECT_EQ(events("orders.pending_payment"), 1);
    EXPECT_EQ(json::to_json(read(order)), json::to_json(order));
}

TEST_F(Checkout, a_cart_is_ordered_once) {
    const auto cart = filled_cart(product("pot", 5'000, 10), 1);
    place(cart).value();

    EXPECT_EQ(place(cart).error().code, "cart.closed");
    EXPECT_EQ(db_.count("SELECT COUNT(*) FROM orders"), 1);
}

TEST_F(Checkout, somebody_elses_cart_is_not_found) {
    auto cart = filled_cart(product("pot", 5'000, 10), 1);
    cart.token = "guess";

    EXPECT_EQ(place(cart).error().code, "cart.not_found");
}

TEST_F(Checkout, an_unknown_provider_is_refused_before_anything_is_written) {
    const auto cart = filled_cart(product("pot", 5'000, 10), 1);

    EXPECT_EQ(place(cart, "paypal").error().code, "payments.unknown_provider");
    EXPECT_TRUE(place(cart));
}

TEST_F(Checkout, an_unfinished_cart_says_what_is_missing) {
    const auto cart = db_.run(carts_.open(context(), cny(), {})).value();

    EXPECT_EQ(place(cart).error().code, "checkout.incomplete");
}

TEST_F(Checkout, a_changed_price_is_told_and_the_shopper_goes_on_with_it) {
    const auto pot = product("pot", 5'000, 10);
    const auto cart = filled_cart(pot, 2);
    product("pot", 6'000, 0);

    const auto refusal = place(cart).error();

    EXPECT_EQ(refusal.code, "checkout.price_changed");
    ASSERT_TRUE(refusal.more);
    const auto more = refusal.more->members();
    EXPECT_NE(more.find(R"("unit_price_before":{"amount_minor":5000)"), std::string::npos) << more;
    EXPECT_NE(more.find(R"("unit_price":{"amount_minor":6000)"), std::string::npos) << more;
    EXPECT_NE(more.find(R"("subtotal":{"amount_minor":12000)"), std::string::npos) << more;
    EXPECT_EQ(available(pot), 10);
    const auto order = place(cart).value();
    EXPECT_EQ(order.totals.subtotal.minor, 12'000);
}

TEST_F(Checkout, another_total_than_the_shopper_saw_is_refused_with_the_right_one) {
    const auto cart = filled_cart(product("pot", 5'000, 10), 1);

    const auto refusal = place(cart, "sandbox", 1);

    EXPECT_EQ(refusal.error().code, "checkout.price_changed");
    EXPECT_TRUE(place(cart, "sandbox", cart.totals.total.minor));
}

TEST_F(Checkout, what_is_not_sold_any_more_is_refused_by_line) {
    const auto pot = product("pot", 5'000, 10);
    const auto cart = filled_cart(pot, 1);
    db_.execute("UPDATE products SET status = 'archived'");

    const auto refusal = place(cart).error();

    EXPECT_EQ(refusal.code, "catalog.not_for_sale");
    EXPECT_NE(refusal.more->members().find(pot.text()), std::string::npos);
}

TEST_F(Checkout, too_little_stock_writes_nothing_and_says_what_is_left) {
    const auto pot = product("pot", 5'000, 3);
    const auto first = filled_cart(pot, 2), second = filled_cart(pot, 2);
    place(first).value();

    const auto refusal = place(second).error();

    EXPECT_EQ(refusal.code, "inventory.insufficient");
    EXPECT_NE(refusal.more->members().find(R"("available":1)"), std::string::npos);
    EXPECT_EQ(db_.count("SELECT COUNT(*) FROM orders"), 1);
    EXPECT_EQ(db_.count("SELECT COUNT(*) FROM payments"), 1);
    EXPECT_TRUE(db_.run(carts_.show(context(), second.id, access(second))).value().status == cart::CartStatus::open);
}

TEST_F(Checkout, stock_waits_shorter_where_it_is_scarce_and_longer_for_a_transfer) {
    const auto plenty = product("plenty", 100, 100), rare = product("rare", 100, 3);
    const auto wait = [](const orders::Order& order) {
        return std::chrono::round<std::chrono::minutes>(order.expires_at - order.created_at).count();
    };

    EXPECT_EQ(wait(order_of(plenty, 1)), 30);
    EXPECT_EQ(wait(order_of(rare, 1)), 10);
    EXPECT_EQ(wait(order_of(rare, 1, "manual")), 72 * 60);
}

TEST_F(Checkout, a_silent_provider_loses_nothing_and_the_same_order_goes_on) {
    const auto cart = filled_cart(product("pot", 5'000, 10), 1);
    flaky_.away = true;
    EXPECT_THROW((void)place(cart, "flaky"), Unavailable);
    EXPECT_EQ(db_.count("SELECT COUNT(*) FROM orders WHERE payment_status = 'created'"), 1);
    const OrderId id{db_.count("SELECT id FROM orders")};
    EXPECT_THROW((void)db_.run(checkout_.proceed(context(), id)), Unavailable);

    flaky_.away = false;
    const auto order = db_.run(checkout_.proceed(context(), id)).value();
    const auto again = db_.run(checkout_.proceed(context(), id)).value();

    EXPECT_EQ(order.payment.status, "pending");
    EXPECT_EQ(json::to_json(again), json::to_json(order));
    EXPECT_EQ(flaky_.asked, 3);   // what is begun is not begun again
    EXPECT_EQ(db_.count("SELECT COUNT(*) FROM sandbox_payments"), 1);
}

TEST_F(Checkout, the_key_is_recorded_with_the_order) {
    const auto cart = filled_cart(product("pot", 5'000, 10), 1);
    auto ctx = context();
    const IdempotencyKey key{std::string(64, 'a'), std::string(64, 'b'), ctx.now() + std::chrono::hours(1)};
    ctx.idempotency = &key;
    const Wish wish{"sandbox", std::nullopt};

    const auto order = db_.run(checkout_.place(ctx, cart.id, access(cart), wish)).value();

    EXPECT_EQ(db_.count("SELECT COUNT(*) FROM idempotency_keys WHERE made = '" + order.id.text() + "'"), 1);
    const auto other = filled_cart(product("cup", 100, 10), 1);
    EXPECT_EQ(db_.run(checkout_.place(ctx, other.id, access(other), wish)).error().code, "idempotency.in_progress");
    EXPECT_EQ(db_.count("SELECT COUNT(*) FROM orders"), 1);
}

TEST_F(Checkout, what_needs_no_parcel_needs_no_address_and_what_costs_nothing_is_paid_at_once) {
    const auto song = download("song", 0);
    cart::Details details;
    details.email = {true, "lin@example.com"};
    auto cart = db_.run(carts_.open(context(), cny(), details)).value();
    cart = db_.run(carts_.add_line(context(), cart.id, access(cart), song, 1)).value();

    const auto order = place(cart).value();

    EXPECT_EQ(order.status, OrderStatus::paid);
    EXPECT_EQ(order.payment.status, "succeeded");
    EXPECT_FALSE(order.shipping_address.has_value());
    EXPECT_FALSE(order.shipping_method.has_value());
    EXPECT_EQ(db_.count("SELECT COUNT(*) FROM sandbox_payments"), 0);
    db_.run(checkout_.cancel(context(), order.id, access(order))).value();
    run_refunds(order);
    EXPECT_EQ(status(order), "refunded");
}

class Quota : public World {
protected:
    Quota() : World(Config{.unpaid_per_customer_max = 1, .unpaid_per_address_max = 2}) {}
};

TEST_F(Quota, a_caller_keeps_only_so_many_unpaid_orders) {
    const auto pot = product("pot", 5'000, 100);
    const auto first = order_of(pot, 1);
    order_of(pot, 1);
    const auto cart = filled_cart(pot, 1);

    const auto refusal = place(cart).error();
    EXPECT_EQ(refusal.code, "checkout.too_many_unpaid");
    EXPECT_EQ(refusal.kind, ErrorKind::limited);
    EXPECT_TRUE(refusal.retry_after.has_value());

    approve(first);
    EXPECT_TRUE(place(cart));
}

TEST_F(Checkout, sixty_four_buyers_of_ten_units_make_exactly_ten_orders) {
    constexpr int buyers = 64, units = 10;
    const auto pot = product("pot", 5'000, units);
    std::vector<cart::Cart> carts;
    for (int i = 0; i < buyers; ++i) carts.push_back(filled_cart(pot, 1));
    std::vector<Context> contexts(buyers, context());
    for (int i = 0; i < buyers; ++i) contexts[static_cast<std::size_t>(i)].client = "client-" + std::to_string(i);
    int placed = 0, short_of_stock = 0, faults = 0;
    const Wish wish{"sandbox", std::nullopt};
    TaskGroup group(db_.executor(), [&](const std::exception_ptr&) { ++faults; });

    const auto buy = [](CheckoutService& checkout, const Context& ctx, const cart::Cart& cart, const Wish& wanted,
                        int& won, int& lost) -> Task<> {
        const cart::Access proof{0, cart.token};
        const auto outcome = co_await checkout.place(ctx, cart.id, proof, wanted);
        if (outcome) ++won;
        else if (outcome.error().code == "inventory.insufficient") ++lost;
    };
    for (std::size_t i = 0; i < carts.size(); ++i) {
        ASSERT_TRUE(group.spawn(buy(checkout_, contexts[i], carts[i], wish, placed, short_of_stock)));
    }
    db_.run(group.join());

    EXPECT_EQ(placed, units);
    EXPECT_EQ(short_of_stock, buyers - units);
    EXPECT_EQ(faults, 0);
    EXPECT_EQ(available(pot), 0);
    EXPECT_EQ(db_.count("SELECT COUNT(*) FROM orders"), units);
}

}  // namespace
}  // namespace caddy::checkout
