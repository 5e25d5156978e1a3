#pragma once
// Claims due events by a lease, runs their handlers, retries with backoff and jitter, parks the poison ones; and runs
// what must happen every so often. The only catch for jobs. One per process; event loop only.
#include "core/result.hpp"
#include "platform/db/database.hpp"
#include "platform/jobs/outbox.hpp"
#include "platform/runtime/task_group.hpp"

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace caddy::jobs {

using EventHandler = std::function<Task<>(const Context&, const Event&)>;
using ScheduledHandler = std::function<Task<>(const Context&)>;

/// What the features want done; filled once before the worker starts.
class JobTable {
public:
    /// Every event of the type goes to the handler. `name` (`checkout.settle`) tells handlers of one type apart:
    /// each is delivered, retried and recorded on its own.
    void on(std::string event_type, std::string name, EventHandler handler);
    /// Runs about every `interval`, with jitter; runs of one process never overlap.
    void every(std::chrono::milliseconds interval, std::string name, ScheduledHandler handler);

    struct Subscription { std::string name; EventHandler handler; };
    struct Scheduled { std::chrono::milliseconds interval; std::string name; ScheduledHandler handler; };
    const std::multimap<std::string, Subscription>& subscriptions() const { return subscriptions_; }
    const std::vector<Scheduled>& scheduled() const { return scheduled_; }

private:
    std::multimap<std::string, Subscription> subscriptions_;
    std::vector<Scheduled> scheduled_;
};

/// A job and the services it works with: `bind_event(settle, checkout)`, `bind_scheduled(sweep, orders)`.
template <class... Services>
EventHandler bind_event(Task<> (*handler)(const Context&, const Event&, Services&...), std::type_identity_t<Services>&... services) {
    return [handler, &services...](const Context& ctx, const Event& event) { return handler(ctx, event, services...); };
}
template <class... Services>
ScheduledHandler bind_scheduled(Task<> (*handler)(const Context&, Services&...), std::type_identity_t<Services>&... services) {
    return [handler, &services...](const Context& ctx) { return handler(ctx, services...); };
}

struct Config {
    int poll_ms = 200;          // 10..60000: how soon an event of another process is seen
    int batch = 32;             // 1..1000 events a claim
    int lease_s = 30;           // 5..3600: after a crash, an event is taken up again this much later
    int attempts_max = 12;      // 1..100: then the event is parked
    int job_limit_s = 60;       // one run of one handler
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

    /// Runs until stop() and then until the job in hand has ended. Unfinished claims are given back.
    Task<> run();
    void stop();

    /// Looks for due events now rather than at the next poll; called after a commit that emitted.
    void wake();

    Task<Backlog> backlog(const Context&);

private:
    // filled in by the implementation
    asio::any_io_executor executor_;
    db::Database& db_;
    const Clock& clock_;
    const JobTable& table_;
    Config config_;
};

}  // namespace caddy::jobs
