#pragma once
// Claims due events by a lease, runs their handlers, retries with backoff and jitter, parks the poison ones; and runs
// what must happen every so often. The only catch for jobs. One per process; event loop only.
#include "core/result.hpp"
#include "platform/db/database.hpp"
#include "platform/jobs/outbox.hpp"
#include "platform/runtime/task_group.hpp"
#include "platform/telemetry/trace.hpp"

#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <functional>
#include <list>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace caddy::jobs {

using EventHandler = std::function<Task<>(const Context&, const Event&)>;
using ScheduledHandler = std::function<Task<>(const Context&)>;

class Worker;
/// Work beside the worker, cancelled when it ends.
using Companion = std::function<Task<>(Worker&)>;

/// What the features want done; filled once before the worker starts.
class JobTable {
public:
    /// Every event of the type goes to the handler. `name` (`checkout.settle`) tells handlers of one type apart:
    /// each is delivered, retried and recorded on its own.
    void on(std::string event_type, std::string name, EventHandler handler);
    /// Runs about every `interval`, with jitter; runs of one process never overlap.
    void every(std::chrono::milliseconds interval, std::string name, ScheduledHandler handler);

    /// Every event, of any type, goes here at each try before its handlers do. A fault leaves the event to the next
    /// try, which comes when its lease has run out.
    void before_handlers(EventHandler handler);
    /// Told when a claim has filled a worker's hands, so that more events may be due than it can take.
    void when_hands_are_full(ScheduledHandler handler);
    void beside(Companion companion);

    struct Subscription { std::string name; EventHandler handler; };
    struct Scheduled { std::chrono::milliseconds interval; std::string name; ScheduledHandler handler; };
    const std::multimap<std::string, Subscription>& subscriptions() const { return subscriptions_; }
    const std::vector<Scheduled>& scheduled() const { return scheduled_; }
    const EventHandler& before() const { return before_; }
    const ScheduledHandler& hands_full() const { return hands_full_; }
    const std::vector<Companion>& companions() const { return companions_; }

private:
    std::multimap<std::string, Subscription> subscriptions_;
    std::vector<Scheduled> scheduled_;
    EventHandler before_;
    ScheduledHandler hands_full_;
    std::vector<Companion> companions_;
};

/// A job and the services it works with: `bind_event(settle, checkout)`, `bind_scheduled(sweep, orders)`.
template <class... Services>
EventHandler bind_event(Task<> (*handler)(const Context&, const Event&, Services&...),
                        std::type_identity_t<Services>&... services) {
    return [handler, &services...](const Context& ctx, const Event& event) { return handler(ctx, event, services...); };
}
template <class... Services>
ScheduledHandler bind_scheduled(Task<> (*handler)(const Context&, Services&...),
                                std::type_identity_t<Services>&... services) {
    return [handler, &services...](const Context& ctx) { return handler(ctx, services...); };
}

struct Config {
    int poll_ms = 200;          // 10..60000: how soon an event of another process is seen
    int batch = 32;             // 1..1000 events a claim
    int parallel = 8;           // 1..64 events in hand at a time, of as many aggregates
    int lease_s = 30;           // 5..3600: after a crash, an event is taken up again this much later
    int attempts_max = 12;      // 1..100: then the event is parked
    int job_limit_s = 60;       // 1..600: one run of one handler
    int retry_first_ms = 1'000; // doubled with each failure, with jitter
    int retry_most_s = 600;     // and never longer than this
};

/// What waits, for /health and the metrics.
struct Backlog {
    std::int64_t due = 0;       // events that could run now
    std::int64_t parked = 0;
    std::int64_t lag_ms = 0;    // age of the oldest due event
};

class Worker {
public:
    Worker(asio::any_io_executor, db::Database&, const Clock&, const JobTable&, const Config&);
    Worker(const Worker&) = delete;
    ~Worker();

    /// Runs until stop() and then until the jobs in hand have ended. When it is cancelled, they are cancelled, too, and
    /// their claims given back.
    Task<> run();
    void stop();
    /// While it is on hold it begins nothing: neither events nor scheduled jobs. What is in hand ends.
    enum class Hold { off, on };
    void hold(Hold);
    /// The jobs in hand take too long for a process that must end: they are cancelled, their claims given back.
    void cut_short();

    /// Looks for due events now rather than at the next poll; called after a commit that emitted.
    void wake();

    Task<Backlog> backlog(const Context&);

private:
    enum class Outcome { partly, finished };
    struct Failed {
        std::string error;
        bool for_good = false;   // trying again cannot help
    };

    Task<> pull_until_stopped();
    Task<std::size_t> pull();
    Task<> deliver(Event event);
    Task<> deliver_all(const Event& event);
    Task<std::vector<const JobTable::Subscription*>> outstanding(const Event&);
    Task<> settle(const Event&, const std::string* delivered, Outcome);
    Task<> postpone(const Event&, Failed);
    Task<std::optional<Failed>> attempt(const Context&, std::function<Task<>()> job);
    Task<> renew_claims();
    Task<> renew_in_hand();
    Task<> give_back_claims();
    Task<> tell_of_full_hands();
    Task<> repeat(const JobTable::Scheduled&);
    Task<> pause(std::chrono::milliseconds);
    Context context_for(std::string request_id, std::string_view job) const;
    static std::shared_ptr<trace::Span> span_for(trace::Kind, std::string_view job, const trace::TraceContext& above);
    Time retry_time(int attempts);

    asio::any_io_executor executor_;
    db::Database& db_;
    const Clock& clock_;
    const JobTable& table_;
    Config config_;
    std::string owner_;                        // marks the claims of this worker
    std::set<EventId> in_hand_;                // claimed and not ended
    std::list<asio::steady_timer*> pauses_;    // cut short by stop()
    asio::steady_timer poll_;
    TaskGroup deliveries_;
    TaskGroup schedule_;
    TaskGroup upkeep_;
    bool stopping_ = false;
    bool woken_ = false;
    bool on_hold_ = false;
    int spread_ = 1;   // how many times its hands a claim looks at
};

}  // namespace caddy::jobs
