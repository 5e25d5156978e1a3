// Prices frozen anew, when checkout has found that some of them are not today's.
#include "shop/cart/cart_rules.hpp"
#include "shop/cart/cart_store.hpp"

#include <algorithm>

namespace caddy::cart {

Task<Result<Cart>> CartService::freeze_again(const Context& ctx, CartId id, const Access& access) {
    co_return co_await db_.transact(ctx, "cart.freeze_again", [&](db::Transaction& tx) -> Task<Result<Cart>> {
        CADDY_CO_TRY(auto cart, co_await lock_open(tx, id, access));
        std::vector<catalog::VariantId> variants;
        for (const auto& line : cart.lines) variants.push_back(line.variant_id);
        const auto offers = co_await catalog_.offers(tx, variants);
        bool changed = false;
        for (auto& line : cart.lines) {
            const auto offer = std::ranges::find(offers, line.variant_id, &catalog::Offer::variant);
            if (offer == offers.end() || offer->price.currency != cart.currency || offer->price == line.unit_price)
                continue;
            auto fresh = line_of(line.id, *offer, line.quantity);
            fresh.price_changed_from = line.unit_price;
            co_await store::put_line(tx, cart.id, fresh);
            line = std::move(fresh);
            changed = true;
        }
        if (changed) co_await save(tx, ctx, cart);
        else co_await total_up(tx, cart);
        co_return cart;
    });
}

}  // namespace caddy::cart
