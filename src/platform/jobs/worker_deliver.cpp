// One event in hand: its subscriptions, their failures, its end.
#include "platform/jobs/jitter.hpp"
#include "platform/jobs/job_metrics.hpp"
#include "platform/jobs/outbox_store.hpp"
#include "platform/jobs/worker.hpp"
#include "platform/runtime/deadline.hpp"
#include "platform/runtime/permanent.hpp"
#include "platform/telemetry/log.hpp"
#include "platform/telemetry/trace.hpp"

#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>

namespace caddy::jobs {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr std::size_t error_length_max = 500;

/// At most `error_length_max` bytes, cut between two characters.
std::string shortened(std::string text) {
    if (text.size() <= error_length_max) return text;
    std::size_t end = error_length_max;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80U) --end;
    text.resize(end);
    return text;
}

Task<bool> ended(const std::function<Task<>()>& job) {
    co_await job();
    co_return true;
}

}  // namespace

Task<> Worker::deliver(Event event) {
    std::string fault;
    try {
        co_await deliver_all(event);
    } catch (const std::exception& thrown) {
        fault = thrown.what();
    }
    const auto state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none) co_return;   // stays in hand until its claim is given back
    if (!fault.empty()) {
        // Done perhaps, but not recorded: the lease runs out and somebody delivers it again.
        log::warn("jobs.unrecorded", {{"event", event.id.text()}, {"type", event.type}, {"error", fault}});
    }
    in_hand_.erase(event.id);
    wake();
}

Task<> Worker::deliver_all(const Event& event) {
    if (table_.before()) {
        const auto ctx = context_for(event.id.text(), "jobs.before_handlers");
        co_await table_.before()(ctx, event);
    }
    const auto open = co_await outstanding(event);
    if (open.empty()) co_await settle(event, nullptr, Outcome::finished);
    Failed failed{{}, true};
    for (std::size_t i = 0; i < open.size(); ++i) {
        const auto& subscription = *open[i];
        auto ctx = context_for(event.id.text(), subscription.name);
        ctx.span = span_for(trace::Kind::consumer, subscription.name, event.trace);
        ctx.span->set("messaging.message.id", event.id.text());
        const auto began = steady_clock::now();
        const auto failure = co_await attempt(ctx, [&] { return subscription.handler(ctx, event); });
        counts::ran(event.type, failure ? counts::Run::failed : counts::Run::done, steady_clock::now() - began);
        if (failure) ctx.span->fail("failed");
        ctx.span->end();
        if (failure) {
            failed.error += (failed.error.empty() ? "" : "; ") + subscription.name + ": " + failure->error;
            failed.for_good = failed.for_good && failure->for_good;
        } else {
            const auto outcome = failed.error.empty() && i + 1 == open.size() ? Outcome::finished : Outcome::partly;
            co_await settle(event, &subscription.name, outcome);
        }
    }
    if (!failed.error.empty()) co_await postpone(event, std::move(failed));
}

/// The subscriptions that have not had the event yet.
Task<std::vector<const JobTable::Subscription*>> Worker::outstanding(const Event& event) {
    std::vector<const JobTable::Subscription*> open;
    const auto [first, last] = table_.subscriptions().equal_range(event.type);
    for (auto at = first; at != last; ++at) open.push_back(&at->second);
    if (open.size() < 2) co_return open;   // the only delivery and the end of the event are one transaction
    const auto ctx = context_for(event.id.text(), "jobs.outstanding");
    auto session = co_await db_.read(ctx);
    const auto done = co_await store::delivered(session, event.id);
    std::erase_if(open, [&](const auto* it) { return std::find(done.begin(), done.end(), it->name) != done.end(); });
    co_return open;
}

Task<std::optional<Worker::Failed>> Worker::attempt(const Context& ctx, std::function<Task<>()> job) {
    std::optional<Failed> failure;
    try {
        (void)co_await with_deadline(ended(job), ctx.deadline);
    } catch (const Permanent& fault) {
        failure = Failed{shortened(fault.what()), true};
    } catch (const std::exception& fault) {
        failure = Failed{shortened(fault.what())};
    }
    // Cut off from outside is no failure of the job's.
    const auto state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none)
        throw boost::system::system_error(asio::error::operation_aborted);
    co_return failure;
}

Task<> Worker::settle(const Event& event, const std::string* delivered, Outcome outcome) {
    const auto ctx = context_for(event.id.text(), "jobs.settle");
    (void)co_await db_.transact(ctx, "jobs.settle", [&](db::Transaction& tx) -> Task<Result<void>> {
        if (delivered) co_await store::record_delivery(tx, event.id, *delivered, ctx.now());
        if (outcome == Outcome::finished) {
            const bool held = co_await store::finish(tx, event.id, owner_, ctx.now());
            if (!held) log::warn("jobs.claim_lost", {{"event", event.id.text()}, {"type", event.type}});
        }
        co_return Result<void>();
    });
}

Task<> Worker::postpone(const Event& event, Failed failed) {
    const auto ctx = context_for(event.id.text(), "jobs.postpone");
    const store::Failure failure{shortened(std::move(failed.error)), retry_time(event.attempts),
                                 failed.for_good || event.attempts + 1 >= config_.attempts_max};
    log::write(
        failure.last ? log::Level::error : log::Level::warn, failure.last ? "jobs.parked" : "jobs.failed",
        {{"event", event.id.text()}, {"type", event.type}, {"attempt", event.attempts + 1}, {"error", failure.error}});
    bool held = false;
    (void)co_await db_.transact(ctx, "jobs.postpone", [&](db::Transaction& tx) -> Task<Result<void>> {
        held = co_await store::fail(tx, event.id, owner_, failure);
        if (!held) log::warn("jobs.claim_lost", {{"event", event.id.text()}, {"type", event.type}});
        co_return Result<void>();
    });
    if (held && failure.last) counts::parked(event.type);
}

Time Worker::retry_time(int attempts) {
    const milliseconds most = seconds(config_.retry_most_s);
    const milliseconds doubled = milliseconds(config_.retry_first_ms) * (std::int64_t{1} << std::min(attempts, 20));
    const auto wait = std::min(most, doubled);
    return clock_.now() + jitter_between(wait / 2, wait);
}

}  // namespace caddy::jobs
