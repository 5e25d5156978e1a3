// The walk of a request, seen from the other end of a socket.
#include "platform/http/http_shop.hpp"

#include "platform/json/decode.hpp"

#include <brotli/decode.h>
#include <gtest/gtest.h>
#include <zlib.h>

namespace caddy::http {
namespace {

using namespace testing;

std::string code_of(const Answer& answer) {
    const auto document = json::parse(answer.body);
    if (document.has_error()) return "not json: " + answer.body;
    const auto* code = document->find("code");
    return code ? std::get<std::string>(code->data) : "no code";
}
std::string member(const Answer& answer, std::string_view name) {
    const auto document = json::parse(answer.body).value();
    std::string text;
    json::write_value(text, *document.find(name));
    return text;
}

TEST(Walk, answers_with_what_all_answers_carry) {
    Shop shop;
    const auto answer = shop.get("/hello");

    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, R"({"text":"hello"})");
    EXPECT_EQ(answer.header("content-type"), "application/json");
    EXPECT_EQ(answer.header("cache-control"), "public, max-age=5");
    EXPECT_EQ(answer.header("x-content-type-options"), "nosniff");
    EXPECT_EQ(answer.header("referrer-policy"), "no-referrer");
    EXPECT_NE(answer.header("content-security-policy").find("frame-ancestors 'none'"), std::string::npos);
    EXPECT_EQ(answer.header("date").size(), std::string_view("Sun, 06 Nov 1994 08:49:37 GMT").size());
    EXPECT_EQ(answer.header("etag").size(), 34U);
    EXPECT_EQ(answer.header("x-request-id").size(), 16U);
    EXPECT_EQ(answer.header("connection"), "");
    EXPECT_EQ(shop.get("/who").header("cache-control"), "no-store");
}

TEST(Walk, keeps_a_request_id_that_is_one_and_makes_another_for_the_rest) {
    Shop shop;
    EXPECT_EQ(shop.get("/hello", "X-Request-Id: abc.DEF_12-34\r\n").header("x-request-id"), "abc.DEF_12-34");
    for (const auto* bad : {"short", "has blank in it", "quote\"quote", "<script>alert"}) {
        EXPECT_NE(shop.get("/hello", std::string("X-Request-Id: ") + bad + "\r\n").header("x-request-id"), bad);
    }
}

TEST(Walk, refuses_with_problems) {
    Shop shop;
    const struct {
        std::string raw;
        int status;
        const char* code;
    } cases[] = {
        {"GET /nothing HTTP/1.1\r\nHost: s\r\n\r\n", 404, "request.not_found"},
        {"DELETE /hello HTTP/1.1\r\nHost: s\r\n\r\n", 405, "request.method_not_allowed"},
        {"GET /me HTTP/1.1\r\nHost: s\r\n\r\n", 401, "request.sign_in_required"},
        {"GET /staff HTTP/1.1\r\nHost: s\r\nAuthorization: Bearer alice\r\n\r\n", 403, "request.forbidden"},
        {"GET /hello HTTP/1.1\r\nHost: s\r\nAuthorization: Bearer nobody\r\n\r\n", 401, "identity.token_invalid"},
        {"GET /hello HTTP/1.1\r\nHost: s\r\nAuthorization: Basic YTpi\r\n\r\n", 401, "request.authorization_malformed"},
        {"GET /hello HTTP/1.1\r\nHost: s\r\nAuthorization: Bearer broken\r\n\r\n", 500, "request.internal_error"},
        {"GET /fault HTTP/1.1\r\nHost: s\r\n\r\n", 500, "request.internal_error"},
        {"GET /late HTTP/1.1\r\nHost: s\r\n\r\n", 503, "request.deadline_exceeded"},
        {"POST /json HTTP/1.1\r\nHost: s\r\nContent-Length: 2\r\n\r\n{}", 415, "request.not_json"},
        {"POST /json HTTP/1.1\r\nHost: s\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}", 422,
         "request.invalid_field"},
        {"POST /json HTTP/1.1\r\nHost: s\r\nContent-Type: application/json\r\nContent-Length: 1\r\n\r\n{", 400,
         "request.malformed_json"},
        {"POST /echo HTTP/1.1\r\nHost: s\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\nxx", 415,
         "request.encoded_body"}};
    for (const auto& c : cases) {
        const auto answer = shop.ask(c.raw);
        EXPECT_EQ(answer.status, c.status) << c.raw;
        EXPECT_EQ(code_of(answer), c.code) << c.raw;
        EXPECT_EQ(answer.header("content-type"), "application/problem+json");
        EXPECT_EQ(member(answer, "request_id"), "\"" + answer.header("x-request-id") + "\"");
    }
    EXPECT_EQ(shop.ask(cases[1].raw).header("allow"), "GET, HEAD, OPTIONS");
    EXPECT_EQ(shop.ask(cases[2].raw).header("www-authenticate"), "Bearer realm=\"caddy-shopping\"");
    EXPECT_NE(shop.ask(cases[4].raw).header("www-authenticate").find("error=\"invalid_token\""), std::string::npos);
    EXPECT_EQ(shop.ask(cases[8].raw).header("retry-after"), "1");
    EXPECT_EQ(shop.ask(cases[7].raw).body.find("secret"), std::string::npos);
}

TEST(Walk, lets_the_right_callers_through) {
    Shop shop;
    EXPECT_EQ(member(shop.get("/me", "Authorization: Bearer alice\r\n"), "user"), "1");
    EXPECT_EQ(member(shop.get("/staff", "authorization: bearer  bob \r\n"), "user"), "2");
    EXPECT_EQ(member(shop.get("/who"), "client"), "\"127.0.0.1\"");
}

TEST(Walk, answers_head_as_get_without_its_body) {
    Shop shop;
    for (const std::string encoding : {"identity", "gzip", "br"}) {
        const auto headers = " HTTP/1.1\r\nHost: s\r\nAccept-Encoding: " + encoding + "\r\n\r\n";
        Client client(shop.port());
        const auto head = client.send("HEAD /much" + headers).receive(Payload::none);
        const auto get = client.send("GET /much" + headers).receive();
        EXPECT_EQ(head.status, 200);
        EXPECT_EQ(head.header("content-length"), get.header("content-length"));
        EXPECT_EQ(head.header("etag"), get.header("etag"));
    }
}

TEST(Walk, answers_options) {
    Shop shop;
    const auto some = shop.ask("OPTIONS /echo HTTP/1.1\r\nHost: s\r\n\r\n");
    const auto all = shop.ask("OPTIONS * HTTP/1.1\r\nHost: s\r\n\r\n");
    EXPECT_EQ(some.status, 204);
    EXPECT_EQ(some.header("allow"), "POST, OPTIONS");
    EXPECT_EQ(some.headers.count("content-length"), 0U);
    EXPECT_EQ(all.status, 204);
    EXPECT_EQ(shop.ask("OPTIONS /nothing HTTP/1.1\r\nHost: s\r\n\r\n").status, 404);
}

TEST(Walk, lets_listed_origins_alone_read_across) {
    ServerConfig config;
    config.cors_origins = {"https://shop.example"};
    Shop shop(config);
    const auto friendly = shop.get("/hello", "Origin: https://shop.example\r\n");
    const auto stranger = shop.get("/hello", "Origin: https://evil.example\r\n");
    const auto preflight = shop.ask(
        "OPTIONS /json HTTP/1.1\r\nHost: s\r\nOrigin: https://shop.example\r\nAccess-Control-Request-Method: "
        "POST\r\n\r\n");
    const auto refused =
        shop.ask("OPTIONS /json HTTP/1.1\r\nHost: s\r\nOrigin: null\r\nAccess-Control-Request-Method: POST\r\n\r\n");

    EXPECT_EQ(friendly.header("access-control-allow-origin"), "https://shop.example");
    EXPECT_EQ(friendly.header("vary"), "Origin");
    EXPECT_EQ(stranger.headers.count("access-control-allow-origin"), 0U);
    EXPECT_EQ(stranger.header("vary"), "Origin");
    EXPECT_EQ(preflight.status, 204);
    EXPECT_EQ(preflight.header("access-control-allow-methods"), "POST, OPTIONS");
    EXPECT_EQ(refused.headers.count("access-control-allow-methods"), 0U);
}

TEST(Walk, writes_no_header_that_carries_another) {
    Shop shop;
    const auto answer = shop.get("/forged");
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.headers.count("x-evil") + answer.headers.count("x-bad"), 0U);
}

