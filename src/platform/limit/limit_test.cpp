#include "platform/limit/limit.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <gtest/gtest.h>

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
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
std::vector<Time> admitted_of(WindowTable& table, const Quota& quota, const std::vector<Time>& arrivals) {
    std::vector<Time> admitted;
    for (const auto at : arrivals) {
        if (table.take("k", quota, at).taken == 1) admitted.push_back(at);
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
        const Quota quota{limit, 1 + static_cast<std::int64_t>(random() % 60)};
        const microseconds window = seconds(quota.window_s);
        WindowTable table(1000);
        const double mean_gap = static_cast<double>(window.count()) / static_cast<double>(limit) / (0.5 + round % 5);
        const auto admitted = admitted_of(table, quota, random_arrivals(random, mean_gap, 5000));

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
        WindowTable table(1000);

        EXPECT_EQ(admitted_of(table, {limit, 60}, arrivals).size(), arrivals.size()) << "round " << round;
    }
}

TEST(Window, says_truly_when_there_is_room_again) {
    WindowTable table(1000);
    for (int i = 0; i < 10; ++i) table.add("k", {10, 60}, begin + seconds(i));
    const auto now = begin + 10s;
    const auto wait = table.peek("k", {10, 60}, now).until_room;

    EXPECT_EQ(table.peek("k", {5, 60}, now).until_room, wait + 4800ms);
    EXPECT_EQ(table.peek("k", {10, 60}, now + wait - 1us).used, 10);
    EXPECT_EQ(table.peek("k", {10, 60}, now + wait).used, 9);
}

TEST(Window, lets_the_longest_idle_keys_go_when_others_come) {
    WindowTable table(100);
    for (int i = 0; i < 1000; ++i) table.add("k" + std::to_string(i), {10, 60}, begin + seconds(i));

    EXPECT_EQ(table.peek("k999", {10, 60}, begin + 1000s).used, 1);
    EXPECT_EQ(table.peek("k990", {10, 60}, begin + 1000s).used, 1);
    EXPECT_EQ(table.peek("k0", {10, 60}, begin).used, 0);
}

TEST(Window, holds_when_the_clock_is_set_back) {
    WindowTable table(100);
    for (int i = 0; i < 5; ++i) table.add("k", {6, 60}, begin);
    table.add("k", {6, 60}, begin - 30s);
    EXPECT_EQ(table.peek("k", {6, 60}, begin).used, 6);
}

TEST(Window, takes_what_there_is_room_for_and_gives_it_back) {
    WindowTable table(100);
    EXPECT_EQ(table.take("k", {10, 60}, begin, 7).taken, 7);
    EXPECT_EQ(table.take("k", {10, 60}, begin, 7).taken, 3);
    EXPECT_EQ(table.take("k", {10, 60}, begin, 1).taken, 0);
    table.give_back("k", {10, 60}, begin + 1s, 2);
    EXPECT_EQ(table.take("k", {10, 60}, begin + 1s, 7).taken, 2);
}

