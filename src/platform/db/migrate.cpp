#include "platform/db/migrate.hpp"

#include "platform/crypto/digest.hpp"
#include "platform/runtime/embedded.hpp"
#include "platform/telemetry/log.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>

namespace caddy::migrations {
std::vector<EmbeddedFile> files();   // written by the build
}  // namespace caddy::migrations

namespace caddy::db {
namespace {

const Sql sql_exists{{.name = "migrate.exists",
                      .mysql = "SELECT COUNT(*) AS found FROM information_schema.tables "
                               "WHERE table_schema = DATABASE() AND table_name = 'schema_migrations'",
                      .sqlite = "SELECT COUNT(*) AS found FROM sqlite_master "
                                "WHERE type = 'table' AND name = 'schema_migrations'"}};
// On SQLite the open transaction is the lock: it is the only one that writes.
const Sql sql_lock{{.name = "migrate.lock",
                    .mysql = "SELECT COALESCE(GET_LOCK('caddy_shopping.migrate', 60), 0) AS locked",
                    .sqlite = "SELECT 1 AS locked"}};
const Sql sql_unlock{{.name = "migrate.unlock",
                      .mysql = "SELECT COALESCE(RELEASE_LOCK('caddy_shopping.migrate'), 0) AS unlocked",
                      .sqlite = "SELECT 1 AS unlocked"}};
const Sql sql_list{{.name = "migrate.list",
                    .any = "SELECT version, name, checksum FROM schema_migrations ORDER BY version"}};
const Sql sql_note{{.name = "migrate.note",
                    .any = "INSERT INTO schema_migrations (version, name, checksum, applied_at) VALUES (?, ?, ?, ?)"}};

constexpr std::string_view create_sqlite =
    "CREATE TABLE IF NOT EXISTS schema_migrations (version INTEGER NOT NULL PRIMARY KEY, name TEXT NOT NULL, "
    "checksum TEXT NOT NULL, applied_at INTEGER NOT NULL) STRICT";
constexpr std::string_view create_mysql =
    "CREATE TABLE IF NOT EXISTS schema_migrations (version INT NOT NULL PRIMARY KEY, name VARCHAR(120) NOT NULL, "
    "checksum CHAR(64) NOT NULL, applied_at BIGINT NOT NULL) "
    "ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin";

struct Applied {
    int version = 0;
    std::string name;
    std::string checksum;
};
BOOST_DESCRIBE_STRUCT(Applied, (), (version, name, checksum))

Task<std::vector<Applied>> list_applied(Session& session) {
    const auto exists = co_await session.scalar<std::int64_t>(sql_exists);
    if (exists.value_or(0) == 0) co_return std::vector<Applied>{};
    auto applied = co_await session.all<Applied>(sql_list);
    co_return applied;
}

/// Throws Fault when the database is not an ancestor of what this binary carries.
void examine(const std::vector<Applied>& applied, const std::vector<Migration>& known) {
    for (const auto& row : applied) {
        const auto found =
            std::find_if(known.begin(), known.end(), [&](const Migration& m) { return m.version == row.version; });
        if (found == known.end()) {
            throw Fault("the database has migration " + std::to_string(row.version) + " (" + row.name +
                        "), which this program does not know; run a newer program");
        }
        if (crypto::sha256_hex(found->text) != row.checksum) {
            throw Fault("migration " + row.name + " was applied in another wording than this program carries; "
                        "run the program that made this database, or restore its migration");
        }
    }
}

Task<> run_migration(Connection& connection, const Migration& migration) {
    try {
        (void)co_await connection.run_text(std::string(migration.text));
    } catch (const Retry&) {
        throw;
    } catch (const Fault& fault) {
        throw Fault("migration " + migration.name + ": " + fault.what());
    }
}

bool contains(const std::vector<Applied>& applied, int version) {
    return std::any_of(applied.begin(), applied.end(), [&](const Applied& row) { return row.version == version; });
}

const Migration* first_missing(const std::vector<Applied>& applied, const std::vector<Migration>& known) {
    const auto found =
        std::find_if(known.begin(), known.end(), [&](const Migration& m) { return !contains(applied, m.version); });
    return found == known.end() ? nullptr : &*found;
}

/// One step under the lock: applies the first migration that is missing; empty when none is.
Task<std::string> apply_next(Transaction& tx, Connection& connection, const Context& ctx, Engine engine,
                             const std::vector<Migration>& known) {
    const auto locked = co_await tx.scalar<std::int64_t>(sql_lock);
    if (locked.value_or(0) != 1) throw Retry("another program has been migrating the database for a minute");
    (void)co_await connection.run_text(std::string(engine == Engine::sqlite ? create_sqlite : create_mysql));
    const auto applied = co_await list_applied(tx);
    examine(applied, known);
    std::string name;
    if (const auto* migration = first_missing(applied, known)) {
        name = migration->name;
        co_await run_migration(connection, *migration);
        (void)co_await tx.exec(sql_note, migration->version, name, crypto::sha256_hex(migration->text), ctx.now());
    }
    co_await tx.commit();
    co_return name;
}

int version_of(std::string_view file) {
    int version = 0;
    const auto [end, fault] =
        std::from_chars(file.data(), file.data() + std::min<std::size_t>(4, file.size()), version);
    if (fault != std::errc{} || end != file.data() + 4 || version < 1) {
        throw Fault("the migration " + std::string(file) + " does not begin with four digits");
    }
    return version;
}

}  // namespace

std::vector<Migration> migrations_for(Engine engine) {
    const std::string_view ending = engine == Engine::sqlite ? ".sqlite.sql" : ".mysql.sql";
    std::vector<Migration> found;
    for (const auto& file : migrations::files()) {
        if (!file.name.ends_with(ending)) continue;
        const auto name = file.name.substr(0, file.name.size() - ending.size());
        found.push_back({version_of(name), std::string(name), file.content});
    }
    std::sort(found.begin(), found.end(), [](const Migration& a, const Migration& b) { return a.version < b.version; });
    for (std::size_t i = 1; i < found.size(); ++i) {
        if (found[i - 1].version == found[i].version) {
            throw Fault("two migrations have one number: " + found[i - 1].name + " and " + found[i].name);
        }
    }
    return found;
}

Task<SchemaState> schema_state(Database& database, const Context& ctx) {
    const auto known = migrations_for(database.engine());
    auto session = co_await database.read(ctx);
    const auto applied = co_await list_applied(session);
    SchemaState state;
    if (!applied.empty()) state.applied = applied.back().version;
    if (!known.empty()) state.known = known.back().version;
    for (const auto& migration : known) {
        if (!contains(applied, migration.version)) ++state.missing;
    }
    co_return state;
}

Task<std::vector<std::string>> migrate(Database& database, const Context& ctx) {
    auto known = migrations_for(database.engine());
    auto names = co_await migrate(database, ctx, std::move(known));
    co_return names;
}

Task<std::vector<std::string>> migrate(Database& database, const Context& ctx, std::vector<Migration> known) {
    constexpr int patience = 30;   // times that others may be in the way, each some seconds long
    std::vector<std::string> names;
    for (int refused = 0;;) {
        auto lease = co_await database.driver().acquire(ctx, Purpose::write);
        try {
            std::string name;
            {
                co_await lease->begin();
                Transaction tx(*lease);
                name = co_await apply_next(tx, *lease, ctx, database.engine(), known);
            }
            Session session(*lease);
            (void)co_await session.scalar<std::int64_t>(sql_unlock);
            if (name.empty()) co_return names;
            log::info("db.migrated", {{"migration", name}});
            names.push_back(std::move(name));
        } catch (const Retry&) {
            if (++refused == patience) throw;
        }
    }
}

}  // namespace caddy::db
