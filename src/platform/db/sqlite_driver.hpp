#pragma once
// The embedded database: SQLite in WAL mode, off the event loop. One writer connection, lent for a whole transaction
// through a fair queue with a wait limit; a few read-only connections for reads.
#include "platform/db/database.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <filesystem>

namespace caddy::db {

struct SqliteConfig {
    std::filesystem::path file;            // ":memory:" for tests: one connection serves reads and writes
    int readers = 2;                       // 1..16
    int wait_limit_ms = 5'000;             // for a connection; past it Gone
    int queue_limit = 10'000;              // waiters; past it Gone at once
    int busy_limit_ms = 2'000;             // for another process's transaction; past it Retry
};

/// Opens (and creates, for its owner alone) the file. Throws Fault with what to do when it cannot be opened or is no
/// database.
std::unique_ptr<Driver> open_sqlite(asio::any_io_executor, const SqliteConfig&);

}  // namespace caddy::db
