#include "platform/http/http_shop.hpp"
#include "platform/json/decode.hpp"

#include <gtest/gtest.h>
#include <zlib.h>

namespace caddy::http::testing {

namespace {

/// Pieces of 1000 letters; it breaks down at one of them when asked to.
struct Letters {
    int pieces = 0;
    int fault_at = -1;
    std::chrono::milliseconds between{0};
    int given = 0;

    Task<std::optional<std::string>> next() {
        if (given == fault_at) throw std::runtime_error("secret inside");
        if (between.count() > 0) co_await pause(between);
        if (given == pieces) co_return std::nullopt;
        co_return std::string(1000, static_cast<char>('a' + given++));
    }
};

Response stream_of(Letters letters, std::string beginning = "") {
    Response response;
    response.content_type = "text/plain";
    response.body = std::move(beginning);
    const auto kept = std::make_shared<Letters>(letters);
    response.rest = [kept] { return kept->next(); };
    return response;
}

Task<Result<Response>> three(Request&) { co_return stream_of({.pieces = 3}, "head,"); }
Task<Result<Response>> none(Request&) { co_return stream_of({.pieces = 0}, "head,"); }
Task<Result<Response>> breaks_at_once(Request&) { co_return stream_of({.pieces = 3, .fault_at = 0}); }
Task<Result<Response>> breaks_midway(Request&) { co_return stream_of({.pieces = 3, .fault_at = 2}); }
Task<Result<Response>> slow(Request&) {
    co_return stream_of({.pieces = 4, .between = std::chrono::milliseconds(500)});
}
Task<Result<Response>> soon(Request&) {
    co_return stream_of({.pieces = 4, .between = std::chrono::milliseconds(60)});
}
Task<Result<Response>> stuck(Request&) {
    const auto kept = std::make_shared<int>(0);
    Response response;
    response.content_type = "text/plain";
    response.rest = [kept]() -> Task<std::optional<std::string>> {
        if ((*kept)++ > 0) co_await pause(std::chrono::hours(1));
        co_return "first";
    };
    co_return response;
}

// Counts what it gave: a connection that nobody reads from must not fill memory.
std::atomic<int> pieces_given{0};
Task<Result<Response>> endless(Request&) {
    Response response;
    response.content_type = "application/octet-stream";
    response.rest = []() -> Task<std::optional<std::string>> {
        ++pieces_given;
        co_return std::string(100'000, 'x');
    };
    co_return response;
}

struct Streaming {
    Streaming() : server({}, {router, clock}) {}
    static Router routes() {
        Router router;
        router.get("/three", Access::anyone, three);
        router.get("/none", Access::anyone, none);
        router.get("/breaks-at-once", Access::anyone, breaks_at_once);
        router.get("/breaks-midway", Access::anyone, breaks_midway);
        // More than a piece takes, by much where the machine has much to do, and less than all pieces.
        router.get("/slow", Access::anyone, slow).time_limit = std::chrono::milliseconds(2000);
        router.get("/soon", Access::anyone, soon);
        router.get("/stuck", Access::anyone, stuck).time_limit = std::chrono::milliseconds(1000);
        router.get("/stuck-for-long", Access::anyone, stuck);
        router.get("/endless", Access::anyone, endless);
        router.get("/hello", Access::anyone, say_hello);
        return router;
    }
    SystemClock clock;
    Router router = routes();
    RunningServer server;
};

std::string get(const std::string& path, const std::string& headers = "", const std::string& version = "1.1") {
    return "GET " + path + " HTTP/" + version + "\r\nHost: shop\r\n" + headers + "\r\n";
}

struct Chunks {
    std::string bytes;
    bool ended = false;   // by the last chunk
};

/// Reads until the last chunk or the end of the connection.
Chunks read_chunks(Client& client) {
    Chunks chunks;
    for (;;) {
        const auto line = client.take_until("\r\n");
        if (!line) return chunks;
        const auto size = std::stoul(*line, nullptr, 16);
        const auto bytes = client.take(size + 2);
        if (!bytes) return chunks;
        if (size == 0) {
            chunks.ended = true;
            return chunks;
        }
        chunks.bytes.append(bytes->substr(0, size));
    }
}

std::string gunzipped(const std::string& data) {
    z_stream z{};
    if (inflateInit2(&z, 15 + 16) != Z_OK) return "";
    std::string out(1'000'000, '\0');
    z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(data.data()));
    z.avail_in = static_cast<uInt>(data.size());
    z.next_out = reinterpret_cast<Bytef*>(out.data());
    z.avail_out = static_cast<uInt>(out.size());
    const int outcome = inflate(&z, Z_FINISH);
    out.resize(z.total_out);
    inflateEnd(&z);
    return outcome == Z_STREAM_END ? out : "";
}

const std::string all_three =
    "head," + std::string(1000, 'a') + std::string(1000, 'b') + std::string(1000, 'c');

}  // namespace

TEST(Streams, PiecesAreSentInOrderAndEndedAndTheConnectionGoesOn) {
    Streaming shop;
    Client client(shop.server.port());
    const auto answer = client.send(get("/three")).receive(Payload::none);
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.header("transfer-encoding"), "chunked");
    EXPECT_EQ(answer.header("content-length"), "");
    EXPECT_EQ(answer.header("etag"), "");
    const auto chunks = read_chunks(client);
    EXPECT_EQ(chunks.bytes, all_three);
    EXPECT_TRUE(chunks.ended);
    EXPECT_EQ(client.send(get("/hello")).receive().status, 200);
}

