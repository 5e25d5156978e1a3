#include "shop/audit/audit.hpp"

#include "platform/crypto/cursor.hpp"
#include "shop/audit/audit_store.hpp"

namespace caddy::audit {
namespace {

std::string text_of(const std::optional<Time>& time) { return time ? to_rfc3339(*time) : std::string(); }

/// What a cursor is bound to.
std::string name_of(const EntryQuery& query) {
    const std::vector<std::string> filters{query.actor ? query.actor->text() : "", query.action.value_or(""),
                                           query.subject.value_or(""), text_of(query.from), text_of(query.to)};
    return crypto::list_name("audit.entries", filters);
}

std::optional<json::Raw> document(std::optional<std::string> text) {
    if (!text) return std::nullopt;
    return json::Raw{std::move(*text)};
}

Entry entry_of(store::EntryRow row) {
    Entry entry;
    entry.id = row.id;
    entry.at = row.at;
    if (row.actor.value != 0) entry.actor = row.actor;
    entry.role = std::move(row.role);
    entry.action = std::move(row.action);
    entry.subject = std::move(row.subject);
    entry.before = document(std::move(row.before_json));
    entry.after = document(std::move(row.after_json));
    entry.request_id = std::move(row.request_id);
    return entry;
}

}   // namespace

Task<> record(db::Transaction& tx, const Context& ctx, const Act& act) {
    co_await store::insert(tx, EntryId::next(), ctx, act);
}

Task<Result<Page<Entry>>> AuditLog::list(const Context& ctx, const EntryQuery& query, const PageRequest& request) {
    const auto name = name_of(query);
    auto after = crypto::newest_place();
    if (request.cursor) {
        CADDY_CO_TRY(after, crypto::read_cursor(name, *request.cursor));
    }
    auto db = co_await db_.read(ctx);
    auto rows = co_await store::entries(db, query, after, request.limit + 1);
    Page<Entry> page;
    page.limit = request.limit;
    if (rows.size() > static_cast<std::size_t>(request.limit)) {
        rows.pop_back();
        page.next = crypto::cursor_at(name, {rows.back().at, rows.back().id.value});
    }
    for (auto& row : rows) page.data.push_back(entry_of(std::move(row)));
    co_return page;
}

}   // namespace caddy::audit
