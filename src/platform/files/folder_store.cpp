// Files in a folder. Every change is one rename, made after the content has reached the disk.
#include "core/assert.hpp"
#include "platform/crypto/digest.hpp"
#include "platform/files/files.hpp"
#include "platform/runtime/offload.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>

namespace caddy::files {
namespace {

namespace fs = std::filesystem;

/// A descriptor that closes itself.
class Descriptor {
public:
    explicit Descriptor(int number) : number_(number) {}
    Descriptor(const Descriptor&) = delete;
    ~Descriptor() {
        if (number_ >= 0) ::close(number_);
    }
    int get() const { return number_; }
    bool open() const { return number_ >= 0; }
    bool close() { return ::close(std::exchange(number_, -1)) == 0; }

private:
    int number_;
};

[[noreturn]] void fail(const fs::path& path) {
    throw Unavailable(path.string() + ": " + std::strerror(errno) + "; look at the disk and its permissions");
}

bool write_all(int file, std::string_view content) {
    while (!content.empty()) {
        const auto count = ::write(file, content.data(), content.size());
        if (count < 0 && errno != EINTR) return false;
        if (count > 0) content.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
}

timespec spec_of(Time time) {
    const auto count = time.time_since_epoch().count();
    return {.tv_sec = static_cast<time_t>(count / 1'000'000), .tv_nsec = static_cast<long>(count % 1'000'000) * 1'000};
}

Time time_of(const struct stat& about) {
    return Time(std::chrono::microseconds(std::int64_t{about.st_mtim.tv_sec} * 1'000'000 +
                                          about.st_mtim.tv_nsec / 1'000));
}

std::optional<struct stat> about(const fs::path& path) {
    struct stat found {};
    if (::lstat(path.c_str(), &found) != 0 || !S_ISREG(found.st_mode)) return std::nullopt;
    return found;
}

/// A hidden name beside the file, for what is on its way in or out.
fs::path beside(const fs::path& target) { return target.parent_path() / ("." + crypto::random_token(9)); }

void write_file(const fs::path& target, std::string_view content, Time now) {
    fs::create_directories(target.parent_path());
    const auto draft = beside(target);
    Descriptor file(::open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
    if (!file.open()) fail(draft);
    const timespec times[] = {spec_of(now), spec_of(now)};
    const bool written = write_all(file.get(), content) && ::futimens(file.get(), times) == 0 &&
                         ::fsync(file.get()) == 0 && file.close() && ::rename(draft.c_str(), target.c_str()) == 0;
    if (!written) {
        const int reason = errno;
        ::unlink(draft.c_str());
        errno = reason;
        fail(target);
    }
    // The name, too, outlives a power cut.
    const Descriptor folder(::open(target.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!folder.open() || ::fsync(folder.get()) != 0) fail(target.parent_path());
}

std::optional<std::string> read_file(const fs::path& path) {
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
    if (!file.open() && (errno == ENOENT || errno == ENOTDIR)) return std::nullopt;
    if (!file.open()) fail(path);
    struct stat found {};
    if (::fstat(file.get(), &found) != 0) fail(path);
    std::string content(static_cast<std::size_t>(found.st_size), '\0');
    std::size_t done = 0;
    while (done < content.size()) {
        const auto count = ::read(file.get(), content.data() + done, content.size() - done);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) fail(path);
        if (count == 0) break;
        done += static_cast<std::size_t>(count);
    }
    content.resize(done);
    return content;
}

/// Moved aside first and looked at again: whoever puts the name at that moment puts it into the empty place, and what
/// he has just put before it is moved back.
bool remove_file(const fs::path& target, Time put_before) {
    const auto seen = about(target);
    if (!seen || time_of(*seen) >= put_before) return false;
    const auto aside = beside(target);
    if (::rename(target.c_str(), aside.c_str()) != 0) return false;
    const auto moved = about(aside);
    const bool fresh = moved && time_of(*moved) >= put_before;
    if (fresh) (void)::link(aside.c_str(), target.c_str());   // it is there already when he has put it once more
    ::unlink(aside.c_str());
    return !fresh;
}

std::vector<fs::path> sorted_entries(const fs::path& folder) {
    std::vector<fs::path> entries;
    std::error_code missing;
    for (fs::directory_iterator at(folder, missing); !missing && at != fs::directory_iterator(); at.increment(missing))
        entries.push_back(at->path());
    std::sort(entries.begin(), entries.end());
    return entries;
}

bool is_shelf(const fs::path& path) { return path.filename().string().size() == 2 && fs::is_directory(path); }

std::vector<std::string> older_files(const fs::path& root, Time put_before, const std::string& after, int limit) {
    std::vector<std::string> names;
    for (const auto& shelf : sorted_entries(root)) {
        if (!is_shelf(shelf) || shelf.filename().string() < after.substr(0, 2)) continue;
        for (const auto& entry : sorted_entries(shelf)) {
            const auto name = entry.filename().string();
            if (name <= after || !is_file_name(name)) continue;
            const auto found = about(entry);
            if (!found || time_of(*found) >= put_before) continue;
            names.push_back(name);
            if (names.size() == static_cast<std::size_t>(limit)) return names;
        }
    }
    return names;
}

int remove_drafts(const fs::path& root, Time begun_before) {
    int removed = 0;
    for (const auto& shelf : sorted_entries(root)) {
        if (!is_shelf(shelf)) continue;
        for (const auto& entry : sorted_entries(shelf)) {
            const auto found = entry.filename().string().front() == '.' ? about(entry) : std::nullopt;
            if (found && time_of(*found) < begun_before && ::unlink(entry.c_str()) == 0) ++removed;
        }
    }
    return removed;
}

class FolderStore final : public FileStore {
public:
    explicit FolderStore(fs::path root) : root_(std::move(root)) {}
    ~FolderStore() override { threads_.join(); }

    Task<> put(const Context& ctx, const std::string& name, Content content) override {
        const auto target = place(name);
        const auto now = ctx.now();
        (void)co_await offload(threads_, [&] {
            write_file(target, *content, now);
            return true;
        });
    }
    Task<std::optional<std::string>> get(const Context&, const std::string& name) override {
        const auto path = place(name);
        co_return co_await offload(threads_, [&] { return read_file(path); });
    }
    Task<bool> exists(const Context&, const std::string& name) override {
        const auto path = place(name);
        co_return co_await offload(threads_, [&] { return about(path).has_value(); });
    }
    Task<bool> remove(const Context&, const std::string& name, Time put_before) override {
        const auto path = place(name);
        co_return co_await offload(threads_, [&] { return remove_file(path, put_before); });
    }
    Task<std::vector<std::string>> older(const Context&, Time put_before, const std::string& after,
                                         int limit) override {
        co_return co_await offload(threads_, [&] { return older_files(root_, put_before, after, limit); });
    }
    Task<> sweep_drafts(const Context&, Time begun_before) override {
        (void)co_await offload(threads_, [&] { return remove_drafts(root_, begun_before); });
    }

private:
    fs::path place(const std::string& name) const {
        CADDY_ASSERT(is_file_name(name));
        return root_ / name.substr(0, 2) / name;
    }

    fs::path root_;
    asio::thread_pool threads_{2};
};

}   // namespace

bool is_file_name(std::string_view name) {
    const auto is_plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
    if (name.size() < 4 || name.size() > 120 || !is_plain(name.front()) || !is_plain(name[1])) return false;
    return name.find("..") == std::string_view::npos && std::all_of(name.begin(), name.end(), [&](char c) {
               return is_plain(c) || c == '-' || c == '_' || c == '.';
           });
}

std::unique_ptr<FileStore> folder_store(std::filesystem::path root) {
    return std::make_unique<FolderStore>(std::move(root));
}

}   // namespace caddy::files
