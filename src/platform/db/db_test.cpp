#include "platform/db/database.hpp"
#include "platform/db/sqlite_driver.hpp"
#include "platform/runtime/deadline.hpp"
#include "tests/support/sql_check.hpp"
#include "tests/support/other_program.hpp"
#include "tests/support/test_database.hpp"

#include <gtest/gtest.h>

#include <boost/asio/steady_timer.hpp>

#include <sys/stat.h>

namespace caddy::db {
namespace {

using namespace std::chrono_literals;
using testing::TestDatabase;
using testing::TestFolder;

BOOST_DEFINE_ENUM_CLASS(Colour, red, green)
struct ThingTag { [[maybe_unused]] static constexpr std::string_view prefix = "thing"; };
using ThingId = Id<ThingTag>;

struct Thing {
    ThingId id;
    std::string name;
    std::optional<Colour> colour;
};
BOOST_DESCRIBE_STRUCT(Thing, (), (id, name, colour))
struct Narrow {
    std::int8_t id = 0;
};
BOOST_DESCRIBE_STRUCT(Narrow, (), (id))

const Sql sql_insert{{.name = "test.insert", .any = "INSERT INTO things (id, name, colour) VALUES (?, ?, ?)"}};
const Sql sql_list{{.name = "test.list", .any = "SELECT id, name, colour FROM things WHERE id > ? ORDER BY id"}};
const Sql sql_ids{{.name = "test.ids", .any = "SELECT id FROM things WHERE id > ?"}};
const Sql sql_in{{.name = "test.in",
                  .any = "SELECT id, name, colour FROM things WHERE name <> ? AND id IN (:ids)"}};
const Sql sql_count{{.name = "test.count", .any = "SELECT COUNT(*) AS n FROM things WHERE id > 0"}};
const Sql sql_rename{{.name = "test.rename", .any = "UPDATE things SET name = ? WHERE id = ?"}};
const Sql sql_fraction{{.name = "test.fraction", .any = "SELECT 1.5 AS n"}};
const Sql sql_insert_or_end{{.name = "test.insert_or_end",
                             .mysql = "INSERT INTO things (id, name, colour) VALUES (?, ?, NULL)",
                             .sqlite = "INSERT OR ROLLBACK INTO things (id, name, colour) VALUES (?, ?, NULL)"}};
const Sql sql_pair{{.name = "test.pair", .mysql = "SELECT 'm' AS t", .sqlite = "SELECT 's' AS t"}};

constexpr auto create =
    "CREATE TABLE things (id BIGINT NOT NULL PRIMARY KEY, name VARCHAR(100) NOT NULL UNIQUE, colour VARCHAR(10))";

/// What is said of SQLite alone: its one writer, its file.
bool at_a_server() { return testing::test_server().has_value(); }

class Db : public ::testing::Test {
protected:
    Db() { test.execute(create); }

    Task<Result<int>> insert(std::int64_t id, std::string name) {
        co_return co_await db.transact(ctx, "test", [&](Transaction& tx) -> Task<Result<int>> {
            (void)co_await tx.exec(sql_insert, ThingId{id}, name, Colour::green);
            co_return 1;
        });
    }
    std::int64_t count() { return test.count("SELECT COUNT(*) FROM things"); }

