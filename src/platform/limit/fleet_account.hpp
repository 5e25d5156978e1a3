#pragma once
// What one process knows of one caller's windows: what the fleet told last, the lease in hand, and what this process
// admitted within the window, so that it can be told to a Redis that did not hear of it or has forgotten it.
#include "platform/limit/fleet_windows.hpp"
#include "platform/limit/limit.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <deque>
#include <list>
#include <optional>
#include <string>
#include <vector>

namespace caddy::limit {

struct FleetAccount {
    using Instant = std::chrono::steady_clock::time_point;

    /// A request that waits for an answer of Redis.
    struct Waiter {
        Waiter(boost::asio::any_io_executor executor, std::optional<Decision> in_share)
            : timer(executor, Instant::max()), share(std::move(in_share)) {}
        boost::asio::steady_timer timer;
        std::optional<Decision> share;   // the pod's share has admitted it, and counted it
        std::optional<Decision> decision;
    };

    /// What was admitted within a slot's time.
    struct Tally {
        Instant first;
        Instant last;
        std::int64_t told = 0;
        std::int64_t untold = 0;
        int outage = 0;   // that came before it, so that none stands across one
    };

    std::string caller;
    std::vector<TierDraw> draws{};
    std::vector<Usage> usage{};      // as the fleet told last, at `told_at`
    Instant told_at{};
    std::int64_t lease = 0;          // to be admitted without asking
    std::int64_t lease_spent = 0;    // of the last lease
    Instant lease_end{};
    Instant refused_until{};
    std::deque<Tally> admitted{};
    std::int64_t untold = 0;         // of all of them
    int told_outage = 0;             // the last one after which everything was told
    std::list<Waiter*> waiting{};
    bool is_asking = false;
    bool is_owing = false;           // stands in the list of those that have something to tell

    void note_told(Instant, std::int64_t count, int outage);
    void note_untold(Instant, int outage);
    /// What is to be told: the untold, and after an outage everything. It counts as told from here on.
    std::vector<Tally> hand_over(Instant, int outage);
    /// Nobody heard it.
    void take_back(const std::vector<Tally>&);
    bool must_tell(int outage) const { return untold > 0 || (told_outage != outage && !admitted.empty()); }

    /// The tightest of the draws as they stood at the last answer, less what was spent since.
    Decision describe_now(std::int64_t taken) const;

private:
    std::chrono::microseconds window() const;
    Tally& tally_of(Instant, int outage);
};

}   // namespace caddy::limit
