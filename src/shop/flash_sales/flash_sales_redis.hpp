#pragma once
// Admission by Redis: one script takes units, and a queue of tickets waits there for the database. What Redis says is
// quick but never the last word: the order's transaction counts again. Private to the feature.
#include "shop/flash_sales/flash_sales_store.hpp"

#include <span>

namespace caddy::flash_sales {

BOOST_DEFINE_ENUM_CLASS(Answer, admitted, repeated, unknown, not_started, ended, quota, sold_out)

struct Admission {
    Answer answer = Answer::unknown;
    std::int64_t position = 0;      // of an admitted ticket
    TicketId ticket{};              // of a repeat: the one that was given
    std::string request_hash{};     // the same
    std::int64_t left = 0;          // where it is sold out: what is left for smaller wishes
};

/// A ticket that has left the queue; with `returned` units it did not become an order.
struct Settled {
    TicketId ticket;
    std::int64_t customer = 0;
    std::int64_t returned = 0;
};

/// What Redis counts at one moment.
struct Count {
    bool known = false;
    std::int64_t left = 0;
    std::vector<std::pair<TicketId, std::int64_t>> pending;   // tickets and their units
};

class RedisDoor {
public:
    explicit RedisDoor(redis::Client& client) : redis_(client) {}

    bool available() const { return redis_.available(); }
    enum class Wanted { ticket, repeat_only };
    Task<Admission> admit(const Context&, const Ticket&, Wanted);
    /// The next tickets, this process's for `lease`; those of a process that died come one by one.
    Task<std::vector<Ticket>> claim(const Context&, SaleId, int count, std::chrono::seconds lease);
    Task<> settle(const Context&, SaleId, std::span<const Settled>);
    struct Waiting {
        Ticket ticket;
        std::int64_t position = 0;
    };
    Task<std::optional<Waiting>> find(const Context&, SaleId, TicketId);
    /// Writes what the database knows of a sale into an empty Redis; what is there stays.
    Task<> load(const Context&, const Sale&, std::span<const store::Held>, std::span<const store::Given>);
    /// The sale's times and quota, where Redis knows it.
    Task<> change(const Context&, const Sale&);
    Task<Count> count(const Context&, SaleId);
    /// Moves what is left, not below zero.
    Task<> correct(const Context&, SaleId, std::int64_t difference);
    /// Takes units out if there are as many left; where the sale is not known, there is nothing to take: true.
    Task<bool> withdraw(const Context&, SaleId, std::int64_t quantity);
    /// So much is no longer held by a customer.
    Task<> forget_units(const Context&, SaleId, std::int64_t customer, std::int64_t quantity);

private:
    redis::Client& redis_;
};

}  // namespace caddy::flash_sales
