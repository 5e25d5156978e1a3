// Time: slow callers, idle connections, deadlines, crowds, and the end of a server.
#include "platform/http/http_shop.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <future>

namespace caddy::http {
namespace {

using namespace testing;
using namespace std::chrono_literals;
using Stopwatch = std::chrono::steady_clock;

ServerConfig short_limits() {
    ServerConfig config;
    config.idle_limit_ms = 3'000;   // a test sends on what it has just opened, and may be held up between
    config.header_read_limit_ms = 300;
    config.body_read_limit_ms = 300;
    config.stop_grace_ms = 100;
    return config;
}

TEST(SlowCallers, get_408_for_a_head_that_drips) {
    Shop shop(short_limits());
    Client client(shop.port());
    std::atomic<bool> is_answered = false;
    std::thread drip([&] {   // for as long as it is not answered: each letter would begin a wait of its own anew
        client.send("GET /hello HTTP/1.1\r\nHost: s\r\nX-Slow: ");
        const auto limit = Stopwatch::now() + patience_most / 2;
        while (!is_answered && Stopwatch::now() < limit) {
            client.send("a");
            std::this_thread::sleep_for(20ms);
        }
    });
    const auto begun = Stopwatch::now();
    const auto answer = client.receive();
    const auto passed = Stopwatch::now() - begun;
    is_answered = true;
    drip.join();

    EXPECT_EQ(answer.status, 408);
    EXPECT_EQ(answer.header("connection"), "close");
    EXPECT_LT(passed, patience_most / 2) << "only once nothing dripped any more";
}

TEST(SlowCallers, get_408_for_a_body_that_does_not_come) {
    Shop shop(short_limits());
    for (const auto* framing : {"Content-Length: 10", "Transfer-Encoding: chunked"}) {
        Client client(shop.port());
        const auto answer =
            client.send(std::string("POST /echo HTTP/1.1\r\nHost: s\r\n") + framing + "\r\n\r\n1").receive();
        EXPECT_EQ(answer.status, 408) << framing;
        EXPECT_TRUE(client.is_closed());
    }
}

TEST(SlowCallers, that_do_not_read_are_given_up) {
    auto config = short_limits();
    config.write_limit_ms = 200;
    config.body_bytes_max = 64 * 1024 * 1024;
    Shop shop(config);
    Client client(shop.port());
    const std::string body(5'000'000, 'x');
    client.send("POST /echo HTTP/1.1\r\nHost: s\r\nContent-Length: 5000000\r\n\r\n" + body);
    // The answer is larger than the socket's buffers; nobody takes it, and the stop is not held up by it for long.
    EXPECT_EQ(shop.get("/hello").status, 200);
}

TEST(IdleConnections, are_closed_without_a_word) {
    const auto config = short_limits();
    Shop shop(config);
    Client fresh(shop.port());
    Client used(shop.port());
    const auto begun = Stopwatch::now();
    EXPECT_EQ(used.send("GET /hello HTTP/1.1\r\nHost: s\r\n\r\n").receive().status, 200);

    EXPECT_TRUE(used.is_closed());
    EXPECT_GE(Stopwatch::now() - begun, std::chrono::milliseconds(config.idle_limit_ms));
    EXPECT_TRUE(fresh.is_closed());
    EXPECT_TRUE(used.unread().empty());
}

TEST(Deadlines, cut_a_handler_off_and_leave_the_connection_usable) {
    Shop shop;
    Client client(shop.port());
    EXPECT_EQ(client.send("GET /late HTTP/1.1\r\nHost: s\r\n\r\n").receive().status, 503);
    EXPECT_EQ(client.send("GET /hello HTTP/1.1\r\nHost: s\r\n\r\n").receive().status, 200);
}

TEST(Crowds, past_the_limit_are_told_to_come_again) {
    ServerConfig config;
    config.connections_max = 2;
    config.idle_limit_ms = 3'000;
    Shop shop(config);
    Client first(shop.port());
    Client second(shop.port());
    EXPECT_EQ(first.send("GET /hello HTTP/1.1\r\nHost: s\r\n\r\n").receive().status, 200);
    EXPECT_EQ(second.send("GET /hello HTTP/1.1\r\nHost: s\r\n\r\n").receive().status, 200);

    Client third(shop.port());
    const auto refused = third.receive();
    EXPECT_EQ(refused.status, 503);
    EXPECT_EQ(refused.header("retry-after"), "1");
    EXPECT_TRUE(third.is_closed());
    EXPECT_TRUE(first.is_closed());
    EXPECT_TRUE(second.is_closed());
    EXPECT_EQ(shop.get("/hello").status, 200);
}

TEST(Drain, ends_each_connection_with_its_next_answer_and_still_takes_new_ones) {
    Shop shop;
    Client old(shop.port());
    EXPECT_EQ(old.send("GET /hello HTTP/1.1\r\nHost: s\r\n\r\n").receive().header("connection"), "");
    shop.server.drain();
    std::this_thread::sleep_for(50ms);

    EXPECT_EQ(old.send("GET /hello HTTP/1.1\r\nHost: s\r\n\r\n").receive().header("connection"), "close");
    EXPECT_TRUE(old.is_closed());
    EXPECT_EQ(shop.get("/hello").header("connection"), "close");
}

TEST(Stop, lets_requests_finish_and_closes_the_idle) {
    Shop shop(short_limits());
    Client idle(shop.port());
    Client busy(shop.port());
    const int begun_before = waits_begun;
    EXPECT_EQ(idle.send("GET /hello HTTP/1.1\r\nHost: s\r\n\r\n").receive().status, 200);
    busy.send("GET /slow HTTP/1.1\r\nHost: s\r\n\r\n");
    ASSERT_TRUE(comes_to_hold([&] { return waits_begun > begun_before; }));
    auto answer = std::async(std::launch::async, [&] {
        auto received = busy.receive();
        busy.finish_sending();
        return received;
    });
    const auto begun = Stopwatch::now();
    shop.server.stop(patience_most);

    const auto slow = answer.get();
    EXPECT_EQ(slow.status, 200);
    EXPECT_EQ(slow.header("connection"), "close");
    EXPECT_TRUE(idle.is_closed());
    EXPECT_LT(Stopwatch::now() - begun, patience_most / 2);
    EXPECT_FALSE(Client(shop.port()).connected());
}

TEST(Stop, cancels_what_runs_past_the_limit_and_says_so) {
    Shop shop(short_limits());
    Client client(shop.port());
    const int begun_before = waits_begun;
    client.send("GET /never HTTP/1.1\r\nHost: s\r\n\r\n");
    ASSERT_TRUE(comes_to_hold([&] { return waits_begun > begun_before; }));
    auto answer = std::async(std::launch::async, [&] {
        auto received = client.receive();
        client.finish_sending();
        return received;
    });
    const auto begun = Stopwatch::now();
    shop.server.stop(200ms);

    EXPECT_EQ(answer.get().status, 503);
    EXPECT_LT(Stopwatch::now() - begun, patience_most / 2);   // and not the hour that the handler takes
}

TEST(Stop, serves_a_request_that_crosses_it) {
    auto config = short_limits();
    config.stop_grace_ms = 5'000;
    Shop shop(config);
    Client client(shop.port());
    EXPECT_EQ(client.send("GET /hello HTTP/1.1\r\nHost: s\r\n\r\n").receive().status, 200);
    auto answer = std::async(std::launch::async, [&] {
        std::this_thread::sleep_for(150ms);
        auto received = client.send("GET /hello HTTP/1.1\r\nHost: s\r\n\r\n").receive();
        client.finish_sending();
        return received;
    });
    shop.server.stop(patience_most);

    EXPECT_EQ(answer.get().status, 200);
}

TEST(Stop, serves_what_the_kernel_has_accepted) {
    asio::io_context loop(1);
    SystemClock clock;
    const auto router = test_routes();
    Server server(loop.get_executor(), short_limits(), {router, clock});
    const auto port = server.listen("127.0.0.1", 0);
    Client early(port);   // nobody accepts yet: it waits in the backlog
    early.send("GET /hello HTTP/1.1\r\nHost: s\r\n\r\n");
    auto stopped = asio::co_spawn(loop, server.stop(patience_most, Backlog::serve), asio::use_future);
    std::thread thread([&] { loop.run(); });

    EXPECT_EQ(early.receive().status, 200);
    early.finish_sending();
    thread.join();
    stopped.get();
}

TEST(InheritedSocket, is_served_like_an_own_one) {
    const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ASSERT_EQ(::bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
    ASSERT_EQ(::listen(listener, 16), 0);
    const int successor = ::dup(listener);
    SystemClock clock;
    const auto router = test_routes();
    asio::io_context loop(1);
    Server server(loop.get_executor(), short_limits(), {router, clock});
    const auto port = server.adopt(listener);
    server.start();
    std::thread thread([&] { loop.run(); });

    EXPECT_EQ(Client(port).send("GET /hello HTTP/1.1\r\nHost: s\r\n\r\n").receive().status, 200);
    asio::co_spawn(loop, server.stop(1000ms, Backlog::leave), asio::use_future).get();
    thread.join();
    EXPECT_TRUE(Client(port).connected());   // the socket lives on in the other process
    ::close(successor);
}

}  // namespace
}  // namespace caddy::http