TEST(Validators, answer_304_where_the_caller_has_the_bytes) {
    Shop shop;
    const auto tag = shop.get("/hello").header("etag");
    for (const auto& header : {tag, "W/" + tag, "\"other\", " + tag, std::string("*")}) {
        const auto answer = shop.get("/hello", "If-None-Match: " + header + "\r\n");
        EXPECT_EQ(answer.status, 304) << header;
        EXPECT_EQ(answer.header("etag"), tag);
        EXPECT_EQ(answer.header("cache-control"), "public, max-age=5");
        EXPECT_EQ(answer.headers.count("content-length") + answer.headers.count("content-type"), 0U);
    }
    for (const auto& header : {std::string("\"other\""), std::string("nonsense"), tag.substr(1), std::string("")}) {
        EXPECT_EQ(shop.get("/hello", "If-None-Match: " + header + "\r\n").status, 200) << header;
    }
}

TEST(Validators, differ_for_each_coding_and_come_back_plain_to_handlers) {
    Shop shop;
    EXPECT_EQ(shop.get("/version").header("etag"), "\"v7\"");
    EXPECT_EQ(shop.get("/version", "Accept-Encoding: gzip\r\n").header("etag"), "\"v7-gzip\"");
    EXPECT_EQ(shop.get("/version", "Accept-Encoding: br\r\n").header("etag"), "\"v7-br\"");
    EXPECT_EQ(shop.get("/version", "Accept-Encoding: gzip\r\nIf-None-Match: \"v7-gzip\"\r\n").status, 304);
    EXPECT_EQ(shop.get("/version", "If-None-Match: \"v7-gzip\"\r\n").status, 200);
    EXPECT_EQ(shop.get("/version", "If-Match: \"v7-gzip\", \"v6-br\", \"v5\"\r\n").header("x-saw"),
              "\"v7\", \"v6\", \"v5\"");
}

