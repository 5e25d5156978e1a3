// The sandbox's own page, as routes: the shopper approves or declines there, and the shop hears of it by webhook.
#include "platform/http/router.hpp"
#include "shop/payments/payments_sandbox.hpp"

namespace caddy::payments {
namespace {

struct Delivery {
    std::optional<int> delay_ms;
    std::optional<int> copies;
};
BOOST_DESCRIBE_STRUCT(Delivery, (), (delay_ms, copies))

Result<SandboxDelivery> delivery_of(const http::Request& request) {
    CADDY_TRY(const auto wish, request.json<Delivery>());
    const SandboxDelivery delivery{wish.delay_ms.value_or(0), wish.copies.value_or(1)};
    Checks checks;
    checks
        .require(delivery.delay_ms >= 0 && delivery.delay_ms <= sandbox_delay_ms_max, "/delay_ms", "out_of_range",
                 "Send 0 to " + std::to_string(sandbox_delay_ms_max) + " milliseconds.")
        .require(delivery.copies >= 1 && delivery.copies <= sandbox_copies_max, "/copies", "out_of_range",
                 "Send 1 to " + std::to_string(sandbox_copies_max) + " copies.");
    CADDY_TRY(checks.result());
    return delivery;
}

Task<Result<http::Response>> decide(http::Request& request, SandboxProvider& sandbox, SandboxDecision decision) {
    CADDY_CO_TRY(const auto id, request.path_id<PaymentId>("payment"));
    CADDY_CO_TRY(const auto delivery, delivery_of(request));
    CADDY_CO_TRY(const auto payment, co_await sandbox.decide(request.ctx, id, decision, delivery));
    co_return http::accepted(payment);
}

Task<Result<http::Response>> approve(http::Request& request, SandboxProvider& sandbox) {
    return decide(request, sandbox, SandboxDecision::approve);
}
Task<Result<http::Response>> decline(http::Request& request, SandboxProvider& sandbox) {
    return decide(request, sandbox, SandboxDecision::decline);
}

Task<Result<http::Response>> show(http::Request& request, SandboxProvider& sandbox) {
    CADDY_CO_TRY(const auto id, request.path_id<PaymentId>("payment"));
    CADDY_CO_TRY(const auto payment, co_await sandbox.show(request.ctx, id));
    auto response = http::ok(payment);
    response.headers.push_back(http::private_no_store());
    co_return response;
}

}  // namespace

void sandbox_routes(http::Router& router, SandboxProvider& sandbox) {
    router.get("/api/v1/sandbox/payments/{payment}", Access::anyone, http::bind(show, sandbox));
    router.post("/api/v1/sandbox/payments/{payment}/approve", Access::anyone, http::bind(approve, sandbox));
    router.post("/api/v1/sandbox/payments/{payment}/decline", Access::anyone, http::bind(decline, sandbox));
}

}  // namespace caddy::payments
