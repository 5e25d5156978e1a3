// `config print`: the settings in force, or the reference table of the documentation.
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

}   // namespace

int config_print(const BoundSettings& bound, const CommandLine& line) {
    if (line.as_markdown) {
        print_markdown(bound.reference);
        return exit_ok;
    }
    for (const auto& each : bound.reference) {
        std::cout << each.name << '=' << each.value;
        if (line.show_origin) std::cout << "    # " << boost::describe::enum_to_string(each.origin, "");
        std::cout << '\n';
    }
    return exit_ok;
}

}   // namespace caddy::app
