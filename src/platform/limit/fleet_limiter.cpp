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
// What a caller's first question asks for beside itself: the requests of a page.
constexpr std::int64_t first_lease = 4;
// How many callers' counts are told in a turn: after an outage there may be many.
constexpr std::size_t told_per_turn = 500;
// How many windows are told to be used by half, in a turn.
constexpr std::size_t hot_max = 200;

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

FleetLimiter::FleetLimiter(asio::any_io_executor executor, redis::Client& client, WindowTable& pod,
                           std::size_t callers_max)
    : executor_(executor), redis_(client), windows_(client), pod_(pod), callers_max_(callers_max),
      pods_(pod.remembered_pods()), turn_(executor), tasks_(executor, &report_bug) {}

FleetLimiter::~FleetLimiter() = default;

void FleetLimiter::start() {
    running_ = true;
    // When the fleet's count was lost decides about the share: so it is noted at once.
    watch_ = redis_.watch([this](bool available) {
        if (!available) note_away("Redis is away");
    });
    (void)tasks_.spawn(keep_up());
}

Task<> FleetLimiter::stop() {
    running_ = false;
    watch_.reset();
    turn_.cancel();
    co_await tasks_.join();
}

const FleetLimiter::Account& FleetLimiter::account(std::span<const TierDraw> draws, std::string_view caller) {
    const auto name = window_name(draws.front().tier, caller);
    if (const auto found = index_.find(name); found != index_.end()) {
        accounts_.splice(accounts_.begin(), accounts_, found->second);
    } else {
        if (accounts_.size() >= callers_max_) {
            index_.erase(accounts_.back().first);
            accounts_.pop_back();
        }
        accounts_.emplace_front(name, std::make_shared<FleetAccount>(FleetAccount{std::string(caller)}));
        index_.emplace(accounts_.front().first, accounts_.begin());
    }
    auto& account = accounts_.front().second;
    account->draws.assign(draws.begin(), draws.end());
    account->usage.resize(draws.size());
    return account;
}

std::optional<Decision> FleetLimiter::decide_at_once(std::span<const TierDraw> draws, std::string_view caller,
                                                     Time now) {
    return decide_at_once(account(draws, caller), now);
}

std::optional<Decision> FleetLimiter::decide_at_once(const Account& book, Time now) {
    if (is_away()) return admit_alone(book, now);
    const auto instant = steady_clock::now();
    if (instant < book->refused_until) return book->describe_now(0);
    if (!may_spend_lease(*book, instant)) return std::nullopt;
    return spend_lease(book, now);
}

bool FleetLimiter::may_spend_lease(const FleetAccount& account, Instant now) const {
    return mode_ == Mode::following && account.lease > 0 && now < account.lease_end;
}

Decision FleetLimiter::spend_lease(const Account& account, Time now) {
    --account->lease;
    ++account->lease_spent;
    note_untold(account);
    for (const auto& draw : account->draws) pod_.add(window_name(draw.tier, account->caller), draw.quota, now);
    return account->describe_now(1);
}

Task<Decision> FleetLimiter::decide(std::span<const TierDraw> draws, std::string_view caller, Time now) {
    const auto book = account(draws, caller);
    if (const auto at_once = decide_at_once(book, now)) co_return *at_once;
    std::optional<Decision> share;
    if (mode_ != Mode::following) {
        share = decide_alone(*book, now);
        if (!share->admitted) co_return *share;
    }
    FleetAccount::Waiter waiter(executor_, std::move(share));
    const auto place = book->waiting.insert(book->waiting.end(), &waiter);
    if (!book->is_asking) book->is_asking = tasks_.spawn(ask_for(book));
    if (book->is_asking) (void)co_await waiter.timer.async_wait(asio::as_tuple(asio::use_awaitable));
    if (waiter.decision) co_return *waiter.decision;
    book->waiting.erase(place);   // whoever waits was cancelled, or this process is about to end
    if (waiter.share) co_return *waiter.share;
    co_return decide_alone(*book, now);
}

/// Tells what is to be told, and asks until nobody waits. Who got no answer is judged by the pod alone.
Task<> FleetLimiter::ask_for(Account account) {
    bool asks = !account->waiting.empty() || account->must_tell(outages_);
    while (asks) {
        const bool answered = co_await ask_once(*account);
        if (answered) spend_on_waiting(account);
        asks = answered && !account->waiting.empty();
    }
    while (!account->waiting.empty()) {
        auto* waiter = account->waiting.front();
        account->waiting.pop_front();
        if (waiter->share) note_untold(account);
        waiter->decision = waiter->share ? *waiter->share : admit_alone(account, system_now());
        waiter->timer.cancel();
    }
    account->is_asking = false;
    if (account->must_tell(outages_)) owe(account);
}

