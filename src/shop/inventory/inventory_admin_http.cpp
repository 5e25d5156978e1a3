// Stock in the back office.
#include "platform/http/precondition.hpp"
#include "platform/http/router.hpp"
#include "platform/idempotency/idempotency.hpp"
#include "platform/text/text.hpp"
#include "shop/inventory/inventory.hpp"

namespace caddy::inventory {
namespace {

using http::Request;
using http::Response;

constexpr std::size_t sku_length_max = 255;
constexpr std::size_t reason_length_max = 255;
constexpr std::int64_t figure_max = 1'000'000'000;
constexpr std::int64_t low_at_max = 1'000'000;
constexpr std::size_t findings_max = 200;
constexpr std::chrono::seconds audit_limit{60};

struct MarkBody {
    json::Patch<std::int64_t> low_at;
};
BOOST_DESCRIBE_STRUCT(MarkBody, (), (low_at))

struct WireFinding {
    std::string invariant;
    std::string subject;
    std::string detail;
};
BOOST_DESCRIBE_STRUCT(WireFinding, (), (invariant, subject, detail))

struct AuditReport {
    bool clean = true;
    bool truncated = false;
    std::vector<WireFinding> findings;
};
BOOST_DESCRIBE_STRUCT(AuditReport, (), (clean, truncated, findings))

template <class T>
Response answer(const T& value) {
    return http::ok(value).with("Cache-Control", "no-store");
}

Response answer_level(const Level& level) { return http::tagged(answer(level), level.version); }

Task<Result<Response>> list_levels(Request& request, InventoryService& inventory) {
    CADDY_CO_TRY(request.allow_query({"filter[low]", "q", "limit", "cursor"}));
    CADDY_CO_TRY(const auto page, request.page());
    CADDY_CO_TRY(const auto low, request.query_text("filter[low]"));
    CADDY_CO_TRY(const auto sku, request.query_text("q"));
    Checks checks;
    checks.require(!low || *low == "true" || *low == "false", "query:filter[low]", "not_a_boolean",
                   "Send true or false.");
    const bool fit =
        !sku || (text::is_utf8(*sku) && text::is_single_line(*sku) && text::length(*sku) <= sku_length_max);
    checks.require(fit, "query:q", "not_a_text", "Send how a SKU begins, in at most 255 characters.");
    CADDY_CO_TRY(checks.result());
    LevelQuery query;
    if (low == "true") query.which = LevelQuery::Which::low;
    query.sku = sku.value_or("");
    CADDY_CO_TRY(const auto found, co_await inventory.list(request.ctx, query, page));
    co_return answer(found);
}

Task<Result<Response>> show_level(Request& request, InventoryService& inventory) {
    CADDY_CO_TRY(request.allow_query({}));
    CADDY_CO_TRY(const auto variant, request.path_id<VariantId>("variant"));
    CADDY_CO_TRY(const auto level, co_await inventory.show(request.ctx, variant));
    co_return answer_level(level);
}

Task<Result<Response>> list_movements(Request& request, InventoryService& inventory) {
    CADDY_CO_TRY(request.allow_query({"limit", "cursor"}));
    CADDY_CO_TRY(const auto variant, request.path_id<VariantId>("variant"));
    CADDY_CO_TRY(const auto page, request.page());
    CADDY_CO_TRY(const auto found, co_await inventory.movements(request.ctx, variant, page));
    co_return answer(found);
}

Result<void> check_adjustment(const Adjustment& wanted) {
    Checks checks;
    const bool one = wanted.delta.has_value() != wanted.set.has_value();
    checks.require(one, "", "one_of", "Send either delta, or set with if_on_hand.");
    checks.require(!wanted.set || wanted.if_on_hand, "/if_on_hand", "required", "Say what you saw on hand.");
    checks.require(wanted.set || !wanted.if_on_hand, "/if_on_hand", "not_allowed", "It goes with set alone.");
    const auto delta = wanted.delta.value_or(1);
    checks.require(delta != 0 && delta >= -figure_max && delta <= figure_max, "/delta", "out_of_range",
                   "Send a difference other than zero, at most 1000000000 either way.");
    const auto set = wanted.set.value_or(0);
    checks.require(set >= 0 && set <= figure_max, "/set", "out_of_range", "Send a figure from 0 to 1000000000.");
    const bool told = text::is_utf8(wanted.reason) && !text::trimmed(wanted.reason).empty() &&
                      text::is_single_line(wanted.reason) && text::length(wanted.reason) <= reason_length_max;
    checks.require(told, "/reason", "not_a_text", "Say why, in one line of at most 255 characters.");
    return checks.result();
}

Task<Result<Response>> adjust(Request& request, InventoryService& inventory) {
    CADDY_CO_TRY(const auto variant, request.path_id<VariantId>("variant"));
    CADDY_CO_TRY(const auto wanted, request.json<Adjustment>());
    CADDY_CO_TRY(check_adjustment(wanted));
    CADDY_CO_TRY(const auto level, co_await inventory.adjust(request.ctx, variant, wanted));
    co_return answer_level(level);
}

Task<Result<Response>> show_adjusted(Request& request, const std::string& made, InventoryService& inventory) {
    const auto variant = VariantId::parse(made);
    if (!variant) co_return Error{ErrorKind::not_found, "inventory.not_found", "The catalogue has no such variant."};
    CADDY_CO_TRY(const auto level, co_await inventory.show(request.ctx, *variant));
    co_return answer_level(level);
}

Task<Result<Response>> change_mark(Request& request, InventoryService& inventory) {
    CADDY_CO_TRY(const auto variant, request.path_id<VariantId>("variant"));
    CADDY_CO_TRY(const auto expected, http::expected_version(request));
    CADDY_CO_TRY(const auto body, request.json<MarkBody>());
    const auto low_at = body.low_at.value;
    CADDY_CO_TRY(Checks()
                     .require(body.low_at.present, "/low_at", "required", "Send the mark, or null for the shop's own.")
                     .require(!low_at || (*low_at >= 0 && *low_at <= low_at_max), "/low_at", "out_of_range",
                              "Send a mark from 0 to 1000000, or null.")
                     .result());
    const auto check = [&expected](std::int64_t version) { return expected.check(version); };
    CADDY_CO_TRY(const auto level, co_await inventory.set_low_at(request.ctx, variant, low_at, check));
    co_return answer_level(level);
}

Task<Result<Response>> run_audit(Request& request, InventoryService& inventory) {
    CADDY_CO_TRY(request.allow_query({}));
    auto found = co_await inventory.audit(request.ctx);
    AuditReport report;
    report.clean = found.empty();
    report.truncated = found.size() > findings_max;
    if (report.truncated) found.resize(findings_max);
    for (auto& each : found) {
        report.findings.push_back({std::move(each.invariant), std::move(each.subject), std::move(each.detail)});
    }
    co_return answer(report);
}

}  // namespace

void admin_routes(http::Router& router, InventoryService& inventory, idempotency::Ledger& ledger) {
    using idempotency::bind_resume;
    using idempotency::Key;
    const auto staff = [](http::Route& route) -> http::Route& {
        route.permission = Permission::inventory_write;
        return route;
    };
    const std::string one = "/api/v1/admin/inventory/{variant}";
    staff(router.get("/api/v1/admin/inventory", Access::staff, http::bind(list_levels, inventory)));
    staff(router.get("/api/v1/admin/inventory/audit", Access::staff, http::bind(run_audit, inventory))).time_limit =
        audit_limit;
    staff(router.get(one, Access::staff, http::bind(show_level, inventory)));
    staff(router.patch(one, Access::staff, http::bind(change_mark, inventory)));
    staff(router.get(one + "/movements", Access::staff, http::bind(list_movements, inventory)));
    staff(router.post(
        one + "/adjust", Access::staff,
        ledger.keyed(Key::required, http::bind(adjust, inventory), bind_resume(show_adjusted, inventory))));
}

}  // namespace caddy::inventory
