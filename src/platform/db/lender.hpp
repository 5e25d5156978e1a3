#pragma once
// Lends connections one at a time, first come, first served, with a limit to the wait and to the queue. Knows no
// engine. Event loop only.
#include "platform/db/database.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <list>
#include <vector>

namespace caddy::db {

class Lender {
public:
    Lender(asio::any_io_executor, std::chrono::milliseconds wait_limit, std::size_t queue_limit);
    Lender(const Lender&) = delete;
    ~Lender();

    /// How well an idle connection suits a caller: the highest is taken, and of equals the one last given back.
    using Rank = std::function<int(const Connection&)>;

    void add(Connection&);
    /// Throws Gone past a limit or after close(), DeadlineExceeded past the context's deadline.
    Task<Connection*> take(const Context&, Rank = {});
    void give_back(Connection&);
    /// Whoever waits, and whoever comes later, gets Gone.
    void close();
    /// Neither opened nor closed: it does not know whether a connection is open.
    Driver::Usage usage() const;

private:
    struct Waiter;

    Connection* best_idle(const Rank&);
    Task<Connection*> queue_up(const Context&);

    asio::any_io_executor executor_;
    std::chrono::milliseconds wait_limit_;
    std::size_t queue_limit_;
    std::size_t total_ = 0;
    std::vector<Connection*> idle_;
    std::list<Waiter*> waiting_;
    bool closed_ = false;
    std::int64_t waits_ = 0;
    std::int64_t waited_us_ = 0;
    std::int64_t refused_ = 0;
};

}  // namespace caddy::db
