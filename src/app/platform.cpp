#include "app/platform.hpp"

#include "platform/db/migrate.hpp"
#include "platform/telemetry/log.hpp"

#include <system_error>

namespace caddy::app {
namespace {

db::SqliteConfig sqlite_in(const Settings& settings) {
    auto config = settings.sqlite;
    if (config.file.empty()) config.file = settings.database_file();
    return config;
}

// A subcommand counts nobody.
constexpr std::size_t keys_alone = 64;

limit::WindowTable table_in(std::span<std::byte> counts) {
    return counts.empty() ? limit::WindowTable(keys_alone) : limit::WindowTable(counts);
}

}   // namespace

Platform::Platform(const Settings& settings) : Platform(settings, {}) {}

Platform::Platform(const Settings& settings, std::span<std::byte> counts)
    : windows(table_in(counts)),
      database(db::open_sqlite(loop.get_executor(), sqlite_in(settings))), outgoing(settings.outgoing),
      mailer(mail::make_mailer(settings.mail, settings.mail_dir())) {}

Context Platform::context(std::string_view job) const {
    Context ctx;
    ctx.request_id = std::string(job);
    ctx.route = job;
    ctx.clock = &clock;
    return ctx;
}

void Platform::run(Task<> task) {
    std::exception_ptr fault;
    asio::co_spawn(loop, std::move(task), [&](std::exception_ptr error) { fault = error; });
    loop.restart();
    loop.run();
    if (fault) std::rethrow_exception(fault);
}

void Platform::require_schema() {
    const auto ctx = context("schema");
    const auto state = run(db::schema_state(database, ctx));
    if (state.current()) return;
    if (state.applied == 0) {
        const auto applied = run(db::migrate(database, ctx));
        log::info("schema.created", {{"migrations", applied.size()}});
        return;
    }
    const auto versions = "the database schema is at version " + std::to_string(state.applied) +
                          ", this program needs " + std::to_string(state.known);
    if (state.applied > state.known) throw std::runtime_error(versions + "; run the newer program that made it");
    throw std::runtime_error(versions + "; run 'caddy-shopping migrate' first");
}

}   // namespace caddy::app
