// Signing in with a full basket: a guest's cart becomes the customer's, or part of the cart that he has already.
#include "platform/idempotency/idempotency.hpp"
#include "shop/cart/cart_rules.hpp"
#include "shop/cart/cart_store.hpp"

#include <algorithm>

namespace caddy::cart {
namespace {

/// Carts in two currencies stay two carts; an empty one follows the other.
bool can_merge(const Cart& from, const Cart& into) {
    return from.lines.empty() || into.lines.empty() || from.currency == into.currency;
}

/// What the merged line shall be: at the current price where there is one, else as the guest was shown it.
Line proposed(const Line& guest, const Line* own, const catalog::Offer* offer) {
    const auto quantity = guest.quantity + (own ? own->quantity : 0);
    Line line = offer && own ? line_of(own->id, *offer, quantity) : own ? *own : guest;
    if (!own) line.id = LineId::next();   // the guest's row keeps its own id
    if (own && line.unit_price != own->unit_price) line.price_changed_from = own->unit_price;
    line.quantity = quantity;
    line.total = line.unit_price * quantity;
    return line;
}

template <class Found, class Key>
const Found* find_by(const std::vector<Found>& list, Key Found::*member, const Key& key) {
    const auto found = std::ranges::find(list, key, member);
    return found == list.end() ? nullptr : &*found;
}

}  // namespace

Task<std::vector<Clamp>> CartService::merge(db::Transaction& tx, const Cart& from, Cart& into) {
    std::vector<catalog::VariantId> variants;
    for (const auto& line : from.lines) variants.push_back(line.variant_id);
    const auto offers = co_await catalog_.offers(tx, variants);
    const auto stock = co_await inventory_.available(tx, variants);
    std::vector<Clamp> clamped;
    for (const auto& guest : from.lines) {
        const auto* own = find_by(into.lines, &Line::variant_id, guest.variant_id);
        const auto* offer = find_by(offers, &catalog::Offer::variant, guest.variant_id);
        // What is no longer for sale, or only in another currency, is left out.
        if (offer && offer->price.currency != from.currency) offer = nullptr;
        const auto* level = find_by(stock, &inventory::Available::variant, guest.variant_id);
        auto line = proposed(guest, own, offer);
        const auto requested = line.quantity;
        const bool fits = own || std::cmp_less(into.lines.size(), config_.lines_per_cart_max);
        const auto limit = !fits || !offer ? 0 : quantity_limit(*offer, level ? level->available : 0, config_);
        line.quantity = std::max(std::min(requested, limit), own ? own->quantity : 0);   // what was there stays
        line.total = line.unit_price * line.quantity;
        if (line.quantity < requested) clamped.push_back({guest.variant_id, requested, line.quantity});
        if (line.quantity == 0) continue;
        co_await store::put_line(tx, into.id, line);
        place_line(into, std::move(line));
    }
    co_return clamped;
}

Task<Claimed> CartService::outcome_of(db::Session& db, Cart claimed) {
    Claimed outcome{std::move(claimed), {}, {}};
    std::optional<Cart> target;
    if (outcome.cart.merged_into) target = co_await store::load(db, *outcome.cart.merged_into);
    if (target) {
        outcome.merged_from = outcome.cart.id;
        outcome.cart = std::move(*target);
    }
    co_await total_up(db, outcome.cart);
    co_return outcome;
}

Task<Result<Claimed>> CartService::claimed(const Context& ctx, CartId id, const Access& access) {
    auto db = co_await db_.read(ctx);
    auto cart = co_await store::load(db, id);
    if (!cart || cart->customer == 0 || !is_owned(*cart, access)) co_return refuse::not_found();
    co_return co_await outcome_of(db, std::move(*cart));
}

Task<Result<Claimed>> CartService::claim(const Context& ctx, CartId id, const Access& access) {
    co_return co_await db_.transact(ctx, "cart.claim", [&](db::Transaction& tx) -> Task<Result<Claimed>> {
        const auto made_id = id.text();
        CADDY_CO_TRY(co_await idempotency::record(tx, ctx, made_id));
        auto guest = co_await store::load_for_update(tx, id);
        if (!guest || access.customer == 0 || !is_owned(*guest, access)) co_return refuse::not_found();
        if (guest->customer != 0) co_return co_await outcome_of(tx, std::move(*guest));   // claimed before
        if (guest->status != CartStatus::open) co_return refuse::closed();
        std::optional<Cart> own;
        const auto own_id = co_await store::open_cart_of(tx, access.customer);
        if (own_id) own = co_await store::load_for_update(tx, *own_id);
        if (own && (own->status != CartStatus::open || !can_merge(*guest, *own))) own.reset();
        guest->customer = access.customer;
        if (!own) {
            co_await save(tx, ctx, *guest);
            co_return Claimed{std::move(*guest), {}, {}};
        }
        if (own->lines.empty() && !guest->lines.empty()) own->currency = guest->currency;
        Claimed claimed;
        claimed.clamped = co_await merge(tx, *guest, *own);
        fill_blanks(*guest, *own);
        guest->status = CartStatus::closed;
        guest->merged_into = own->id;
        co_await save(tx, ctx, *guest);
        co_await save(tx, ctx, *own);
        claimed.cart = std::move(*own);
        claimed.merged_from = id;
        co_return claimed;
    });
}

}  // namespace caddy::cart
