// Events on their way to other systems, on a real Redis that is killed and comes back.
#include "platform/streams/event_stream.hpp"
#include "tests/support/redis_server.hpp"
#include "tests/support/test_database.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace caddy::streams {
namespace {

using namespace std::chrono_literals;

class Streams : public ::testing::Test {
protected:
    void SetUp() override {
        client.start();
        ASSERT_TRUE(until([&] { return client.available(); }));
    }
    void TearDown() override { test.run(client.close()); }

    template <class Predicate>
    bool until(Predicate holds) {
        const auto limit = std::chrono::steady_clock::now() + 20s;
        while (!holds() && std::chrono::steady_clock::now() < limit) test.run(pause());
        return holds();
    }
    static Task<> pause() {
        asio::steady_timer timer(co_await asio::this_coro::executor, 10ms);
        co_await timer.async_wait(asio::use_awaitable);
    }
    jobs::Event event(std::int64_t id, std::string aggregate, std::int64_t sequence) {
        jobs::Event made;
        made.id = jobs::EventId{id};
        made.type = "orders.paid";
        made.aggregate = std::move(aggregate);
        made.sequence = sequence;
        made.payload = R"({"order_id":"ord_1"})";
        made.occurred_at = ctx().now();
        return made;
    }
    void publish(const jobs::Event& what) { test.run(stream.publish(ctx(), what)); }
    Context ctx() {
        auto made = test.context();
        made.deadline = std::chrono::steady_clock::now() + 10s;
        return made;
    }
    std::string entries() { return server.cli({"XRANGE", "caddy:events:shop", "-", "+"}); }
    std::int64_t length() { return std::stoll(server.cli({"XLEN", "caddy:events:shop"})); }
    std::int64_t waiting() { return test.count("SELECT COUNT(*) FROM outbox_unpublished"); }
    bool in_order(const std::vector<jobs::Event>& events) {
        const auto text = entries();
        std::size_t at = 0;
        for (const auto& each : events) {
            at = text.find(each.id.text(), at);
            if (at == std::string::npos) return false;
        }
        return true;
    }

