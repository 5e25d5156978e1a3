#include "shop/flash_sales/flash_sales_rules.hpp"
#include "shop/flash_sales/flash_sales_store.hpp"
#include "tests/support/shop_world.hpp"

namespace caddy::flash_sales {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

Sale sale_from(Time start) {
    Sale sale;
    sale.title = "Mooncakes";
    sale.price = {9'900, Currency::parse("CNY").value()};
    sale.quota = 2;
    sale.stock = 5;
    sale.state = SaleState::armed;
    sale.starts_at = start;
    sale.ends_at = start + minutes(10);
    return sale;
}

TEST(Window, is_from_the_start_until_just_before_the_end) {
    const Time start{std::chrono::hours(1'000)};
    const auto sale = sale_from(start);

    EXPECT_EQ(check_window(sale, start - seconds(3)).error().code, "flash_sale.not_started");
    EXPECT_EQ(check_window(sale, start - seconds(3)).error().retry_after, seconds(3));
    EXPECT_TRUE(check_window(sale, start));
    EXPECT_TRUE(check_window(sale, sale.ends_at - std::chrono::microseconds(1)));
    EXPECT_EQ(check_window(sale, sale.ends_at).error().code, "flash_sale.ended");
}

TEST(Window, of_a_draft_does_not_exist_and_of_a_cancelled_sale_is_over) {
    const Time start{std::chrono::hours(1'000)};
    auto sale = sale_from(start);
    sale.state = SaleState::draft;
    EXPECT_EQ(check_window(sale, start).error().code, "flash_sale.not_found");
    sale.state = SaleState::cancelled;
    EXPECT_EQ(check_window(sale, start).error().code, "flash_sale.ended");
}

TEST(Sales, say_everything_that_is_wrong_with_them_at_once) {
    auto sale = sale_from(Time{std::chrono::hours(1'000)});
    EXPECT_TRUE(check_sale(sale));
    sale.title.clear();
    sale.price.minor = 0;
    sale.quota = 0;
    sale.stock = 0;
    sale.ends_at = sale.starts_at;
    EXPECT_EQ(check_sale(sale).error().fields.size(), 5U);
}

class FlashSales : public checkout::World {
protected:
    void TearDown() override {
        for (const auto& each : db_.run(sales_.audit(db_.context()))) {
            ADD_FAILURE() << each.invariant << " " << each.subject << " " << each.detail;
        }
        World::TearDown();
    }

    SaleDraft draft_of(catalog::VariantId variant, std::int64_t stock, std::int64_t quota) {
        const auto now = db_.context().now();
        return {"Mooncakes", variant, cny(), 3'000, quota, stock, now, now + minutes(10)};
    }
    Sale armed(catalog::VariantId variant, std::int64_t stock, std::int64_t quota = 1) {
        const auto made = db_.run(sales_.create(staff(), draft_of(variant, stock, quota))).value();
        return db_.run(sales_.arm(staff(), made.sale.id)).value().sale;
    }
    Wish wish(std::int64_t quantity = 1) {
        Wish wanted;
        wanted.quantity = quantity;
        wanted.request.email = "lin@example.com";
        cart::Address address;
        address.name = "Lin Yue";
        address.province = "Zhejiang";
        address.city = "Hangzhou";
        address.line1 = "1 Lakeside Road";
        wanted.request.shipping_address = address;
        wanted.request.shipping_method_id = method();
        wanted.request.payment_provider = "sandbox";
        wanted.request.language = "en";
        return wanted;
    }
    shipping::MethodId method() {
        if (!method_) {
            const auto cart = filled_cart(product("elsewhere", 1'000, 5), 1);
            method_ = cart.shipping_method_id;
        }
        return *method_;
    }
    Result<TicketView> take(const Sale& sale, std::int64_t customer, const Wish& wanted,
                            std::optional<SentKey> key = std::nullopt) {
        return db_.run(sales_.take_ticket(context(customer), sale.id, wanted, key));
    }
    TicketView follow(const TicketView& ticket) {
        return db_.run(sales_.ticket(context(ticket.ticket.customer), ticket.ticket.sale_id, ticket.ticket.id)).value();
    }
    AdminSale show(const Sale& sale) { return db_.run(sales_.show_all(db_.context(), sale.id)).value(); }
    void place_all() { db_.run(sales_.place_waiting(db_.context())); }
    Context staff() { return db_.context({1, 1, Role::staff}); }
    static http::ExpectedVersion any() { return http::ExpectedVersion(std::nullopt); }

    FlashSaleService sales_{db_.database(), {catalog_, inventory_, orders_, checkout_}, nullptr, {}};
    std::optional<shipping::MethodId> method_;
};

TEST_F(FlashSales, set_their_stock_apart_and_give_back_what_was_not_sold) {
    const auto pot = product("pot", 5'000, 10);
    const auto sale = armed(pot, 8);
    EXPECT_EQ(available(pot), 2);

    db_.clock().advance(minutes(11));
    db_.run(sales_.close_ended(db_.context()));

    EXPECT_EQ(available(pot), 10);
    EXPECT_EQ(show(sale).sale.state, SaleState::ended);
    EXPECT_EQ(show(sale).sale.returned, 8);
}

TEST_F(FlashSales, cannot_be_armed_with_more_than_there_is) {
    const auto pot = product("pot", 5'000, 3);
    const auto made = db_.run(sales_.create(staff(), draft_of(pot, 4, 1))).value();

    EXPECT_EQ(db_.run(sales_.arm(staff(), made.sale.id)).error().code, "inventory.insufficient");
    EXPECT_EQ(show(made.sale).sale.state, SaleState::draft);
    EXPECT_EQ(available(pot), 3);
}

TEST_F(FlashSales, a_ticket_becomes_an_order_at_the_sales_price_with_the_list_price_beside_it) {
    const auto pot = product("pot", 5'000, 10);
    const auto sale = armed(pot, 8, 2);

    const auto ticket = take(sale, 7, wish(2)).value();
    EXPECT_EQ(ticket.ticket.state, TicketState::waiting);
    EXPECT_EQ(ticket.position, 1);
    place_all();

    const auto done = follow(ticket);
    EXPECT_EQ(done.ticket.state, TicketState::ordered);
    const auto& order = done.order.value();
    EXPECT_EQ(order.customer, 7);
    EXPECT_EQ(order.cart_id, ticket.ticket.id.text());
    EXPECT_EQ(order.lines.at(0).unit_price.minor, 3'000);
    EXPECT_EQ(order.lines.at(0).list_price.value().minor, 5'000);
    EXPECT_EQ(order.lines.at(0).price_reason, sale.id.text());
    EXPECT_EQ(order.totals.subtotal.minor, 6'000);
    EXPECT_EQ(events("flash_sale.ordered"), 1);
    EXPECT_EQ(available(pot), 2);
    EXPECT_EQ(show(sale).sale.remaining, 6);
    EXPECT_EQ(db_.run(checkout_.proceed(db_.context(), order.id)).value().payment.status, "pending");
}

TEST_F(FlashSales, an_order_is_paid_and_sent_like_every_other) {
    const auto pot = product("pot", 5'000, 10);
    const auto ticket = take(armed(pot, 8), 7, wish()).value();
    place_all();
    const auto order = db_.run(checkout_.proceed(db_.context(), *follow(ticket).ticket.order_id)).value();

    approve(order);
    checkout::Parcel parcel;
    parcel.lines = {{order.lines.at(0).id, 1}};
    EXPECT_TRUE(db_.run(checkout_.fulfil(staff(), order.id, parcel)));

    EXPECT_EQ(status(order), "shipped");
}

TEST_F(FlashSales, nobody_gets_more_than_his_quota) {
    const auto sale = armed(product("pot", 5'000, 10), 8, 2);

    EXPECT_EQ(take(sale, 7, wish(3)).error().code, "flash_sale.quota");
    EXPECT_TRUE(take(sale, 7, wish(2)));
    EXPECT_EQ(take(sale, 7, wish(1)).error().code, "flash_sale.quota");
    EXPECT_TRUE(take(sale, 8, wish(1)));
}

TEST_F(FlashSales, sell_what_they_have_and_no_more) {
    const auto sale = armed(product("pot", 5'000, 10), 3);

    int admitted = 0;
    for (std::int64_t customer = 2; customer < 12; ++customer) {
        const auto ticket = take(sale, customer, wish());
        if (ticket) ++admitted;
        else EXPECT_EQ(ticket.error().code, "flash_sale.sold_out");
    }
    place_all();

    EXPECT_EQ(admitted, 3);
    EXPECT_EQ(db_.count("SELECT COUNT(*) FROM orders"), 3);
    EXPECT_EQ(show(sale).figures.ordered, 3);
    EXPECT_EQ(sales_.supply_of(show(sale).sale), Supply::sold_out);
}

TEST_F(FlashSales, the_same_key_gives_the_same_ticket_even_when_all_is_sold) {
    const auto sale = armed(product("pot", 5'000, 10), 1);
    const SentKey key{"scope-of-7", "hash"};
    const auto ticket = take(sale, 7, wish(), key).value();
    EXPECT_EQ(take(sale, 8, wish()).error().code, "flash_sale.sold_out");

    const auto again = take(sale, 7, wish(), key).value();

    EXPECT_EQ(again.ticket.id, ticket.ticket.id);
    EXPECT_TRUE(again.repeated);
    EXPECT_EQ(take(sale, 7, wish(), SentKey{"scope-of-7", "other"}).error().code, "idempotency.key_reused");
}

TEST_F(FlashSales, what_could_not_be_ordered_is_refused_before_units_are_taken) {
    const auto sale = armed(product("pot", 5'000, 10), 1);
    auto nowhere = wish();
    nowhere.request.shipping_address.reset();

    EXPECT_EQ(take(sale, 7, nowhere).error().code, "checkout.incomplete");
    auto unpayable = wish();
    unpayable.request.payment_provider = "shells";
    EXPECT_EQ(take(sale, 7, unpayable).error().code, "payments.unknown_provider");
    EXPECT_EQ(show(sale).sale.remaining, 1);
}

TEST_F(FlashSales, a_ticket_that_cannot_become_an_order_gives_its_units_back) {
    const auto pot = product("pot", 5'000, 10);
    const auto sale = armed(pot, 2);
    const auto ticket = take(sale, 7, wish()).value();
    auto gone = draft("pot", 5'000);
    gone.status = catalog::ProductStatus::archived;
    save(gone);

    place_all();

    const auto done = follow(ticket);
    EXPECT_EQ(done.ticket.state, TicketState::failed);
    EXPECT_EQ(done.ticket.reason, "catalog.not_for_sale");
    EXPECT_EQ(show(sale).sale.remaining, 2);
    EXPECT_TRUE(done.ticket.request.empty());
}

TEST_F(FlashSales, a_ticket_that_waited_too_long_expires_and_gives_its_units_back) {
    const auto sale = armed(product("pot", 5'000, 10), 2);
    const auto ticket = take(sale, 7, wish()).value();
    db_.clock().advance(minutes(3));

    place_all();

    EXPECT_EQ(follow(ticket).ticket.state, TicketState::expired);
    EXPECT_EQ(show(sale).sale.remaining, 2);
}

TEST_F(FlashSales, an_order_that_nobody_pays_gives_its_unit_back_to_the_sale_and_the_quota_to_its_customer) {
    const auto pot = product("pot", 5'000, 10);
    auto longer = draft_of(pot, 1, 1);
    longer.ends_at = longer.starts_at + std::chrono::hours(2);
    const auto made = db_.run(sales_.create(staff(), longer)).value();
    const auto sale = db_.run(sales_.arm(staff(), made.sale.id)).value().sale;
    const auto ticket = take(sale, 7, wish()).value();
    place_all();
    const auto order = *follow(ticket).ticket.order_id;
    db_.clock().advance(minutes(30));
    ASSERT_EQ(expire(), 1);

    db_.run(sales_.order_ended(db_.context(), order));
    db_.run(sales_.order_ended(db_.context(), order));

    EXPECT_EQ(show(sale).sale.remaining, 1);
    EXPECT_EQ(available(pot), 9);
    EXPECT_TRUE(take(sale, 7, wish()));
}

TEST_F(FlashSales, stock_of_a_running_sale_goes_up_and_down_as_far_as_it_is_free) {
    const auto pot = product("pot", 5'000, 10);
    const auto sale = armed(pot, 4);
    ASSERT_TRUE(take(sale, 7, wish()));
    SaleChange change;
    change.stock = {true, 9};
    EXPECT_EQ(db_.run(sales_.change(staff(), sale.id, any(), change)).value().sale.remaining, 8);
    EXPECT_EQ(available(pot), 1);
    change.stock = {true, 12};
    EXPECT_EQ(db_.run(sales_.change(staff(), sale.id, any(), change)).error().code, "inventory.insufficient");
    change.stock = {true, 1};
    EXPECT_EQ(db_.run(sales_.change(staff(), sale.id, any(), change)).value().sale.remaining, 0);
    EXPECT_EQ(available(pot), 9);
    place_all();
}

TEST_F(FlashSales, a_cancelled_sale_fails_what_waits_and_gives_everything_back) {
    const auto pot = product("pot", 5'000, 10);
    const auto sale = armed(pot, 4);
    const auto ticket = take(sale, 7, wish()).value();

    EXPECT_TRUE(db_.run(sales_.cancel(staff(), sale.id)));

    EXPECT_EQ(available(pot), 10);
    EXPECT_EQ(follow(ticket).ticket.reason, "flash_sale.ended");
    EXPECT_EQ(take(sale, 8, wish()).error().code, "flash_sale.ended");
    EXPECT_TRUE(db_.run(sales_.cancel(staff(), sale.id)));
}

TEST_F(FlashSales, the_price_of_an_armed_sale_stays) {
    const auto sale = armed(product("pot", 5'000, 10), 4);
    SaleChange change;
    change.price_minor = {true, 1};
    EXPECT_EQ(db_.run(sales_.change(staff(), sale.id, any(), change)).error().code, "flash_sale.wrong_state");
    EXPECT_EQ(db_.run(sales_.remove(staff(), sale.id, any())).error().code, "flash_sale.wrong_state");
}

TEST_F(FlashSales, a_ticket_is_its_owners_alone) {
    const auto sale = armed(product("pot", 5'000, 10), 4);
    const auto ticket = take(sale, 7, wish()).value();
    EXPECT_EQ(db_.run(sales_.ticket(context(8), sale.id, ticket.ticket.id)).error().code,
              "flash_sale.ticket_not_found");
    place_all();
}

}  // namespace
}  // namespace caddy::flash_sales
