#pragma once
// Admits callers by what the whole fleet has admitted. Near a limit each request is asked for, all that wait for one
// caller in one question; far from it a worker takes small leases and tells their use afterwards. While Redis is away
// the pod admits its share of the limit by itself. Once Redis is back everybody tells it what was admitted, and for two
// seconds only what both the share and Redis admit passes: by then it knows everything again, forgotten or not.
#include "platform/limit/fleet_account.hpp"
#include "platform/limit/fleet_windows.hpp"
#include "platform/limit/limit.hpp"
#include "platform/runtime/task_group.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <deque>
#include <list>
#include <memory>
#include <optional>
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
    /// The same where nobody has to be asked. Nothing otherwise, and then nothing was drawn.
    std::optional<Decision> decide_at_once(std::span<const TierDraw> draws, std::string_view caller, Time now);

private:
    using Instant = FleetAccount::Instant;
    using Account = std::shared_ptr<FleetAccount>;
    using Accounts = std::list<std::pair<std::string, Account>>;
    enum class Mode { following, alone, returning };

    const Account& account(std::span<const TierDraw>, std::string_view caller);
    std::optional<Decision> decide_at_once(const Account&, Time now);
    bool may_spend_lease(const FleetAccount&, Instant now) const;
    Decision spend_lease(const Account&, Time now);
    void spend_on_waiting(const Account&);
    Task<> ask_for(Account);
    Task<bool> ask_once(FleetAccount&);
    void settle(FleetAccount&, const Answer&, std::int64_t need, Instant sent);
    void note_usage(const FleetAccount&, std::int64_t counted);
    Decision decide_alone(const FleetAccount&, Time now);
    Decision admit_alone(const Account&, Time now);
    void give_back(const FleetAccount&);
    void note_untold(const Account&);
    void owe(const Account&);
    void tell_owed();
    Task<> keep_up();
    Task<> count_pods(int turn);
    Task<> share_hot();
    void follow();
    bool is_away() const;
    void note_away(std::string_view why);
    void note_unanswered();

    asio::any_io_executor executor_;
    redis::Client& redis_;
    FleetWindows windows_;
    WindowTable& pod_;
    std::size_t callers_max_;
    Accounts accounts_;   // most lately used first
    std::unordered_map<std::string_view, Accounts::iterator> index_;
    std::deque<Account> owing_;   // admitted without asking, and have not told
    std::unordered_map<std::string, HotWindow> hot_;   // of which half is used, as answers said since the last turn
    std::int64_t pods_ = 1;
    int last_full_turn_ = 0;
    Instant away_until_{};   // after a question that nobody answered
    Mode mode_ = Mode::following;
    int outages_ = 0;
    Time lost_at_{};
    Time joined_at_{};
    Instant join_at_{};
    redis::Client::Watch watch_;
    bool running_ = false;
    asio::steady_timer turn_;
    TaskGroup tasks_;
};

}   // namespace caddy::limit
