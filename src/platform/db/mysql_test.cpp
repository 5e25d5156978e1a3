// The driver against a real server; without one (CADDY_TEST_DATABASE) only what needs none.
#include "platform/db/migrate.hpp"
#include "platform/db/mysql_driver.hpp"
#include "platform/db/mysql_error.hpp"
#include "platform/db/mysql_hosts.hpp"
#include "platform/runtime/deadline.hpp"
#include "tests/support/other_program.hpp"
#include "tests/support/test_database.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_future.hpp>

#include <list>

namespace caddy::db {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;
using testing::TestDatabase;
using testing::TestFolder;

struct Number {
    std::int64_t n = 0;
};
BOOST_DESCRIBE_STRUCT(Number, (), (n))

const Sql sql_add{{.name = "mysql_test.add", .any = "INSERT INTO pairs (id, n, t) VALUES (?, ?, ?)"}};
const Sql sql_sum{{.name = "mysql_test.sum", .any = "SELECT COALESCE(SUM(n), 0) AS n FROM pairs WHERE id > 0"}};
const Sql sql_raise{{.name = "mysql_test.raise", .any = "UPDATE pairs SET n = n + 1 WHERE id = ?"}};
const Sql sql_set{{.name = "mysql_test.set", .any = "UPDATE pairs SET n = ? WHERE id = ?"}};
const Sql sql_sleep{{.name = "mysql_test.sleep", .mysql = "SELECT SLEEP(20) AS n", .sqlite = "SELECT 0 AS n"}};
const Sql sql_self{{.name = "mysql_test.self", .mysql = "SELECT CONNECTION_ID() AS n", .sqlite = "SELECT 0 AS n"}};

class Mysql : public ::testing::Test {
protected:
    void SetUp() override {
        if (!testing::test_server()) GTEST_SKIP() << "CADDY_TEST_DATABASE names no server";
        test.emplace();
        test->execute("CREATE TABLE pairs (id BIGINT NOT NULL PRIMARY KEY, n BIGINT NOT NULL, t VARCHAR(20) NOT NULL, "
                      "UNIQUE KEY pairs_text (t)) ENGINE=InnoDB");
    }
    Database& db() { return test->database(); }
    Driver::Usage usage() { return db().driver().usage(Purpose::write); }
    std::int64_t sum() {
        return test->run([](Database& database, Context ctx) -> Task<std::int64_t> {
            auto session = co_await database.read(ctx);
            const auto value = co_await session.scalar<std::int64_t>(sql_sum);
            co_return value.value();
        }(db(), test->context()));
    }
    Result<int> add(std::int64_t id, std::int64_t n) {
        return test->run(db().transact(test->context(), "add", [&](Transaction& tx) -> Task<Result<int>> {
            (void)co_await tx.exec(sql_add, id, n, "t" + std::to_string(id));
            co_return 1;
        }));
    }
    /// Ends a connection from outside, as a server does that goes down.
    Task<> kill(std::int64_t connection) {
        const auto ctx = test->context();
        auto lease = co_await db().driver().acquire(ctx, Purpose::write);
        (void)co_await lease->run_text("KILL " + std::to_string(connection));
    }

