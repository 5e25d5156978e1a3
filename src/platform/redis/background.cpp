#include "platform/redis/background.hpp"

#include "platform/telemetry/log.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

namespace caddy::redis {
namespace {

/// Tasks handle their own faults; what escapes is a bug, or the end.
void report(const std::exception_ptr& fault) {
    try {
        std::rethrow_exception(fault);
    } catch (const boost::system::system_error& error) {
        if (error.code() != asio::error::operation_aborted) log::error("redis.bug", {{"fault", error.what()}});
    } catch (const std::exception& error) {
        log::error("redis.bug", {{"fault", error.what()}});
    }
}

}   // namespace

Task<> wait_for(asio::steady_timer& timer) {
    const auto [error] = co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
    (void)error;
}

Task<> stop_if_cancelled() {
    const auto state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none)
        throw boost::system::system_error(asio::error::operation_aborted);
}

Background::Background(asio::any_io_executor executor) : executor_(executor), changed_(executor) {
    changed_.expires_at(asio::steady_timer::time_point::max());
}

void Background::spawn(Task<> task) {
    if (cancelled_) return;
    const auto slot = live_.emplace(live_.end());
    asio::co_spawn(executor_, std::move(task),
                   asio::bind_cancellation_slot(
                       slot->slot(), [self = shared_from_this(), slot](const std::exception_ptr& fault) {
                           self->live_.erase(slot);
                           if (fault) report(fault);
                           if (self->live_.empty()) self->changed_.cancel();
                       }));
}

void Background::cancel() {
    cancelled_ = true;
    for (auto each = live_.begin(); each != live_.end();) {
        const auto signal = each++;   // its task may end at once
        signal->emit(asio::cancellation_type::terminal);
    }
}

Task<> Background::join() {
    while (!live_.empty()) {
        const auto [error] = co_await changed_.async_wait(asio::as_tuple(asio::use_awaitable));
        (void)error;
    }
}

}   // namespace caddy::redis
