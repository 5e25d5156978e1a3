#include "shop/operations/operations.hpp"

#include "shop/catalog/catalog.hpp"
#include "tests/support/sql_check.hpp"
#include "tests/support/test_database.hpp"

#include <gtest/gtest.h>

#include <sstream>

namespace caddy::operations {
namespace {

using namespace std::chrono_literals;

class Operations : public ::testing::Test {
protected:
    void order(int id, const char* status, const char* currency, std::int64_t total, std::chrono::sys_days day) {
        const auto at = std::chrono::microseconds(day.time_since_epoch() + 1h).count();
        std::ostringstream sql;
        sql << "INSERT INTO orders (id, number, token, customer, caller, status, email, currency, subtotal_minor, "
               "discount_minor, shipping_minor, tax_minor, tax_included_minor, total_minor, tax_rate_basis_points, "
               "tax_mode, payment_id, payment_provider, payment_status, cart_id, expires_at, created_at, updated_at, "
               "version) VALUES ("
            << id << ", 'N" << id << "', '', 0, '', '" << status << "', 'a@example.com', '" << currency
            << "', 0, 0, 0, 0, 0, " << total << ", 0, 'inclusive', 0, 'manual', 'succeeded', 'c" << id << "', 0, " << at
            << ", 0, 1)";
        test.execute(sql.str());
    }
    Figures figures(std::chrono::sys_days from, std::chrono::sys_days to) {
        return test.run(operations.figures(test.context(), {from, to})).value();
    }

