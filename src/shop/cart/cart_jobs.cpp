#include "platform/jobs/worker.hpp"
#include "shop/cart/cart.hpp"

#include <stdexcept>

namespace caddy::cart {
namespace {

// The ids of another feature, which stands above this one.
struct UserTag { static constexpr std::string_view prefix = "cus"; };

Task<> sweep(const Context& ctx, CartService& carts) {
    (void)co_await carts.sweep_abandoned(ctx);
}

/// Whoever closes his account leaves no basket behind: it holds his address. Identity tells it by an event.
Task<> erase(const Context& ctx, const jobs::Event& event, CartService& carts) {
    const auto customer = Id<UserTag>::parse(event.aggregate);
    if (!customer) throw std::runtime_error("not the id of a user: " + event.aggregate);
    (void)co_await carts.erase_of(ctx, customer->value);
}

}  // namespace

void jobs(jobs::JobTable& table, CartService& carts) {
    table.on("identity.account_closed", "cart.erase", caddy::jobs::bind_event(erase, carts));
    table.every(std::chrono::hours(24), "cart.sweep", caddy::jobs::bind_scheduled(sweep, carts));
}

}  // namespace caddy::cart
