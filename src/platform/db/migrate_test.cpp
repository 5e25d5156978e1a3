#include "platform/db/migrate.hpp"
#include "tests/support/other_program.hpp"
#include "tests/support/test_database.hpp"

#include <gtest/gtest.h>

#include <list>

namespace caddy::db {
namespace {

using testing::FakeClock;
using testing::run_on;
using testing::TestDatabase;
using testing::TestFolder;

/// A database without any schema.
struct Empty {
    explicit Empty(std::filesystem::path file = ":memory:")
        : database(open_sqlite(loop.get_executor(), {.file = std::move(file)})) {
        ctx.clock = &clock;
    }
    std::vector<std::string> migrate(std::vector<Migration> list) {
        return run_on(loop, db::migrate(database, ctx, std::move(list)));
    }
    asio::io_context loop{1};
    FakeClock clock;
    Context ctx;
    Database database;
};

const Migration one{1, "0001_test_one",
                    "-- first\nCREATE TABLE one (id INTEGER) STRICT;\nINSERT INTO one VALUES (1);\n"};
const Migration two{2, "0002_test_two", "CREATE TABLE two (id INTEGER) STRICT;\n"};

TEST(Migrate, applies_what_is_missing_in_order_and_once) {
    Empty empty;
    EXPECT_EQ(empty.migrate({one}), std::vector<std::string>{"0001_test_one"});
    EXPECT_EQ(empty.migrate({one, two}), std::vector<std::string>{"0002_test_two"});
    EXPECT_EQ(empty.migrate({one, two}), std::vector<std::string>{});
}

TEST(Migrate, a_fault_leaves_nothing_of_its_migration_behind) {
    Empty empty;
    const Migration broken{2, "0002_test_two",
                           "CREATE TABLE two (id INTEGER) STRICT;\nINSERT INTO nowhere VALUES (1);\n"};
    try {
        (void)empty.migrate({one, broken});
        FAIL();
    } catch (const Fault& fault) {
        EXPECT_NE(std::string(fault.what()).find("0002_test_two"), std::string::npos) << fault.what();
    }
    EXPECT_EQ(empty.migrate({one, two}), std::vector<std::string>{"0002_test_two"});
}

TEST(Migrate, a_migration_that_was_changed_afterwards_is_refused) {
    Empty empty;
    (void)empty.migrate({one});
    auto other = one;
    other.text = "CREATE TABLE other (id INTEGER) STRICT;\n";
    EXPECT_THROW((void)empty.migrate({other, two}), Fault);
    EXPECT_EQ(empty.migrate({one, two}).size(), 1U);
}

TEST(Migrate, a_newer_schema_is_refused) {
    Empty empty;
    (void)empty.migrate({one, two});
    EXPECT_THROW((void)empty.migrate({one}), Fault);
}

TEST(Migrate, the_state_tells_where_the_schema_stands) {
    Empty empty;
    const auto before = run_on(empty.loop, schema_state(empty.database, empty.ctx));
    EXPECT_EQ(before.applied, 0);
    EXPECT_FALSE(before.current());

    (void)run_on(empty.loop, migrate(empty.database, empty.ctx));
    const auto after = run_on(empty.loop, schema_state(empty.database, empty.ctx));
    EXPECT_TRUE(after.current());
    EXPECT_EQ(after.applied, after.known);

    run_on(empty.loop, [](Empty& it) -> Task<> {
        auto lease = co_await it.database.driver().acquire(it.ctx, Purpose::write);
        (void)co_await lease->run_text("INSERT INTO schema_migrations VALUES (9999, '9999_future', 'x', 0)");
    }(empty));
    EXPECT_TRUE(run_on(empty.loop, schema_state(empty.database, empty.ctx)).newer());
}

TEST(Migrate, programs_that_start_together_apply_each_migration_once) {
    TestFolder folder;
    std::vector<Migration> list;
    for (int i = 1; i <= 12; ++i) list.push_back({i, "migration_" + std::to_string(i), "SELECT 1;\n"});
    list[0] = one;
    std::list<testing::OtherProgram> programs;
    for (int i = 0; i < 4; ++i) {
        programs.emplace_back([&] {
            Empty program(folder.path() / "shop.db");
            return static_cast<int>(program.migrate(list).size());
        });
    }
    std::size_t applied = 0;
    for (auto& program : programs) applied += static_cast<std::size_t>(program.result());
    EXPECT_EQ(applied, list.size());
}

TEST(Migrate, both_engines_have_the_same_migrations) {
    const auto sqlite = migrations_for(Engine::sqlite);
    const auto mysql = migrations_for(Engine::mysql);
    ASSERT_EQ(sqlite.size(), mysql.size());
    for (std::size_t i = 0; i < sqlite.size(); ++i) EXPECT_EQ(sqlite[i].name, mysql[i].name);
}

TEST(Migrate, every_statement_ends_at_the_end_of_a_line) {
    for (const auto engine : {Engine::sqlite, Engine::mysql}) {
        for (const auto& migration : migrations_for(engine)) {
            EXPECT_TRUE(migration.text.ends_with(";\n")) << migration.name;
        }
    }
}

}  // namespace
}  // namespace caddy::db
