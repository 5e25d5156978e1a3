// The back office's routes of webhooks.
#include "platform/http/router.hpp"
#include "platform/idempotency/idempotency.hpp"
#include "shop/webhooks/webhooks.hpp"

namespace caddy::webhooks {
namespace {

using http::Request;
using http::Response;

Response kept_private(Response response) {
    response.headers.push_back(http::private_no_store());
    return response;
}

template <class Shown>
Response answer(int status, const Shown& shown) {
    return http::tagged(kept_private(http::json_response(status, shown)), shown.version);
}

Task<Result<Response>> create(Request& request, WebhookService& webhooks) {
    CADDY_CO_TRY(const auto draft, request.json<Draft>());
    CADDY_CO_TRY(const auto made, co_await webhooks.create(request.ctx, draft));
    co_return answer(201, made).with("Location", "/api/v1/admin/webhooks/" + made.id.text());
}

Task<Result<Response>> resume_create(Request& request, const std::string& made, WebhookService& webhooks) {
    const auto id = EndpointId::parse(made).value();
    CADDY_CO_TRY(const auto shown, co_await webhooks.with_secret(request.ctx, id));
    co_return answer(201, shown).with("Location", "/api/v1/admin/webhooks/" + made);
}

Task<Result<Response>> list(Request& request, WebhookService& webhooks) {
    CADDY_CO_TRY(request.allow_query({}));
    Page<Endpoint> page;
    page.data = co_await webhooks.list(request.ctx);
    page.limit = page_limit_max;
    co_return kept_private(http::ok(page));
}

Task<Result<Response>> show(Request& request, WebhookService& webhooks) {
    CADDY_CO_TRY(const auto id, request.path_id<EndpointId>("webhook"));
    CADDY_CO_TRY(const auto shown, co_await webhooks.show(request.ctx, id));
    co_return answer(200, shown);
}

Task<Result<Response>> change(Request& request, WebhookService& webhooks) {
    CADDY_CO_TRY(const auto id, request.path_id<EndpointId>("webhook"));
    CADDY_CO_TRY(const auto expected, http::expected_version(request));
    CADDY_CO_TRY(const auto change, request.json<Change>());
    CADDY_CO_TRY(const auto shown, co_await webhooks.change(request.ctx, id, expected, change));
    co_return answer(200, shown);
}

Task<Result<Response>> remove(Request& request, WebhookService& webhooks) {
    CADDY_CO_TRY(const auto id, request.path_id<EndpointId>("webhook"));
    CADDY_CO_TRY(const auto expected, http::expected_version(request));
    CADDY_CO_TRY(co_await webhooks.remove(request.ctx, id, expected));
    co_return kept_private(http::no_content());
}

Task<Result<Response>> rotate_secret(Request& request, WebhookService& webhooks) {
    CADDY_CO_TRY(const auto id, request.path_id<EndpointId>("webhook"));
    CADDY_CO_TRY(const auto shown, co_await webhooks.rotate_secret(request.ctx, id));
    co_return answer(200, shown);
}

Task<Result<Response>> resume_rotate(Request& request, const std::string& made, WebhookService& webhooks) {
    const auto id = EndpointId::parse(made).value();
    CADDY_CO_TRY(const auto shown, co_await webhooks.with_secret(request.ctx, id));
    co_return answer(200, shown);
}

Task<Result<Response>> test(Request& request, WebhookService& webhooks) {
    CADDY_CO_TRY(const auto id, request.path_id<EndpointId>("webhook"));
    CADDY_CO_TRY(const auto delivery, co_await webhooks.test(request.ctx, id));
    co_return kept_private(http::accepted(delivery));
}

Task<Result<Response>> resume_test(Request& request, const std::string& made, WebhookService& webhooks) {
    const auto id = DeliveryId::parse(made).value();
    CADDY_CO_TRY(const auto delivery, co_await webhooks.delivery(request.ctx, id));
    co_return kept_private(http::accepted(delivery));
}

Task<Result<Response>> list_deliveries(Request& request, WebhookService& webhooks) {
    CADDY_CO_TRY(const auto id, request.path_id<EndpointId>("webhook"));
    CADDY_CO_TRY(request.allow_query({"limit", "cursor", "status"}));
    CADDY_CO_TRY(const auto wanted, request.page());
    CADDY_CO_TRY(const auto text, request.query_text("status"));
    std::optional<DeliveryStatus> status;
    if (text) {
        DeliveryStatus named{};
        const bool known = boost::describe::enum_from_string(text->c_str(), named);
        CADDY_CO_TRY(Checks()
                         .require(known, "query:status", "not_a_choice", "Send one of: waiting, delivered, failed.")
                         .result());
        status = named;
    }
    CADDY_CO_TRY(const auto page, co_await webhooks.deliveries(request.ctx, id, status, wanted));
    co_return kept_private(http::ok(page));
}

Task<Result<Response>> show_delivery(Request& request, WebhookService& webhooks) {
    CADDY_CO_TRY(const auto id, request.path_id<DeliveryId>("delivery"));
    CADDY_CO_TRY(const auto delivery, co_await webhooks.delivery(request.ctx, id));
    co_return kept_private(http::ok(delivery));
}

Task<Result<Response>> replay(Request& request, WebhookService& webhooks) {
    CADDY_CO_TRY(const auto id, request.path_id<EndpointId>("webhook"));
    CADDY_CO_TRY(const auto wish, request.json<ReplayWish>());
    CADDY_CO_TRY(const auto replayed, co_await webhooks.replay(request.ctx, id, wish));
    co_return kept_private(http::accepted(replayed));
}

Task<Result<Response>> resume_replay(Request&, const std::string& made, WebhookService&) {
    co_return kept_private(http::accepted(Replayed{std::stoll(made)}));
}

}   // namespace

void admin_routes(http::Router& router, WebhookService& webhooks, idempotency::Ledger& ledger) {
    using enum idempotency::Key;
    using http::bind, idempotency::bind_resume;
    const auto creating = ledger.keyed(accepted, bind(create, webhooks), bind_resume(resume_create, webhooks));
    const auto rotating = ledger.keyed(accepted, bind(rotate_secret, webhooks), bind_resume(resume_rotate, webhooks));
    const auto testing = ledger.keyed(accepted, bind(test, webhooks), bind_resume(resume_test, webhooks));
    const auto replaying = ledger.keyed(accepted, bind(replay, webhooks), bind_resume(resume_replay, webhooks));
    const std::string all = "/api/v1/admin/webhooks";
    const std::string one = all + "/{webhook}";
    const auto staff = Access::staff;
    router.get(all, staff, bind(list, webhooks)).permission = Permission::webhooks_manage;
    router.post(all, staff, creating).permission = Permission::webhooks_manage;
    router.get(one, staff, bind(show, webhooks)).permission = Permission::webhooks_manage;
    router.patch(one, staff, bind(change, webhooks)).permission = Permission::webhooks_manage;
    router.remove(one, staff, bind(remove, webhooks)).permission = Permission::webhooks_manage;
    router.post(one + "/rotate-secret", staff, rotating).permission = Permission::webhooks_manage;
    router.post(one + "/test", staff, testing).permission = Permission::webhooks_manage;
    router.get(one + "/deliveries", staff, bind(list_deliveries, webhooks)).permission = Permission::webhooks_manage;
    router.post(one + "/replay", staff, replaying).permission = Permission::webhooks_manage;
    router.get("/api/v1/admin/webhook-deliveries/{delivery}", staff, bind(show_delivery, webhooks)).permission =
        Permission::webhooks_manage;
}

}   // namespace caddy::webhooks
