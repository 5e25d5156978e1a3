#include "platform/streams/event_stream.hpp"

#include "platform/jobs/jitter.hpp"
#include "platform/streams/event_stream_store.hpp"
#include "platform/telemetry/log.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace caddy::streams {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

const redis::KeyPattern events_key{{.owner = "events",
                                    .pattern = "events:<name>",
                                    .content = "stream: what happened in the shop, for other systems",
                                    .size = "about EVENTS_STREAM_LENGTH entries; one"}};
const redis::KeyPattern turn_key{{.owner = "events",
                                  .pattern = "events:{<name>}:turn",
                                  .content = "whose turn it is to append what waited for Redis",
                                  .ttl_max = seconds(10),
                                  .size = "1 byte; one"}};
const redis::Channel help{
    {.owner = "events", .name = "events:help", .content = "a process that has more events due than free hands"}};

constexpr int catch_up_max = 200;
constexpr milliseconds catch_up_every(1'000);
constexpr milliseconds calls_apart(50);
constexpr milliseconds spread(20);   // not all of them at the same moment

redis::Fields fields_of(const jobs::Event& event) {
    return {{"id", event.id.text()},
            {"type", event.type},
            {"aggregate", event.aggregate},
            {"sequence", std::to_string(event.sequence)},
            {"occurred_at", to_rfc3339(event.occurred_at)},
            {"payload", event.payload}};
}

Task<> throw_when_cancelled() {
    const auto state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none) {
        throw boost::system::system_error(asio::error::operation_aborted);
    }
}

}   // namespace

EventStream::EventStream(db::Database& database, redis::Client& redis, const Config& config,
                         std::set<std::string> types)
    : db_(database), redis_(redis), config_(config), types_(std::move(types)) {}

void EventStream::join(jobs::JobTable& table) {
    if (!config_.name.empty()) {
        table.before_handlers([this](const Context& ctx, const jobs::Event& event) { return publish(ctx, event); });
        table.every(catch_up_every, "events.catch_up", [this](const Context& ctx) { return catch_up(ctx); });
    }
    table.when_hands_are_full([this](const Context& ctx) { return call(ctx); });
    table.beside([this](jobs::Worker& worker) { return listen(worker); });
}

Task<> EventStream::publish(const Context& ctx, const jobs::Event& event) {
    if (!types_.contains(event.type)) co_return;
    bool waits = false;
    {
        // What waits must not be overtaken: a worker has one event of an aggregate at a time.
        auto session = co_await db_.read(ctx);
        waits = co_await store::any_of(session, event.aggregate);
    }
    if (!waits) {
        const bool appended = co_await append(ctx, event);
        if (appended) co_return;
    }
    (void)co_await db_.transact(ctx, "events.keep", [&](db::Transaction& tx) -> Task<Result<void>> {
        co_await store::keep(tx, event, ctx.now());
        co_return Result<void>{};
    });
}

/// False when Redis does not take it. It may be there all the same: then it comes twice.
Task<bool> EventStream::append(const Context& ctx, const jobs::Event& event) {
    if (redis_.state() == redis::State::gone) co_return false;
    std::string fault;
    try {
        (void)co_await redis_.stream_add(ctx, events_key(config_.name), config_.length_max, fields_of(event));
    } catch (const std::exception& thrown) {
        fault = thrown.what();
    }
    co_await throw_when_cancelled();
    if (!fault.empty()) log::warn("events.unpublished", {{"event", event.id.text()}, {"error", fault}});
    co_return fault.empty();
}

Task<> EventStream::catch_up(const Context& ctx) {
    if (!redis_.available()) co_return;
    std::vector<jobs::Event> events;
    {
        auto session = co_await db_.read(ctx);
        events = co_await store::first(session, catch_up_max);
    }
    if (events.empty()) co_return;
    auto turn = turn_key(config_.name);
    const bool mine = co_await redis_.set_if_absent(ctx, turn, "1");
    if (!mine) co_return;
    {
        // Another process may have been at it since.
        auto session = co_await db_.read(ctx);
        events = co_await store::first(session, catch_up_max);
    }
    co_await append_waiting(ctx, std::move(events));
    std::vector<redis::Key> keys{std::move(turn)};
    co_await redis_.del(ctx, std::move(keys));
}

Task<> EventStream::append_waiting(const Context& ctx, std::vector<jobs::Event> events) {
    std::size_t appended = 0;
    while (appended < events.size()) {
        const bool taken = co_await append(ctx, events[appended]);
        if (!taken) break;
        ++appended;
    }
    events.resize(appended);
    (void)co_await db_.transact(ctx, "events.forget", [&](db::Transaction& tx) -> Task<Result<void>> {
        co_await store::forget(tx, events);
        co_return Result<void>{};
    });
    if (appended > 0) log::info("events.caught_up", {{"events", appended}});
}

Task<> EventStream::call(const Context& ctx) {
    const auto now = steady_clock::now();
    if (!redis_.available() || now - called_ < calls_apart) co_return;
    called_ = now;
    std::string fault;
    try {
        (void)co_await redis_.publish(ctx, help, "");
    } catch (const std::exception& thrown) {
        fault = thrown.what();
    }
    co_await throw_when_cancelled();
    if (!fault.empty()) log::debug("events.call_unheard", {{"error", fault}});   // the poll finds it
}

Task<> EventStream::listen(jobs::Worker& worker) {
    auto events = redis_.subscribe({&help});
    asio::steady_timer timer(co_await asio::this_coro::executor);
    for (;;) {
        const auto event = co_await events.next();
        if (event.kind != redis::Event::Kind::message) continue;
        timer.expires_after(jobs::jitter_between(milliseconds(0), spread));
        co_await timer.async_wait(asio::use_awaitable);
        worker.wake();
    }
}

}   // namespace caddy::streams
