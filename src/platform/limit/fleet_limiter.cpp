#include "platform/limit/fleet_limiter.hpp"

#include "platform/telemetry/log.hpp"
#include "platform/telemetry/metrics.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>

namespace caddy::limit {
namespace {

using std::chrono::microseconds;
using std::chrono::steady_clock;

const metrics::Gauge fallback{{"caddy_rate_limit_fallback",
                               "1 while this pod admits its share of the limits without Redis.",
                               {},
                               metrics::Merge::most}};
const metrics::Counter questions{{"caddy_rate_limit_questions_total", "Round trips to Redis for the limits."}};

// How long nobody is asked after a question without an answer.
constexpr std::chrono::milliseconds away_pause{1'000};
// How often leases that ended are told, and pods counted: well within a slot of the shortest window that has leases.
constexpr std::chrono::milliseconds turn_length{200};
constexpr int turns_per_census = 5;
// Pods that come back do not come all at once: a smaller fleet is believed only when it stays so.
constexpr int turns_until_fewer = 50;

Time system_now() {
    return Time(std::chrono::duration_cast<Time::duration>(std::chrono::system_clock::now().time_since_epoch()));
}

void report_bug(std::exception_ptr fault) {
    try {
        std::rethrow_exception(fault);
    } catch (const std::exception& error) {
        log::error("limit.fault", {{"fault", error.what()}});
    }
}

}   // namespace

struct FleetLimiter::Waiter {
    explicit Waiter(asio::any_io_executor executor) : timer(executor, steady_clock::time_point::max()) {}
    asio::steady_timer timer;
    std::optional<Decision> decision;
};

/// One caller's draws in this process.
struct FleetLimiter::Account {
    struct Tally {
        Instant first;
        Instant last;
        std::int64_t count;
    };

    std::string caller;
    std::vector<TierDraw> draws{};
    std::vector<Usage> usage{};      // as the fleet told last, at `told_at`
    Instant told_at{};
    std::int64_t lease = 0;          // to be admitted without asking
    std::int64_t lease_spent = 0;    // of the last lease
    Instant lease_end{};
    Instant refused_until{};
    std::deque<Tally> untold{};      // admitted without asking, not told yet; a tally for each slot's time
    std::list<Waiter*> waiting{};
    bool is_asking = false;

    /// When the older of `untold` counts no more.
    microseconds window() const {
        std::int64_t longest = 0;
        for (const auto& draw : draws) longest = std::max(longest, draw.quota.window_s);
        return std::chrono::seconds(longest);
    }

    void note_untold(Instant now) {
        const auto slot = window() / WindowTable::slots_per_window;
        if (untold.empty() || now - untold.back().first > slot) untold.push_back({now, now, 0});
        untold.back().last = now;
        ++untold.back().count;
        while (now - untold.front().last > window()) untold.pop_front();
    }

