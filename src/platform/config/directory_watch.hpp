#pragma once
// Hears of changes in mounted directories, by inotify(7) and, where that stays silent, by looking now and then.
#include "platform/runtime/task.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <chrono>
#include <filesystem>
#include <functional>
#include <vector>

namespace caddy::config {

/// A kubelet changes a mounted directory by renaming a link named `..data`: what is watched is the directory, never a
/// file. Used from one event loop.
class DirectoryWatch {
public:
    /// Throws std::system_error when the kernel gives no more watches.
    DirectoryWatch(asio::any_io_executor, std::vector<std::filesystem::path> directories,
                   std::chrono::milliseconds poll = std::chrono::seconds(10));
    DirectoryWatch(const DirectoryWatch&) = delete;

    /// Calls `look` shortly after each change, many together being one, and once in every `poll` in any case: a watch
    /// ends with its directory, and some file systems tell of nothing. Until it is cancelled.
    Task<> run(std::function<void()> look);

private:
    void listen();
    Task<> hear(const std::function<void()>& look);
    Task<> poll(const std::function<void()>& look);

    asio::any_io_executor executor_;
    std::vector<std::filesystem::path> directories_;
    std::chrono::milliseconds poll_;
    asio::posix::stream_descriptor events_;
};

}   // namespace caddy::config
