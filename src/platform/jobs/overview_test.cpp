#include "platform/jobs/overview.hpp"

#include "tests/support/test_database.hpp"

#include <gtest/gtest.h>

namespace caddy::jobs {
namespace {

using namespace std::chrono_literals;

class Overview : public ::testing::Test {
protected:
    void emit_one(const char* type, const char* aggregate, std::chrono::seconds later = 0s) {
        const auto due = ctx.now() + later;
        test.in_transaction([&](db::Transaction& tx) { return emit_at(tx, ctx, due, type, aggregate, "{}"); });
    }
    std::vector<ListedJob> list(const JobQuery& query, crypto::Place after = crypto::newest_place(), int limit = 10) {
        return test.run([](db::Database& db, const Context& guest, JobQuery wanted, crypto::Place place,
                           int most) -> Task<std::vector<ListedJob>> {
            auto session = co_await db.read(guest);
            co_return co_await jobs_after(session, wanted, guest.now(), place, most);
        }(test.database(), ctx, query, after, limit));
    }
    std::vector<JobCount> counts() {
        return test.run([](db::Database& db, const Context& guest) -> Task<std::vector<JobCount>> {
            auto session = co_await db.read(guest);
            co_return co_await count_jobs(session, guest.now(), guest.now() - 1h);
        }(test.database(), ctx));
    }
    std::string text_of(Time time) { return std::to_string(time.time_since_epoch().count()); }

    testing::TestDatabase test;
    Context ctx = test.context();
};

TEST_F(Overview, each_event_stands_in_one_state) {
    emit_one("a.due", "x_1");
    emit_one("a.later", "x_2", 60s);
    for (const auto* aggregate : {"x_3", "x_4", "x_5"}) emit_one("a.other", aggregate);
    test.execute("UPDATE outbox_events SET lease_until = " + text_of(ctx.now() + 5s) + " WHERE aggregate = 'x_3'");
    test.execute("UPDATE outbox_events SET status = 'parked', last_error = 'no' WHERE aggregate = 'x_4'");
    test.execute("UPDATE outbox_events SET status = 'done', finished_at = " + text_of(ctx.now()) +
                 " WHERE aggregate = 'x_5'");

    const std::pair<JobState, const char*> expected[] = {{JobState::due, "x_1"},
                                                         {JobState::later, "x_2"},
                                                         {JobState::leased, "x_3"},
                                                         {JobState::parked, "x_4"},
                                                         {JobState::done, "x_5"}};
    for (const auto& [state, aggregate] : expected) {
        const auto found = list({state, {}});
        ASSERT_EQ(found.size(), 1U) << aggregate;
        EXPECT_EQ(found.front().job.aggregate, aggregate);
        EXPECT_EQ(found.front().job.state, state);
    }
    EXPECT_EQ(list({}).size(), 5U);
    EXPECT_EQ(list({JobState::parked, "a.due"}).size(), 0U);
    EXPECT_EQ(list({{}, "a.other"}).size(), 3U);
    EXPECT_EQ(counts().size(), 5U);
}

TEST_F(Overview, a_list_over_all_states_is_paged_without_gaps_or_repeats) {
    for (const auto* aggregate : {"x_1", "x_2", "x_3", "x_4", "x_5"}) emit_one("a.due", aggregate);
    test.execute("UPDATE outbox_events SET status = 'parked' WHERE aggregate IN ('x_2', 'x_4')");
    std::vector<EventId> seen;
    auto place = crypto::newest_place();
    for (;;) {
        const auto page = list({}, place, 2);
        if (page.empty()) break;
        for (const auto& each : page) seen.push_back(each.job.id);
        place = page.back().place;
    }
    ASSERT_EQ(seen.size(), 5U);
    for (std::size_t i = 1; i < seen.size(); ++i) EXPECT_GT(seen[i - 1], seen[i]);
}

}   // namespace
}   // namespace caddy::jobs
