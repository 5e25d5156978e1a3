#pragma once
// All SQL of flash sales. Private to the feature.
#include "platform/db/session.hpp"
#include "shop/flash_sales/flash_sales.hpp"

namespace caddy::flash_sales::store {

Task<> insert(db::Transaction&, const Sale&);
Task<std::optional<Sale>> find(db::Session&, SaleId);
/// Its row is locked until the transaction ends.
Task<std::optional<Sale>> lock(db::Transaction&, SaleId);
/// Everything but the three counts. REQUIRES: locked
Task<> update(db::Transaction&, const Sale&);
Task<> erase(db::Transaction&, SaleId);
/// Armed ones, those whose end is next first.
Task<std::vector<Sale>> armed(db::Session&, int limit);
/// Ids below `before`, newest first.
Task<std::vector<Sale>> list(db::Session&, SaleId before, int limit);
Task<std::vector<Sale>> list_in(db::Session&, SaleState, SaleId before, int limit);

/// Moves the counts; false when one of them would fall below zero.
struct Shift {
    std::int64_t stock = 0;
    std::int64_t remaining = 0;
    std::int64_t returned = 0;
};
Task<bool> shift(db::Transaction&, SaleId, const Shift&, Time now);

// ---- tickets ----
Task<> insert_ticket(db::Transaction&, const Ticket&, Time now);
Task<std::optional<Ticket>> find_ticket(db::Session&, TicketId);
Task<std::vector<Ticket>> find_tickets(db::Session&, std::span<const TicketId>);
Task<std::optional<Ticket>> ticket_of_key(db::Session&, const std::string& request_key);
Task<std::optional<Ticket>> ticket_of_order(db::Session&, orders::OrderId);
/// The oldest that wait.
Task<std::vector<Ticket>> waiting(db::Session&, SaleId, int limit);
Task<std::vector<SaleId>> sales_with_waiting(db::Session&);
Task<std::int64_t> waiting_before(db::Session&, SaleId, TicketId);
/// Writes how it ended and forgets what was asked for; false when it did not wait any more.
Task<bool> finish(db::Transaction&, const Ticket&, Time now);
/// Every ticket of a sale that waits fails for this; their units. REQUIRES: the sale's lock
Task<std::int64_t> fail_waiting(db::Transaction&, SaleId, const Error& why, Time now);
/// ordered → returned; false when it was not ordered any more.
Task<bool> mark_returned(db::Transaction&, TicketId, Time now);

/// Units that somebody's tickets hold.
struct Held {
    std::int64_t customer = 0;
    std::int64_t quantity = 0;
};
BOOST_DESCRIBE_STRUCT(Held, (), (customer, quantity))
Task<std::vector<Held>> held_by(db::Session&, SaleId, std::span<const std::int64_t> customers);
Task<std::vector<Held>> held(db::Session&, SaleId);

/// Which request a ticket was given for.
struct Given {
    TicketId id;
    std::string request_key;
    std::string request_hash;
};
BOOST_DESCRIBE_STRUCT(Given, (), (id, request_key, request_hash))
Task<std::vector<Given>> given(db::Session&, SaleId);
/// Those of these requests that have a ticket.
Task<std::vector<Given>> given_for(db::Session&, std::span<const std::string> request_keys);

struct StateCount {
    SaleId sale_id;
    TicketState state{};
    std::int64_t quantity = 0;
};
BOOST_DESCRIBE_STRUCT(StateCount, (), (sale_id, state, quantity))
Task<std::vector<StateCount>> counts_of(db::Session&, SaleId);

// ---- audit ----
Task<std::vector<Sale>> every_sale(db::Session&);
Task<std::vector<StateCount>> every_count(db::Session&);
struct OverQuota {
    SaleId sale_id;
    std::int64_t customer = 0;
    std::int64_t quantity = 0;
};
BOOST_DESCRIBE_STRUCT(OverQuota, (), (sale_id, customer, quantity))
Task<std::vector<OverQuota>> over_quota(db::Session&);
/// Ordered tickets whose order is not there.
Task<std::vector<TicketId>> without_order(db::Session&);

}  // namespace caddy::flash_sales::store
