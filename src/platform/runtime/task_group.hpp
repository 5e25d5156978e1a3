#pragma once
// Owns the tasks spawned into it: a spawned task always has somebody who waits for its end.
#include "platform/runtime/task.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cstddef>
#include <functional>
#include <list>

namespace caddy {

/// REQUIRES: used from one event loop; joined before it is destroyed.
class TaskGroup {
public:
    /// `on_fault` hears of exceptions that a task lets escape: bugs, since tasks handle their own faults.
    explicit TaskGroup(asio::any_io_executor, std::function<void(std::exception_ptr)> on_fault);
    TaskGroup(const TaskGroup&) = delete;
    ~TaskGroup();

    /// False, and the task is dropped unstarted, after close().
    [[nodiscard]] bool spawn(Task<> task);
    void close() noexcept { closed_ = true; }
    /// Asks every task to end at its next suspension.
    void cancel();
    std::size_t size() const noexcept { return live_.size(); }
    /// Closes, and returns when the last task has ended.
    Task<> join();

private:
    asio::any_io_executor executor_;
    std::function<void(std::exception_ptr)> on_fault_;
    std::list<asio::cancellation_signal> live_;
    asio::steady_timer changed_;
    bool closed_ = false;
};

}   // namespace caddy
