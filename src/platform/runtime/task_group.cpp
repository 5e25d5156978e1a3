#include "platform/runtime/task_group.hpp"

#include "core/assert.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace caddy {

TaskGroup::TaskGroup(asio::any_io_executor executor, std::function<void(std::exception_ptr)> on_fault)
    : executor_(executor), on_fault_(std::move(on_fault)), changed_(executor) {
    changed_.expires_at(asio::steady_timer::time_point::max());
}

TaskGroup::~TaskGroup() { CADDY_ASSERT(live_.empty()); }

bool TaskGroup::spawn(Task<> task) {
    if (closed_) return false;
    const auto slot = live_.emplace(live_.end());
    asio::co_spawn(executor_, std::move(task),
                   asio::bind_cancellation_slot(slot->slot(), [this, slot](std::exception_ptr fault) {
                       live_.erase(slot);
                       if (fault) on_fault_(fault);
                       if (live_.empty()) changed_.cancel();
                   }));
    return true;
}

void TaskGroup::cancel() {
    // Emitting may end a task and erase its signal: step on before emitting.
    for (auto at = live_.begin(); at != live_.end();) (at++)->emit(asio::cancellation_type::terminal);
}

Task<> TaskGroup::join() {
    closed_ = true;
    while (!live_.empty()) {
        boost::system::error_code ignored;   // the timer only ever ends by being cancelled
        co_await changed_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
        const auto state = co_await asio::this_coro::cancellation_state;
        if (state.cancelled() != asio::cancellation_type::none) break;
    }
}

}   // namespace caddy
