// The back office's route of the audit log.
#include "platform/http/router.hpp"
#include "platform/text/text.hpp"
#include "shop/audit/audit.hpp"

namespace caddy::audit {
namespace {

using http::Request;
using http::Response;

constexpr std::size_t name_length_max = 64;

bool is_name(const std::optional<std::string>& text) {
    return !text || (!text->empty() && text->size() <= name_length_max && text::is_utf8(*text));
}

Result<EntryQuery> parse_query(const Request& request) {
    CADDY_TRY(request.allow_query({"filter[actor]", "filter[action]", "filter[subject]", "filter[at][gte]",
                                   "filter[at][lte]", "limit", "cursor"}));
    CADDY_TRY(const auto actor, request.query_text("filter[actor]"));
    CADDY_TRY(auto action, request.query_text("filter[action]"));
    CADDY_TRY(auto subject, request.query_text("filter[subject]"));
    CADDY_TRY(const auto from, request.query_text("filter[at][gte]"));
    CADDY_TRY(const auto to, request.query_text("filter[at][lte]"));
    EntryQuery query;
    Checks checks;
    if (actor) {
        query.actor = ActorId::parse(*actor);
        checks.require(query.actor && query.actor->value != 0, "query:filter[actor]", "not_an_id",
                       "Send the id of a user: cus_…");
    }
    const auto read_time = [&](const std::optional<std::string>& text, const char* pointer) {
        const auto time = text ? parse_rfc3339(*text) : std::nullopt;
        checks.require(!text || time, pointer, "not_a_time",
                       "Send an RFC 3339 time in UTC, like 2026-01-31T12:00:00Z.");
        return time;
    };
    query.from = read_time(from, "query:filter[at][gte]");
    query.to = read_time(to, "query:filter[at][lte]");
    checks.require(is_name(action), "query:filter[action]", "not_an_action",
                   "Send a whole action, like catalog.product.update.");
    checks.require(is_name(subject), "query:filter[subject]", "not_an_id", "Send the id of what was changed.");
    CADDY_TRY(checks.result());
    query.action = std::move(action);
    query.subject = std::move(subject);
    return query;
}

Task<Result<Response>> list(Request& request, AuditLog& log) {
    CADDY_CO_TRY(const auto query, parse_query(request));
    CADDY_CO_TRY(const auto wanted, request.page());
    CADDY_CO_TRY(const auto page, co_await log.list(request.ctx, query, wanted));
    auto response = http::ok(page);
    response.headers.push_back(http::private_no_store());
    co_return response;
}

}   // namespace

void admin_routes(http::Router& router, AuditLog& log) {
    router.get("/api/v1/admin/audit-log", Access::staff, http::bind(list, log)).permission = Permission::audit_read;
}

}   // namespace caddy::audit
