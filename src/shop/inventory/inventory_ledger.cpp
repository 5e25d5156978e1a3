#include "shop/inventory/inventory_ledger.hpp"

#include "core/assert.hpp"

#include <algorithm>
#include <map>

namespace caddy::inventory {

std::vector<Demand> tracked_by_variant(std::span<const Demand> demands) {
    std::map<VariantId, Demand> merged;
    for (const auto& demand : demands) {
        CADDY_ASSERT(demand.quantity > 0);
        if (!demand.tracked) continue;
        const auto [place, added] = merged.try_emplace(demand.variant, demand);
        if (!added) place->second.quantity += demand.quantity;
    }
    std::vector<Demand> sorted;
    for (const auto& [variant, demand] : merged) sorted.push_back(demand);
    return sorted;
}

catalog::Availability availability_of(std::int64_t available, std::int64_t low_at) {
    if (available <= 0) return catalog::Availability::out_of_stock;
    return available <= low_at ? catalog::Availability::low_stock : catalog::Availability::in_stock;
}

Task<std::int64_t> free_expired(db::Transaction& tx, const Context& ctx, std::vector<store::Reservation> expired) {
    std::ranges::sort(expired, {}, [](const auto& each) { return std::pair(each.variant_id, each.id); });
    std::int64_t freed = 0;
    for (std::size_t at = 0; at < expired.size();) {
        const auto variant = expired[at].variant_id;
        std::int64_t quantity = 0;
        for (; at < expired.size() && expired[at].variant_id == variant; ++at) {
            const auto& reservation = expired[at];
            const bool ours = co_await store::expire_reservation(tx, reservation.id, ctx.now());
            if (!ours) continue;
            ++freed;
            quantity += reservation.quantity;
            const store::Movement movement{variant, MovementKind::released, -reservation.quantity, "expired",
                                           reservation.order_id};
            co_await store::insert_movement(tx, ctx, movement);
        }
        if (quantity > 0) co_await store::give_back(tx, variant, quantity, ctx.now());
    }
    co_return freed;
}

Task<> tell_availability(db::Transaction& tx, const Context& ctx, catalog::CatalogService& catalog,
                         const Config& config, std::span<const VariantId> variants) {
    const auto levels = co_await store::levels(tx, variants);
    for (const auto& level : levels) {
        const auto now = availability_of(level.available(), level.low_at.value_or(config.low_stock_at));
        if (now == level.availability) continue;
        co_await store::note_availability(tx, level.variant_id, now, ctx.now());
        co_await catalog.set_availability(tx, ctx, level.variant_id, now);
    }
}

}  // namespace caddy::inventory
