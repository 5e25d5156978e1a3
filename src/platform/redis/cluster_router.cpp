// Commands of a cluster. What a lost connection means: a command that had not been written yet, and one that may run
// twice (reading, or declared repeatable), goes to whoever owns its slot by then; any other fails with Gone, since it
// may have run.
#include "platform/redis/cluster_router.hpp"

#include <algorithm>

namespace caddy::redis {
namespace {

using std::chrono::milliseconds;

constexpr int rounds_max = 12;
constexpr int refusals_max = 8;   // TRYAGAIN and CLUSTERDOWN of one command

const std::array<std::string_view, 1> asking{"ASKING"};

std::string listed(const std::vector<std::string_view>& keys) {
    std::string text;
    for (const auto key : keys) {
        if (!text.empty()) text += ", ";
        text += key;
    }
    return text;
}

}   // namespace

/// What goes to one node in one write.
struct ClusterRouter::Batch {
    std::shared_ptr<Link> link;
    std::vector<Open> members;
    std::string bytes;
    std::size_t expected = 0;
    std::shared_ptr<Call> call;    // once it is queued, or
    std::optional<Gone> refused;   // why it could not be
};

ClusterRouter::ClusterRouter(asio::any_io_executor executor, Dialing dialing, std::function<void()> on_change)
    : executor_(executor),
      dialing_(std::move(dialing)),
      on_change_(std::move(on_change)),
      rest_(executor),
      changed_(executor, TimePoint::max()),
      dice_(std::random_device{}()) {}

void ClusterRouter::start(Background& background) {
    background_ = background.shared_from_this();
    background_->spawn(keep(shared_from_this()));
}

void ClusterRouter::stop() {
    stopped_ = true;
    on_change_ = nullptr;
    for (const auto& [endpoint, node] : nodes_) node.link->stop();
    rest_.cancel();
    changed_.cancel();
}

State ClusterRouter::state() const {
    if (stopped_) return State::gone;
    if (owners_.empty()) return ended_ == 0 ? State::starting : State::gone;
    auto found = State::available;
    const Link* last = nullptr;
    for (const auto& owner : owners_) {
        if (owner.get() == last && last != nullptr) continue;
        last = owner.get();
        if (last == nullptr || last->state() == LinkState::gone) return State::gone;
        if (last->state() == LinkState::starting) found = State::starting;
    }
    return found;
}

Usage ClusterRouter::usage() const {
    Usage usage;
    for (const auto& [endpoint, node] : nodes_) add_usage(usage, *node.link);
    return usage;
}

void ClusterRouter::learn(const Reply& moved) {
    if (const auto redirection = Redirection::read(moved.bytes, {}); redirection && !owners_.empty())
        owners_[redirection->slot] = link_to(redirection->to);
    demand();
}

/// Nothing for a command without keys: any node will do. Throws Fault when its keys are in several slots.
std::optional<std::uint16_t> ClusterRouter::slot_for(const Command& command) const {
    std::optional<std::uint16_t> found;
    for (const auto key : command.keys()) {
        const auto slot = slot_of(dialing_->config.key_prefix + std::string(key));
        if (found && *found != slot) {
            throw Fault(ErrorKind::cross_slot, "redis: " + std::string(command.verb()) + " names keys of several "
                                               "slots, give them one hash tag: " + listed(command.keys()));
        }
        found = slot;
    }
    return found;
}

Task<std::vector<Reply>> ClusterRouter::ask(std::vector<Command> commands, Limit limit) {
    std::vector<Reply> replies(commands.size());
    Round round;
    for (std::size_t at = 0; at < commands.size(); ++at)
        round.again.push_back({at, slot_for(commands[at]), {}, false, 0});
    co_await mapped(limit);
    for (int count = 1; !round.again.empty(); ++count) {
        if (count > rounds_max)
            throw Gone(GoneReason::cluster_down, Gone::Effect::none, "redis: the cluster sends from node to node");
        auto batches = co_await send(commands, std::exchange(round.again, {}), limit);
        round = Round{};
        for (auto& batch : batches) co_await collect(std::move(batch), commands, replies, round, limit);
        if (round.again.empty()) break;
        if (limit.passed()) limit.raise(Gone::Effect::none);
        if (round.refresh) co_await refreshed(limit);
        else if (round.pause) {
            asio::steady_timer timer(executor_, milliseconds(5) * count);
            co_await wait_for(timer);
            co_await stop_if_cancelled();
        }
    }
    co_return replies;
}

/// Queues everything at its node, so that all nodes work at the same time.
Task<std::vector<ClusterRouter::Batch>> ClusterRouter::send(const std::vector<Command>& commands,
                                                            std::vector<Open> open, Limit limit) {
    std::vector<Batch> batches;
    const auto& prefix = dialing_->config.key_prefix;
    for (auto& each : open) {
        const auto link = each.ask_target ? each.ask_target : owner_of(each.slot);
        auto batch = std::find_if(batches.begin(), batches.end(), [&](const auto& one) { return one.link == link; });
        if (batch == batches.end()) batch = batches.insert(batches.end(), Batch{link, {}, {}, 0, {}, {}});
        if (each.ask_target) {
            batch->bytes += encode(asking);
            ++batch->expected;
        }
        const auto& command = commands[each.index];
        batch->bytes += each.with_source ? command.format_with_source(prefix) : command.format(prefix);
        ++batch->expected;
        batch->members.push_back(std::move(each));
    }
    for (auto& batch : batches)
        if (batch.link) co_await batch.link->ready(limit);
    for (auto& batch : batches) {
        try {
            if (!batch.link)
                throw Gone(GoneReason::cluster_down, Gone::Effect::none, "redis: nobody serves the key's slot");
            batch.call = batch.link->submit(std::move(batch.bytes), batch.expected);
        } catch (const Gone& gone) {
            batch.refused = gone;
        }
    }
    co_return batches;
}

Task<> ClusterRouter::collect(Batch batch, const std::vector<Command>& commands, std::vector<Reply>& replies,
                              Round& round, Limit limit) {
    std::vector<Reply> answers;
    if (!batch.refused) {
        try {
            answers = co_await Link::settle(batch.call, limit);
        } catch (const Gone& gone) {
            if (gone.reason == GoneReason::timed_out && limit.passed()) throw;
            batch.refused = gone;
        }
    }
    if (batch.refused) {
        after_loss(batch, commands, *batch.refused, round);
        co_return;
    }
    std::size_t at = 0;
    for (auto& each : batch.members) {
        if (each.ask_target) ++at;   // the answer to ASKING
        const auto index = each.index;
        auto& answer = answers[at++];
        judge(std::move(each), commands[index], std::move(answer), replies[index], batch.link->endpoint(), round);
    }
}

void ClusterRouter::judge(Open open, const Command& command, Reply reply, Reply& into, const Endpoint& asked,
                          Round& round) {
    const auto kind = reply.is_error() ? reply.error_kind() : ErrorKind::other;
    if (kind == ErrorKind::moved || kind == ErrorKind::ask) {
        const auto redirection = Redirection::read(reply.bytes, asked);
        if (!redirection) throw Fault(ErrorKind::other, "redis: a redirection that leads nowhere: " + reply.bytes);
        open.ask_target = nullptr;
        if (kind == ErrorKind::ask) {
            open.ask_target = link_to(redirection->to);
        } else {
            owners_[redirection->slot] = link_to(redirection->to);
            demand();
        }
        round.again.push_back(std::move(open));
        return;
    }
    if (kind == ErrorKind::no_script && command.script() != nullptr && !open.with_source) {
        open.with_source = true;
        round.again.push_back(std::move(open));
        return;
    }
    const bool passes = kind == ErrorKind::try_again || kind == ErrorKind::cluster_down || kind == ErrorKind::read_only;
    if (passes && open.refusals++ < refusals_max) {
        // What ASK led to is asked from the beginning: the slot may have arrived by now.
        open.ask_target = nullptr;
        (kind == ErrorKind::try_again ? round.pause : round.refresh) = true;
        round.again.push_back(std::move(open));
        return;
    }
    into = std::move(reply);
}

void ClusterRouter::after_loss(const Batch& batch, const std::vector<Command>& commands, const Gone& gone,
                               Round& round) {
    const bool overloaded = gone.reason == GoneReason::overloaded;
    // A node that the map of just now names and that is away stays away for longer than a caller waits.
    const bool known_to_be_away = gone.effect == Gone::Effect::none && is_fresh();
    if (overloaded || known_to_be_away || stopped_) throw gone;
    for (auto open : batch.members) {
        const bool harmless =
            gone.effect == Gone::Effect::none || commands[open.index].repeat() == Repeat::safe;
        if (!harmless) throw gone;
        open.ask_target = nullptr;
        round.again.push_back(std::move(open));
    }
    round.refresh = true;
}

Task<Endpoint> ClusterRouter::endpoint_for(const Command* command, Limit limit) {
    std::optional<std::uint16_t> slot;
    if (command != nullptr) slot = slot_for(*command);
    co_await mapped(limit);
    const auto link = owner_of(slot);
    if (link) co_await link->ready(limit);
    if (!link || link->state() != LinkState::up) {
        demand();
        throw Gone(GoneReason::unreachable, Gone::Effect::none, "redis: the node of the key is away");
    }
    co_return link->endpoint();
}

std::shared_ptr<Router> make_cluster_router(asio::any_io_executor executor, Dialing dialing,
                                            std::function<void()> on_change) {
    return std::make_shared<ClusterRouter>(std::move(executor), std::move(dialing), std::move(on_change));
}

}   // namespace caddy::redis
