#pragma once
// Lends connections one at a time, first come, first served, with a limit to the wait and to the queue. Knows no
// engine. Event loop only.
#include "platform/db/database.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <chrono>
#include <cstddef>
#include <list>
#include <vector>

namespace caddy::db {

class Lender {
public:
    Lender(asio::any_io_executor, std::chrono::milliseconds wait_limit, std::size_t queue_limit);
    Lender(const Lender&) = delete;
    ~Lender();

    void add(Connection&);
    /// Throws Gone past a limit or after close(), DeadlineExceeded past the context's deadline.
    Task<Connection*> take(const Context&);
    void give_back(Connection&);
    /// Whoever waits, and whoever comes later, gets Gone.
    void close();
    Driver::Usage usage() const;

private:
    struct Waiter;

    asio::any_io_executor executor_;
    std::chrono::milliseconds wait_limit_;
    std::size_t queue_limit_;
    std::size_t total_ = 0;
    std::vector<Connection*> idle_;
    std::list<Waiter*> waiting_;
    bool closed_ = false;
};

}  // namespace caddy::db
