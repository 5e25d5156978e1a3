// Stock that a sale holds apart: in from what is available, out to its orders, and the rest back to everybody.
#include "core/assert.hpp"
#include "shop/inventory/inventory_ledger.hpp"

namespace caddy::inventory {
namespace {

/// Takes so much out of what a sale holds, whoever gets it.
Task<store::Reservation> take_out(db::Transaction& tx, const Context& ctx, std::int64_t sale, std::int64_t quantity,
                                  std::string_view reason) {
    const auto held = co_await store::lock_sale_reservation(tx, sale);
    if (!held || held->quantity < quantity) {
        throw db::Fault("a sale gives away more than it holds; run the audit");
    }
    if (held->quantity > quantity) {
        co_await store::reduce_reservation(tx, held->id, quantity, ctx.now());
    } else {
        (void)co_await store::end_reservation(tx, held->id, store::ReservationState::released, ctx.now());
    }
    const store::Movement movement{held->variant_id, MovementKind::released, -quantity, std::string(reason), sale,
                                   Holder::flash_sale};
    co_await store::insert_movement(tx, ctx, movement);
    co_return *held;
}

}  // namespace

Task<Result<void>> InventoryService::set_apart(db::Transaction& tx, const Context& ctx, std::int64_t sale,
                                               VariantId variant, std::int64_t quantity) {
    CADDY_ASSERT(quantity > 0);
    const auto held = co_await store::lock_sale_reservation(tx, sale);
    CADDY_ASSERT(!held || held->variant_id == variant);
    const Demand demand{variant, quantity};
    const bool taken = co_await take(tx, ctx, demand);
    if (!taken) {
        const std::vector<Demand> missed{demand};
        auto refusal = co_await insufficient_for(tx, missed);
        co_return refusal;
    }
    if (held) {
        co_await store::grow_reservation(tx, held->id, quantity, ctx.now());
    } else {
        const store::Reservation reservation{store::ReservationId::next(), sale, variant, quantity};
        co_await store::insert_sale_reservation(tx, reservation, ctx.now());
    }
    const store::Movement movement{variant, MovementKind::reserved, quantity, "flash sale", sale, Holder::flash_sale};
    co_await store::insert_movement(tx, ctx, movement);
    co_await tell_availability(tx, ctx, catalog_, config_, std::span(&variant, 1));
    co_return Result<void>{};
}

Task<> InventoryService::give_up(db::Transaction& tx, const Context& ctx, std::int64_t sale, std::int64_t quantity) {
    CADDY_ASSERT(quantity > 0);
    const auto held = co_await take_out(tx, ctx, sale, quantity, "flash sale, not sold");
    co_await store::give_back(tx, held.variant_id, quantity, ctx.now());
    co_await tell_availability(tx, ctx, catalog_, config_, std::span(&held.variant_id, 1));
}

Task<> InventoryService::hand_over(db::Transaction& tx, const Context& ctx, std::int64_t sale,
                                   std::span<const Handover> orders) {
    if (orders.empty()) co_return;
    std::int64_t sum = 0;
    for (const auto& each : orders) sum += each.quantity;
    const auto held = co_await take_out(tx, ctx, sale, sum, "flash sale, sold");
    for (const auto& each : orders) {
        const store::Reservation reservation{store::ReservationId::next(), each.order, held.variant_id, each.quantity};
        co_await store::insert_reservation(tx, reservation, each.expires_at, ctx.now());
        const store::Movement movement{held.variant_id, MovementKind::reserved, each.quantity, "flash sale",
                                       each.order};
        co_await store::insert_movement(tx, ctx, movement);
    }
}

Task<std::vector<SaleHolding>> InventoryService::sale_holdings(db::Session& db) {
    co_return co_await store::sale_holdings(db);
}

}  // namespace caddy::inventory
