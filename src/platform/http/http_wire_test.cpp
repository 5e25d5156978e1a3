// Bytes on the wire: what is a request, what is refused, where the next one begins.
#include "platform/http/http_shop.hpp"

#include <gtest/gtest.h>

namespace caddy::http {
namespace {

using namespace testing;

struct RawCase {
    std::string raw;
    int status;
};

void expect_refused_and_closed(Shop& shop, const std::vector<RawCase>& cases) {
    for (const auto& c : cases) {
        Client client(shop.port());
        const auto answer = client.send(c.raw).receive();
        EXPECT_EQ(answer.status, c.status) << c.raw;
        EXPECT_EQ(answer.header("connection"), "close") << c.raw;
        EXPECT_TRUE(client.is_closed()) << c.raw;
    }
}

TEST(Smuggling, finds_nothing_that_two_readers_could_understand_differently) {
    Shop shop;
    const std::string get = "GET /hello HTTP/1.1\r\nHost: s\r\n";
    const std::string post = "POST /echo HTTP/1.1\r\nHost: s\r\n";
    expect_refused_and_closed(
        shop, {{post + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nx", 400},
               {post + "Content-Length: 1\r\nContent-Length: 1\r\n\r\nx", 400},
               {post + "Content-Length: 1, 1\r\n\r\nx", 400},
               {post + "Content-Length: +1\r\n\r\nx", 400},
               {post + "Content-Length: -1\r\n\r\nx", 400},
               {post + "Content-Length: 0x1\r\n\r\nx", 400},
               {post + "Content-Length: 1 1\r\n\r\nx", 400},
               {post + "Content-Length:\r\n\r\nx", 400},
               {post + "Content-Length: 99999999999999999999\r\n\r\nx", 400},
               {post + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
               {post + "Transfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n0\r\n\r\n", 400},
               {post + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 400},
               {post + "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n", 400},
               {post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
               {post + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 400},
               {post + "Transfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n", 400},
               {post + "Transfer-Encoding:\x0b"
                       "chunked\r\n\r\n0\r\n\r\n",
                400},
               {"POST /echo HTTP/1.0\r\nHost: s\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
               {post + "Content-Length : 1\r\n\r\nx", 400},
               {get + "X-Folded: a\r\n b\r\n\r\n", 400},
               {get + " X-Leading: a\r\n\r\n", 400},
               {get + "X-Bare: a\nX-Other: b\r\n\r\n", 400},
               {get + "X-Bare: a\rX-Other: b\r\n\r\n", 400},
               {get + std::string("X-Nul: a\0b\r\n\r\n", 14), 400},
               {get + "X-Control: a\x01"
                      "b\r\n\r\n",
                400},
               {get + "X-Delete: a\x7f\r\n\r\n", 400},
               {get + "No-Colon\r\n\r\n", 400},
               {get + ": no name\r\n\r\n", 400},
               {get + "Bad Name: x\r\n\r\n", 400},
               {get + "B\xc3\xa4"
                      "d: x\r\n\r\n",
                400},
               {"GET /hello HTTP/1.1\r\n\r\n", 400},
               {get + "Host: t\r\n\r\n", 400},
               {"GET /hello HTTP/1.1\r\nHost: a b\r\n\r\n", 400},
               {"GET /hello HTTP/1.1\r\nHost: a/b\r\n\r\n", 400},
               {"GET /hello HTTP/1.1\nHost: s\n\n", 400},
               {get + "Authorization: Bearer a\r\nAuthorization: Bearer b\r\n\r\n", 400}});
}

TEST(RequestLine, is_read_strictly) {
    Shop shop;
    const std::string host = "\r\nHost: s\r\n\r\n";
    expect_refused_and_closed(shop, {{"GET /hello" + host, 400},
                                     {"GET  /hello HTTP/1.1" + host, 400},
                                     {"GET /hello  HTTP/1.1" + host, 400},
                                     {"GET\t/hello\tHTTP/1.1" + host, 400},
                                     {"GET /hello HTTP/1.1 " + host, 400},
                                     {" GET /hello HTTP/1.1" + host, 400},
                                     {"GET /hello http/1.1" + host, 400},
                                     {"GET /hello HTTP/11" + host, 400},
                                     {"GET /hello HTTP/1.1x" + host, 400},
                                     {"G(T /hello HTTP/1.1" + host, 400},
                                     {"GET hello HTTP/1.1" + host, 400},
                                     {"GET * HTTP/1.1" + host, 400},
                                     {"GET /hello HTTP/2.0" + host, 505},
                                     {"GET /hello HTTP/1.2" + host, 505},
                                     {"GET /hello HTTP/0.9" + host, 505},
                                     {"BREW /hello HTTP/1.1" + host, 501},
                                     {"get /hello HTTP/1.1" + host, 501},
                                     {"CONNECT s:443 HTTP/1.1" + host, 501},
                                     {"TRACE /hello HTTP/1.1" + host, 501},
                                     {"\x16\x03\x01\x02", 400}});
}

TEST(Target, is_normalised_once_and_strictly) {
    Shop shop;
    std::vector<RawCase> cases;
    for (const auto* target :
         {"/a%zzb",    "/a%2",      "/a%",          "/a%00b",      "/a%2fb", "/a%2Fb",      "/a%5cb",
          "/a\\b",     "/../etc",   "/a/../b",      "/a/%2e%2e/b", "/.",     "/a/.",        "/%ff",
          "/a?x=%zz",  "/a?x=%00",  "/a?x=%ff",     "/a#b",        "/a<b",   "/\"",         "/{x}",
          "ftp://s/a", "http:///a", "http://u@s/a", "//..",        "/a%0ab", "/caf\xc3\xa9"}) {
        cases.push_back({std::string("GET ") + target + " HTTP/1.1\r\nHost: s\r\n\r\n", 400});
    }
    expect_refused_and_closed(shop, cases);
    for (const auto* target : {"/hello", "/hel%6co", "/hello?x=1&y=%20+", "http://shop.example/hello",
                               "https://shop.example:8443/hello?filter[a]=1", "/hello?"}) {
        EXPECT_EQ(shop.get(target).status, 200) << target;
    }
    EXPECT_EQ(shop.get("/things/%E8%8C%B6").status, 200);
    EXPECT_EQ(shop.get("//hello").status, 404);
}

TEST(Heads, that_are_too_long_are_refused) {
    Shop shop;
    std::string many;
    for (int i = 0; i < 101; ++i) many += "X-H" + std::to_string(i) + ": a\r\n";
    expect_refused_and_closed(
        shop, {{"GET /" + std::string(9000, 'a') + " HTTP/1.1\r\nHost: s\r\n\r\n", 414},
               {"GET /" + std::string(9000, 'a'), 414},
               {"GET /hello HTTP/1.1\r\nHost: s\r\nX-Big: " + std::string(33 * 1024, 'a') + "\r\n\r\n", 431},
               {"GET /hello HTTP/1.1\r\nHost: s\r\nX-Big: " + std::string(40 * 1024, 'a'), 431},
               {"GET /hello HTTP/1.1\r\nHost: s\r\n" + many + "\r\n", 431}});
    EXPECT_EQ(shop.get("/hello", "X-Big: " + std::string(30 * 1024, 'a') + "\r\n").status, 200);
}

TEST(KeepAlive, follows_the_version_and_the_connection_header) {
    Shop shop;
    const struct {
        const char* raw;
        bool closes;
    } cases[] = {{"GET /hello HTTP/1.1\r\nHost: s\r\n\r\n", false},
                 {"GET /hello HTTP/1.1\r\nHost: s\r\nConnection: close\r\n\r\n", true},
                 {"GET /hello HTTP/1.1\r\nHost: s\r\nConnection: x, Close\r\n\r\n", true},
                 {"GET /hello HTTP/1.0\r\n\r\n", true},
                 {"GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", false},
                 {"GET /nothing HTTP/1.1\r\nHost: s\r\n\r\n", false},
                 {"GET /fault HTTP/1.1\r\nHost: s\r\n\r\n", false}};
    for (const auto& c : cases) {
        Client client(shop.port());
        const auto answer = client.send(c.raw).receive();
        EXPECT_GT(answer.status, 0) << c.raw;
        EXPECT_EQ(c.closes ? client.is_closed() : client.is_closed(std::chrono::milliseconds(150)), c.closes) << c.raw;
        EXPECT_EQ(answer.header("connection") == "close", c.closes) << c.raw;
    }
}

TEST(Pipelining, answers_in_order_whatever_the_packets) {
    Shop shop;
    Client client(shop.port());
    const std::string burst =
        "GET /slow HTTP/1.1\r\nHost: s\r\n\r\n"
        "POST /echo HTTP/1.1\r\nHost: s\r\nContent-Length: 5\r\n\r\nfirst\r\n"
        "POST /echo HTTP/1.1\r\nHost: s\r\nTransfer-Encoding: "
        "chunked\r\n\r\n3\r\nsec\r\n3;x=y\r\nond\r\n0\r\nX-Trailer: t\r\n\r\n"
        "HEAD /hello HTTP/1.1\r\nHost: s\r\n\r\n"
        "GET /hello HTTP/1.1\r\nHost: s\r\nConnection: close\r\n\r\n";
    client.send(burst);
    EXPECT_EQ(client.receive().body, R"({"text":"slow"})");
    EXPECT_EQ(client.receive().body, "first");
    EXPECT_EQ(client.receive().body, "second");
    EXPECT_EQ(client.receive(Payload::none).header("content-length"), "16");
    EXPECT_EQ(client.receive().body, R"({"text":"hello"})");
    EXPECT_TRUE(client.is_closed());

    Client drip(shop.port());
    for (const char c : burst) drip.send(std::string(1, c));
    EXPECT_EQ(drip.receive().status, 200);
    EXPECT_EQ(drip.receive().body, "first");
    EXPECT_EQ(drip.receive().body, "second");
}

TEST(Chunks, are_read_strictly) {
    Shop shop;
    const std::string head = "POST /echo HTTP/1.1\r\nHost: s\r\nTransfer-Encoding: chunked\r\n\r\n";
    EXPECT_EQ(shop.ask(head + "A\r\n0123456789\r\n0\r\n\r\n").body, "0123456789");
    EXPECT_EQ(shop.ask(head + "0\r\n\r\n").status, 200);
    expect_refused_and_closed(shop, {{head + "x\r\n\r\n", 400},
                                     {head + "-1\r\n\r\n", 400},
                                     {head + "0x1\r\na\r\n0\r\n\r\n", 400},
                                     {head + "1\r\nab\r\n0\r\n\r\n", 400},
                                     {head + "FFFFFFFFFFFFFFFFF\r\n", 400},
                                     {head + " 1\r\na\r\n0\r\n\r\n", 400},
                                     {head + "1 \r\na\r\n0\r\n\r\n", 400},
                                     {head + "1\na\n0\n\n", 400},
                                     {head + "1;" + std::string(20'000, 'e') + "\r\na\r\n0\r\n\r\n", 400}});
}

TEST(Bodies, past_their_limit_are_refused_before_they_are_read) {
    ServerConfig config;
    config.body_bytes_max = 10'000;
    Shop shop(config);
    expect_refused_and_closed(shop, {{"POST /echo HTTP/1.1\r\nHost: s\r\nContent-Length: 10001\r\n\r\n", 413},
                                     {"POST /echo HTTP/1.1\r\nHost: s\r\nTransfer-Encoding: chunked\r\n\r\n2711\r\n" +
                                          std::string(10'001, 'a') + "\r\n0\r\n\r\n",
                                      413}});
    const std::string large(150'000, 'b');
    EXPECT_EQ(shop.ask("POST /big HTTP/1.1\r\nHost: s\r\nContent-Length: 150000\r\n\r\n" + large).body, large);
    EXPECT_EQ(shop.ask("POST /big HTTP/1.1\r\nHost: s\r\nContent-Length: 200001\r\n\r\n").status, 413);
}

TEST(Bodies, of_refused_requests_do_not_disturb_the_next_one) {
    Shop shop;
    Client client(shop.port());
    client.send(
        "POST /staff HTTP/1.1\r\nHost: s\r\nContent-Length: 5\r\n\r\nhelloGET /hello HTTP/1.1\r\nHost: s\r\n\r\n");
    EXPECT_EQ(client.receive().status, 401);
    EXPECT_EQ(client.receive().body, R"({"text":"hello"})");
}

TEST(Expect, is_answered_before_the_body_and_only_where_it_is_wanted) {
    Shop shop;
    Client client(shop.port());
    client.send("POST /echo HTTP/1.1\r\nHost: s\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    EXPECT_EQ(client.send("ok").receive().body, "ok");

    Client refused(shop.port());
    refused.send("POST /staff HTTP/1.1\r\nHost: s\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    EXPECT_EQ(refused.receive().status, 401);
    EXPECT_TRUE(refused.is_closed());
    EXPECT_EQ(shop.get("/hello", "Expect: miracles\r\n").status, 417);
}

TEST(Connections, that_break_off_leave_the_server_as_it_was) {
    Shop shop;
    for (const auto* raw :
         {"", "G", "GET /hello HTTP/1.1\r\nHo", "POST /echo HTTP/1.1\r\nHost: s\r\nContent-Length: 100\r\n\r\nhalf",
          "GET /slow HTTP/1.1\r\nHost: s\r\n\r\n"}) {
        Client client(shop.port());
        client.send(raw);
    }
    EXPECT_EQ(shop.get("/hello").status, 200);
}

}  // namespace
}  // namespace caddy::http