TEST(Window, is_counted_by_several_processes_together) {
    const auto bytes = WindowTable::bytes_for(64);
    void* shared = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ASSERT_NE(shared, MAP_FAILED);
    const std::span<std::byte> memory(static_cast<std::byte*>(shared), bytes);
    WindowTable::format(memory);
    std::vector<pid_t> children;
    for (int i = 0; i < 4; ++i) {
        const pid_t child = ::fork();
        if (child == 0) {
            WindowTable table(memory);
            int taken = 0;
            for (int j = 0; j < 5'000; ++j) taken += static_cast<int>(table.take("k", {4'000, 60}, begin).taken);
            std::_Exit(taken > 0 ? 0 : 1);
        }
        children.push_back(child);
    }
    for (const auto child : children) ASSERT_EQ(::waitpid(child, nullptr, 0), child);
    EXPECT_EQ(WindowTable(memory).peek("k", {4'000, 60}, begin).used, 4'000);
    ::munmap(shared, bytes);
}

TEST(Window, goes_on_without_a_holder_that_was_killed) {
    std::vector<std::uint64_t> memory(WindowTable::bytes_for(8) / 8 + 1);
    const auto bytes = std::as_writable_bytes(std::span(memory));
    WindowTable::format(bytes);
    WindowTable table(bytes);
    table.add("k", {10, 60}, begin);
    const std::uint32_t nobody = 0x7fff'fff0;   // above any process id
    std::memcpy(bytes.data() + 64, &nobody, sizeof nobody);
    EXPECT_EQ(table.take("k", {10, 60}, begin).used, 2);
}

/// What so many pods admit, one after the other, once the fleet's count is lost.
std::int64_t taken_alone(std::span<WindowTable*> pods, const Quota& quota, Time now, Time lost_at) {
    const Outage outage{static_cast<std::int64_t>(pods.size()), lost_at, begin};
    std::int64_t taken = 0;
    for (auto* pod : pods) {
        while (pod->take_share("k", quota, now, outage).taken > 0) ++taken;
    }
    return taken;
}

TEST(Share, of_all_pods_together_is_what_was_left_however_uneven_it_was) {
    WindowTable a(100), b(100), c(100), d(100);
    WindowTable* pods[] = {&a, &b, &c, &d};
    const Quota quota{400, 60};
    a.count_fleet("k", quota, begin, 250, 250);
    b.count_fleet("k", quota, begin, 10, 260);
    for (auto* pod : {&a, &c, &d}) pod->note_fleet("k", 60, begin, 260);
    EXPECT_EQ(taken_alone(pods, quota, begin + 1s, begin + 1s), 140);
    EXPECT_EQ(taken_alone(pods, quota, begin + 50s, begin + 1s), 0);
    EXPECT_EQ(taken_alone(pods, quota, begin + 63s, begin + 1s), 400);
    EXPECT_EQ(a.peek("k", quota, begin + 63s).used, 100) << "then each has an even part";
}

TEST(Share, of_a_pod_that_heard_nothing_takes_half_to_be_used) {
    WindowTable a(100), b(100);
    WindowTable* pods[] = {&a, &b};
    a.count_fleet("k", {100, 60}, begin, 50, 50);
    EXPECT_EQ(taken_alone(pods, {100, 60}, begin + 1s, begin + 1s), 50);
    WindowTable strange(100);
    EXPECT_EQ(strange.take_share("s", {1, 60}, begin, {5, begin, begin}).taken, 1) << "a stranger is let in once";
    EXPECT_EQ(strange.take_share("s", {1, 60}, begin, {5, begin, begin}).taken, 0);
}

TEST(Share, says_when_there_is_room_again) {
    WindowTable table(100);
    table.count_fleet("k", {100, 60}, begin, 20, 100);
    const auto refused = table.take_share("k", {100, 60}, begin + 10s, {5, begin + 1s, begin});
    EXPECT_EQ(refused.taken, 0);
    EXPECT_EQ(refused.used, 100);
    EXPECT_GE(refused.until_room, 49s);
    EXPECT_LE(refused.until_room, 51s);
}

TEST(Share, is_anew_after_the_fleet_was_followed_again) {
    WindowTable table(100);
    const Quota quota{100, 60};
    table.count_fleet("k", quota, begin, 10, 100);
    EXPECT_EQ(table.take_share("k", quota, begin + 1s, {2, begin + 1s, begin}).taken, 0);
    table.count_fleet("k", quota, begin + 20s, 0, 40);
    EXPECT_EQ(table.take_share("k", quota, begin + 21s, {2, begin + 1s, begin}).taken, 0) << "the first outage goes on";
    const Outage second{2, begin + 21s, begin + 15s};
    int taken = 0;
    while (table.take_share("k", quota, begin + 21s, second).taken > 0) ++taken;
    EXPECT_EQ(taken, 30);
}

TEST(Window, remembers_how_many_pods_there_were) {
    WindowTable table(100);
    EXPECT_EQ(table.remembered_pods(), 1);
    table.remember_pods(5);
    EXPECT_EQ(table.remembered_pods(), 5);
}

TEST(RateLimiter, counts_each_caller_and_tier_apart_and_all_in_the_global_one) {
    WindowTable table(1000);
    RateLimiter limiter({{6, 60}, {4, 60}, {2, 60}, 1000}, table);
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

std::string policy_of(const Decision& decision) {
    std::string text;
    decision.write_policy(text);
    return text;
}

TEST(RateLimiter, describes_the_tightest_tier_in_its_headers) {
    WindowTable table(1000);
    RateLimiter limiter(Config{}, table);
    const auto first = run(limiter.decide(Tier::api, "a", begin));
    EXPECT_EQ(policy_of(first), "\"api\";q=5000;w=60");
    std::string text = "RateLimit: ";
    first.write_limit(text);
    EXPECT_EQ(text, "RateLimit: \"api\";r=4999;t=60");

    WindowTable other(1000);
    RateLimiter narrow({{2, 60}, {100, 60}, {100, 60}, 1000}, other);
    EXPECT_EQ(policy_of(run(narrow.decide(Tier::api, "a", begin))), "\"global\";q=2;w=60");
}

TEST(RateLimiter, takes_new_quotas_without_forgetting_what_was_admitted) {
    WindowTable table(1000);
    RateLimiter limiter({{100, 60}, {100, 60}, {100, 60}, 1000}, table);
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
    WindowTable table(1000);
    AttemptLimit limit(clock, {}, table);
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
    WindowTable table(1000);
    AttemptLimit limit(clock, {}, table);
    int let_through = 0;
    for (int i = 0; i < 50; ++i) let_through += run(limit.check("a@b.co")) ? 0 : 1;
    EXPECT_EQ(let_through, 5);
}

TEST(AttemptLimit, forgets_after_a_success) {
    SetClock clock;
    WindowTable table(1000);
    AttemptLimit limit(clock, {}, table);
    for (int i = 0; i < 4; ++i) (void)run(limit.check("a"));
    (void)run(limit.check("a"));
    run(limit.clear("a"));
    EXPECT_FALSE(run(limit.check("a")));
}

}  // namespace
}  // namespace caddy::limit
