#pragma once
// The body of a request that is too large for memory, in a temporary file without a name: it is gone with its owner,
// whatever becomes of the process.
#include "platform/runtime/task.hpp"

#include <boost/asio/thread_pool.hpp>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace caddy::http {

class Upload {
public:
    /// An empty one. `pool` does what waits for the disk, and outlives it. Blocks; throws std::system_error.
    static std::shared_ptr<Upload> create(const std::filesystem::path& folder, asio::thread_pool& pool);
    /// One in a file that is open already, and is its own from now on.
    static std::shared_ptr<Upload> adopt(int file, asio::thread_pool& pool);
    Upload(const Upload&) = delete;
    ~Upload();

    /// In bytes, once the body is complete.
    std::uint64_t size() const { return size_; }
    /// Of all bytes, as 64 hexadecimal digits. REQUIRES: complete.
    const std::string& sha256() const { return sha256_; }

    /// At most `bytes` from `offset` on; fewer only at the end. Throws std::system_error.
    Task<std::string> read(std::uint64_t offset, std::size_t bytes) const;
    /// The same where waiting is allowed: on a thread of a pool, never on the event loop.
    std::string read_blocking(std::uint64_t offset, std::size_t bytes) const;

    /// Appends, off the event loop. Throws std::system_error, also when there is no room. One at a time.
    Task<> append(std::string piece);
    /// No more is appended.
    void complete();

private:
    struct Hash;
    Upload(int file, asio::thread_pool& pool);

    int file_;
    asio::thread_pool& pool_;
    std::unique_ptr<Hash> hash_;
    std::uint64_t size_ = 0;
    std::string sha256_;
};

}  // namespace caddy::http
