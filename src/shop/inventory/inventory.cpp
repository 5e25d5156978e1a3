#include "shop/inventory/inventory.hpp"

#include "platform/json/more.hpp"
#include "platform/telemetry/log.hpp"
#include "shop/inventory/inventory_ledger.hpp"

#include <algorithm>

namespace caddy::inventory {
namespace {

constexpr int free_rounds_max = 50;    // of store::batch_rows each, for one variant and one buyer
constexpr int sweep_rounds_max = 50;   // of store::batch_rows each, for one run of the job

struct Shortages {
    std::vector<Shortage> lines;
};
BOOST_DESCRIBE_STRUCT(Shortages, (), (lines))

std::vector<VariantId> variants_of(const std::vector<Demand>& demands) {
    std::vector<VariantId> variants;
    for (const auto& demand : demands) variants.push_back(demand.variant);
    return variants;
}

Task<bool> take_on_backorder(db::Transaction& tx, const Context& ctx, const Demand& demand) {
    const bool taken = co_await store::take_on_backorder(tx, demand.variant, demand.quantity, ctx.now());
    if (taken) co_return true;
    co_await store::ensure_level(tx, demand.variant, ctx.now());
    co_return co_await store::take_on_backorder(tx, demand.variant, demand.quantity, ctx.now());
}

}  // namespace

Task<bool> take(db::Transaction& tx, const Context& ctx, const Demand& demand) {
    bool taken = co_await store::take_available(tx, demand.variant, demand.quantity, ctx.now());
    if (taken) co_return true;
    if (demand.policy == catalog::StockPolicy::backorder) co_return co_await take_on_backorder(tx, ctx, demand);
    for (int round = 0; !taken && round < free_rounds_max; ++round) {
        auto expired = co_await store::expired_of(tx, demand.variant, ctx.now());
        if (expired.empty()) break;
        co_await free_expired(tx, ctx, std::move(expired));
        taken = co_await store::take_available(tx, demand.variant, demand.quantity, ctx.now());
    }
    co_return taken;
}

Task<Error> insufficient_for(db::Transaction& tx, const std::vector<Demand>& missed) {
    const auto variants = variants_of(missed);
    const auto levels = co_await store::levels(tx, variants);
    std::vector<Shortage> lines;
    for (const auto& demand : missed) {
        const auto level = std::ranges::find(levels, demand.variant, &store::Level::variant_id);
        const auto available = level == levels.end() ? 0 : std::max<std::int64_t>(0, level->available());
        lines.push_back({demand.variant, demand.quantity, available});
    }
    co_return insufficient(std::move(lines));
}

Error insufficient(std::vector<Shortage> lines) {
    Error error{ErrorKind::conflict, "inventory.insufficient",
                "There is not enough in stock; see lines for what is left."};
    error.more = json::more(Shortages{std::move(lines)});
    return error;
}

Task<Result<void>> InventoryService::reserve(db::Transaction& tx, const Context& ctx, std::int64_t order,
                                             std::span<const Demand> demands, Time expires_at) {
    const auto wanted = tracked_by_variant(demands);
    // The rows that nobody else waits for come first, so that a hot level is locked for as short as can be.
    for (const auto& demand : wanted) {
        const store::Reservation reservation{store::ReservationId::next(), order, demand.variant, demand.quantity};
        co_await store::insert_reservation(tx, reservation, expires_at, ctx.now());
        const store::Movement movement{demand.variant, MovementKind::reserved, demand.quantity, "checkout", order};
        co_await store::insert_movement(tx, ctx, movement);
    }
    std::vector<Demand> missed;
    for (const auto& demand : wanted) {
        const bool taken = co_await take(tx, ctx, demand);
        if (!taken) missed.push_back(demand);
    }
    if (!missed.empty()) {
        auto refusal = co_await insufficient_for(tx, missed);
        co_return refusal;
    }
    const auto variants = variants_of(wanted);
    co_await tell_availability(tx, ctx, catalog_, config_, variants);
    co_return Result<void>{};
}

Task<bool> InventoryService::scarce(db::Session& db, std::span<const Demand> demands) {
    auto wanted = tracked_by_variant(demands);
    std::erase_if(wanted, [](const Demand& each) { return each.policy == catalog::StockPolicy::backorder; });
    const auto variants = variants_of(wanted);
    const auto levels = co_await store::levels(db, variants);
    co_return std::ranges::any_of(wanted, [&](const Demand& demand) {
        const auto level = std::ranges::find(levels, demand.variant, &store::Level::variant_id);
        return level == levels.end() ||
               level->available() - demand.quantity <= level->low_at.value_or(config_.low_stock_at);
    });
}

Task<bool> InventoryService::keep(db::Transaction& tx, const Context& ctx, std::int64_t order) {
    const auto reservations = co_await store::lock_reservations(tx, order);
    const bool lost = std::ranges::any_of(reservations, [&](const auto& gone) {
        // What was given back and then reserved anew is not lost.
        return gone.state == store::ReservationState::released &&
               std::ranges::none_of(reservations, [&](const auto& other) {
                   return other.variant_id == gone.variant_id && other.state != store::ReservationState::released;
               });
    });
    if (lost) co_return false;
    co_await store::keep_open(tx, order, ctx.now());
    co_return true;
}

Task<> InventoryService::release(db::Transaction& tx, const Context& ctx, std::int64_t order) {
    const auto reservations = co_await store::open_reservations(tx, order);
    std::vector<VariantId> changed;
    for (const auto& reservation : reservations) {
        const bool ours =
            co_await store::end_reservation(tx, reservation.id, store::ReservationState::released, ctx.now());
        if (!ours) continue;
        co_await store::give_back(tx, reservation.variant_id, reservation.quantity, ctx.now());
        const store::Movement movement{reservation.variant_id, MovementKind::released, -reservation.quantity,
                                       "order released", order};
        co_await store::insert_movement(tx, ctx, movement);
        changed.push_back(reservation.variant_id);
    }
    co_await tell_availability(tx, ctx, catalog_, config_, changed);
}

Task<std::vector<Available>> InventoryService::available(db::Session& db, std::span<const VariantId> variants) {
    const auto levels = co_await store::levels(db, variants);
    std::vector<Available> found;
    for (const auto& level : levels) found.push_back({level.variant_id, level.available()});
    co_return found;
}

Task<std::optional<std::int64_t>> InventoryService::on_hand(db::Session& db, VariantId variant) {
    const auto levels = co_await store::levels(db, std::span(&variant, 1));
    if (levels.empty()) co_return std::nullopt;
    co_return levels.front().on_hand;
}

Task<std::vector<ShelfCount>> InventoryService::on_hand(db::Session& db, std::span<const VariantId> variants) {
    const auto levels = co_await store::levels(db, variants);
    std::vector<ShelfCount> found;
    for (const auto& level : levels) found.push_back({level.variant_id, level.on_hand});
    co_return found;
}

Task<std::int64_t> InventoryService::sweep_expired(const Context& ctx) {
    std::int64_t freed = 0;
    for (int round = 0; round < sweep_rounds_max; ++round) {
        std::vector<store::Reservation> expired;
        {
            auto db = co_await db_.read(ctx);
            expired = co_await store::expired(db, ctx.now());
        }
        if (expired.empty()) break;
        const auto outcome =
            co_await db_.transact(ctx, "inventory.sweep", [&](db::Transaction& tx) -> Task<Result<std::int64_t>> {
                const auto count = co_await free_expired(tx, ctx, expired);
                std::vector<VariantId> variants;
                for (const auto& reservation : expired) variants.push_back(reservation.variant_id);
                co_await tell_availability(tx, ctx, catalog_, config_, variants);
                co_return count;
            });
        freed += outcome.value();
    }
    if (freed > 0) log::info("inventory.swept", {{"freed", freed}});
    co_return freed;
}

}  // namespace caddy::inventory
