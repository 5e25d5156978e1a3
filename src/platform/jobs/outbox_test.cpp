#include "platform/jobs/outbox.hpp"
#include "tests/support/sql_check.hpp"
#include "tests/support/test_database.hpp"

#include <gtest/gtest.h>

namespace caddy::jobs {
namespace {

using namespace std::chrono_literals;
using testing::TestDatabase;

class Outbox : public ::testing::Test {
protected:
    void emit_one(const char* aggregate) {
        test.in_transaction([&](db::Transaction& tx) { return emit(tx, ctx, "test.happened", aggregate, "{}"); });
    }
    std::vector<std::string> audit() {
        return test.run([](db::Database& database, const Context& guest) -> Task<std::vector<std::string>> {
            auto session = co_await database.read(guest);
            co_return co_await audit_sequences(session);
        }(test.database(), ctx));
    }
    std::int64_t sweep() { return test.run(sweep_finished(test.database(), ctx, ctx.now())); }

    TestDatabase test;
    Context ctx = test.context();
};

TEST_F(Outbox, numbers_run_without_gaps_per_aggregate_even_past_a_rollback) {
    emit_one("ord_1");
    emit_one("ord_2");
    const auto refused = test.run(test.database().transact(ctx, "test", [&](db::Transaction& tx) -> Task<Result<int>> {
        co_await emit(tx, ctx, "test.happened", "ord_1", "{}");
        co_return Error{ErrorKind::conflict, "test.no", "no"};
    }));
    ASSERT_TRUE(refused.has_error());
    emit_one("ord_1");

    EXPECT_EQ(test.count("SELECT COUNT(*) FROM outbox_events"), 3);
    EXPECT_EQ(test.count("SELECT MAX(sequence) FROM outbox_events WHERE aggregate = 'ord_1'"), 2);
    EXPECT_EQ(test.count("SELECT MAX(sequence) FROM outbox_events WHERE aggregate = 'ord_2'"), 1);
    EXPECT_TRUE(audit().empty());
}

TEST_F(Outbox, a_commit_tells_its_own_process_what_it_emitted_and_a_rollback_nothing) {
    std::vector<db::Announcement> heard;
    test.database().on_announcement([&](const auto& announcements) { heard = announcements; });
    const auto refused = test.run(test.database().transact(ctx, "test", [&](db::Transaction& tx) -> Task<Result<int>> {
        co_await emit(tx, ctx, "orders.paid", "ord_1", "{}");
        co_return Error{ErrorKind::conflict, "test.no", "no"};
    }));
    ASSERT_TRUE(refused.has_error());
    EXPECT_TRUE(heard.empty());
    const auto done = test.run(test.database().transact(ctx, "test", [&](db::Transaction& tx) -> Task<Result<int>> {
        co_await emit(tx, ctx, "orders.paid", "ord_1", R"({"total":5})");
        co_return 1;
    }));
    ASSERT_TRUE(done.has_value());
    ASSERT_EQ(heard.size(), 1U);
    EXPECT_EQ(heard[0].type, "orders.paid");
    EXPECT_EQ(heard[0].aggregate, "ord_1");
    EXPECT_EQ(heard[0].payload, R"({"total":5})");
    EXPECT_EQ(test.count("SELECT COUNT(*) FROM outbox_events WHERE id = " + std::to_string(heard[0].id)), 1);
}

TEST_F(Outbox, the_audit_names_an_aggregate_with_a_gap) {
    for (int i = 0; i < 3; ++i) emit_one("ord_1");
    emit_one("ord_2");
    test.execute("DELETE FROM outbox_events WHERE sequence = 2");
    EXPECT_EQ(audit(), std::vector<std::string>{"ord_1: 2 events numbered 1 to 3 instead of 1 to 3"});

    test.execute("DELETE FROM outbox_aggregates");
    EXPECT_EQ(audit().size(), 2U);
}

TEST_F(Outbox, the_sweep_keeps_gaps_visible) {
    for (int i = 0; i < 4; ++i) emit_one("ord_1");
    emit_one("ord_2");
    test.execute("UPDATE outbox_events SET status = 'done', finished_at = 1 WHERE sequence <> 3");
    test.execute("INSERT INTO outbox_deliveries SELECT id, 'test', 1 FROM outbox_events");

    EXPECT_EQ(sweep(), 3);   // 1 and 2 of the first, 1 of the second; 4 stands after one that is not done

    EXPECT_EQ(test.count("SELECT COUNT(*) FROM outbox_deliveries"), 2);
    EXPECT_TRUE(audit().empty());
    EXPECT_EQ(sweep(), 0);
    emit_one("ord_2");
    EXPECT_EQ(test.count("SELECT sequence FROM outbox_events WHERE aggregate = 'ord_2'"), 2);
    test.execute("DELETE FROM outbox_events WHERE sequence = 4");
    EXPECT_EQ(audit().size(), 1U);
}

TEST_F(Outbox, its_statements_prepare_and_use_indexes) {
    EXPECT_EQ(testing::unprepared_statements(test), std::vector<std::string>{});
    EXPECT_EQ(testing::full_scans(test, {"outbox.audit", "outbox.unnumbered"}), std::vector<std::string>{});
}

}  // namespace
}  // namespace caddy::jobs