std::string unzip(const std::string& data) {
    z_stream stream{};
    inflateInit2(&stream, 15 + 16);
    std::string out(100'000, '\0');
    std::string in = data;
    stream.next_in = reinterpret_cast<Bytef*>(in.data());
    stream.avail_in = static_cast<uInt>(in.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
    out.resize(stream.total_out);
    inflateEnd(&stream);
    return out;
}
std::string unbrotli(const std::string& data) {
    std::string out(100'000, '\0');
    auto size = out.size();
    EXPECT_EQ(BrotliDecoderDecompress(data.size(), reinterpret_cast<const std::uint8_t*>(data.data()), &size,
                                      reinterpret_cast<std::uint8_t*>(out.data())),
              BROTLI_DECODER_RESULT_SUCCESS);
    out.resize(size);
    return out;
}

TEST(Compression, gives_back_the_same_bytes) {
    Shop shop;
    const auto plain = shop.get("/much");
    const auto gzip = shop.get("/much", "Accept-Encoding: gzip\r\n");
    const auto brotli = shop.get("/much", "Accept-Encoding: gzip, deflate, br\r\n");

    EXPECT_EQ(plain.headers.count("content-encoding"), 0U);
    EXPECT_EQ(plain.header("vary"), "Accept-Encoding");
    EXPECT_EQ(gzip.header("content-encoding"), "gzip");
    EXPECT_EQ(gzip.header("vary"), "Accept-Encoding");
    EXPECT_LT(gzip.body.size(), plain.body.size());
    EXPECT_EQ(unzip(gzip.body), plain.body);
    EXPECT_EQ(brotli.header("content-encoding"), "br");
    EXPECT_EQ(unbrotli(brotli.body), plain.body);
    EXPECT_EQ(shop.get("/hello", "Accept-Encoding: gzip\r\n").headers.count("content-encoding"),
              0U);   // too small to be worth it
}

TEST(Limits, are_counted_for_each_caller_and_told) {
    limit::WindowTable table(1000);
    limit::RateLimiter limiter({{100, 60}, {3, 60}, {2, 60}, 1000}, table);
    ServerConfig config;
    config.trusted_proxies = {"127.0.0.0/8"};
    Shop shop(config, &limiter);
    EXPECT_EQ(shop.get("/hello").header("ratelimit"), "\"api\";r=2;t=60");
    EXPECT_EQ(shop.get("/hello").header("ratelimit-policy"), "\"api\";q=3;w=60");
    EXPECT_EQ(shop.get("/hello").status, 200);

    const auto refused = shop.get("/hello");
    EXPECT_EQ(refused.status, 429);
    EXPECT_EQ(code_of(refused), "request.rate_limited");
    EXPECT_GE(std::atoi(refused.header("retry-after").c_str()), 59);
    EXPECT_EQ(refused.header("ratelimit").substr(0, 9), "\"api\";r=0");
    EXPECT_EQ(shop.get("/probe").status, 200);
    EXPECT_EQ(shop.get("/probe").headers.count("ratelimit"), 0U);
    EXPECT_EQ(shop.get("/me", "Authorization: Bearer alice\r\n").status, 200);
    EXPECT_EQ(shop.get("/hello", "X-Forwarded-For: 192.0.2.7\r\n").status, 200);
    EXPECT_EQ(shop.get("/hello", "X-Forwarded-For: 127.0.0.1\r\n").status, 429);
}

TEST(Limits, hold_for_tokens_that_are_tried_out) {
    limit::WindowTable table(1000);
    limit::RateLimiter limiter({{100, 60}, {3, 60}, {2, 60}, 1000}, table);
    Shop shop({}, &limiter);
    int refused = 0;
    for (int i = 0; i < 10; ++i)
        refused += shop.get("/me", "Authorization: Bearer guess" + std::to_string(i) + "\r\n").status == 429;
    EXPECT_EQ(refused, 7);
}

}  // namespace
}  // namespace caddy::http
