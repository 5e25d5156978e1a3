// A real cluster of three primaries with a replica each: slots that move, primaries that die.
#include "platform/redis/client.hpp"
#include "platform/redis/slots.hpp"
#include "tests/support/redis_server.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <gtest/gtest.h>

#include <future>
#include <thread>

namespace caddy::redis {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;
using testing::RedisCluster;
using testing::RedisLoop;

const KeyPattern value({.owner = "test",
                        .pattern = "test:value:<name>",
                        .content = "any",
                        .ttl_max = 1h,
                        .size = "few"});
const KeyPattern tagged({.owner = "test",
                         .pattern = "test:{<tag>}:<name>",
                         .content = "any, together",
                         .ttl_max = 1h,
                         .size = "few"});
const KeyPattern stream({.owner = "test", .pattern = "test:stream:<name>", .content = "any", .size = "1000 entries"});
const Channel news({.owner = "test", .name = "test:news", .content = "any"});
const Script join({.name = "test.join",
                   .source = "return (redis.call('GET', KEYS[1]) or '') .. (redis.call('GET', KEYS[2]) or '')",
                   .repeat = Repeat::safe});

// One cluster for all of them: making it takes seconds. Whoever breaks it waits until it is whole again.
class RedisClusterTest : public ::testing::Test {
protected:
    static void SetUpTestSuite() { cluster_ = std::make_unique<RedisCluster>(); }
    static void TearDownTestSuite() { cluster_.reset(); }

    static Config patient() {
        auto config = cluster_->config();
        config.command_limit_ms = 5'000;
        return config;
    }
    static int slot(const Key& key) { return slot_of("caddy:" + key.text()); }

