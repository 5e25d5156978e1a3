#include "shop/webhooks/webhooks_store.hpp"

namespace caddy::webhooks::store {
namespace {

struct IdRow {
    DeliveryId id;
};
BOOST_DESCRIBE_STRUCT(IdRow, (), (id))

std::vector<DeliveryId> ids_of(const std::vector<IdRow>& rows) {
    std::vector<DeliveryId> ids;
    ids.reserve(rows.size());
    for (const auto& row : rows) ids.push_back(row.id);
    return ids;
}

}   // namespace

const db::Sql sql_insert_delivery{
    {.name = "webhooks.insert_delivery",
     .any = "INSERT INTO webhook_deliveries (id, endpoint_id, event_id, type, aggregate, sequence, body, status, "
            "attempts, try_at, created_at, trace) VALUES (?, ?, ?, ?, ?, ?, ?, 'waiting', 0, ?, ?, ?)"}};

Task<bool> insert_delivery(db::Transaction& tx, const DeliveryRecord& row) {
    return tx.exec_unique(sql_insert_delivery, row.id, row.endpoint_id, row.event_id, row.type, row.aggregate,
                          row.sequence, row.body, row.try_at, row.created_at, row.trace);
}

// Only with its endpoint: deliveries of a deleted one wait for the sweep, unseen.
const db::Sql sql_find_delivery{
    {.name = "webhooks.find_delivery",
     .any = "SELECT d.id, d.endpoint_id, d.event_id, d.type, d.aggregate, d.sequence, d.body, d.status, d.attempts, "
            "d.try_at, d.created_at, d.sent_at, d.finished_at, d.response_status, d.response_excerpt, d.duration_ms, "
            "d.last_error, d.trace FROM webhook_deliveries d JOIN webhook_endpoints e ON e.id = d.endpoint_id "
            "WHERE d.id = ?"}};

Task<std::optional<DeliveryRecord>> find_delivery(db::Session& db, DeliveryId id) {
    return db.one<DeliveryRecord>(sql_find_delivery, id);
}

const db::Sql sql_next_due{
    {.name = "webhooks.next_due",
     .any = "SELECT d.id, d.endpoint_id, d.event_id, d.type, d.aggregate, d.sequence, d.body, d.status, d.attempts, "
            "d.try_at, d.created_at, d.sent_at, d.finished_at, d.response_status, d.response_excerpt, d.duration_ms, "
            "d.last_error, d.trace FROM webhook_deliveries d WHERE d.endpoint_id = ? AND d.status = 'waiting' "
            "AND d.try_at <= ? AND NOT EXISTS (SELECT 1 FROM webhook_deliveries b WHERE b.endpoint_id = d.endpoint_id "
            "AND b.aggregate = d.aggregate AND b.status = 'waiting' AND b.sequence < d.sequence) "
            "ORDER BY d.try_at LIMIT 1"}};

Task<std::optional<DeliveryRecord>> next_due(db::Session& db, EndpointId endpoint, Time now) {
    return db.one<DeliveryRecord>(sql_next_due, endpoint, now);
}

const db::Sql sql_begin{
    {.name = "webhooks.begin",
     .any = "UPDATE webhook_deliveries SET attempts = attempts + 1, sent_at = ?, try_at = ? "
            "WHERE id = ? AND status = 'waiting' AND attempts = ?"}};

Task<bool> begin(db::Transaction& tx, const DeliveryRecord& row, Time now, Time try_at) {
    const auto changed = co_await tx.exec(sql_begin, now, try_at, row.id, row.attempts);
    co_return changed == 1;
}

const db::Sql sql_end_attempt{
    {.name = "webhooks.end_attempt",
     .any = "UPDATE webhook_deliveries SET status = ?, try_at = ?, finished_at = ?, response_status = ?, "
            "response_excerpt = ?, duration_ms = ?, last_error = ? WHERE id = ? AND status = 'waiting' "
            "AND attempts = ? AND sent_at = ?"}};

Task<bool> end_attempt(db::Transaction& tx, const DeliveryRecord& row) {
    const auto changed =
        co_await tx.exec(sql_end_attempt, row.status, row.try_at, row.finished_at, row.response_status,
                         row.response_excerpt, row.duration_ms, row.last_error, row.id, row.attempts, row.sent_at);
    co_return changed == 1;
}

const db::Sql sql_page{
    {.name = "webhooks.page",
     .any = "SELECT id, endpoint_id, event_id, type, aggregate, sequence, body, status, attempts, try_at, created_at, "
            "sent_at, finished_at, response_status, response_excerpt, duration_ms, last_error, trace "
            "FROM webhook_deliveries WHERE endpoint_id = ? AND id < ? ORDER BY id DESC LIMIT ?"}};
const db::Sql sql_page_by_status{
    {.name = "webhooks.page_by_status",
     .any = "SELECT id, endpoint_id, event_id, type, aggregate, sequence, body, status, attempts, try_at, created_at, "
            "sent_at, finished_at, response_status, response_excerpt, duration_ms, last_error, trace "
            "FROM webhook_deliveries WHERE endpoint_id = ? AND status = ? AND id < ? ORDER BY id DESC LIMIT ?"}};

Task<std::vector<DeliveryRecord>> page(db::Session& db, EndpointId endpoint, std::optional<DeliveryStatus> status,
                                       DeliveryId before, int limit) {
    if (status) return db.all<DeliveryRecord>(sql_page_by_status, endpoint, *status, before, limit);
    return db.all<DeliveryRecord>(sql_page, endpoint, before, limit);
}

const db::Sql sql_of_event{
    {.name = "webhooks.of_event",
     .any = "SELECT id FROM webhook_deliveries WHERE endpoint_id = ? AND event_id = ?"}};

Task<std::vector<DeliveryId>> of_event(db::Session& db, EndpointId endpoint, jobs::EventId event) {
    const auto rows = co_await db.all<IdRow>(sql_of_event, endpoint, event);
    co_return ids_of(rows);
}

const db::Sql sql_of_time{
    {.name = "webhooks.of_time",
     .any = "SELECT id FROM webhook_deliveries WHERE endpoint_id = ? AND created_at >= ? AND created_at < ? "
            "ORDER BY created_at LIMIT ?"}};

Task<std::vector<DeliveryId>> of_time(db::Session& db, EndpointId endpoint, Time from, Time to, int limit) {
    const auto rows = co_await db.all<IdRow>(sql_of_time, endpoint, from, to, limit);
    co_return ids_of(rows);
}

// Whatever became of an attempt that is still under way, it ends another one: `sent_at` says which.
const db::Sql sql_revive{
    {.name = "webhooks.revive",
     .any = "UPDATE webhook_deliveries SET status = 'waiting', attempts = 0, try_at = ?, sent_at = NULL, "
            "finished_at = NULL WHERE id = ?"}};

Task<> revive(db::Transaction& tx, DeliveryId id, Time now) { co_await tx.exec(sql_revive, now, id); }

const db::Sql sql_older{{.name = "webhooks.older",
                         .any = "SELECT id FROM webhook_deliveries WHERE created_at < ? ORDER BY created_at LIMIT ?"}};

Task<std::vector<DeliveryId>> older(db::Session& db, Time than, int limit) {
    const auto rows = co_await db.all<IdRow>(sql_older, than, limit);
    co_return ids_of(rows);
}

const db::Sql sql_erase_delivery{
    {.name = "webhooks.erase_delivery", .any = "DELETE FROM webhook_deliveries WHERE id = ?"}};

Task<> erase_delivery(db::Transaction& tx, DeliveryId id) { co_await tx.exec(sql_erase_delivery, id); }

const db::Sql sql_count_broken{
    {.name = "webhooks.count_broken",
     .any = "SELECT COUNT(*) AS broken FROM webhook_endpoints WHERE status = 'broken'"}};

Task<std::int64_t> count_broken(db::Session& db) {
    const auto count = co_await db.scalar<std::int64_t>(sql_count_broken);
    co_return count.value_or(0);
}

const db::Sql sql_count_late{
    {.name = "webhooks.count_late",
     .any = "SELECT COUNT(*) AS late FROM webhook_endpoints e JOIN webhook_deliveries d ON d.endpoint_id = e.id "
            "WHERE e.status = 'active' AND e.open_until <= ? AND d.status = 'waiting' AND d.try_at <= ?"}};

Task<std::int64_t> count_late(db::Session& db, Time now, Time late_since) {
    const auto count = co_await db.scalar<std::int64_t>(sql_count_late, now, late_since);
    co_return count.value_or(0);
}

}   // namespace caddy::webhooks::store
