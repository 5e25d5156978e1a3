#pragma once
// Which node a command goes to: one there is, or the one that owns its slot. Private to the client.
#include "platform/redis/client.hpp"
#include "platform/redis/link.hpp"

namespace caddy::redis {

class Router {
public:
    virtual ~Router() = default;
    virtual void start(Background&) = 0;
    virtual void stop() = 0;
    /// Answers in the order of the commands, error replies among them. Throws Gone, DeadlineExceeded, and Fault for
    /// keys of several slots.
    virtual Task<std::vector<Reply>> ask(std::vector<Command>, Limit) = 0;
    /// Where a connection of its own for this command leads; null: for no key in particular. Throws Gone.
    virtual Task<Endpoint> endpoint_for(const Command*, Limit) = 0;
    /// A dedicated connection was told by a node that its slot is elsewhere.
    virtual void learn(const Reply& moved) = 0;
    virtual State state() const = 0;
    virtual Usage usage() const = 0;
};

/// `on_change` hears of what may have changed state().
std::shared_ptr<Router> make_single_router(asio::any_io_executor, Dialing, std::function<void()> on_change);
std::shared_ptr<Router> make_cluster_router(asio::any_io_executor, Dialing, std::function<void()> on_change);

/// Answers of one node that say NOSCRIPT are asked again with the source in place of the digest: the script has not
/// run, and from then on the server knows it.
Task<> teach_scripts(Link&, const Config&, std::span<const Command* const>, std::vector<Reply>&, Limit);

void add_usage(Usage&, const Link&);

}   // namespace caddy::redis
