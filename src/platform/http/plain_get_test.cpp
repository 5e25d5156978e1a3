#include "platform/http/head.hpp"
#include "platform/http/plain_get.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace caddy::http {
namespace {

constexpr std::size_t many = 100;

std::string get(std::string_view lines, std::string_view target = "/api/v1/products/jacket?expand=variants") {
    return "GET " + std::string(target) + " HTTP/1.1\r\n" + std::string(lines) + "\r\n";
}

TEST(PlainGet, is_read_with_what_changes_its_answer) {
    const auto raw = get("Host: shop.example:3000\r\nAccept-Encoding:  gzip, br \r\nIF-NONE-MATCH: \"a\"\r\n"
                         "X-Request-Id: visit-0001\r\nX-Forwarded-For: 203.0.113.9\r\nSec-Fetch-Mode: cors\r\n"
                         "Connection: Keep-Alive\r\nCookie: a=b\r\n");
    const auto bytes = raw + "GET /next";
    const auto request = read_plain_get(bytes, many);
    ASSERT_TRUE(request);
    EXPECT_EQ(request->head_bytes, raw.size());
    EXPECT_EQ(request->target, "/api/v1/products/jacket?expand=variants");
    EXPECT_EQ(request->accept_encoding, "gzip, br");
    EXPECT_EQ(request->if_none_match, "\"a\"");
    EXPECT_EQ(request->request_id, "visit-0001");
    EXPECT_EQ(request->forwarded_for, "203.0.113.9");
}

TEST(PlainGet, leaves_to_the_whole_reader_what_means_more) {
    const char* const lines[] = {
        "Host: a\r\nAuthorization: Bearer x\r\n", "Host: a\r\nContent-Length: 0\r\n",
        "Host: a\r\nTransfer-Encoding: chunked\r\n", "Host: a\r\nConnection: close\r\n",
        "Host: a\r\nConnection: keep-alive, upgrade\r\n", "Host: a\r\nExpect: 100-continue\r\n",
        "Host: a\r\nOrigin: https://b\r\n", "Host: a\r\ntraceparent: 00-1\r\n", "Host: a\r\nX-Cart-Token: t\r\n",
        "Host: a\r\nX-Unknown: t\r\n", "Host: a\r\nSec-: t\r\n", "Host: a\r\nHost: a\r\n",
        "Host: a\r\nX-Forwarded-For: 1.1.1.1\r\nX-Forwarded-For: 2.2.2.2\r\n", "Accept: */*\r\n"};
    for (const auto* each : lines) EXPECT_FALSE(read_plain_get(get(each), many)) << each;
    EXPECT_FALSE(read_plain_get("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n", many));
    EXPECT_FALSE(read_plain_get("GET / HTTP/1.0\r\nHost: a\r\n\r\n", many));
    EXPECT_FALSE(read_plain_get(get("Host: a\r\nDNT: 1\r\nVia: b\r\n"), 2));
}

TEST(PlainGet, leaves_to_the_whole_reader_what_is_no_head) {
    const char* const heads[] = {
        "",
        "GET",
        "GET /",
        "GET / HTTP/1.1\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n\r",
        "GET * HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET  / HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.1\nHost: a\n\n",
        "GET / HTTP/1.1\r\nHost : a\r\n\r\n",
        "GET / HTTP/1.1\r\n Host: a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\x01\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost:\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nDNT: 1\rX: y\r\n\r\n",
    };
    for (const auto* head : heads) EXPECT_FALSE(read_plain_get(head, many)) << head;
}

/// What it takes, the whole reader takes, and hears the same.
void expect_agreement(std::string_view bytes) {
    const auto plain = read_plain_get(bytes, many);
    if (!plain) return;
    const auto head = parse_head(bytes.substr(0, plain->head_bytes), {});
    if (head.has_error()) {
        // A target that nobody ever was answered under is found nowhere: the whole reader has refused it before.
        EXPECT_TRUE(parse_target(plain->target).has_error()) << bytes;
        return;
    }
    EXPECT_TRUE(head->method == "GET" && head->keep_alive && !head->has_body() && !head->expects_continue) << bytes;
    EXPECT_EQ(head->target.raw, plain->target);
    EXPECT_EQ(head->header("accept-encoding").value_or(""), plain->accept_encoding);
    EXPECT_EQ(head->header("if-none-match").value_or(""), plain->if_none_match);
    EXPECT_EQ(head->header("x-request-id").value_or(""), plain->request_id);
    EXPECT_EQ(head->header("x-forwarded-for").value_or(""), plain->forwarded_for);
    EXPECT_FALSE(head->header("authorization") || head->header("origin") || head->header("traceparent"));
}

TEST(PlainGet, hears_what_the_whole_reader_hears_however_a_head_is_disturbed) {
    const auto whole = get("Host: shop\r\nAccept-Encoding: gzip\r\nIf-None-Match: \"a\"\r\nX-Request-Id: visit-0001\r\n"
                           "X-Forwarded-For: 203.0.113.9\r\nUser-Agent: x\r\nConnection: keep-alive\r\n");
    ASSERT_TRUE(read_plain_get(whole, many));
    constexpr std::string_view strange = "\r\n :\t\0\x7F,\"aGH/%-~\x80\xFF";
    std::minstd_rand dice(7);
    for (int turn = 0; turn < 20'000; ++turn) {
        auto bytes = whole;
        for (auto changes = 1 + dice() % 3; changes > 0; --changes) {
            const auto at = dice() % bytes.size();
            const auto other = strange[dice() % strange.size()];
            switch (dice() % 3) {
                case 0: bytes[at] = other; break;
                case 1: bytes.insert(at, 1, other); break;
                default: bytes.erase(at, 1); break;
            }
        }
        expect_agreement(bytes);
    }
}

}   // namespace
}   // namespace caddy::http
