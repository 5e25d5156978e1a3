#pragma once
// The server engines (MariaDB 10.11+, MySQL 8.0.19+): a bounded pool of connections, opened when they are needed.
// Several hosts are tried in their order; what a host's absence costs is paid by one caller, the others fail at once.
#include "platform/db/database.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/describe.hpp>

#include <map>
#include <string>

namespace caddy::db {

/// preferred: encrypted where the server can; required: encrypted or not at all; verify_ca: and the server's
/// certificate comes from a known authority; verify_full: and is made out to the host's name.
BOOST_DEFINE_ENUM_CLASS(TlsMode, disabled, preferred, required, verify_ca, verify_full)

struct MysqlConfig {
    std::string hosts;        // `a,b:3307`: the first that is reachable and writable
    std::string read_hosts;   // read-only copies, for Purpose::replica; empty: none
    int port = 3306;          // of hosts that name none
    std::string database = "caddy_shopping";
    std::string user;
    std::string password;
    TlsMode tls = TlsMode::preferred;
    std::string authorities;   // a PEM file, or its text; empty: the system's
    int pool_size = 200;       // connections to the hosts, and as many to the copies
    int wait_limit_ms = 5'000;   // for a connection; past it Gone
    int queue_limit = 10'000;    // waiters; past it Gone at once
    int connect_limit_ms = 2'000;
    int statement_limit_ms = 30'000;   // past it the connection is closed; 0: none
    int lock_limit_s = 5;              // for another transaction's row; past it Retry
    int lifetime_s = 1'800;            // of a connection, give or take a tenth
    int validate_after_ms = 5'000;     // a connection idle for longer is asked whether it lives
};

/// Opens nothing yet. Throws Fault for a configuration that cannot work.
std::unique_ptr<Driver> open_mysql(asio::any_io_executor, const MysqlConfig&);

/// New connections sign in like this; those that are open end with their use. REQUIRES: a driver of open_mysql().
void change_credentials(Driver&, const std::string& user, const std::string& password);

/// What an operator may want to know of a server.
struct ServerReport {
    std::string version;
    std::int64_t connections_max = 0;
    std::int64_t connections_open = 0;
    std::int64_t statements_max = 0;   // prepared ones, of all connections
    bool encrypted = false;
    std::map<std::string, std::string, std::less<>> variables;   // how it is set, and a session of the shop there
    std::int64_t clock_ms = 0;                                   // since 1970, by its clock: the last that it is asked
};

/// Asks the server. REQUIRES: Engine::mysql.
Task<ServerReport> inspect_server(Database&, const Context&);

}   // namespace caddy::db
