#pragma once
// What `doctor` looks at, a file each. Every probe has a limit of its own and turns what it cannot have into a finding.
#include "app/settings.hpp"
#include "platform/diagnosis/diagnosis.hpp"

#include <chrono>

namespace caddy::app::doctor {

/// How long all questions to one server may take together.
constexpr std::chrono::seconds probe_limit{10};

void look_at_settings(const Settings&, diagnosis::Findings&);
void look_at_machine(const Settings&, diagnosis::Findings&);
void look_at_certificates(const Settings&, diagnosis::Findings&);
void look_at_database(const Settings&, diagnosis::Findings&);
void look_at_redis(const Settings&, diagnosis::Findings&);

}   // namespace caddy::app::doctor
