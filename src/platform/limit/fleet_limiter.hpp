#pragma once
// Admits callers by what the whole fleet has admitted. Near a limit each request is asked for, all that wait for one
// caller in one question; far from it a worker takes small leases and tells their use afterwards. While Redis is away
// the pod admits its share of the limit by itself, and tells the fleet what it admitted once Redis is back.
#include "platform/limit/fleet_windows.hpp"
#include "platform/limit/limit.hpp"
#include "platform/runtime/task_group.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <deque>
#include <list>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace caddy::limit {

/// REQUIRES: used from one event loop; stopped before it is destroyed.
class FleetLimiter {
public:
    FleetLimiter(asio::any_io_executor, redis::Client&, WindowTable& pod, std::size_t callers_max);
    FleetLimiter(const FleetLimiter&) = delete;
    ~FleetLimiter();

    /// Begins to keep count of the fleet's pods and to tell what was admitted by leases.
    void start();
    Task<> stop();

    /// Draws from all of `draws` or from none. Never throws for Redis' sake.
    Task<Decision> decide(std::span<const TierDraw> draws, std::string_view caller, Time now);

private:
    using Instant = std::chrono::steady_clock::time_point;
    struct Account;
    struct Waiter;
    using Accounts = std::list<std::pair<std::string, std::shared_ptr<Account>>>;

    std::shared_ptr<Account> account(std::span<const TierDraw>, std::string_view caller);
    Task<> ask_for(std::shared_ptr<Account>);
    Task<bool> ask_once(Account&);
    void settle(Account&, const Answer&, std::int64_t need, Instant sent);
    void admit_locally(Account&);
    Decision decide_alone(const Account&, Time now);
    void note_untold(const std::shared_ptr<Account>&);
    void tell_spent();
    Task<> keep_up();
    Task<> keep_up_with_fleet(int turn);
    bool is_away() const;
    void note_away(std::string_view why);
    void note_unanswered();

    asio::any_io_executor executor_;
    FleetWindows windows_;
    WindowTable& pod_;
    std::size_t callers_max_;
    Accounts accounts_;   // most lately used first
    std::unordered_map<std::string_view, Accounts::iterator> index_;
    std::vector<std::shared_ptr<Account>> owing_;   // admitted without asking, and have not told
    std::int64_t pods_ = 1;
    int last_full_turn_ = 0;
    Instant away_until_{};   // after a question that nobody answered
    bool was_away_ = false;
    bool running_ = false;
    asio::steady_timer turn_;
    TaskGroup tasks_;
};

}   // namespace caddy::limit
