// The map of slots: fetched at the start, when a redirection shows that it is old, and all the time while a primary is
// away. One task does it, so that a thousand callers who meet the same failover ask once.
#include "platform/redis/cluster_router.hpp"
#include "platform/runtime/deadline.hpp"
#include "platform/telemetry/log.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>

#include <algorithm>

namespace caddy::redis {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds healthy_rest{15'000};
constexpr milliseconds hurried_rest{100};   // and as much again by chance
constexpr milliseconds least_rest{20};
constexpr milliseconds fresh_for{400};
constexpr milliseconds slow_after{100};
constexpr milliseconds unwanted_for{30'000};

const std::array<std::string_view, 2> cluster_slots{"CLUSTER", "SLOTS"};

Task<Reply> ask_stranger(Dialing dialing, Endpoint endpoint) {
    auto dialogue = co_await dial(dialing, endpoint);
    co_return co_await dialogue.ask(encode(cluster_slots));
}

}   // namespace

Task<> ClusterRouter::keep(std::shared_ptr<ClusterRouter> self) {   // the parameter keeps it alive
    (void)self;
    while (!stopped_) {
        wanted_ = false;
        ++begun_;
        begun_at_ = steady_clock::now();
        co_await refresh();
        ++ended_;
        ended_at_ = steady_clock::now();
        changed_.cancel();
        if (stopped_) break;
        if (on_change_) on_change_();
        const bool healthy = state() == State::available;
        auto pause = healthy ? healthy_rest : hurried_rest;
        pause += milliseconds(std::uniform_int_distribution<std::int64_t>(0, hurried_rest.count())(dice_));
        rest_.expires_after(wanted_ ? least_rest : pause);
        co_await wait_for(rest_);
        co_await stop_if_cancelled();
        // Never in a tight circle, however many ask.
        rest_.expires_after(least_rest);
        co_await wait_for(rest_);
    }
}

std::vector<Endpoint> ClusterRouter::candidates() {
    std::vector<Endpoint> up;
    std::vector<Endpoint> rest;
    for (const auto& [endpoint, node] : nodes_)
        (node.link->state() == LinkState::up ? up : rest).push_back(endpoint);
    std::shuffle(up.begin(), up.end(), dice_);
    std::vector<Endpoint> seeds;
    for (const auto& text : dialing_->config.cluster_nodes)
        if (auto seed = parse_endpoint(text)) seeds.push_back(std::move(*seed));
    std::shuffle(seeds.begin(), seeds.end(), dice_);
    up.insert(up.end(), seeds.begin(), seeds.end());
    up.insert(up.end(), rest.begin(), rest.end());
    return up;
}

/// What one node says, within the connect limit; nothing when it says nothing of use.
Task<std::optional<SlotMap>> ClusterRouter::fetch(Endpoint endpoint) {
    const Limit limit{steady_clock::now() + milliseconds(dialing_->config.connect_limit_ms), Limit::Owner::client};
    std::string text;
    try {
        const auto known = nodes_.find(endpoint);
        Reply reply;
        if (known != nodes_.end() && known->second.link->state() == LinkState::up) {
            auto replies = co_await Link::settle(known->second.link->submit(encode(cluster_slots), 1), limit);
            reply = std::move(replies.front());
        } else {
            reply = co_await with_deadline(ask_stranger(dialing_, endpoint), limit.at);
        }
        co_return SlotMap::read(reply, endpoint);
    } catch (const boost::system::system_error& error) {
        if (error.code() == asio::error::operation_aborted) throw;
        text = error.code().message();
    } catch (const std::exception& fault) {
        text = fault.what();
    }
    log::debug("redis.cluster.no_map", {{"node", endpoint.text()}, {"reason", text}});
    co_return std::nullopt;
}

Task<> ClusterRouter::refresh() {
    for (const auto& endpoint : candidates()) {
        const auto map = co_await fetch(endpoint);
        if (stopped_) co_return;
        if (!map) continue;
        apply(*map);
        co_return;
    }
    if (owners_.empty()) log::warn("redis.cluster.unreachable", {{"seeds", dialing_->config.cluster_nodes.size()}});
}

void ClusterRouter::apply(const SlotMap& map) {
    std::vector<std::shared_ptr<Link>> primaries;
    for (const auto& endpoint : map.primaries) primaries.push_back(link_to(endpoint));
    owners_.assign(slot_count, nullptr);
    for (std::size_t slot = 0; slot < slot_count; ++slot)
        if (map.owner[slot] != SlotMap::nobody) owners_[slot] = primaries[map.owner[slot]];
    const auto now = steady_clock::now();
    for (auto each = nodes_.begin(); each != nodes_.end();) {
        const auto& [endpoint, node] = *each;
        const bool is_primary = std::find(primaries.begin(), primaries.end(), node.link) != primaries.end();
        const bool is_idle = node.link->usage().in_flight == 0 && now - node.wanted_at > unwanted_for;
        if (!is_primary && (node.link->state() == LinkState::gone || is_idle)) {
            node.link->stop();
            each = nodes_.erase(each);
        } else {
            ++each;
        }
    }
}

std::shared_ptr<Link> ClusterRouter::link_to(const Endpoint& endpoint) {
    auto& node = nodes_[endpoint];
    node.wanted_at = steady_clock::now();
    if (!node.link) {
        const auto on_change = [weak = weak_from_this()] {
            const auto self = weak.lock();
            if (!self || self->stopped_) return;
            if (self->state() != State::available) self->demand();
            if (self->on_change_) self->on_change_();
        };
        node.link = std::make_shared<Link>(executor_, dialing_, endpoint, on_change);
        node.link->start(*background_);
    }
    return node.link;
}

void ClusterRouter::demand() {
    if (wanted_) return;
    wanted_ = true;
    rest_.cancel();
}

/// Waits for the end of a refresh that begins after this call.
Task<> ClusterRouter::refreshed(Limit limit) {
    const auto target = begun_ + 1;
    demand();
    while (ended_ < target) {
        if (stopped_) throw Gone(GoneReason::closed, Gone::Effect::none, "redis: the client was closed");
        if (limit.passed()) limit.raise(Gone::Effect::none);
        asio::steady_timer timer(executor_, limit.at);
        using namespace asio::experimental::awaitable_operators;
        co_await (wait_for(timer) || wait_for(changed_));
        co_await stop_if_cancelled();
    }
}

/// Until there is a map, or it is known that there is none to be had.
Task<> ClusterRouter::mapped(Limit limit) {
    if (owners_.empty() && ended_ == 0) co_await refreshed({limit.at, limit.owner});
    if (owners_.empty())
        throw Gone(GoneReason::unreachable, Gone::Effect::none, "redis: no node of the cluster answers");
}

/// Whatever there is to know was asked for just now, or the asking itself takes long.
bool ClusterRouter::is_fresh() const {
    const auto now = steady_clock::now();
    const bool under_way = begun_ > ended_;
    return now - ended_at_ < fresh_for || (under_way && now - begun_at_ > slow_after);
}

/// Null when nobody serves the slot.
std::shared_ptr<Link> ClusterRouter::owner_of(std::optional<std::uint16_t> slot) {
    if (slot) return owners_[*slot];
    for (const auto& [endpoint, node] : nodes_)
        if (node.link->state() == LinkState::up) return node.link;
    return nodes_.empty() ? nullptr : nodes_.begin()->second.link;
}

}   // namespace caddy::redis
