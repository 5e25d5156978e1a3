#include "platform/redis/subscription.hpp"

#include "core/assert.hpp"
#include "platform/redis/client_impl.hpp"
#include "platform/runtime/deadline.hpp"
#include "platform/telemetry/log.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>

namespace caddy::redis {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

std::string subscribe_bytes(const std::vector<const Channel*>& channels, const std::string& prefix) {
    Command command("SUBSCRIBE");
    for (const auto* each : channels) command.channel(*each);
    return command.format(prefix);
}

}   // namespace

struct Subscription::Link {
    Link(std::shared_ptr<Client::Impl> client, std::vector<const Channel*> wanted, milliseconds asks)
        : owner(std::move(client)), channels(std::move(wanted)), ask_every(asks) {}

    const Config& config() const { return owner->setup->config; }
    Task<bool> listen();
    Task<> connect();
    Task<std::optional<Event>> hear();
    Task<Reply> receive();
    std::optional<Event> understand(const Reply&) const;
    Task<> ask();
    Task<> pause();
    bool asks() const { return ask_every.count() > 0; }
    /// Of the next answer or message; without any, something is to be done.
    steady_clock::time_point patience() const;

    std::shared_ptr<Client::Impl> owner;
    std::vector<const Channel*> channels;
    std::unique_ptr<Lease> lease;   // while it listens
    int failures = 0;
    milliseconds ask_every;         // 0: after a silence
    bool asked = false;             // a PING is out
    steady_clock::time_point asked_at{};
};

Subscription::Subscription(std::unique_ptr<Link> link) : link_(std::move(link)) {}
Subscription::Subscription(Subscription&&) noexcept = default;
Subscription::~Subscription() = default;

Subscription Client::subscribe(std::vector<const Channel*> channels, milliseconds ask_every) {
    CADDY_ASSERT(!channels.empty());
    return Subscription(std::make_unique<Subscription::Link>(impl_, std::move(channels), ask_every));
}

Task<Event> Subscription::next() {
    for (;;) {
        if (link_->owner->closed) throw Gone(GoneReason::closed, Gone::Effect::none, "redis: the client was closed");
        if (!link_->lease) {
            const bool listening = co_await link_->listen();
            if (listening) co_return Event{Event::Kind::listening, nullptr, {}, link_->asked_at};
            co_await link_->pause();
            continue;
        }
        auto event = co_await link_->hear();
        if (event) co_return std::move(*event);
    }
}

/// False when that was not possible now.
Task<bool> Subscription::Link::listen() {
    owner->start();
    std::string text;
    try {
        co_await connect();
        failures = 0;
        co_return true;
    } catch (const boost::system::system_error& error) {
        if (error.code() == asio::error::operation_aborted) throw;
        text = error.code().message();
    } catch (const std::exception& fault) {
        text = fault.what();
    }
    lease.reset();
    if (failures++ == 0) log::warn("redis.deaf", {{"reason", text}});
    co_return false;
}

Task<> Subscription::Link::connect() {
    const Limit limit{steady_clock::now() + milliseconds(config().connect_limit_ms), Limit::Owner::client};
    const auto endpoint = co_await owner->router->endpoint_for(nullptr, limit);
    lease = co_await owner->lend(endpoint);
    asked_at = steady_clock::now();
    co_await lease->dialogue->send(subscribe_bytes(channels, config().key_prefix));
    // Messages of the first channel may come between the confirmations; whoever hears `listening` expects none before.
    std::size_t confirmed = 0;
    while (confirmed < channels.size()) {
        const auto reply = co_await with_deadline(receive(), limit.at);
        const auto& parts = reply.as_list();
        if (!parts.empty() && parts[0].as_text() == "subscribe") ++confirmed;
    }
    asked = false;
}

Task<Reply> Subscription::Link::receive() { co_return co_await lease->dialogue->receive(); }

/// The next event; nothing when what came was none.
Task<std::optional<Event>> Subscription::Link::hear() {
    std::string text;
    bool silent = false;
    try {
        if (asks() && !asked && steady_clock::now() >= asked_at + ask_every) co_await ask();
        const auto reply = co_await with_deadline(receive(), patience());
        auto event = understand(reply);
        const bool is_answer = event && event->kind == Event::Kind::heard;
        if (is_answer || !asks()) asked = false;
        if (is_answer && !asks()) event.reset();
        co_return event;
    } catch (const DeadlineExceeded&) {
        silent = true;
        text = "no answer for " + std::to_string(config().ping_every_ms) + " ms";
    } catch (const boost::system::system_error& error) {
        if (error.code() == asio::error::operation_aborted) throw;
        text = error.code().message();
    } catch (const std::exception& fault) {
        text = fault.what();
    }
    if (silent && !asked) {
        try {
            co_await ask();
            co_return std::nullopt;
        } catch (const boost::system::system_error& error) {
            if (error.code() == asio::error::operation_aborted) throw;
            text = error.code().message();
        }
    }
    lease.reset();
    log::warn("redis.deaf", {{"reason", text}});
    co_return Event{Event::Kind::lost, nullptr, {}, {}};
}

Task<> Subscription::Link::ask() {
    asked = true;
    asked_at = steady_clock::now();
    const std::vector<std::string_view> ping{"PING"};
    co_await lease->dialogue->send(encode(ping));
}

steady_clock::time_point Subscription::Link::patience() const {
    const milliseconds silence(config().ping_every_ms);
    if (!asks()) return steady_clock::now() + silence;
    return asked_at + (asked ? silence : ask_every);
}

std::optional<Event> Subscription::Link::understand(const Reply& reply) const {
    const auto& parts = reply.as_list();
    if (!parts.empty() && parts[0].as_text() == "pong") return Event{Event::Kind::heard, nullptr, {}, asked_at};
    if (parts.size() != 3 || parts[0].as_text() != "message") return std::nullopt;
    const auto& name = parts[1].as_text();
    for (const auto* each : channels)
        if (name == config().key_prefix + std::string(each->text().name))
            return Event{Event::Kind::message, each, parts[2].as_text(), {}};
    return std::nullopt;
}

Task<> Subscription::Link::pause() {
    asio::steady_timer timer(owner->executor);
    const auto longest = milliseconds(config().backoff_ms_max);
    timer.expires_after(std::min(longest, milliseconds(config().backoff_ms) * (1 << std::min(failures, 12))));
    const auto [error] = co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
    if (error) throw boost::system::system_error(error);
}

}   // namespace caddy::redis