    /// The tightest of the draws as they stood at the last answer, less what was spent since.
    Decision describe_now(std::int64_t taken) const {
        const auto since = std::chrono::duration_cast<microseconds>(steady_clock::now() - told_at);
        Decision tightest;
        for (std::size_t i = 0; i < draws.size(); ++i) {
            auto seen = usage[i];
            seen.used += lease_spent;
            seen.taken = taken;
            seen.until_reset = std::max(microseconds(0), seen.until_reset - since);
            seen.until_room = std::max(microseconds(0), seen.until_room - since);
            const auto decision = describe(draws[i], seen);
            if (i == 0 || decision.remaining < tightest.remaining) tightest = decision;
        }
        return tightest;
    }
};

FleetLimiter::FleetLimiter(asio::any_io_executor executor, redis::Client& client, WindowTable& pod,
                           std::size_t callers_max)
    : executor_(executor), windows_(client), pod_(pod), callers_max_(callers_max), turn_(executor),
      tasks_(executor, &report_bug) {}

FleetLimiter::~FleetLimiter() = default;

void FleetLimiter::start() {
    running_ = true;
    (void)tasks_.spawn(keep_up());
}

Task<> FleetLimiter::stop() {
    running_ = false;
    turn_.cancel();
    co_await tasks_.join();
}

std::shared_ptr<FleetLimiter::Account> FleetLimiter::account(std::span<const TierDraw> draws, std::string_view caller) {
    const auto name = window_name(draws.front().tier, caller);
    if (const auto found = index_.find(name); found != index_.end()) {
        accounts_.splice(accounts_.begin(), accounts_, found->second);
    } else {
        if (accounts_.size() >= callers_max_) {
            index_.erase(accounts_.back().first);
            accounts_.pop_back();
        }
        accounts_.emplace_front(name, std::make_shared<Account>(Account{std::string(caller)}));
        index_.emplace(accounts_.front().first, accounts_.begin());
    }
    auto& account = accounts_.front().second;
    account->draws.assign(draws.begin(), draws.end());
    account->usage.resize(draws.size());
    return account;
}

bool FleetLimiter::is_away() const { return !windows_.available() || steady_clock::now() < away_until_; }

Task<Decision> FleetLimiter::decide(std::span<const TierDraw> draws, std::string_view caller, Time now) {
    const auto book = account(draws, caller);
    if (is_away()) {
        const auto decision = decide_alone(*book, now);
        if (decision.admitted) note_untold(book);
        co_return decision;
    }
    const auto instant = steady_clock::now();
    if (instant < book->refused_until) co_return book->describe_now(0);
    if (book->lease > 0 && instant < book->lease_end) {
        --book->lease;
        ++book->lease_spent;
        note_untold(book);
        admit_locally(*book);
        co_return book->describe_now(1);
    }
    Waiter waiter(executor_);
    const auto place = book->waiting.insert(book->waiting.end(), &waiter);
    if (!book->is_asking) {
        book->is_asking = tasks_.spawn(ask_for(book));
    }
    if (!book->is_asking) {   // this process is about to end
        book->waiting.erase(place);
        co_return decide_alone(*book, now);
    }
    (void)co_await waiter.timer.async_wait(asio::as_tuple(asio::use_awaitable));
    if (!waiter.decision) {   // whoever waits was cancelled
        book->waiting.erase(place);
        co_return decide_alone(*book, now);
    }
    co_return *waiter.decision;
}

/// Tells what is untold, and asks until nobody waits. Who got no answer is judged by the pod alone.
Task<> FleetLimiter::ask_for(std::shared_ptr<Account> account) {
    bool answered = true;
    while (answered && (!account->waiting.empty() || !account->untold.empty())) answered = co_await ask_once(*account);
    while (!account->waiting.empty()) {
        auto* waiter = account->waiting.front();
        account->waiting.pop_front();
        waiter->decision = decide_alone(*account, system_now());
        if (waiter->decision->admitted) note_untold(account);
        waiter->timer.cancel();
    }
    account->is_asking = false;
}

/// One question for all who wait at its beginning. False when there was no answer.
Task<bool> FleetLimiter::ask_once(Account& account) {
    const auto sent = steady_clock::now();
    const auto untold = std::exchange(account.untold, {});
    std::vector<Spent> spent;
    for (const auto& tally : untold) {
        spent.push_back({std::chrono::duration_cast<microseconds>(sent - tally.last), tally.count});
    }
    std::vector<Draw> draws;
    for (const auto& draw : account.draws) draws.push_back({tier_name(draw.tier), draw.quota});
    const auto need = static_cast<std::int64_t>(account.waiting.size());
    // As much again as the last lease was worth, and twice that when it was used up.
    const auto more = account.lease > 0 ? account.lease_spent : std::max<std::int64_t>(1, 2 * account.lease_spent);
    const auto want = need > 0 ? more : 0;
    questions.add();
    const auto answer =
        co_await windows_.ask({.caller = account.caller, .draws = draws, .need = need, .want = want, .spent = spent});
    if (!answer) {
        account.untold.insert(account.untold.begin(), untold.begin(), untold.end());
        note_unanswered();
        co_return false;
    }
    settle(account, *answer, need, sent);
    co_return true;
}

/// The answer is for the first `need` of those who wait, in their order.
void FleetLimiter::settle(Account& account, const Answer& answer, std::int64_t need, Instant sent) {
    account.usage = answer.usage;
    account.told_at = sent;
    account.lease = answer.leased;
    account.lease_spent = 0;
    account.lease_end = sent + answer.lease_life;   // the script ran later: so its slot has not ended by then
    for (std::int64_t i = 0; i < need && !account.waiting.empty(); ++i) {
        auto* waiter = account.waiting.front();
        account.waiting.pop_front();
        const auto taken = i < answer.admitted ? 1 : 0;
        if (taken > 0) admit_locally(account);
        waiter->decision = account.describe_now(taken);
        waiter->timer.cancel();
    }
    if (answer.admitted >= need) return;
    // Nothing becomes free before the oldest slot does: until then nobody needs to ask.
    microseconds longest{0};
    for (const auto& usage : answer.usage) longest = std::max(longest, usage.until_room);
    account.refused_until = sent + longest;
}

/// The pod's own count goes on beside the fleet's: it is what stands when Redis goes.
void FleetLimiter::admit_locally(Account& account) {
    for (const auto& draw : account.draws) pod_.add(window_name(draw.tier, account.caller), draw.quota, system_now());
}

/// The pod's share of the limit, by what its workers have admitted together.
Decision FleetLimiter::decide_alone(const Account& account, Time now) {
    auto shares = account.draws;
    for (auto& share : shares) share.quota.limit = std::max<std::int64_t>(1, share.quota.limit / pods_);
    return draw(pod_, shares, account.caller, now);
}

void FleetLimiter::note_unanswered() {
    away_until_ = steady_clock::now() + away_pause;
    note_away("a question was not answered in time");
}

void FleetLimiter::note_away(std::string_view why) {
    if (!was_away_) log::warn("limit.alone", {{"reason", why}, {"pods", pods_}});
    was_away_ = true;
}

void FleetLimiter::note_untold(const std::shared_ptr<Account>& account) {
    if (account->untold.empty()) owing_.push_back(account);
    account->note_untold(steady_clock::now());
}

/// What a lease admitted counts for the others only once it is told, also when its caller has gone quiet.
void FleetLimiter::tell_spent() {
    const auto now = steady_clock::now();
    std::vector<std::shared_ptr<Account>> later;
    for (const auto& account : std::exchange(owing_, {})) {
        if (account->untold.empty()) continue;
        const bool is_over = account->lease == 0 || now >= account->lease_end;
        if (account->is_asking || !is_over) {
            later.push_back(account);
            continue;
        }
        account->is_asking = tasks_.spawn(ask_for(account));
    }
    owing_.insert(owing_.end(), later.begin(), later.end());
}

Task<> FleetLimiter::keep_up() {
    for (int turn = 0; running_; ++turn) {
        if (!windows_.available()) note_away("Redis is away");
        if (!is_away()) co_await keep_up_with_fleet(turn);
        fallback.set(was_away_ ? 1 : 0);
        turn_.expires_after(turn_length);
        (void)co_await turn_.async_wait(asio::as_tuple(asio::use_awaitable));
    }
}

Task<> FleetLimiter::keep_up_with_fleet(int turn) {
    if (turn % turns_per_census == 0 || was_away_) {
        const auto pods = co_await windows_.count_pods(std::to_string(pod_.identity()));
        if (!pods) co_return note_unanswered();
        if (*pods >= pods_) last_full_turn_ = turn;
        if (*pods >= pods_ || turn - last_full_turn_ > turns_until_fewer) pods_ = std::max<std::int64_t>(1, *pods);
    }
    if (was_away_) log::info("limit.with_the_fleet", {{"pods", pods_}});
    was_away_ = false;
    tell_spent();
}

}   // namespace caddy::limit
