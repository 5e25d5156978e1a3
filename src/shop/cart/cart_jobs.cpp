#include "platform/jobs/worker.hpp"
#include "shop/cart/cart.hpp"

namespace caddy::cart {
namespace {

Task<> sweep(const Context& ctx, CartService& carts) {
    (void)co_await carts.sweep_abandoned(ctx);
}

}  // namespace

void jobs(jobs::JobTable& table, CartService& carts) {
    table.every(std::chrono::hours(24), "cart.sweep", caddy::jobs::bind_scheduled(sweep, carts));
}

}  // namespace caddy::cart
