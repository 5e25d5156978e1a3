#include "platform/config/directory_watch.hpp"

#include "platform/runtime/task_group.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <sys/inotify.h>

#include <array>
#include <cerrno>
#include <system_error>
#include <tuple>

namespace caddy::config {
namespace {

// One swap is several events, and several files are often written together.
constexpr std::chrono::milliseconds gathering_time(20);

}   // namespace

DirectoryWatch::DirectoryWatch(asio::any_io_executor executor, std::vector<std::filesystem::path> directories,
                               std::chrono::milliseconds poll)
    : executor_(executor), directories_(std::move(directories)), poll_(poll), events_(executor) {
    const int descriptor = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (descriptor < 0) throw std::system_error(errno, std::generic_category(), "inotify_init1");
    events_.assign(descriptor);
    listen();
}

/// Watching the same directory twice is watching it once; one that was made anew is watched anew.
void DirectoryWatch::listen() {
    constexpr std::uint32_t changes =
        IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_CLOSE_WRITE | IN_ONLYDIR;
    for (const auto& directory : directories_)
        (void)::inotify_add_watch(events_.native_handle(), directory.c_str(), changes);   // gone: the poll finds out
}

Task<> DirectoryWatch::run(std::function<void()> look) {
    TaskGroup both(executor_, [](const std::exception_ptr&) {});
    (void)both.spawn(hear(look));
    (void)both.spawn(poll(look));
    co_await asio::this_coro::throw_if_cancelled(false);   // a cancellation is the usual end, and there is more to do
    asio::steady_timer never(executor_, asio::steady_timer::time_point::max());
    boost::system::error_code cancelled;
    co_await never.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    both.cancel();
    co_await both.join();
}

Task<> DirectoryWatch::hear(const std::function<void()>& look) {
    std::array<char, 4'096> events{};
    asio::steady_timer pause(executor_);
    for (;;) {
        (void)co_await events_.async_read_some(asio::buffer(events), asio::use_awaitable);
        pause.expires_after(gathering_time);
        co_await pause.async_wait(asio::use_awaitable);
        look();
    }
}

Task<> DirectoryWatch::poll(const std::function<void()>& look) {
    asio::steady_timer timer(executor_);
    for (;;) {
        timer.expires_after(poll_);
        co_await timer.async_wait(asio::use_awaitable);
        listen();
        look();
    }
}

}   // namespace caddy::config
