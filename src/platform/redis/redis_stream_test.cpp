// Streams and channels of one real server.
#include "platform/redis/client.hpp"
#include "tests/support/redis_server.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <gtest/gtest.h>

#include <future>

namespace caddy::redis {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;
using testing::RedisLoop;
using testing::RedisServer;

const KeyPattern value({.owner = "test",
                        .pattern = "test:value:<name>",
                        .content = "any",
                        .ttl_max = 1h,
                        .size = "few"});
const KeyPattern stream({.owner = "test", .pattern = "test:stream:<name>", .content = "any", .size = "1000 entries"});
const Channel news({.owner = "test", .name = "test:news", .content = "any"});
const Channel rumours({.owner = "test", .name = "test:rumours", .content = "any"});

Config hasty(Config config) {
    config.command_limit_ms = 200;
    config.stall_limit_ms = 400;
    config.connect_limit_ms = 300;
    config.ping_every_ms = 200;
    return config;
}

Task<> pause(std::chrono::milliseconds time) {
    asio::steady_timer timer(co_await asio::this_coro::executor, time);
    co_await timer.async_wait(asio::use_awaitable);
}

TEST(RedisServerStream, GivesEntriesUntilTheyAreAcknowledged) {
    RedisServer server;
    RedisLoop redis(server.config());
    auto& client = redis.client;
    const auto ctx = redis.context(20s);
    const auto key = stream("orders");
    redis.run(client.stream_group(ctx, key, "g", "0"));
    redis.run(client.stream_group(ctx, key, "g", "0"));
    const auto first = redis.run(client.stream_add(ctx, key, 1'000, Fields{{"order", "1"}}));
    const auto second = redis.run(client.stream_add(ctx, key, 1'000, Fields{{"order", "2"}, {"x", ""}}));
    const auto given = redis.run(client.stream_read(ctx, key, "g", "one", 10, 0ms));
    ASSERT_EQ(given.size(), 2U);
    EXPECT_EQ(given[0].id, first);
    EXPECT_EQ(given[1].fields, (Fields{{"order", "2"}, {"x", ""}}));
    EXPECT_TRUE(redis.run(client.stream_read(ctx, key, "g", "one", 10, 0ms)).empty());
    EXPECT_EQ(redis.run(client.stream_ack(ctx, key, "g", std::vector<std::string>{first})), 1);
    const auto claimed = redis.run(client.stream_claim(ctx, key, "g", "two", 0ms, "0", 10));
    ASSERT_EQ(claimed.entries.size(), 1U);
    EXPECT_EQ(claimed.entries[0].id, second);
    EXPECT_EQ(claimed.next, "0-0");
    try {
        (void)redis.run(client.stream_read(ctx, stream("none"), "g", "one", 1, 0ms));
        FAIL();
    } catch (const Fault& fault) {
        EXPECT_EQ(fault.kind, ErrorKind::no_group);
    }
}

TEST(RedisServerStream, WaitsWithoutHoldingUpAnybody) {
    RedisServer server;
    auto config = server.config();
    config.pool_size = 3;   // one is shared, two may wait
    RedisLoop redis(config);
    auto& client = redis.client;
    const auto ctx = redis.context(20s);
    const auto key = stream("s");
    redis.run(client.stream_group(ctx, key, "g", "$"));
    auto first = asio::co_spawn(redis.loop, client.stream_read(ctx, key, "g", "one", 1, 1'000ms), asio::use_future);
    auto second = asio::co_spawn(redis.loop, client.stream_read(ctx, key, "g", "two", 1, 300ms), asio::use_future);
    redis.run(pause(100ms));
    EXPECT_EQ(client.usage().dedicated, 2U);
    const auto begun = steady_clock::now();
    redis.run(client.set(ctx, value("a"), "b"));
    EXPECT_LT(steady_clock::now() - begun, 200ms);
    try {
        (void)redis.run(client.stream_read(ctx, key, "g", "three", 1, 100ms));
        FAIL() << "a third one waits";
    } catch (const Gone& gone) {
        EXPECT_EQ(gone.reason, GoneReason::overloaded);
    }
    redis.run(client.stream_add(ctx, key, 10, Fields{{"a", "b"}}));
    EXPECT_EQ(redis.wait_for(first).size() + redis.wait_for(second).size(), 1U);
    EXPECT_EQ(client.usage().dedicated, 0U);
}

TEST(RedisServerChannel, IsHeardAcrossALostConnection) {
    RedisServer server;
    auto config = server.config();
    config.ping_every_ms = 100;
    RedisLoop redis(config);
    auto& client = redis.client;
    auto events = client.subscribe({&news, &rumours});
    EXPECT_EQ(redis.run(events.next()).kind, Event::Kind::listening);
    EXPECT_EQ(redis.run(client.publish(redis.context(), news, "one")), 1);
    redis.run(client.publish(redis.context(), rumours, std::string("two\0", 4)));
    auto event = redis.run(events.next());
    EXPECT_EQ(event.channel, &news);
    EXPECT_EQ(event.payload, "one");
    event = redis.run(events.next());
    EXPECT_EQ(event.channel, &rumours);
    EXPECT_EQ(event.payload, std::string("two\0", 4));
    // Silence for several pings is no gap.
    auto later = asio::co_spawn(redis.loop, events.next(), asio::use_future);
    redis.run(pause(500ms));
    redis.run(client.publish(redis.context(), news, "three"));
    EXPECT_EQ(redis.wait_for(later).payload, "three");

    server.kill();
    EXPECT_EQ(redis.run(events.next()).kind, Event::Kind::lost);
    auto again = asio::co_spawn(redis.loop, events.next(), asio::use_future);
    redis.run(pause(300ms));
    server.start();
    const auto begun = steady_clock::now();
    EXPECT_EQ(redis.wait_for(again).kind, Event::Kind::listening);
    EXPECT_LT(steady_clock::now() - begun, 2s);
    redis.wait_for(State::available);
    redis.run(client.publish(redis.context(), news, "four"));
    EXPECT_EQ(redis.run(events.next()).payload, "four");
}

TEST(RedisServerChannel, IsLostWhenTheServerHangs) {
    RedisServer server;
    RedisLoop redis(hasty(server.config()));
    auto events = redis.client.subscribe({&news});
    EXPECT_EQ(redis.run(events.next()).kind, Event::Kind::listening);
    server.freeze();
    const auto begun = steady_clock::now();
    EXPECT_EQ(redis.run(events.next()).kind, Event::Kind::lost);
    EXPECT_LT(steady_clock::now() - begun, 1s);
    server.thaw();
    EXPECT_EQ(redis.run(events.next()).kind, Event::Kind::listening);
}

}   // namespace
}   // namespace caddy::redis
