// Webhooks of payment providers. The body is stored and proven as it came, byte for byte.
#include "platform/http/router.hpp"
#include "shop/payments/payments.hpp"

namespace caddy::payments {
namespace {

constexpr std::size_t hook_body_max = 64 * 1024;

struct Received {
    bool received = true;
};
BOOST_DESCRIBE_STRUCT(Received, (), (received))

Task<Result<http::Response>> receive(http::Request& request, PaymentService& payments) {
    const Message message{request.headers, request.body};
    CADDY_CO_TRY(co_await payments.receive(request.ctx, request.path_text("provider"), message));
    co_return http::ok(Received{});
}

}  // namespace

void routes(http::Router& router, PaymentService& payments) {
    router.post("/api/v1/hooks/payments/{provider}", Access::anyone, http::bind(receive, payments)).body_limit =
        hook_body_max;
}

}  // namespace caddy::payments
