// The routes that turn carts into orders and change what becomes of orders.
#include "platform/http/router.hpp"
#include "platform/idempotency/idempotency.hpp"
#include "platform/mail/language.hpp"
#include "shop/checkout/checkout.hpp"

namespace caddy::checkout {
namespace {

using http::Request;
using http::Response;

struct CheckoutBody {
    std::string payment_provider;
    std::optional<std::int64_t> expected_total_minor;
};
BOOST_DESCRIBE_STRUCT(CheckoutBody, (), (payment_provider, expected_total_minor))

struct AttemptBody {
    std::string provider;
};
BOOST_DESCRIBE_STRUCT(AttemptBody, (), (provider))

std::string token_of(const Request& request, std::string_view header) {
    return std::string(request.header(header).value_or(""));
}

orders::Access order_access(const Request& request) {
    return {request.ctx.principal.user, token_of(request, "x-order-token")};
}

Response answer(int status, const orders::Order& order) {
    auto response = http::json_response(status, order);
    response.headers.push_back(http::private_no_store());
    if (order.token) response.with("X-Order-Token", *order.token);
    return response;
}

Response created(const orders::Order& order) {
    return answer(201, order).with("Location", "/api/v1/orders/" + order.id.text());
}

Result<OrderId> read_made(const std::string& made) {
    const auto id = OrderId::parse(made);
    if (!id) return Error{ErrorKind::not_found, "orders.not_found", "There is no such order any more."};
    return *id;
}

Task<Result<Response>> check_out(Request& request, CheckoutService& checkout) {
    CADDY_CO_TRY(const auto cart, request.path_id<cart::CartId>("cart"));
    CADDY_CO_TRY(const auto body, request.json<CheckoutBody>());
    const cart::Access access{request.ctx.principal.user, token_of(request, "x-cart-token")};
    const Wish wish{body.payment_provider, body.expected_total_minor,
                    mail::language_for(request.header("accept-language").value_or(std::string_view()))};
    CADDY_CO_TRY(const auto order, co_await checkout.place(request.ctx, cart, access, wish));
    co_return created(order);
}

Task<Result<Response>> pay_again(Request& request, CheckoutService& checkout) {
    CADDY_CO_TRY(const auto id, request.path_id<OrderId>("order"));
    CADDY_CO_TRY(const auto body, request.json<AttemptBody>());
    CADDY_CO_TRY(const auto order, co_await checkout.pay_again(request.ctx, id, order_access(request), body.provider));
    co_return created(order);
}

/// After a crash or a silent provider: the order is there, and its payment is started if it was not.
Task<Result<Response>> go_on(Request& request, const std::string& made, CheckoutService& checkout) {
    CADDY_CO_TRY(const auto id, read_made(made));
    CADDY_CO_TRY(const auto order, co_await checkout.proceed(request.ctx, id));
    co_return created(order);
}

Task<Result<Response>> cancel(Request& request, CheckoutService& checkout) {
    CADDY_CO_TRY(const auto id, request.path_id<OrderId>("order"));
    CADDY_CO_TRY(const auto order, co_await checkout.cancel(request.ctx, id, order_access(request)));
    co_return answer(200, order);
}

Task<Result<Response>> show_cancelled(Request& request, const std::string& made, CheckoutService& checkout) {
    CADDY_CO_TRY(const auto id, read_made(made));
    CADDY_CO_TRY(const auto order, co_await checkout.made(request.ctx, id));
    co_return answer(200, order);
}

}  // namespace

void routes(http::Router& router, CheckoutService& checkout, idempotency::Ledger& ledger) {
    using idempotency::bind_resume;
    using idempotency::Key;
    router.post("/api/v1/carts/{cart}/checkout", Access::shopper,
                ledger.keyed(Key::required, http::bind(check_out, checkout), bind_resume(go_on, checkout)));
    router.post("/api/v1/orders/{order}/payments", Access::shopper,
                ledger.keyed(Key::required, http::bind(pay_again, checkout), bind_resume(go_on, checkout)));
    router.post("/api/v1/orders/{order}/cancel", Access::shopper,
                ledger.keyed(Key::accepted, http::bind(cancel, checkout), bind_resume(show_cancelled, checkout)));
}

}  // namespace caddy::checkout
