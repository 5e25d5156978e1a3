#pragma once
// A worker that runs on a test's own loop, and what tests ask of it.
#include "platform/jobs/worker.hpp"
#include "tests/support/test_database.hpp"

#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>

#include <chrono>
#include <string>
#include <vector>

namespace caddy::jobs {

using namespace std::chrono_literals;
using testing::TestDatabase;

inline Config quick() {
    Config config;
    config.poll_ms = 10;
    config.attempts_max = 3;
    config.job_limit_s = 1;
    return config;
}

/// A worker that runs on the test's loop.
class Runner {
public:
    Runner(TestDatabase& test, const JobTable& table, const Config& config = quick())
        : test_(test), worker_(test.executor(), test.database(), test.clock(), table, config) {
        asio::co_spawn(test.loop(), worker_.run(),
                       asio::bind_cancellation_slot(signal_.slot(), [this](std::exception_ptr) { ended_ = true; }));
    }
    ~Runner() {
        worker_.stop();
        until([&] { return ended_; });
    }
    /// Turns the loop until something holds; false after a minute.
    template <class Predicate>
    bool until(Predicate holds) {
        const auto limit = std::chrono::steady_clock::now() + 60s;
        test_.loop().restart();
        while (!holds() && std::chrono::steady_clock::now() < limit) test_.loop().run_one_for(50ms);
        return holds();
    }
    /// Turns the loop for a while, long enough for several polls.
    void a_while() {
        test_.loop().restart();
        test_.loop().run_for(80ms);
    }
    void cancel() { signal_.emit(asio::cancellation_type::terminal); }
    bool ended() const { return ended_; }
    Worker& worker() { return worker_; }

private:
    TestDatabase& test_;
    asio::cancellation_signal signal_;
    Worker worker_;
    bool ended_ = false;
};

class Jobs : public ::testing::Test {
protected:
    void emit_one(std::string type, std::string aggregate, std::string payload = "{}") {
        test.in_transaction([&](db::Transaction& tx) { return emit(tx, ctx, type, aggregate, payload); });
    }
    /// As a use case does it.
    void transact_one(Time due, std::string aggregate) {
        (void)test.run(test.database().transact(ctx, "test.emit", [&](db::Transaction& tx) -> Task<Result<void>> {
            co_await emit_at(tx, ctx, due, "orders.paid", aggregate, "{}");
            co_return Result<void>();
        }));
    }
    EventHandler note() {
        return [this](const Context&, const Event& event) -> Task<> {
            seen.push_back(event.aggregate + "/" + std::to_string(event.sequence));
            co_return;
        };
    }
    std::int64_t in_status(const std::string& status) {
        return test.count("SELECT COUNT(*) FROM outbox_events WHERE status = '" + status + "'");
    }
    Backlog backlog(Worker& worker) { return test.run(worker.backlog(ctx)); }

    TestDatabase test;
    Context ctx = test.context();
    JobTable table;
    std::vector<std::string> seen;
};

}  // namespace caddy::jobs