/// Who came while the question was under way has part in the lease that it brought.
void FleetLimiter::spend_on_waiting(const Account& account) {
    while (!account->waiting.empty() && may_spend_lease(*account, steady_clock::now())) {
        auto* waiter = account->waiting.front();
        if (waiter->share) return;   // counted already: in the pod's share
        account->waiting.pop_front();
        waiter->decision = spend_lease(account, system_now());
        waiter->timer.cancel();
    }
}

/// One question for all who wait at its beginning. False when there was no answer.
Task<bool> FleetLimiter::ask_once(FleetAccount& account) {
    const auto sent = steady_clock::now();
    const auto handed = account.hand_over(sent, outages_);
    std::vector<Spent> spent;
    for (const auto& tally : handed) {
        spent.push_back({std::chrono::duration_cast<microseconds>(sent - tally.last), tally.untold, tally.told});
    }
    std::vector<Draw> draws;
    for (const auto& draw : account.draws) draws.push_back({tier_name(draw.tier), draw.quota});
    const auto need = static_cast<std::int64_t>(account.waiting.size());
    // As much again as the last lease was worth, and twice that when it was used up.
    const auto more = account.lease > 0 ? account.lease_spent : std::max(first_lease, 2 * account.lease_spent);
    const auto want = need > 0 && mode_ == Mode::following ? more : 0;
    questions.add();
    const auto answer =
        co_await windows_.ask({.caller = account.caller, .draws = draws, .need = need, .want = want, .spent = spent});
    if (!answer) {
        account.take_back(handed);
        note_unanswered();
        account.told_outage = outages_ - 1;
        co_return false;
    }
    settle(account, *answer, need, sent);
    co_return true;
}

/// The answer is for the first `need` of those who wait, in their order.
void FleetLimiter::settle(FleetAccount& account, const Answer& answer, std::int64_t need, Instant sent) {
    account.usage = answer.usage;
    account.told_at = sent;
    account.lease = answer.leased;
    account.lease_spent = 0;
    account.lease_end = sent + answer.lease_life;   // the script ran later: so its slot has not ended by then
    if (answer.admitted > 0) account.note_told(steady_clock::now(), answer.admitted, outages_);
    std::int64_t counted = 0;   // by Redis, and not yet by the pod
    for (std::int64_t i = 0; i < need && !account.waiting.empty(); ++i) {
        auto* waiter = account.waiting.front();
        account.waiting.pop_front();
        const auto taken = i < answer.admitted ? 1 : 0;
        if (taken > 0 && !waiter->share) ++counted;
        if (taken == 0 && waiter->share) give_back(account);
        waiter->decision = account.describe_now(taken);
        waiter->timer.cancel();
    }
    note_usage(account, counted);
    if (answer.admitted >= need) return;
    // Nothing becomes free before the oldest slot does: until then nobody needs to ask.
    microseconds longest{0};
    for (const auto& usage : answer.usage) longest = std::max(longest, usage.until_room);
    account.refused_until = sent + longest;
}

/// The pod's own count goes on beside the fleet's, and with it what the fleet said: they stand when Redis goes.
void FleetLimiter::note_usage(const FleetAccount& account, std::int64_t counted) {
    for (std::size_t i = 0; i < account.draws.size(); ++i) {
        const auto& quota = account.draws[i].quota;
        const auto used = account.usage[i].used;
        const auto name = window_name(account.draws[i].tier, account.caller);
        pod_.count_fleet(name, quota, system_now(), counted, used);
        if (2 * used < quota.limit) continue;
        if (hot_.size() >= hot_max && !hot_.contains(name)) continue;
        hot_[name] = {name, quota.window_s, used};
    }
}

/// The pod's share of the limit, by what its workers have admitted together. Draws from all tiers or from none.
Decision FleetLimiter::decide_alone(const FleetAccount& account, Time now) {
    const Outage outage{pods_, lost_at_, joined_at_};
    Decision tightest;
    for (std::size_t i = 0; i < account.draws.size(); ++i) {
        const auto& draw = account.draws[i];
        const auto name = window_name(draw.tier, account.caller);
        const auto decision = describe(draw, pod_.take_share(name, draw.quota, now, outage));
        if (i == 0 || !decision.admitted || decision.remaining < tightest.remaining) tightest = decision;
        if (decision.admitted) continue;
        for (std::size_t j = 0; j < i; ++j) {
            const auto& taken = account.draws[j];
            pod_.give_back(window_name(taken.tier, account.caller), taken.quota, now);
        }
        break;
    }
    return tightest;
}

