// Orders without a cart: pieces of one variant at a price of their own, out of stock that the caller holds.
#include "shop/checkout/checkout_parts.hpp"

namespace caddy::checkout {
namespace {

/// The cart that somebody would have filled for it: priced, shipped and taxed like every other.
cart::Cart cart_of(const DirectOrder& wanted) {
    cart::Cart cart;
    cart.customer = wanted.customer;
    cart.currency = wanted.special.price.currency;
    cart.email = wanted.email;
    cart.shipping_address = wanted.shipping_address;
    cart.shipping_method_id = wanted.shipping_method_id;
    cart.note = wanted.note;
    auto& line = cart.lines.emplace_back();
    line.variant_id = wanted.special.variant;
    line.quantity = wanted.quantity;
    line.unit_price = wanted.special.price;
    line.total = line.unit_price * line.quantity;
    return cart;
}

}  // namespace

Task<Result<CheckoutService::Repriced>> CheckoutService::examine(db::Session& db, const Context& ctx,
                                                                 cart::Cart& cart, const DirectOrder& wanted) {
    CADDY_CO_TRY(parts_.payments.provider(wanted.wish.payment_provider));
    CADDY_CO_TRY(auto repriced, co_await reprice(db, cart, &wanted.special));
    CADDY_CO_TRY(rules::same_price(repriced.priced.changed, repriced.totals, wanted.wish.expected_total_minor));
    const auto caller = rules::caller_of(wanted.customer);
    CADDY_CO_TRY(co_await check_quota(db, ctx, caller, config_.unpaid_per_customer_max));
    co_return repriced;
}

Task<Result<pricing::Totals>> CheckoutService::estimate(const Context& ctx, const DirectOrder& wanted) {
    auto cart = cart_of(wanted);
    auto db = co_await db_.read(ctx);
    CADDY_CO_TRY(const auto repriced, co_await examine(db, ctx, cart, wanted));
    co_return repriced.totals;
}

Task<Result<DirectPlaced>> CheckoutService::place_direct(db::Transaction& tx, const Context& ctx,
                                                         const DirectOrder& wanted) {
    auto cart = cart_of(wanted);
    CADDY_CO_TRY(const auto repriced, co_await examine(tx, ctx, cart, wanted));
    CADDY_CO_TRY(const auto* provider, parts_.payments.provider(wanted.wish.payment_provider));
    orders::Draft draft;
    draft.id = OrderId::next();
    draft.caller = rules::caller_of(wanted.customer);
    draft.cart_id = wanted.source;
    const auto window = provider->window().value_or(std::chrono::minutes(config_.scarce_window_min));
    draft.expires_at = ctx.now() + window;
    const auto reserved_until = draft.expires_at + reservation_grace;
    const auto placed = co_await write_order(tx, ctx, cart, repriced, wanted.wish, std::move(draft));
    co_return DirectPlaced{placed.order.id, reserved_until};
}

}  // namespace caddy::checkout
