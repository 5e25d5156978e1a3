// What goes into a cart and out of it.
#include "platform/idempotency/idempotency.hpp"
#include "shop/cart/cart_rules.hpp"
#include "shop/cart/cart_store.hpp"

#include <algorithm>
#include <array>

namespace caddy::cart {

Task<Result<void>> CartService::check_stock(db::Session& db, const catalog::Offer& offer, std::int64_t quantity) {
    if (!offer.tracked || offer.policy == catalog::StockPolicy::backorder) co_return Result<void>{};
    const std::array wanted{offer.variant};
    const auto found = co_await inventory_.available(db, wanted);
    const std::int64_t available = found.empty() ? 0 : std::max<std::int64_t>(0, found.front().available);
    if (quantity <= available) co_return Result<void>{};
    std::vector<inventory::Shortage> lines;
    lines.push_back({offer.variant, quantity, available});
    co_return inventory::insufficient(std::move(lines));
}

Task<Result<Cart>> CartService::add_line(const Context& ctx, CartId id, const Access& access,
                                         catalog::VariantId variant, std::int64_t quantity) {
    co_return co_await db_.transact(ctx, "cart.add_line", [&](db::Transaction& tx) -> Task<Result<Cart>> {
        const auto made_id = id.text();
        CADDY_CO_TRY(co_await idempotency::record(tx, ctx, made_id));
        CADDY_CO_TRY(auto cart, co_await lock_open(tx, id, access));
        const std::array wanted{variant};
        const auto offers = co_await catalog_.offers(tx, wanted);
        if (offers.empty()) co_return refuse::not_for_sale("/variant_id");
        const auto& offer = offers.front();
        CADDY_CO_TRY(auto line, merged_line(cart, offer, quantity, config_));
        CADDY_CO_TRY(co_await check_stock(tx, offer, line.quantity));
        co_await store::put_line(tx, cart.id, line);
        cart.currency = offer.price.currency;
        place_line(cart, std::move(line));
        co_await save(tx, ctx, cart);
        co_return cart;
    });
}

Task<Result<Cart>> CartService::set_quantity(const Context& ctx, CartId id, const Access& access, LineId line_id,
                                             std::int64_t quantity) {
    co_return co_await db_.transact(ctx, "cart.set_quantity", [&](db::Transaction& tx) -> Task<Result<Cart>> {
        CADDY_CO_TRY(auto cart, co_await lock_open(tx, id, access));
        const auto line = find_line(cart, line_id);
        if (line == cart.lines.end()) co_return refuse::line_not_found();
        CADDY_CO_TRY(check_quantity(quantity, config_));
        if (quantity > line->quantity) {
            const std::array wanted{line->variant_id};
            const auto offers = co_await catalog_.offers(tx, wanted);
            if (offers.empty()) co_return refuse::not_for_sale("/quantity");
            CADDY_CO_TRY(co_await check_stock(tx, offers.front(), quantity));
        }
        if (quantity != line->quantity) co_await store::set_quantity(tx, line->id, quantity);
        line->quantity = quantity;
        line->total = line->unit_price * quantity;
        co_await save(tx, ctx, cart);
        co_return cart;
    });
}

Task<Result<Cart>> CartService::remove_line(const Context& ctx, CartId id, const Access& access, LineId line_id) {
    co_return co_await db_.transact(ctx, "cart.remove_line", [&](db::Transaction& tx) -> Task<Result<Cart>> {
        CADDY_CO_TRY(auto cart, co_await lock_open(tx, id, access));
        const auto line = find_line(cart, line_id);
        if (line == cart.lines.end()) co_return refuse::line_not_found();
        co_await store::delete_line(tx, line->id);
        cart.lines.erase(line);
        co_await save(tx, ctx, cart);
        co_return cart;
    });
}

}  // namespace caddy::cart
