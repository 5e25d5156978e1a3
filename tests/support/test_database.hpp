#pragma once
// A database of one's own for a test: with every migration applied and nothing else in it, its loop and its clock.
// SQLite in memory; or, where CADDY_TEST_DATABASE names a server, a schema there, so that `ctest -L mysql` runs the
// same tests on MariaDB.
//
//     TestDatabase db;
//     CartService carts(db.database());
//     const auto cart = db.run(carts.open(db.context()));
//
// In memory, reads and writes share one connection: a service that asks for a second one while it holds the first gets
// db::Gone after a second, as it could on a busy machine.
#include "platform/db/database.hpp"
#include "platform/db/mysql_driver.hpp"
#include "platform/db/sqlite_driver.hpp"
#include "tests/support/fake_clock.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <exception>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <type_traits>

namespace caddy::testing {

/// Runs a task on the loop until it has ended; its value, or what it threw.
template <class T>
T run_on(asio::io_context& loop, Task<T> task) {
    using Kept = std::conditional_t<std::is_void_v<T>, bool, T>;
    bool ended = false;
    std::exception_ptr fault;
    std::optional<Kept> value;
    auto keep = [](Task<T> inner, std::optional<Kept>& out) -> Task<> {
        if constexpr (std::is_void_v<T>) {
            co_await std::move(inner);
            out.emplace(true);
        } else {
            auto result = co_await std::move(inner);
            out.emplace(std::move(result));
        }
    };
    asio::co_spawn(loop, keep(std::move(task), value), [&](std::exception_ptr thrown) {
        fault = thrown;
        ended = true;
    });
    loop.restart();
    while (!ended) {
        if (loop.run_one() == 0) throw std::logic_error("the task waits for something that nobody will do");
    }
    if (fault) std::rethrow_exception(fault);
    if constexpr (!std::is_void_v<T>) return std::move(*value);
}

struct TestSchema;

/// `mysql://user:password@host:port`, or `@` and the name of a file that holds it; nothing where tests run on SQLite.
std::optional<db::MysqlConfig> test_server();

class TestDatabase {
public:
    TestDatabase() : TestDatabase(db::SqliteConfig{.file = ":memory:", .wait_limit_ms = 1'000}) {}
    /// In a file, for tests with several connections. At a server, the file's name is that of a schema.
    explicit TestDatabase(const db::SqliteConfig&);
    TestDatabase(const TestDatabase&) = delete;
    ~TestDatabase();

    db::Database& database() { return database_; }
    FakeClock& clock() { return clock_; }
    asio::io_context& loop() { return loop_; }
    asio::any_io_executor executor() { return loop_.get_executor(); }

    /// The context of a guest, or of somebody, with the fake clock and no deadline.
    Context context(Principal principal = {}) const;

    template <class T>
    T run(Task<T> task) {
        return run_on(loop_, std::move(task));
    }
    /// Runs a lambda `[&](db::Transaction& tx) -> Task<T>` in a transaction that commits.
    template <class Body>
    auto in_transaction(Body body) {
        using Value = typename std::invoke_result_t<Body&, db::Transaction&>::value_type;
        return run(committed<Value>(std::move(body)));
    }
    /// Runs text that is no named statement; for arranging what no service can.
    void execute(std::string text);
    /// The only cell of a query; for asserting what no service shows.
    std::int64_t count(std::string text);

private:
    template <class Value, class Body>
    Task<Value> committed(Body body) {
        const auto ctx = context();
        auto lease = co_await database_.driver().acquire(ctx, db::Purpose::write);
        co_await lease->begin();
        db::Transaction tx(*lease);
        if constexpr (std::is_void_v<Value>) {
            co_await body(tx);
            co_await tx.commit();
        } else {
            auto value = co_await body(tx);
            co_await tx.commit();
            co_return value;
        }
    }

    asio::io_context loop_{1};
    FakeClock clock_;
    std::shared_ptr<TestSchema> schema_;   // null on SQLite
    db::Database database_;
};

/// A folder that is there for one test.
class TestFolder {
public:
    TestFolder();
    TestFolder(const TestFolder&) = delete;
    ~TestFolder();
    const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
};

}  // namespace caddy::testing
