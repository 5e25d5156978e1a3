#include "tests/support/job_worker.hpp"
#include "platform/runtime/permanent.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <set>

namespace caddy::jobs {
namespace {

TEST_F(Jobs, an_event_reaches_its_handler_with_all_that_was_said) {
    Event got;
    std::string route;
    table.on("orders.paid", "test.note", [&](const Context& context, const Event& event) -> Task<> {
        got = event;
        route = context.route;
        EXPECT_EQ(context.request_id, event.id.text());
        co_return;
    });
    emit_one("orders.paid", "ord_1", R"({"total":5})");
    Runner runner(test, table);

    ASSERT_TRUE(runner.until([&] { return in_status("done") == 1; }));

    EXPECT_EQ(got.type, "orders.paid");
    EXPECT_EQ(got.aggregate, "ord_1");
    EXPECT_EQ(got.sequence, 1);
    EXPECT_EQ(got.payload, R"({"total":5})");
    EXPECT_EQ(got.occurred_at, ctx.now());
    EXPECT_EQ(got.attempts, 0);
    EXPECT_EQ(route, "test.note");
}

TEST_F(Jobs, a_commit_that_emitted_does_not_wait_for_the_next_poll) {
    table.on("orders.paid", "test.note", note());
    auto config = quick();
    config.poll_ms = 60'000;
    Runner runner(test, table, config);
    runner.a_while();   // the worker has found nothing and waits
    transact_one(ctx.now(), "ord_1");
    EXPECT_TRUE(runner.until([&] { return seen.size() == 1; }));
}

TEST_F(Jobs, a_commit_whose_event_is_due_later_wakes_nobody) {
    int wakes = 0;
    test.database().on_announced([&] { ++wakes; });
    transact_one(ctx.now() + 1h, "ord_1");
    EXPECT_EQ(wakes, 0);
    transact_one(ctx.now(), "ord_2");
    EXPECT_EQ(wakes, 1);
}

TEST_F(Jobs, events_without_a_subscription_are_finished_at_once) {
    emit_one("nobody.cares", "x");
    Runner runner(test, table);
    EXPECT_TRUE(runner.until([&] { return in_status("done") == 1; }));
}

TEST_F(Jobs, order_is_kept_per_aggregate_even_across_retries) {
    int failures = 2;
    table.on("test.happened", "test.note", [&](const Context&, const Event& event) -> Task<> {
        if (event.aggregate == "a" && event.sequence == 1 && failures-- > 0) throw std::runtime_error("not yet");
        seen.push_back(event.aggregate + "/" + std::to_string(event.sequence));
        co_return;
    });
    for (int i = 0; i < 3; ++i) emit_one("test.happened", "a");
    for (int i = 0; i < 2; ++i) emit_one("test.happened", "b");
    Runner runner(test, table);

    ASSERT_TRUE(runner.until([&] { return seen.size() == 2; }));
    runner.a_while();
    EXPECT_EQ(seen, (std::vector<std::string>{"b/1", "b/2"}));   // a waits for its first

    test.clock().advance(1s);
    ASSERT_TRUE(runner.until([&] {
        return test.count("SELECT COUNT(*) FROM outbox_events WHERE attempts = 2 AND lease_until = 0") == 1;
    }));
    test.clock().advance(2s);
    ASSERT_TRUE(runner.until([&] { return in_status("done") == 5; }));
    EXPECT_EQ(std::vector<std::string>(seen.begin() + 2, seen.end()), (std::vector<std::string>{"a/1", "a/2", "a/3"}));
}

TEST_F(Jobs, a_poison_event_is_parked_and_the_next_one_goes_on) {
    table.on("test.poison", "test.poison", [&](const Context&, const Event&) -> Task<> {
        throw std::runtime_error("bad");
        co_return;
    });
    table.on("test.happened", "test.note", note());
    emit_one("test.poison", "a");
    emit_one("test.happened", "a");
    Runner runner(test, table);

    for (int i = 0; i < 3; ++i) {
        runner.until(
            [&] { return test.count("SELECT MAX(attempts) FROM outbox_events WHERE lease_until = 0") == i + 1; });
        test.clock().advance(10s);
    }

    ASSERT_TRUE(runner.until([&] { return in_status("done") == 1; }));
    EXPECT_EQ(in_status("parked"), 1);
    const auto waiting = backlog(runner.worker());
    EXPECT_EQ(waiting.parked, 1);
    EXPECT_EQ(waiting.due, 0);
    const auto parked = test.in_transaction([&](db::Transaction& tx) { return parked_events(tx, 10); });
    ASSERT_EQ(parked.size(), 1U);
    EXPECT_EQ(parked[0].last_error, "test.poison: bad");
    EXPECT_EQ(parked[0].attempts, 3);
    EXPECT_TRUE(test.in_transaction([&](db::Transaction& tx) { return unpark(tx, ctx, parked[0].id); }));
    EXPECT_FALSE(test.in_transaction([&](db::Transaction& tx) { return unpark(tx, ctx, EventId{1}); }));
    EXPECT_EQ(in_status("waiting"), 1);
}

TEST_F(Jobs, an_event_that_no_further_try_can_help_is_parked_at_once) {
    table.on("test.hopeless", "test.hopeless", [&](const Context&, const Event&) -> Task<> {
        throw Permanent("never");
        co_return;
    });
    emit_one("test.hopeless", "a");
    Runner runner(test, table);
    ASSERT_TRUE(runner.until([&] { return in_status("parked") == 1; }));
    EXPECT_EQ(test.count("SELECT attempts FROM outbox_events"), 1);
}

TEST_F(Jobs, an_event_is_tried_again_while_that_can_help_one_of_its_subscriptions) {
    int tried = 0;
    table.on("test.happened", "test.hopeless", [&](const Context&, const Event&) -> Task<> {
        throw Permanent("never");
        co_return;
    });
    table.on("test.happened", "test.shaky", [&](const Context&, const Event&) -> Task<> {
        if (++tried == 1) throw std::runtime_error("once");
        co_return;
    });
    emit_one("test.happened", "a");
    Runner runner(test, table);
    ASSERT_TRUE(runner.until([&] { return tried == 1 && test.count("SELECT lease_until FROM outbox_events") == 0; }));
    EXPECT_EQ(in_status("waiting"), 1);
    test.clock().advance(2s);
    ASSERT_TRUE(runner.until([&] { return in_status("parked") == 1; }));
    EXPECT_EQ(tried, 2);
}

TEST_F(Jobs, what_one_subscription_has_done_is_not_done_again_when_another_fails) {
    int done = 0;
    int tried = 0;
    table.on("test.happened", "test.sure", [&](const Context&, const Event&) -> Task<> {
        ++done;
        co_return;
    });
    table.on("test.happened", "test.shaky", [&](const Context&, const Event&) -> Task<> {
        if (++tried == 1) throw std::runtime_error("once");
        co_return;
    });
    emit_one("test.happened", "a");
    Runner runner(test, table);
    ASSERT_TRUE(runner.until([&] { return tried == 1 && test.count("SELECT lease_until FROM outbox_events") == 0; }));
    test.clock().advance(2s);
    ASSERT_TRUE(runner.until([&] { return in_status("done") == 1; }));
    EXPECT_EQ(done, 1);
    EXPECT_EQ(tried, 2);
    EXPECT_EQ(test.count("SELECT COUNT(*) FROM outbox_deliveries"), 2);
}

TEST_F(Jobs, a_delayed_event_waits_for_its_time_and_nobody_waits_for_it) {
    table.on("test.later", "test.note", note());
    table.on("test.happened", "test.note", note());
    test.in_transaction(
        [&](db::Transaction& tx) { return emit_at(tx, ctx, ctx.now() + 60s, "test.later", "a", "{}"); });
    emit_one("test.happened", "a");
    Runner runner(test, table);

    ASSERT_TRUE(runner.until([&] { return seen.size() == 1; }));
    runner.a_while();
    EXPECT_EQ(seen, std::vector<std::string>{"a/2"});
    test.clock().advance(60s);
    ASSERT_TRUE(runner.until([&] { return seen.size() == 2; }));
}

TEST_F(Jobs, the_claims_of_a_dead_process_are_taken_up_when_their_lease_ends) {
    table.on("test.happened", "test.note", note());
    emit_one("test.happened", "a");
    const auto until =
        std::chrono::duration_cast<std::chrono::microseconds>((ctx.now() + 30s).time_since_epoch()).count();
    test.execute("UPDATE outbox_events SET lease_owner = 'dead', attempts = 1, lease_until = " + std::to_string(until));
    Runner runner(test, table);
    runner.a_while();
    EXPECT_TRUE(seen.empty());

    test.clock().advance(31s);
    EXPECT_TRUE(runner.until([&] { return in_status("done") == 1; }));
}

TEST_F(Jobs, an_event_that_ends_its_process_every_time_is_parked) {
    table.on("test.happened", "test.note", note());
    emit_one("test.happened", "a");
    test.execute("UPDATE outbox_events SET lease_owner = 'dead', attempts = 3, lease_until = 1");
    Runner runner(test, table);
    EXPECT_TRUE(runner.until([&] { return in_status("parked") == 1; }));
    EXPECT_TRUE(seen.empty());
}

TEST_F(Jobs, two_workers_deliver_each_event_once) {
    table.on("test.happened", "test.note", note());
    for (int i = 0; i < 30; ++i) emit_one("test.happened", "a" + std::to_string(i % 10));
    Runner first(test, table);
    Runner second(test, table);
    ASSERT_TRUE(first.until([&] { return in_status("done") == 30; }));
    EXPECT_EQ(seen.size(), 30U);
    EXPECT_EQ(std::set<std::string>(seen.begin(), seen.end()).size(), 30U);
}

TEST_F(Jobs, a_handler_past_its_limit_has_failed) {
    table.on("test.slow", "test.slow", [&](const Context&, const Event&) -> Task<> {
        asio::steady_timer timer(co_await asio::this_coro::executor, 60s);
        co_await timer.async_wait(asio::use_awaitable);
    });
    emit_one("test.slow", "a");
    Runner runner(test, table);
    ASSERT_TRUE(runner.until(
        [&] { return test.count("SELECT COUNT(*) FROM outbox_events WHERE last_error IS NOT NULL") == 1; }));
    EXPECT_EQ(test.count("SELECT COUNT(*) FROM outbox_events WHERE last_error = 'test.slow: deadline exceeded'"), 1);
}

TEST_F(Jobs, stop_waits_for_the_job_in_hand) {
    bool begun = false;
    bool finished = false;
    table.on("test.slow", "test.slow", [&](const Context&, const Event&) -> Task<> {
        begun = true;
        asio::steady_timer timer(co_await asio::this_coro::executor, 50ms);
        co_await timer.async_wait(asio::use_awaitable);
        finished = true;
    });
    emit_one("test.slow", "a");
    Runner runner(test, table);
    ASSERT_TRUE(runner.until([&] { return begun; }));
    runner.worker().stop();
    ASSERT_TRUE(runner.until([&] { return runner.ended(); }));
    EXPECT_TRUE(finished);
    EXPECT_EQ(in_status("done"), 1);
}

TEST_F(Jobs, a_cancelled_worker_gives_its_claims_back) {
    bool begun = false;
    table.on("test.slow", "test.slow", [&](const Context&, const Event&) -> Task<> {
        begun = true;
        asio::steady_timer timer(co_await asio::this_coro::executor, 60s);
        co_await timer.async_wait(asio::use_awaitable);
    });
    emit_one("test.slow", "a");
    auto config = quick();
    config.job_limit_s = 60;
    Runner runner(test, table, config);
    ASSERT_TRUE(runner.until([&] { return begun; }));
    runner.cancel();
    ASSERT_TRUE(runner.until([&] { return runner.ended(); }));
    EXPECT_EQ(
        test.count("SELECT COUNT(*) FROM outbox_events WHERE status = 'waiting' AND lease_until = 0 AND attempts = 0"),
        1);
}

TEST_F(Jobs, a_claim_is_renewed_while_its_handler_runs) {
    bool begun = false;
    bool release = false;
    table.on("test.slow", "test.slow", [&](const Context&, const Event&) -> Task<> {
        begun = true;
        asio::steady_timer timer(co_await asio::this_coro::executor);
        while (!release) {
            timer.expires_after(10ms);
            co_await timer.async_wait(asio::use_awaitable);
        }
    });
    emit_one("test.slow", "a");
    auto config = quick();
    config.lease_s = 1;   // renewed every third of a second
    config.job_limit_s = 60;
    Runner runner(test, table, config);
    ASSERT_TRUE(runner.until([&] { return begun; }));
    const auto lease = test.count("SELECT lease_until FROM outbox_events");
    test.clock().advance(900ms);
    ASSERT_TRUE(runner.until([&] { return test.count("SELECT lease_until FROM outbox_events") > lease; }));
    release = true;
    ASSERT_TRUE(runner.until([&] { return in_status("done") == 1; }));
}

TEST_F(Jobs, scheduled_jobs_go_on_after_a_failure_and_never_overlap) {
    int runs = 0;
    int inside = 0;
    table.every(5ms, "test.sweep", [&](const Context& context) -> Task<> {
        EXPECT_EQ(++inside, 1);
        EXPECT_EQ(context.route, "test.sweep");
        asio::steady_timer timer(co_await asio::this_coro::executor, 8ms);
        co_await timer.async_wait(asio::use_awaitable);
        --inside;
        if (++runs == 1) throw std::runtime_error("once");
    });
    Runner runner(test, table);
    EXPECT_TRUE(runner.until([&] { return runs >= 3; }));
}

TEST_F(Jobs, on_hold_nothing_is_begun_and_what_waited_goes_on_afterwards) {
    table.on("orders.paid", "test.note", note());
    int runs = 0;
    table.every(5ms, "test.sweep", [&](const Context&) -> Task<> {
        ++runs;
        co_return;
    });
    Runner runner(test, table);
    runner.worker().hold(Worker::Hold::on);
    transact_one(ctx.now(), "ord_1");
    runner.a_while();
    EXPECT_EQ(runs, 0);
    EXPECT_EQ(in_status("waiting"), 1);

    runner.worker().hold(Worker::Hold::off);
    EXPECT_TRUE(runner.until([&] { return seen.size() == 1 && runs > 0; }));
}

TEST_F(Jobs, the_backlog_says_how_long_the_oldest_waits) {
    emit_one("test.happened", "a");
    test.clock().advance(5s);
    emit_one("test.happened", "b");
    Worker idle(test.executor(), test.database(), test.clock(), table, quick());
    const auto waiting = backlog(idle);
    EXPECT_EQ(waiting.due, 2);
    EXPECT_EQ(waiting.lag_ms, 5'000);
}

}  // namespace
}  // namespace caddy::jobs
