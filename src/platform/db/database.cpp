#include "platform/db/database.hpp"

#include "platform/telemetry/log.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <random>

namespace caddy::db {

Task<> Database::back_off(int attempt, std::string_view name) {
    static thread_local std::minstd_rand random{std::random_device{}()};
    log::debug("db.transaction_again", {{"transaction", name}, {"attempt", attempt}});
    const int most_ms = 4 << attempt;
    asio::steady_timer timer(co_await asio::this_coro::executor);
    timer.expires_after(std::chrono::milliseconds(std::uniform_int_distribution(most_ms / 2, most_ms)(random)));
    co_await timer.async_wait(asio::use_awaitable);
}

}  // namespace caddy::db
