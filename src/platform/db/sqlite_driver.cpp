#include "platform/db/sqlite_driver.hpp"

#include "core/assert.hpp"
#include "platform/db/lender.hpp"
#include "platform/db/sqlite_handle.hpp"
#include "platform/runtime/offload.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <system_error>

namespace caddy::db {
namespace {

/// A handle and the threads on which it may be used. What stands here belongs to the event loop; the handle, to
/// whichever hop is under way: hops of one connection never overlap, and a thread pool's queue orders their memory.
class SqliteConnection final : public Connection {
public:
    SqliteConnection(asio::thread_pool& threads, std::unique_ptr<SqliteHandle> handle)
        : threads_(threads), handle_(std::move(handle)) {}

    void lend_for(Purpose purpose) {
        purpose_ = purpose;
        stage_ = Stage::none;
    }

    Engine engine() const override { return Engine::sqlite; }

    Task<Rows> run_statement(const Sql& sql, std::vector<Value> arguments, std::size_t slots) override {
        auto work = [this, &sql, frame = next_frame(), given = std::move(arguments), slots] {
            return open_handle().run(frame, sql, given, slots);
        };
        auto rows = co_await offload(threads_, std::move(work));
        co_return rows;
    }

    Task<Rows> run_text(std::string text) override {
        auto work = [this, frame = next_frame(), given = std::move(text)] {
            return open_handle().run_text(frame, given);
        };
        auto rows = co_await offload(threads_, std::move(work));
        co_return rows;
    }

    Task<> begin() override {
        CADDY_ASSERT(stage_ == Stage::none && purpose_ == Purpose::write);
        stage_ = Stage::asked;
        co_return;
    }

    Task<> run_commit() override {
        if (std::exchange(stage_, Stage::none) != Stage::open) co_return;   // no statement was run
        auto work = [this] {
            open_handle().commit();
            return true;
        };
        (void)co_await offload(threads_, std::move(work));
    }

    // The writer has one thread: what is posted to it after this finds the transaction ended.
    void abandon() noexcept override {
        if (std::exchange(stage_, Stage::none) != Stage::open) return;
        asio::post(threads_, [this] {
            if (handle_) handle_->roll_back();
        });
    }

    Task<> close() {
        auto work = [this] {
            handle_.reset();
            return true;
        };
        (void)co_await offload(threads_, std::move(work));
    }

private:
    enum class Stage { none, asked, open };

    SqliteHandle& open_handle() {
        if (!handle_) throw Gone("the database is closed");
        return *handle_;
    }
    SqliteHandle::Frame next_frame() {
        const SqliteHandle::Frame frame{purpose_, stage_ == Stage::open,
                                        stage_ == Stage::asked ? Opening::yes : Opening::no};
        if (stage_ == Stage::asked) stage_ = Stage::open;   // should BEGIN fail, the rollback finds nothing to do
        return frame;
    }

    asio::thread_pool& threads_;
    std::unique_ptr<SqliteHandle> handle_;
    Purpose purpose_ = Purpose::read;
    Stage stage_ = Stage::none;
};

/// Lives as long as the driver and every lease.
struct Pool {
    Pool(const asio::any_io_executor& loop, const SqliteConfig& config)
        : writers(loop, std::chrono::milliseconds(config.wait_limit_ms), static_cast<std::size_t>(config.queue_limit)),
          readers(loop, std::chrono::milliseconds(config.wait_limit_ms), static_cast<std::size_t>(config.queue_limit)),
          write_thread(1), read_threads(static_cast<std::size_t>(std::max(1, config.readers))) {}
    ~Pool() {
        write_thread.join();
        read_threads.join();
    }

    void add(Lender& lender, asio::thread_pool& threads, std::unique_ptr<SqliteHandle> handle) {
        connections.push_back(std::make_unique<SqliteConnection>(threads, std::move(handle)));
        lender.add(*connections.back());
    }

    Lender writers;
    Lender readers;
    std::vector<std::unique_ptr<SqliteConnection>> connections;
    asio::thread_pool write_thread;
    asio::thread_pool read_threads;
};

class SqliteDriver final : public Driver {
public:
    SqliteDriver(std::shared_ptr<Pool> pool, bool in_memory) : pool_(std::move(pool)), in_memory_(in_memory) {}

    Engine engine() const override { return Engine::sqlite; }

    Task<Lease> acquire(const Context& ctx, Purpose purpose) override {
        auto pool = pool_;
        auto& lender = lender_for(purpose);
        auto* connection = co_await lender.take(ctx);
        static_cast<SqliteConnection*>(connection)->lend_for(purpose == Purpose::write ? purpose : Purpose::read);
        co_return Lease(connection, [pool, &lender](Connection* back) { lender.give_back(*back); });
    }

    Usage usage(Purpose purpose) const override {
        // Each figure once, whoever adds them up.
        if (purpose == Purpose::replica || (in_memory_ && purpose == Purpose::read)) return {};
        return lender_for(purpose).usage();
    }

    Task<> close() override {
        pool_->writers.close();
        pool_->readers.close();
        // Who still works with a connection gets the time that a statement may take.
        asio::steady_timer pause(co_await asio::this_coro::executor);
        const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(5);
        while (pool_->writers.usage().lent + pool_->readers.usage().lent > 0 &&
               std::chrono::steady_clock::now() < until) {
            pause.expires_after(std::chrono::milliseconds(2));
            co_await pause.async_wait(asio::use_awaitable);
        }
        // The writer was the first to come and goes last: its end empties the log.
        for (auto at = pool_->connections.rbegin(); at != pool_->connections.rend(); ++at) co_await (*at)->close();
    }

private:
    Lender& lender_for(Purpose purpose) const {
        return purpose == Purpose::write || in_memory_ ? pool_->writers : pool_->readers;
    }

    std::shared_ptr<Pool> pool_;
    bool in_memory_;
};

/// The folder and the file, for their owner alone; SQLite gives its other files the same mode.
void create_file(const std::filesystem::path& file) {
    const auto folder = file.parent_path();
    std::error_code fault;
    if (!folder.empty() && std::filesystem::create_directories(folder, fault)) {
        std::filesystem::permissions(folder, std::filesystem::perms::owner_all, fault);
    }
    if (fault) throw Fault("cannot create the folder " + folder.string() + ": " + fault.message());
    const int made = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (made < 0) {
        throw Fault("cannot open the database " + file.string() + ": " + std::generic_category().message(errno) +
                    "; check that this user may write there");
    }
    ::close(made);
}

}  // namespace

std::unique_ptr<Driver> open_sqlite(asio::any_io_executor loop, const SqliteConfig& config) {
    const bool in_memory = config.file == ":memory:";
    if (!in_memory) create_file(config.file);
    const std::chrono::milliseconds busy_limit(config.busy_limit_ms);
    auto pool = std::make_shared<Pool>(loop, config);
    using Mode = SqliteHandle::Mode;
    try {
        pool->add(pool->writers, pool->write_thread,
                  std::make_unique<SqliteHandle>(config.file, Mode::read_write, busy_limit));
        for (int i = 0; i < config.readers && !in_memory; ++i) {
            pool->add(pool->readers, pool->read_threads,
                      std::make_unique<SqliteHandle>(config.file, Mode::read_only, busy_limit));
        }
    } catch (const Retry& busy) {
        throw Fault("cannot open the database " + config.file.string() + ": " + busy.what());
    }
    return std::make_unique<SqliteDriver>(std::move(pool), in_memory);
}

}  // namespace caddy::db