TEST(Streams, GzipIsAppliedOnTheWay) {
    Streaming shop;
    Client client(shop.server.port());
    const auto answer = client.send(get("/three", "Accept-Encoding: br, gzip\r\n")).receive(Payload::none);
    EXPECT_EQ(answer.header("content-encoding"), "gzip");
    EXPECT_EQ(answer.header("vary"), "Accept-Encoding");
    const auto chunks = read_chunks(client);
    EXPECT_TRUE(chunks.ended);
    EXPECT_EQ(gunzipped(chunks.bytes), all_three);
}

TEST(Streams, WithHttp10TheEndOfTheConnectionIsTheEndOfTheBody) {
    Streaming shop;
    Client client(shop.server.port());
    const auto answer = client.send(get("/three", "Connection: keep-alive\r\n", "1.0")).receive(Payload::none);
    EXPECT_EQ(answer.header("transfer-encoding"), "");
    EXPECT_EQ(answer.header("connection"), "close");
    EXPECT_EQ(client.take(all_three.size()), all_three);
    EXPECT_TRUE(client.is_closed());
}

TEST(Streams, HeadHasTheHeadersAndNoBody) {
    Streaming shop;
    Client client(shop.server.port());
    const auto answer = client.send("HEAD /three HTTP/1.1\r\nHost: shop\r\n\r\n").receive(Payload::none);
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.header("content-type"), "text/plain");
    EXPECT_EQ(client.send(get("/hello")).receive().status, 200);
}

TEST(Streams, WithoutAnyPieceTheBeginningIsAll) {
    Streaming shop;
    EXPECT_EQ(Client(shop.server.port()).send(get("/none")).receive().body, "head,");
}

TEST(Streams, AFaultBeforeTheFirstPieceIsAnsweredAsOne) {
    Streaming shop;
    EXPECT_EQ(Client(shop.server.port()).send(get("/breaks-at-once")).receive().status, 500);
}

TEST(Streams, AFaultMidWayNeverLooksLikeTheEnd) {
    Streaming shop;
    Client client(shop.server.port());
    (void)client.send(get("/breaks-midway")).receive(Payload::none);
    EXPECT_FALSE(read_chunks(client).ended);
    EXPECT_TRUE(client.was_reset());
    Client old(shop.server.port());
    (void)old.send(get("/breaks-midway", "", "1.0")).receive(Payload::none);
    (void)old.take(100'000);
    EXPECT_TRUE(old.was_reset());
}

TEST(Streams, TheDeadlineIsOfEachPieceNotOfTheWhole) {
    Streaming shop;
    Client slow(shop.server.port());
    (void)slow.send(get("/slow")).receive(Payload::none);
    EXPECT_TRUE(read_chunks(slow).ended);
    Client stuck(shop.server.port());
    (void)stuck.send(get("/stuck")).receive(Payload::none);
    EXPECT_FALSE(read_chunks(stuck).ended);
}

TEST(Streams, NobodyReadsSoNothingMoreIsMade) {
    Streaming shop;
    pieces_given = 0;
    Client client(shop.server.port());
    client.send(get("/endless"));
    int before = 0;   // once it has filled what holds bytes between the two, it gives no more
    EXPECT_TRUE(comes_to_hold([&] {
        before = pieces_given;
        std::this_thread::sleep_for(std::chrono::milliseconds(500));
        return before > 0 && pieces_given == before;
    }));
    EXPECT_LT(before, 1000);
    shop.server.stop(std::chrono::milliseconds(50));
}

TEST(Streams, AStopWaitsForAStreamWithinItsLimitOnly) {
    Streaming shop;
    Client waits(shop.server.port());
    Client never(shop.server.port());
    waits.send(get("/soon"));
    never.send(get("/stuck-for-long"));
    (void)waits.receive(Payload::none);
    (void)never.receive(Payload::none);
    shop.server.stop(std::chrono::milliseconds(5000));
    EXPECT_TRUE(read_chunks(waits).ended);
    EXPECT_FALSE(read_chunks(never).ended);
}

}  // namespace caddy::http::testing
