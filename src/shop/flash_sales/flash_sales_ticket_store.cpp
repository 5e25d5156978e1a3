// The statements of tickets.
#include "shop/flash_sales/flash_sales_store.hpp"

namespace caddy::flash_sales::store {

const db::Sql sql_insert_ticket{
    {.name = "flash_sales.insert_ticket",
     .any = "INSERT INTO flash_sale_tickets (id, sale_id, customer, quantity, state, request, request_key, "
            "request_hash, order_id, reason, detail, expires_at, created_at, updated_at) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"}};

Task<> insert_ticket(db::Transaction& tx, const Ticket& ticket, Time now) {
    co_await tx.exec(sql_insert_ticket, ticket.id, ticket.sale_id, ticket.customer, ticket.quantity, ticket.state,
                     ticket.request, ticket.request_key, ticket.request_hash, ticket.order_id, ticket.reason,
                     ticket.detail, ticket.expires_at, ticket.created_at, now);
}

const db::Sql sql_find_tickets{
    {.name = "flash_sales.find_tickets",
     .any = "SELECT id, sale_id, customer, quantity, state, request, request_key, request_hash, order_id, reason, "
            "detail, expires_at, created_at FROM flash_sale_tickets WHERE id IN (:ids)"}};

Task<std::vector<Ticket>> find_tickets(db::Session& db, std::span<const TicketId> ids) {
    co_return co_await db.all_in<Ticket>(sql_find_tickets, ids);
}

Task<std::optional<Ticket>> find_ticket(db::Session& db, TicketId id) {
    auto found = co_await find_tickets(db, std::span(&id, 1));
    if (found.empty()) co_return std::nullopt;
    co_return std::move(found.front());
}

const db::Sql sql_ticket_of_key{
    {.name = "flash_sales.ticket_of_key",
     .any = "SELECT id, sale_id, customer, quantity, state, request, request_key, request_hash, order_id, reason, "
            "detail, expires_at, created_at FROM flash_sale_tickets WHERE request_key = ?"}};

Task<std::optional<Ticket>> ticket_of_key(db::Session& db, const std::string& request_key) {
    co_return co_await db.one<Ticket>(sql_ticket_of_key, request_key);
}

const db::Sql sql_ticket_of_order{
    {.name = "flash_sales.ticket_of_order",
     .any = "SELECT id, sale_id, customer, quantity, state, request, request_key, request_hash, order_id, reason, "
            "detail, expires_at, created_at FROM flash_sale_tickets WHERE order_id = ?"}};

Task<std::optional<Ticket>> ticket_of_order(db::Session& db, orders::OrderId order) {
    co_return co_await db.one<Ticket>(sql_ticket_of_order, order);
}

const db::Sql sql_waiting{
    {.name = "flash_sales.waiting",
     .any = "SELECT id, sale_id, customer, quantity, state, request, request_key, request_hash, order_id, reason, "
            "detail, expires_at, created_at FROM flash_sale_tickets WHERE sale_id = ? AND state = 'waiting' "
            "ORDER BY id LIMIT ?"}};

Task<std::vector<Ticket>> waiting(db::Session& db, SaleId sale, int limit) {
    co_return co_await db.all<Ticket>(sql_waiting, sale, limit);
}

const db::Sql sql_waiting_before{
    {.name = "flash_sales.waiting_before",
     .any = "SELECT COUNT(*) FROM flash_sale_tickets WHERE sale_id = ? AND state = 'waiting' AND id < ?"}};

Task<std::int64_t> waiting_before(db::Session& db, SaleId sale, TicketId ticket) {
    const auto count = co_await db.scalar<std::int64_t>(sql_waiting_before, sale, ticket);
    co_return count.value_or(0);
}

const db::Sql sql_finish{
    {.name = "flash_sales.finish",
     .any = "UPDATE flash_sale_tickets SET state = ?, request = '', order_id = ?, reason = ?, detail = ?, "
            "updated_at = ? WHERE id = ? AND state = 'waiting'"}};

Task<bool> finish(db::Transaction& tx, const Ticket& ticket, Time now) {
    const auto rows =
        co_await tx.exec(sql_finish, ticket.state, ticket.order_id, ticket.reason, ticket.detail, now, ticket.id);
    co_return rows == 1;
}

const db::Sql sql_units_waiting{
    {.name = "flash_sales.units_waiting",
     .any = "SELECT CAST(COALESCE(SUM(quantity), 0) AS SIGNED) FROM flash_sale_tickets "
            "WHERE sale_id = ? AND state = 'waiting'"}};
const db::Sql sql_fail_waiting{
    {.name = "flash_sales.fail_waiting",
     .any = "UPDATE flash_sale_tickets SET state = 'failed', request = '', reason = ?, detail = ?, updated_at = ? "
            "WHERE sale_id = ? AND state = 'waiting'"}};

Task<std::int64_t> fail_waiting(db::Transaction& tx, SaleId sale, const Error& why, Time now) {
    const auto units = co_await tx.scalar<std::int64_t>(sql_units_waiting, sale);
    co_await tx.exec(sql_fail_waiting, why.code, why.detail, now, sale);
    co_return units.value_or(0);
}

const db::Sql sql_mark_returned{
    {.name = "flash_sales.mark_returned",
     .any = "UPDATE flash_sale_tickets SET state = 'returned', updated_at = ? WHERE id = ? AND state = 'ordered'"}};

Task<bool> mark_returned(db::Transaction& tx, TicketId id, Time now) {
    const auto rows = co_await tx.exec(sql_mark_returned, now, id);
    co_return rows == 1;
}

const db::Sql sql_held_by{
    {.name = "flash_sales.held_by",
     .any = "SELECT customer, CAST(SUM(quantity) AS SIGNED) AS quantity FROM flash_sale_tickets "
            "WHERE sale_id = ? AND state IN ('waiting', 'ordered') AND customer IN (:ids) GROUP BY customer"}};

Task<std::vector<Held>> held_by(db::Session& db, SaleId sale, std::span<const std::int64_t> customers) {
    co_return co_await db.all_in<Held>(sql_held_by, customers, sale);
}

const db::Sql sql_held{
    {.name = "flash_sales.held",
     .any = "SELECT customer, CAST(SUM(quantity) AS SIGNED) AS quantity FROM flash_sale_tickets "
            "WHERE sale_id = ? AND state IN ('waiting', 'ordered') GROUP BY customer"}};

Task<std::vector<Held>> held(db::Session& db, SaleId sale) { co_return co_await db.all<Held>(sql_held, sale); }

const db::Sql sql_given{{.name = "flash_sales.given",
                         .any = "SELECT id, request_key, request_hash FROM flash_sale_tickets WHERE sale_id = ?"}};

Task<std::vector<Given>> given(db::Session& db, SaleId sale) { co_return co_await db.all<Given>(sql_given, sale); }

const db::Sql sql_given_for{
    {.name = "flash_sales.given_for",
     .any = "SELECT id, request_key, request_hash FROM flash_sale_tickets WHERE request_key IN (:ids)"}};

Task<std::vector<Given>> given_for(db::Session& db, std::span<const std::string> request_keys) {
    co_return co_await db.all_in<Given>(sql_given_for, request_keys);
}

const db::Sql sql_counts_of{
    {.name = "flash_sales.counts_of",
     .any = "SELECT sale_id, state, CAST(SUM(quantity) AS SIGNED) AS quantity FROM flash_sale_tickets "
            "WHERE sale_id = ? GROUP BY sale_id, state"}};

Task<std::vector<StateCount>> counts_of(db::Session& db, SaleId sale) {
    co_return co_await db.all<StateCount>(sql_counts_of, sale);
}

}  // namespace caddy::flash_sales::store
