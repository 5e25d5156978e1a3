#pragma once
// Events of the outbox for other systems: each is appended to a stream in Redis, in order per aggregate, at least once.
// While Redis is away events wait in a table and nothing else waits for them. The same Redis carries a call for help
// among the shop's processes. One per process; event loop only.
#include "platform/jobs/worker.hpp"
#include "platform/redis/client.hpp"

#include <set>
#include <string>

namespace caddy::streams {

struct Config {
    std::string name = "shop";       // of the stream; empty: nothing is published
    int length_max = 100'000;        // 1000..10000000 entries, about; the oldest go
};

class EventStream {
public:
    /// `types`: which events are published.
    EventStream(db::Database&, redis::Client&, const Config&, std::set<std::string> types);
    EventStream(const EventStream&) = delete;

    /// Has every event published before its handlers run, what waits caught up, and processes with free hands woken
    /// by those that have none. The table and this must live as long as the worker.
    void join(jobs::JobTable&);

    /// Appends an event, or puts it behind those of its aggregate that wait for Redis; throws when neither can be done.
    Task<> publish(const Context&, const jobs::Event&);
    /// Appends what waits, a bounded part, in one process of the fleet at a time; nothing while Redis is away.
    Task<> catch_up(const Context&);

private:
    Task<bool> append(const Context&, const jobs::Event&);
    Task<> append_waiting(const Context&, std::vector<jobs::Event>);
    Task<> call(const Context&);
    Task<> listen(jobs::Worker&);

    db::Database& db_;
    redis::Client& redis_;
    Config config_;
    std::set<std::string> types_;
    std::chrono::steady_clock::time_point called_{};
};

}   // namespace caddy::streams
