// One node.
#include "platform/redis/router.hpp"

namespace caddy::redis {
namespace {

class SingleRouter final : public Router {
public:
    SingleRouter(asio::any_io_executor executor, Dialing dialing, std::function<void()> on_change)
        : dialing_(dialing),
          link_(std::make_shared<Link>(
              executor, dialing,
              Endpoint{dialing->config.host, static_cast<std::uint16_t>(dialing->config.port)},
              std::move(on_change))) {}

    void start(Background& background) override { link_->start(background); }
    void stop() override { link_->stop(); }

    Task<std::vector<Reply>> ask(std::vector<Command> commands, Limit limit) override {
        co_await link_->ready(limit);
        std::string bytes;
        std::vector<const Command*> asked;
        for (const auto& each : commands) {
            bytes += each.format(dialing_->config.key_prefix);
            asked.push_back(&each);
        }
        auto call = link_->submit(std::move(bytes), commands.size());
        auto replies = co_await Link::settle(std::move(call), limit);
        co_await teach_scripts(*link_, dialing_->config, asked, replies, limit);
        for (const auto& reply : replies)
            if (reply.is_error() && reply.error_kind() == ErrorKind::read_only) link_->renew(reply.bytes);
        co_return replies;
    }

    Task<Endpoint> endpoint_for(const Command*, Limit limit) override {
        co_await link_->ready(limit);
        if (link_->state() != LinkState::up)
            throw Gone(GoneReason::unreachable, Gone::Effect::none, "redis: the server is away");
        co_return link_->endpoint();
    }

    void learn(const Reply&) override {}

    State state() const override {
        switch (link_->state()) {
            case LinkState::starting: return State::starting;
            case LinkState::up: return State::available;
            default: return State::gone;
        }
    }

    Usage usage() const override {
        Usage usage;
        add_usage(usage, *link_);
        return usage;
    }

private:
    Dialing dialing_;
    std::shared_ptr<Link> link_;
};

}   // namespace

std::shared_ptr<Router> make_single_router(asio::any_io_executor executor, Dialing dialing,
                                           std::function<void()> on_change) {
    return std::make_shared<SingleRouter>(std::move(executor), std::move(dialing), std::move(on_change));
}

Task<> teach_scripts(Link& link, const Config& config, std::span<const Command* const> commands,
                     std::vector<Reply>& replies, Limit limit) {
    std::string bytes;
    std::vector<std::size_t> unknown;
    for (std::size_t at = 0; at < replies.size(); ++at) {
        if (commands[at]->script() == nullptr || !replies[at].is_error()) continue;
        if (replies[at].error_kind() != ErrorKind::no_script) continue;
        bytes += commands[at]->format_with_source(config.key_prefix);
        unknown.push_back(at);
    }
    if (unknown.empty()) co_return;
    auto call = link.submit(std::move(bytes), unknown.size());
    auto taught = co_await Link::settle(std::move(call), limit);
    for (std::size_t at = 0; at < unknown.size(); ++at) replies[unknown[at]] = std::move(taught[at]);
}

void add_usage(Usage& usage, const Link& link) {
    const auto& more = link.usage();
    usage.connections += link.state() == LinkState::up ? 1U : 0U;
    usage.in_flight += more.in_flight;
    usage.commands += more.commands;
    usage.round_trips += more.round_trips;
    usage.connected += more.connected;
    usage.lost += more.lost;
}

}   // namespace caddy::redis
