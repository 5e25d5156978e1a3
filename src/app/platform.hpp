#pragma once
// The machine that the shop stands on: one event loop, one clock, one database, one way out.
#include "app/settings.hpp"
#include "platform/db/database.hpp"
#include "platform/limit/fleet_windows.hpp"
#include "platform/limit/window_table.hpp"
#include "platform/mail/mail.hpp"
#include "platform/net/http_client.hpp"
#include "platform/redis/client.hpp"
#include "platform/runtime/context.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <exception>
#include <optional>
#include <span>
#include <utility>

namespace caddy::app {

struct Platform {
    /// Opens the database: in the data directory, which it creates where it is missing, or at a server.
    ///
    /// Throws std::runtime_error or db::Fault with what to do when that is not possible.
    explicit Platform(const Settings&);
    /// The same for a worker: `counts` is formatted memory in which all workers of the pod count callers together.
    Platform(const Settings&, std::span<std::byte> counts);

    ~Platform();
    Platform(const Platform&) = delete;

    /// A context for work that no request asked for.
    Context context(std::string_view job) const;

    /// Runs a task on the loop to its end and rethrows its fault; for subcommands.
    template <class T>
    T run(Task<T> task) {
        std::optional<T> value;
        std::exception_ptr fault;
        asio::co_spawn(loop, std::move(task), [&](std::exception_ptr error, T result) {
            fault = error;
            if (!fault) value.emplace(std::move(result));
            loop.stop();
        });
        turn();
        if (fault) std::rethrow_exception(fault);
        return std::move(*value);
    }
    void run(Task<> task);
    /// Turns the loop until it is stopped, and then until what that leaves behind is done. Connections to Redis are
    /// kept: they go on with the next task.
    void turn();

    /// The schema is what this program needs. An empty embedded database is brought there first; one at a server is
    /// brought there by `migrate` alone.
    ///
    /// Throws std::runtime_error that names the command to run when it is not.
    void require_schema();
    /// Says so when the server grants fewer connections than the fleet may open.
    void warn_of_server_limits(const Settings&);

    asio::io_context loop{1};
    SystemClock clock;
    limit::WindowTable windows;
    db::Database database;
    net::HttpClient outgoing;
    std::unique_ptr<mail::Mailer> mailer;
    std::unique_ptr<redis::Client> redis;   // null: the shop does without
    std::unique_ptr<limit::FleetWindows> fleet_windows;   // null without Redis
};

}   // namespace caddy::app
