#include "platform/cache/changes.hpp"

#include "platform/cache/cache_fault.hpp"
#include "platform/cache/cache_metrics.hpp"
#include "platform/cache/shared_store.hpp"
#include "platform/telemetry/log.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <charconv>

namespace caddy::cache {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds ask_every(500);
constexpr milliseconds tell_limit(1'000);
constexpr milliseconds tell_again(200);
constexpr int tries_of_this_pod = 2;   // of an event that Redis cannot be told of; then others drop everything later
constexpr std::string_view everything = "*";

const redis::Channel changes_channel{
    {.owner = "cache",
     .name = "cache:changes",
     .content = "numbers of events, one line; then a tag on each line whose cached answers are dropped, `*`: all"}};

std::string text_of(const std::vector<std::int64_t>& events, const std::set<std::string>& tags) {
    std::string text;
    for (const auto event : events) text.append(text.empty() ? "" : " ").append(std::to_string(event));
    for (const auto& tag : tags) text.append("\n").append(tag);
    return text;
}

std::vector<std::int64_t> numbers_in(std::string_view line) {
    std::vector<std::int64_t> numbers;
    while (!line.empty()) {
        const auto end = std::min(line.find(' '), line.size());
        std::int64_t number = 0;
        if (std::from_chars(line.data(), line.data() + end, number).ec == std::errc()) numbers.push_back(number);
        line.remove_prefix(std::min(end + 1, line.size()));
    }
    return numbers;
}

}   // namespace

Changes::Changes(const Surroundings& around, Others others)
    : executor_(around.executor), db_(around.database), epochs_(around.epochs), replies_(around.replies),
      tags_(around.tags), redis_(around.redis), shared_(around.shared), work_(around.executor),
      tasks_(around.executor, &report_fault) {
    work_.expires_at(steady_clock::time_point::max());
    if (others == Others::none) replies_.heard_until(ReplyCache::Instant::max());
}

Changes::~Changes() = default;

void Changes::jobs(jobs::JobTable& table) {
    for (const auto& [type, tags] : tags_.rows()) {
        table.on(type, "cache.drop",
                 [this](const Context& ctx, const jobs::Event& event) { return follow(ctx, event); });
    }
}

void Changes::start() {
    running_ = true;
    db_.on_announcement([this](const std::vector<db::Announcement>& all) { take(all); });
    if (!redis_) return;
    (void)tasks_.spawn(listen());
    (void)tasks_.spawn(tell_others());
}

Task<> Changes::stop() {
    running_ = false;
    db_.on_announcement({});
    tasks_.cancel();
    work_.cancel();
    co_await tasks_.join();
}

/// Right after a commit, and before its caller is answered.
void Changes::take(const std::vector<db::Announcement>& announcements) {
    Batch batch;
    for (const auto& each : announcements) {
        const auto moved = tags_.tags_of(each);
        if (moved.empty()) continue;
        batch.tags.insert(moved.begin(), moved.end());
        batch.events.push_back(each.id);
    }
    if (batch.empty()) return;
    move(batch.tags, "commit");
    if (!redis_) return note(batch.events);
    // It counts as known once Redis has told it: until then shared replies may be from before.
    waiting_.tags.merge(batch.tags);
    waiting_.events.insert(waiting_.events.end(), batch.events.begin(), batch.events.end());
    work_.cancel();
}

void Changes::move(const std::set<std::string>& tags, std::string_view origin) {
    invalidations_total.add({origin});
    if (tags.contains(std::string(everything))) return epochs_.move_all();
    std::vector<Place> places;
    for (const auto& tag : tags) places.push_back(Epochs::place_of(tag));
    epochs_.move(places);
}

/// The job: does what the commit's own process has not done.
Task<> Changes::follow(const Context& ctx, const jobs::Event& event) {
    if (epochs_.knows(event.id.value)) co_return;
    const auto moved = tags_.tags_of({event.id.value, event.type, event.aggregate, event.payload});
    Batch batch{{event.id.value}, {moved.begin(), moved.end()}};
    move(batch.tags, "event");
    if (redis_) {
        bool told = false;
        try {
            co_await tell(ctx, batch);
            told = true;
        } catch (const Unavailable&) {
            // Another pod may reach Redis where this one does not.
            if (event.attempts < tries_of_this_pod) throw;
        }
        if (!told) owes_all_ = true;
    } else {
        note(batch.events);
    }
}

void Changes::note(const std::vector<std::int64_t>& events) {
    for (const auto event : events) epochs_.remember(event);
}

/// What shared replies are made from first, so that nobody who has heard finds one from before.
Task<> Changes::tell(const Context& ctx, const Batch& batch) {
    co_await shared_->move(ctx, batch.tags);
    (void)co_await redis_->publish(ctx, changes_channel, text_of(batch.events, batch.tags));
}

/// All that has come together since the last time, in one go.
Task<> Changes::tell_others() {
    bool was_away = false;
    while (running_) {
        if (waiting_.empty() && !(owes_all_ && redis_->available())) {
            work_.expires_after(owes_all_ ? tell_again : milliseconds(3'600'000));
            (void)co_await work_.async_wait(asio::as_tuple(asio::use_awaitable));
            continue;
        }
        auto batch = std::exchange(waiting_, {});
        if (std::exchange(owes_all_, false)) batch.tags = {std::string(everything)};
        Context ctx;
        ctx.clock = &clock_;
        ctx.route = "cache.tell";
        ctx.deadline = steady_clock::now() + tell_limit;
        try {
            co_await tell(ctx, batch);
            if (was_away) log::info("cache.telling");
            was_away = false;
            continue;
        } catch (const boost::system::system_error&) {
            throw;   // told to end
        } catch (const std::exception& fault) {
            if (!was_away) log::warn("cache.untold", {{"fault", fault.what()}});
        }
        was_away = owes_all_ = true;
        work_.expires_after(tell_again);
        (void)co_await work_.async_wait(asio::as_tuple(asio::use_awaitable));
    }
}

Task<> Changes::listen() {
    for (auto events = redis_->subscribe({&changes_channel}, ask_every); running_;) {
        const auto event = co_await events.next();
        switch (event.kind) {
            case redis::Event::Kind::listening:
                // What was told before has not been heard by this process.
                invalidations_total.add({"gap"});
                replies_.drop_all();
                replies_.heard_until(event.heard_until);
                break;
            case redis::Event::Kind::lost: break;
            case redis::Event::Kind::heard: replies_.heard_until(event.heard_until); break;
            case redis::Event::Kind::message: hear(event.payload); break;
        }
    }
}

/// Each worker of a pod hears the same: the first one does what is to be done.
void Changes::hear(const std::string& message) {
    const auto line_end = std::min(message.find('\n'), message.size());
    const auto events = numbers_in(std::string_view(message).substr(0, line_end));
    const bool is_known = std::all_of(events.begin(), events.end(), [this](auto each) { return epochs_.knows(each); });
    if (is_known && !events.empty()) return;
    std::set<std::string> tags;
    for (auto at = line_end; at < message.size();) {
        const auto end = std::min(message.find('\n', at + 1), message.size());
        tags.insert(message.substr(at + 1, end - at - 1));
        at = end;
    }
    if (!tags.empty()) move(tags, "message");
    note(events);
}

}   // namespace caddy::cache
