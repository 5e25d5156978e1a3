#pragma once
// Faults on purpose: latency and errors in a share of the requests of a route, for a while, so that a team may see what
// its clients, alerts and balancers make of them. Told through the admin port, gone by themselves.
#include "app/orders.hpp"
#include "platform/http/ready.hpp"
#include "platform/http/router.hpp"

#include <chrono>
#include <random>
#include <string_view>
#include <vector>

namespace caddy::app {

class FaultToggles final : public http::ReadyReplies {
public:
    /// For all routes that are there, but for the probes, which stay true. REQUIRES: outlives the router; called before
    /// serving, and after whatever else puts itself before handlers.
    void attach(http::Router&);
    /// In place of what is ready, which has nothing while there are faults. REQUIRES: outlives this.
    http::ReadyReplies& before(http::ReadyReplies& ready) {
        ready_ = &ready;
        return *this;
    }
    /// Called about every second: what is ordered now.
    void look(const Orders&);

    http::ReadyReply* find(std::string_view target, std::chrono::steady_clock::time_point now) override {
        return rules_.empty() ? ready_->find(target, now) : nullptr;
    }
    void note_given(const http::ReadyReply& reply) override { ready_->note_given(reply); }

private:
    Task<Result<http::Response>> disturb(const http::Handler&, http::Request&);
    const FaultRule* draw(const http::Request&);

    http::ReadyReplies* ready_ = nullptr;
    std::vector<FaultRule> rules_;
    std::minstd_rand dice_{std::random_device{}()};
};

}   // namespace caddy::app
