// The command line: parses it, binds the settings once, and hands over to one subcommand.
#include "app/command.hpp"
#include "app/version.hpp"
#include "platform/config/settings_page.hpp"

#include <CLI/CLI.hpp>
#include <unistd.h>

#include <functional>
#include <iostream>
#include <memory>

namespace caddy::app {

void complain(const std::string& message) { std::cerr << "caddy-shopping: " << message << '\n'; }

config::Sources read_mounted(const CommandLine& line) {
    config::Sources sources;
    for (const auto& directory : line.mounted_directories) sources.add_directory(directory);
    return sources;
}

namespace {

using Run = std::function<int(const BoundSettings&)>;

/// An option whose text goes to the settings as the strongest source.
void setting_option(CLI::App& command, CommandLine& line, const std::string& option, std::string name,
                    const std::string& help) {
    command
        .add_option_function<std::string>(
            option, [&line, name = std::move(name)](const std::string& value) { line.sources.add_flag(name, value); },
            help)
        ->take_last();   // a supervisor adds what it found out
}

void common_options(CLI::App& command, CommandLine& line) {
    setting_option(command, line, "--data-dir", "DATA_DIR",
                   "Where the embedded database, secrets and media live (default ./data)");
    command.add_option_function<std::string>(
        "--config", [&line](const std::string& path) { line.sources.add_file(path); },
        "A YAML file of settings, name: value");
    command.add_option_function<std::string>(
        "--config-dir", [&line](const std::string& path) { line.sources.add_directory(path); },
        "A mounted directory of settings, one file each, read at the start");
    command.add_option_function<std::string>(
        "--runtime-dir", [&line](const std::string& path) { line.mounted_directories.emplace_back(path); },
        "The same, followed by `serve` while it runs: what changes there comes into force, what is bad changes "
        "nothing");
    setting_option(command, line, "--credentials-dir", "CREDENTIALS_DIR",
                   "A mounted directory of secrets, one file each, followed like --runtime-dir");
}

/// The subcommands with their options; `run` becomes what the chosen one does.
void add_serve(CLI::App& root, CommandLine& line, Run& run) {
    auto* command = root.add_subcommand("serve", "Serve the shop: HTTP API, jobs and schedule");
    common_options(*command, line);
    setting_option(*command, line, "--port", "PORT", "Public port, 0 for any free one (default 3000)");
    setting_option(*command, line, "--admin-port", "ADMIN_PORT",
                   "Port for probes, never public; 0 for any free one (default 9797)");
    setting_option(*command, line, "--workers", "CLUSTER_WORKERS", "Worker processes, or auto (default 1)");
    setting_option(*command, line, "--role", "SERVE_ROLE", "all, api or jobs (default all)");
    setting_option(*command, line, "--routes", "SERVE_ROUTES",
                   "Groups of the API: catalogue, buying, back_office, with commas (default all)");
    // How the supervisor starts a worker; an empty group keeps it out of --help.
    command->add_option("--public-socket", line.public_socket)->group("");
    command->add_option("--board", line.board)->group("");
    command->add_option("--settings-page", line.settings_page)->group("");
    command->add_option("--slot", line.slot)->group("");
    command->add_option("--seat", line.seat)->group("");
    command->callback(
        [&line, &run] { run = [&line](const BoundSettings& bound) { return serve(bound.settings, line); }; });
}

void add_migrate(CLI::App& root, CommandLine& line, Run& run) {
    auto* command = root.add_subcommand("migrate", "Bring the database schema to what this program needs");
    common_options(*command, line);
    command->callback([&run] { run = [](const BoundSettings& bound) { return migrate(bound.settings); }; });
}

void add_import(CLI::App& root, CommandLine& line, Run& run) {
    auto* command = root.add_subcommand("import", "Import products from a Shopify product CSV");
    common_options(*command, line);
    command->add_option("FILE", line.file, "The CSV file; relative pictures are looked for beside it")->required();
    command->add_option("--currency", line.currency, "Currency of the prices, ISO 4217 (default: SHOP_CURRENCY, CNY)");
    command->add_flag("--if-empty", line.if_empty, "Do nothing when the catalogue has products already");
    command->callback([&line, &run] {
        run = [&line](const BoundSettings& bound) { return import_catalogue(bound.settings, line); };
    });
}

void add_admin(CLI::App& root, CommandLine& line, Run& run) {
    auto* admin = root.add_subcommand("admin", "Administrators");
    admin->require_subcommand(1);
    auto* create = admin->add_subcommand("create", "Create an administrator");
    common_options(*create, line);
    create->add_option("--email", line.email, "Mail address to sign in with")->required();
    create->add_flag("--password-stdin", line.password_from_stdin, "Read the password from standard input, one line")
        ->required();
    create->callback(
        [&line, &run] { run = [&line](const BoundSettings& bound) { return admin_create(bound.settings, line); }; });
}

void add_audit(CLI::App& root, CommandLine& line, Run& run) {
    auto* command =
        root.add_subcommand("audit", "Check that stock, orders, payments and events add up; exit 1 when not");
    common_options(*command, line);
    command->add_flag("--json", line.as_json, "Findings as JSON");
    command->callback(
        [&line, &run] { run = [&line](const BoundSettings& bound) { return audit(bound.settings, line); }; });
}

void add_check(CLI::App& check, CommandLine& line, Run& run, const std::string& what, const std::string& help,
               int (*answer)(const Settings&)) {
    auto* command = check.add_subcommand(what, help);
    common_options(*command, line);
    if (what == "http") setting_option(*command, line, "--port", "PORT", "Public port of the shop (default 3000)");
    command->callback(
        [&run, answer] { run = [answer](const BoundSettings& bound) { return answer(bound.settings); }; });
}

void add_checks(CLI::App& root, CommandLine& line, Run& run) {
    auto* check = root.add_subcommand("check", "Whether what the shop stands on can be had");
    check->require_subcommand(1);
    add_check(
        *check, line, run, "http",
        "Ask the shop that runs here for /health; exit 0 when it takes orders, 1 when not, 69 when nobody answers",
        check_http);
    add_check(
        *check, line, run, "database",
        "Ask the database who it is and how its schema stands; exit 69 when it cannot be had, 78 when the schema is "
        "not this program's",
        check_database);
    add_check(*check, line, run, "redis", "Sign in at Redis, write, read and delete; exit 69 when not", check_redis);
    add_check(*check, line, run, "migrations",
              "Whether the schema is this program's; exit 78 when it wants 'migrate' or is newer, 69 when the database "
              "cannot be had",
              check_migrations);
    add_check(*check, line, run, "config", "Whether the settings are good, and enough to serve; exit 78 when not",
              check_config);
}

void add_doctor(CLI::App& root, CommandLine& line, Run& run) {
    auto* command = root.add_subcommand(
        "doctor",
        "Look at everything that the shop stands on and say what is wrong, what that means and what to do next, the "
        "gravest first: settings, secrets, files, disk, certificates, the database and its schema, connections of the "
        "whole fleet, Redis, clocks, and work that waits. Reads only, and works while servers are away. Exit 0: "
        "nothing graver than notes; 1: warnings; 2: something is critical");
    common_options(*command, line);
    command->add_flag("--json", line.as_json, "Findings as JSON: verdict, version, findings");
    command->callback([&line, &run] {
        line.judges_faults = true;
        run = [&line](const BoundSettings& bound) { return doctor_command(bound, line); };
    });
}

void add_drain(CLI::App& root, CommandLine& line, Run& run) {
    auto* command = root.add_subcommand(
        "drain",
        "Take the readiness of the shop that runs here back, and wait; the SIGTERM after it has no delay. For "
        "Kubernetes' preStop; exit 69 when nobody answers");
    common_options(*command, line);
    setting_option(*command, line, "--admin-port", "ADMIN_PORT", "Admin port of the shop (default 9797)");
    command->add_option("--wait", line.wait_s, "How long to wait then: 10 or 10s (default 0)")
        ->transform(
            [](const std::string& text) { return text.ends_with('s') ? text.substr(0, text.size() - 1) : text; })
        ->check(CLI::Range(0, 600));
    command->callback(
        [&line, &run] { run = [&line](const BoundSettings& bound) { return drain(bound.settings, line); }; });
}

void add_redis_keys(CLI::App& root, CommandLine& line, Run& run) {
    auto* keys = root.add_subcommand("redis-keys", "The table of all keys and channels that the program uses in Redis");
    keys->add_flag("--json", line.as_json, "As JSON");
    keys->callback([&line, &run] { run = [&line](const BoundSettings&) { return list_redis_keys(line); }; });
}

void add_search(CLI::App& root, CommandLine& line, Run& run) {
    auto* search = root.add_subcommand("search", "The index of the search");
    search->require_subcommand(1);
    auto* rebuild = search->add_subcommand("rebuild", "Make the index anew; a shop that serves goes on answering");
    common_options(*rebuild, line);
    rebuild->callback([&run] { run = [](const BoundSettings& bound) { return search_rebuild(bound.settings); }; });
}

void add_config(CLI::App& root, CommandLine& line, Run& run) {
    auto* config = root.add_subcommand("config", "Settings");
    config->require_subcommand(1);
    auto* print = config->add_subcommand("print", "Show every setting with its value; secrets are masked");
    common_options(*print, line);
    print->add_flag("--origin", line.show_origin, "Say where each value came from");
    print->add_flag("--markdown", line.as_markdown, "The reference table of the documentation: defaults and bounds");
    print->callback([&line, &run] { run = [&line](const BoundSettings& bound) { return config_print(bound, line); }; });
    auto* check = config->add_subcommand("check", "Validate the settings and say nothing when they are good");
    common_options(*check, line);
    check->callback([&run] { run = [](const BoundSettings&) { return static_cast<int>(exit_ok); }; });
}

void add_routes(CLI::App& root, CommandLine& line, Run& run) {
    auto* command = root.add_subcommand("routes", "List the routes of the API with who may call them");
    command->add_flag("--json", line.as_json, "As JSON");
    command->callback([&line, &run] { run = [&line](const BoundSettings&) { return list_routes(line); }; });
}

config::Sources read_mounted_or_refuse(const CommandLine& line) {
    try {
        return read_mounted(line);
    } catch (const std::runtime_error& fault) {
        throw SettingsFault(fault.what());
    }
}

int bind_and_run(CommandLine& line, const Run& run) {
    line.sources.add_environment(environ);
    const auto* credentials = line.sources.find("CREDENTIALS_DIR");
    if (credentials && !credentials->value.empty()) line.mounted_directories.emplace_back(credentials->value);
    if (line.settings_page >= 0) line.mounted = config::SettingsPage::inherit(::dup(line.settings_page)).read();
    else line.mounted = read_mounted_or_refuse(line);
    auto sources = line.sources;
    sources.add_all(line.mounted);
    const auto bound = bind_settings(sources);
    if (line.judges_faults) return run(bound);
    for (const auto& fault : bound.faults) complain(fault);
    if (!bound.faults.empty()) return exit_config;
    return run(bound);
}

int run_program(int argc, char** argv) {
    CLI::App root("Caddy Shopping: a headless shop, from a laptop to a fleet.", "caddy-shopping");
    root.set_version_flag("--version", "caddy-shopping " + std::string(version()));
    root.require_subcommand(1);
    root.footer(
        "Settings come from defaults, --config, the environment, mounted directories (--config-dir,\n"
        "--runtime-dir, --credentials-dir) and flags, the later the stronger;\n"
        "`caddy-shopping config print` shows them all. Every subcommand has its own --help.");
    CommandLine line;
    line.arguments.assign(argv + 1, argv + argc);
    Run run;
    add_serve(root, line, run);
    add_migrate(root, line, run);
    add_import(root, line, run);
    add_admin(root, line, run);
    add_audit(root, line, run);
    add_doctor(root, line, run);
    add_search(root, line, run);
    add_checks(root, line, run);
    add_drain(root, line, run);
    add_redis_keys(root, line, run);
    add_config(root, line, run);
    add_routes(root, line, run);
    try {
        root.parse(argc, argv);
    } catch (const CLI::ParseError& fault) {
        const int code = root.exit(fault);
        return code == 0 ? exit_ok : exit_usage;
    } catch (const std::runtime_error& fault) {   // a settings file that cannot be read
        complain(fault.what());
        return exit_config;
    }
    return bind_and_run(line, run);
}

}   // namespace
}   // namespace caddy::app

int main(int argc, char** argv) {
    try {
        return caddy::app::run_program(argc, argv);
    } catch (const caddy::app::SettingsFault& fault) {
        caddy::app::complain(fault.what());
        return caddy::app::exit_config;
    } catch (const std::exception& fault) {
        caddy::app::complain(fault.what());
        return caddy::app::exit_software;
    }
}
