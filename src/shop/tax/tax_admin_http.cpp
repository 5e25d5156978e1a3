// The back office's routes of tax rates.
#include "platform/http/router.hpp"
#include "platform/idempotency/idempotency.hpp"
#include "shop/tax/tax.hpp"

namespace caddy::tax {
namespace {

using http::Request;
using http::Response;

template <class Shown>
Response answer(const Shown& shown, int status) {
    auto response = http::json_response(status, shown);
    response.headers.push_back(http::private_no_store());
    return response;
}

Response answer_rate(const RateRow& rate, int status) { return http::tagged(answer(rate, status), rate.version); }

Response made_answer(const RateRow& rate) {
    return answer_rate(rate, 201).with("Location", "/api/v1/admin/tax-rates/" + rate.id.text());
}

Task<Result<Response>> list(Request& request, TaxService& taxes) {
    CADDY_CO_TRY(request.allow_query({"filter[country]", "limit", "cursor"}));
    CADDY_CO_TRY(const auto wanted, request.page());
    CADDY_CO_TRY(const auto country, request.query_text("filter[country]"));
    CADDY_CO_TRY(Checks()
                     .require(!country || is_country(*country), "query:filter[country]", "not_a_country",
                              "Send an ISO 3166-1 code of two capitals, like DE.")
                     .result());
    CADDY_CO_TRY(const auto page, co_await taxes.list(request.ctx, country.value_or(""), wanted));
    co_return answer(page, 200);
}

Task<Result<Response>> create(Request& request, TaxService& taxes) {
    CADDY_CO_TRY(const auto draft, request.json<Draft>());
    CADDY_CO_TRY(const auto made, co_await taxes.create(request.ctx, draft));
    co_return made_answer(made);
}

Task<Result<Response>> resume_create(Request& request, const std::string& made, TaxService& taxes) {
    const auto id = RateId::parse(made).value();
    CADDY_CO_TRY(const auto shown, co_await taxes.show(request.ctx, id));
    co_return made_answer(shown);
}

Task<Result<Response>> show(Request& request, TaxService& taxes) {
    CADDY_CO_TRY(request.allow_query({}));
    CADDY_CO_TRY(const auto id, request.path_id<RateId>("rate"));
    CADDY_CO_TRY(const auto shown, co_await taxes.show(request.ctx, id));
    co_return answer_rate(shown, 200);
}

Task<Result<Response>> change(Request& request, TaxService& taxes) {
    CADDY_CO_TRY(const auto id, request.path_id<RateId>("rate"));
    CADDY_CO_TRY(const auto expected, http::expected_version(request));
    CADDY_CO_TRY(const auto change, request.json<Change>());
    CADDY_CO_TRY(const auto shown, co_await taxes.change(request.ctx, id, expected, change));
    co_return answer_rate(shown, 200);
}

Task<Result<Response>> remove(Request& request, TaxService& taxes) {
    CADDY_CO_TRY(const auto id, request.path_id<RateId>("rate"));
    CADDY_CO_TRY(const auto expected, http::expected_version(request));
    CADDY_CO_TRY(co_await taxes.remove(request.ctx, id, expected));
    auto response = http::no_content();
    response.headers.push_back(http::private_no_store());
    co_return response;
}

}  // namespace

void admin_routes(http::Router& router, TaxService& taxes, idempotency::Ledger& ledger) {
    using http::bind, idempotency::bind_resume;
    const auto creating =
        ledger.keyed(idempotency::Key::accepted, bind(create, taxes), bind_resume(resume_create, taxes));
    const std::string all = "/api/v1/admin/tax-rates";
    const std::string one = all + "/{rate}";
    const auto staff = Access::staff;
    router.get(all, staff, bind(list, taxes)).permission = Permission::settings_write;
    router.post(all, staff, creating).permission = Permission::settings_write;
    router.get(one, staff, bind(show, taxes)).permission = Permission::settings_write;
    router.patch(one, staff, bind(change, taxes)).permission = Permission::settings_write;
    router.remove(one, staff, bind(remove, taxes)).permission = Permission::settings_write;
}

}  // namespace caddy::tax
