// Limits over several pods, on a real Redis. Each pod here has a client, a table and a limiter of its own, as a process
// has; they share one event loop, which is all that the test saves.
#include "platform/limit/fleet_limiter.hpp"
#include "tests/support/redis_server.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <gtest/gtest.h>

#include <deque>

namespace caddy::limit {
namespace {

using namespace std::chrono_literals;
using testing::RedisLoop;
using testing::RedisServer;
using std::chrono::steady_clock;

Time now() {
    return Time(std::chrono::duration_cast<Time::duration>(std::chrono::system_clock::now().time_since_epoch()));
}

Task<> sleep_for(std::chrono::milliseconds time) {
    asio::steady_timer timer(co_await asio::this_coro::executor, time);
    co_await timer.async_wait(asio::use_awaitable);
}

struct Pod {
    Pod(asio::io_context& loop, const redis::Config& config, const Config& limits)
        : client(loop.get_executor(), config), fleet(loop.get_executor(), client, table, 1'000),
          limiter(limits, table, &fleet) {}
    WindowTable table{1'000};
    redis::Client client;
    FleetLimiter fleet;
    RateLimiter limiter;
};

class Fleet {
public:
    Fleet(const RedisServer& server, std::size_t pods, const Config& limits) : redis_(server.config()) {
        for (std::size_t i = 0; i < pods; ++i) {
            pods_.push_back(std::make_unique<Pod>(redis_.loop, server.config(), limits));
            pods_.back()->client.start();
            pods_.back()->fleet.start();
        }
        wait(true);
        run(sleep_for(1'500ms));   // the pods have counted one another
    }
    ~Fleet() {
        for (auto& pod : pods_) {
            run(pod->fleet.stop());
            run(pod->client.close());
        }
    }

    template <class T>
    T run(Task<T> task) {
        return redis_.run(std::move(task));
    }
    /// Turns until every pod has Redis, or has noticed that it has not.
    void wait(bool available) {
        const auto limit = steady_clock::now() + 10s;
        for (auto& pod : pods_) {
            while (pod->client.available() != available) {
                if (steady_clock::now() > limit) throw std::runtime_error("Redis does not come or go");
                run(sleep_for(10ms));
            }
        }
    }
    Pod& operator[](std::size_t i) { return *pods_[i % pods_.size()]; }
    std::size_t size() const { return pods_.size(); }

private:
    RedisLoop redis_;
    std::vector<std::unique_ptr<Pod>> pods_;
};

Task<> ask(Fleet& fleet, std::size_t pod, std::deque<steady_clock::time_point>& admitted) {
    const auto decision = co_await fleet[pod].limiter.decide(Tier::api, "10.0.0.1", now());
    if (decision.admitted) admitted.push_back(steady_clock::now());
}

/// So many requests at about the same time over all pods; how many got through.
Task<std::int64_t> crowd(Fleet& fleet, std::size_t requests) {
    std::deque<steady_clock::time_point> admitted;
    TaskGroup group(co_await asio::this_coro::executor, [](std::exception_ptr) { ADD_FAILURE(); });
    for (std::size_t i = 0; i < requests; ++i) {
        (void)group.spawn(ask(fleet, i, admitted));
        if (i % 50 == 49) co_await sleep_for(1ms);
    }
    co_await group.join();
    co_return static_cast<std::int64_t>(admitted.size());
}

TEST(FleetLimit, admits_the_limit_once_whatever_the_number_of_pods) {
    RedisServer server;
    Fleet fleet(server, 3, {{1'000, 60}, {100, 60}, {10, 60}, 1'000});
    EXPECT_EQ(fleet.run(crowd(fleet, 300)), 100);
    const auto decision = fleet.run(fleet[1].limiter.decide(Tier::api, "10.0.0.1", now()));
    EXPECT_FALSE(decision.admitted);
    EXPECT_EQ(decision.tier, Tier::api);
    EXPECT_GE(decision.retry_after_s, 50);
    EXPECT_LE(decision.retry_after_s, 61);
    EXPECT_TRUE(fleet.run(fleet[1].limiter.decide(Tier::api, "10.0.0.2", now())).admitted);
    EXPECT_TRUE(fleet.run(fleet[1].limiter.decide(Tier::auth, "10.0.0.1", now())).admitted);
}

TEST(FleetLimit, leases_stay_within_a_hundredth_and_save_questions) {
    RedisServer server;
    Fleet fleet(server, 5, {{1'000'000, 60}, {4'000, 60}, {10, 60}, 1'000});
    const auto admitted = fleet.run(crowd(fleet, 6'000));
    EXPECT_LE(admitted, 4'040);
    EXPECT_GE(admitted, 3'920);
}

Task<> ask_often(Pod& pod, int requests) {
    for (int i = 0; i < requests; ++i) {
        const auto decision = co_await pod.limiter.decide(Tier::api, "10.0.0.1", now());
        EXPECT_TRUE(decision.admitted);
        co_await sleep_for(0ms);
    }
}

/// Requests by many connections at once, each with its next one as soon as it has an answer.
Task<> press(Pod& pod, int connections, int requests) {
    TaskGroup group(co_await asio::this_coro::executor, [](std::exception_ptr) { ADD_FAILURE(); });
    for (int i = 0; i < connections; ++i) (void)group.spawn(ask_often(pod, requests));
    co_await group.join();
}

Task<int> scripts_run(redis::Client& client) {
    Context ctx;
    ctx.deadline = steady_clock::now() + 5s;
    const auto reply = co_await client.run(ctx, redis::Command("INFO").arg("commandstats"));
    const std::string text(reply.as_text());
    const auto at = text.find("cmdstat_evalsha:calls=");
    co_return at == std::string::npos ? 0 : std::atoi(text.c_str() + at + 22);
}

TEST(FleetLimit, far_from_the_limit_hardly_anybody_waits_for_redis_however_many_come_at_once) {
    RedisServer server;
    Fleet fleet(server, 1, {{10'000'000, 60}, {10'000'000, 60}, {10, 60}, 1'000});
    const auto before = fleet.run(scripts_run(fleet[0].client));
    fleet.run(press(fleet[0], 32, 200));
    EXPECT_LE(fleet.run(scripts_run(fleet[0].client)) - before, 6'400 / 20);
}

TEST(FleetLimit, a_refusal_of_the_global_tier_draws_from_neither) {
    RedisServer server;
    Fleet fleet(server, 2, {{5, 60}, {4, 60}, {4, 60}, 1'000});
    for (std::size_t i = 0; i < 4; ++i) {
        EXPECT_TRUE(fleet.run(fleet[i].limiter.decide(Tier::api, "a", now())).admitted);
    }
    EXPECT_TRUE(fleet.run(fleet[0].limiter.decide(Tier::auth, "a", now())).admitted);
    for (std::size_t i = 0; i < 4; ++i) {
        const auto decision = fleet.run(fleet[i].limiter.decide(Tier::auth, "a", now()));
        EXPECT_FALSE(decision.admitted);
    }
}

/// Steady requests at a share of the limit, over all pods in turn; how many were refused.
Task<std::int64_t> stroll(Fleet& fleet, double per_second, std::chrono::milliseconds time) {
    const auto begun = steady_clock::now();
    std::int64_t refused = 0;
    for (std::size_t i = 0; steady_clock::now() - begun < time; ++i) {
        const auto decision = co_await fleet[i].limiter.decide(Tier::api, "calm", now());
        if (!decision.admitted) ++refused;
        const auto due_us = static_cast<std::int64_t>(1e6 * static_cast<double>(i + 1) / per_second);
        const auto due = begun + std::chrono::microseconds(due_us);
        asio::steady_timer timer(co_await asio::this_coro::executor, due);
        co_await timer.async_wait(asio::use_awaitable);
    }
    co_return refused;
}

TEST(FleetLimit, a_caller_at_ninety_percent_is_never_refused) {
    RedisServer server;
    Fleet fleet(server, 4, {{1'000'000, 2}, {1'000, 2}, {10, 2}, 1'000});
    EXPECT_EQ(fleet.run(stroll(fleet, 450, 6s)), 0);
}

TEST(FleetLimit, without_redis_the_pods_admit_what_was_left_and_afterwards_the_fleet_knows_of_it) {
    RedisServer server;
    Fleet fleet(server, 4, {{100'000, 60}, {400, 60}, {10, 60}, 1'000});
    EXPECT_EQ(fleet.run(crowd(fleet, 200)), 200);
    fleet.run(sleep_for(2'200ms));   // each pod asks once a second what is near its limit
    server.kill();
    fleet.wait(false);
    const auto alone = fleet.run(crowd(fleet, 1'000));
    EXPECT_EQ(alone, 200);
    server.start();   // it has forgotten everything
    fleet.wait(true);
    EXPECT_LE(fleet.run(crowd(fleet, 1'000)), 1) << "on the way back";
    fleet.run(sleep_for(3'500ms));
    EXPECT_EQ(fleet.run(crowd(fleet, 1'000)), 0) << "what was admitted before and alone counts";
}

/// So many requests one after the other at one pod; how many got through.
Task<std::int64_t> insist(Fleet& fleet, std::size_t pod, int requests) {
    std::deque<steady_clock::time_point> admitted;
    for (int i = 0; i < requests; ++i) co_await ask(fleet, pod, admitted);
    co_return static_cast<std::int64_t>(admitted.size());
}

TEST(FleetLimit, what_one_pod_admitted_is_known_to_the_others_when_redis_goes) {
    RedisServer server;
    Fleet fleet(server, 4, {{100'000, 60}, {400, 60}, {10, 60}, 1'000});
    EXPECT_EQ(fleet.run(insist(fleet, 0, 500)), 400);
    fleet.run(sleep_for(2'200ms));
    server.kill();
    fleet.wait(false);
    for (std::size_t pod = 0; pod < fleet.size(); ++pod) EXPECT_EQ(fleet.run(insist(fleet, pod, 200)), 0) << pod;
}

TEST(FleetLimit, who_did_little_may_go_on_at_any_pod_when_redis_goes) {
    RedisServer server;
    Fleet fleet(server, 4, {{100'000, 60}, {400, 60}, {10, 60}, 1'000});
    EXPECT_EQ(fleet.run(insist(fleet, 0, 40)), 40);
    server.kill();
    fleet.wait(false);
    std::int64_t alone = 0;
    for (std::size_t pod = 0; pod < fleet.size(); ++pod) {
        const auto admitted = fleet.run(insist(fleet, pod, 400));
        EXPECT_GE(admitted, 50) << pod;
        alone += admitted;
    }
    EXPECT_LE(alone, 360);
}

TEST(FleetLimit, wrong_passwords_are_counted_over_all_pods) {
    RedisServer server;
    Fleet fleet(server, 3, {});
    const SystemClock clock;
    int through = 0;
    for (std::size_t i = 0; i < 12; ++i) {
        FleetWindows windows(fleet[i].client);
        AttemptLimit attempts(clock, {}, fleet[i].table, &windows);
        if (!fleet.run(attempts.check("a@example.com"))) ++through;
    }
    EXPECT_EQ(through, 5);
    FleetWindows windows(fleet[0].client);
    AttemptLimit attempts(clock, {}, fleet[0].table, &windows);
    fleet.run(attempts.clear("a@example.com"));
    EXPECT_FALSE(fleet.run(attempts.check("a@example.com")));
}

}   // namespace
}   // namespace caddy::limit
