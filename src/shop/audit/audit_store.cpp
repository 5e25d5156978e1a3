#include "shop/audit/audit_store.hpp"

#include <algorithm>

namespace caddy::audit::store {
namespace {

const db::Sql sql_insert{{.name = "audit.insert",
                          .any =
                              "INSERT INTO audit_log (id, at, actor, role, action, subject, before_json, after_json, "
                              "request_id) VALUES (?,?,?,?,?,?,?,?,?)"}};

std::optional<std::string> text_of(const std::optional<json::Raw>& document) {
    if (!document) return std::nullopt;
    return document->text;
}

}   // namespace

Task<> insert(db::Transaction& tx, EntryId id, const Context& ctx, const Act& act) {
    (void)co_await tx.exec(sql_insert, id, ctx.now(), ctx.principal.user, role_name(ctx.principal.role), act.action,
                           act.subject, text_of(act.before), text_of(act.after), ctx.request_id);
}

// One text per filter that an index serves, the narrowest first; the others narrow down what it finds.
const db::Sql sql_by_subject{
    {.name = "audit.by_subject",
     .any = "SELECT id, at, actor, role, action, subject, before_json, after_json, request_id FROM "
            "audit_log WHERE subject = ? AND (? = 0 OR actor = ?) AND (? = '' OR action = ?) AND at "
            ">= ? AND at <= ? AND (at < ? OR id < ?) ORDER BY at DESC, id DESC LIMIT ?"}};
const db::Sql sql_by_actor{
    {.name = "audit.by_actor",
     .any = "SELECT id, at, actor, role, action, subject, before_json, after_json, request_id FROM "
            "audit_log WHERE actor = ? AND (? = '' OR action = ?) AND at >= ? AND at <= ? AND (at < ? "
            "OR id < ?) ORDER BY at DESC, id DESC LIMIT ?"}};
const db::Sql sql_by_action{
    {.name = "audit.by_action",
     .any = "SELECT id, at, actor, role, action, subject, before_json, after_json, request_id FROM "
            "audit_log WHERE action = ? AND at >= ? AND at <= ? AND (at < ? OR id < ?) ORDER BY at "
            "DESC, id DESC LIMIT ?"}};
const db::Sql sql_by_time{
    {.name = "audit.by_time",
     .any = "SELECT id, at, actor, role, action, subject, before_json, after_json, request_id FROM "
            "audit_log WHERE at >= ? AND at <= ? AND (at < ? OR id < ?) ORDER BY at DESC, id DESC "
            "LIMIT ?"}};

Task<std::vector<EntryRow>> entries(db::Session& db, const EntryQuery& query, const crypto::Place& after, int limit) {
    const auto from = query.from.value_or(Time{});
    const auto to = std::min(query.to.value_or(after.at), after.at);
    const auto actor = query.actor.value_or(ActorId{});
    const auto action = query.action.value_or("");
    if (query.subject) {
        co_return co_await db.all<EntryRow>(sql_by_subject, *query.subject, actor, actor, action, action, from, to,
                                            after.at, after.id, limit);
    }
    if (query.actor) {
        co_return co_await db.all<EntryRow>(sql_by_actor, actor, action, action, from, to, after.at, after.id, limit);
    }
    if (query.action) co_return co_await db.all<EntryRow>(sql_by_action, action, from, to, after.at, after.id, limit);
    co_return co_await db.all<EntryRow>(sql_by_time, from, to, after.at, after.id, limit);
}

}   // namespace caddy::audit::store
