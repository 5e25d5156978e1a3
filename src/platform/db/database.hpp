#pragma once
// A database: sessions for reads, and the one idiom for writes. Services hold a Database&, stores a Session&.
// One per process; used from the event loop only.
#include "core/result.hpp"
#include "platform/db/session.hpp"
#include "platform/runtime/context.hpp"

#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/this_coro.hpp>

#include <functional>
#include <memory>

namespace caddy::db {

/// `replica` is for reads that may be a moment old: from a read-only copy where there is one, else as `read`.
enum class Purpose { read, write, replica };

/// Connections to one engine, lent one at a time.
class Driver {
public:
    using Lease = std::unique_ptr<Connection, std::function<void(Connection*)>>;   // gives back on destruction

    virtual ~Driver() = default;
    virtual Engine engine() const = 0;
    /// Waits its turn, at most until the context's deadline or the driver's own wait limit. Throws Gone.
    virtual Task<Lease> acquire(const Context&, Purpose) = 0;
    struct Usage {
        std::size_t lent = 0;
        std::size_t idle = 0;      // open and free
        std::size_t waiting = 0;   // callers in the queue
        // Since the start:
        std::int64_t waits = 0;      // callers that had to queue
        std::int64_t waited_us = 0;  // the time that they all spent there
        std::int64_t refused = 0;    // those of them who got none in time, or found the queue full
        std::int64_t opened = 0;
        std::int64_t closed = 0;
    };
    virtual Usage usage(Purpose) const = 0;
    /// Ends every connection. REQUIRES: none is lent out. Whoever comes later gets Gone.
    virtual Task<> close() = 0;
};

/// A session for reads, outside any transaction of the caller's; holds its connection while it lives.
class ReadSession : public Session {
public:
    explicit ReadSession(Driver::Lease lease) : Session(*lease), lease_(std::move(lease)) {}

private:
    Driver::Lease lease_;
};

class Database {
public:
    explicit Database(std::unique_ptr<Driver> driver) : driver_(std::move(driver)) {}

    Engine engine() const { return driver_->engine(); }

    /// `auto db = co_await db_.read(ctx);` then `co_await store::load(db, id)`.
    Task<ReadSession> read(const Context& ctx) {
        auto lease = co_await driver_->acquire(ctx, Purpose::read);
        co_return ReadSession(std::move(lease));
    }

    /// For what shoppers look at and nobody decides on: it may be a moment old. Whoever has just written does not
    /// find it here for sure.
    Task<ReadSession> read_replica(const Context& ctx) {
        auto lease = co_await driver_->acquire(ctx, Purpose::replica);
        co_return ReadSession(std::move(lease));
    }

    /// The unit of work: commits when `body` returns a value, rolls back on a refusal or a fault, and runs `body`
    /// again on a deadlock or write conflict (bounded, with jitter), and once after a Conflict that it let pass: the
    /// second run sees the row that it met, or draws another id. COMMIT is never cancelled, and never run again unless
    /// the engine itself says that it rolled back. Gone when conflicts do not end.
    ///
    /// `body` is a callable (Transaction&) -> Task<Result<T>>; this frame keeps it alive, so it may be a capturing
    /// lambda, here and nowhere else. It must be safe to run again: no effect outside the transaction.
    template <class Body>
    auto transact(const Context& ctx, std::string_view name, Body body) -> std::invoke_result_t<Body&, Transaction&> {
        for (int attempt = 1;; ++attempt) {
            bool again = false;
            try {
                auto lease = co_await driver_->acquire(ctx, Purpose::write);
                co_await lease->begin();
                Transaction tx(*lease);
                auto outcome = co_await body(tx);
                if (outcome.has_value()) {
                    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
                    co_await tx.commit();
                    co_await asio::this_coro::reset_cancellation_state(asio::enable_terminal_cancellation());
                    if (tx.announced()) tell(tx.announcements());
                }
                co_return outcome;
            } catch (const Retry& conflict) {
                if (attempt == attempts_max) throw Gone(conflict.what());
                again = true;
            } catch (const Conflict&) {
                if (attempt > 1) throw;
                again = true;
            }
            if (!again) continue;
            // A COMMIT that was refused has left it switched off.
            co_await asio::this_coro::reset_cancellation_state(asio::enable_terminal_cancellation());
            co_await back_off(attempt, name);
        }
    }

    /// `listener` is called after each commit whose transaction announced itself; an empty one ends that. What it does
    /// must be short and must not throw.
    void on_announced(std::function<void()> listener) { on_announced_ = std::move(listener); }
    /// The same, with what each of these transactions announced in words; called before on_announced's listener, and
    /// before transact() returns: whoever is answered then has been heard here. It is no substitute for what the
    /// transaction wrote: a process that ends right after the commit tells nobody.
    void on_announcement(std::function<void(const std::vector<Announcement>&)> listener) {
        on_announcement_ = std::move(listener);
    }

    Driver& driver() { return *driver_; }

private:
    static constexpr int attempts_max = 5;
    /// Waits a little longer each time, with jitter, so that two rivals do not meet again.
    static Task<> back_off(int attempt, std::string_view name);
    void tell(const std::vector<Announcement>& announcements) {
        if (on_announcement_ && !announcements.empty()) on_announcement_(announcements);
        if (on_announced_) on_announced_();
    }

    std::unique_ptr<Driver> driver_;
    std::function<void()> on_announced_;
    std::function<void(const std::vector<Announcement>&)> on_announcement_;
};

}  // namespace caddy::db
