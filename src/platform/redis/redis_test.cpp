// What needs no server: the protocol from raw bytes, keys, slots, and a peer that answers nonsense.
#include "platform/redis/client.hpp"
#include "platform/redis/codec.hpp"
#include "platform/redis/slots.hpp"
#include "tests/support/redis_server.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <gtest/gtest.h>

#include <thread>

namespace caddy::redis {
namespace {

using namespace std::chrono_literals;
using testing::RedisLoop;

constexpr std::size_t large = 1 << 20;

const KeyPattern cart_lock({.owner = "test",
                            .pattern = "test:{<token>}:lock:<line>",
                            .content = "who holds the cart",
                            .ttl_max = 5s,
                            .size = "16 bytes, one per cart"});
const KeyPattern counter({.owner = "test",
                          .pattern = "test:counter:<name>",
                          .content = "a count",
                          .ttl_max = 60s,
                          .size = "20 bytes, few"});

std::vector<Reply> decoded(std::string_view bytes, std::size_t step) {
    Decoder decoder(large);
    std::vector<Reply> replies;
    for (std::size_t at = 0; at < bytes.size(); at += step) {
        decoder.feed(bytes.substr(at, step));
        while (auto reply = decoder.next()) replies.push_back(std::move(*reply));
    }
    return replies;
}

TEST(RedisCodec, ReadsEveryKindOfReplyFromPiecesOfAnySize) {
    const std::string bytes =
        "+OK\r\n-ERR no\r\n:-42\r\n$5\r\na\r\nbc\r\n$0\r\n\r\n$-1\r\n*-1\r\n*0\r\n"
        "*3\r\n:1\r\n*2\r\n$1\r\nx\r\n$-1\r\n+y\r\n";
    for (const std::size_t step : {std::size_t{1}, std::size_t{2}, std::size_t{7}, bytes.size()}) {
        const auto replies = decoded(bytes, step);
        ASSERT_EQ(replies.size(), 9U) << "in pieces of " << step;
        EXPECT_EQ(replies[0].kind, Reply::Kind::status);
        EXPECT_EQ(replies[0].as_text(), "OK");
        EXPECT_TRUE(replies[1].is_error());
        EXPECT_EQ(replies[1].bytes, "ERR no");
        EXPECT_EQ(replies[2].as_integer(), -42);
        EXPECT_EQ(replies[3].as_text(), "a\r\nbc");
        EXPECT_EQ(replies[4].as_optional_text(), "");
        EXPECT_EQ(replies[5].as_optional_text(), std::nullopt);
        EXPECT_TRUE(replies[6].is_nil());
        EXPECT_TRUE(replies[7].as_list().empty());
        ASSERT_EQ(replies[8].as_list().size(), 3U);
        EXPECT_EQ(replies[8].items[1].items[0].as_text(), "x");
        EXPECT_TRUE(replies[8].items[1].items[1].is_nil());
        EXPECT_EQ(replies[8].items[2].as_text(), "y");
    }
}

TEST(RedisCodec, KeepsManyElementsInTheirPlacesWhileListsGrow) {
    std::string bytes = "*1000\r\n";
    for (int at = 0; at < 1'000; ++at) bytes += "*2\r\n:" + std::to_string(at) + "\r\n$1\r\nz\r\n";
    const auto replies = decoded(bytes, 13);
    ASSERT_EQ(replies.size(), 1U);
    ASSERT_EQ(replies[0].items.size(), 1'000U);
    for (std::size_t at = 0; at < 1'000; ++at)
        EXPECT_EQ(replies[0].items[at].items[0].number, static_cast<std::int64_t>(at));
}

TEST(RedisCodec, RefusesWhatIsNoReply) {
    for (const std::string_view bytes :
         {"HTTP/1.1 400 Bad Request\r\n", "$-2\r\nx\r\n", "*-7\r\n", ":12x\r\n", "$99999999999999999999\r\n", "\r\n",
          "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n"}) {
        EXPECT_THROW((void)decoded(bytes, bytes.size()), Malformed) << bytes;
    }
}

TEST(RedisCodec, BelievesNoLengthThatItHasNotSeen) {
    EXPECT_THROW((void)decoded("*2147483647\r\n", 64), Malformed);
    // Announced, and never sent: nothing is set aside for it.
    EXPECT_TRUE(decoded("*1000000\r\n:1\r\n", 64).empty());
    EXPECT_TRUE(decoded("$500000000\r\nabc", 64).empty());
}

TEST(RedisCodec, EndsAnAnswerThatIsTooLong) {
    Decoder decoder(1'000);
    decoder.feed("$5\r\nshort\r\n$900\r\n" + std::string(900, 'x') + "\r\n");
    EXPECT_EQ(decoder.next()->as_text(), "short");
    EXPECT_EQ(decoder.next()->as_text().size(), 900U);
    decoder.feed("$100000\r\n" + std::string(1'200, 'x'));
    EXPECT_THROW((void)decoder.next(), Malformed);
}

TEST(RedisCodec, WritesWordsWithAnyBytes) {
    const std::vector<std::string_view> words{"SET", std::string_view("a\0b\r\n", 5), ""};
    EXPECT_EQ(encode(words), std::string("*3\r\n$3\r\nSET\r\n$5\r\na\0b\r\n\r\n$0\r\n\r\n", 30));
}

TEST(RedisReply, TellsErrorsByTheirKind) {
    const auto error = [](std::string text) { return Reply{Reply::Kind::error, 0, std::move(text), {}}; };
    EXPECT_EQ(error("WRONGTYPE Operation against a key").error_kind(), ErrorKind::wrong_type);
    EXPECT_EQ(error("BUSYGROUP Consumer Group name already exists").error_kind(), ErrorKind::busy_group);
    EXPECT_EQ(error("ERR Error running script: @user_script: OOM command not allowed when used").error_kind(),
              ErrorKind::out_of_memory);
    EXPECT_THROW(error("ERR unknown command").checked(), Fault);
    EXPECT_THROW(error("WRONGTYPE x").as_integer(), Fault);
    for (const auto* text :
         {"OOM x", "READONLY x", "LOADING x", "BUSY x", "CLUSTERDOWN x", "MASTERDOWN x", "MISCONF x"})
        EXPECT_THROW(error(text).checked(), Gone) << text;
    EXPECT_THROW((void)Reply{}.as_integer(), Fault);
    EXPECT_THROW((void)(Reply{Reply::Kind::integer, 5, {}, {}}.as_text()), Fault);
}

TEST(RedisKey, IsMadeFromItsPattern) {
    EXPECT_EQ(cart_lock("abc", 7).text(), "test:{abc}:lock:7");
    EXPECT_EQ(&cart_lock("abc", 7).pattern(), &cart_lock);
}

TEST(RedisKey, LetsNoValueReachAnotherKey) {
    EXPECT_EQ(cart_lock("a}:lock:1 {b", "::1").text(), "test:{a%7d%3alock%3a1%20%7bb}:lock:%3a%3a1");
    EXPECT_EQ(cart_lock("50%", "~x").text(), "test:{50%25}:lock:%7ex");
    const auto digest = counter(std::string(100'000, 'x')).text();
    EXPECT_LT(digest.size(), 100U);
    EXPECT_NE(digest, counter(std::string(100'001, 'x')).text());
}

TEST(RedisKey, IsFoundAgainByItsPattern) {
    EXPECT_EQ(KeyPattern::find(cart_lock("a b", std::string(500, '/')).text()), &cart_lock);
    EXPECT_EQ(KeyPattern::find(counter("x").text()), &counter);
    EXPECT_EQ(KeyPattern::find("test:counter:x:y"), nullptr);
    EXPECT_EQ(KeyPattern::find("test:{abc}:lock"), nullptr);
    EXPECT_EQ(KeyPattern::find("other"), nullptr);
}

TEST(RedisSlots, AreTheOnesOfTheClusterSpecification) {
    EXPECT_EQ(slot_of("123456789"), 0x31C3 % 16'384);
    EXPECT_EQ(slot_of(""), 0);
    EXPECT_EQ(slot_of("foo"), 12'182);
    EXPECT_EQ(slot_of("{user1000}.following"), slot_of("{user1000}.followers"));
    EXPECT_EQ(slot_of("{user1000}.following"), slot_of("user1000"));
    EXPECT_EQ(slot_of("foo{{bar}}zap"), slot_of("{bar"));
    EXPECT_EQ(slot_of("foo{bar}{zap}"), slot_of("bar"));
    EXPECT_NE(slot_of("foo{}{bar}"), slot_of("bar"));
    EXPECT_NE(slot_of("foo{bar"), slot_of("bar"));
}

TEST(RedisSlots, ReadRedirections) {
    const Endpoint asked{"10.0.0.1", 7'000};
    EXPECT_EQ(Redirection::read("MOVED 3999 127.0.0.1:6381", asked)->to, (Endpoint{"127.0.0.1", 6'381}));
    EXPECT_EQ(Redirection::read("ASK 3999 :6381", asked)->to, (Endpoint{"10.0.0.1", 6'381}));
    EXPECT_EQ(Redirection::read("MOVED 3999 ::1:6381", asked)->to, (Endpoint{"::1", 6'381}));
    for (const auto* text : {"MOVED", "MOVED 1", "MOVED 16384 a:1", "MOVED x a:1", "MOVED 1 a:0", "MOVED 1 a:99999"})
        EXPECT_FALSE(Redirection::read(text, asked)) << text;
}

TEST(RedisConfig, IsCheckedWithTheNamesOfItsSettings) {
    Config config;
    EXPECT_TRUE(faults_of(config).empty());
    config.key_prefix = "{x}";
    config.cluster_nodes = {"a:1", "b"};
    config.database = 1;
    config.username = "u";
    EXPECT_EQ(faults_of(config).size(), 4U);
}

/// A peer that says the same to everybody, whatever it is asked.
class Parrot {
public:
    explicit Parrot(std::string answer) : answer_(std::move(answer)), thread_([this] { listen(); }) {}
    ~Parrot() {
        stopped_ = true;
        boost::system::error_code ignored;
        asio::ip::tcp::socket last(loop_);
        last.connect(acceptor_.local_endpoint(), ignored);
        thread_.join();
    }
    Config config() const {
        Config config;
        config.host = "127.0.0.1";
        config.port = acceptor_.local_endpoint().port();
        config.connect_limit_ms = 200;
        config.backoff_ms = 5;
        config.reply_bytes_max = 100'000;
        return config;
    }
    std::atomic<int> visits = 0;

private:
    void listen() {
        while (!stopped_) {
            boost::system::error_code fault;
            asio::ip::tcp::socket socket(loop_);
            acceptor_.accept(socket, fault);
            if (fault || stopped_) break;
            ++visits;
            std::array<char, 4'096> buffer{};
            while (socket.read_some(asio::buffer(buffer), fault) > 0 && !fault)
                asio::write(socket, asio::buffer(answer_), fault);
        }
    }
    std::string answer_;
    std::atomic<bool> stopped_ = false;
    asio::io_context loop_;
    asio::ip::tcp::acceptor acceptor_{loop_, {asio::ip::address_v4::loopback(), 0}};
    std::thread thread_;
};

class RedisPeer : public ::testing::TestWithParam<std::string> {};

TEST_P(RedisPeer, ThatMakesNoSenseIsGoneAndTriedAgain) {
    Parrot parrot(GetParam());
    RedisLoop redis(parrot.config());
    redis.wait_for(State::gone);
    EXPECT_THROW((void)redis.run(redis.client.get(redis.context(), counter("x"))), Gone);
    const auto limit = std::chrono::steady_clock::now() + 5s;
    while (parrot.visits < 3 && std::chrono::steady_clock::now() < limit) redis.loop.run_one_for(10ms);
    EXPECT_GE(parrot.visits, 3);
}

INSTANTIATE_TEST_SUITE_P(Answers, RedisPeer,
                         ::testing::Values("HTTP/1.1 400 Bad Request\r\n\r\n", "*2147483647\r\n", "$-5\r\n",
                                           "-NOAUTH Authentication required.\r\n", "-LOADING in a moment\r\n",
                                           "$1000000000\r\n" + std::string(200'000, 'x')));

TEST(RedisPeerOk, ThatAnswersMoreThanItWasAskedLosesTheConnection) {
    // Says yes to the greeting and to every command, twice.
    Parrot parrot("+OK\r\n+OK\r\n+OK\r\n+OK\r\n");
    RedisLoop redis(parrot.config());
    redis.client.start();
    const auto limit = std::chrono::steady_clock::now() + 5s;
    while (redis.client.usage().lost == 0 && std::chrono::steady_clock::now() < limit) redis.loop.run_one_for(10ms);
    EXPECT_GE(redis.client.usage().lost, 1);
}

TEST(RedisClient, FailsAtOnceWhereNobodyListens) {
    Config config;
    config.host = "127.0.0.1";
    config.port = 1;
    RedisLoop redis(config);
    redis.wait_for(State::gone);
    const auto begun = std::chrono::steady_clock::now();
    for (int at = 0; at < 100; ++at) {
        try {
            (void)redis.run(redis.client.get(redis.context(), counter("x")));
            FAIL() << "answered by nobody";
        } catch (const Gone& gone) {
            EXPECT_EQ(gone.reason, GoneReason::unreachable);
            EXPECT_EQ(gone.effect, Gone::Effect::none);
        }
    }
    EXPECT_LT(std::chrono::steady_clock::now() - begun, 500ms);
}

}   // namespace
}   // namespace caddy::redis
