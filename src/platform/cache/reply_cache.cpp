#include "platform/cache/reply_cache.hpp"

#include "core/assert.hpp"
#include "platform/cache/cache_fault.hpp"
#include "platform/cache/cache_metrics.hpp"
#include "platform/cache/shared_store.hpp"
#include "platform/runtime/deadline.hpp"
#include "platform/telemetry/log.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <list>

namespace caddy::cache {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr std::size_t key_bytes_max = 1'024;
constexpr milliseconds fill_limit(10'000);    // where the route has none of its own
constexpr milliseconds patience(500);         // of those who could have an old reply at once
constexpr milliseconds away_for(1'000);       // how long nobody tries again
constexpr milliseconds copy_lag_max(1'000);   // of a read-only copy, as far as this reckons with it
constexpr milliseconds reaches_redis_within(1'000);
constexpr milliseconds look_again_after(20);
constexpr int looks_again = 10;
constexpr std::size_t parts_max = 256;        // what shows more goes with any: each is looked at whenever it is given

/// Asked by nobody in particular: what comes of it is everybody's.
http::Request anonymous(const http::Request& asked) {
    http::Request request;
    request.ctx.request_id = asked.ctx.request_id;
    request.ctx.route = asked.ctx.route;
    request.ctx.clock = asked.ctx.clock;
    request.ctx.span = asked.ctx.span;
    request.method = "GET";
    request.path = asked.path;
    request.query = asked.query;
    request.parameters = asked.parameters;
    return request;
}

/// Whether the world broke in a way that passes, rather than the program.
bool passes(const std::exception_ptr& fault) {
    try {
        std::rethrow_exception(fault);
    } catch (const Unavailable&) {
        return true;
    } catch (const DeadlineExceeded&) {
        return true;
    } catch (...) {
        return false;
    }
}

http::Response response_of(const Reply& reply) {
    http::Response response;
    response.content_type = reply.content_type;
    response.headers = reply.headers;
    response.prepared = reply.prepared;
    return response;
}

/// `product:{product}` with the route's parameter in its place.
std::string filled_in(std::string_view tag, const http::Request& request) {
    const auto open = tag.find('{');
    if (open == std::string_view::npos) return std::string(tag);
    const auto close = tag.find('}', open);
    CADDY_ASSERT(close != std::string_view::npos);
    std::string text(tag.substr(0, open));
    text.append(request.path_text(tag.substr(open + 1, close - open - 1))).append(tag.substr(close + 1));
    return text;
}

/// So that no value can be taken for two.
void add_part(std::string& key, std::string_view value) {
    key.append(std::to_string(value.size())).append(":").append(value);
}

}   // namespace

struct ReplyCache::Kept {
    const http::Route& route;
    http::Caching caching;
    http::Handler handler;
    milliseconds limit;
};

struct ReplyCache::Flight {
    std::string key;
    const Kept& route;
    Epochs::Moment moment;
    std::vector<Place> places;
    Instant begun = steady_clock::now();
    Time made_at{};
    int asked = 0;   // by requests that wait for it
    bool over = false;
    Source source = Source::database;
    std::shared_ptr<const Reply> reply{};
    std::exception_ptr fault{};
    std::list<asio::steady_timer*> waiters{};
};

ReplyCache::ReplyCache(const Surroundings& around, const Config& config)
    : executor_(around.executor), clock_(around.clock), epochs_(around.epochs), shared_(around.shared), config_(config),
      reads_copies_(around.reads_copies), store_(around.bytes_max), dice_(std::random_device{}()),
      tasks_(around.executor, &report_fault) {}

ReplyCache::~ReplyCache() = default;

void ReplyCache::attach(http::Router& router) {
    for (auto* route : router.rows()) {
        if (!route->caching) continue;
        CADDY_ASSERT(route->method == "GET" && route->access == Access::anyone);
        CADDY_ASSERT(route->permission == Permission::none && route->body == http::Body::memory);
        CADDY_ASSERT(route->tier == http::Tier::api);   // what ready replies are counted under
        const auto limit = route->time_limit.count() > 0 ? route->time_limit : fill_limit;
        routes_.push_back({*route, *route->caching, route->handler, limit});
        const auto& kept = routes_.back();
        route->at_once = [this, &kept](const http::Request& request) { return at_once(kept, request); };
        route->handler = [this, &kept](http::Request& request) { return answer(kept, request); };
    }
}

Task<> ReplyCache::close() {
    tasks_.close();
    tasks_.cancel();
    co_await tasks_.join();
}

/// Into `key_`. False where the request has what the handler does not know, or has twice: the handler refuses it.
bool ReplyCache::write_key(const Kept& route, const http::Request& request) {
    const auto& known = route.caching.query;
    key_ = route.caching.name;
    for (const auto& [name, value] : request.parameters) add_part(key_, value);
    std::size_t used = 0;
    for (std::size_t i = 0; i < known.size() && used < request.query.size(); ++i) {
        const std::string* value = nullptr;
        for (const auto& [name, given] : request.query) {
            if (name != known[i]) continue;
            if (value) return false;
            value = &given;
        }
        if (!value) continue;
        ++used;
        key_.append("&").append(std::to_string(i)).append("=");
        add_part(key_, *value);
    }
    return used == request.query.size() && key_.size() <= key_bytes_max;
}

std::vector<Place> ReplyCache::places_of(const Kept& route, const http::Request& request) const {
    std::vector<Place> places;
    for (const auto& tag : route.caching.tags) places.push_back(Epochs::place_of(filled_in(tag, request)));
    for (const auto& tag : route.caching.tags_of_any_part) places.push_back(Epochs::place_of(tag));
    return places;
}

ReplyCache::State ReplyCache::judge(const Reply& reply, Instant now) const {
    if (reply.read_at < dropped_at_ || !epochs_.unmoved_since(reply.moment, reply.places)) return State::old;
    if (now < reply.fresh_until && (now < heard_until_ || now - std::max(reply.read_at, heard_until_) < unheard_for))
        return State::current;
    // Made anew behind the caller's back only where a change would have been heard of.
    const bool hears = now < heard_until_ || now - heard_until_ < unheard_for;
    return hears && now < reply.usable_until ? State::usable : State::old;
}

bool ReplyCache::may_be_stale(const Reply& reply, Instant now) const {
    return reply.prepared && now - reply.read_at < seconds(config_.stale_s_max);
}

/// An old reply, and it says so (RFC 9111, section 5.1, and RFC 7234, section 5.5): whoever keeps it asks again.
http::Response ReplyCache::stale_response(const Reply& reply) {
    auto response = response_of(reply);
    std::erase_if(response.headers, [](const auto& header) { return header.first == "Cache-Control"; });
    const auto age = std::chrono::duration_cast<seconds>(clock_.now() - reply.made_at).count();
    return std::move(response)
        .with("Cache-Control", "no-cache")
        .with("Age", std::to_string(std::max<std::int64_t>(age, 0)))
        .with("Warning", R"(110 - "Response is Stale", 111 - "Revalidation Failed")");
}

std::optional<http::Response> ReplyCache::at_once(const Kept& route, const http::Request& request) {
    if (!write_key(route, request)) return std::nullopt;
    const auto reply = store_.find(key_);
    if (!reply || reply->refusal) return std::nullopt;
    const auto now = steady_clock::now();
    const auto state = judge(*reply, now);
    if (state == State::current) {
        store_.note_target(key_, request.target);
        requests_total.add({route.caching.name, "hit_l1"});
        return response_of(*reply);
    }
    if (state == State::usable) {
        if (now >= away_until_) (void)take_flight(route, request, key_);
        requests_total.add({route.caching.name, "stale"});
        return response_of(*reply);
    }
    if (now < away_until_ && may_be_stale(*reply, now)) {
        requests_total.add({route.caching.name, "stale"});
        return stale_response(*reply);
    }
    return std::nullopt;
}

http::ReadyReply* ReplyCache::find(std::string_view target, Instant now) {
    const auto reply = store_.find_by_target(target);
    if (!reply || !reply->ready || judge(*reply, now) != State::current) return nullptr;
    return reply->ready.get();
}

void ReplyCache::note_given(const http::ReadyReply& reply) {
    requests_total.add({reply.route().caching->name, "hit_l1"});
}

Task<Result<http::Response>> ReplyCache::answer(const Kept& route, http::Request& request) {
    if (!write_key(route, request)) {
        requests_total.add({route.caching.name, "bypass"});
        co_return co_await route.handler(request);
    }
    const auto kept = store_.find(key_);
    if (kept && kept->refusal && judge(*kept, steady_clock::now()) == State::current) {
        requests_total.add({route.caching.name, "negative"});
        co_return *kept->refusal;
    }
    auto flight = take_flight(route, request, key_);
    if (!flight) co_return co_await route.handler(request);   // the process ends
    if (flight->asked++ > 0) waits_total.add({route.caching.name});
    co_return co_await give(route, request, std::move(flight));
}

/// What the flight brings; or what is kept, where it brings a fault that passes or takes too long.
Task<Result<http::Response>> ReplyCache::give(const Kept& route, http::Request& request,
                                              std::shared_ptr<Flight> flight) {
    const auto old = store_.find(flight->key);
    const bool has_old = old && may_be_stale(*old, steady_clock::now());
    co_await wait(*flight, has_old ? std::min(flight->begun + patience, request.ctx.deadline) : request.ctx.deadline);
    const bool failed = !flight->over || (flight->fault && passes(flight->fault));
    if (failed && has_old) {
        away_until_ = steady_clock::now() + away_for;
        requests_total.add({route.caching.name, "stale"});
        co_return stale_response(*old);
    }
    if (!flight->over) throw DeadlineExceeded{};
    if (flight->fault) std::rethrow_exception(flight->fault);
    requests_total.add({route.caching.name, flight->source == Source::fleet ? "hit_l2" : "miss"});
    if (flight->reply->refusal) co_return *flight->reply->refusal;
    co_return response_of(*flight->reply);
}

/// The one that is under way, unless it may have read what has changed since; else a new one. Null once closed.
std::shared_ptr<ReplyCache::Flight> ReplyCache::take_flight(const Kept& route, const http::Request& request,
                                                            const std::string& key) {
    if (const auto at = flights_.find(key); at != flights_.end()) {
        const auto& there = *at->second;
        if (there.begun >= dropped_at_ && epochs_.unmoved_since(there.moment, there.places)) return at->second;
    }
    const auto moment = epochs_.now();
    auto flight = std::make_shared<Flight>(Flight{key, route, moment, places_of(route, request)});
    flights_[key] = flight;
    if (tasks_.spawn(fly(flight, anonymous(request)))) return flight;
    flights_.erase(key);
    return nullptr;
}

Task<> ReplyCache::fly(std::shared_ptr<Flight> flight, http::Request request) {
    try {
        co_await make(*flight, request);
    } catch (const std::exception&) {
        flight->fault = std::current_exception();
    }
    if (flight->fault && passes(flight->fault)) away_until_ = steady_clock::now() + away_for;
    if (flight->fault && flight->asked == 0) report_fault(flight->fault);   // else those who wait tell it
    land(*flight);
}

Task<> ReplyCache::make(Flight& flight, http::Request& request) {
    request.ctx.deadline = steady_clock::now() + flight.route.limit;
    SharedStore::Versions versions;
    // What was changed here a moment ago may not have reached Redis.
    const bool shares = shared_ && !epochs_.moved_within(reaches_redis_within, flight.places);
    if (shares) {
        auto found = co_await look(flight, request.ctx);
        if (found.reply) {
            flight.source = Source::fleet;
            flight.made_at = found.reply->made_at;
            flight.reply = keep(flight, std::move(*found.reply));
            co_return;
        }
        versions = std::move(found.versions);
    }
    co_await ask_handler(flight, request);
    const bool is_answer = flight.reply->prepared && !versions.empty();
    if (is_answer) co_await shared_->put(request.ctx, flight.key, versions, *flight.reply);
}

/// One process makes it; the others wait for it a little, since it costs less than to make it again.
Task<SharedStore::Found> ReplyCache::look(const Flight& flight, const Context& ctx) {
    auto found = co_await shared_->look(ctx, flight.key, flight.places);
    if (found.reply || found.versions.empty()) co_return found;
    const bool leads = co_await shared_->lead(ctx, flight.key);
    asio::steady_timer timer(executor_);
    for (int turn = 0; !leads && turn < looks_again && !found.reply; ++turn) {
        timer.expires_after(look_again_after);
        co_await timer.async_wait(asio::use_awaitable);
        found = co_await shared_->look(ctx, flight.key, flight.places);
        if (found.versions.empty()) break;
    }
    co_return found;
}

Task<> ReplyCache::ask_handler(Flight& flight, http::Request& request) {
    flight.made_at = clock_.now();
    fills_total.add({flight.route.caching.name});
    auto outcome = co_await with_deadline(flight.route.handler(request), request.ctx.deadline);
    Reply reply;
    if (outcome.has_error()) {
        reply.refusal = std::move(outcome).error();
    } else {
        CADDY_ASSERT(outcome->status == 200 && !outcome->rest);
        reply.content_type = outcome->content_type;
        reply.headers = std::move(outcome->headers);
        reply.places = narrowed(flight, outcome->parts);
        reply.prepared = outcome->prepared ? outcome->prepared
                                           : http::prepare(std::move(outcome->body), outcome->content_type);
    }
    flight.reply = keep(flight, std::move(reply));
}

/// What moves a reply that says what it shows: its route's own tags, and those parts.
std::vector<Place> ReplyCache::narrowed(const Flight& flight, const std::vector<std::string>& parts) {
    auto places = flight.places;
    if (parts.empty() || parts.size() > parts_max) return places;
    places.resize(flight.route.caching.tags.size());
    for (const auto& part : parts) places.push_back(Epochs::place_of(part));
    return places;
}

/// Puts a fresh reply where later requests find it. Of refusals only "there is no such thing" is kept.
std::shared_ptr<const Reply> ReplyCache::keep(const Flight& flight, Reply reply) {
    const auto& caching = flight.route.caching;
    const bool is_refusal = reply.refusal.has_value();
    const auto share = std::uniform_real_distribution(0.9, 1.1)(dice_);   // what came together need not go together
    auto fresh = std::chrono::duration_cast<milliseconds>((is_refusal ? caching.absent : caching.fresh) * share);
    auto usable = is_refusal ? fresh : 2 * fresh;
    if (reads_copies_ && epochs_.moved_within(copy_lag_max, flight.places))
        usable = fresh = std::min(fresh, copy_lag_max);
    reply.moment = flight.moment;
    if (reply.places.empty()) reply.places = flight.places;
    reply.made_at = flight.made_at;
    reply.read_at = flight.begun;
    reply.fresh_until = flight.begun + fresh;
    reply.usable_until = flight.begun + usable;
    if (reply.prepared) reply.ready = std::make_shared<http::ReadyReply>(flight.route.route, response_of(reply));
    auto kept = std::make_shared<const Reply>(std::move(reply));
    const bool worth = !is_refusal || kept->refusal->kind == ErrorKind::not_found;
    if (!worth || kept->read_at < dropped_at_ || !epochs_.unmoved_since(kept->moment, kept->places)) return kept;
    const auto evictions = store_.evictions();
    store_.put(flight.key, kept);
    evictions_total.add({}, static_cast<std::uint64_t>(store_.evictions() - evictions));
    bytes_kept.set(static_cast<double>(store_.bytes()));
    entries_kept.set(static_cast<double>(store_.entries()));
    return kept;
}

void ReplyCache::land(Flight& flight) {
    flight.over = true;
    if (const auto at = flights_.find(flight.key); at != flights_.end() && at->second.get() == &flight)
        flights_.erase(at);
    for (auto* waiter : flight.waiters) waiter->cancel();
}

/// Until it has landed, or until `limit`. Throws operation_aborted when the caller is told to end.
Task<> ReplyCache::wait(Flight& flight, Instant limit) {
    if (flight.over) co_return;
    asio::steady_timer timer(executor_, limit);
    const auto place = flight.waiters.insert(flight.waiters.end(), &timer);
    const auto [cancelled] = co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
    flight.waiters.erase(place);
    if (cancelled && !flight.over) throw boost::system::system_error(asio::error::operation_aborted);
}

}   // namespace caddy::cache
