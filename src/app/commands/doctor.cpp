// `doctor`: looks at everything that a shop stands on and says what is wrong, what that means and what to do next.
#include "app/command.hpp"
#include "app/commands/doctor_probes.hpp"
#include "app/version.hpp"
#include "platform/json/encode.hpp"
#include "platform/telemetry/log.hpp"

#include <iostream>

namespace caddy::app {
namespace {

using diagnosis::Gravity;

struct Report {
    Gravity verdict = Gravity::ok;
    std::string version = std::string(app::version());
    diagnosis::Findings findings;
};
BOOST_DESCRIBE_STRUCT(Report, (), (verdict, version, findings))

void look_at_faults(const BoundSettings& bound, diagnosis::Findings& all) {
    for (const auto& fault : bound.faults) {
        all.push_back({Gravity::critical, "settings.faults", fault, "The shop does not start.",
                       "correct it; 'caddy-shopping config print --origin' shows where each value came from"});
    }
    if (bound.faults.empty()) all.push_back(diagnosis::fine("settings.faults", "every setting is within its bounds"));
}

diagnosis::Findings look(const BoundSettings& bound) {
    diagnosis::Findings all;
    look_at_faults(bound, all);
    doctor::look_at_settings(bound.settings, all);
    doctor::look_at_machine(bound.settings, all);
    if (!bound.faults.empty()) {
        // A default in the place of what somebody meant would lead to the wrong server.
        all.push_back({Gravity::note, "servers", "the database, Redis and certificates were not looked at",
                       "Some settings are not what somebody meant.", "correct the settings and run this again"});
        return all;
    }
    doctor::look_at_certificates(bound.settings, all);
    doctor::look_at_database(bound.settings, all);
    doctor::look_at_redis(bound.settings, all);
    return all;
}

int exit_for(Gravity worst) {
    if (worst == Gravity::critical) return 2;
    return worst == Gravity::warning ? 1 : 0;
}

}   // namespace

int doctor_command(const BoundSettings& bound, const CommandLine& line) {
    log::set_level(log::Level::error);   // what the probes meet becomes findings
    Report report{.findings = look(bound)};
    sort_by_gravity(report.findings);
    report.verdict = worst_of(report.findings);
    if (line.as_json) std::cout << json::to_json(report) << '\n';
    else std::cout << diagnosis::to_text(report.findings);
    return exit_for(report.verdict);
}

}   // namespace caddy::app
