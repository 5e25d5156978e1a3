#pragma once
// What the back office's system page shows: the pods of the fleet, how the parts do, the schema, the settings in force.
#include "app/command.hpp"
#include "app/health.hpp"
#include "app/pods.hpp"
#include "platform/config/settings_page.hpp"
#include "platform/http/router.hpp"

#include <memory>

namespace caddy::app {

/// The settings as the sources say them now, bound anew only when they have changed.
class SettingsInForce {
public:
    SettingsInForce(const CommandLine& line, const config::SettingsPage& page) : line_(line), page_(page) {}

    /// Secrets are masked.
    const std::vector<config::Setting>& list();
    /// See settings_hash().
    const std::string& hash();

private:
    void look();

    const CommandLine& line_;
    const config::SettingsPage& page_;
    std::optional<std::uint64_t> generation_;
    std::vector<config::Setting> settings_;
    std::string hash_;
};

/// One per worker; event loop only.
class SystemReports {
public:
    SystemReports(Platform& platform, Health& health, PodRegister& pods, SettingsInForce& settings)
        : platform_(platform), health_(health), pods_(pods), settings_(settings) {}

    /// GET /api/v1/admin/system
    Task<Result<http::Response>> show(http::Request&);

private:
    Platform& platform_;
    Health& health_;
    PodRegister& pods_;
    SettingsInForce& settings_;
};

/// The row of the route, for whatever answers it.
void system_route(http::Router&, http::Handler show);

}   // namespace caddy::app
