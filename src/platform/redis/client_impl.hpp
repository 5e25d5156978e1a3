#pragma once
// What the client's parts share. Private to the client.
#include "platform/redis/router.hpp"

namespace caddy::redis {

/// A connection of its own, counted among the process's share of REDIS_POOL_SIZE while it is lent.
class Lease {
public:
    Lease(std::shared_ptr<Client::Impl>, Endpoint);
    Lease(const Lease&) = delete;
    ~Lease();

    Endpoint endpoint;
    std::optional<Dialogue> dialogue;

private:
    std::shared_ptr<Client::Impl> owner_;
};

struct Client::Impl : std::enable_shared_from_this<Client::Impl> {
    Impl(asio::any_io_executor, Config);

    void start();
    void stop();
    void changed();
    Limit limit_of(const Context&) const;
    std::size_t dedicated_max() const;
    /// Throws Gone when too many are lent, or when the node cannot be reached.
    Task<std::unique_ptr<Lease>> lend(Endpoint);
    /// For the next one who asks for this node. REQUIRES: every answer is in.
    void give_back(Lease&);

    asio::any_io_executor executor;
    Dialing setup;
    std::shared_ptr<Background> background;
    std::shared_ptr<Router> router;
    std::vector<std::pair<Endpoint, Dialogue>> idle;
    std::size_t lent = 0;
    std::vector<std::weak_ptr<const std::function<void(bool)>>> watchers;
    bool started = false;
    bool closed = false;
    bool was_available = false;
};

}   // namespace caddy::redis
