#pragma once
// with_deadline: the only way in which a time limit reaches a coroutine.
#include "platform/runtime/fault.hpp"
#include "platform/runtime/task.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <chrono>
#include <exception>
#include <optional>

namespace caddy {

namespace detail {

// co_spawn wants a default-constructible result; an optional outside the coroutine removes the wish.
template <class T>
Task<> store_result(std::optional<T>& out, Task<T> task) {
    auto value = co_await std::move(task);
    out.emplace(std::move(value));
}

/// Rethrows what the task threw; a cancellation that the timer caused becomes DeadlineExceeded.
inline void judge(bool timer_came_first, const std::exception_ptr& fault) {
    if (!fault) return;
    if (!timer_came_first) std::rethrow_exception(fault);
    try {
        std::rethrow_exception(fault);
    } catch (const boost::system::system_error& error) {
        if (error.code() == asio::error::operation_aborted) throw DeadlineExceeded{};
        throw;
    }
}

}   // namespace detail

/// Awaits `task` and cancels it at `limit`. Returns only after the task has ended, so nothing runs on behind the
/// caller's back; a result that arrives in spite of the cancellation is returned. Throws DeadlineExceeded.
template <class T>
Task<T> with_deadline(Task<T> task, std::chrono::steady_clock::time_point limit) {
    auto executor = co_await asio::this_coro::executor;
    asio::steady_timer timer(executor, limit);
    std::optional<T> value;
    auto body = detail::store_result(value, std::move(task));
    auto [order, fault, timer_error] =
        co_await asio::experimental::make_parallel_group(asio::co_spawn(executor, std::move(body), asio::deferred),
                                                         timer.async_wait(asio::deferred))
            .async_wait(asio::experimental::wait_for_one(), asio::use_awaitable);
    detail::judge(order[0] == 1, fault);
    co_return std::move(*value);
}

}   // namespace caddy
