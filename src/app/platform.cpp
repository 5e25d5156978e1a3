#include "app/platform.hpp"

#include "platform/db/migrate.hpp"
#include "platform/telemetry/log.hpp"

#include <algorithm>
#include <chrono>
#include <system_error>

namespace caddy::app {
namespace {

db::SqliteConfig sqlite_in(const Settings& settings) {
    auto config = settings.sqlite;
    if (config.file.empty()) config.file = settings.database_file();
    return config;
}

/// The pod's connections are shared out over its workers.
db::MysqlConfig mysql_share(const Settings& settings) {
    auto config = settings.mysql;
    config.pool_size = std::max(1, config.pool_size / settings.process.workers);
    return config;
}

std::unique_ptr<db::Driver> open_database(asio::io_context& loop, const Settings& settings) {
    if (settings.embedded()) return db::open_sqlite(loop.get_executor(), sqlite_in(settings));
    return db::open_mysql(loop.get_executor(), mysql_share(settings));
}

// A subcommand counts nobody.
constexpr std::size_t keys_alone = 64;

limit::WindowTable table_in(std::span<std::byte> counts) {
    return counts.empty() ? limit::WindowTable(keys_alone) : limit::WindowTable(counts);
}

std::unique_ptr<redis::Client> make_redis(asio::io_context& loop, const Settings& settings) {
    if (!settings.redis.present()) return nullptr;
    auto config = settings.redis;
    config.workers = settings.process.workers;
    return std::make_unique<redis::Client>(loop.get_executor(), std::move(config));
}

}   // namespace

Platform::Platform(const Settings& settings) : Platform(settings, {}) {}

Platform::Platform(const Settings& settings, std::span<std::byte> counts)
    : windows(table_in(counts)),
      database(open_database(loop, settings)), outgoing(settings.outgoing),
      mailer(mail::make_mailer(settings.mail, settings.mail_dir())), redis(make_redis(loop, settings)),
      fleet_windows(redis ? std::make_unique<limit::FleetWindows>(*redis) : nullptr) {}

// A server is told that its connections end; the loop may hold what will never end, so nobody waits for long.
Platform::~Platform() {
    if (database.engine() != db::Engine::mysql) return;
    bool ended = false;
    asio::co_spawn(loop, database.driver().close(), [&ended](const std::exception_ptr&) { ended = true; });
    loop.restart();
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(1);
    while (!ended && loop.run_one_until(limit) != 0) {}
}

Context Platform::context(std::string_view job) const {
    Context ctx;
    ctx.request_id = std::string(job);
    ctx.route = job;
    ctx.clock = &clock;
    return ctx;
}

void Platform::run(Task<> task) {
    std::exception_ptr fault;
    asio::co_spawn(loop, std::move(task), [&](std::exception_ptr error) {
        fault = error;
        loop.stop();
    });
    turn();
    if (fault) std::rethrow_exception(fault);
}

void Platform::turn() {
    loop.restart();
    loop.run();
    loop.restart();
    if (!redis) {
        loop.run();
        return;
    }
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(1);
    const auto lent = [this] {
        return database.driver().usage(db::Purpose::read).lent + database.driver().usage(db::Purpose::write).lent;
    };
    while (lent() > 0 && loop.run_one_until(limit) != 0) {}
}

void Platform::require_schema() {
    const auto ctx = context("schema");
    const auto state = run(db::schema_state(database, ctx));
    if (state.current()) return;
    if (state.applied == 0 && database.engine() == db::Engine::sqlite) {
        const auto applied = run(db::migrate(database, ctx));
        log::info("schema.created", {{"migrations", applied.size()}});
        return;
    }
    const auto versions = "the database schema is at version " + std::to_string(state.applied) +
                          ", this program needs " + std::to_string(state.known);
    if (state.applied > state.known) throw std::runtime_error(versions + "; run the newer program that made it");
    throw std::runtime_error(versions + "; run 'caddy-shopping migrate' first");
}

void Platform::warn_of_server_limits(const Settings& settings) {
    if (settings.embedded()) return;
    const auto report = run(db::inspect_server(database, context("start")));
    const auto wanted = std::int64_t{settings.mysql.pool_size} * settings.fleet_pods;
    log::info("db.server", {{"version", report.version}, {"encrypted", report.encrypted}});
    if (wanted <= report.connections_max) return;
    log::warn("db.too_few_connections",
              {{"max_connections", report.connections_max},
               {"wanted", wanted},
               {"remedy", "raise max_connections at the server, or lower DB_POOL_SIZE or DB_FLEET_PODS"}});
}

}   // namespace caddy::app
