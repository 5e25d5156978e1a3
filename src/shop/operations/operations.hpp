#pragma once
// What those who run the shop look at: the figures of a time, and the work that happens in the background. One per
// process; event loop only.
#include "core/page.hpp"
#include "core/result.hpp"
#include "platform/db/database.hpp"
#include "platform/jobs/overview.hpp"
#include "shop/inventory/inventory.hpp"
#include "shop/orders/orders.hpp"

namespace caddy::operations {

constexpr int retry_max = 500;   // jobs of one request
constexpr int replay_max = 500;  // events of one request
constexpr int days_max = 366;    // of one look at the figures

/// How much there is to do, and how far behind it is.
struct JobSummary {
    std::vector<jobs::JobCount> counts;   // of those that are done, the ones of the last hour
    std::int64_t lag_ms = 0;              // age of the oldest that is due
};
BOOST_DESCRIBE_STRUCT(JobSummary, (), (counts, lag_ms))

struct RetryWish {
    std::string type;
};
BOOST_DESCRIBE_STRUCT(RetryWish, (), (type))

struct Retried {
    std::int64_t retried = 0;   // at most retry_max; ask again for more
};
BOOST_DESCRIBE_STRUCT(Retried, (), (retried))

/// Which finished events are delivered again: those of a type that occurred from a time on and before another.
struct ReplayWish {
    std::string type;
    Time from{};
    Time to{};
    std::optional<std::int64_t> limit{};   // replay_max where nothing is said
};
BOOST_DESCRIBE_STRUCT(ReplayWish, (), (type, from, to, limit))

struct Replayed {
    std::int64_t replayed = 0;
    std::optional<Time> next{};   // there may be more: ask again from here
};
BOOST_DESCRIBE_STRUCT(Replayed, (), (replayed, next))

/// Whole days in UTC, both of them included.
struct Days {
    std::chrono::sys_days from;
    std::chrono::sys_days to;
};

/// What one currency came to.
struct CurrencyFigures {
    Money total;
    std::int64_t orders = 0;
    Money average;   // rounded half up
    std::vector<orders::DaySales> days;
};
BOOST_DESCRIBE_STRUCT(CurrencyFigures, (), (total, orders, average, days))

/// How many carts came to an order that was paid.
struct Conversion {
    std::int64_t carts = 0;
    std::int64_t orders_paid = 0;
    std::optional<std::int64_t> basis_points{};   // none without carts
};
BOOST_DESCRIBE_STRUCT(Conversion, (), (carts, orders_paid, basis_points))

struct Figures {
    std::string from;   // 2026-01-01
    std::string to;
    std::vector<CurrencyFigures> sales;   // in the order of currencies
    std::vector<orders::StatusCount> orders_by_status;
    Conversion conversion;
    std::vector<orders::ProductSales> top_products;   // at most ten
    std::vector<inventory::Level> low_stock;          // now; the first twenty
};
BOOST_DESCRIBE_STRUCT(Figures, (), (from, to, sales, orders_by_status, conversion, top_products, low_stock))

class OperationsService {
public:
    OperationsService(db::Database& database, inventory::InventoryService& inventory)
        : db_(database), inventory_(inventory) {}

    /// By the time of their last or next try, the latest first. Refuses: request.cursor_mismatch
    Task<Result<Page<jobs::Job>>> list(const Context&, const jobs::JobQuery&, const PageRequest&);
    Task<JobSummary> summary(const Context&);
    /// Refuses: operations.job_not_found
    Task<Result<jobs::Job>> show(const Context&, jobs::EventId);
    /// Lets a parked job run again, with all its tries. Effect: audited
    /// Refuses: operations.job_not_found, operations.job_not_parked (409)
    Task<Result<jobs::Job>> retry(const Context&, jobs::EventId);
    /// The same for every parked job of a type, a bounded number at a time. Effect: audited
    Task<Result<Retried>> retry_all(const Context&, const RetryWish&);

    /// Has finished events delivered again, a bounded number at a time. Effect: audited
    /// Refuses: request.invalid_field (422) for a type that does not leave the shop, a time that ends before it begins,
    ///          a limit out of bounds
    Task<Result<Replayed>> replay(const Context&, const ReplayWish&);

    /// Refuses: request.invalid_field (422) for days that end before they begin, or for more than days_max
    Task<Result<Figures>> figures(const Context&, const Days&);

private:
    db::Database& db_;
    inventory::InventoryService& inventory_;
};

}   // namespace caddy::operations
