#include "platform/cache/reply_cache.hpp"
#include "platform/cache/store.hpp"
#include "platform/runtime/fault.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/support/test_database.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <gtest/gtest.h>

#include <functional>
#include <thread>

namespace caddy::cache {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

std::shared_ptr<const Reply> reply_of(std::size_t bytes) {
    http::Prepared prepared;
    prepared.identity = std::string(bytes, 'x');
    Reply reply;
    reply.prepared = std::make_shared<const http::Prepared>(std::move(prepared));
    return std::make_shared<const Reply>(std::move(reply));
}

TEST(Epochs, what_was_read_before_a_change_is_of_no_more_use) {
    Epochs epochs;
    const std::vector<Place> tea{Epochs::place_of("product:tea")};
    const std::vector<Place> cup{Epochs::place_of("product:cup")};
    const auto before = epochs.now();
    epochs.move(tea);
    EXPECT_FALSE(epochs.unmoved_since(before, tea));
    EXPECT_TRUE(epochs.unmoved_since(before, cup));
    EXPECT_TRUE(epochs.unmoved_since(epochs.now(), tea));
    EXPECT_TRUE(epochs.moved_within(10s, tea));
    EXPECT_FALSE(epochs.moved_within(10s, cup));
    epochs.move_all();
    EXPECT_FALSE(epochs.unmoved_since(before, cup));
}

TEST(Epochs, are_shared_by_all_who_look_at_the_same_memory) {
    std::vector<std::uint64_t> memory(Epochs::bytes() / sizeof(std::uint64_t) + 1);
    const auto bytes = std::as_writable_bytes(std::span(memory));
    Epochs one(bytes), other(bytes);
    const std::vector<Place> tea{Epochs::place_of("product:tea")};
    const auto before = other.now();
    one.move(tea);
    EXPECT_FALSE(other.unmoved_since(before, tea));
    EXPECT_FALSE(other.knows(4711));
    one.remember(4711);
    EXPECT_TRUE(other.knows(4711));
    EXPECT_FALSE(other.knows(4712));
}

TEST(Store, finds_a_reply_by_the_last_target_that_was_noted_until_it_goes) {
    Store store(100'000);
    store.put("tea", reply_of(1'000));
    store.note_target("tea", "/tea?a=1&b=2");
    EXPECT_EQ(store.find_by_target("/tea?a=1&b=2"), store.find("tea").get());
    store.note_target("tea", "/tea?b=2&a=1");
    EXPECT_EQ(store.find_by_target("/tea?a=1&b=2"), nullptr);
    EXPECT_EQ(store.find_by_target("/tea?b=2&a=1"), store.find("tea").get());
    store.put("tea", reply_of(2'000));
    EXPECT_EQ(store.find_by_target("/tea?b=2&a=1"), store.find("tea").get());
    for (int i = 0; i < 200; ++i) {
        store.put("key " + std::to_string(i), reply_of(5'000));
        store.note_target("key " + std::to_string(i), "/" + std::to_string(i));
    }
    for (int i = 0; i < 200; ++i) {
        const auto kept = store.find("key " + std::to_string(i));
        EXPECT_EQ(store.find_by_target("/" + std::to_string(i)), kept.get());
    }
    store.put("tea", reply_of(2'000));
    store.erase("tea");
    EXPECT_EQ(store.find_by_target("/tea?b=2&a=1"), nullptr);
}

TEST(Store, holds_no_more_than_its_bound) {
    Store store(1'000'000);
    for (int i = 0; i < 1'000; ++i) {
        store.put("key " + std::to_string(i), reply_of(static_cast<std::size_t>(1 + i * 37 % 20'000)));
        ASSERT_LE(store.bytes(), 1'000'000U);
    }
    EXPECT_GT(store.bytes(), 900'000U);
    EXPECT_EQ(store.evictions() + static_cast<std::int64_t>(store.entries()), 1'000);
}

TEST(Store, keeps_what_is_asked_for_again_through_a_flood_of_what_is_asked_for_once) {
    Store store(1'000'000);
    for (int i = 0; i < 20; ++i) store.put("hot " + std::to_string(i), reply_of(10'000));
    for (int flood = 0; flood < 2'000; ++flood) {
        store.put("cold " + std::to_string(flood), reply_of(10'000));
        for (int i = 0; flood % 10 == 0 && i < 20; ++i) (void)store.find("hot " + std::to_string(i));
    }
    int kept = 0;
    for (int i = 0; i < 20; ++i) kept += store.find("hot " + std::to_string(i)) != nullptr ? 1 : 0;
    EXPECT_EQ(kept, 20);
}

TEST(Store, replaces_what_was_there_and_forgets_the_too_large) {
    Store store(1'000'000);
    store.put("key", reply_of(1'000));
    const auto small = store.bytes();
    store.put("key", reply_of(2'000));
    EXPECT_EQ(store.bytes(), small + 1'000);
    EXPECT_EQ(store.entries(), 1U);
    store.put("key", reply_of(500'000));   // more than an eighth
    EXPECT_EQ(store.find("key"), nullptr);
    EXPECT_EQ(store.bytes(), 0U);
}

/// Routes whose handlers read one number, as slowly as the test wants, behind a cache.
class Cached : public ::testing::Test {
protected:
    Cached() {
        auto& route = router.get("/things/{thing}", Access::anyone, [this](http::Request& r) { return read(r); });
        route.caching = http::Caching{.name = "test.thing", .query = {"a", "b"}, .tags = {"thing:{thing}"}};
        auto& shelf = router.get("/shelves/{shelf}", Access::anyone, [this](http::Request& it) { return look(it); });
        shelf.caching = http::Caching{.name = "test.shelf", .tags = {"shelves"}, .tags_of_any_part = {"price"}};
        cache.attach(router);
        cache.heard_until(ReplyCache::Instant::max());
    }
    ~Cached() override { testing::run_on(loop, cache.close()); }

    Task<Result<http::Response>> read(http::Request& request) {
        ++reads;
        const auto seen = value;
        EXPECT_FALSE(request.ctx.principal.signed_in());
        EXPECT_TRUE(request.headers.empty());
        co_await pause(takes);
        if (is_away) throw Unavailable("the database is away");
        if (request.path_text("thing") == "nothing") co_return Error{ErrorKind::not_found, "test.not_found", "No."};
        if (!request.query.empty() && request.query[0].first == "bad")
            co_return Error{ErrorKind::malformed, "test.bad", "No."};
        http::Response response;
        response.body = std::to_string(seen);
        response.with("Cache-Control", "public, max-age=15");
        co_return response;
    }

    /// `full` shows a cup and a pot; `long` more than is worth to be told, `closed` does not say what.
    Task<Result<http::Response>> look(http::Request& request) {
        ++reads;
        http::Response response;
        response.body = std::to_string(value);
        const auto name = request.path_text("shelf");
        if (name == "full") response.parts = {"thing:cup", "thing:pot"};
        if (name == "long") response.parts.assign(1'000, "thing:cup");
        co_await pause(takes);
        co_return response;
    }

    static Task<> pause(std::chrono::milliseconds time) {
        asio::steady_timer timer(co_await asio::this_coro::executor, time);
        co_await timer.async_wait(asio::use_awaitable);
    }

    http::Request request_for(const std::string& path) {
        http::Request request;
        request.method = "GET";
        request.target = request.path = path;
        request.ctx.clock = &clock;
        request.ctx.deadline = steady_clock::now() + 60s;
        return request;
    }
    /// As the edge does it.
    Task<Result<http::Response>> serve(http::Request request) {
        const auto match = router.match(request);
        if (auto ready = match.route->at_once(request)) co_return *std::move(ready);
        co_return co_await match.route->handler(request);
    }
    Task<std::string> body_of(http::Request request) {
        const auto answer = co_await serve(std::move(request));
        if (answer.has_error()) co_return std::string(answer.error().code);
        co_return answer->prepared ? answer->prepared->identity : answer->body;
    }
    std::string get(const std::string& path) { return testing::run_on(loop, body_of(request_for(path))); }
    http::ReadyReply* find(const std::string& target) { return cache.find(target, steady_clock::now()); }
    /// Turns the loop until something holds; false where it does not come to.
    bool until(const std::function<bool()>& holds) {
        const auto limit = steady_clock::now() + 60s;
        while (!holds() && steady_clock::now() < limit) testing::run_on(loop, pause(5ms));
        return holds();
    }
    void change_to(int now) {
        value = now;
        epochs.move(std::vector<Place>{Epochs::place_of("thing:tea")});
    }

    asio::io_context loop{1};
    testing::FakeClock clock;
    Epochs epochs;
    http::Router router;
    int reads = 0;
    int value = 1;
    bool is_away = false;
    std::chrono::milliseconds takes{1};
    ReplyCache cache{{.executor = loop.get_executor(), .clock = clock, .epochs = epochs, .bytes_max = 1'000'000},
                     Config{}};
};

TEST_F(Cached, a_second_request_is_answered_without_the_handler) {
    EXPECT_EQ(get("/things/tea"), "1");
    value = 2;   // and nobody says so
    EXPECT_EQ(get("/things/tea"), "1");
    EXPECT_EQ(reads, 1);
    EXPECT_EQ(get("/things/cup"), "2");
}

TEST_F(Cached, a_change_drops_what_shows_it_and_nothing_else) {
    EXPECT_EQ(get("/things/tea"), "1");
    EXPECT_EQ(get("/things/cup"), "1");
    change_to(2);
    EXPECT_EQ(get("/things/tea"), "2");
    EXPECT_EQ(get("/things/cup"), "1");
}

TEST_F(Cached, a_reply_that_says_what_it_shows_goes_with_that_alone) {
    const auto all = [this](const std::vector<std::string>& tags) {
        std::vector<Place> places;
        for (const auto& tag : tags) places.push_back(Epochs::place_of(tag));
        epochs.move(places);
        ++value;
        return get("/shelves/full") + get("/shelves/long") + get("/shelves/closed");
    };
    EXPECT_EQ(all({}), "222");
    EXPECT_EQ(all({"price", "thing:tea"}), "233");
    EXPECT_EQ(all({"price", "thing:pot"}), "444");
    EXPECT_EQ(all({"price", "thing:cup"}), "555");
    EXPECT_EQ(all({"shelves"}), "666");
}

TEST_F(Cached, is_found_by_the_target_that_asked_for_it_while_it_may_be_given) {
    EXPECT_EQ(find("/things/tea"), nullptr);
    EXPECT_EQ(get("/things/tea"), "1");
    EXPECT_EQ(get("/things/tea"), "1");
    EXPECT_EQ(find("/things/te"), nullptr);
    EXPECT_EQ(find("/things/tea?"), nullptr);
    const auto answer = [&] { return std::string(find("/things/tea")->answer(http::Encoding::identity, "", {}).body); };
    EXPECT_EQ(answer(), "1");
    EXPECT_EQ(&find("/things/tea")->route(), router.list().front());
    change_to(2);
    EXPECT_EQ(find("/things/tea"), nullptr);
    EXPECT_EQ(get("/things/tea"), "2");
    EXPECT_EQ(answer(), "2");
    cache.heard_until({});
    cache.drop_all();
    EXPECT_EQ(find("/things/tea"), nullptr);
    EXPECT_EQ(get("/things/nothing"), "test.not_found");
    EXPECT_EQ(get("/things/nothing"), "test.not_found");
    EXPECT_EQ(find("/things/nothing"), nullptr);
}

TEST_F(Cached, a_slow_reader_cannot_put_an_old_value_back) {
    takes = 100ms;
    std::string slow;
    asio::co_spawn(loop, body_of(request_for("/things/tea")), [&](std::exception_ptr, std::string got) { slow = got; });
    ASSERT_TRUE(until([&] { return reads == 1; }));   // it has read, and has not kept
    change_to(2);
    takes = 1ms;
    EXPECT_EQ(get("/things/tea"), "2");   // nor does who comes after the change wait for what was read before it
    EXPECT_TRUE(until([&] { return slow == "1"; }));
    EXPECT_EQ(get("/things/tea"), "2");
    EXPECT_EQ(reads, 2);
}

TEST_F(Cached, a_thousand_who_ask_for_one_thing_cost_one_read) {
    takes = 50ms;
    int answered = 0;
    for (int i = 0; i < 1'000; ++i) {
        asio::co_spawn(loop, body_of(request_for("/things/tea")), [&](std::exception_ptr, std::string got) {
            answered += got == "1" ? 1 : 0;
        });
    }
    EXPECT_TRUE(until([&] { return answered == 1'000; }));
    EXPECT_EQ(reads, 1);
}

TEST_F(Cached, parameters_make_answers_differ_in_whatever_order_they_come) {
    auto one = request_for("/things/tea"), same = one, other = one;
    one.query = {{"a", "1"}, {"b", "2"}};
    same.query = {{"b", "2"}, {"a", "1"}};
    other.query = {{"a", "12"}};
    testing::run_on(loop, body_of(one));
    testing::run_on(loop, body_of(same));
    EXPECT_EQ(reads, 1);
    testing::run_on(loop, body_of(other));
    EXPECT_EQ(reads, 2);
}

TEST_F(Cached, what_the_handler_refuses_for_its_parameters_is_asked_of_it_each_time) {
    for (const auto& query : {std::vector<std::pair<std::string, std::string>>{{"x", "1"}}, {{"a", "1"}, {"a", "1"}}}) {
        auto request = request_for("/things/tea");
        request.query = query;
        const auto before = reads;
        testing::run_on(loop, body_of(request));
        testing::run_on(loop, body_of(request));
        EXPECT_EQ(reads, before + 2);
    }
}

TEST_F(Cached, that_there_is_no_such_thing_is_kept_until_there_is) {
    EXPECT_EQ(get("/things/nothing"), "test.not_found");
    EXPECT_EQ(get("/things/nothing"), "test.not_found");
    EXPECT_EQ(reads, 1);
    epochs.move(std::vector<Place>{Epochs::place_of("thing:nothing")});
    EXPECT_EQ(get("/things/nothing"), "test.not_found");
    EXPECT_EQ(reads, 2);
}

TEST_F(Cached, who_hears_of_no_changes_keeps_nothing_for_long) {
    cache.heard_until({});
    for (std::string seen; seen != "1";) {   // once more only where the machine was that long about it
        change_to(1);
        const auto begun = steady_clock::now();
        EXPECT_EQ(get("/things/tea"), "1");
        value = 2;
        seen = get("/things/tea");
        ASSERT_TRUE(seen == "1" || steady_clock::now() - begun >= ReplyCache::unheard_for) << seen;
    }
    std::this_thread::sleep_for(ReplyCache::unheard_for);
    EXPECT_EQ(get("/things/tea"), "2");
}

TEST_F(Cached, while_the_database_is_away_the_old_reply_is_given_and_says_so) {
    EXPECT_EQ(get("/things/tea"), "1");
    epochs.move_all();
    is_away = true;
    clock.advance(90s);
    const auto knocked = steady_clock::now();
    const auto answer = testing::run_on(loop, serve(request_for("/things/tea")));
    ASSERT_TRUE(answer.has_value());
    EXPECT_EQ(answer->prepared->identity, "1");
    const std::vector<std::pair<std::string, std::string>> honest{
        {"Cache-Control", "no-cache"},
        {"Age", "90"},
        {"Warning", R"(110 - "Response is Stale", 111 - "Revalidation Failed")"}};
    EXPECT_EQ(answer->headers, honest);
    EXPECT_THROW((void)get("/things/cup"), Unavailable);   // which nobody has asked for before
    const auto tried = reads;
    EXPECT_EQ(get("/things/tea"), "1");
    if (steady_clock::now() - knocked < 1s) {
        EXPECT_EQ(reads, tried);   // for a second nobody knocks again for what is there
    }
    is_away = false;
    value = 2;
    std::this_thread::sleep_for(1'100ms);
    EXPECT_EQ(get("/things/tea"), "2");
}

TEST_F(Cached, who_has_an_old_reply_does_not_wait_for_a_database_that_hangs) {
    EXPECT_EQ(get("/things/tea"), "1");
    epochs.move_all();
    takes = 30s;
    const auto begun = steady_clock::now();
    EXPECT_EQ(get("/things/tea"), "1");
    EXPECT_LT(steady_clock::now() - begun, 15s);
}

TEST_F(Cached, a_fault_is_everybodys_who_waits_and_is_not_kept) {
    is_away = true;
    EXPECT_THROW((void)get("/things/tea"), Unavailable);
    is_away = false;
    EXPECT_EQ(get("/things/tea"), "1");
}

TEST(CachedRoutes, are_those_that_anyone_may_read) {
    const auto attach = [](Access access) {
        asio::io_context loop;
        SystemClock clock;
        Epochs epochs;
        http::Router router;
        ReplyCache cache({.executor = loop.get_executor(), .clock = clock, .epochs = epochs}, Config{});
        router.get("/mine", access, nullptr).caching = http::Caching{.name = "test.mine"};
        cache.attach(router);
    };
    EXPECT_DEATH(attach(Access::customer), "access");
    EXPECT_DEATH(attach(Access::shopper), "access");
    attach(Access::anyone);
}

}   // namespace
}   // namespace caddy::cache
