#include "platform/limit/limit.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <gtest/gtest.h>

#include <deque>
#include <random>

namespace caddy::limit {
namespace {

using std::chrono::microseconds;
using std::chrono::seconds;
using namespace std::chrono_literals;

const Time begin{std::chrono::days(20'000)};

template <class T>
T run(Task<T> task) {
    asio::io_context loop(1);
    auto outcome = asio::co_spawn(loop, std::move(task), asio::use_future);
    loop.run();
    return outcome.get();
}

/// Admits as a limiter does; the times of what was admitted.
std::vector<Time> admitted_of(WindowStore& store, std::int64_t limit, const std::vector<Time>& arrivals) {
    std::vector<Time> admitted;
    for (const auto at : arrivals) {
        if (store.peek("k", limit, at).used >= limit) continue;
        store.add("k", at);
        admitted.push_back(at);
    }
    return admitted;
}

/// The most that any window of this length holds.
std::size_t densest(const std::vector<Time>& times, microseconds window) {
    std::size_t most = 0;
    std::deque<Time> inside;
    for (const auto at : times) {
        inside.push_back(at);
        while (at - inside.front() >= window) inside.pop_front();
        most = std::max(most, inside.size());
    }
    return most;
}

std::vector<Time> random_arrivals(std::mt19937& random, double mean_gap_us, int count) {
    std::exponential_distribution<double> gap(1.0 / mean_gap_us);
    std::uniform_int_distribution<int> burst(0, 40);
    std::vector<Time> times;
    auto now = begin + microseconds(random() % 1'000'000);
    for (int i = 0; i < count; ++i) {
        if (burst(random) == 0)
            now += microseconds(static_cast<std::int64_t>(mean_gap_us * 100));   // a pause, then a crowd
        if (burst(random) != 1) now += microseconds(static_cast<std::int64_t>(gap(random)));
        times.push_back(now);
    }
    return times;
}

TEST(Window, never_admits_more_than_the_limit_in_any_window) {
    std::mt19937 random(7);
    for (int round = 0; round < 60; ++round) {
        const std::int64_t limit = 1 + static_cast<std::int64_t>(random() % 300);
        const auto window = microseconds(60s) / (1 + random() % 50);
        WindowStore store(window, 1000);
        const double mean_gap = static_cast<double>(window.count()) / static_cast<double>(limit) / (0.5 + round % 5);
        const auto admitted = admitted_of(store, limit, random_arrivals(random, mean_gap, 5000));

        EXPECT_LE(densest(admitted, window), static_cast<std::size_t>(limit)) << "round " << round;
    }
}

TEST(Window, never_refuses_a_caller_below_98_percent) {
    std::mt19937 random(11);
    for (int round = 0; round < 40; ++round) {
        const std::int64_t limit = 50 + static_cast<std::int64_t>(random() % 500);
        const auto window = microseconds(60s);
        const auto calm = static_cast<std::size_t>(static_cast<double>(limit) * 0.98);
        // Random arrivals, thinned so that no 1.02 windows hold more than 98 % of the limit.
        std::vector<Time> arrivals;
        std::deque<Time> inside;
        for (const auto at :
             random_arrivals(random, static_cast<double>(window.count()) / static_cast<double>(limit) / 2, 4000)) {
            while (!inside.empty() && at - inside.front() > window * 102 / 100) inside.pop_front();
            if (inside.size() >= calm) continue;
            inside.push_back(at);
            arrivals.push_back(at);
        }
        WindowStore store(window, 1000);

        EXPECT_EQ(admitted_of(store, limit, arrivals).size(), arrivals.size()) << "round " << round;
    }
}

TEST(Window, says_truly_when_there_is_room_again) {
    WindowStore store(60s, 1000);
    for (int i = 0; i < 10; ++i) store.add("k", begin + seconds(i));
    const auto now = begin + 10s;
    const auto wait = store.peek("k", 10, now).until_room;

    EXPECT_EQ(store.peek("k", 5, now).until_room, wait + 4800ms);
    EXPECT_EQ(store.peek("k", 10, now + wait - 1us).used, 10);
    EXPECT_EQ(store.peek("k", 10, now + wait).used, 9);
}

TEST(Window, remembers_so_many_keys_and_lets_the_longest_idle_go) {
    WindowStore store(60s, 100);
    for (int i = 0; i < 1000; ++i) store.add("k" + std::to_string(i), begin + microseconds(i));

    EXPECT_LE(store.size(), 100U);
    EXPECT_EQ(store.peek("k999", 10, begin + 1s).used, 1);
    EXPECT_EQ(store.peek("k0", 10, begin + 1s).used, 0);
}

TEST(Window, lets_idle_keys_go_while_others_come) {
    WindowStore store(60s, 100'000);
    for (int i = 0; i < 1000; ++i) store.add("old" + std::to_string(i), begin);
    for (int i = 0; i < 1000; ++i) store.add("new" + std::to_string(i), begin + 120s);
    EXPECT_EQ(store.size(), 1000U);
}

TEST(Window, holds_when_the_clock_is_set_back) {
    WindowStore store(60s, 100);
    for (int i = 0; i < 5; ++i) store.add("k", begin);
    store.add("k", begin - 30s);
    EXPECT_EQ(store.peek("k", 6, begin).used, 6);
}

TEST(RateLimiter, counts_each_caller_and_tier_apart_and_all_in_the_global_one) {
    RateLimiter limiter({{6, 60}, {4, 60}, {2, 60}, 1000});
    for (int i = 0; i < 4; ++i) EXPECT_TRUE(run(limiter.decide(Tier::api, "a", begin)).admitted);

    const auto api = run(limiter.decide(Tier::api, "a", begin));
    EXPECT_FALSE(api.admitted);
    EXPECT_EQ(api.tier, Tier::api);
    EXPECT_EQ(api.retry_after_s, 61);   // the window and a slot, rounded up
    EXPECT_TRUE(run(limiter.decide(Tier::auth, "a", begin)).admitted);
    EXPECT_TRUE(run(limiter.decide(Tier::auth, "a", begin)).admitted);
    EXPECT_EQ(run(limiter.decide(Tier::global, "a", begin)).tier, Tier::global);
    EXPECT_FALSE(run(limiter.decide(Tier::global, "a", begin)).admitted);
    EXPECT_TRUE(run(limiter.decide(Tier::api, "b", begin)).admitted);
}

TEST(RateLimiter, describes_the_tightest_tier_in_its_headers) {
    RateLimiter limiter(Config{});
    const auto first = run(limiter.decide(Tier::api, "a", begin));
    EXPECT_EQ(first.policy_header(), "\"api\";q=5000;w=60");
    EXPECT_EQ(first.limit_header(), "\"api\";r=4999;t=60");

    RateLimiter narrow({{2, 60}, {100, 60}, {100, 60}, 1000});
    EXPECT_EQ(run(narrow.decide(Tier::api, "a", begin)).policy_header(), "\"global\";q=2;w=60");
}

TEST(RateLimiter, takes_new_quotas_without_forgetting_what_was_admitted) {
    RateLimiter limiter({{100, 60}, {100, 60}, {100, 60}, 1000});
    for (int i = 0; i < 5; ++i) (void)run(limiter.decide(Tier::api, "a", begin));
    limiter.reconfigure({{100, 60}, {5, 60}, {100, 60}, 1000});
    EXPECT_FALSE(run(limiter.decide(Tier::api, "a", begin)).admitted);
}

class SetClock final : public Clock {
public:
    Time now() const override { return time; }
    Time time = begin;
};

TEST(AttemptLimit, lets_five_wrong_attempts_through_and_then_makes_the_caller_wait) {
    SetClock clock;
    AttemptLimit limit(clock, {});
    for (int i = 0; i < 5; ++i) {
        EXPECT_FALSE(run(limit.check("a@b.co")));
        run(limit.note_failure("a@b.co"));
    }
    const auto wait = run(limit.check("a@b.co"));
    ASSERT_TRUE(wait);
    EXPECT_FALSE(run(limit.check("other@b.co")));

    clock.time += *wait;
    EXPECT_FALSE(run(limit.check("a@b.co")));
}

TEST(AttemptLimit, counts_attempts_that_run_at_the_same_time) {
    SetClock clock;
    AttemptLimit limit(clock, {});
    int let_through = 0;
    for (int i = 0; i < 50; ++i) let_through += run(limit.check("a@b.co")) ? 0 : 1;
    EXPECT_EQ(let_through, 5);
}

TEST(AttemptLimit, forgets_after_a_success) {
    SetClock clock;
    AttemptLimit limit(clock, {});
    for (int i = 0; i < 4; ++i) (void)run(limit.check("a"));
    (void)run(limit.check("a"));
    run(limit.clear("a"));
    EXPECT_FALSE(run(limit.check("a")));
}

}  // namespace
}  // namespace caddy::limit
