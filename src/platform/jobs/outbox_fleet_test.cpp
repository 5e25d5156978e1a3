// Many processes, each with a worker, on one outbox; some of them are killed in the middle.
#include "platform/jobs/worker.hpp"
#include "tests/support/test_database.hpp"

#include <gtest/gtest.h>

#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <thread>

namespace caddy::jobs {
namespace {

using namespace std::chrono_literals;
using testing::TestDatabase;

constexpr int processes = 20;
constexpr int killed = 5;
constexpr int events = 5'000;
constexpr int aggregates = 200;

const db::Sql sql_schema{{.name = "fleet_test.schema", .mysql = "SELECT DATABASE()", .sqlite = "SELECT ''"}};
const db::Sql sql_run{{.name = "fleet_test.run", .any = "INSERT INTO runs (id, event_id) VALUES (?, ?)"}};
const db::Sql sql_effect{
    {.name = "fleet_test.effect", .any = "INSERT INTO effects (event_id, aggregate, sequence) VALUES (?, ?, ?)"}};
const db::Sql sql_before{
    {.name = "fleet_test.before",
     .any = "SELECT COUNT(*) AS n FROM effects WHERE aggregate = ? AND sequence < ?"}};
const db::Sql sql_disorder{{.name = "fleet_test.disorder", .any = "INSERT INTO disorder (event_id) VALUES (?)"}};

/// Has its effect once, and says so where an event came before those that precede it.
Task<> have_effect(const Context& ctx, const Event& event, db::Database& database) {
    (void)co_await database.transact(ctx, "fleet_test.handle", [&](db::Transaction& tx) -> Task<Result<void>> {
        (void)co_await tx.exec(sql_run, next_id(), event.id);
        const auto before = co_await tx.scalar<std::int64_t>(sql_before, event.aggregate, event.sequence);
        const bool is_first = co_await tx.exec_unique(sql_effect, event.id, event.aggregate, event.sequence);
        if (is_first && before != event.sequence - 1) (void)co_await tx.exec_unique(sql_disorder, event.id);
        co_return Result<void>();
    });
}

/// One process of the fleet: works until SIGTERM, then ends in order.
int work(const std::string& file, const std::string& schema) {
    asio::io_context loop(1);
    std::unique_ptr<db::Driver> driver;
    if (auto server = testing::test_server()) {
        server->database = schema;
        server->pool_size = 4;
        driver = db::open_mysql(loop.get_executor(), *server);
    } else {
        driver = db::open_sqlite(loop.get_executor(), db::SqliteConfig{.file = file, .wait_limit_ms = 30'000});
    }
    db::Database database(std::move(driver));
    const SystemClock clock;
    JobTable table;
    table.on("fleet.happened", "fleet.effect", bind_event(have_effect, database));
    Config config;
    config.poll_ms = 50;
    config.lease_s = 5;
    Worker worker(loop.get_executor(), database, clock, table, config);
    asio::signal_set signals(loop, SIGTERM);
    signals.async_wait([&](auto, int) { worker.stop(); });
    testing::run_on(loop, worker.run());
    testing::run_on(loop, database.driver().close());
    return 0;
}

class Fleet : public ::testing::Test {
protected:
    void SetUp() override {
        for (const auto* made : {"runs (id BIGINT NOT NULL PRIMARY KEY, event_id BIGINT NOT NULL)",
                                 "effects (event_id BIGINT NOT NULL PRIMARY KEY, aggregate VARCHAR(80) NOT NULL, "
                                 "sequence BIGINT NOT NULL)",
                                 "disorder (event_id BIGINT NOT NULL PRIMARY KEY)"})
            test.execute("CREATE TABLE " + std::string(made));
        test.execute("CREATE INDEX effects_order ON effects (aggregate, sequence)");
        const auto name = test.in_transaction([](db::Transaction& tx) { return tx.scalar<std::string>(sql_schema); });
        schema = name.value_or("");
    }
    void TearDown() override {
        for (const auto pid : running) {
            ::kill(pid, SIGKILL);
            ::waitpid(pid, nullptr, 0);
        }
    }
    void emit_all() {
        auto ctx = test.context();
        ctx.clock = &clock;
        test.in_transaction([&](db::Transaction& tx) -> Task<> {
            for (int i = 0; i < events; ++i) {
                const auto aggregate = "agg_" + std::to_string(i % aggregates);
                co_await emit(tx, ctx, "fleet.happened", aggregate, "{}");
            }
        });
    }
    void start() {
        const auto pid = ::fork();
        ASSERT_GE(pid, 0);
        if (pid == 0) ::_exit(work(file, schema));
        running.push_back(pid);
    }
    void kill_first() {
        ::kill(running.front(), SIGKILL);
        ::waitpid(running.front(), nullptr, 0);
        running.erase(running.begin());
    }
    void wait_for(int done) {
        const auto limit = std::chrono::steady_clock::now() + 240s;
        while (test.count("SELECT COUNT(*) FROM outbox_events WHERE status = 'done'") < done) {
            ASSERT_LT(std::chrono::steady_clock::now(), limit);
            std::this_thread::sleep_for(100ms);
        }
    }

    testing::TestFolder folder;
    std::string file = (folder.path() / "fleet.db").string();
    TestDatabase test{db::SqliteConfig{.file = file, .wait_limit_ms = 30'000}};
    SystemClock clock;
    std::string schema;
    std::vector<pid_t> running;
};

TEST_F(Fleet, every_event_has_its_effect_once_and_in_order_though_processes_are_killed) {
    if (!testing::test_server()) GTEST_SKIP() << "an embedded database belongs to one pod";
    emit_all();
    const auto began = std::chrono::steady_clock::now();
    for (int i = 0; i < processes; ++i) start();
    wait_for(events / 4);
    for (int i = 0; i < killed; ++i) kill_first();
    for (int i = 0; i < killed; ++i) start();
    wait_for(events);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
    const auto runs = test.count("SELECT COUNT(*) FROM runs");
    std::printf("[ measured ] %d events by %d processes, %d of them killed: %.1f s, %.0f a second, %lld runs\n", events,
                processes, killed, took.count(), events / took.count(), static_cast<long long>(runs));

    EXPECT_EQ(test.count("SELECT COUNT(*) FROM effects"), events);
    EXPECT_EQ(test.count("SELECT COUNT(*) FROM disorder"), 0);
    EXPECT_GE(runs, events) << "at least once";
    EXPECT_EQ(test.count("SELECT COUNT(*) FROM outbox_events WHERE status <> 'done' OR lease_owner <> ''"), 0);
    while (!running.empty()) {
        int status = -1;
        ::kill(running.back(), SIGTERM);
        ASSERT_EQ(::waitpid(running.back(), &status, 0), running.back());
        running.pop_back();
        EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << "it ended in order";
    }
}

}   // namespace
}   // namespace caddy::jobs
