#include "platform/idempotency/idempotency_store.hpp"

namespace caddy::idempotency::store {
namespace {

const db::Sql sql_find{{.name = "idempotency.find",
                        .any =
                            "SELECT request_hash, made, phase, status, content_type, location, etag, headers, body, "
                            "expires_at FROM idempotency_keys WHERE scope = ?"}};
const db::Sql sql_insert{{.name = "idempotency.insert",
                          .any =
                              "INSERT INTO idempotency_keys (scope, request_hash, made, phase, status, content_type, "
                              "body, created_at, expires_at) VALUES (?, ?, ?, 'made', 0, '', '', ?, ?)"}};
const db::Sql sql_answer{{.name = "idempotency.answer",
                          .any = "UPDATE idempotency_keys SET phase = 'answered', status = ?, content_type = ?, "
                                 "location = ?, etag = ?, headers = ?, body = ? WHERE scope = ? AND phase = 'made'"}};
const db::Sql sql_remove_expired{{.name = "idempotency.remove_expired",
                                  .any = "DELETE FROM idempotency_keys WHERE scope = ? AND expires_at <= ?"}};
// SQLite has no DELETE … LIMIT: the time of the last one of a part bounds it instead.
const db::Sql sql_part_end{{.name = "idempotency.part_end",
                            .any = "SELECT expires_at FROM idempotency_keys WHERE expires_at <= ? "
                                   "ORDER BY expires_at LIMIT 1 OFFSET 499"}};
const db::Sql sql_sweep{{.name = "idempotency.sweep", .any = "DELETE FROM idempotency_keys WHERE expires_at <= ?"}};

}  // namespace

Task<std::optional<Stored>> find(db::Session& db, const std::string& scope) { return db.one<Stored>(sql_find, scope); }

Task<bool> insert_made(db::Session& db, const IdempotencyKey& key, std::string_view made, Time now) {
    return db.exec_unique(sql_insert, key.scope, key.request_hash, made, now, key.expires_at);
}

Task<bool> answer(db::Session& db, const std::string& scope, const Stored& reply) {
    const auto changed = co_await db.exec(sql_answer, reply.status, reply.content_type, reply.location, reply.etag,
                                          reply.headers, reply.body, scope);
    co_return changed == 1;
}

Task<> remove_expired(db::Session& db, const std::string& scope, Time now) {
    (void)co_await db.exec(sql_remove_expired, scope, now);
}

Task<std::int64_t> sweep_some(db::Session& db, Time now) {
    const auto part_end = co_await db.scalar<Time>(sql_part_end, now);
    co_return co_await db.exec(sql_sweep, part_end.value_or(now));
}

}  // namespace caddy::idempotency::store