    testing::RedisServer server;
    testing::TestDatabase test;
    redis::Client client{test.executor(), server.config()};
    EventStream stream{test.database(), client, {}, {"orders.paid"}};
};

TEST_F(Streams, an_entry_says_all_of_its_event) {
    const auto paid = event(5, "ord_1", 3);
    publish(paid);
    const auto text = entries();
    for (const auto& part : {std::string("id\n") + paid.id.text(), std::string("type\norders.paid"),
                             std::string("aggregate\nord_1"), std::string("sequence\n3"),
                             "occurred_at\n" + to_rfc3339(paid.occurred_at), "payload\n" + paid.payload}) {
        EXPECT_NE(text.find(part), std::string::npos) << part << " in\n" << text;
    }
    EXPECT_EQ(waiting(), 0);
}

TEST_F(Streams, what_is_not_for_others_is_not_published) {
    auto secret = event(5, "user_1", 1);
    secret.type = "identity.password_forgotten";
    publish(secret);
    EXPECT_EQ(length(), 0);
    EXPECT_EQ(waiting(), 0);
}

TEST_F(Streams, the_stream_keeps_about_its_length) {
    EventStream bounded{test.database(), client, {"shop", 100}, {"orders.paid"}};
    for (int i = 1; i <= 400; ++i) test.run(bounded.publish(ctx(), event(i, "ord_1", i)));
    EXPECT_GE(length(), 100);
    EXPECT_LT(length(), 300) << "whole nodes of the stream are dropped";
}

TEST_F(Streams, nothing_is_lost_while_redis_is_killed_and_the_order_of_each_aggregate_is_kept) {
    const std::vector<jobs::Event> events{event(1, "ord_1", 1), event(2, "ord_1", 2), event(3, "ord_2", 1),
                                          event(4, "ord_1", 3), event(5, "ord_2", 2)};
    publish(events[0]);
    server.cli({"SAVE"});
    server.kill();
    ASSERT_TRUE(until([&] { return client.state() == redis::State::gone; }));
    publish(events[1]);
    publish(events[2]);
    publish(events[1]);   // another try of the same event
    EXPECT_EQ(waiting(), 2);
    test.run(stream.catch_up(ctx()));
    EXPECT_EQ(waiting(), 2);

    server.start();
    ASSERT_TRUE(until([&] { return client.available(); }));
    publish(events[3]);   // it must not overtake the second
    EXPECT_EQ(waiting(), 3);
    test.run(stream.catch_up(ctx()));
    EXPECT_EQ(waiting(), 0);
    publish(events[4]);
    EXPECT_EQ(waiting(), 0);
    EXPECT_EQ(length(), 5);
    EXPECT_TRUE(in_order({events[0], events[1], events[3]})) << entries();
    EXPECT_TRUE(in_order({events[2], events[4]})) << entries();
}

TEST_F(Streams, a_redis_that_takes_no_more_holds_up_nothing) {
    server.cli({"CONFIG", "SET", "maxmemory", "1"});
    publish(event(1, "ord_1", 1));
    EXPECT_EQ(waiting(), 1);
    server.cli({"CONFIG", "SET", "maxmemory", "0"});
    test.run(stream.catch_up(ctx()));
    EXPECT_EQ(waiting(), 0);
    EXPECT_EQ(length(), 1);
}

TEST_F(Streams, one_process_at_a_time_catches_up) {
    server.cli({"CONFIG", "SET", "maxmemory", "1"});
    publish(event(1, "ord_1", 1));
    server.cli({"CONFIG", "SET", "maxmemory", "0"});
    server.cli({"SET", "caddy:events:{shop}:turn", "1", "PX", "10000"});
    test.run(stream.catch_up(ctx()));
    EXPECT_EQ(waiting(), 1);
    server.cli({"DEL", "caddy:events:{shop}:turn"});
    test.run(stream.catch_up(ctx()));
    EXPECT_EQ(waiting(), 0);
    EXPECT_EQ(server.cli({"EXISTS", "caddy:events:{shop}:turn"}).substr(0, 1), "0");
}

/// A worker on the test's loop, on the same outbox.
struct Running {
    Running(testing::TestDatabase& test, const jobs::JobTable& table, const jobs::Config& config)
        : worker(test.executor(), test.database(), test.clock(), table, config) {
        asio::co_spawn(test.loop(), worker.run(), [this](const std::exception_ptr&) { ended = true; });
    }
    jobs::Worker worker;
    bool ended = false;
};

TEST_F(Streams, a_worker_publishes_each_event_before_its_handlers_and_goes_on_without_redis) {
    jobs::JobTable table;
    std::vector<std::int64_t> seen;
    table.on("orders.paid", "test.note", [&](const Context&, const jobs::Event&) -> Task<> {
        seen.push_back(client.available() ? length() : -1);
        co_return;
    });
    stream.join(table);
    jobs::Config config;
    config.poll_ms = 10;
    Running running(test, table, config);
    const auto now = ctx();
    const auto emit_one = [&] {
        test.in_transaction([&](db::Transaction& tx) { return jobs::emit(tx, now, "orders.paid", "ord_1", "{}"); });
    };
    emit_one();
    ASSERT_TRUE(until([&] { return seen.size() == 1; }));
    EXPECT_EQ(seen[0], 1);
    server.kill();
    ASSERT_TRUE(until([&] { return client.state() == redis::State::gone; }));
    emit_one();
    ASSERT_TRUE(until([&] { return seen.size() == 2; })) << "handlers do not wait for Redis";
    server.start();
    ASSERT_TRUE(until([&] { return waiting() == 0; })) << "it is caught up by itself";
    EXPECT_GE(length(), 1);
    running.worker.stop();
    ASSERT_TRUE(until([&] { return running.ended; }));
}

TEST_F(Streams, a_worker_whose_hands_are_full_wakes_another_process) {
    jobs::JobTable busy_table;
    bool release = false;
    busy_table.on("orders.paid", "test.wait", [&](const Context&, const jobs::Event&) -> Task<> {
        while (!release) co_await pause();
    });
    stream.join(busy_table);
    // Another process: a client and a stream of its own, and a poll that would come far too late.
    redis::Client other_client(test.executor(), server.config());
    other_client.start();
    EventStream other_stream{test.database(), other_client, {}, {"orders.paid"}};
    jobs::JobTable free_table;
    int helped = 0;
    free_table.on("orders.paid", "test.wait", [&](const Context&, const jobs::Event&) -> Task<> {
        ++helped;
        co_return;
    });
    other_stream.join(free_table);
    jobs::Config slow;
    slow.poll_ms = 60'000;
    Running helper(test, free_table, slow);
    ASSERT_TRUE(until([&] { return server.cli({"PUBSUB", "NUMSUB", "caddy:events:help"}).find("1") !=
                                   std::string::npos; }));
    slow.poll_ms = 10;
    slow.parallel = 1;
    Running busy(test, busy_table, slow);
    const auto now = ctx();
    for (int i = 0; i < 4; ++i) {
        const auto aggregate = "ord_" + std::to_string(i);
        test.in_transaction([&](db::Transaction& tx) { return jobs::emit(tx, now, "orders.paid", aggregate, "{}"); });
    }
    EXPECT_TRUE(until([&] { return helped >= 3; })) << helped;
    release = true;
    busy.worker.stop();
    helper.worker.stop();
    ASSERT_TRUE(until([&] { return busy.ended && helper.ended; }));
    test.run(other_client.close());
}

}   // namespace
}   // namespace caddy::streams
