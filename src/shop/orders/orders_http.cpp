// What shoppers read of their orders. Orders are made, cancelled and paid through checkout's routes.
#include "platform/http/router.hpp"
#include "shop/orders/orders.hpp"

namespace caddy::orders {
namespace {

using http::Request;
using http::Response;

Task<Result<Response>> list_orders(Request& request, OrderService& orders) {
    CADDY_CO_TRY(request.allow_query({"limit", "cursor", "count"}));
    CADDY_CO_TRY(const auto page, request.page());
    CADDY_CO_TRY(const auto found, co_await orders.list(request.ctx, page));
    auto response = http::ok(found);
    response.headers.push_back(http::private_no_store());
    co_return response;
}

Task<Result<Response>> show_order(Request& request, OrderService& orders) {
    CADDY_CO_TRY(const auto id, request.path_id<OrderId>("order"));
    const Access access{request.ctx.principal.user, std::string(request.header("x-order-token").value_or(""))};
    CADDY_CO_TRY(const auto order, co_await orders.show(request.ctx, id, access));
    auto response = http::ok(order);
    response.headers.push_back(http::private_no_store());
    co_return response;
}

}  // namespace

void routes(http::Router& router, OrderService& orders) {
    router.get("/api/v1/orders", caddy::Access::customer, http::bind(list_orders, orders));
    router.get("/api/v1/orders/{order}", caddy::Access::shopper, http::bind(show_order, orders));
}

}  // namespace caddy::orders
