// What staff do to orders.
#include "platform/runtime/task_group.hpp"
#include "shop/checkout/checkout_admin_rules.hpp"
#include "tests/support/shop_world.hpp"

#include <algorithm>

namespace caddy::checkout {
namespace {

using orders::OrderStatus;
using payments::RefundStatus;

TEST(Pieces, are_sent_freed_and_refunded_no_more_often_than_they_were_ordered) {
    orders::Order order;
    const orders::LineId line{5};
    order.lines.push_back({line, {}, {}, "Pot", "", std::nullopt, 5, {}, {}, std::nullopt, true});
    payments::Refund done, failed;
    done.status = RefundStatus::done;
    done.lines = {{line, 2, 1, 1}};
    failed.status = RefundStatus::failed;
    failed.lines = {{line, 1, 0, 0}};
    const orders::Fulfilment parcel{{}, std::nullopt, "x", {}, {{line, 3}}};

    const auto states = rules::states_of(order, {parcel}, {done, failed});

    ASSERT_EQ(states.size(), 1U);
    EXPECT_EQ(states[0].waiting(), 1);
    EXPECT_EQ(states[0].refundable(), 3);
    EXPECT_FALSE(rules::all_sent(states));
    EXPECT_TRUE(rules::within(states, {{line, 1}}, rules::Against::waiting).has_value());
    EXPECT_EQ(rules::within(states, {{line, 2}}, rules::Against::waiting).error().code, "orders.quantity_exceeded");
    EXPECT_EQ(rules::within(states, {{orders::LineId{6}, 1}}, rules::Against::refundable).error().more->members(),
              R"("lines":[{"line_id":")" + orders::LineId{6}.text() + R"(","requested":1,"left":0}])");
    const auto split = rules::split(states, {{line, 3}}, Restock::yes);
    EXPECT_EQ(split.at(0).freed, 1);
    EXPECT_EQ(split.at(0).restocked, 2);
}

TEST(Pieces, paid_back_without_restock_are_those_that_were_sent_as_long_as_they_last) {
    const orders::LineId line{5};
    rules::LineState state{line, 5, 2};
    EXPECT_EQ(rules::split({state}, {{line, 2}}, Restock::no).at(0).freed, 0);
    EXPECT_EQ(rules::split({state}, {{line, 3}}, Restock::no).at(0).freed, 1);
    state.refunded = 2;
    EXPECT_EQ(rules::split({state}, {{line, 1}}, Restock::no).at(0).freed, 1);
    state.refunded = 3;
    state.freed = 1;
    EXPECT_EQ(rules::split({state}, {{line, 2}}, Restock::no).at(0).freed, 2);
}

class Staff : public World {
protected:
    explicit Staff(const tax::Config& tax = {}) : World({}, tax) {}