Decision FleetLimiter::admit_alone(const Account& account, Time now) {
    const auto decision = decide_alone(*account, now);
    if (decision.admitted) note_untold(account);
    return decision;
}

void FleetLimiter::give_back(const FleetAccount& account) {
    for (const auto& draw : account.draws) {
        pod_.give_back(window_name(draw.tier, account.caller), draw.quota, system_now());
    }
}

bool FleetLimiter::is_away() const {
    return mode_ == Mode::alone || !windows_.available() || steady_clock::now() < away_until_;
}

void FleetLimiter::note_unanswered() {
    away_until_ = steady_clock::now() + away_pause;
    note_away("a question was not answered in time");
}

void FleetLimiter::note_away(std::string_view why) {
    if (mode_ == Mode::alone) return;
    log::warn("limit.alone", {{"reason", why}, {"pods", pods_}});
    if (mode_ == Mode::following) lost_at_ = system_now();
    mode_ = Mode::alone;
    ++outages_;
}

void FleetLimiter::note_untold(const Account& account) {
    account->note_untold(steady_clock::now(), outages_);
    owe(account);
}

void FleetLimiter::owe(const Account& account) {
    if (!std::exchange(account->is_owing, true)) owing_.push_back(account);
}

/// What a lease admitted counts for the others only once it is told, also when its caller has gone quiet.
void FleetLimiter::tell_owed() {
    const auto now = steady_clock::now();
    auto left = std::min(owing_.size(), told_per_turn);
    for (; left > 0 && !owing_.empty(); --left) {
        const auto account = owing_.front();
        owing_.pop_front();
        account->is_owing = false;
        if (!account->must_tell(outages_) || account->is_asking) continue;   // it tells by itself
        const bool is_open = account->lease > 0 && now < account->lease_end;
        if (is_open && mode_ == Mode::following) owe(account);
        else account->is_asking = tasks_.spawn(ask_for(account));
    }
}

Task<> FleetLimiter::keep_up() {
    for (int turn = 0; running_; ++turn) {
        if (!windows_.available()) {
            note_away("Redis is away");
        } else if (steady_clock::now() >= away_until_) {
            if (turn % turns_per_census == 0 || mode_ == Mode::alone) co_await count_pods(turn);
            if (mode_ == Mode::returning && steady_clock::now() >= join_at_) follow();
            if (mode_ != Mode::alone) tell_owed();
        }
        fallback.set(mode_ == Mode::following ? 0 : 1);
        const auto next = steady_clock::now() + turn_length;
        turn_.expires_at(mode_ == Mode::returning ? std::min(next, join_at_) : next);
        (void)co_await turn_.async_wait(asio::as_tuple(asio::use_awaitable));
    }
}

Task<> FleetLimiter::count_pods(int turn) {
    using Presence = FleetWindows::Presence;
    const bool returns = mode_ == Mode::alone;
    // A process that has just begun has nothing to tell; it waits only where others are about to join.
    const auto presence = returns && joined_at_ != Time() ? Presence::returning : Presence::following;
    const auto census = co_await windows_.count_pods(std::to_string(pod_.identity()), presence);
    if (!census) co_return note_unanswered();
    if (census->pods >= pods_ || returns) last_full_turn_ = turn;
    if (census->pods >= pods_ || turn - last_full_turn_ > turns_until_fewer) pods_ = census->pods;
    pod_.remember_pods(pods_);
    if (returns) {
        mode_ = Mode::returning;
        join_at_ = steady_clock::now() + census->join_in;
        for (const auto& [name, account] : accounts_) {
            account->lease = 0;
            account->refused_until = {};
            if (account->must_tell(outages_)) owe(account);
        }
    }
    co_await share_hot();
}

/// A caller that has used half of a limit is known to every pod, should Redis go.
Task<> FleetLimiter::share_hot() {
    std::vector<HotWindow> own;
    for (auto& [name, hot] : std::exchange(hot_, {})) own.push_back(std::move(hot));
    const auto all = co_await windows_.exchange_hot(own);
    for (const auto& hot : all) pod_.note_fleet(hot.name, hot.window_s, system_now(), hot.used);
}

void FleetLimiter::follow() {
    log::info("limit.with_the_fleet", {{"pods", pods_}});
    mode_ = Mode::following;
    joined_at_ = system_now();
}

}   // namespace caddy::limit
