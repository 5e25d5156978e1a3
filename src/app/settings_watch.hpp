#pragma once
// Settings that change while the shop runs. The supervisor alone reads the mounted directories (`--runtime-dir`,
// CREDENTIALS_DIR); what it found to be good stands on a page that its workers share.
#include "app/command.hpp"
#include "platform/config/directory_watch.hpp"
#include "platform/config/settings_page.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/describe.hpp>

#include <chrono>
#include <functional>
#include <optional>
#include <string_view>

namespace caddy::app {

/// How a change of a setting comes into force.
enum class TakesEffect {
    at_once,            // each worker takes it where it stands
    with_new_workers,   // one by one, as at a SIGHUP
    with_a_restart,     // what the supervisor itself holds: ports, the number of workers
};
BOOST_DESCRIBE_ENUM(TakesEffect, at_once, with_new_workers, with_a_restart)
TakesEffect takes_effect(std::string_view setting);

/// What /metrics tells of the last look at the directories.
struct ReloadState {
    bool is_good = true;
    std::int64_t taken = 0;     // looks that found something new and good
    std::int64_t refused = 0;   // and those that found a fault
    std::string hash;           // of the settings that the sources say; see settings_hash()
    std::chrono::system_clock::time_point succeeded_at = std::chrono::system_clock::now();
};

class SettingsWatch {
public:
    /// `renew` replaces the workers. Throws std::system_error when the kernel refuses a watch.
    SettingsWatch(asio::any_io_executor, const CommandLine&, std::function<void()> renew);
    SettingsWatch(const SettingsWatch&) = delete;

    /// What workers inherit; see config::SettingsPage.
    int page() const { return page_.descriptor(); }
    const ReloadState& state() const { return state_; }

    /// Until it is cancelled. A change that is good is published; one with any fault changes nothing, is told of in the
    /// log and by state(), and what held before goes on.
    Task<> run();

private:
    void look();
    void accept(config::Sources fresh, std::string hash);
    void reject(std::optional<config::Sources> fresh, const std::vector<std::string>& faults);

    const CommandLine& line_;
    std::function<void()> renew_;
    config::SettingsPage page_;
    config::DirectoryWatch watch_;
    config::Sources good_;
    std::optional<config::Sources> rejected_;   // none: it could not even be read
    std::string complaint_;   // said last; once is enough
    ReloadState state_;
};

}   // namespace caddy::app
