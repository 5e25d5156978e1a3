// The rows of refunds, and the guard that keeps their sum within what was paid.
#include "shop/payments/payments_store.hpp"

#include <algorithm>

namespace caddy::payments::store {
namespace {

struct RefundRow {
    RefundId id;
    OrderId order_id;
    PaymentId payment_id;
    std::int64_t amount_minor = 0;
    Currency currency;
    std::string reason;
    RefundStatus status{};
    bool restock = false;
    orders::OrderStatus order_status{};
    std::string actor;
    std::optional<Time> finished_at;
    Time created_at{};
};
BOOST_DESCRIBE_STRUCT(RefundRow, (), (id, order_id, payment_id, amount_minor, currency, reason, status, restock,
                                      order_status, actor, finished_at, created_at))

struct RefundLineRow {
    RefundId refund_id;
    orders::LineId line_id;
    std::int64_t quantity = 0;
    std::int64_t freed = 0;
    std::int64_t restocked = 0;
};
BOOST_DESCRIBE_STRUCT(RefundLineRow, (), (refund_id, line_id, quantity, freed, restocked))

struct IdRow {
    PaymentId id;
};
BOOST_DESCRIBE_STRUCT(IdRow, (), (id))

Refund refund_of(RefundRow row) {
    Refund refund;
    refund.id = row.id;
    refund.order = row.order_id;
    refund.payment = row.payment_id;
    refund.amount = {row.amount_minor, row.currency};
    refund.reason = std::move(row.reason);
    refund.status = row.status;
    refund.restock = row.restock;
    refund.order_status = row.order_status;
    refund.actor = std::move(row.actor);
    refund.finished_at = row.finished_at;
    refund.created_at = row.created_at;
    return refund;
}

}  // namespace

const db::Sql sql_set_aside{{
    .name = "payments.set_aside",
    .any = "UPDATE payments SET returned_minor = returned_minor + ?, updated_at = ?, version = version + 1 "
           "WHERE id = ? AND status = 'succeeded' AND returned_minor + ? <= amount_minor"}};

Task<bool> set_aside(db::Transaction& tx, PaymentId id, std::int64_t amount_minor, Time now) {
    const auto changed = co_await tx.exec(sql_set_aside, amount_minor, now, id, amount_minor);
    co_return changed == 1;
}

const db::Sql sql_set_free{{
    .name = "payments.set_free",
    .any = "UPDATE payments SET returned_minor = returned_minor - ?, updated_at = ?, version = version + 1 "
           "WHERE id = ? AND returned_minor >= ?"}};

Task<> set_free(db::Transaction& tx, PaymentId id, std::int64_t amount_minor, Time now) {
    const auto changed = co_await tx.exec(sql_set_free, amount_minor, now, id, amount_minor);
    if (changed != 1) throw db::Fault("more is taken back from the refunds of " + id.text() + " than they hold");
}

const db::Sql sql_insert_refund{{
    .name = "payments.insert_refund",
    .any = "INSERT INTO refunds (id, order_id, payment_id, amount_minor, currency, reason, status, restock, "
           "order_status, actor, finished_at, created_at, updated_at) "
           "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, ?, ?)"}};
const db::Sql sql_insert_refund_line{{
    .name = "payments.insert_refund_line",
    .any = "INSERT INTO refund_lines (refund_id, line_id, order_id, quantity, freed, restocked) "
           "VALUES (?, ?, ?, ?, ?, ?)"}};

Task<> insert_refund(db::Transaction& tx, const Refund& refund) {
    co_await tx.exec(sql_insert_refund, refund.id, refund.order, refund.payment, refund.amount.minor,
                     refund.amount.currency, refund.reason, refund.status, refund.restock, refund.order_status,
                     refund.actor, refund.created_at, refund.created_at);
    for (const auto& line : refund.lines) {
        co_await tx.exec(sql_insert_refund_line, refund.id, line.line_id, refund.order, line.quantity, line.freed,
                         line.restocked);
    }
}

const db::Sql sql_end_refund{{
    .name = "payments.end_refund",
    .any = "UPDATE refunds SET status = ?, finished_at = ?, updated_at = ? WHERE id = ? AND status = 'pending'"}};

Task<bool> end_refund(db::Transaction& tx, RefundId id, RefundStatus status, Time now) {
    const auto changed = co_await tx.exec(sql_end_refund, status, now, now, id);
    co_return changed == 1;
}

const db::Sql sql_load_refund{{
    .name = "payments.load_refund",
    .any = "SELECT id, order_id, payment_id, amount_minor, currency, reason, status, restock, order_status, actor, "
           "finished_at, created_at FROM refunds WHERE id = ?"}};
const db::Sql sql_load_refund_lines{{
    .name = "payments.load_refund_lines",
    .any = "SELECT refund_id, line_id, quantity, freed, restocked FROM refund_lines WHERE refund_id = ? "
           "ORDER BY line_id"}};

Task<std::optional<Refund>> load_refund(db::Session& db, RefundId id) {
    auto row = co_await db.one<RefundRow>(sql_load_refund, id);
    if (!row) co_return std::nullopt;
    auto refund = refund_of(std::move(*row));
    const auto lines = co_await db.all<RefundLineRow>(sql_load_refund_lines, id);
    for (const auto& line : lines) refund.lines.push_back({line.line_id, line.quantity, line.freed, line.restocked});
    co_return refund;
}

const db::Sql sql_refunds_of{{
    .name = "payments.refunds_of",
    .any = "SELECT id, order_id, payment_id, amount_minor, currency, reason, status, restock, order_status, actor, "
           "finished_at, created_at FROM refunds WHERE order_id IN (:ids)"}};
const db::Sql sql_refund_lines_of{{
    .name = "payments.refund_lines_of",
    .any = "SELECT refund_id, line_id, quantity, freed, restocked FROM refund_lines WHERE order_id = ? "
           "ORDER BY refund_id, line_id"}};

Task<std::vector<Refund>> refunds_of_all(db::Session& db, std::span<const OrderId> orders) {
    auto rows = co_await db.all_in<RefundRow>(sql_refunds_of, orders);
    std::vector<Refund> refunds;
    refunds.reserve(rows.size());
    for (auto& row : rows) refunds.push_back(refund_of(std::move(row)));
    co_return refunds;
}

Task<std::vector<Refund>> refunds_of(db::Session& db, OrderId order) {
    const OrderId wanted[] = {order};
    auto refunds = co_await refunds_of_all(db, wanted);
    std::ranges::sort(refunds, {}, &Refund::id);
    const auto lines = co_await db.all<RefundLineRow>(sql_refund_lines_of, order);
    for (const auto& line : lines) {
        const auto owner = std::ranges::find(refunds, line.refund_id, &Refund::id);
        if (owner == refunds.end()) continue;
        owner->lines.push_back({line.line_id, line.quantity, line.freed, line.restocked});
    }
    co_return refunds;
}

const db::Sql sql_returned_wrongly{{
    .name = "payments.returned_wrongly",
    .any = "SELECT p.id AS id FROM payments p LEFT JOIN refunds r ON r.payment_id = p.id AND r.status <> 'failed' "
           "GROUP BY p.id, p.returned_minor, p.amount_minor "
           "HAVING p.returned_minor <> COALESCE(SUM(r.amount_minor), 0) OR p.returned_minor > p.amount_minor"}};

Task<std::vector<PaymentId>> returned_wrongly(db::Session& db) {
    const auto rows = co_await db.all<IdRow>(sql_returned_wrongly);
    std::vector<PaymentId> ids;
    for (const auto& row : rows) ids.push_back(row.id);
    co_return ids;
}

}  // namespace caddy::payments::store
