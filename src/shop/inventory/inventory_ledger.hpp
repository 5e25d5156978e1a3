#pragma once
// What the use cases of inventory share. Private to the feature.
#include "shop/inventory/inventory_store.hpp"

namespace caddy::inventory {

constexpr std::int64_t on_hand_max = 1'000'000'000;

/// inventory.below_reserved (409)
Error below_reserved(std::int64_t reserved);

/// The part of demands that touches the ledger: tracked ones, one per variant, in id order.
std::vector<Demand> tracked_by_variant(std::span<const Demand>);

/// Which class shoppers are shown.
catalog::Availability availability_of(std::int64_t available, std::int64_t low_at);

/// Frees those of these that are still open and expired; how many. The catalogue is not told.
Task<std::int64_t> free_expired(db::Transaction&, const Context&, std::vector<store::Reservation>);

/// Takes what is available; where that is too little, what expired reservations hold is freed for this buyer first.
Task<bool> take(db::Transaction&, const Context&, const Demand&);
/// inventory.insufficient, with what there is of each.
Task<Error> insufficient_for(db::Transaction&, const std::vector<Demand>& missed);

/// Tells the catalogue of the variants whose class is another than it was told last.
Task<> tell_availability(db::Transaction&, const Context&, catalog::CatalogService&, const Config&,
                         std::span<const VariantId>);

}  // namespace caddy::inventory