    Context staff() {
        db_.clock().advance(std::chrono::milliseconds(1));
        return db_.context({7, 1, Role::staff});
    }
    orders::Order paid(catalog::VariantId variant, std::int64_t quantity) {
        const auto order = order_of(variant, quantity);
        approve(order);
        return read(order);
    }
    Result<OrderView> fulfil(const orders::Order& order, std::int64_t quantity) {
        const Parcel parcel{{{order.lines.at(0).id, quantity}}, "SF123"};
        return db_.run(checkout_.fulfil(staff(), order.id, parcel));
    }
    Result<OrderView> advance(const orders::Order& order, OrderStatus to) {
        return db_.run(checkout_.advance(staff(), order.id, to));
    }
    Result<payments::Refund> refund(const orders::Order& order, std::int64_t amount_minor) {
        return db_.run(checkout_.refund_order(staff(), order.id, {.amount_minor = amount_minor, .reason = "late"}));
    }
    Result<payments::Refund> give_back(const orders::Order& order, std::int64_t pieces, Restock restock) {
        const RefundWish wish{std::nullopt, {{order.lines.at(0).id, pieces}}, "broken", restock};
        return db_.run(checkout_.refund_order(staff(), order.id, wish));
    }
    void carry_out(const payments::Refund& refund) { db_.run(checkout_.carry_out_refund(db_.context(), refund.id)); }
    OrderView view(const orders::Order& order) { return db_.run(checkout_.view(staff(), order.id)).value(); }
};

TEST_F(Staff, send_an_order_in_parts_and_take_it_to_its_end) {
    const auto pot = product("pot", 5'000, 10);
    const auto order = paid(pot, 3);

    EXPECT_EQ(fulfil(order, 1).value().order.status, OrderStatus::fulfilling);
    EXPECT_EQ(advance(order, OrderStatus::delivered).error().code, "orders.step_not_allowed");
    EXPECT_EQ(fulfil(order, 3).error().code, "orders.quantity_exceeded");
    EXPECT_EQ(fulfil(order, 2).value().order.status, OrderStatus::shipped);
    EXPECT_EQ(fulfil(order, 1).error().code, "orders.not_fulfillable");
    EXPECT_EQ(advance(order, OrderStatus::delivered).value().order.status, OrderStatus::delivered);
    EXPECT_EQ(advance(order, OrderStatus::delivered).value().order.status, OrderStatus::delivered);
    EXPECT_EQ(advance(order, OrderStatus::completed).value().order.status, OrderStatus::completed);

    EXPECT_EQ(view(order).fulfilments.size(), 2U);
    EXPECT_EQ(available(pot), 7);
    EXPECT_EQ(db_.count("SELECT on_hand FROM stock_levels"), 7);
    EXPECT_EQ(db_.count("SELECT COUNT(*) FROM audit_log WHERE actor = 7"), 4);
    EXPECT_EQ(view(order).order.timeline.back().actor, view(order).fulfilments.at(0).actor);
}

TEST_F(Staff, send_nothing_that_is_not_paid) {
    const auto order = order_of(product("pot", 5'000, 10), 1);

    EXPECT_EQ(fulfil(order, 1).error().code, "orders.not_fulfillable");
    EXPECT_EQ(refund(order, 100).error().code, "orders.not_refundable");
    EXPECT_EQ(db_.run(checkout_.view(staff(), OrderId{1})).error().code, "orders.not_found");
}

TEST_F(Staff, give_a_part_back_and_then_the_rest) {
    const auto order = paid(product("pot", 5'000, 10), 2);

    const auto first = refund(order, 1'000).value();
    EXPECT_EQ(status(order), "refunding");
    carry_out(first);
    carry_out(first);
    EXPECT_EQ(status(order), "partially_refunded");
    EXPECT_EQ(db_.count("SELECT refunded_minor FROM sandbox_payments"), 1'000);

    const auto left = order.totals.total.minor - 1'000;
    EXPECT_EQ(refund(order, left + 1).error().code, "payments.refund_too_much");
    carry_out(refund(order, left).value());
    EXPECT_EQ(status(order), "refunded");
    EXPECT_EQ(read(order).payment.status, "refunded");
    EXPECT_EQ(available(order.lines.at(0).variant_id), 10);
    EXPECT_EQ(refund(order, 1).error().code, "orders.not_refundable");
}

TEST_F(Staff, put_pieces_back_that_were_sent_and_free_those_that_were_not) {
    const auto pot = product("pot", 5'000, 10);
    const auto order = paid(pot, 3);
    fulfil(order, 1).value();

    const auto back = give_back(order, 3, Restock::yes).value();

    EXPECT_EQ(back.lines.at(0).freed, 2);
    EXPECT_EQ(back.lines.at(0).restocked, 1);
    EXPECT_EQ(back.amount.minor, order.totals.total.minor - order.totals.shipping.minor);
    EXPECT_EQ(available(pot), 10);
    EXPECT_EQ(db_.count("SELECT on_hand FROM stock_levels"), 10);
    carry_out(back);
    EXPECT_EQ(give_back(order, 1, Restock::no).error().code, "orders.quantity_exceeded");
    EXPECT_EQ(advance(order, OrderStatus::delivered).value().order.status, OrderStatus::delivered);
}

TEST_F(Staff, send_the_rest_of_what_was_refunded_in_part_and_no_more) {
    const auto pot = product("pot", 5'000, 10);
    const auto order = paid(pot, 3);
    const auto back = give_back(order, 1, Restock::no).value();
    EXPECT_EQ(back.lines.at(0).freed, 1);
    EXPECT_EQ(db_.count("SELECT on_hand FROM stock_levels"), 9);   // nobody else gets it either
    EXPECT_EQ(db_.count("SELECT reserved FROM stock_levels"), 2);
    // The provider has not answered yet.
    EXPECT_EQ(fulfil(order, 1).value().order.status, OrderStatus::refunding);
    carry_out(back);
    EXPECT_EQ(view(order).order.status, OrderStatus::partially_refunded);
    EXPECT_EQ(fulfil(order, 2).error().code, "orders.quantity_exceeded");
    EXPECT_EQ(fulfil(order, 1).value().order.status, OrderStatus::shipped);
    EXPECT_EQ(advance(order, OrderStatus::delivered).value().order.status, OrderStatus::delivered);
    EXPECT_EQ(db_.count("SELECT on_hand FROM stock_levels"), 7);
    EXPECT_EQ(db_.count("SELECT reserved FROM stock_levels"), 0);
    const auto findings = db_.run(inventory_.audit(staff()));
    EXPECT_TRUE(findings.empty());
}

TEST_F(Staff, send_parcels_during_a_refund_that_comes_to_nothing) {
    const auto order = paid(product("pot", 5'000, 10), 2);
    db_.execute("UPDATE sandbox_payments SET status = 'declined'");
    const auto refused = refund(order, 500).value();
    EXPECT_EQ(fulfil(order, 2).value().order.status, OrderStatus::refunding);
    carry_out(refused);
    EXPECT_EQ(status(order), "shipped");
}

TEST_F(Staff, send_nothing_while_all_of_the_money_goes_back) {
    const auto order = paid(product("pot", 5'000, 10), 2);
    ASSERT_TRUE(refund(order, order.totals.total.minor).has_value());
    EXPECT_EQ(fulfil(order, 1).error().code, "orders.not_fulfillable");
}

TEST_F(Staff, refund_piece_by_piece_what_one_refund_comes_to) {
    const auto order = paid(product("pot", 3'333, 10), 3);
    std::int64_t sum = 0;
    for (int piece = 0; piece < 3; ++piece) {
        const auto back = give_back(order, 1, Restock::no).value();
        carry_out(back);
        sum += back.amount.minor;
    }
    EXPECT_EQ(sum, order.totals.total.minor - order.totals.shipping.minor);
}

tax::Config on_top() {
    tax::Config config;
    config.mode = tax::Mode::exclusive;
    return config;
}

class StaffOfAShopThatAddsTax : public Staff {
protected:
    StaffOfAShopThatAddsTax() : Staff(on_top()) {}
};

TEST_F(StaffOfAShopThatAddsTax, refund_pieces_with_the_tax_that_was_added_to_them) {
    db_.execute("INSERT INTO tax_rates (id, name, country, province_key, category, rate_millionths, stacking, "
                "created_at, updated_at, version) VALUES (1, 'Odd', 'CN', '', 'standard', 99750, 'replaces', 0, 0, 1)");
    const auto order = paid(product("pot", 3'333, 10), 7);
    ASSERT_EQ(order.tax_lines.size(), 1U);
    EXPECT_EQ(order.tax_lines[0].amount, order.totals.tax);
    const auto shipping_tax = order.shipping_taxes.at(0).amount;
    std::int64_t sum = 0;
    for (const std::int64_t pieces : {1, 2, 4}) {
        const auto back = give_back(order, pieces, Restock::no).value();
        carry_out(back);
        sum += back.amount.minor;
    }
    EXPECT_EQ(sum, order.totals.total.minor - order.totals.shipping.minor - shipping_tax.minor);
    EXPECT_TRUE(db_.run(checkout_.audit(db_.context())).empty());
}

TEST_F(Staff, a_refused_refund_leaves_the_order_as_it_was) {
    const auto order = paid(product("pot", 5'000, 10), 1);
    db_.execute("UPDATE sandbox_payments SET status = 'declined'");

    const auto refused = refund(order, 500).value();
    carry_out(refused);

    EXPECT_EQ(status(order), "paid");
    EXPECT_EQ(view(order).refunds.at(0).status, RefundStatus::failed);
    EXPECT_EQ(view(order).payments.at(0).returned_minor, 0);
}

TEST_F(Staff, a_silent_provider_keeps_the_refund_pending) {
    const auto order = order_of(product("pot", 5'000, 10), 1, "flaky");
    approve(order);
    const auto waiting = refund(order, 500).value();
    flaky_.away = true;

    EXPECT_THROW(carry_out(waiting), Unavailable);

    EXPECT_EQ(status(order), "refunding");
    flaky_.away = false;
    carry_out(waiting);
    EXPECT_EQ(status(order), "partially_refunded");
}

TEST_F(Staff, transfers_are_marked_paid_and_paid_back_by_hand) {
    const auto order = order_of(product("pot", 5'000, 10), 1, "manual");
    EXPECT_EQ(db_.run(checkout_.mark_paid(staff(), order.payment.id)).value().order.status, OrderStatus::paid);
    carry_out(refund(order, 500).value());
    EXPECT_EQ(status(order), "refunding");

    const auto done = db_.run(checkout_.mark_refunded(staff(), order.payment.id)).value();

    EXPECT_EQ(done.order.status, OrderStatus::partially_refunded);
    EXPECT_EQ(db_.run(checkout_.mark_refunded(staff(), order.payment.id)).error().code, "payments.no_refund_due");
}

TEST_F(Staff, cancel_with_a_reason_that_the_timeline_keeps) {
    const auto pot = product("pot", 5'000, 10);
    const auto order = paid(pot, 2);

    const auto cancelled = db_.run(checkout_.cancel_by_staff(staff(), order.id, "sold out at the maker's")).value();

    EXPECT_EQ(cancelled.order.status, OrderStatus::refunding);
    EXPECT_EQ(cancelled.order.timeline.back().note, "sold out at the maker's");
    EXPECT_EQ(available(pot), 10);
    EXPECT_EQ(refund(order, 1).error().code, "orders.not_refundable");
    run_refunds(order);
    EXPECT_EQ(status(order), "refunded");
    const auto noted = db_.run(checkout_.note(staff(), order.id, "He called.")).value();
    EXPECT_EQ(orders::history_of(noted.order).back().note, "He called.");
    const auto& shown = noted.order.timeline;
    EXPECT_TRUE(std::ranges::none_of(shown, [](const auto& entry) { return entry.note == "He called."; }));
}

TEST_F(Staff, what_never_runs_out_is_sent_without_stock) {
    const auto file = download("file", 500);
    const auto order = paid(file, 1);

    EXPECT_EQ(fulfil(order, 1).value().order.status, OrderStatus::shipped);
    carry_out(give_back(order, 1, Restock::yes).value());
    EXPECT_EQ(db_.count("SELECT COUNT(*) FROM stock_movements"), 0);
}

TEST_F(Staff, the_audit_finds_refunds_that_do_not_add_up) {
    const auto order = paid(product("pot", 5'000, 10), 1);
    carry_out(refund(order, 500).value());
    broken_ = true;

    db_.execute("UPDATE payments SET returned_minor = 400");
    EXPECT_EQ(db_.run(checkout_.audit(db_.context())).at(0).invariant, "refunds");
    db_.execute("UPDATE payments SET returned_minor = 500");
    db_.execute("UPDATE orders SET status = 'refunded'");
    EXPECT_EQ(db_.run(checkout_.audit(db_.context())).at(0).detail, "counts as refunded, but its payment does not");
}

TEST_F(Staff, find_orders_by_address_number_state_and_time_page_by_page) {
    const auto pot = product("pot", 5'000, 10);
    const auto first = order_of(pot, 1), second = paid(pot, 1);
    const auto search = [&](const orders::OrderQuery& query, const PageRequest& page) {
        return db_.run(orders_.search(staff(), query, page));
    };

    const auto page = search({}, {.limit = 1, .count = true}).value();
    EXPECT_EQ(page.data.at(0).id, second.id);
    EXPECT_EQ(page.count, 2);
    const auto rest = search({}, {.limit = 1, .cursor = page.next}).value();
    EXPECT_EQ(rest.data.at(0).id, first.id);
    EXPECT_FALSE(rest.next.has_value());
    EXPECT_EQ(search({.status = OrderStatus::paid}, {.cursor = page.next}).error().code, "request.cursor_mismatch");
    EXPECT_EQ(search({.status = OrderStatus::paid}, {}).value().data.size(), 1U);
    EXPECT_EQ(search({.email = "lin@example.com"}, {}).value().data.size(), 2U);
    EXPECT_EQ(search({.number = first.number.substr(0, 11)}, {}).value().data.size(), 2U);
    EXPECT_EQ(search({.email = "lin@example.com", .number = first.number}, {}).value().data.size(), 1U);
    EXPECT_TRUE(search({.created_max = first.created_at - std::chrono::hours(1)}, {}).value().data.empty());
    EXPECT_EQ(search({.created_min = first.created_at}, {}).value().data.size(), 2U);
}

}  // namespace
}  // namespace caddy::checkout
