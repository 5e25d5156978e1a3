#pragma once
// Blocking and heavy work leaves the event loop here: SQLite, password hashing, outgoing HTTP by libcurl.
#include "platform/runtime/task.hpp"

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <atomic>
#include <exception>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace caddy {

/// True once whoever waits for some work has been cancelled; shared with the work, which asks on its own thread.
using Cut = std::shared_ptr<std::atomic<bool>>;

inline Cut make_cut() { return std::make_shared<std::atomic<bool>>(false); }

/// Runs `work` on the pool and resumes the caller on its own loop; an exception travels along.
///
/// The work is never abandoned: a cancelled caller still waits for its end, which comes soon where the work heeds
/// `cut`. It must return something.
template <class Pool, class Work>
Task<std::invoke_result_t<Work&>> offload(Pool& pool, Work work, Cut cut = nullptr) {
    using Outcome = std::invoke_result_t<Work&>;
    static_assert(!std::is_void_v<Outcome>, "offloaded work returns something");
    auto start = [&pool, cut = std::move(cut)](auto handler, Work task) {
        auto loop = asio::get_associated_executor(handler);
        auto slot = asio::get_associated_cancellation_slot(handler);
        if (cut && slot.is_connected()) slot.assign([cut](asio::cancellation_type) { cut->store(true); });
        asio::post(
            pool, [handler = std::move(handler), task = std::move(task), keep = asio::make_work_guard(loop)]() mutable {
                std::exception_ptr fault;
                std::optional<Outcome> value;
                try {
                    value.emplace(task());
                } catch (...) {
                    fault = std::current_exception();
                }
                auto back = keep.get_executor();
                // Moved, not copied: nothing of the outcome is left behind on this thread.
                asio::post(back, [handler = std::move(handler), keep = std::move(keep), fault = std::move(fault),
                                  value = std::move(value)]() mutable {
                    std::move(handler)(std::move(fault), std::move(value));
                });
            });
    };
    using Signature = void(std::exception_ptr, std::optional<Outcome>);
    auto outcome = co_await asio::async_initiate<decltype(asio::use_awaitable), Signature>(
        std::move(start), asio::use_awaitable, std::move(work));
    co_return std::move(*outcome);
}

}   // namespace caddy
