// `config print`: the settings in force, or the reference table of the documentation; `check config`.
#include "app/command.hpp"

#include <iostream>

namespace caddy::app {
namespace {

void print_markdown(const std::vector<config::Setting>& settings) {
    std::cout << "| setting | default | range | what it does |\n|---|---|---|---|\n";
    for (const auto& each : settings) {
        const auto code = [](const std::string& text) { return text.empty() ? std::string() : "`" + text + "`"; };
        std::cout << "| `" << each.name << "` | " << (each.secret ? "secret" : code(each.built_in)) << " | "
                  << each.bounds << " | " << each.help << " |\n";
    }
}

std::string origin_of(const config::Setting& setting) {
    if (setting.origin == config::Origin::built_in) return "default";
    const std::string kind = boost::describe::enum_to_string(setting.origin, "");
    return setting.place.empty() ? kind : kind + " " + setting.place;
}

}   // namespace

int check_config(const Settings& given) {
    // An embedded shop draws what it is not given; nothing is written for a question.
    if (!given.embedded()) {
        Settings settings = given;
        complete_secrets(settings);
    }
    std::cout << "the settings are good\n";
    return exit_ok;
}

int config_print(const BoundSettings& bound, const CommandLine& line) {
    if (line.as_markdown) {
        print_markdown(bound.reference);
        return exit_ok;
    }
    for (const auto& each : bound.reference) {
        std::cout << each.name << '=' << each.value;
        if (line.show_origin) std::cout << "    # " << origin_of(each);
        std::cout << '\n';
    }
    return exit_ok;
}

}   // namespace caddy::app
