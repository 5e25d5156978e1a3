// What comes in, goes out and comes back: the use cases that change what is on hand.
#include "core/assert.hpp"
#include "shop/inventory/inventory_ledger.hpp"

#include <algorithm>
#include <string>

namespace caddy::inventory {
namespace {

namespace refuse {
Error invalid_quantity() {
    return {ErrorKind::invalid, "inventory.invalid_quantity", "Send a quantity from 0 to 1000000000."};
}
Error not_reserved() {
    return {ErrorKind::conflict, "inventory.not_reserved",
            "The order has not so much of this variant reserved; ship no more than is open."};
}
Error not_on_hand() {
    return {ErrorKind::conflict, "inventory.not_on_hand",
            "There is not so much on the shelf; receive the goods before shipping them."};
}
}  // namespace refuse

/// Takes `quantity` out of an order's open reservations of one variant, the oldest first.
Task<bool> consume(db::Transaction& tx, const Context& ctx, const std::vector<store::Reservation>& reservations,
                   const Demand& parcel, store::ReservationState to) {
    std::int64_t left = parcel.quantity;
    for (const auto& reservation : reservations) {
        if (left == 0) break;
        if (reservation.variant_id != parcel.variant || reservation.state != store::ReservationState::open) continue;
        if (reservation.quantity > left) {
            co_await store::reduce_reservation(tx, reservation.id, left, ctx.now());
            left = 0;
        } else {
            (void)co_await store::end_reservation(tx, reservation.id, to, ctx.now());
            left -= reservation.quantity;
        }
    }
    co_return left == 0;
}

}  // namespace

Error below_reserved(std::int64_t reserved) {
    return {ErrorKind::conflict, "inventory.below_reserved",
            std::to_string(reserved) + " are promised to orders; set at least that many, or cancel orders first."};
}

Task<Result<void>> InventoryService::ship(db::Transaction& tx, const Context& ctx, std::int64_t order,
                                          std::span<const Demand> parcels) {
    const auto leaving = tracked_by_variant(parcels);
    const auto reservations = co_await store::lock_reservations(tx, order);
    for (const auto& parcel : leaving) {
        const bool reserved = co_await consume(tx, ctx, reservations, parcel, store::ReservationState::shipped);
        if (!reserved) co_return refuse::not_reserved();
        const bool taken = co_await store::take_off_shelf(tx, parcel.variant, parcel.quantity, ctx.now());
        if (!taken) co_return refuse::not_on_hand();
        const store::Movement movement{parcel.variant, MovementKind::shipped, -parcel.quantity, "shipped", order};
        co_await store::insert_movement(tx, ctx, movement);
    }
    co_return Result<void>{};   // available stays what it was: both figures went down alike
}

Task<Result<void>> InventoryService::free(db::Transaction& tx, const Context& ctx, std::int64_t order,
                                          std::span<const Demand> unwanted) {
    const auto leaving = tracked_by_variant(unwanted);
    const auto reservations = co_await store::lock_reservations(tx, order);
    std::vector<VariantId> changed;
    for (const auto& demand : leaving) {
        const bool reserved = co_await consume(tx, ctx, reservations, demand, store::ReservationState::released);
        if (!reserved) co_return refuse::not_reserved();
        co_await store::give_back(tx, demand.variant, demand.quantity, ctx.now());
        const store::Movement movement{demand.variant, MovementKind::released, -demand.quantity, "not sent", order};
        co_await store::insert_movement(tx, ctx, movement);
        changed.push_back(demand.variant);
    }
    co_await tell_availability(tx, ctx, catalog_, config_, changed);
    co_return Result<void>{};
}

Task<Result<void>> InventoryService::write_off(db::Transaction& tx, const Context& ctx, std::int64_t order,
                                               std::span<const Demand> lost, std::string_view reason) {
    CADDY_CO_TRY(co_await free(tx, ctx, order, lost));
    std::vector<VariantId> changed;
    for (const auto& demand : tracked_by_variant(lost)) {
        const auto level = co_await store::lock_level(tx, demand.variant);
        CADDY_ASSERT(level.has_value());
        // A backorder that has not come in is not on the shelf.
        const auto spare = std::max(level->on_hand - level->reserved, std::int64_t{0});
        const auto gone = std::min(demand.quantity, spare);
        if (gone == 0) continue;
        co_await store::change_on_hand(tx, demand.variant, -gone, ctx.now());
        const store::Movement movement{demand.variant, MovementKind::adjusted, -gone, std::string(reason), order};
        co_await store::insert_movement(tx, ctx, movement);
        changed.push_back(demand.variant);
    }
    co_await tell_availability(tx, ctx, catalog_, config_, changed);
    co_return Result<void>{};
}

Task<std::vector<VariantId>> InventoryService::reserved_for(db::Session& db, std::int64_t order) {
    co_return co_await store::reserved_variants(db, order);
}

Task<> InventoryService::restock(db::Transaction& tx, const Context& ctx, std::int64_t order,
                                 std::span<const Demand> returns, std::string_view reason) {
    std::vector<VariantId> changed;
    for (const auto& back : tracked_by_variant(returns)) {
        co_await store::ensure_level(tx, back.variant, ctx.now());
        co_await store::change_on_hand(tx, back.variant, back.quantity, ctx.now());
        const store::Movement movement{back.variant, MovementKind::returned, back.quantity, std::string(reason), order};
        co_await store::insert_movement(tx, ctx, movement);
        changed.push_back(back.variant);
    }
    co_await tell_availability(tx, ctx, catalog_, config_, changed);
}

Task<Result<void>> InventoryService::set_on_hand(db::Transaction& tx, const Context& ctx, VariantId variant,
                                                 std::int64_t on_hand, MovementKind kind, std::string_view reason) {
    CADDY_ASSERT(kind == MovementKind::received || kind == MovementKind::adjusted || kind == MovementKind::returned);
    if (on_hand < 0 || on_hand > on_hand_max) co_return refuse::invalid_quantity();
    auto level = co_await store::lock_level(tx, variant);
    if (!level) {
        co_await store::ensure_level(tx, variant, ctx.now());
        level = co_await store::lock_level(tx, variant);
    }
    const auto difference = on_hand - level->on_hand;
    if (difference == 0) co_return Result<void>{};
    // Counting fewer than are promised is refused; a backorder may come in by and by.
    if (difference < 0 && on_hand < level->reserved) co_return below_reserved(level->reserved);
    co_await store::change_on_hand(tx, variant, difference, ctx.now());
    const store::Movement movement{variant, kind, difference, std::string(reason), std::nullopt};
    co_await store::insert_movement(tx, ctx, movement);
    const VariantId changed[] = {variant};
    co_await tell_availability(tx, ctx, catalog_, config_, changed);
    co_return Result<void>{};
}

}  // namespace caddy::inventory
