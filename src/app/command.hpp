#pragma once
// What every subcommand shares: the settings it was started with, exit codes, and a way to run a task to its end.
#include "app/settings.hpp"

#include <string>
#include <vector>

namespace caddy::app {

/// Exit codes of sysexits.h, by the names that the manual uses.
enum Exit : int {
    exit_ok = 0,
    exit_failed = 1,           // a check found something
    exit_usage = 64,           // EX_USAGE: the command line
    exit_data = 65,            // EX_DATAERR: the input file
    exit_no_input = 66,        // EX_NOINPUT: no such file
    exit_unavailable = 69,     // EX_UNAVAILABLE: a port, a server
    exit_software = 70,        // EX_SOFTWARE: a fault of ours
    exit_cannot_create = 73,   // EX_CANTCREAT: the data directory
    exit_config = 78,          // EX_CONFIG: settings, or a schema that wants `migrate`
};

/// What the command line says, before any setting is bound.
struct CommandLine {
    config::Sources sources;                                  // without what is mounted and may change
    config::Sources mounted;                                  // as it was at the start
    std::vector<std::filesystem::path> mounted_directories;   // --runtime-dir, CREDENTIALS_DIR
    std::string file;        // of `import`
    std::string email;       // of `admin create`
    std::string currency;    // of `import`
    bool if_empty = false;   // of `import`
    bool password_from_stdin = false;
    bool show_origin = false;             // of `config print`
    bool as_markdown = false;             // of `config print`
    bool as_json = false;                 // of `routes`, `audit`, `doctor`
    bool judges_faults = false;           // of `doctor`: bad settings are its finding, not its end
    std::vector<std::string> arguments;   // all of them, for `serve` to start its workers with
    int wait_s = 0;                       // of `drain`
    int public_socket = -1;               // of a worker: inherited
    int board = -1;                       // of a worker: the board's descriptor, inherited
    int settings_page = -1;               // of a worker: what its supervisor reads for it
    int slot = 0;                         // of a worker: which of the sockets is its
    int seat = 0;                         // of a worker: its line on the board
};

// One subcommand each; the file of the same name holds it.
int serve(const Settings&, const CommandLine&);
int migrate(const Settings&);
int import_catalogue(const Settings&, const CommandLine&);
int admin_create(const Settings&, const CommandLine&);
int audit(const Settings&, const CommandLine&);
int search_rebuild(const Settings&);
int check_config(const Settings&);
int config_print(const BoundSettings&, const CommandLine&);
int list_routes(const CommandLine&);
int drain(const Settings&, const CommandLine&);
int doctor_command(const BoundSettings&, const CommandLine&);
int check_http(const Settings&);
int check_redis(const Settings&);
int check_database(const Settings&);
int check_migrations(const Settings&);
int list_redis_keys(const CommandLine&);

/// What the mounted directories say now. Throws std::runtime_error when one cannot be read.
config::Sources read_mounted(const CommandLine&);

/// "Why, and what to do", on standard error.
void complain(const std::string& message);

}   // namespace caddy::app