    static std::unique_ptr<RedisCluster> cluster_;
};

std::unique_ptr<RedisCluster> RedisClusterTest::cluster_;

Task<> pause(std::chrono::milliseconds time) {
    asio::steady_timer timer(co_await asio::this_coro::executor, time);
    co_await timer.async_wait(asio::use_awaitable);
}

/// What a writer met.
struct Tally {
    int answered = 0;
    int wrong = 0;
    int gone = 0;
    steady_clock::time_point first_loss{};
    steady_clock::time_point last_loss{};
    bool stop = false;
    int running = 0;
};

/// Writes and reads back in every slot range until it is told to stop.
Task<> write_and_read(RedisLoop& redis, int who, Tally& tally) {
    ++tally.running;
    for (int at = 0; !tally.stop; ++at) {
        const auto key = value(std::to_string(who) + "." + std::to_string(at % 97));
        const auto text = std::to_string(at);
        bool lost = false;
        try {
            co_await redis.client.set(redis.context(), key, text);
            const auto found = co_await redis.client.get(redis.context(), key);
            ++tally.answered;
            tally.wrong += found == text ? 0 : 1;
        } catch (const Gone&) {
            lost = true;
        }
        if (!lost) continue;
        tally.last_loss = steady_clock::now();
        if (tally.gone++ == 0) tally.first_loss = tally.last_loss;
        co_await pause(5ms);
    }
    --tally.running;
}

/// Turns the loop while something else happens in a thread.
void turn_until_done(RedisLoop& redis, const std::function<void()>& work) {
    auto done = std::async(std::launch::async, work);
    while (done.wait_for(0s) != std::future_status::ready) redis.loop.run_one_for(5ms);
    done.get();
}

void finish(RedisLoop& redis, Tally& tally) {
    tally.stop = true;
    while (tally.running > 0) redis.loop.run_one_for(10ms);
}

TEST_F(RedisClusterTest, PutsTheAnswersOfAllNodesInOrder) {
    RedisLoop redis(patient());
    redis.wait_for(State::available);
    EXPECT_EQ(redis.client.usage().connections, 3U);
    std::vector<Command> commands;
    std::vector<Key> keys;
    for (int at = 0; at < 500; ++at) {
        keys.push_back(value(at));
        commands.push_back(Command("SET").key(keys.back()).arg(at));
    }
    for (const auto& reply : redis.run(redis.client.pipeline(redis.context(), std::move(commands))))
        EXPECT_EQ(reply.as_text(), "OK");
    const auto found = redis.run(redis.client.get_many(redis.context(), keys));
    for (std::size_t at = 0; at < keys.size(); ++at) EXPECT_EQ(found[at], std::to_string(at));
    for (const auto& node : cluster_->nodes) EXPECT_GT(std::stoi(node->cli({"DBSIZE"})), 100);
}

TEST_F(RedisClusterTest, RefusesKeysOfSeveralSlotsByTheirNames) {
    RedisLoop redis(patient());
    Command command("MGET");
    command.key(value("a")).key(value("b"));
    try {
        (void)redis.run(redis.client.run(redis.context(), command));
        FAIL() << "answered";
    } catch (const Fault& fault) {
        EXPECT_EQ(fault.kind, ErrorKind::cross_slot);
        EXPECT_NE(std::string(fault.what()).find("test:value:a, test:value:b"), std::string::npos) << fault.what();
    }
    Command together("MGET");
    together.key(tagged("t", "a")).key(tagged("t", "b"));
    EXPECT_EQ(redis.run(redis.client.run(redis.context(), together)).as_list().size(), 2U);
}

TEST_F(RedisClusterTest, TeachesScriptsToEachNode) {
    RedisLoop redis(patient());
    for (const auto& node : cluster_->nodes) (void)node->cli({"SCRIPT", "FLUSH"});
    for (int at = 0; at < 20; ++at) {
        redis.run(redis.client.set(redis.context(), tagged(at, "a"), "x"));
        redis.run(redis.client.set(redis.context(), tagged(at, "b"), std::to_string(at)));
        std::vector<Key> keys{tagged(at, "a"), tagged(at, "b")};
        EXPECT_EQ(redis.run(redis.client.eval(redis.context(), join, keys)).as_text(), "x" + std::to_string(at));
    }
}

TEST_F(RedisClusterTest, HearsChannelsAndWaitsForStreams) {
    RedisLoop redis(patient());
    auto events = redis.client.subscribe({&news});
    EXPECT_EQ(redis.run(events.next()).kind, Event::Kind::listening);
    redis.run(redis.client.publish(redis.context(), news, "all nodes tell it"));
    EXPECT_EQ(redis.run(events.next()).payload, "all nodes tell it");
    for (int at = 0; at < 6; ++at) {
        const auto ctx = redis.context(20s);
        redis.run(redis.client.stream_group(ctx, stream(at), "g", "$"));
        auto read = asio::co_spawn(redis.loop, redis.client.stream_read(ctx, stream(at), "g", "one", 1, 5s),
                                   asio::use_future);
        redis.run(redis.client.stream_add(ctx, stream(at), 100, Fields{{"at", std::to_string(at)}}));
        EXPECT_EQ(redis.wait_for(read).at(0).fields.at(0).second, std::to_string(at));
    }
}

TEST_F(RedisClusterTest, FollowsSlotsThatMoveUnderLoad) {
    RedisLoop redis(patient());
    redis.wait_for(State::available);
    auto& from = cluster_->primary_of(0);
    auto& to = cluster_->primary_other_than(from);
    Tally tally;
    for (int who = 0; who < 20; ++who)
        asio::co_spawn(redis.loop, write_and_read(redis, who, tally), asio::use_future);
    turn_until_done(redis, [&] {
        (void)from.cli({"--cluster", "reshard", from.address(), "--cluster-from", RedisCluster::id_of(from),
                        "--cluster-to", RedisCluster::id_of(to), "--cluster-slots", "300", "--cluster-yes"});
    });
    finish(redis, tally);
    std::printf("reshard: %d pairs answered, %d gone, %d wrong\n", tally.answered, tally.gone, tally.wrong);
    EXPECT_GT(tally.answered, 100);
    EXPECT_EQ(tally.gone, 0);
    EXPECT_EQ(tally.wrong, 0);
    cluster_->wait_until_whole();
}

TEST_F(RedisClusterTest, AsksWhereASlotIsOnItsWay) {
    RedisLoop redis(patient());
    const auto ctx = redis.context(30s);
    const auto old_key = tagged("moving", "old");
    const auto new_key = tagged("moving", "new");
    redis.run(redis.client.set(ctx, old_key, "here"));
    const auto number = std::to_string(slot(old_key));
    auto& from = cluster_->primary_of(slot(old_key));
    auto& to = cluster_->primary_other_than(from);
    (void)to.cli({"CLUSTER", "SETSLOT", number, "IMPORTING", RedisCluster::id_of(from)});
    (void)from.cli({"CLUSTER", "SETSLOT", number, "MIGRATING", RedisCluster::id_of(to)});
    EXPECT_EQ(redis.run(redis.client.get(ctx, old_key)), "here");
    redis.run(redis.client.set(ctx, new_key, "there"));
    EXPECT_EQ(from.cli({"CLUSTER", "COUNTKEYSINSLOT", number}), "1");
    EXPECT_EQ(to.cli({"CLUSTER", "COUNTKEYSINSLOT", number}), "1");
    EXPECT_EQ(redis.run(redis.client.get(ctx, new_key)), "there");
    // Half here, half there: TRYAGAIN until the rest has moved.
    std::vector<Key> both{old_key, new_key};
    auto joined = asio::co_spawn(redis.loop, redis.client.eval(ctx, join, both), asio::use_future);
    redis.run(pause(20ms));
    EXPECT_NE(joined.wait_for(0s), std::future_status::ready);
    (void)from.cli({"MIGRATE", "127.0.0.1", std::to_string(to.port()), "caddy:" + old_key.text(), "0", "5000"});
    EXPECT_EQ(redis.wait_for(joined).as_text(), "herethere");
    for (const auto& node : cluster_->nodes) {
        if (node->cli({"INFO", "replication"}).find("role:master") == std::string::npos) continue;
        (void)node->cli({"CLUSTER", "SETSLOT", number, "NODE", RedisCluster::id_of(to)});
    }
    EXPECT_EQ(redis.run(redis.client.get(ctx, old_key)), "here");
    cluster_->wait_until_whole();
}

TEST_F(RedisClusterTest, FollowsAReplicaThatTakesOverAsPlanned) {
    RedisLoop redis(patient());
    redis.wait_for(State::available);
    auto& primary = cluster_->primary_of(0);
    Tally tally;
    for (int who = 0; who < 20; ++who)
        asio::co_spawn(redis.loop, write_and_read(redis, who, tally), asio::use_future);
    const auto list = primary.cli({"CLUSTER", "REPLICAS", RedisCluster::id_of(primary)});
    const auto colon = list.find("127.0.0.1:") + 10;
    auto& replica = cluster_->by_port(std::stoi(list.substr(colon)));
    turn_until_done(redis, [&] {
        (void)replica.cli({"CLUSTER", "FAILOVER"});
        cluster_->wait_until_whole();
    });
    finish(redis, tally);
    std::printf("planned failover: %d pairs answered, %d gone, %d wrong\n", tally.answered, tally.gone, tally.wrong);
    EXPECT_EQ(tally.gone, 0);
    EXPECT_EQ(tally.wrong, 0);
    EXPECT_EQ(&cluster_->primary_of(0), &replica);
}

TEST_F(RedisClusterTest, ComesBackByItselfWhenAPrimaryIsKilledUnderLoad) {
    auto config = cluster_->config();   // a shop's own limits
    RedisLoop redis(config);
    redis.wait_for(State::available);
    auto& primary = cluster_->primary_of(0);
    Tally tally;
    for (int who = 0; who < 20; ++who)
        asio::co_spawn(redis.loop, write_and_read(redis, who, tally), asio::use_future);
    redis.run(pause(300ms));
    const auto killed = steady_clock::now();
    primary.kill();
    std::chrono::steady_clock::time_point promoted{};
    turn_until_done(redis, [&] {
        const auto limit = steady_clock::now() + 20s;
        auto& other = cluster_->primary_other_than(primary);
        while (other.cli({"CLUSTER", "INFO"}).find("cluster_slots_ok:16384") == std::string::npos ||
               other.cli({"CLUSTER", "INFO"}).find("cluster_state:ok") == std::string::npos ||
               other.cli({"CLUSTER", "SLOTS"}).find(std::to_string(primary.port())) != std::string::npos) {
            if (steady_clock::now() > limit) throw std::runtime_error("no replica takes over");
            std::this_thread::sleep_for(20ms);
        }
        promoted = steady_clock::now();
    });
    redis.wait_for(State::available);
    const auto back = steady_clock::now();
    redis.run(pause(500ms));
    const auto losses = tally.gone;
    redis.run(pause(500ms));
    finish(redis, tally);
    using std::chrono::duration_cast;
    using std::chrono::milliseconds;
    std::printf("primary killed: %d pairs answered, %d gone; promoted after %lld ms, last loss after %lld ms\n",
                tally.answered, tally.gone,
                static_cast<long long>(duration_cast<milliseconds>(promoted - killed).count()),
                static_cast<long long>(duration_cast<milliseconds>(tally.last_loss - killed).count()));
    EXPECT_GT(tally.gone, 0) << "the load did not notice";
    EXPECT_EQ(tally.gone, losses) << "losses end once a replica has taken over";
    EXPECT_LT(back - promoted, 2s);
    EXPECT_LT(tally.last_loss - promoted, 2s);
    primary.start();
    cluster_->wait_until_whole();
}

TEST_F(RedisClusterTest, IsGoneAtOnceWhenAllOfItIs) {
    RedisLoop redis(cluster_->config());
    redis.wait_for(State::available);
    for (const auto& node : cluster_->nodes) node->kill();
    redis.wait_for(State::gone);
    redis.run(pause(500ms));
    const auto begun = steady_clock::now();
    for (int at = 0; at < 20; ++at) EXPECT_THROW((void)redis.run(redis.client.get(redis.context(), value(at))), Gone);
    EXPECT_LT(steady_clock::now() - begun, 2s);
    for (const auto& node : cluster_->nodes) node->start();
    cluster_->wait_until_whole();
    EXPECT_LT(redis.wait_for(State::available), 2s);
    redis.run(redis.client.set(redis.context(), value("after"), "all"));
}

}   // namespace
}   // namespace caddy::redis
