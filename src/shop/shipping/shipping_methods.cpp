// What the back office does with methods. A zone's row is locked before a method comes into it, so that it is not
// deleted meanwhile.
#include "platform/idempotency/idempotency.hpp"
#include "shop/audit/audit.hpp"
#include "shop/shipping/shipping_parts.hpp"
#include "shop/shipping/shipping_store.hpp"

namespace caddy::shipping {
namespace refuse {
namespace {

Error method_not_found() {
    return {ErrorKind::not_found, "shipping.method_not_found",
            "There is no such way of shipping. List them to see which there are."};
}
Error code_taken() {
    return {ErrorKind::conflict,
            "shipping.code_taken",
            "The zone has a method of this code; choose another code, or change that method.",
            {{"/code", "taken", "Choose a code that no other method of the zone has."}}};
}
Error too_many_methods() {
    return {ErrorKind::conflict, "shipping.too_many_methods",
            "The zone has as many methods as are allowed. Delete one that nobody needs first."};
}
Error no_such_zone() {
    return {ErrorKind::invalid,
            "request.invalid_field",
            "Some fields are not acceptable; see errors.",
            {{"/zone_id", "unknown_zone", "Send the id of a zone that there is."}}};
}

}  // namespace
}  // namespace refuse

namespace {

json::Raw document(const Method& method) { return {json::to_json(method)}; }

void fill(Method& method, MethodDraft draft) {
    method.zone_id = draft.zone_id;
    method.code = std::move(draft.code);
    method.name = std::move(draft.name);
    method.kind = draft.kind;
    method.position = draft.position;
    method.active = draft.active;
    method.weight_min_grams = draft.weight_min_grams;
    method.weight_max_grams = draft.weight_max_grams;
    method.rates = std::move(draft.rates);
}

/// The method as a draft, with the change put onto it.
MethodDraft changed(const Method& method, const MethodChange& change) {
    MethodDraft draft;
    draft.zone_id = change.zone_id.value_or(method.zone_id);
    draft.code = change.code.value_or(method.code);
    draft.name = change.name.value_or(method.name);
    draft.kind = change.kind.value_or(method.kind);
    draft.position = change.position.value_or(method.position);
    draft.active = change.active.value_or(method.active);
    draft.weight_min_grams = change.weight_min_grams.present ? change.weight_min_grams.value : method.weight_min_grams;
    draft.weight_max_grams = change.weight_max_grams.present ? change.weight_max_grams.value : method.weight_max_grams;
    draft.rates = change.rates.value_or(method.rates);
    return draft;
}

/// Locks the zone and sees that there is room in it for one more.
Task<Result<void>> make_room(db::Transaction& tx, ZoneId zone) {
    const auto row = co_await store::lock_zone(tx, zone);
    if (!row) co_return refuse::no_such_zone();
    const auto there = co_await store::methods_in(tx, zone);
    if (there >= rules::methods_per_zone_max) co_return refuse::too_many_methods();
    co_return Result<void>{};
}

}  // namespace

Task<Result<Page<Method>>> ShippingService::methods(const Context& ctx, std::optional<ZoneId> zone,
                                                    const PageRequest& request) {
    const auto list = "shipping.methods:" + (zone ? zone->text() : "") + ":";
    MethodId after{};
    if (request.cursor) {
        CADDY_CO_TRY(after, read_cursor<MethodId>(list, *request.cursor));
    }
    auto db = co_await db_.read(ctx);
    Page<Method> page;
    page.data = co_await store::methods(db, zone, after, request.limit + 1);
    page.limit = request.limit;
    if (page.data.size() > static_cast<std::size_t>(request.limit)) {
        page.data.pop_back();
        page.next = cursor_after(list, page.data.back().id);
    }
    co_return page;
}

Task<Result<Method>> ShippingService::method(const Context& ctx, MethodId id) {
    auto db = co_await db_.read(ctx);
    auto found = co_await store::method(db, id);
    if (!found) co_return refuse::method_not_found();
    co_return std::move(*found);
}

Task<Result<Method>> ShippingService::create_method(const Context& ctx, const MethodDraft& wanted) {
    CADDY_CO_TRY(const auto draft, rules::accepted(wanted));
    co_return co_await db_.transact(ctx, "shipping.create_method", [&](db::Transaction& tx) -> Task<Result<Method>> {
        Method made;
        made.id = MethodId::next();
        const auto subject = made.id.text();
        CADDY_CO_TRY(co_await idempotency::record(tx, ctx, subject));
        CADDY_CO_TRY(co_await make_room(tx, draft.zone_id));
        fill(made, draft);
        made.created_at = made.updated_at = ctx.now();
        const bool first = co_await store::insert_method(tx, made);
        if (!first) co_return refuse::code_taken();
        const audit::Act act{"shipping.method.create", subject, std::nullopt, document(made)};
        co_await audit::record(tx, ctx, act);
        co_return made;
    });
}

Task<Result<Method>> ShippingService::change_method(const Context& ctx, MethodId id,
                                                    const http::ExpectedVersion& expected,
                                                    const MethodChange& change) {
    co_return co_await db_.transact(ctx, "shipping.change_method", [&](db::Transaction& tx) -> Task<Result<Method>> {
        auto method = co_await store::lock_method(tx, id);
        if (!method) co_return refuse::method_not_found();
        CADDY_CO_TRY(expected.check(method->version));
        const bool moves = change.zone_id && *change.zone_id != method->zone_id;
        if (moves) {
            CADDY_CO_TRY(co_await make_room(tx, *change.zone_id));
        }
        const auto before = document(*method);
        const auto merged = changed(*method, change);
        CADDY_CO_TRY(auto draft, rules::accepted(merged));
        const auto same = co_await store::method_of_code(tx, draft.zone_id, draft.code);
        if (same && *same != id) co_return refuse::code_taken();
        fill(*method, std::move(draft));
        ++method->version;
        method->updated_at = ctx.now();
        co_await store::update_method(tx, *method);
        const auto subject = id.text();
        const audit::Act act{"shipping.method.update", subject, before, document(*method)};
        co_await audit::record(tx, ctx, act);
        co_return std::move(*method);
    });
}

Task<Result<void>> ShippingService::remove_method(const Context& ctx, MethodId id,
                                                  const http::ExpectedVersion& expected) {
    co_return co_await db_.transact(ctx, "shipping.remove_method", [&](db::Transaction& tx) -> Task<Result<void>> {
        const auto method = co_await store::lock_method(tx, id);
        if (!method) co_return refuse::method_not_found();
        CADDY_CO_TRY(expected.check(method->version));
        co_await store::erase_method(tx, id);
        const auto subject = id.text();
        const audit::Act act{"shipping.method.delete", subject, document(*method), std::nullopt};
        co_await audit::record(tx, ctx, act);
        co_return Result<void>{};
    });
}

}  // namespace caddy::shipping
