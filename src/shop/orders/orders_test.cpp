#include "shop/orders/orders.hpp"

#include "shop/orders/orders_store.hpp"
#include "tests/support/sql_check.hpp"
#include "tests/support/test_database.hpp"

#include <gtest/gtest.h>

#include <map>
#include <set>

namespace caddy::orders {
namespace {

using enum OrderStatus;

constexpr std::array all_states{pending_payment, paid,    fulfilling, shipped,            delivered, completed,
                                cancelled,       expired, refunding,  partially_refunded, refunded};

TEST(Transitions, are_exactly_these_and_no_others) {
    const std::map<OrderStatus, std::set<OrderStatus>> legal{
        {pending_payment, {paid, cancelled, expired}},
        {paid, {fulfilling, refunding}},
        {fulfilling, {shipped, refunding}},
        {shipped, {delivered, refunding}},
        {delivered, {completed, refunding}},
        {completed, {refunding}},
        {refunding, {partially_refunded, refunded, paid, fulfilling, shipped, delivered, completed}},
        {partially_refunded, {fulfilling, shipped, delivered, completed, refunding}}};

    for (const auto from : all_states) {
        for (const auto to : all_states) {
            const bool expected = legal.contains(from) && legal.at(from).contains(to);
            EXPECT_EQ(may_become(from, to), expected) << boost::describe::enum_to_string(from, "?") << " to "
                                                      << boost::describe::enum_to_string(to, "?");
        }
    }
}

TEST(Transitions, know_whose_money_is_in_the_house) {
    const std::set<OrderStatus> without_money{pending_payment, cancelled, expired, refunded};
    for (const auto status : all_states) EXPECT_EQ(is_paid_for(status), !without_money.contains(status));
}

TEST(Ownership, is_the_account_for_customers_and_the_token_for_guests) {
    EXPECT_TRUE(is_owner(7, "", {7, ""}));
    EXPECT_FALSE(is_owner(7, "", {8, ""}));
    EXPECT_FALSE(is_owner(7, "", {0, ""}));
    EXPECT_FALSE(is_owner(7, "secret", {0, "secret"}));   // a customer's order has no token that opens it
    EXPECT_TRUE(is_owner(0, "secret", {0, "secret"}));
    EXPECT_TRUE(is_owner(0, "secret", {9, "secret"}));
    EXPECT_FALSE(is_owner(0, "secret", {0, "Secret"}));
    EXPECT_FALSE(is_owner(0, "secret", {0, ""}));
    EXPECT_FALSE(is_owner(0, "", {0, ""}));
}

class Orders : public ::testing::Test {
protected:
    Draft draft(std::int64_t customer = 0) {
        const auto cny = *Currency::parse("CNY");
        Draft made;
        made.id = OrderId::next();
        made.customer = customer;
        made.caller = customer ? "user:" + std::to_string(customer) : "client:here";
        made.email = "lin@example.com";
        made.cart_id = id_text("cart", next_id());
        Line line;
        line.id = LineId::next();
        line.variant_id.value = 11;
        line.product_id.value = 12;
        line.title = "Celadon teapot";
        line.sku = "TEA";
        line.quantity = 3;
        line.unit_price = {1'000, cny};
        line.total = {3'000, cny};
        made.lines.push_back(line);
        const std::vector<pricing::Item> items{{line.unit_price, line.quantity, {{"VAT", 130'000}, {"Levy", 5'000}}}};
        made.tax.rounding = tax::Rounding::order;
        const auto bill = pricing::bill(items, {0, cny}, {500, cny}, {made.tax.mode, *made.tax.rounding});
        made.totals = bill.totals;
        made.lines[0].taxes = bill.items[0];
        made.shipping_taxes = bill.shipping;
        made.shipping_address = json::Raw{R"({"name":"Lin"})"};
        made.shipping_method = ShippingMethod{"standard", "Standard"};
        made.payment.id = PaymentId::next();
        made.payment.provider = "sandbox";
        made.payment.status = "created";
        made.expires_at = db_.clock().now() + std::chrono::minutes(30);
        return made;
    }
    Order place(const Draft& made) {
        return db_.in_transaction([&](db::Transaction& tx) -> Task<Order> {
            auto order = co_await orders_.place(tx, db_.context(), made);
            co_return order;
        });
    }
    bool step(OrderId id, OrderStatus from, OrderStatus to) {
        return db_.in_transaction([&](db::Transaction& tx) -> Task<bool> {
            const Step wanted{from, to, "test", "because"};
            const bool taken = co_await orders_.transition(tx, db_.context(), id, wanted);
            co_return taken;
        });
    }
    std::optional<Order> find(OrderId id) {
        return db_.in_transaction([&](db::Transaction& tx) -> Task<std::optional<Order>> {
            auto order = co_await orders_.find(tx, id);
            co_return order;
        });
    }
    Context customer(std::int64_t user) { return db_.context(Principal{user, 1, Role::customer}); }

    testing::TestDatabase db_;
    OrderService orders_{db_.database()};
};

TEST_F(Orders, a_placed_order_reads_back_as_it_was_answered) {
    const auto placed = place(draft());

    const auto read = find(placed.id);

    ASSERT_TRUE(read.has_value());
    EXPECT_EQ(json::to_json(*read), json::to_json(placed));
    EXPECT_EQ(read->tax.rate_basis_points, placed.tax.rate_basis_points);
    EXPECT_EQ(read->tax.rounding, placed.tax.rounding);
    EXPECT_EQ(read->lines[0].taxes, placed.lines[0].taxes);
    EXPECT_EQ(read->shipping_taxes, placed.shipping_taxes);
    ASSERT_EQ(read->tax_lines.size(), 2U);   // VAT and Levy, each over the line and the shipping
    EXPECT_EQ(read->tax_lines[0].taxable.minor, 3'500);
    EXPECT_EQ(read->tax_lines[0].amount.minor + read->tax_lines[1].amount.minor, placed.totals.tax_included.minor);
    EXPECT_EQ(read->caller, placed.caller);
}

TEST_F(Orders, a_number_is_for_people_and_has_the_day_in_it) {
    const auto order = place(draft());

    EXPECT_EQ(order.number.substr(0, 12), "CS-20261122-");
    EXPECT_EQ(order.number.size(), 18U);
    EXPECT_EQ(order.number.find_first_not_of("23456789ABCDEFGHJKLMNPQRSTUVWXYZ", 12), std::string::npos);
}

TEST_F(Orders, a_guest_gets_a_token_and_a_customer_none) {
    EXPECT_GE(place(draft()).token.value_or("").size(), 22U);
    EXPECT_FALSE(place(draft(5)).token.has_value());
}

TEST_F(Orders, a_guest_reads_with_the_token_and_nobody_without) {
    const auto order = place(draft());

    EXPECT_TRUE(db_.run(orders_.show(db_.context(), order.id, {0, *order.token})));
    EXPECT_EQ(db_.run(orders_.show(db_.context(), order.id, {0, "guess"})).error().code, "orders.not_found");
    EXPECT_EQ(db_.run(orders_.show(db_.context(), OrderId{1}, {0, *order.token})).error().code, "orders.not_found");
}

TEST_F(Orders, a_transition_is_guarded_and_writes_the_timeline_and_an_event) {
    const auto order = place(draft());

    EXPECT_TRUE(step(order.id, pending_payment, paid));
    EXPECT_FALSE(step(order.id, pending_payment, expired));

    const auto read = find(order.id);
    ASSERT_EQ(read->timeline.size(), 2U);
    EXPECT_EQ(read->status, paid);
    EXPECT_EQ(read->timeline[1].from, pending_payment);
    EXPECT_EQ(read->timeline[1].to, paid);
    EXPECT_EQ(read->timeline[1].note, "because");
    EXPECT_EQ(db_.count("SELECT COUNT(*) FROM outbox_events WHERE type = 'orders.paid'"), 1);
    EXPECT_EQ(db_.count("SELECT COUNT(*) FROM outbox_events WHERE type = 'orders.expired'"), 0);
}

TEST_F(Orders, a_cart_becomes_one_order_only) {
    auto first = draft(), second = draft();
    second.cart_id = first.cart_id;
    place(first);

    EXPECT_THROW(place(second), db::Conflict);
}

TEST_F(Orders, a_customer_walks_through_his_orders_newest_first_without_gaps) {
    std::vector<OrderId> placed;
    for (int i = 0; i < 5; ++i) placed.push_back(place(draft(5)).id);
    place(draft(6));

    std::vector<OrderId> seen;
    PageRequest request;
    request.limit = 2;
    request.count = true;
    for (;;) {
        const auto page = db_.run(orders_.list(customer(5), request)).value();
        EXPECT_EQ(page.count, 5);
        for (const auto& order : page.data) seen.push_back(order.id);
        if (!page.next) break;
        request.cursor = page.next;
    }

    std::reverse(placed.begin(), placed.end());
    EXPECT_EQ(seen, placed);
}

TEST_F(Orders, a_cursor_serves_its_own_list_alone) {
    for (int i = 0; i < 2; ++i) place(draft(5));
    PageRequest request;
    request.limit = 1;
    request.cursor = db_.run(orders_.list(customer(5), request)).value().next;
    ASSERT_TRUE(request.cursor.has_value());

    EXPECT_EQ(db_.run(orders_.list(customer(6), request)).error().code, "request.cursor_mismatch");
    for (const char* wrong : {"", "x", "0000000000000", "0000000000000aaaaaaaaaaaa", "!!!!!!!!!!!!!aaaaaaaaaaaa"}) {
        request.cursor = wrong;
        EXPECT_EQ(db_.run(orders_.list(customer(5), request)).error().code, "request.cursor_mismatch") << wrong;
    }
}

TEST_F(Orders, the_audit_finds_a_total_that_its_inputs_do_not_come_to) {
    const auto order = place(draft());
    EXPECT_TRUE(db_.run(orders_.audit(db_.context())).empty());

    db_.execute("UPDATE orders SET total_minor = total_minor - 1");

    const auto findings = db_.run(orders_.audit(db_.context()));
    ASSERT_EQ(findings.size(), 1U);
    EXPECT_EQ(findings[0].invariant, "4");
    EXPECT_EQ(findings[0].subject, order.id.text());
}

TEST_F(Orders, every_statement_prepares_and_none_that_a_request_runs_reads_a_whole_table) {
    EXPECT_EQ(testing::unprepared_statements(db_), std::vector<std::string>{});
    const std::vector<std::string_view> excused{"orders.walk", "orders.paid_twice", "orders.count_of_customer",
                                                "orders.audit_overshipped"};
    for (const auto& scan : testing::full_scans(db_, excused)) EXPECT_FALSE(scan.starts_with("orders.")) << scan;
}

}  // namespace
}  // namespace caddy::orders
