// The ways of paying, and the webhooks of payment providers: a body is stored and proven as it came, byte for byte.
#include "platform/http/router.hpp"
#include "shop/payments/payments.hpp"

namespace caddy::payments {
namespace {

constexpr std::size_t hook_body_max = 64 * 1024;
constexpr int fresh_s = 60;   // what is offered changes with the settings of a new release

struct MethodList {
    std::vector<PaymentMethod> data;
};
BOOST_DESCRIBE_STRUCT(MethodList, (), (data))

Task<Result<http::Response>> methods(http::Request&, PaymentService& payments) {
    auto response = http::ok(MethodList{payments.methods()});
    response.headers.push_back(http::public_for(fresh_s));
    co_return response;
}

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
    router.get("/api/v1/payment-methods", Access::anyone, http::bind(methods, payments));
    router.post("/api/v1/hooks/payments/{provider}", Access::anyone, http::bind(receive, payments)).body_limit =
        hook_body_max;
}

}  // namespace caddy::payments
