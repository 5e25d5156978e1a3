// The back office's routes of shipping.
#include "platform/http/router.hpp"
#include "platform/idempotency/idempotency.hpp"
#include "shop/shipping/shipping.hpp"

namespace caddy::shipping {
namespace {

using http::Request;
using http::Response;

// ---- wire shapes ----
struct AreaBody {
    std::string country;
    std::optional<std::vector<std::string>> provinces;
};
BOOST_DESCRIBE_STRUCT(AreaBody, (), (country, provinces))

struct ZoneBody {
    std::string name;
    std::vector<AreaBody> destinations;
};
BOOST_DESCRIBE_STRUCT(ZoneBody, (), (name, destinations))

struct ZonePatch {
    std::optional<std::string> name;
    std::optional<std::vector<AreaBody>> destinations;
};
BOOST_DESCRIBE_STRUCT(ZonePatch, (), (name, destinations))

struct RateBody {
    Currency currency;
    std::optional<std::int64_t> price_minor;
    std::optional<std::vector<Step>> steps;
    std::optional<std::int64_t> further_kg_minor, free_above_minor, amount_min_minor, amount_max_minor;
};
BOOST_DESCRIBE_STRUCT(RateBody, (), (currency, price_minor, steps, further_kg_minor, free_above_minor,
                                     amount_min_minor, amount_max_minor))

struct MethodBody {
    ZoneId zone_id;
    std::string code, name;
    Kind kind = Kind::flat;
    std::optional<std::int64_t> position;
    std::optional<bool> active;
    std::optional<std::int64_t> weight_min_grams, weight_max_grams;
    std::vector<RateBody> rates;
};
BOOST_DESCRIBE_STRUCT(MethodBody, (), (zone_id, code, name, kind, position, active, weight_min_grams, weight_max_grams,
                                       rates))

struct MethodPatch {
    std::optional<ZoneId> zone_id;
    std::optional<std::string> code, name;
    std::optional<Kind> kind;
    std::optional<std::int64_t> position;
    std::optional<bool> active;
    json::Patch<std::int64_t> weight_min_grams, weight_max_grams;
    std::optional<std::vector<RateBody>> rates;
};
BOOST_DESCRIBE_STRUCT(MethodPatch, (), (zone_id, code, name, kind, position, active, weight_min_grams,
                                        weight_max_grams, rates))

std::vector<Area> areas_of(std::vector<AreaBody> bodies) {
    std::vector<Area> areas;
    for (auto& body : bodies) {
        auto& area = areas.emplace_back();
        area.country = std::move(body.country);
        if (body.provinces) area.provinces = std::move(*body.provinces);
    }
    return areas;
}

std::vector<Rate> rates_of(std::vector<RateBody> bodies) {
    std::vector<Rate> rates;
    for (auto& body : bodies) {
        auto& rate = rates.emplace_back();
        rate.currency = body.currency;
        rate.price_minor = body.price_minor;
        if (body.steps) rate.steps = std::move(*body.steps);
        rate.further_kg_minor = body.further_kg_minor;
        rate.free_above_minor = body.free_above_minor;
        rate.amount_min_minor = body.amount_min_minor;
        rate.amount_max_minor = body.amount_max_minor;
    }
    return rates;
}

MethodDraft draft_of(MethodBody body) {
    MethodDraft draft;
    draft.zone_id = body.zone_id;
    draft.code = std::move(body.code);
    draft.name = std::move(body.name);
    draft.kind = body.kind;
    draft.position = body.position.value_or(0);
    draft.active = body.active.value_or(true);
    draft.weight_min_grams = body.weight_min_grams;
    draft.weight_max_grams = body.weight_max_grams;
    draft.rates = rates_of(std::move(body.rates));
    return draft;
}

MethodChange change_of(MethodPatch body) {
    MethodChange change;
    change.zone_id = body.zone_id;
    change.code = std::move(body.code);
    change.name = std::move(body.name);
    change.kind = body.kind;
    change.position = body.position;
    change.active = body.active;
    change.weight_min_grams = body.weight_min_grams;
    change.weight_max_grams = body.weight_max_grams;
    if (body.rates) change.rates = rates_of(std::move(*body.rates));
    return change;
}

Response kept_private(Response response) {
    response.headers.push_back(http::private_no_store());
    return response;
}

template <class Shown>
Response answer(int status, const Shown& shown) {
    return http::tagged(kept_private(http::json_response(status, shown)), shown.version);
}

const std::string zones_path = "/api/v1/admin/shipping-zones";
const std::string methods_path = "/api/v1/admin/shipping-methods";

template <class Shown>
Response answer_made(const std::string& path, const Shown& made) {
    return answer(201, made).with("Location", path + "/" + made.id.text());
}

// ---- zones ----
Task<Result<Response>> list_zones(Request& request, ShippingService& shipping) {
    CADDY_CO_TRY(request.allow_query({"limit", "cursor"}));
    CADDY_CO_TRY(const auto wanted, request.page());
    CADDY_CO_TRY(const auto page, co_await shipping.zones(request.ctx, wanted));
    co_return kept_private(http::ok(page));
}

Task<Result<Response>> create_zone(Request& request, ShippingService& shipping) {
    CADDY_CO_TRY(auto body, request.json<ZoneBody>());
    const ZoneDraft draft{std::move(body.name), areas_of(std::move(body.destinations))};
    CADDY_CO_TRY(const auto made, co_await shipping.create_zone(request.ctx, draft));
    co_return answer_made(zones_path, made);
}

Task<Result<Response>> resume_create_zone(Request& request, const std::string& made, ShippingService& shipping) {
    CADDY_CO_TRY(const auto shown, co_await shipping.zone(request.ctx, ZoneId::parse(made).value()));
    co_return answer_made(zones_path, shown);
}

Task<Result<Response>> show_zone(Request& request, ShippingService& shipping) {
    CADDY_CO_TRY(const auto id, request.path_id<ZoneId>("zone"));
    CADDY_CO_TRY(const auto shown, co_await shipping.zone(request.ctx, id));
    co_return answer(200, shown);
}

Task<Result<Response>> change_zone(Request& request, ShippingService& shipping) {
    CADDY_CO_TRY(const auto id, request.path_id<ZoneId>("zone"));
    CADDY_CO_TRY(const auto expected, http::expected_version(request));
    CADDY_CO_TRY(auto body, request.json<ZonePatch>());
    ZoneChange change;
    change.name = std::move(body.name);
    if (body.destinations) change.destinations = areas_of(std::move(*body.destinations));
    CADDY_CO_TRY(const auto shown, co_await shipping.change_zone(request.ctx, id, expected, change));
    co_return answer(200, shown);
}

Task<Result<Response>> remove_zone(Request& request, ShippingService& shipping) {
    CADDY_CO_TRY(const auto id, request.path_id<ZoneId>("zone"));
    CADDY_CO_TRY(const auto expected, http::expected_version(request));
    CADDY_CO_TRY(co_await shipping.remove_zone(request.ctx, id, expected));
    co_return kept_private(http::no_content());
}

// ---- methods ----
Task<Result<Response>> list_methods(Request& request, ShippingService& shipping) {
    CADDY_CO_TRY(request.allow_query({"limit", "cursor", "zone"}));
    CADDY_CO_TRY(const auto wanted, request.page());
    CADDY_CO_TRY(const auto text, request.query_text("zone"));
    std::optional<ZoneId> zone;
    if (text) {
        zone = ZoneId::parse(*text);
        CADDY_CO_TRY(
            Checks().require(zone.has_value(), "query:zone", "not_an_id", "Send the id of a zone: zone_….").result());
    }
    CADDY_CO_TRY(const auto page, co_await shipping.methods(request.ctx, zone, wanted));
    co_return kept_private(http::ok(page));
}

Task<Result<Response>> create_method(Request& request, ShippingService& shipping) {
    CADDY_CO_TRY(auto body, request.json<MethodBody>());
    const auto draft = draft_of(std::move(body));
    CADDY_CO_TRY(const auto made, co_await shipping.create_method(request.ctx, draft));
    co_return answer_made(methods_path, made);
}

Task<Result<Response>> resume_create_method(Request& request, const std::string& made, ShippingService& shipping) {
    CADDY_CO_TRY(const auto shown, co_await shipping.method(request.ctx, MethodId::parse(made).value()));
    co_return answer_made(methods_path, shown);
}

Task<Result<Response>> show_method(Request& request, ShippingService& shipping) {
    CADDY_CO_TRY(const auto id, request.path_id<MethodId>("method"));
    CADDY_CO_TRY(const auto shown, co_await shipping.method(request.ctx, id));
    co_return answer(200, shown);
}

Task<Result<Response>> change_method(Request& request, ShippingService& shipping) {
    CADDY_CO_TRY(const auto id, request.path_id<MethodId>("method"));
    CADDY_CO_TRY(const auto expected, http::expected_version(request));
    CADDY_CO_TRY(auto body, request.json<MethodPatch>());
    const auto change = change_of(std::move(body));
    CADDY_CO_TRY(const auto shown, co_await shipping.change_method(request.ctx, id, expected, change));
    co_return answer(200, shown);
}

Task<Result<Response>> remove_method(Request& request, ShippingService& shipping) {
    CADDY_CO_TRY(const auto id, request.path_id<MethodId>("method"));
    CADDY_CO_TRY(const auto expected, http::expected_version(request));
    CADDY_CO_TRY(co_await shipping.remove_method(request.ctx, id, expected));
    co_return kept_private(http::no_content());
}

}  // namespace

void admin_routes(http::Router& router, ShippingService& shipping, idempotency::Ledger& ledger) {
    using enum idempotency::Key;
    using http::bind, idempotency::bind_resume;
    const auto zone_making =
        ledger.keyed(accepted, bind(create_zone, shipping), bind_resume(resume_create_zone, shipping));
    const auto method_making =
        ledger.keyed(accepted, bind(create_method, shipping), bind_resume(resume_create_method, shipping));
    const auto one_zone = zones_path + "/{zone}";
    const auto one_method = methods_path + "/{method}";
    const auto staff = Access::staff;
    const auto settings = Permission::settings_write;
    router.get(zones_path, staff, bind(list_zones, shipping)).permission = settings;
    router.post(zones_path, staff, zone_making).permission = settings;
    router.get(one_zone, staff, bind(show_zone, shipping)).permission = settings;
    router.patch(one_zone, staff, bind(change_zone, shipping)).permission = settings;
    router.remove(one_zone, staff, bind(remove_zone, shipping)).permission = settings;
    router.get(methods_path, staff, bind(list_methods, shipping)).permission = settings;
    router.post(methods_path, staff, method_making).permission = settings;
    router.get(one_method, staff, bind(show_method, shipping)).permission = settings;
    router.patch(one_method, staff, bind(change_method, shipping)).permission = settings;
    router.remove(one_method, staff, bind(remove_method, shipping)).permission = settings;
}

}  // namespace caddy::shipping
