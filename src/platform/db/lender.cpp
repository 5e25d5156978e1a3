#include "platform/db/lender.hpp"

#include "core/assert.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <optional>

namespace caddy::db {

using std::chrono::steady_clock;

/// A place in the queue, which is left in any case: when the wait is cancelled, and when its frame is destroyed.
struct Lender::Waiter {
    Waiter(Lender& of, steady_clock::time_point until) : lender(of), timer(of.executor_, until) {
        place = lender.waiting_.insert(lender.waiting_.end(), this);
    }
    Waiter(const Waiter&) = delete;
    ~Waiter() {
        if (place) lender.waiting_.erase(*place);
        if (granted) lender.give_back(*granted);
    }
    void grant(Connection* connection) {
        lender.waiting_.erase(*place);
        place.reset();
        granted = connection;
        timer.cancel();
    }

    Lender& lender;
    asio::steady_timer timer;
    std::optional<std::list<Waiter*>::iterator> place;
    Connection* granted = nullptr;   // null and out of the queue: closed
};

Lender::Lender(asio::any_io_executor executor, std::chrono::milliseconds wait_limit, std::size_t queue_limit)
    : executor_(std::move(executor)), wait_limit_(wait_limit), queue_limit_(queue_limit) {}

Lender::~Lender() { CADDY_ASSERT(waiting_.empty()); }

void Lender::add(Connection& connection) {
    ++total_;
    idle_.push_back(&connection);
}

Connection* Lender::best_idle(const Rank& rank) {
    auto best = idle_.end() - 1;
    if (rank) {
        for (auto at = idle_.begin(); at != idle_.end(); ++at) {
            if (rank(**at) >= rank(**best)) best = at;
        }
    }
    auto* connection = *best;
    idle_.erase(best);
    return connection;
}

Task<Connection*> Lender::take(const Context& ctx, Rank rank) {
    if (ctx.deadline <= steady_clock::now()) throw DeadlineExceeded{};
    if (closed_) throw Gone("the database is closed");
    Connection* connection = nullptr;
    if (waiting_.empty() && !idle_.empty()) connection = best_idle(rank);
    else connection = co_await queue_up(ctx);
    connection->work_for(ctx);
    co_return connection;
}

Task<Connection*> Lender::queue_up(const Context& ctx) {
    ++waits_;
    if (waiting_.size() >= queue_limit_) {
        ++refused_;
        throw Gone("too many wait for a database connection");
    }
    const auto since = steady_clock::now();
    Waiter waiter(*this, std::min(ctx.deadline, since + wait_limit_));
    boost::system::error_code end;
    co_await waiter.timer.async_wait(asio::redirect_error(asio::use_awaitable, end));
    waited_us_ += std::chrono::duration_cast<std::chrono::microseconds>(steady_clock::now() - since).count();
    if (waiter.granted) co_return std::exchange(waiter.granted, nullptr);
    if (!waiter.place) throw Gone("the database is closed");
    if (end) throw boost::system::system_error(end);   // cancelled
    ++refused_;
    if (ctx.deadline <= steady_clock::now()) throw DeadlineExceeded{};
    throw Gone("waited too long for a database connection");
}

void Lender::give_back(Connection& connection) {
    if (waiting_.empty()) idle_.push_back(&connection);
    else waiting_.front()->grant(&connection);
}

void Lender::close() {
    closed_ = true;
    while (!waiting_.empty()) waiting_.front()->grant(nullptr);
}

Driver::Usage Lender::usage() const {
    Driver::Usage usage;
    usage.lent = total_ - idle_.size();
    usage.idle = idle_.size();
    usage.waiting = waiting_.size();
    usage.waits = waits_;
    usage.waited_us = waited_us_;
    usage.refused = refused_;
    return usage;
}

}  // namespace caddy::db
