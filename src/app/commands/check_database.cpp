// `check database` and `check migrations`: whether the database can be had, and whether its schema is the program's.
#include "app/command.hpp"
#include "app/platform.hpp"
#include "platform/db/migrate.hpp"

#include <iostream>

namespace caddy::app {
namespace {

void print_server(Platform& platform, const Settings& settings) {
    const auto report = platform.run(db::inspect_server(platform.database, platform.context("check")));
    std::cout << "server: " << report.version << (report.encrypted ? ", encrypted\n" : ", not encrypted\n")
              << "connections: " << report.connections_open << " of " << report.connections_max << " open, "
              << std::int64_t{settings.mysql.pool_size} * settings.fleet_pods << " wanted by the fleet at most\n";
}

int print_schema(Platform& platform) {
    const auto state = platform.run(db::schema_state(platform.database, platform.context("check")));
    std::cout << "schema: version " << state.applied << " of " << state.known << '\n';
    if (state.current()) return exit_ok;
    complain(state.newer() ? "the schema is newer than this program; run the newer program that made it"
                           : "the schema is older than this program; run 'caddy-shopping migrate'");
    return exit_config;
}

}   // namespace

int check_database(const Settings& settings) {
    Platform platform(settings);
    try {
        if (!settings.embedded()) print_server(platform, settings);
        return print_schema(platform);
    } catch (const db::Gone& fault) {
        complain(fault.what());
        return exit_unavailable;
    }
}

int check_migrations(const Settings& settings) {
    Platform platform(settings);
    try {
        return print_schema(platform);
    } catch (const db::Gone& fault) {
        complain(fault.what());
        return exit_unavailable;
    }
}

}   // namespace caddy::app
