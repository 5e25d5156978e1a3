#include "platform/jobs/job_metrics.hpp"

#include "platform/telemetry/metrics.hpp"
#include "tests/support/test_database.hpp"

#include <gtest/gtest.h>

namespace caddy::jobs {
namespace {

using namespace std::chrono_literals;
using testing::TestDatabase;

// The counts are those of the process: each case has event types of its own.
class JobMetrics : public ::testing::Test {
protected:
    void emit_one(std::string type) {
        test.in_transaction([&](db::Transaction& tx) { return emit(tx, ctx, type, "agg_1", "{}"); });
    }
    std::int64_t in_status(const std::string& status) {
        return test.count("SELECT COUNT(*) FROM outbox_events WHERE status = '" + status + "'");
    }
    /// Works, with time going on so that nothing waits for its next try, until an event stands in a status.
    void work_until(const std::string& status) {
        Worker worker(test.executor(), test.database(), test.clock(), table, config());
        bool ended = false;
        asio::co_spawn(test.loop(), worker.run(), [&](std::exception_ptr) { ended = true; });
        const auto limit = std::chrono::steady_clock::now() + 10s;
        while (in_status(status) == 0 && std::chrono::steady_clock::now() < limit) {
            test.loop().restart();
            test.loop().run_for(20ms);
            test.clock().advance(5s);
        }
        worker.stop();
        test.loop().restart();
        while (!ended) test.loop().run_one_for(50ms);
        EXPECT_EQ(in_status(status), 1);
    }
    static Config config() {
        Config config;
        config.poll_ms = 10;
        config.attempts_max = 2;
        return config;
    }
    static bool shown(const std::string& line) {
        const std::span<const std::byte> areas[] = {metrics::own_area()};
        return metrics::expose(metrics::Format::prometheus_text, areas, {}).find("\n" + line + "\n") !=
               std::string::npos;
    }
    /// The line of `caddy_jobs_total` is there with this number; with 0, there is none.
    static bool counted(const std::string& type, const std::string& result, int times) {
        const auto series = "caddy_jobs_total{type=\"" + type + "\",result=\"" + result + "\"} ";
        if (times > 0) return shown(series + std::to_string(times));
        const std::span<const std::byte> areas[] = {metrics::own_area()};
        return metrics::expose(metrics::Format::prometheus_text, areas, {}).find(series) == std::string::npos;
    }
    static bool timed(const std::string& type, int times) {
        return shown("caddy_job_duration_seconds_count{type=\"" + type + "\"} " + std::to_string(times));
    }
    void fail_times(const std::string& type, int times) {
        table.on(type, "test.shaky", [this, times](const Context&, const Event&) -> Task<> {
            if (tried++ < times) throw std::runtime_error("not yet");
            co_return;
        });
    }

    TestDatabase test;
    Context ctx = test.context();
    JobTable table;
    int tried = 0;
};

TEST_F(JobMetrics, each_run_is_counted_with_its_end_and_its_duration) {
    fail_times("metrics.shaky", 1);
    emit_one("metrics.shaky");
    work_until("done");
    EXPECT_TRUE(counted("metrics.shaky", "failed", 1));
    EXPECT_TRUE(counted("metrics.shaky", "done", 1));
    EXPECT_TRUE(counted("metrics.shaky", "parked", 0));
    EXPECT_TRUE(timed("metrics.shaky", 2));
}

TEST_F(JobMetrics, an_event_that_is_given_up_is_counted_once) {
    fail_times("metrics.poison", 100);
    emit_one("metrics.poison");
    work_until("parked");
    EXPECT_TRUE(counted("metrics.poison", "failed", 2));
    EXPECT_TRUE(counted("metrics.poison", "parked", 1));
    EXPECT_TRUE(counted("metrics.poison", "done", 0));
    EXPECT_TRUE(timed("metrics.poison", 2));
}

TEST_F(JobMetrics, an_event_that_ends_its_process_is_counted_when_it_is_parked) {
    fail_times("metrics.ender", 0);
    emit_one("metrics.ender");
    test.execute("UPDATE outbox_events SET lease_owner = 'dead', attempts = 2, lease_until = 1");
    work_until("parked");
    EXPECT_TRUE(counted("metrics.ender", "parked", 1));
    EXPECT_TRUE(counted("metrics.ender", "done", 0));
    EXPECT_EQ(tried, 0);
}

TEST_F(JobMetrics, the_gauges_show_what_waits_and_how_long) {
    emit_one("metrics.waiting");
    emit_one("metrics.waiting");
    emit_one("metrics.waiting");
    test.execute("UPDATE outbox_events SET status = 'parked' WHERE sequence = 3");
    test.clock().advance(90s);
    watch_backlog(table, test.database());
    ASSERT_EQ(table.scheduled().size(), 1U);
    test.run(table.scheduled()[0].handler(test.context()));
    EXPECT_TRUE(shown("caddy_outbox_due 2"));
    EXPECT_TRUE(shown("caddy_outbox_parked 1"));
    EXPECT_TRUE(shown("caddy_outbox_lag_seconds 90"));

    test.execute("UPDATE outbox_events SET status = 'done'");
    test.run(table.scheduled()[0].handler(test.context()));
    EXPECT_TRUE(shown("caddy_outbox_due 0"));
    EXPECT_TRUE(shown("caddy_outbox_parked 0"));
    EXPECT_TRUE(shown("caddy_outbox_lag_seconds 0"));
}

}   // namespace
}   // namespace caddy::jobs
