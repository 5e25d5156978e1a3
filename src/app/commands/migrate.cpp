// `migrate`: brings the schema to what this program needs; safe to run by many at once.
#include "app/command.hpp"
#include "app/platform.hpp"
#include "platform/db/migrate.hpp"

#include <iostream>

namespace caddy::app {

int migrate(const Settings& settings) {
    Platform platform(settings);
    const auto ctx = platform.context("migrate");
    const auto applied = platform.run(db::migrate(platform.database, ctx));
    for (const auto& name : applied) std::cout << "applied " << name << '\n';
    if (applied.empty()) std::cout << "the schema is up to date\n";
    return exit_ok;
}

}   // namespace caddy::app