    TestDatabase test;
    Database& db = test.database();
    Context ctx = test.context();
};

TEST_F(Db, rows_come_back_as_they_were_written) {
    test.in_transaction([&](Transaction& tx) -> Task<> {
        (void)co_await tx.exec(sql_insert, ThingId{1}, std::string("a\0b", 3), Colour::red);
        (void)co_await tx.exec(sql_insert, ThingId{2}, "", std::nullopt);
    });

    const auto things = test.in_transaction([&](Transaction& tx) { return tx.all<Thing>(sql_list, 0); });

    ASSERT_EQ(things.size(), 2U);
    EXPECT_EQ(things[0].name, std::string("a\0b", 3));
    EXPECT_EQ(things[0].colour, Colour::red);
    EXPECT_EQ(things[1].name, "");
    EXPECT_EQ(things[1].colour, std::nullopt);
}

TEST_F(Db, a_cell_of_another_kind_is_a_fault_that_names_its_statement) {
    test.execute("INSERT INTO things VALUES (1, 'a', 'blue'), (1000, 'b', NULL)");
    const auto said = [&](auto read) -> std::string {
        try {
            (void)test.in_transaction(read);
        } catch (const Fault& fault) {
            return fault.what();
        }
        return "nothing";
    };

    EXPECT_EQ(said([&](Transaction& tx) { return tx.all<Thing>(sql_list, 0); }),
              "statement test.list: colour: a column has an unexpected type");
    EXPECT_EQ(said([&](Transaction& tx) { return tx.all<Narrow>(sql_ids, 0); }),
              "statement test.ids: id: a column has an unexpected type");
    EXPECT_EQ(said([&](Transaction& tx) { return tx.all<Thing>(sql_ids, 0); }),
              "statement test.ids: unexpected number of columns");
    EXPECT_EQ(said([&](Transaction& tx) { return tx.scalar<std::int64_t>(sql_fraction); }),
              "statement test.fraction returned a number with a fraction");
    EXPECT_EQ(said([&](Transaction& tx) { return tx.exec(sql_rename, "x"); }),
              "statement test.rename was given 1 arguments");
}

TEST_F(Db, long_lists_of_ids_are_padded_and_run_in_parts) {
    for (const std::size_t wanted : {0U, 1U, 2U, 8U, 9U, 33U, 128U, 300U}) {
        std::vector<ThingId> ids;
        for (std::size_t i = 1; i <= wanted; ++i) ids.push_back({static_cast<std::int64_t>(i)});
        test.execute("DELETE FROM things");
        test.execute("INSERT INTO things WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 400) "
                     "SELECT i, 'n' || i, NULL FROM n");

        const auto found = test.in_transaction(
            [&](Transaction& tx) { return tx.all_in<Thing>(sql_in, std::span<const ThingId>(ids), "n1"); });

        EXPECT_EQ(found.size(), wanted == 0 ? 0 : wanted - 1) << wanted;   // n1 is left out
    }
}

TEST_F(Db, a_statement_has_a_text_for_each_engine) {
    EXPECT_EQ(sql_pair.text(Engine::mysql), "SELECT 'm' AS t");
    EXPECT_EQ(sql_pair.text(Engine::sqlite), "SELECT 's' AS t");
    EXPECT_EQ(sql_in.text(Engine::mysql), sql_in.text(Engine::sqlite));
    EXPECT_EQ(with_ids("IN (:ids)", 3), "IN (?,?,?)");
    EXPECT_EQ(Sql::all()[sql_pair.index()], &sql_pair);
}

TEST_F(Db, every_named_statement_prepares) {
    test.execute("CREATE TABLE pairs (id BIGINT NOT NULL PRIMARY KEY, n BIGINT NOT NULL, t VARCHAR(20) NOT NULL)");
    EXPECT_EQ(testing::unprepared_statements(test), std::vector<std::string>{});
}

TEST_F(Db, a_value_commits_and_a_refusal_rolls_back) {
    ASSERT_TRUE(test.run(insert(1, "one")).has_value());

    const auto refused = test.run(db.transact(ctx, "test", [&](Transaction& tx) -> Task<Result<int>> {
        (void)co_await tx.exec(sql_insert, ThingId{2}, "two", Colour::red);
        co_return Error{ErrorKind::conflict, "test.no", "no"};
    }));

    EXPECT_EQ(refused.error().code, "test.no");
    EXPECT_EQ(count(), 1);
}

TEST_F(Db, a_fault_rolls_back_and_passes_on) {
    const auto body = [&](Transaction& tx) -> Task<Result<int>> {
        (void)co_await tx.exec(sql_insert, ThingId{2}, "two", Colour::red);
        throw std::runtime_error("broken");
    };

    EXPECT_THROW(test.run(db.transact(ctx, "test", body)), std::runtime_error);
    EXPECT_EQ(count(), 0);
    EXPECT_TRUE(test.run(insert(3, "three")).has_value());
}

TEST_F(Db, a_write_conflict_runs_the_body_again_but_not_for_ever) {
    int runs = 0;
    const auto sometimes = test.run(db.transact(ctx, "test", [&](Transaction& tx) -> Task<Result<int>> {
        (void)co_await tx.exec(sql_insert, ThingId{++runs}, "name", Colour::red);
        if (runs < 3) throw Retry("busy");
        co_return runs;
    }));
    EXPECT_EQ(sometimes.value(), 3);
    EXPECT_EQ(count(), 1);

    runs = 0;
    const auto always = [&](Transaction&) -> Task<Result<int>> {
        ++runs;
        throw Retry("busy");
        co_return 0;
    };
    EXPECT_THROW(test.run(db.transact(ctx, "test", always)), Gone);
    EXPECT_EQ(runs, 5);
}

TEST_F(Db, a_unique_key_is_a_conflict_with_its_name) {
    ASSERT_TRUE(test.run(insert(1, "one")).has_value());

    try {
        (void)test.run(insert(2, "one"));
        FAIL();
    } catch (const Conflict& conflict) {
        EXPECT_EQ(conflict.constraint, at_a_server() ? "name" : "things.name");
    }
    EXPECT_THROW((void)test.run(insert(1, "two")), Conflict);
    const auto written = test.in_transaction([&](Transaction& tx) -> Task<bool> {
        const bool first = co_await tx.exec_unique(sql_insert, ThingId{3}, "three", Colour::red);
        const bool second = co_await tx.exec_unique(sql_insert, ThingId{4}, "three", Colour::red);
        co_return first && !second;
    });
    EXPECT_TRUE(written);
    EXPECT_EQ(count(), 2);
}

TEST_F(Db, a_body_that_meets_a_taken_id_gets_a_second_run) {
    ASSERT_TRUE(test.run(insert(1, "one")).has_value());
    int runs = 0;

    const auto done = test.run(db.transact(ctx, "test", [&](Transaction& tx) -> Task<Result<int>> {
        (void)co_await tx.exec(sql_insert, ThingId{++runs}, "other", Colour::red);
        co_return runs;
    }));

    EXPECT_EQ(done.value(), 2);
}

TEST_F(Db, a_cancelled_transaction_rolls_back_and_the_next_one_runs) {
    const auto slow = [&]() -> Task<Result<int>> {
        co_return co_await db.transact(ctx, "test", [&](Transaction& tx) -> Task<Result<int>> {
            (void)co_await tx.exec(sql_insert, ThingId{1}, "one", Colour::red);
            asio::steady_timer timer(co_await asio::this_coro::executor, 10s);
            co_await timer.async_wait(asio::use_awaitable);
            co_return 1;
        });
    };

    EXPECT_THROW((void)test.run(with_deadline(slow(), std::chrono::steady_clock::now() + 20ms)), DeadlineExceeded);

    EXPECT_EQ(count(), 0);
    EXPECT_TRUE(test.run(insert(2, "two")).has_value());
}

TEST_F(Db, after_a_commit_that_failed_its_task_can_still_be_cancelled) {
    if (at_a_server()) GTEST_SKIP() << "there, no statement ends its transaction";
    test.run(insert(1, "pot")).value();
    bool failed = false;
    const auto go_on = [&]() -> Task<bool> {
        try {
            (void)co_await db.transact(ctx, "test", [&](Transaction& tx) -> Task<Result<int>> {
                (void)co_await tx.exec_unique(sql_insert_or_end, ThingId{1}, "cup");
                co_return 1;
            });
        } catch (const Gone&) {
            failed = true;
        }
        asio::steady_timer timer(co_await asio::this_coro::executor, 10s);
        co_await timer.async_wait(asio::use_awaitable);
        co_return true;
    };

    EXPECT_THROW(test.run(with_deadline(go_on(), std::chrono::steady_clock::now() + 50ms)), DeadlineExceeded);
    EXPECT_TRUE(failed);
}

TEST_F(Db, a_session_for_reads_does_not_write) {
    const auto write = [&]() -> Task<> {
        auto session = co_await db.read(ctx);
        (void)co_await session.exec(sql_insert, ThingId{1}, "one", Colour::red);
    };
    EXPECT_THROW(test.run(write()), Fault);
}

TEST_F(Db, the_queue_is_fair) {
    if (at_a_server()) GTEST_SKIP();
    std::vector<int> order;
    int live = 0;
    const auto turn = [&](int number) -> Task<> {
        (void)co_await db.transact(ctx, "test", [&](Transaction& tx) -> Task<Result<int>> {
            (void)co_await tx.exec(sql_insert, ThingId{number}, std::to_string(number), Colour::red);
            order.push_back(number);
            co_return 1;
        });
        --live;
    };
    for (int i = 1; i <= 20; ++i) {
        ++live;
        asio::co_spawn(test.loop(), turn(i), [](std::exception_ptr fault) { EXPECT_FALSE(fault); });
    }
    test.loop().restart();
    while (live > 0) test.loop().run_one();

    EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
    EXPECT_EQ(order.size(), 20U);
}

TEST(DbQueue, waits_are_bounded_in_number_and_in_time) {
    if (at_a_server()) GTEST_SKIP();
    TestDatabase test(SqliteConfig{.file = ":memory:", .wait_limit_ms = 50, .queue_limit = 2});
    const auto ctx = test.context();
    int gone = 0;
    int ended = 0;
    const auto wait = [&]() -> Task<> {
        try {
            (void)co_await test.database().read(ctx);
        } catch (const Gone&) {
            ++gone;
        }
        ++ended;
    };
    auto held = test.run(test.database().driver().acquire(ctx, Purpose::write));
    for (int i = 0; i < 3; ++i)
        asio::co_spawn(test.loop(), wait(), [](std::exception_ptr fault) { EXPECT_FALSE(fault); });
    test.loop().restart();
    while (ended < 1) test.loop().run_one();
    EXPECT_EQ(gone, 1);   // the third found the queue full
    EXPECT_EQ(test.database().driver().usage(Purpose::write).waiting, 2U);
    while (ended < 3) test.loop().run_one();
    EXPECT_EQ(gone, 3);

    held.reset();
    EXPECT_NO_THROW((void)test.run(test.database().read(ctx)));
}

TEST(DbQueue, the_deadline_of_the_caller_ends_the_wait) {
    if (at_a_server()) GTEST_SKIP();
    TestDatabase test;
    auto ctx = test.context();
    auto held = test.run(test.database().driver().acquire(ctx, Purpose::write));
    ctx.deadline = std::chrono::steady_clock::now() + 20ms;
    EXPECT_THROW((void)test.run(test.database().read(ctx)), DeadlineExceeded);
}

TEST(DbFile, is_for_its_owner_alone_and_survives_its_process) {
    if (at_a_server()) GTEST_SKIP();
    TestFolder folder;
    const auto file = folder.path() / "data" / "shop.db";
    {
        TestDatabase test(SqliteConfig{.file = file});
        test.execute(create);
        test.execute("INSERT INTO things VALUES (1, 'one', NULL)");
        test.run(test.database().driver().close());
        EXPECT_THROW((void)test.run(test.database().read(test.context())), Gone);
    }
    struct stat found{};
    ASSERT_EQ(::stat(file.c_str(), &found), 0);
    EXPECT_EQ(found.st_mode & 0777, 0600U);
    ASSERT_EQ(::stat(file.parent_path().c_str(), &found), 0);
    EXPECT_EQ(found.st_mode & 0777, 0700U);

    TestDatabase again(SqliteConfig{.file = file});
    EXPECT_EQ(again.count("SELECT COUNT(*) FROM things"), 1);
}

TEST(DbFile, what_is_no_database_is_left_alone) {
    if (at_a_server()) GTEST_SKIP();
    TestFolder folder;
    const auto file = folder.path() / "notes.txt";
    {
        auto* out = std::fopen(file.c_str(), "w");
        for (int i = 0; i < 1000; ++i) std::fputs("not a database\n", out);
        std::fclose(out);
    }
    asio::io_context loop;
    EXPECT_THROW((void)open_sqlite(loop.get_executor(), {.file = file}), Fault);
    EXPECT_THROW((void)open_sqlite(loop.get_executor(), {.file = "/proc/no/such.db"}), Fault);
}

TEST(DbFile, reads_go_on_beside_an_open_transaction_and_see_only_what_is_committed) {
    TestFolder folder;
    TestDatabase test(SqliteConfig{.file = folder.path() / "shop.db"});
    test.execute(create);
    const auto ctx = test.context();

    const auto seen =
        test.run(test.database().transact(ctx, "test", [&](Transaction& tx) -> Task<Result<std::int64_t>> {
            (void)co_await tx.exec(sql_insert, ThingId{1}, "one", Colour::red);
            auto session = co_await test.database().read(ctx);
            const auto count = co_await session.scalar<std::int64_t>(sql_count);
            co_return count.value();
        }));

    EXPECT_EQ(seen.value(), 0);
    EXPECT_EQ(test.count("SELECT COUNT(*) FROM things"), 1);
}

TEST(DbFile, two_programs_write_in_turn) {
    if (at_a_server()) GTEST_SKIP();   // there, they write at the same time
    TestFolder folder;
    const SqliteConfig config{.file = folder.path() / "shop.db"};
    TestDatabase first(config);
    first.execute(create);
    constexpr int each = 50;
    const auto write = [](TestDatabase& test, int from) {
        const auto ctx = test.context();
        for (int i = 0; i < each; ++i) {
            (void)test.run(test.database().transact(ctx, "test", [&](Transaction& tx) -> Task<Result<int>> {
                const auto count = co_await tx.scalar<std::int64_t>(sql_count);
                (void)co_await tx.exec(sql_insert, ThingId{from + i}, "n" + std::to_string(count.value()), Colour::red);
                co_return 1;
            }));
        }
    };
    testing::OtherProgram other([&] {
        TestDatabase second(config);
        write(second, 1000);
        return 0;
    });
    write(first, 1);

    EXPECT_EQ(other.result(), 0);
    EXPECT_EQ(first.count("SELECT COUNT(DISTINCT name) FROM things"), 2 * each);
}

}  // namespace
}  // namespace caddy::db