    std::optional<TestDatabase> test;
};

TEST_F(Mysql, sums_are_integers_and_a_reader_may_not_write) {
    ASSERT_TRUE(add(1, 40).has_value());
    ASSERT_TRUE(add(2, 2).has_value());
    EXPECT_EQ(sum(), 42);

    const auto write = [&]() -> Task<> {
        auto session = co_await db().read(test->context());
        (void)co_await session.exec(sql_raise, 1);
    };
    EXPECT_THROW(test->run(write()), Fault);
}

TEST_F(Mysql, an_update_counts_the_rows_that_it_matches) {
    ASSERT_TRUE(add(1, 7).has_value());
    const auto update = [](Transaction& tx) -> Task<std::int64_t> {
        const auto changed = co_await tx.exec(sql_set, 7, 1);
        co_return changed;
    };
    EXPECT_EQ(test->in_transaction(update), 1);   // though nothing became another
}

TEST_F(Mysql, the_session_is_set_as_the_statements_expect) {
    EXPECT_EQ(test->count("SELECT 'a' || 'b' = 'ab'"), 1);
    EXPECT_EQ(test->count("SELECT @@time_zone = '+00:00'"), 1);
    EXPECT_EQ(test->count("SELECT @@collation_connection = 'utf8mb4_bin'"), 1);
    EXPECT_THROW(test->execute("INSERT INTO pairs VALUES (9, 9, 'a text of more than twenty characters')"), Fault);
    EXPECT_THROW(test->execute("INSERT INTO pairs (id, n) VALUES (9, 9)"), Fault);
}

TEST_F(Mysql, a_conflict_names_its_key_and_quotes_no_value) {
    ASSERT_TRUE(add(1, 1).has_value());
    try {
        test->execute("INSERT INTO pairs VALUES (2, 2, 't1')");
        FAIL();
    } catch (const Conflict& conflict) {
        EXPECT_EQ(conflict.constraint, "pairs_text");
        EXPECT_EQ(std::string(conflict.what()).find("t1"), std::string::npos) << conflict.what();
    }
}

TEST_F(Mysql, a_statement_that_runs_over_the_callers_deadline_is_given_up_with_its_connection) {
    const auto slow = [&]() -> Task<Result<int>> {
        co_return co_await db().transact(test->context(), "slow", [&](Transaction& tx) -> Task<Result<int>> {
            (void)co_await tx.exec(sql_add, 1, 1, "t1");
            (void)co_await tx.all<Number>(sql_sleep);
            co_return 1;
        });
    };
    const auto since = steady_clock::now();
    EXPECT_THROW((void)test->run(with_deadline(slow(), since + 100ms)), DeadlineExceeded);

    EXPECT_LT(steady_clock::now() - since, 2s);
    EXPECT_EQ(usage().lent, 0U);
    EXPECT_EQ(usage().closed, 1);
    EXPECT_EQ(sum(), 0);
    EXPECT_TRUE(add(2, 2).has_value());
}

TEST_F(Mysql, a_statement_over_the_drivers_own_limit_ends) {
    auto config = *testing::test_server();
    config.statement_limit_ms = 200;
    asio::io_context loop;
    Database own(open_mysql(loop.get_executor(), config));
    const auto since = steady_clock::now();
    EXPECT_THROW(testing::run_on(loop,
                                 [](Database& database, Context ctx) -> Task<> {
                                     auto session = co_await database.read(ctx);
                                     (void)co_await session.all<Number>(sql_sleep);
                                 }(own, test->context())),
                 Gone);
    EXPECT_LT(steady_clock::now() - since, 3s);
}

TEST_F(Mysql, a_driver_that_is_closed_waits_for_a_statement_under_way_then_cuts_it) {
    auto config = *testing::test_server();
    config.connect_limit_ms = 300;
    asio::io_context loop;
    Database own(open_mysql(loop.get_executor(), config));
    const auto read = [](Database& database, Context ctx, const Sql& sql) -> Task<std::int64_t> {
        auto session = co_await database.read(ctx);
        const auto value = co_await session.scalar<std::int64_t>(sql);
        co_return value.value();
    };
    auto answered = asio::co_spawn(loop, read(own, test->context(), sql_self), asio::use_future);
    auto cut = asio::co_spawn(loop, read(own, test->context(), sql_sleep), asio::use_future);
    for (int turn = 0; turn < 1'000 && own.driver().usage(Purpose::write).opened < 2; ++turn) (void)loop.run_one();
    const auto since = steady_clock::now();
    testing::run_on(loop, own.driver().close());
    loop.restart();
    loop.run_for(5s);
    ASSERT_EQ(answered.wait_for(0s), std::future_status::ready);
    ASSERT_EQ(cut.wait_for(0s), std::future_status::ready);
    EXPECT_GT(answered.get(), 0);
    EXPECT_THROW((void)cut.get(), Gone);
    EXPECT_LT(steady_clock::now() - since, 5s);
}

TEST_F(Mysql, what_a_transaction_locked_is_free_after_it_failed) {
    ASSERT_TRUE(add(1, 1).has_value());
    for (int i = 0; i < 5; ++i) {
        const auto body = [&](Transaction& tx) -> Task<Result<int>> {
            (void)co_await tx.exec(sql_raise, 1);
            co_return Error{ErrorKind::conflict, "test.no", "no"};
        };
        EXPECT_TRUE(test->run(db().transact(test->context(), "test", body)).has_error());
    }
    EXPECT_EQ(sum(), 1);
}

TEST_F(Mysql, of_two_that_deadlock_one_runs_again) {
    ASSERT_TRUE(add(1, 0).has_value());
    ASSERT_TRUE(add(2, 0).has_value());
    int live = 2;
    int met = 0;
    int runs = 0;
    const auto cross = [&](std::int64_t first, std::int64_t second) -> Task<> {
        (void)co_await db().transact(test->context(), "cross", [&](Transaction& tx) -> Task<Result<int>> {
            ++runs;
            (void)co_await tx.exec(sql_raise, first);
            ++met;
            asio::steady_timer pause(co_await asio::this_coro::executor);
            while (met < 2) {
                pause.expires_after(1ms);
                co_await pause.async_wait(asio::use_awaitable);
            }
            (void)co_await tx.exec(sql_raise, second);
            co_return 1;
        });
        --live;
    };
    const auto no_fault = [](std::exception_ptr fault) { EXPECT_FALSE(fault); };
    asio::co_spawn(test->loop(), cross(1, 2), no_fault);
    asio::co_spawn(test->loop(), cross(2, 1), no_fault);
    test->loop().restart();
    while (live > 0) test->loop().run_one();

    EXPECT_EQ(runs, 3);
    EXPECT_EQ(sum(), 4);
}

TEST_F(Mysql, a_transaction_whose_connection_is_lost_runs_again_and_a_reader_does_not_notice) {
    int runs = 0;
    const auto done = test->run(db().transact(test->context(), "lost", [&](Transaction& tx) -> Task<Result<int>> {
        (void)co_await tx.exec(sql_add, ++runs, 1, "t1");
        const auto self = co_await tx.scalar<std::int64_t>(sql_self);
        if (runs == 1) co_await kill(self.value());
        (void)co_await tx.exec(sql_raise, runs);
        co_return runs;
    }));
    EXPECT_EQ(done.value(), 2);
    EXPECT_EQ(sum(), 2);

    const auto read_on = [&]() -> Task<std::int64_t> {
        auto session = co_await db().read(test->context());
        const auto self = co_await session.scalar<std::int64_t>(sql_self);
        co_await kill(self.value());
        const auto value = co_await session.scalar<std::int64_t>(sql_sum);
        co_return value.value();
    };
    EXPECT_EQ(test->run(read_on()), 2);
}

TEST_F(Mysql, a_commit_whose_answer_is_lost_is_not_run_again) {
    int runs = 0;
    const auto body = [&](Transaction& tx) -> Task<Result<int>> {
        (void)co_await tx.exec(sql_add, ++runs, 1, "t1");
        const auto self = co_await tx.scalar<std::int64_t>(sql_self);
        co_await kill(self.value());
        co_return runs;
    };
    try {
        (void)test->run(db().transact(test->context(), "lost", body));
        FAIL();
    } catch (const Gone& gone) {
        EXPECT_NE(std::string(gone.what()).find("unknown"), std::string::npos) << gone.what();
    }
    EXPECT_EQ(runs, 1);
}

TEST_F(Mysql, reads_and_transactions_keep_to_connections_of_their_own) {
    ASSERT_TRUE(add(1, 1).has_value());
    EXPECT_EQ(sum(), 1);
    const auto before = usage().opened;
    for (int i = 2; i <= 10; ++i) {
        ASSERT_TRUE(add(i, 1).has_value());
        EXPECT_EQ(sum(), i);
    }
    EXPECT_EQ(usage().opened, before);
    EXPECT_EQ(usage().lent, 0U);
}

TEST_F(Mysql, a_server_that_is_away_costs_one_caller_at_a_time) {
    // A port that nobody listens on: bound, so that nobody else takes it.
    asio::io_context loop;
    asio::ip::tcp::acceptor taken(loop);
    taken.open(asio::ip::tcp::v4());
    taken.bind({asio::ip::make_address("127.0.0.1"), 0});
    const auto dead = "127.0.0.1:" + std::to_string(taken.local_endpoint().port());
    auto config = *testing::test_server();
    const auto alive = std::exchange(config.hosts, dead);
    {
        Database away(open_mysql(loop.get_executor(), config));
        const auto since = steady_clock::now();
        for (int i = 0; i < 200; ++i) EXPECT_THROW((void)testing::run_on(loop, away.read(test->context())), Gone);
        EXPECT_LT(steady_clock::now() - since, 1s);
    }
    config.hosts = dead + "," + alive;
    Database second(open_mysql(loop.get_executor(), config));
    EXPECT_NO_THROW((void)testing::run_on(loop, second.read(test->context())));
}

TEST_F(Mysql, a_copy_that_is_away_is_stood_in_for) {
    auto config = *testing::test_server();
    config.read_hosts = "127.0.0.1:1";
    asio::io_context loop;
    Database own(open_mysql(loop.get_executor(), config));
    EXPECT_NO_THROW((void)testing::run_on(loop, own.read_replica(test->context())));
    EXPECT_EQ(own.driver().usage(Purpose::write).opened, 1);

    config.read_hosts = config.hosts;
    Database both(open_mysql(loop.get_executor(), config));
    EXPECT_NO_THROW((void)testing::run_on(loop, both.read_replica(test->context())));
    EXPECT_EQ(both.driver().usage(Purpose::replica).opened, 1);
    EXPECT_EQ(both.driver().usage(Purpose::write).opened, 0);
}

TEST_F(Mysql, the_wrong_password_is_said_to_be_wrong) {
    auto config = *testing::test_server();
    config.password = "wrong";
    asio::io_context loop;
    Database own(open_mysql(loop.get_executor(), config));
    try {
        (void)testing::run_on(loop, own.read(test->context()));
        FAIL();
    } catch (const Gone& gone) {
        EXPECT_NE(std::string(gone.what()).find("Access denied"), std::string::npos) << gone.what();
    }
}

TEST_F(Mysql, who_is_refused_while_the_password_changes_is_let_in_with_the_new_one) {
    auto config = *testing::test_server();
    const auto current = std::exchange(config.password, "the former one");
    Database own(open_mysql(test->loop().get_executor(), config));
    asio::steady_timer later(test->loop(), 100ms);
    later.async_wait([&](boost::system::error_code) { change_credentials(own.driver(), config.user, current); });
    EXPECT_NO_THROW((void)test->run(own.read(test->context())));
    test->run(own.driver().close());
}

Task<std::string> name_of_schema(TestDatabase& test) {
    const auto ctx = test.context();
    auto lease = co_await test.database().driver().acquire(ctx, Purpose::write);
    const auto rows = co_await lease->run_text("SELECT DATABASE()");
    co_return decode<std::string>(rows.cells.at(0));
}

TEST_F(Mysql, programs_that_start_together_apply_each_migration_once) {
    TestFolder folder;
    std::vector<Migration> list;
    std::list<std::string> texts;
    for (int i = 9'001; i <= 9'012; ++i) {
        const auto number = std::to_string(i);
        texts.push_back("CREATE TABLE made_" + number + " (id BIGINT NOT NULL PRIMARY KEY) ENGINE=InnoDB;\n");
        list.push_back({i, number + "_test", texts.back()});
    }
    const db::SqliteConfig schema{.file = folder.path() / "shop.db", .wait_limit_ms = 60'000};
    TestDatabase first(schema);
    auto all = migrations_for(Engine::mysql);
    all.insert(all.end(), list.begin(), list.end());
    std::list<testing::OtherProgram> programs;
    auto config = *testing::test_server();
    config.database = first.run(name_of_schema(first));
    for (int i = 0; i < 8; ++i) {
        programs.emplace_back([&] {
            asio::io_context loop;
            Database own(open_mysql(loop.get_executor(), config));
            return static_cast<int>(testing::run_on(loop, migrate(own, first.context(), all)).size());
        });
    }
    std::size_t applied = 0;
    for (auto& program : programs) applied += static_cast<std::size_t>(program.result());
    EXPECT_EQ(applied, list.size());
}

TEST(MysqlHosts, are_named_with_or_without_a_port) {
    const auto hosts = parse_hosts("a, b:3307,[::1]:3308,::2", 3306);
    ASSERT_EQ(hosts.size(), 4U);
    EXPECT_EQ(hosts[0].text(), "a:3306");
    EXPECT_EQ(hosts[1].text(), "b:3307");
    EXPECT_EQ(hosts[2].text(), "::1:3308");
    EXPECT_EQ(hosts[3].text(), "::2:3306");
    for (const auto* wrong : {"a:", "a:0", "a:x", "http://a", "a b", "[::1", ",a"})
        EXPECT_THROW((void)parse_hosts(wrong, 3306), Fault) << wrong;
}

TEST(MysqlHosts, are_left_alone_for_a_while_after_they_failed_and_then_tried_by_one) {
    MysqlHost host("a", 3306);
    const auto now = steady_clock::now();
    EXPECT_TRUE(host.may_try(now));
    host.trying();
    EXPECT_TRUE(host.may_try(now));   // a healthy one by as many as like

    for (int i = 0; i < 20; ++i) host.failed(now, "away");   // several at a time count once
    EXPECT_FALSE(host.may_try(now));
    EXPECT_TRUE(host.may_try(now + 50ms));
    host.trying();
    EXPECT_FALSE(host.may_try(now + 1h));
    auto late = now + 1h;
    for (int i = 0; i < 20; ++i, late += 1h) host.failed(late, "away");
    EXPECT_TRUE(host.may_try(late - 1h + 1s));
    host.succeeded();
    EXPECT_TRUE(host.may_try(now));
}

TEST(MysqlError, keys_are_named_alike_by_both_engines) {
    EXPECT_EQ(key_of("Duplicate entry 'x' for key 'carts_token'"), "carts_token");
    EXPECT_EQ(key_of("Duplicate entry 'for key 'y'' for key 'carts.carts_token'"), "carts_token");
    EXPECT_EQ(key_of("something else"), "");
}

}   // namespace
}   // namespace caddy::db
