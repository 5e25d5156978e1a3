#include "platform/redis/client.hpp"

#include "core/assert.hpp"
#include "platform/redis/client_impl.hpp"
#include "platform/runtime/deadline.hpp"
#include "platform/telemetry/metrics.hpp"
#include "platform/telemetry/trace.hpp"

#include <algorithm>

namespace caddy::redis {
namespace {

using std::chrono::milliseconds;

const metrics::Counter calls{{"caddy_redis_calls_total", "Calls to Redis by their outcome", {"outcome"}}};
const metrics::Histogram duration{{"caddy_redis_call_duration_seconds",
                                   "How long callers waited for Redis",
                                   {},
                                   metrics::Merge::sum,
                                   {.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1}}};
const metrics::Gauge up{{"caddy_redis_up", "1 while Redis can be had", {}, metrics::Merge::least}};

constexpr std::size_t idle_max = 16;
constexpr int redirections_max = 5;

/// Counts a call when it ends, however that is.
class Observed {
public:
    Observed(const Context& ctx, const std::vector<Command>& commands)
        : span_(trace::begin_below(ctx.span.get(), trace::Kind::client,
                                   commands.size() == 1 ? commands.front().verb() : "PIPELINE")) {
        span_.set("db.system.name", "redis");
        span_.set("db.operation.name", commands.size() == 1 ? commands.front().verb() : "PIPELINE");
        if (commands.size() > 1) span_.set("db.operation.batch.size", static_cast<std::int64_t>(commands.size()));
    }
    Observed(const Observed&) = delete;
    ~Observed() {
        if (outcome != "answered") span_.fail(outcome);
        const auto spent = std::chrono::steady_clock::now() - begun_;
        duration.observe({}, std::chrono::duration<double>(spent).count());
        calls.add({outcome});
    }
    std::string_view outcome = "failed";

private:
    trace::Span span_;
    TimePoint begun_ = std::chrono::steady_clock::now();
};

Task<Reply> exchange(Dialogue& dialogue, std::string bytes) {
    auto reply = co_await dialogue.ask(std::move(bytes));
    co_return reply;
}

/// Throws Gone for whatever happened to the connection; a cancellation passes.
Task<Reply> ask_on(Lease& lease, std::string bytes, Limit limit) {
    std::string text;
    try {
        co_return co_await with_deadline(exchange(*lease.dialogue, std::move(bytes)), limit.at);
    } catch (const DeadlineExceeded&) {
        limit.raise(Gone::Effect::unknown);
    } catch (const boost::system::system_error& error) {
        if (error.code() == asio::error::operation_aborted) throw;
        text = error.code().message();
    } catch (const Malformed& fault) {
        text = fault.what();
    }
    throw Gone(GoneReason::unreachable, Gone::Effect::unknown, "redis: " + lease.endpoint.text() + ": " + text);
}

}   // namespace

Client::Impl::Impl(asio::any_io_executor loop, Config config)
    : executor(loop),
      setup(std::make_shared<const Setup>(std::move(config))),
      background(std::make_shared<Background>(loop)) {}

void Client::Impl::start() {
    if (started || closed) return;
    started = true;
    const auto on_change = [weak = weak_from_this()] {
        if (const auto self = weak.lock()) self->changed();
    };
    router = setup->config.cluster_nodes.empty() ? make_single_router(executor, setup, on_change)
                                                 : make_cluster_router(executor, setup, on_change);
    router->start(*background);
}

void Client::Impl::stop() {
    closed = true;
    if (router) router->stop();
    background->cancel();
    idle.clear();
}

void Client::Impl::changed() {
    const bool is_available = router->state() == State::available;
    if (is_available == was_available) return;
    was_available = is_available;
    up.set(is_available ? 1 : 0);
    idle.clear();   // nobody knows which of them still lead anywhere
    std::erase_if(watchers, [](const auto& each) { return each.expired(); });
    const auto told = watchers;   // a listener may add others
    for (const auto& each : told)
        if (const auto listener = each.lock()) (*listener)(is_available);
}

Limit Client::Impl::limit_of(const Context& ctx) const {
    const auto own = std::chrono::steady_clock::now() + milliseconds(setup->config.command_limit_ms);
    if (ctx.deadline < own) return {ctx.deadline, Limit::Owner::context};
    return {own, Limit::Owner::client};
}

std::size_t Client::Impl::dedicated_max() const {
    // One of the share is the connection that all commands go over.
    return static_cast<std::size_t>(std::max(1, setup->config.pool_size / std::max(1, setup->config.workers) - 1));
}

Task<std::unique_ptr<Lease>> Client::Impl::lend(Endpoint endpoint) {
    if (lent >= dedicated_max()) {
        throw Gone(GoneReason::overloaded, Gone::Effect::none,
                   "redis: all " + std::to_string(lent) + " dedicated connections are lent (REDIS_POOL_SIZE)");
    }
    auto lease = std::make_unique<Lease>(shared_from_this(), std::move(endpoint));
    const auto kept = std::find_if(idle.begin(), idle.end(),
                                   [&](const auto& each) { return each.first == lease->endpoint; });
    if (kept != idle.end()) {
        lease->dialogue.emplace(std::move(kept->second));
        idle.erase(kept);
        co_return lease;
    }
    lease->dialogue.emplace(co_await dial(setup, lease->endpoint));
    co_return lease;
}

void Client::Impl::give_back(Lease& lease) {
    if (closed || idle.size() >= idle_max) return;
    idle.emplace_back(lease.endpoint, std::move(*lease.dialogue));
    lease.dialogue.reset();
}

Lease::Lease(std::shared_ptr<Client::Impl> owner, Endpoint to) : endpoint(std::move(to)), owner_(std::move(owner)) {
    ++owner_->lent;
}

Lease::~Lease() { --owner_->lent; }

Client::Client(asio::any_io_executor executor, Config config)
    : impl_(std::make_shared<Impl>(std::move(executor), std::move(config))) {}

Client::~Client() { impl_->stop(); }

void Client::start() { impl_->start(); }

Task<> Client::close() {
    const auto impl = impl_;
    impl->stop();
    co_await impl->background->join();
}

State Client::state() const {
    if (impl_->closed) return State::gone;
    return impl_->router ? impl_->router->state() : State::starting;
}

Client::Watch Client::watch(std::function<void(bool)> listener) {
    auto kept = std::make_shared<const std::function<void(bool)>>(std::move(listener));
    impl_->watchers.push_back(kept);
    return kept;
}

Usage Client::usage() const {
    Usage usage = impl_->router ? impl_->router->usage() : Usage{};
    usage.dedicated = impl_->lent;
    return usage;
}

void Client::change_credentials(std::string username, std::string password) {
    *impl_->setup->credentials = {std::move(username), std::move(password)};
}

const Config& Client::config() const { return impl_->setup->config; }

Task<std::vector<Reply>> Client::pipeline(const Context& ctx, std::vector<Command> commands) {
    const auto impl = impl_;
    impl->start();
    if (impl->closed) throw Gone(GoneReason::closed, Gone::Effect::none, "redis: the client was closed");
    const auto limit = impl->limit_of(ctx);
    if (limit.passed()) limit.raise(Gone::Effect::none);
    if (commands.empty()) co_return std::vector<Reply>{};
    Observed observed(ctx, commands);
    auto replies = co_await impl->router->ask(std::move(commands), limit);
    const bool refused = std::any_of(replies.begin(), replies.end(), [](const auto& each) { return each.is_error(); });
    observed.outcome = refused ? "refused" : "answered";
    co_return replies;
}

Task<Reply> Client::run(const Context& ctx, Command command) {
    std::vector<Command> alone;
    alone.push_back(std::move(command));
    auto replies = co_await pipeline(ctx, std::move(alone));
    (void)replies.front().checked();
    co_return std::move(replies.front());
}

Task<Reply> Client::eval(const Context& ctx, const Script& script, std::vector<Key> keys,
                         std::vector<std::string> arguments) {
    Command command(script, keys, arguments);
    co_return co_await run(ctx, std::move(command));
}

Task<Reply> Client::run_blocking(const Context& ctx, Command command, milliseconds block) {
    const auto impl = impl_;
    impl->start();
    if (impl->closed) throw Gone(GoneReason::closed, Gone::Effect::none, "redis: the client was closed");
    auto limit = impl->limit_of(ctx);
    auto endpoint = co_await impl->router->endpoint_for(&command, limit);
    for (int attempt = 1;; ++attempt) {
        auto lease = co_await impl->lend(endpoint);
        const auto own = std::chrono::steady_clock::now() + block + milliseconds(config().command_limit_ms);
        limit = ctx.deadline < own ? Limit{ctx.deadline, Limit::Owner::context} : Limit{own, Limit::Owner::client};
        auto reply = co_await ask_on(*lease, command.format(config().key_prefix), limit);
        impl->give_back(*lease);
        if (!reply.is_error() || reply.error_kind() != ErrorKind::moved || attempt == redirections_max) {
            (void)reply.checked();
            co_return reply;
        }
        impl->router->learn(reply);
        endpoint = co_await impl->router->endpoint_for(&command, limit);
    }
}

}   // namespace caddy::redis
