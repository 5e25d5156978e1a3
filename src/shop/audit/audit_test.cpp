#include "shop/audit/audit.hpp"

#include "tests/support/sql_check.hpp"
#include "tests/support/test_database.hpp"

#include <gtest/gtest.h>

namespace caddy::audit {
namespace {

TEST(Audit, an_act_is_written_with_its_actor_and_what_changed) {
    testing::TestDatabase db;
    const auto ctx = db.context({7, 1, Role::staff});

    db.in_transaction([&](db::Transaction& tx) -> Task<bool> {
        const Act act{"catalog.product.update", "prod_1", json::Raw{R"({"title":"a"})"}, json::Raw{R"({"title":"b"})"}};
        co_await record(tx, ctx, act);
        co_return true;
    });

    EXPECT_EQ(db.count("SELECT COUNT(*) FROM audit_log WHERE actor = 7 AND role = 'staff' AND action = "
                       "'catalog.product.update' AND subject = 'prod_1' AND after_json LIKE '%b%'"),
              1);
}

class Log : public ::testing::Test {
protected:
    void note(const char* action, const char* subject, std::int64_t actor = 7) {
        const auto ctx = db.context({actor, 1, Role::staff});
        db.in_transaction([&](db::Transaction& tx) -> Task<bool> {
            const Act act{action, subject};
            co_await record(tx, ctx, act);
            co_return true;
        });
    }
    Page<Entry> list(const EntryQuery& query, int limit = 24, std::optional<std::string> cursor = {}) {
        PageRequest request;
        request.limit = limit;
        request.cursor = std::move(cursor);
        return db.run(log.list(db.context(), query, request)).value();
    }

    testing::TestDatabase db;
    AuditLog log{db.database()};
};

TEST_F(Log, entries_of_one_instant_are_paged_without_a_gap_or_a_repeat) {
    for (int i = 0; i < 5; ++i) note("catalog.product.update", "prod_1");

    std::vector<EntryId> seen;
    std::optional<std::string> cursor;
    do {
        const auto page = list({}, 2, cursor);
        for (const auto& entry : page.data) seen.push_back(entry.id);
        cursor = page.next;
    } while (cursor);

    ASSERT_EQ(seen.size(), 5U);
    for (std::size_t i = 1; i < seen.size(); ++i) EXPECT_GT(seen[i - 1], seen[i]);
}

TEST_F(Log, filters_narrow_together) {
    note("catalog.product.update", "prod_1");
    note("catalog.product.delete", "prod_1");
    note("catalog.product.update", "prod_2", 8);
    db.clock().advance(std::chrono::seconds(10));
    note("catalog.product.update", "prod_1", 0);

    EntryQuery query;
    query.subject = "prod_1";
    EXPECT_EQ(list(query).data.size(), 3U);
    EXPECT_FALSE(list(query).data.front().actor);
    query.action = "catalog.product.update";
    EXPECT_EQ(list(query).data.size(), 2U);
    query.actor = ActorId{7};
    EXPECT_EQ(list(query).data.size(), 1U);
    query.from = db.clock().now();
    EXPECT_TRUE(list(query).data.empty());
    EntryQuery late;
    late.from = db.clock().now();
    EXPECT_EQ(list(late).data.size(), 1U);
}

TEST_F(Log, a_cursor_is_of_use_in_its_own_list_alone) {
    for (int i = 0; i < 3; ++i) note("catalog.product.update", "prod_1");
    PageRequest request;
    request.cursor = list({}, 1).next;
    EntryQuery other;
    other.action = "catalog.product.update";

    const auto refused = db.run(log.list(db.context(), other, request));

    ASSERT_TRUE(refused.has_error());
    EXPECT_EQ(refused.error().code, "request.cursor_mismatch");
}

TEST_F(Log, its_statements_prepare_and_use_indexes) {
    EXPECT_EQ(testing::unprepared_statements(db), std::vector<std::string>{});
    EXPECT_EQ(testing::full_scans(db), std::vector<std::string>{});
}

}   // namespace
}   // namespace caddy::audit
