#include "tests/support/test_database.hpp"

#include "platform/db/migrate.hpp"
#include "platform/telemetry/log.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <mutex>
#include <system_error>

namespace caddy::testing {
namespace {

Task<db::Rows> run_text(db::Database& database, Context ctx, std::string text) {
    auto lease = co_await database.driver().acquire(ctx, db::Purpose::write);
    auto rows = co_await lease->run_text(std::move(text));
    co_return rows;
}

db::MysqlConfig parse_server(std::string_view url) {
    constexpr std::string_view scheme = "mysql://";
    const auto colon = url.find(':', scheme.size());
    const auto at = url.rfind('@');
    if (!url.starts_with(scheme) || at == std::string_view::npos || colon > at)
        throw std::runtime_error("CADDY_TEST_DATABASE: mysql://user:password@host:port is wanted");
    db::MysqlConfig config;
    config.user = url.substr(scheme.size(), colon - scheme.size());
    config.password = url.substr(colon + 1, at - colon - 1);
    config.hosts = url.substr(at + 1);
    config.database.clear();
    config.pool_size = 4;
    return config;
}

}  // namespace

std::optional<db::MysqlConfig> test_server() {
    const char* given = std::getenv("CADDY_TEST_DATABASE");
    if (given == nullptr || *given == '\0') return std::nullopt;
    std::string url = given;
    if (url.starts_with('@')) {
        std::ifstream file(url.substr(1));
        if (!std::getline(file, url)) throw std::runtime_error("CADDY_TEST_DATABASE: cannot read " + url.substr(1));
    }
    return parse_server(url);
}

/// A database at the server. Those of tests that asked for none by name are emptied and used again, since making the
/// tables takes longer than most tests.
struct TestSchema {
    std::string name;
    std::string key;                   // a file's name, or empty
    std::vector<std::string> tables;   // as the migrations left them; empty: not there yet
    std::vector<std::string> seeded;   // those of them that had rows: `seed_` and the name is a table that keeps these
};

namespace {

std::vector<std::shared_ptr<TestSchema>>& schemas() {
    static std::vector<std::shared_ptr<TestSchema>> all;
    return all;
}

std::shared_ptr<TestSchema> take_schema(const std::filesystem::path& file) {
    static std::mutex mutex;   // some tests run several programs in threads
    const std::lock_guard lock(mutex);
    const std::string key = file == ":memory:" ? std::string() : file.string();
    for (auto& each : schemas()) {
        if (each->key == key && (!key.empty() || each.use_count() == 1)) return each;
    }
    const auto name = "caddy_test_" + std::to_string(::getpid()) + "_" + std::to_string(schemas().size());
    schemas().push_back(std::make_shared<TestSchema>(TestSchema{name, key, {}}));
    asio::io_context loop;
    db::Database server(db::open_mysql(loop.get_executor(), *test_server()));
    FakeClock clock;
    Context ctx;
    ctx.clock = &clock;
    (void)run_on(loop, run_text(server, ctx, "CREATE DATABASE " + name + " COLLATE utf8mb4_bin"));
    run_on(loop, server.driver().close());
    return schemas().back();
}

std::unique_ptr<db::Driver> open_driver(asio::io_context& loop, const db::SqliteConfig& config,
                                        const TestSchema* schema) {
    if (!schema) return db::open_sqlite(loop.get_executor(), config);
    auto server = *test_server();
    server.database = schema->name;
    server.wait_limit_ms = config.wait_limit_ms;
    server.queue_limit = config.queue_limit;
    return db::open_mysql(loop.get_executor(), server);
}

Task<std::vector<std::string>> list_tables(db::Database& database, Context ctx) {
    const auto rows = co_await run_text(
        database, ctx, "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()");
    std::vector<std::string> names;
    for (const auto& cell : rows.cells) names.push_back(db::decode<std::string>(cell));
    co_return names;
}

/// Keeps the rows that migrations write.
Task<> note_tables(db::Database& database, Context ctx, TestSchema& schema) {
    schema.tables = co_await list_tables(database, ctx);
    for (const auto& name : schema.tables) {
        if (name == "schema_migrations") continue;
        const auto rows = co_await run_text(database, ctx, "SELECT COUNT(*) FROM " + name);
        if (rows.cells.front() == db::Value{std::int64_t{0}}) continue;
        schema.seeded.push_back(name);
        (void)co_await run_text(database, ctx, "CREATE TABLE seed_" + name + " AS SELECT * FROM " + name);
    }
}

/// As it was when its migrations had run.
Task<> empty(db::Database& database, Context ctx, const TestSchema& schema) {
    const auto names = co_await list_tables(database, ctx);
    for (const auto& name : names) {
        if (name == "schema_migrations" || name.starts_with("seed_")) continue;
        const bool own = std::find(schema.tables.begin(), schema.tables.end(), name) != schema.tables.end();
        (void)co_await run_text(database, ctx, (own ? "DELETE FROM " : "DROP TABLE ") + name);
    }
    for (const auto& name : schema.seeded)
        (void)co_await run_text(database, ctx, "INSERT INTO " + name + " SELECT * FROM seed_" + name);
}

}  // namespace

TestDatabase::TestDatabase(const db::SqliteConfig& config)
    : schema_(test_server() ? take_schema(config.file) : nullptr),
      database_(open_driver(loop_, config, schema_.get())) {
    log::set_level(log::Level::warn);
    const auto ctx = context();
    const bool is_used_again = schema_ && schema_->key.empty() && !schema_->tables.empty();
    if (is_used_again) run(empty(database_, ctx, *schema_));
    else (void)run(db::migrate(database_, ctx));
    if (schema_ && !is_used_again) run(note_tables(database_, ctx, *schema_));
}

TestDatabase::~TestDatabase() {
    if (schema_) run(database_.driver().close());   // the next test finds no transaction still open
}

Context TestDatabase::context(Principal principal) const {
    Context ctx;
    ctx.request_id = "req_test";
    ctx.route = "test";
    ctx.client = "192.0.2.1";
    ctx.principal = principal;
    ctx.clock = &clock_;
    return ctx;
}

void TestDatabase::execute(std::string text) { (void)run(run_text(database_, context(), std::move(text))); }

std::int64_t TestDatabase::count(std::string text) {
    const auto rows = run(run_text(database_, context(), std::move(text)));
    if (rows.cells.size() != 1) throw std::logic_error("the query has not exactly one cell");
    return db::decode<std::int64_t>(rows.cells.front());
}

TestFolder::TestFolder() {
    auto pattern = (std::filesystem::temp_directory_path() / "caddy-test-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::system_error(errno, std::generic_category(), "mkdtemp");
    path_ = pattern;
}

TestFolder::~TestFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

}  // namespace caddy::testing
