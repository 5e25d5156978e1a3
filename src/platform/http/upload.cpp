#include "platform/http/upload.hpp"

#include "platform/crypto/running_digest.hpp"
#include "platform/runtime/offload.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace caddy::http {

namespace {

[[noreturn]] void fail(const std::string& what) { throw std::system_error(errno, std::system_category(), what); }

int open_nameless(const std::filesystem::path& folder) {
    std::filesystem::create_directories(folder);
    const int file = ::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (file >= 0) return file;
    // Not every file system can do without a name (NFS, some overlays).
    if (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL) fail(folder.string());
    auto name = (folder / "upload-XXXXXX").string();
    const int named = ::mkostemp(name.data(), O_CLOEXEC);
    if (named < 0) fail(folder.string());
    ::unlink(name.c_str());
    return named;
}

void write_all(int file, std::string_view bytes) {
    while (!bytes.empty()) {
        const auto count = ::write(file, bytes.data(), bytes.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) fail("a temporary file");
        bytes.remove_prefix(static_cast<std::size_t>(count));
    }
}

}  // namespace

struct Upload::Hash {
    crypto::RunningSha256 digest;
};

Upload::Upload(int file, asio::thread_pool& pool) : file_(file), pool_(pool), hash_(std::make_unique<Hash>()) {}

Upload::~Upload() { ::close(file_); }

std::shared_ptr<Upload> Upload::create(const std::filesystem::path& folder, asio::thread_pool& pool) {
    return adopt(open_nameless(folder), pool);
}

std::shared_ptr<Upload> Upload::adopt(int file, asio::thread_pool& pool) {
    return std::shared_ptr<Upload>(new Upload(file, pool));
}

Task<> Upload::append(std::string piece) {
    // `piece` lives in this frame, which the work never outlives.
    const auto work = [this, &piece] {
        write_all(file_, piece);
        hash_->digest.add(piece);
        return piece.size();
    };
    const auto written = co_await offload(pool_, work);
    size_ += written;
}

void Upload::complete() { sha256_ = hash_->digest.hex(); }

std::string Upload::read_blocking(std::uint64_t offset, std::size_t bytes) const {
    if (offset >= size_) return {};
    std::string out(static_cast<std::size_t>(std::min<std::uint64_t>(bytes, size_ - offset)), '\0');
    for (std::size_t got = 0; got < out.size();) {
        const auto count = ::pread(file_, out.data() + got, out.size() - got, static_cast<off_t>(offset + got));
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) fail("a temporary file");
        got += static_cast<std::size_t>(count);
    }
    return out;
}

Task<std::string> Upload::read(std::uint64_t offset, std::size_t bytes) const {
    co_return co_await offload(pool_, [this, offset, bytes] { return read_blocking(offset, bytes); });
}

}  // namespace caddy::http
