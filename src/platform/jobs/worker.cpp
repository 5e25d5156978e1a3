#include "platform/jobs/worker.hpp"

#include "core/assert.hpp"
#include "platform/jobs/jitter.hpp"
#include "platform/jobs/job_metrics.hpp"
#include "platform/jobs/outbox_store.hpp"
#include "platform/telemetry/log.hpp"
#include "platform/telemetry/trace.hpp"

#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>

namespace caddy::jobs {
namespace {

// How much further than its free hands a claim looks at most, where many processes are at it.
constexpr int spread_most = 16;

// Commits that follow one another closely share a claim.
constexpr std::chrono::milliseconds gathering_time(5);

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

/// Tasks handle their own faults; what comes here is their cancellation, or a bug.
void hear_of_escaped(std::exception_ptr fault) {
    try {
        std::rethrow_exception(fault);
    } catch (const boost::system::system_error& error) {
        if (error.code() != asio::error::operation_aborted) log::error("jobs.fault_escaped", {{"error", error.what()}});
    } catch (const std::exception& error) {
        log::error("jobs.fault_escaped", {{"error", error.what()}});
    }
}

}  // namespace

void JobTable::on(std::string event_type, std::string name, EventHandler handler) {
    const auto [first, last] = subscriptions_.equal_range(event_type);
    CADDY_ASSERT(std::none_of(first, last, [&](const auto& entry) { return entry.second.name == name; }));
    subscriptions_.emplace(std::move(event_type), Subscription{std::move(name), std::move(handler)});
}

void JobTable::every(milliseconds interval, std::string name, ScheduledHandler handler) {
    CADDY_ASSERT(interval > milliseconds(0));
    scheduled_.push_back({interval, std::move(name), std::move(handler)});
}

void JobTable::before_handlers(EventHandler handler) {
    CADDY_ASSERT(!before_);
    before_ = std::move(handler);
}

void JobTable::when_hands_are_full(ScheduledHandler handler) {
    CADDY_ASSERT(!hands_full_);
    hands_full_ = std::move(handler);
}

void JobTable::beside(Companion companion) { companions_.push_back(std::move(companion)); }

Worker::Worker(asio::any_io_executor executor, db::Database& database, const Clock& clock, const JobTable& table,
               const Config& config)
    : executor_(executor), db_(database), clock_(clock), table_(table), config_(config),
      owner_(id_text("wrk", next_id())), poll_(executor), deliveries_(executor, hear_of_escaped),
      schedule_(executor, hear_of_escaped), upkeep_(executor, hear_of_escaped) {}

Worker::~Worker() = default;

Task<> Worker::run() {
    for (const auto& job : table_.scheduled()) (void)schedule_.spawn(repeat(job));
    (void)upkeep_.spawn(renew_claims());
    for (const auto& companion : table_.companions()) (void)upkeep_.spawn(companion(*this));
    db_.on_announced([this] { wake(); });
    std::exception_ptr fault;
    try {
        co_await pull_until_stopped();
    } catch (...) {
        fault = std::current_exception();
    }
    // From here on everything is seen to its end, even when the caller has given up waiting.
    const auto state = co_await asio::this_coro::cancellation_state;
    const bool cancelled = state.cancelled() != asio::cancellation_type::none;
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    stop();
    if (cancelled) {
        deliveries_.cancel();
        schedule_.cancel();
    }
    co_await deliveries_.join();
    co_await schedule_.join();
    upkeep_.cancel();
    co_await upkeep_.join();
    co_await give_back_claims();
    co_await asio::this_coro::reset_cancellation_state(asio::enable_terminal_cancellation());
    if (fault) std::rethrow_exception(fault);
}

void Worker::stop() {
    stopping_ = true;
    db_.on_announced({});
    for (auto* timer : pauses_) timer->cancel();
    poll_.cancel();
}

void Worker::hold(Hold wish) {
    on_hold_ = wish == Hold::on;
    if (!on_hold_) wake();
}

void Worker::cut_short() {
    stop();
    deliveries_.cancel();
    schedule_.cancel();
}

void Worker::wake() {
    woken_ = true;
    poll_.cancel();
}

Task<Backlog> Worker::backlog(const Context& ctx) {
    auto session = co_await db_.read(ctx);
    co_return co_await store::backlog(session, clock_.now());
}

Task<> Worker::pull_until_stopped() {
    int faults = 0;
    while (!stopping_) {
        std::size_t begun = 0;
        std::string fault;
        try {
            begun = co_await pull();
        } catch (const std::exception& thrown) {
            fault = thrown.what();
        }
        const auto state = co_await asio::this_coro::cancellation_state;
        if (state.cancelled() != asio::cancellation_type::none) co_return;
        if (fault.empty()) faults = 0;
        else log::warn("jobs.claim_failed", {{"error", fault}, {"in_a_row", ++faults}});
        if (stopping_ || begun > 0) continue;
        const milliseconds poll(std::min(config_.poll_ms << std::min(faults, 5), std::max(config_.poll_ms, 5'000)));
        poll_.expires_after(woken_ && faults == 0 ? gathering_time : jitter_between(poll * 3 / 4, poll));
        woken_ = false;
        boost::system::error_code ignored;   // ended by its time, wake() or stop()
        co_await poll_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
}

/// Claims what there are free hands for, and begins all of it.
Task<std::size_t> Worker::pull() {
    const auto hands = config_.parallel - static_cast<int>(in_hand_.size());
    if (hands <= 0 || on_hold_) co_return 0U;
    const auto ctx = context_for(owner_, "jobs.claim");
    const store::Claim claim{owner_, seconds(config_.lease_s), std::min(config_.batch, hands), spread_,
                             config_.attempts_max};
    auto claimed = co_await store::claim(db_, ctx, claim);
    // Where others were faster, the next claims look further; where nobody was, events are taken in their order again.
    spread_ = claimed.missed > 0 ? std::min(spread_ * 2, spread_most) : std::max(spread_ - 1, 1);
    const bool full = static_cast<int>(claimed.events.size()) == claim.limit && claim.limit == hands;
    const auto begun = claimed.events.size() + claimed.missed;
    for (auto& event : claimed.events) {
        in_hand_.insert(event.id);
        (void)deliveries_.spawn(deliver(std::move(event)));
    }
    if (full && table_.hands_full()) (void)upkeep_.spawn(tell_of_full_hands());
    co_return begun;
}

Task<> Worker::tell_of_full_hands() {
    const auto ctx = context_for(owner_, "jobs.full_hands");
    std::string fault;
    try {
        co_await table_.hands_full()(ctx);
    } catch (const std::exception& thrown) {
        fault = thrown.what();
    }
    if (!fault.empty()) log::warn("jobs.call_failed", {{"error", fault}});
}

/// A handler may take longer than a lease: claims in hand are renewed well before their time.
Task<> Worker::renew_claims() {
    asio::steady_timer timer(executor_);
    // To be cancelled during a COMMIT passes unnoticed: the end is looked for as well.
    while (!stopping_ || deliveries_.size() > 0) {
        timer.expires_after(milliseconds(seconds(config_.lease_s)) / 3);
        co_await timer.async_wait(asio::use_awaitable);
        if (in_hand_.empty()) continue;
        std::string fault;
        try {
            co_await renew_in_hand();
        } catch (const std::exception& thrown) {
            fault = thrown.what();
        }
        if (!fault.empty()) log::warn("jobs.renewal_failed", {{"error", fault}});
    }
}

Task<> Worker::renew_in_hand() {
    const auto ctx = context_for(owner_, "jobs.renew");
    const std::vector<EventId> ids(in_hand_.begin(), in_hand_.end());
    (void)co_await db_.transact(ctx, "jobs.renew", [&](db::Transaction& tx) -> Task<Result<void>> {
        for (const auto id : ids) {
            const bool held = co_await store::renew(tx, id, owner_, ctx.now() + seconds(config_.lease_s));
            if (!held && in_hand_.contains(id)) log::warn("jobs.claim_lost", {{"event", id.text()}});
        }
        co_return Result<void>();
    });
}

/// What was claimed and has not ended is anybody's again, without a wait for the lease.
Task<> Worker::give_back_claims() {
    if (in_hand_.empty()) co_return;
    const auto ctx = context_for(owner_, "jobs.give_back");
    const std::vector<EventId> ids(in_hand_.begin(), in_hand_.end());
    in_hand_.clear();
    std::string fault;
    try {
        (void)co_await db_.transact(ctx, "jobs.give_back", [&](db::Transaction& tx) -> Task<Result<void>> {
            for (const auto id : ids) co_await store::give_back(tx, id, owner_);
            co_return Result<void>();
        });
    } catch (const std::exception& thrown) {
        fault = thrown.what();
    }
    if (!fault.empty()) log::warn("jobs.give_back_failed", {{"error", fault}});
}

Task<> Worker::repeat(const JobTable::Scheduled& job) {
    co_await pause(jitter_between(milliseconds(0), std::min(job.interval, milliseconds(10'000))));
    for (; !stopping_; co_await pause(jitter_between(job.interval * 9 / 10, job.interval * 11 / 10))) {
        if (on_hold_) continue;
        auto ctx = context_for(id_text("run", next_id()), job.name);
        ctx.span = span_for(trace::Kind::internal, job.name, {});
        const auto began = steady_clock::now();
        const auto failure = co_await attempt(ctx, [&] { return job.handler(ctx); });
        counts::ran(job.name, failure ? counts::Run::failed : counts::Run::done, steady_clock::now() - began);
        if (failure) ctx.span->fail("failed");
        ctx.span->end();
        if (failure) log::warn("jobs.scheduled_failed", {{"job", job.name}, {"error", failure->error}});
    }
}

Task<> Worker::pause(milliseconds duration) {
    if (stopping_) co_return;
    asio::steady_timer timer(executor_, duration);
    struct Listed {
        std::list<asio::steady_timer*>& list;
        std::list<asio::steady_timer*>::iterator place;
        ~Listed() { list.erase(place); }
    };
    const Listed listed{pauses_, pauses_.insert(pauses_.end(), &timer)};
    boost::system::error_code ignored;
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
}

std::shared_ptr<trace::Span> Worker::span_for(trace::Kind kind, std::string_view job,
                                              const trace::TraceContext& above) {
    return std::make_shared<trace::Span>(trace::begin(kind, job, above));
}

Context Worker::context_for(std::string request_id, std::string_view job) const {
    Context ctx;
    ctx.request_id = std::move(request_id);
    ctx.route = job;
    ctx.deadline = steady_clock::now() + seconds(config_.job_limit_s);
    ctx.clock = &clock_;
    return ctx;
}

}  // namespace caddy::jobs
