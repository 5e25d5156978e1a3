#pragma once
// Faults on purpose: latency and errors in a share of the requests of a route, for a while, so that a team may see what
// its clients, alerts and balancers make of them. Told through the admin port, gone by themselves.
#include "app/orders.hpp"
#include "platform/http/router.hpp"

#include <random>
#include <vector>

namespace caddy::app {

class FaultToggles {
public:
    /// For all routes that are there, but for the probes, which stay true. REQUIRES: outlives the router; called before
    /// serving, and after whatever else puts itself before handlers.
    void attach(http::Router&);
    /// Called about every second: what is ordered now.
    void look(const Orders&);

private:
    Task<Result<http::Response>> disturb(const http::Handler&, http::Request&);
    const FaultRule* draw(const http::Request&);

    std::vector<FaultRule> rules_;
    std::minstd_rand dice_{std::random_device{}()};
};

}   // namespace caddy::app
