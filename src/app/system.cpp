#include "app/system.hpp"

#include "app/settings_hash.hpp"
#include "app/settings_watch.hpp"
#include "platform/db/migrate.hpp"
#include "platform/telemetry/log.hpp"

#include <algorithm>

namespace caddy::app {
namespace {

// A pod speaks every four seconds; one that missed two words is gone, or cut off.
constexpr std::int64_t silent_after_ms = 10'000;

BOOST_DEFINE_ENUM_CLASS(PodState, serving, degraded, draining, silent)

struct PodLine {
    std::string id;
    std::string name;
    bool here = false;   // the one that answers
    PodState state = PodState::serving;
    std::int64_t silent_ms = 0;
    std::string version;
    std::string config_hash;
    std::string role;
    std::vector<std::string> routes;
    std::int64_t schema_known = 0;
    bool read_only = false;
    Time started_at{};
    std::int64_t worker_slots = 0;
    std::vector<PodWorker> workers;
};
BOOST_DESCRIBE_STRUCT(PodLine, (), (id, name, here, state, silent_ms, version, config_hash, role, routes, schema_known,
                                    read_only, started_at, worker_slots, workers))

struct Schema {
    std::int64_t applied = 0;
    std::int64_t known = 0;
    std::int64_t missing = 0;
};
BOOST_DESCRIBE_STRUCT(Schema, (), (applied, known, missing))

struct SettingLine {
    std::string name;
    std::string help;
    std::string value;
    std::string built_in;
    config::Origin origin{};
    std::string place;
    bool secret = false;
    TakesEffect takes_effect{};
};
BOOST_DESCRIBE_STRUCT(SettingLine, (), (name, help, value, built_in, origin, place, secret, takes_effect))

struct SystemReport {
    HealthReport health;
    std::string database;   // the engine
    std::optional<Schema> schema{};   // null while the database cannot be asked
    bool fleet_known = false;
    std::vector<PodLine> pods;
    std::vector<SettingLine> settings;
};
BOOST_DESCRIBE_STRUCT(SystemReport, (), (health, database, schema, fleet_known, pods, settings))

PodState state_of(const KnownPod& known) {
    if (known.silent_ms > silent_after_ms) return PodState::silent;
    std::int64_t serving = 0;
    std::int64_t draining = 0;
    for (const auto& worker : known.pod.workers) {
        const bool lives = worker.silent_ms < silent_after_ms;
        serving += worker.state == "serving" && worker.reach != "broken_here_alone" && lives ? 1 : 0;
        draining += worker.state == "draining" ? 1 : 0;
    }
    if (serving == 0 && draining > 0) return PodState::draining;
    return serving < known.pod.worker_slots ? PodState::degraded : PodState::serving;
}

PodLine line_of(KnownPod known, const std::string& here) {
    PodLine line;
    line.state = state_of(known);
    line.silent_ms = known.silent_ms;
    auto& pod = known.pod;
    line.here = pod.id == here;
    line.id = std::move(pod.id);
    line.name = std::move(pod.name);
    line.version = std::move(pod.version);
    line.config_hash = std::move(pod.config_hash);
    line.role = std::move(pod.role);
    line.routes = std::move(pod.routes);
    line.schema_known = pod.schema_known;
    line.read_only = pod.read_only;
    line.started_at = pod.started_at;
    line.worker_slots = pod.worker_slots;
    line.workers = std::move(pod.workers);
    return line;
}

/// `https://somebody:password@host` without who: an address is no setting that is kept secret.
std::string without_credentials(std::string text) {
    for (auto scheme = text.find("://"); scheme != std::string::npos; scheme = text.find("://", scheme + 3)) {
        const auto begin = scheme + 3;
        const auto host_end = std::min(text.find_first_of("/?#, ", begin), text.size());
        const auto at = text.substr(begin, host_end - begin).rfind('@');
        if (at != std::string::npos) text.replace(begin, at, "********");
    }
    return text;
}

std::vector<SettingLine> lines_of(const std::vector<config::Setting>& settings) {
    std::vector<SettingLine> lines;
    for (const auto& each : settings) {
        SettingLine line{each.name, each.help, without_credentials(each.value), {}, each.origin, each.place,
                         each.secret, takes_effect(each.name)};
        if (!each.secret) line.built_in = each.built_in;
        lines.push_back(std::move(line));
    }
    std::ranges::sort(lines, {}, &SettingLine::name);
    return lines;
}

Task<std::optional<Schema>> read_schema(db::Database& database, const Context& ctx) {
    try {
        const auto state = co_await db::schema_state(database, ctx);
        co_return Schema{state.applied, state.known, state.missing};
    } catch (const std::exception& fault) {
        log::warn("system.schema", {{"fault", fault.what()}});
    }
    co_return std::nullopt;
}

}   // namespace

void SettingsInForce::look() {
    const auto generation = page_.generation();
    if (generation_ == generation) return;
    auto sources = line_.sources;
    sources.add_all(page_.read());
    settings_ = bind_settings(sources).reference;
    hash_ = settings_hash(settings_);
    generation_ = generation;
}

const std::vector<config::Setting>& SettingsInForce::list() {
    look();
    return settings_;
}

const std::string& SettingsInForce::hash() {
    look();
    return hash_;
}

Task<Result<http::Response>> SystemReports::show(http::Request& request) {
    CADDY_CO_TRY(request.allow_query({}));
    SystemReport report;
    report.health = co_await health_.examine(request.ctx);
    report.database = platform_.database.engine() == db::Engine::sqlite ? "sqlite" : "mysql";
    report.schema = co_await read_schema(platform_.database, request.ctx);
    const auto own = pods_.own();
    auto known = co_await pods_.all(request.ctx);
    report.fleet_known = known.has_value();
    // Of itself a pod knows more than what it said last.
    report.pods.push_back(line_of({own, 0}, own.id));
    for (auto& each : known.value_or(std::vector<KnownPod>())) {
        if (each.pod.id != own.id) report.pods.push_back(line_of(std::move(each), own.id));
    }
    std::ranges::sort(report.pods, [](const PodLine& a, const PodLine& b) {
        return std::tie(a.name, a.started_at, a.id) < std::tie(b.name, b.started_at, b.id);
    });
    report.settings = lines_of(settings_.list());
    auto response = http::ok(report);
    response.headers.push_back(http::private_no_store());
    co_return response;
}

void system_route(http::Router& router, http::Handler show) {
    router.get("/api/v1/admin/system", Access::staff, std::move(show)).permission = Permission::jobs_manage;
}

}   // namespace caddy::app
