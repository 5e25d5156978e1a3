#include "shop/webhooks/webhooks_store.hpp"

namespace caddy::webhooks::store {
namespace {

struct IdRow {
    EndpointId id;
};
BOOST_DESCRIBE_STRUCT(IdRow, (), (id))

}   // namespace

const db::Sql sql_insert{
    {.name = "webhooks.insert",
     .any = "INSERT INTO webhook_endpoints (id, url, events, description, status, secret, failures, failing_since, "
            "open_until, lease_owner, lease_until, created_at, updated_at, version, former_secret, former_until) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, '', 0, ?, ?, ?, ?, ?)"}};

Task<> insert(db::Transaction& tx, const EndpointRecord& row) {
    co_await tx.exec(sql_insert, row.id, row.url, row.events, row.description, row.status, row.secret, row.failures,
                     row.failing_since, row.open_until, row.created_at, row.updated_at, row.version, row.former_secret,
                     row.former_until);
}

const db::Sql sql_find{
    {.name = "webhooks.find",
     .any = "SELECT id, url, events, description, status, secret, failures, failing_since, open_until, created_at, "
            "updated_at, version, former_secret, former_until FROM webhook_endpoints WHERE id = ?"}};

Task<std::optional<EndpointRecord>> find(db::Session& db, EndpointId id) {
    return db.one<EndpointRecord>(sql_find, id);
}

const db::Sql sql_lock{
    {.name = "webhooks.lock",
     .mysql = "SELECT id, url, events, description, status, secret, failures, failing_since, open_until, created_at, "
              "updated_at, version, former_secret, former_until FROM webhook_endpoints WHERE id = ? FOR UPDATE",
     .sqlite = "SELECT id, url, events, description, status, secret, failures, failing_since, open_until, created_at, "
               "updated_at, version, former_secret, former_until FROM webhook_endpoints WHERE id = ?"}};

Task<std::optional<EndpointRecord>> lock(db::Transaction& tx, EndpointId id) {
    return tx.one<EndpointRecord>(sql_lock, id);
}

const db::Sql sql_all{
    {.name = "webhooks.all",
     .any = "SELECT id, url, events, description, status, secret, failures, failing_since, open_until, created_at, "
            "updated_at, version, former_secret, former_until FROM webhook_endpoints WHERE id > 0 "
            "ORDER BY id LIMIT ?"}};

Task<std::vector<EndpointRecord>> all(db::Session& db, int limit) { return db.all<EndpointRecord>(sql_all, limit); }

const db::Sql sql_update{
    {.name = "webhooks.update",
     .any = "UPDATE webhook_endpoints SET url = ?, events = ?, description = ?, status = ?, secret = ?, failures = ?, "
            "failing_since = ?, open_until = ?, updated_at = ?, version = ?, former_secret = ?, former_until = ? "
            "WHERE id = ?"}};

Task<> update(db::Transaction& tx, const EndpointRecord& row) {
    co_await tx.exec(sql_update, row.url, row.events, row.description, row.status, row.secret, row.failures,
                     row.failing_since, row.open_until, row.updated_at, row.version, row.former_secret,
                     row.former_until, row.id);
}

const db::Sql sql_erase{{.name = "webhooks.erase", .any = "DELETE FROM webhook_endpoints WHERE id = ?"}};

Task<> erase(db::Transaction& tx, EndpointId id) { co_await tx.exec(sql_erase, id); }

const db::Sql sql_forget_secrets{
    {.name = "webhooks.forget_secrets",
     .any = "UPDATE webhook_endpoints SET former_secret = NULL, former_until = NULL WHERE former_until <= ?"}};

Task<> forget_secrets(db::Transaction& tx, Time now) { co_await tx.exec(sql_forget_secrets, now); }

// A delivery waits for the earlier ones of its aggregate; the least lately served endpoint comes first.
const db::Sql sql_claimable{
    {.name = "webhooks.claimable",
     .any = "SELECT e.id FROM webhook_endpoints e WHERE e.status = 'active' AND e.lease_until <= ? "
            "AND e.open_until <= ? AND EXISTS (SELECT 1 FROM webhook_deliveries d WHERE d.endpoint_id = e.id "
            "AND d.status = 'waiting' AND d.try_at <= ? AND NOT EXISTS (SELECT 1 FROM webhook_deliveries b "
            "WHERE b.endpoint_id = d.endpoint_id AND b.aggregate = d.aggregate AND b.status = 'waiting' "
            "AND b.sequence < d.sequence)) ORDER BY e.lease_until LIMIT 1"}};

Task<std::optional<EndpointId>> claimable(db::Session& db, Time now) {
    const auto row = co_await db.one<IdRow>(sql_claimable, now, now, now);
    if (!row) co_return std::nullopt;
    co_return row->id;
}

const db::Sql sql_claim{
    {.name = "webhooks.claim",
     .any = "UPDATE webhook_endpoints SET lease_owner = ?, lease_until = ? WHERE id = ? AND lease_until <= ?"}};

Task<bool> claim(db::Transaction& tx, EndpointId id, const std::string& owner, Time now, Time until) {
    const auto changed = co_await tx.exec(sql_claim, owner, until, id, now);
    co_return changed == 1;
}

const db::Sql sql_renew{
    {.name = "webhooks.renew",
     .any = "UPDATE webhook_endpoints SET lease_until = ? WHERE id = ? AND lease_owner = ? AND status = 'active' "
            "AND open_until <= ?"}};

Task<bool> renew(db::Transaction& tx, EndpointId id, const std::string& owner, Time now, Time until) {
    const auto changed = co_await tx.exec(sql_renew, until, id, owner, now);
    co_return changed == 1;
}

const db::Sql sql_release{
    {.name = "webhooks.release",
     .any = "UPDATE webhook_endpoints SET lease_owner = '', lease_until = ? WHERE id = ? AND lease_owner = ?"}};

Task<> release(db::Transaction& tx, EndpointId id, const std::string& owner, Time now) {
    co_await tx.exec(sql_release, now, id, owner);
}

const db::Sql sql_set_breaker{
    {.name = "webhooks.set_breaker",
     .any = "UPDATE webhook_endpoints SET failures = ?, failing_since = ?, open_until = ? WHERE id = ?"}};

Task<> set_breaker(db::Transaction& tx, EndpointId id, const Breaker& breaker) {
    co_await tx.exec(sql_set_breaker, breaker.failures, breaker.failing_since, breaker.open_until, id);
}

}   // namespace caddy::webhooks::store
