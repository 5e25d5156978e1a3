// One real server: order, time limits, loss and return, scripts, who answers.
#include "platform/redis/client.hpp"
#include "tests/support/redis_server.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <gtest/gtest.h>

#include <memory>

namespace caddy::redis {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;
using testing::RedisLoop;
using testing::RedisOptions;
using testing::RedisServer;
using testing::RedisTransport;

const KeyPattern value({.owner = "test",
                        .pattern = "test:value:<name>",
                        .content = "any",
                        .ttl_max = 1h,
                        .size = "few"});
const KeyPattern hash({.owner = "test", .pattern = "test:hash:<name>", .content = "any", .ttl_max = 1h, .size = "few"});
const Script append({.name = "test.append",
                     .source = "redis.call('APPEND', KEYS[1], ARGV[1]) return redis.call('GET', KEYS[1])"});

Config patient(Config config) {
    config.command_limit_ms = 5'000;
    return config;
}

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

GoneReason reason_of(RedisLoop& redis, Task<std::optional<std::string>> task) {
    try {
        (void)redis.run(std::move(task));
    } catch (const Gone& gone) {
        return gone.reason;
    }
    throw std::runtime_error("it was answered");
}

TEST(RedisServerValues, AreKeptWithTheirTimes) {
    RedisServer server;
    RedisLoop redis(server.config());
    auto& client = redis.client;
    const auto ctx = redis.context();
    redis.run(client.set(ctx, value("a"), std::string("x\0y\r\n", 5)));
    EXPECT_EQ(redis.run(client.get(ctx, value("a"))), std::string("x\0y\r\n", 5));
    EXPECT_EQ(redis.run(client.get(ctx, value("none"))), std::nullopt);
    EXPECT_FALSE(redis.run(client.set_if_absent(ctx, value("a"), "z")));
    EXPECT_TRUE(redis.run(client.set_if_absent(ctx, value("b"), "z", 50ms)));
    std::vector<Key> both{value("a"), value("none"), value("b")};
    const auto many = redis.run(client.get_many(ctx, both));
    EXPECT_EQ(many[1], std::nullopt);
    EXPECT_EQ(many[2], "z");
    redis.run(pause(80ms));
    EXPECT_EQ(redis.run(client.get(ctx, value("b"))), std::nullopt);
    EXPECT_EQ(redis.run(client.increment(ctx, value("n"), 5)), 5);
    EXPECT_EQ(redis.run(client.increment(ctx, value("n"))), 6);
    EXPECT_EQ(server.cli({"KEYS", "*"}).find("test:") == std::string::npos, false);
    EXPECT_EQ(server.cli({"GET", "caddy:test:value:n"}), "6");
    EXPECT_GT(std::stol(server.cli({"PTTL", "caddy:test:value:n"})), 3'500'000);
    redis.run(client.del(ctx, both));
    EXPECT_EQ(redis.run(client.get(ctx, value("a"))), std::nullopt);
    EXPECT_THROW((void)redis.run(client.hash_all(ctx, value("n"))), Fault);
}

TEST(RedisServerValues, AreHashesAndSortedSets) {
    RedisServer server;
    RedisLoop redis(server.config());
    auto& client = redis.client;
    const auto ctx = redis.context();
    redis.run(client.hash_set(ctx, hash("h"), Fields{{"a", "1"}, {"b", "2"}}));
    redis.run(client.hash_del(ctx, hash("h"), std::vector<std::string>{"a"}));
    EXPECT_EQ(redis.run(client.hash_get(ctx, hash("h"), "b")), "2");
    EXPECT_EQ(redis.run(client.hash_all(ctx, hash("h"))), (Fields{{"b", "2"}}));
    EXPECT_GT(std::stol(server.cli({"PTTL", "caddy:test:hash:h"})), 0);
    redis.run(client.sorted_add(ctx, hash("z"), std::vector<ScoredMember>{{"low", 0.1}, {"high", 1e15}, {"mid", 2.5}}));
    const auto top = redis.run(client.sorted_top(ctx, hash("z"), 2));
    ASSERT_EQ(top.size(), 2U);
    EXPECT_EQ(top[0].member, "high");
    EXPECT_EQ(top[1].score, 2.5);
}

Task<> ask_in_turn(Client& client, Context ctx, int who, int& wrong, int& done) {
    for (int at = 0; at < 50; ++at) {
        const auto text = std::to_string(who) + "/" + std::to_string(at);
        std::vector<Command> commands;
        commands.push_back(Command("ECHO").arg(text));
        commands.push_back(Command("ECHO").arg(text + "!"));
        const auto replies = co_await client.pipeline(ctx, std::move(commands));
        wrong += replies[0].as_text() != text || replies[1].as_text() != text + "!" ? 1 : 0;
    }
    ++done;
}

TEST(RedisServerPipeline, GivesEveryCallerItsOwnAnswers) {
    RedisServer server;
    RedisLoop redis(patient(server.config()));
    redis.wait_for(State::available);
    constexpr int callers = 200;
    int wrong = 0;
    int done = 0;
    const auto begun = steady_clock::now();
    for (int who = 0; who < callers; ++who)
        asio::co_spawn(redis.loop, ask_in_turn(redis.client, redis.context(30s), who, wrong, done), asio::use_future);
    while (done < callers && steady_clock::now() - begun < 30s) redis.loop.run_one_for(100ms);
    EXPECT_EQ(done, callers);
    EXPECT_EQ(wrong, 0);
    const auto usage = redis.client.usage();
    EXPECT_EQ(usage.in_flight, 0U);
    EXPECT_LT(usage.round_trips * 10, usage.commands) << "many coroutines share a write";
    const std::chrono::duration<double> spent = steady_clock::now() - begun;
    std::printf("pipeline: %lld commands in %lld writes, %.0f commands/s\n", static_cast<long long>(usage.commands),
                static_cast<long long>(usage.round_trips), static_cast<double>(usage.commands) / spent.count());
}

TEST(RedisServerTime, ThatIsUpDoesNotPoisonTheConnection) {
    RedisServer server;
    auto config = server.config();
    config.command_limit_ms = 100;
    config.stall_limit_ms = 5'000;
    RedisLoop redis(config);
    redis.wait_for(State::available);
    redis.run(redis.client.set(redis.context(), value("late"), "old"));
    server.freeze();
    EXPECT_EQ(reason_of(redis, redis.client.get(redis.context(), value("late"))), GoneReason::timed_out);
    EXPECT_THROW((void)redis.run(redis.client.get(redis.context(30ms), value("late"))), DeadlineExceeded);
    server.thaw();
    // Its answers come now, before the next one's, and belong to nobody.
    redis.run(redis.client.set(redis.context(), value("other"), "new"));
    EXPECT_EQ(redis.run(redis.client.get(redis.context(), value("other"))), "new");
    EXPECT_EQ(redis.client.usage().connected, 1);
    EXPECT_EQ(redis.client.usage().in_flight, 0U);
}

TEST(RedisServerLoss, IsToldAndEndsByItself) {
    RedisServer server;
    RedisLoop redis(server.config());
    redis.wait_for(State::available);
    std::vector<bool> heard;
    const auto watch = redis.client.watch([&](bool available) { heard.push_back(available); });
    redis.run(redis.client.set(redis.context(), value("a"), "kept"));
    server.kill();
    redis.wait_for(State::gone);
    const auto begun = steady_clock::now();
    for (int at = 0; at < 100; ++at)
        EXPECT_EQ(reason_of(redis, redis.client.get(redis.context(), value("a"))), GoneReason::unreachable);
    EXPECT_LT(steady_clock::now() - begun, 500ms) << "nobody waits for a server that is away";
    redis.run(pause(1'500ms));   // the pauses between attempts have grown
    server.start();
    const auto back = redis.wait_for(State::available);
    std::printf("restart: available %lld ms after the server was\n", static_cast<long long>(back.count()));
    EXPECT_LT(back, 2s);
    EXPECT_EQ(redis.run(redis.client.get(redis.context(), value("a"))), "kept");
    EXPECT_EQ(heard, (std::vector<bool>{false, true}));
}

TEST(RedisServerLoss, IsNoticedWhenAServerHangs) {
    RedisServer server;
    RedisLoop redis(hasty(server.config()));
    redis.wait_for(State::available);
    server.freeze();
    const auto begun = steady_clock::now();
    EXPECT_EQ(reason_of(redis, redis.client.get(redis.context(), value("a"))), GoneReason::timed_out);
    EXPECT_LT(steady_clock::now() - begun, 1s);
    redis.wait_for(State::gone);
    EXPECT_LT(steady_clock::now() - begun, 2s);
    const auto after = steady_clock::now();
    EXPECT_THROW((void)redis.run(redis.client.get(redis.context(), value("a"))), Gone);
    EXPECT_LT(steady_clock::now() - after, 50ms);
    server.thaw();
    const auto back = redis.wait_for(State::available);
    std::printf("SIGCONT: available after %lld ms\n", static_cast<long long>(back.count()));
    EXPECT_LT(back, 2s);
}

TEST(RedisServerLoss, IsNoticedInSilence) {
    RedisServer server;
    RedisLoop redis(hasty(server.config()));
    redis.wait_for(State::available);
    server.freeze();   // nobody asks anything
    EXPECT_LT(redis.wait_for(State::gone), 2s);
    server.thaw();
    EXPECT_LT(redis.wait_for(State::available), 2s);
}

TEST(RedisServerScript, IsTaughtToAServerThatForgotIt) {
    RedisServer server;
    RedisLoop redis(server.config());
    const auto call = [&] {
        return redis.run(redis.client.eval(redis.context(), append, std::vector<Key>{value("s")},
                                           std::vector<std::string>{"x"})).as_text();
    };
    EXPECT_EQ(call(), "x");
    EXPECT_EQ(call(), "xx");
    EXPECT_EQ(server.cli({"SCRIPT", "EXISTS", append.digest()}), "1");
    server.cli({"SCRIPT", "FLUSH"});
    EXPECT_EQ(call(), "xxx");
    server.cli({"SCRIPT", "FLUSH"});
    std::vector<Command> commands;
    const std::vector<Key> keys{value("s")};
    const std::vector<std::string> arguments{"y"};
    commands.push_back(Command("GET").key(value("s")));
    commands.emplace_back(append, keys, arguments);
    commands.push_back(Command("PING"));
    const auto replies = redis.run(redis.client.pipeline(redis.context(), std::move(commands)));
    EXPECT_EQ(replies[1].as_text(), "xxxy");
    EXPECT_EQ(replies[2].as_text(), "PONG");
}

TEST(RedisServerSignIn, NeedsThePassword) {
    RedisOptions options;
    options.password = "open sesame";
    RedisServer server(options);
    RedisLoop redis(server.config());
    redis.wait_for(State::available);
    auto wrong = server.config();
    wrong.password = "wrong";
    RedisLoop refused(wrong);
    refused.wait_for(State::gone);
    EXPECT_EQ(reason_of(refused, refused.client.get(refused.context(), value("a"))), GoneReason::misconfigured);
    server.cli({"ACL", "SETUSER", "shop", "on", ">secret", "~caddy:*", "&caddy:*", "+@all", "-@dangerous"});
    auto named = server.config();
    named.username = "shop";
    named.password = "secret";
    named.database = 3;
    RedisLoop user(named);
    user.run(user.client.set(user.context(), value("a"), "b"));
    EXPECT_EQ(server.cli({"-n", "3", "GET", "caddy:test:value:a"}), "b");
}

TEST(RedisServerTls, ChecksWhoAnswers) {
    RedisOptions options;
    options.transport = RedisTransport::tls;
    RedisServer server(options);
    RedisLoop redis(patient(server.config()));
    redis.run(redis.client.set(redis.context(), value("a"), std::string(3'000'000, 'x')));
    EXPECT_EQ(redis.run(redis.client.get(redis.context(), value("a")))->size(), 3'000'000U);

    auto by_number = server.config();
    by_number.host = "127.0.0.1";   // not in the certificate
    RedisLoop other_name(by_number);
    other_name.wait_for(State::gone);
    by_number.tls = Tls::verify_ca;
    RedisLoop any_name(by_number);
    any_name.wait_for(State::available);

    auto stranger = server.config();
    stranger.ca_file.clear();
    RedisLoop unknown(stranger);
    unknown.wait_for(State::gone);
    stranger.tls = Tls::required;
    RedisLoop unchecked(stranger);
    unchecked.wait_for(State::available);
}

TEST(RedisServerEnd, WithoutACloseLosesNothingButTheAnswers) {
    RedisServer server;
    const SystemClock clock;
    Context ctx;
    ctx.clock = &clock;
    asio::io_context loop{1};
    auto client = std::make_unique<Client>(loop.get_executor(), server.config());
    client->start();
    loop.run_for(100ms);
    ASSERT_TRUE(client->available());
    server.freeze();
    auto asking = asio::co_spawn(loop, client->get(ctx, value("a")), asio::use_future);
    loop.run_for(20ms);
    auto other = std::make_unique<Client>(loop.get_executor(), server.config());
    other->start();
    loop.run_for(20ms);
    client.reset();
    loop.run_for(100ms);   // whoever waited is told
    ASSERT_EQ(asking.wait_for(0s), std::future_status::ready);
    EXPECT_THROW(asking.get(), Gone);
    other.reset();   // and the loop ends before its tasks do
}

TEST(RedisServerRole, ThatTurnsToReplicaIsLookedForAnew) {
    RedisServer primary;
    RedisServer server;
    RedisLoop redis(server.config());
    redis.wait_for(State::available);
    (void)server.cli({"REPLICAOF", "127.0.0.1", std::to_string(primary.port())});
    try {
        redis.run(redis.client.set(redis.context(), value("a"), "b"));
        FAIL() << "a replica took a write";
    } catch (const Gone& gone) {
        EXPECT_EQ(gone.reason, GoneReason::read_only);
    }
    (void)server.cli({"REPLICAOF", "NO", "ONE"});
    redis.wait_for(State::available);
    const auto limit = steady_clock::now() + 5s;
    while (redis.client.usage().connected < 2 && steady_clock::now() < limit) redis.loop.run_one_for(10ms);
    EXPECT_EQ(redis.client.usage().connected, 2);
    redis.run(redis.client.set(redis.context(), value("a"), "b"));
}

TEST(RedisServerReply, ThatIsTooLargeCostsTheConnectionOnly) {
    RedisServer server;
    auto config = server.config();
    config.reply_bytes_max = 10'000;
    RedisLoop redis(config);
    redis.run(redis.client.set(redis.context(), value("big"), std::string(20'000, 'x')));
    EXPECT_EQ(reason_of(redis, redis.client.get(redis.context(), value("big"))), GoneReason::unreachable);
    redis.wait_for(State::available);
    EXPECT_EQ(redis.run(redis.client.get(redis.context(), value("none"))), std::nullopt);
}

TEST(RedisServerMemory, ThatIsFullIsGoneAndReadableStill) {
    RedisOptions options;
    options.arguments = {"--maxmemory", "1"};
    RedisServer server(options);
    RedisLoop redis(server.config());
    try {
        redis.run(redis.client.set(redis.context(), value("a"), "b"));
        FAIL();
    } catch (const Gone& gone) {
        EXPECT_EQ(gone.reason, GoneReason::out_of_memory);
    }
    EXPECT_EQ(redis.run(redis.client.get(redis.context(), value("a"))), std::nullopt);
    EXPECT_TRUE(redis.client.available());
}

}   // namespace
}   // namespace caddy::redis
