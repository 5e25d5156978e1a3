#include "tests/support/test_database.hpp"

#include "platform/db/migrate.hpp"
#include "platform/telemetry/log.hpp"

#include <cstdlib>
#include <system_error>

namespace caddy::testing {
namespace {

Task<db::Rows> run_text(db::Database& database, Context ctx, std::string text) {
    auto lease = co_await database.driver().acquire(ctx, db::Purpose::write);
    auto rows = co_await lease->run_text(std::move(text));
    co_return rows;
}

}  // namespace

TestDatabase::TestDatabase(const db::SqliteConfig& config)
    : database_(db::open_sqlite(loop_.get_executor(), config)) {
    log::set_level(log::Level::warn);
    const auto ctx = context();
    (void)run(db::migrate(database_, ctx));
}

TestDatabase::~TestDatabase() = default;

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
