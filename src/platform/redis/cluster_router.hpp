#pragma once
// A Redis Cluster: the map of slots with a link to each primary, kept true by one task. Private to the client.
#include "platform/redis/router.hpp"
#include "platform/redis/slots.hpp"

#include <map>

namespace caddy::redis {

class ClusterRouter final : public Router, public std::enable_shared_from_this<ClusterRouter> {
public:
    ClusterRouter(asio::any_io_executor, Dialing, std::function<void()> on_change);

    void start(Background&) override;
    void stop() override;
    Task<std::vector<Reply>> ask(std::vector<Command>, Limit) override;
    Task<Endpoint> endpoint_for(const Command*, Limit) override;
    void learn(const Reply& moved) override;
    State state() const override;
    Usage usage() const override;

private:
    struct Node {
        std::shared_ptr<Link> link;
        TimePoint wanted_at;   // the last time that the map or a redirection named it
    };
    /// One command on its way to an answer.
    struct Open {
        std::size_t index;
        std::optional<std::uint16_t> slot;
        std::shared_ptr<Link> ask_target;   // where ASK sent it
        bool with_source = false;           // NOSCRIPT was answered
        int refusals = 0;
    };
    struct Batch;
    /// What has to happen before the rest is sent again.
    struct Round {
        bool refresh = false;
        bool pause = false;
        std::vector<Open> again;
    };

    // cluster_map.cpp: the map and its keeper.
    Task<> keep(std::shared_ptr<ClusterRouter> self);
    Task<> refresh();
    Task<std::optional<SlotMap>> fetch(Endpoint);
    std::vector<Endpoint> candidates();
    void apply(const SlotMap&);
    std::shared_ptr<Link> link_to(const Endpoint&);
    void demand();
    Task<> refreshed(Limit);
    Task<> mapped(Limit);
    bool is_fresh() const;
    std::shared_ptr<Link> owner_of(std::optional<std::uint16_t> slot);

    // cluster_router.cpp: commands.
    std::optional<std::uint16_t> slot_for(const Command&) const;
    Task<std::vector<Batch>> send(const std::vector<Command>&, std::vector<Open>, Limit);
    Task<> collect(Batch, const std::vector<Command>&, std::vector<Reply>&, Round&, Limit);
    void judge(Open, const Command&, Reply, Reply& into, const Endpoint& asked, Round&);
    void after_loss(const Batch&, const std::vector<Command>&, const Gone&, Round&);

    asio::any_io_executor executor_;
    Dialing dialing_;
    std::function<void()> on_change_;
    std::shared_ptr<Background> background_;
    std::map<Endpoint, Node> nodes_;
    std::vector<std::shared_ptr<Link>> owners_;   // by slot; empty while there is no map
    asio::steady_timer rest_;      // the keeper's; cancelled by demand()
    asio::steady_timer changed_;   // cancelled after each refresh
    TimePoint begun_at_{};         // of the last refresh
    TimePoint ended_at_{};
    std::int64_t begun_ = 0;       // refreshes
    std::int64_t ended_ = 0;
    bool wanted_ = false;
    bool stopped_ = false;
    std::minstd_rand dice_;
};

}   // namespace caddy::redis
