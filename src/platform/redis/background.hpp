#pragma once
// The tasks that keep connections, owned together: each of them keeps what it works on alive, so that a client may go
// while its loop is already gone.
#include "platform/runtime/task.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/steady_timer.hpp>

#include <list>
#include <memory>

namespace caddy::redis {

class Background : public std::enable_shared_from_this<Background> {
public:
    explicit Background(asio::any_io_executor);

    /// Dropped unstarted after cancel().
    void spawn(Task<> task);
    void cancel();
    bool cancelled() const { return cancelled_; }
    Task<> join();

private:
    asio::any_io_executor executor_;
    std::list<asio::cancellation_signal> live_;
    asio::steady_timer changed_;
    bool cancelled_ = false;
};

/// Waits; a cancellation ends it early and is left to the next step.
Task<> wait_for(asio::steady_timer&);
/// Throws operation_aborted when the coroutine that awaits this was told to end.
Task<> stop_if_cancelled();

}   // namespace caddy::redis