    testing::TestDatabase test;
    catalog::CatalogService catalog{test.database()};
    inventory::InventoryService inventory{test.database(), catalog, {}};
    OperationsService operations{test.database(), inventory};
    const std::chrono::sys_days monday = std::chrono::sys_days(std::chrono::year(2026) / 3 / 2);
};

TEST_F(Operations, sales_are_summed_per_currency_and_day_of_orders_whose_money_came_in) {
    using std::chrono::days;
    order(1, "paid", "CNY", 1'000, monday);
    order(2, "refunded", "CNY", 501, monday);
    order(3, "completed", "CNY", 2'000, monday + days(1));
    order(4, "shipped", "USD", 700, monday);
    order(5, "pending_payment", "CNY", 9'000, monday);
    order(6, "expired", "CNY", 9'000, monday);
    order(7, "paid", "CNY", 9'000, monday - days(1));
    order(8, "paid", "CNY", 9'000, monday + days(2));

    const auto seen = figures(monday, monday + days(1));

    ASSERT_EQ(seen.sales.size(), 2U);
    EXPECT_EQ(seen.sales[0].total, (Money{3'501, *Currency::parse("CNY")}));
    EXPECT_EQ(seen.sales[0].orders, 3);
    EXPECT_EQ(seen.sales[0].average.minor, 1'167);
    ASSERT_EQ(seen.sales[0].days.size(), 2U);
    EXPECT_EQ(seen.sales[0].days[0].date, "2026-03-02");
    EXPECT_EQ(seen.sales[0].days[0].total.minor, 1'501);
    EXPECT_EQ(seen.sales[1].total, (Money{700, *Currency::parse("USD")}));
    EXPECT_EQ(seen.conversion.orders_paid, 4);
    EXPECT_FALSE(seen.conversion.basis_points);
    EXPECT_EQ(seen.orders_by_status.size(), 6U);
}

TEST_F(Operations, a_year_is_the_most_and_the_end_comes_after_the_beginning) {
    using std::chrono::days;
    const auto refused = [&](std::chrono::sys_days from, std::chrono::sys_days to) {
        return test.run(operations.figures(test.context(), {from, to})).has_error();
    };
    EXPECT_FALSE(refused(monday, monday + days(365)));
    EXPECT_TRUE(refused(monday, monday + days(366)));
    EXPECT_TRUE(refused(monday, monday - days(1)));
}

TEST_F(Operations, a_parked_job_is_sent_on_its_way_once_and_that_is_written_down) {
    const auto ctx = test.context({7, 1, Role::staff});
    test.in_transaction([&](db::Transaction& tx) { return jobs::emit(tx, ctx, "a.thing", "x_1", "{}"); });
    test.execute("UPDATE outbox_events SET status = 'parked', attempts = 12");
    const jobs::EventId id{test.count("SELECT id FROM outbox_events")};

    EXPECT_EQ(test.run(operations.retry(ctx, id)).value().state, jobs::JobState::due);
    EXPECT_EQ(test.run(operations.retry(ctx, id)).error().code, "operations.job_not_parked");
    EXPECT_EQ(test.run(operations.retry(ctx, jobs::EventId{1})).error().code, "operations.job_not_found");

    EXPECT_EQ(test.count("SELECT attempts FROM outbox_events"), 0);
    EXPECT_EQ(test.count("SELECT COUNT(*) FROM audit_log WHERE action = 'operations.job.retry' AND actor = 7"), 1);
}

TEST_F(Operations, all_parked_jobs_of_one_type_go_on_and_no_others) {
    const auto ctx = test.context({7, 1, Role::staff});
    for (const auto* aggregate : {"x_1", "x_2"}) {
        for (const auto* type : {"a.thing", "b.thing"}) {
            test.in_transaction([&](db::Transaction& tx) { return jobs::emit(tx, ctx, type, aggregate, "{}"); });
        }
    }
    test.execute("UPDATE outbox_events SET status = 'parked'");

    EXPECT_EQ(test.run(operations.retry_all(ctx, {"a.thing"})).value().retried, 2);
    EXPECT_EQ(test.run(operations.retry_all(ctx, {"a.thing"})).value().retried, 0);
    EXPECT_EQ(test.count("SELECT COUNT(*) FROM outbox_events WHERE status = 'parked' AND type = 'b.thing'"), 2);
}

TEST_F(Operations, finished_events_of_a_type_and_time_are_delivered_again_a_part_at_a_time) {
    const auto ctx = test.context({7, 1, Role::staff});
    for (const auto* aggregate : {"x_1", "x_2", "x_3"}) {
        test.in_transaction([&](db::Transaction& tx) { return jobs::emit(tx, ctx, "orders.paid", aggregate, "{}"); });
        test.clock().advance(std::chrono::seconds(1));
    }
    const auto begun = ctx.now() - std::chrono::seconds(3);
    test.execute("UPDATE outbox_events SET status = 'done', finished_at = 5, attempts = 2, last_error = 'once'");
    test.execute("INSERT INTO outbox_deliveries (event_id, subscription, delivered_at) "
                 "SELECT id, 'a.handler', 5 FROM outbox_events");
    const auto waiting = [&] { return test.count("SELECT COUNT(*) FROM outbox_events WHERE status = 'waiting'"); };

    const auto first = test.run(operations.replay(ctx, {"orders.paid", begun, ctx.now(), 2})).value();
    EXPECT_EQ(first.replayed, 2);
    ASSERT_TRUE(first.next.has_value());
    EXPECT_EQ(waiting(), 2);
    EXPECT_EQ(test.count("SELECT COUNT(*) FROM outbox_deliveries"), 1);
    EXPECT_EQ(test.count("SELECT COUNT(*) FROM outbox_events WHERE status = 'waiting' AND attempts = 0 "
                         "AND finished_at IS NULL"), 2);
    const auto rest = test.run(operations.replay(ctx, {"orders.paid", *first.next, ctx.now()})).value();
    EXPECT_EQ(rest.replayed, 1);
    EXPECT_FALSE(rest.next.has_value());
    EXPECT_EQ(test.run(operations.replay(ctx, {"orders.paid", begun, ctx.now()})).value().replayed, 0);
    EXPECT_EQ(test.count("SELECT COUNT(*) FROM audit_log WHERE action = 'operations.jobs.replay'"), 3);
}

TEST_F(Operations, what_orders_something_to_be_done_is_not_replayed) {
    const auto ctx = test.context({7, 1, Role::staff});
    const auto now = ctx.now();
    const auto later = now + std::chrono::hours(1);
    for (const auto* type : {"order_mails.due", "identity.password_forgotten", "identity.registered", ""}) {
        EXPECT_FALSE(test.run(operations.replay(ctx, {type, now, later}))) << type;
    }
    EXPECT_FALSE(test.run(operations.replay(ctx, {"orders.paid", later, now})));
    EXPECT_FALSE(test.run(operations.replay(ctx, {"orders.paid", now, later, 501})));
    EXPECT_FALSE(test.run(operations.replay(ctx, {"orders.paid", now, later, 0})));
}

TEST_F(Operations, its_statements_prepare_and_use_indexes) {
    EXPECT_EQ(testing::unprepared_statements(test), std::vector<std::string>{});
    for (const auto& plan : testing::statement_plans(test)) {
        const bool of_figures = plan.statement == "orders.sales_by_day" || plan.statement == "orders.count_by_status" ||
                                plan.statement == "cart.made";
        if (!of_figures) continue;
        EXPECT_NE(plan.steps.front().find("COVERING INDEX"), std::string::npos) << plan.statement << plan.steps.front();
    }
}

}   // namespace
}   // namespace caddy::operations
