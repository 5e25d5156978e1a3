// The short way of ready replies: whatever is answered there is answered as on the whole path.
#include "platform/http/http_shop.hpp"

#include <gtest/gtest.h>

#include <mutex>

namespace caddy::http {
namespace {

using namespace testing;

/// One reply that is ready, for as long as a test wants it to be.
class OneReply final : public ReadyReplies {
public:
    explicit OneReply(const Router& router) {
        for (const auto* route : router.list()) {
            if (route->pattern != "/things/{id}") continue;
            Response response;
            response.headers = {{"Cache-Control", "public, max-age=15"}, {"Vary", "X-Kind"}};
            response.prepared = prepare(std::string(3'000, 'x') + "\xE8\x8C\xB6", response.content_type);
            kept_ = std::make_unique<ReadyReply>(*route, response);
            whole_ = response;
        }
    }
    ReadyReply* find(std::string_view target, std::chrono::steady_clock::time_point) override {
        return is_ready && target == "/things/1" ? kept_.get() : nullptr;
    }
    void note_given(const ReadyReply&) override { ++given; }
    const Response& whole() const { return whole_; }

    std::atomic<bool> is_ready = true;
    std::atomic<int> given = 0;

private:
    std::unique_ptr<ReadyReply> kept_;
    Response whole_;
};

struct ReadyShop {
    explicit ReadyShop(const ServerConfig& config = {}, limit::RateLimiter* limiter = nullptr)
        : server(config, {.router = router,
                          .clock = clock,
                          .authenticate = know,
                          .limiter = limiter,
                          .observe = [this](const Finished& finished) { note(finished); },
                          .ready = &replies}) {}

    /// The kept reply is what the route answers.
    Router routes() {
        auto table = test_routes();
        for (auto* route : table.rows()) {
            if (route->pattern != "/things/{id}") continue;
            route->at_once = [this](const Request&) { return std::optional(replies.whole()); };
        }
        return table;
    }
    void note(const Finished& finished) {
        const std::lock_guard lock(mutex);
        observed = std::string(finished.method) + " " + std::string(finished.route) + " " +
                   std::to_string(finished.status) + " " + std::to_string(finished.bytes_out);
        ++count;
    }
    /// What was observed last, once so many have been: an answer may be there before it is counted.
    std::string last_of(int requests) {
        wait_for(requests);
        const std::lock_guard lock(mutex);
        return observed;
    }
    void wait_for(int requests) {
        const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(30);
        while (count < requests && std::chrono::steady_clock::now() < limit)
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    Answer ask(const std::string& raw) { return Client(server.port()).send(raw).receive(); }

    SystemClock clock;
    Router router = routes();
    OneReply replies{router};
    std::mutex mutex;
    std::string observed;
    std::atomic<int> count = 0;
    RunningServer server;
};

ServerConfig quiet() {
    ServerConfig config;
    config.access_log_every = 0;
    config.trusted_proxies = {"127.0.0.0/8"};
    config.hsts_max_age_s = 60;
    return config;
}

std::string get(std::string_view lines = "") {
    return "GET /things/1 HTTP/1.1\r\nHost: shop\r\n" + std::string(lines) + "\r\n";
}

/// Without what is another each time.
Answer steady(Answer answer) {
    answer.headers.erase("date");
    answer.headers.erase("x-request-id");
    return answer;
}

TEST(ReadyLane, answers_as_the_whole_path_does) {
    ReadyShop shop(quiet());
    const auto etag = shop.replies.whole().prepared->etag;
    const std::string cases[] = {get(),
                                 get("Accept-Encoding: gzip\r\n"),
                                 get("Accept-Encoding: br, gzip\r\n"),
                                 get("Accept-Encoding: identity;q=0\r\n"),
                                 get("If-None-Match: \"" + etag + "\"\r\n"),
                                 get("If-None-Match: W/\"" + etag + "-br\", \"x\"\r\nAccept-Encoding: br\r\n"),
                                 get("If-None-Match: \"" + etag + "\"\r\nAccept-Encoding: br\r\n"),
                                 get("If-None-Match: *\r\n"),
                                 get("Connection: keep-alive\r\nCookie: a=b\r\n")};
    int asked = 0;
    for (const auto& each : cases) {
        const auto given = shop.replies.given.load();
        const auto shorter = shop.ask(each);
        const auto seen = shop.last_of(++asked);
        EXPECT_EQ(shop.replies.given, given + 1) << each;
        shop.replies.is_ready = false;
        const auto whole = shop.ask(each);
        shop.replies.is_ready = true;
        EXPECT_EQ(shop.replies.given, given + 1) << each;
        EXPECT_EQ(shorter.status, whole.status) << each;
        EXPECT_EQ(steady(shorter).headers, steady(whole).headers) << each;
        EXPECT_EQ(shorter.body, whole.body) << each;
        EXPECT_EQ(shorter.header("x-request-id").size(), 16U);
        EXPECT_FALSE(shorter.header("date").empty());
        EXPECT_EQ(seen, shop.last_of(++asked)) << each;
    }
}

TEST(ReadyLane, leaves_everything_else_to_the_whole_path) {
    auto config = quiet();
    config.cors_origins = {"https://front.example"};
    ReadyShop shop(config);
    EXPECT_EQ(shop.ask(get("Authorization: Bearer nobody\r\n")).status, 401);
    EXPECT_EQ(shop.ask(get("Origin: https://front.example\r\n")).header("access-control-allow-origin"),
              "https://front.example");
    EXPECT_EQ(shop.ask(get("Connection: close\r\n")).header("connection"), "close");
    EXPECT_EQ(shop.ask(get("Content-Encoding: gzip\r\n")).status, 415);
    EXPECT_EQ(shop.ask("GET /things/1 HTTP/1.0\r\n\r\n").header("connection"), "close");
    EXPECT_EQ(shop.ask("GET /things/1 HTTP/1.1\r\n\r\n").status, 400);
    EXPECT_EQ(shop.replies.given, 0);
    EXPECT_EQ(shop.ask(get("X-Request-Id: visit-0001\r\n")).header("x-request-id"), "visit-0001");
    EXPECT_EQ(shop.replies.given, 1);
    EXPECT_NE(shop.ask(get("X-Request-Id: no id\r\n")).header("x-request-id"), "no id");
    EXPECT_EQ(shop.replies.given, 1);
}

TEST(ReadyLane, answers_many_that_come_together_in_their_order) {
    ReadyShop shop(quiet());
    std::string all;
    for (int i = 0; i < 40; ++i) all += get("X-Request-Id: visit-00" + std::to_string(10 + i) + "\r\n");
    all += "POST /echo HTTP/1.1\r\nHost: shop\r\nContent-Length: 2\r\n\r\nhi" + get();
    Client client(shop.server.port());
    client.send(all);
    for (int i = 0; i < 40; ++i) {
        const auto answer = client.receive();
        ASSERT_EQ(answer.header("x-request-id"), "visit-00" + std::to_string(10 + i));
        ASSERT_EQ(answer.body.size(), 3'003U);
    }
    EXPECT_EQ(client.receive().body, "hi");
    EXPECT_EQ(client.receive().body.size(), 3'003U);
    EXPECT_EQ(shop.replies.given, 41);
    shop.wait_for(42);
    EXPECT_EQ(shop.count, 42);
}

TEST(ReadyLane, takes_a_request_that_comes_in_pieces) {
    ReadyShop shop(quiet());
    const auto raw = get("Accept-Encoding: gzip\r\n");
    Client client(shop.server.port());
    for (const auto c : raw) client.send(std::string(1, c));
    EXPECT_EQ(client.receive().status, 200);
    client.send(raw);
    EXPECT_EQ(client.receive().status, 200);
}

TEST(ReadyLane, sends_to_whoever_reads_slowly) {
    ReadyShop shop(quiet());
    std::string all;
    constexpr int requests = 3'000;   // more than the kernel has room for
    for (int i = 0; i < requests; ++i) all += get();
    Client client(shop.server.port());
    std::thread sender([&] { client.send(all); });
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    for (int i = 0; i < requests; ++i) ASSERT_EQ(client.receive().body.size(), 3'003U) << i;
    sender.join();
}

TEST(ReadyLane, draws_from_the_limits_and_leaves_refusals_to_the_whole_path) {
    limit::WindowTable table(1'000);
    limit::RateLimiter limiter({.global = {100, 60}, .api = {3, 60}, .auth = {1, 60}}, table);
    ReadyShop shop(quiet(), &limiter);
    for (const auto* left : {"2", "1", "0"}) {
        EXPECT_EQ(shop.ask(get()).header("ratelimit").substr(0, 9), "\"api\";r=" + std::string(left));
    }
    EXPECT_EQ(shop.replies.given, 3);
    const auto refused = shop.ask(get());
    EXPECT_EQ(refused.status, 429);
    EXPECT_FALSE(refused.header("retry-after").empty());
    const auto other = shop.ask(get("X-Forwarded-For: 203.0.113.9\r\n"));
    EXPECT_EQ(other.status, 200);
    EXPECT_EQ(other.header("ratelimit").substr(0, 9), "\"api\";r=2");
    EXPECT_EQ(other.header("ratelimit-policy"), "\"api\";q=3;w=60");
}

TEST(ReadyLane, ends_connections_when_the_server_drains) {
    ReadyShop shop(quiet());
    Client client(shop.server.port());
    client.send(get());
    EXPECT_EQ(client.receive().header("connection"), "");
    shop.server.drain();
    client.send(get());
    const auto last = client.receive();
    EXPECT_EQ(last.header("connection"), "close");
    EXPECT_EQ(last.body.size(), 3'003U);
}

}   // namespace
}   // namespace caddy::http
