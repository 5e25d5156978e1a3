#include "app/settings_watch.hpp"

#include "app/settings_hash.hpp"

#include "platform/telemetry/log.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <stdexcept>

namespace caddy::app {
namespace {

constexpr std::array at_once{
    "AUTH_RATE_LIMIT",   "AUTH_RATE_LIMIT_TTL",   "DB_PASSWORD",    "DB_USERNAME",
    "GLOBAL_RATE_LIMIT", "GLOBAL_RATE_LIMIT_TTL", "JWT_SECRET",     "JWT_SECRET_PREVIOUS",
    "LOG_LEVEL",         "READ_ONLY_MODE",        "REDIS_PASSWORD", "REDIS_USERNAME",
    "THROTTLER_LIMIT",   "THROTTLER_TTL"};

constexpr std::array with_a_restart{
    "ADMIN_HOST",  "ADMIN_PORT",  "ADMIN_TOKEN", "CLUSTER_ENABLED",    "CLUSTER_WORKERS",      "CREDENTIALS_DIR",
    "DATA_DIR",    "DRAIN_DELAY", "DRAIN_LIMIT", "HOST",               "LOG_FORMAT",           "PORT",
    "RATE_LIMIT_CALLERS_MAX", "WORKER_HUNG_AFTER_S", "WORKER_MEMORY_MIB_MAX"};

bool is_in(const auto& names, std::string_view name) { return std::ranges::find(names, name) != names.end(); }

/// Names whose values are not the same in both.
std::vector<std::string> differences(const config::Sources& before, const config::Sources& after) {
    std::set<std::string> names;
    for (const auto* sources : {&before, &after}) {
        for (const auto& [name, raw] : sources->all()) names.insert(name);
    }
    std::vector<std::string> changed;
    for (const auto& name : names) {
        const auto* was = before.find(name);
        const auto* is = after.find(name);
        if (!was || !is || was->value != is->value) changed.push_back(name);
    }
    return changed;
}

std::string joined(const std::vector<std::string>& texts, std::string_view between) {
    std::string all;
    for (const auto& text : texts) all.append(all.empty() ? "" : between).append(text);
    return all;
}

BoundSettings bound_with(const CommandLine& line, const config::Sources& mounted) {
    auto all = line.sources;
    all.add_all(mounted);
    return bind_settings(all);
}

std::vector<std::string> faults_of(BoundSettings& bound) {
    if (!bound.faults.empty()) return bound.faults;
    try {
        complete_secrets(bound.settings);
    } catch (const std::runtime_error& fault) {
        return {fault.what()};
    }
    return {};
}

}   // namespace

TakesEffect takes_effect(std::string_view setting) {
    if (is_in(at_once, setting)) return TakesEffect::at_once;
    if (is_in(with_a_restart, setting)) return TakesEffect::with_a_restart;
    return TakesEffect::with_new_workers;
}

SettingsWatch::SettingsWatch(asio::any_io_executor executor, const CommandLine& line, std::function<void()> renew)
    : line_(line), renew_(std::move(renew)), page_(config::SettingsPage::create()),
      watch_(executor, line.mounted_directories), good_(line.mounted) {
    page_.publish(good_);
    state_.hash = settings_hash(bound_with(line_, good_).reference);
}

Task<> SettingsWatch::run() {
    if (line_.mounted_directories.empty()) co_return;
    co_await watch_.run([this] { look(); });
}

void SettingsWatch::look() {
    std::optional<config::Sources> read;
    try {
        auto fresh = read_mounted(line_);
        if (fresh == good_) {
            if (!state_.is_good) accept(std::move(fresh), state_.hash);   // what was broken is as it was before
            return;
        }
        if (!state_.is_good && fresh == rejected_) return;
        read = fresh;
        auto bound = bound_with(line_, fresh);
        const auto faults = faults_of(bound);
        if (faults.empty()) accept(std::move(fresh), settings_hash(bound.reference));
        else reject(std::move(read), faults);
    } catch (const std::exception& fault) {   // a directory or file that cannot be read, or holds too much
        reject(std::move(read), {fault.what()});
    }
}

void SettingsWatch::accept(config::Sources fresh, std::string hash) {
    page_.publish(fresh);
    const auto changed = differences(good_, fresh);
    good_ = std::move(fresh);
    complaint_.clear();
    state_.is_good = true;
    state_.succeeded_at = std::chrono::system_clock::now();
    state_.hash = std::move(hash);
    ++state_.taken;
    std::vector<std::string> later;
    bool is_for_new_workers = false;
    for (const auto& name : changed) {
        if (takes_effect(name) == TakesEffect::with_a_restart) later.push_back(name);
        if (takes_effect(name) == TakesEffect::with_new_workers) is_for_new_workers = true;
    }
    log::info("config.reloaded", {{"changed", joined(changed, ", ")}, {"workers_replaced", is_for_new_workers}});
    if (!later.empty()) {
        log::warn("config.wants_restart",
                  {{"settings", joined(later, ", ")}, {"remedy", "restart the pod; until then the old values hold"}});
    }
    if (is_for_new_workers) renew_();
}

void SettingsWatch::reject(std::optional<config::Sources> fresh, const std::vector<std::string>& faults) {
    state_.is_good = false;
    rejected_ = std::move(fresh);
    const auto text = joined(faults, "; ");
    if (std::exchange(complaint_, text) == text) return;
    ++state_.refused;
    log::error("config.reload_failed",
               {{"faults", text}, {"remedy", "correct the file; until then the former settings hold"}});
}

}   // namespace caddy::app
