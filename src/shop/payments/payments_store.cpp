#include "shop/payments/payments_store.hpp"

#include <array>

namespace caddy::payments::store {
namespace {

struct PaymentRow {
    PaymentId id;
    OrderId order_id;
    std::string provider;
    std::optional<std::string> provider_reference;
    std::int64_t amount_minor = 0;
    Currency currency;
    PaymentStatus status{};
    std::optional<std::string> next_action;
    std::optional<std::string> failure_code;
    std::optional<Time> settled_at;
    Time created_at{};
    std::int64_t version = 0;
    std::int64_t returned_minor = 0;
};
BOOST_DESCRIBE_STRUCT(PaymentRow, (), (id, order_id, provider, provider_reference, amount_minor, currency, status,
                                       next_action, failure_code, settled_at, created_at, version, returned_minor))

struct EventRow {
    EventId id;
    std::string provider;
    std::string event_id;
    PaymentId payment_id;
    std::string reference;
    EventKind kind{};
    std::int64_t amount_minor = 0;
    Currency currency;
    std::optional<std::string> failure_code;
    Time occurred_at{};
    std::optional<Time> processed_at;
};
BOOST_DESCRIBE_STRUCT(EventRow, (), (id, provider, event_id, payment_id, reference, kind, amount_minor, currency,
                                     failure_code, occurred_at, processed_at))

struct OrderIdRow {
    OrderId id;
};
BOOST_DESCRIBE_STRUCT(OrderIdRow, (), (id))
struct PaymentIdRow {
    PaymentId id;
};
BOOST_DESCRIBE_STRUCT(PaymentIdRow, (), (id))

Payment payment_of(PaymentRow row) {
    Payment payment;
    payment.id = row.id;
    payment.order = row.order_id;
    payment.provider = std::move(row.provider);
    payment.reference = std::move(row.provider_reference);
    payment.amount = {row.amount_minor, row.currency};
    payment.status = row.status;
    if (row.next_action) payment.next_action = json::Raw{std::move(*row.next_action)};
    payment.failure_code = std::move(row.failure_code);
    payment.settled_at = row.settled_at;
    payment.created_at = row.created_at;
    payment.version = row.version;
    payment.returned_minor = row.returned_minor;
    return payment;
}

std::vector<Payment> payments_of(std::vector<PaymentRow> rows) {
    std::vector<Payment> payments;
    payments.reserve(rows.size());
    for (auto& row : rows) payments.push_back(payment_of(std::move(row)));
    return payments;
}

StoredEvent event_of(EventRow row) {
    StoredEvent stored;
    stored.id = row.id;
    stored.provider = std::move(row.provider);
    stored.event.event_id = std::move(row.event_id);
    stored.event.reference = std::move(row.reference);
    stored.event.payment = row.payment_id;
    stored.event.kind = row.kind;
    stored.event.amount = {row.amount_minor, row.currency};
    stored.event.failure_code = std::move(row.failure_code);
    stored.event.occurred_at = row.occurred_at;
    stored.processed = row.processed_at.has_value();
    return stored;
}

}  // namespace

const db::Sql sql_insert{{
    .name = "payments.insert",
    .any = "INSERT INTO payments (id, order_id, provider, provider_reference, amount_minor, currency, status, "
           "next_action, failure_code, settled_at, created_at, updated_at, version) "
           "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"}};

Task<> insert(db::Transaction& tx, const Payment& payment) {
    co_await tx.exec(sql_insert, payment.id, payment.order, payment.provider, payment.reference, payment.amount.minor,
                     payment.amount.currency, payment.status, std::nullopt, std::nullopt, std::nullopt,
                     payment.created_at, payment.created_at, payment.version);
}

const db::Sql sql_load{{
    .name = "payments.load",
    .any = "SELECT id, order_id, provider, provider_reference, amount_minor, currency, status, next_action, "
           "failure_code, settled_at, created_at, version, returned_minor FROM payments WHERE id IN (:ids)"}};
const db::Sql sql_lock{{
    .name = "payments.lock",
    .mysql = "SELECT id, order_id, provider, provider_reference, amount_minor, currency, status, next_action, "
             "failure_code, settled_at, created_at, version, returned_minor FROM payments WHERE id = ? FOR UPDATE",
    .sqlite = "SELECT id, order_id, provider, provider_reference, amount_minor, currency, status, next_action, "
              "failure_code, settled_at, created_at, version, returned_minor FROM payments WHERE id = ?"}};

Task<std::vector<Payment>> load_all(db::Session& db, std::span<const PaymentId> ids) {
    auto rows = co_await db.all_in<PaymentRow>(sql_load, ids);
    co_return payments_of(std::move(rows));
}

Task<std::optional<Payment>> load(db::Session& db, PaymentId id) {
    const std::array ids{id};
    auto found = co_await load_all(db, ids);
    if (found.empty()) co_return std::nullopt;
    co_return std::move(found.front());
}

Task<std::optional<Payment>> lock(db::Transaction& tx, PaymentId id) {
    auto row = co_await tx.one<PaymentRow>(sql_lock, id);
    if (!row) co_return std::nullopt;
    co_return payment_of(std::move(*row));
}

const db::Sql sql_of_order{{
    .name = "payments.of_order",
    .any = "SELECT id, order_id, provider, provider_reference, amount_minor, currency, status, next_action, "
           "failure_code, settled_at, created_at, version, returned_minor FROM payments WHERE order_id = ? "
           "ORDER BY id"}};

Task<std::vector<Payment>> of_order(db::Session& db, OrderId order) {
    auto rows = co_await db.all<PaymentRow>(sql_of_order, order);
    co_return payments_of(std::move(rows));
}

const db::Sql sql_set_begun{{
    .name = "payments.set_begun",
    .any = "UPDATE payments SET status = ?, provider_reference = ?, next_action = ?, updated_at = ?, "
           "version = version + 1 WHERE id = ? AND status = ?"}};

Task<bool> set_begun(db::Transaction& tx, PaymentId id, const Begun& begun, Time now) {
    const auto changed = co_await tx.exec(sql_set_begun, PaymentStatus::pending, begun.reference,
                                          begun.next_action.text, now, id, PaymentStatus::created);
    co_return changed == 1;
}

const db::Sql sql_change_status{{
    .name = "payments.change_status",
    .any = "UPDATE payments SET status = ?, failure_code = ?, settled_at = ?, updated_at = ?, version = version + 1 "
           "WHERE id = ? AND status = ?"}};

Task<bool> change_status(db::Transaction& tx, const Payment& payment, PaymentStatus to,
                         const std::optional<std::string>& failure_code, Time now) {
    auto settled_at = payment.settled_at;
    // Money that goes back without having been wanted has been taken all the same.
    const bool taken = to == PaymentStatus::succeeded || to == PaymentStatus::refund_pending;
    if (taken && !settled_at) settled_at = now;
    const auto changed =
        co_await tx.exec(sql_change_status, to, failure_code, settled_at, now, payment.id, payment.status);
    co_return changed == 1;
}

const db::Sql sql_set_reference{{
    .name = "payments.set_reference",
    .any = "UPDATE payments SET provider_reference = ?, updated_at = ?, version = version + 1 "
           "WHERE id = ? AND provider_reference IS NULL"}};

Task<> set_reference(db::Transaction& tx, PaymentId id, std::string_view reference, Time now) {
    co_await tx.exec(sql_set_reference, reference, now, id);
}

const db::Sql sql_insert_event{{
    .name = "payments.insert_event",
    .any = "INSERT INTO payment_events (id, provider, event_id, payment_id, reference, kind, amount_minor, currency, "
           "failure_code, occurred_at, payload, received_at, processed_at, finding) "
           "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, NULL)"}};

Task<bool> insert_event(db::Transaction& tx, const StoredEvent& stored, std::string_view payload, Time now) {
    const auto& event = stored.event;
    const bool written = co_await tx.exec_unique(
        sql_insert_event, stored.id, stored.provider, event.event_id, event.payment, event.reference, event.kind,
        event.amount.minor, event.amount.currency, event.failure_code, event.occurred_at, payload, now);
    co_return written;
}

const db::Sql sql_load_event{{
    .name = "payments.load_event",
    .any = "SELECT id, provider, event_id, payment_id, reference, kind, amount_minor, currency, failure_code, "
           "occurred_at, processed_at FROM payment_events WHERE id = ?"}};

Task<std::optional<StoredEvent>> load_event(db::Session& db, EventId id) {
    auto row = co_await db.one<EventRow>(sql_load_event, id);
    if (!row) co_return std::nullopt;
    co_return event_of(std::move(*row));
}

const db::Sql sql_finish_event{{
    .name = "payments.finish_event",
    .any = "UPDATE payment_events SET processed_at = ?, finding = ? WHERE id = ? AND processed_at IS NULL"}};

Task<> finish_event(db::Transaction& tx, EventId id, const std::optional<std::string>& finding, Time now) {
    co_await tx.exec(sql_finish_event, now, finding, id);
}

const db::Sql sql_orders_paid_twice{{
    .name = "payments.orders_paid_twice",
    .any = "SELECT order_id AS id FROM payments WHERE status = 'succeeded' GROUP BY order_id HAVING COUNT(*) > 1"}};

Task<std::vector<OrderId>> orders_paid_twice(db::Session& db) {
    const auto rows = co_await db.all<OrderIdRow>(sql_orders_paid_twice);
    std::vector<OrderId> ids;
    for (const auto& row : rows) ids.push_back(row.id);
    co_return ids;
}

const db::Sql sql_settled_wrongly{{
    .name = "payments.settled_wrongly",
    .any = "SELECT id FROM payments WHERE (status = 'succeeded' AND settled_at IS NULL) "
           "OR (status IN ('created', 'pending') AND settled_at IS NOT NULL)"}};

Task<std::vector<PaymentId>> settled_wrongly(db::Session& db) {
    const auto rows = co_await db.all<PaymentIdRow>(sql_settled_wrongly);
    std::vector<PaymentId> ids;
    for (const auto& row : rows) ids.push_back(row.id);
    co_return ids;
}

}  // namespace caddy::payments::store
