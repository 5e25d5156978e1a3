#include "shop/audit/audit_store.hpp"

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

}   // namespace caddy::audit::store
