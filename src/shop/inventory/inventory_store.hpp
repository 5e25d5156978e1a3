#pragma once
// All SQL of inventory. Private to the feature. Every function that changes a level has a companion movement;
// inventory.cpp pairs them.
#include "platform/db/session.hpp"
#include "platform/runtime/context.hpp"
#include "shop/inventory/inventory.hpp"

namespace caddy::inventory::store {

struct ReservationTag { static constexpr std::string_view prefix = "rsv"; };
using ReservationId = Id<ReservationTag>;

BOOST_DEFINE_ENUM_CLASS(ReservationState, open, released, shipped)

constexpr std::int64_t main_location = 1;   // the tables are ready for more
constexpr int batch_rows = 200;             // the LIMIT of the statements that free expired reservations

struct Level {
    VariantId variant_id;
    std::int64_t on_hand = 0;
    std::int64_t reserved = 0;
    std::optional<std::int64_t> low_at;   // none: the shop's own mark
    catalog::Availability availability = catalog::Availability::out_of_stock;

    std::int64_t available() const { return on_hand - reserved; }
};
BOOST_DESCRIBE_STRUCT(Level, (), (variant_id, on_hand, reserved, low_at, availability))

struct Reservation {
    ReservationId id;
    std::int64_t order_id = 0;
    VariantId variant_id;
    std::int64_t quantity = 0;
    ReservationState state = ReservationState::open;
};
BOOST_DESCRIBE_STRUCT(Reservation, (), (id, order_id, variant_id, quantity, state))

struct Movement {
    VariantId variant;
    MovementKind kind = MovementKind::adjusted;
    std::int64_t quantity = 0;   // signed: what was added to on_hand, to reserved, or (shipped) to both
    std::string reason;
    std::optional<std::int64_t> order{};   // or the sale, as the holder says
    Holder holder = Holder::order;
};

/// A movement as it was written.
struct MovementRow {
    MovementId id;
    MovementKind kind = MovementKind::adjusted;
    std::int64_t quantity = 0;
    std::string reason;
    std::optional<std::int64_t> actor_id;
    std::optional<std::int64_t> order_id;
    Holder holder = Holder::order;
    Time created_at{};
};
BOOST_DESCRIBE_STRUCT(MovementRow, (), (id, kind, quantity, reason, actor_id, order_id, holder, created_at))

// ---- levels ----
Task<std::vector<Level>> levels(db::Session&, std::span<const VariantId>);
/// The level, its row locked until the transaction ends.
Task<std::optional<Level>> lock_level(db::Transaction&, VariantId);
/// An empty level where there is none.
Task<> ensure_level(db::Transaction&, VariantId, Time now);
/// False when less than `quantity` is available (or there is no level).
Task<bool> take_available(db::Transaction&, VariantId, std::int64_t quantity, Time now);
/// Past zero if need be. False when there is no level.
Task<bool> take_on_backorder(db::Transaction&, VariantId, std::int64_t quantity, Time now);
/// Throws Fault when not so much is reserved: the ledger does not add up.
Task<> give_back(db::Transaction&, VariantId, std::int64_t quantity, Time now);
/// False when not so much is on hand.
Task<bool> take_off_shelf(db::Transaction&, VariantId, std::int64_t quantity, Time now);
/// `difference` may be negative. REQUIRES: a level, locked, that stays at zero or above.
Task<> change_on_hand(db::Transaction&, VariantId, std::int64_t difference, Time now);
Task<> note_availability(db::Transaction&, VariantId, catalog::Availability, Time now);
Task<> insert_movement(db::Transaction&, const Context&, const Movement&);

// ---- reservations ----
Task<> insert_reservation(db::Transaction&, const Reservation&, Time expires_at, Time now);
/// All of an order in variant order, their rows locked until the transaction ends.
Task<std::vector<Reservation>> lock_reservations(db::Transaction&, std::int64_t order);
/// The open ones of an order in variant order, not locked.
Task<std::vector<Reservation>> open_reservations(db::Session&, std::int64_t order);
/// The oldest expired ones, at most batch_rows.
Task<std::vector<Reservation>> expired(db::Session&, Time now);
Task<std::vector<Reservation>> expired_of(db::Session&, VariantId, Time now);
/// Which variants an order has ever reserved.
Task<std::vector<VariantId>> reserved_variants(db::Session&, std::int64_t order);
Task<> keep_open(db::Transaction&, std::int64_t order, Time now);
/// False when it was no longer open: somebody else has ended it.
Task<bool> end_reservation(db::Transaction&, ReservationId, ReservationState to, Time now);
/// As end_reservation to `released`, but only while it is expired: an order that is paid meanwhile keeps it.
Task<bool> expire_reservation(db::Transaction&, ReservationId, Time now);
/// Less is left of it. REQUIRES: locked, and more than `quantity` in it.
Task<> reduce_reservation(db::Transaction&, ReservationId, std::int64_t quantity, Time now);

// ---- what sales hold: one open reservation a sale ----
/// The open one of a sale, its row locked until the transaction ends.
Task<std::optional<Reservation>> lock_sale_reservation(db::Transaction&, std::int64_t sale);
Task<> insert_sale_reservation(db::Transaction&, const Reservation&, Time now);
/// More is in it. REQUIRES: locked and open.
Task<> grow_reservation(db::Transaction&, ReservationId, std::int64_t quantity, Time now);
/// What each sale holds.
Task<std::vector<SaleHolding>> sale_holdings(db::Session&);

// ---- the back office ----
struct Setting {
    VariantId variant_id;
    std::int64_t on_hand = 0;
    std::int64_t reserved = 0;
    std::optional<std::int64_t> low_at;
    std::int64_t version = 1;
    Time updated_at{};
};
BOOST_DESCRIBE_STRUCT(Setting, (), (variant_id, on_hand, reserved, low_at, version, updated_at))

/// Above `after`, in variant order.
Task<std::vector<Setting>> settings_after(db::Session&, VariantId after, int limit);
/// The same, of what shoppers are not told to be well in stock.
Task<std::vector<Setting>> low_settings_after(db::Session&, VariantId after, int limit);
Task<std::vector<Setting>> settings_of(db::Session&, std::span<const VariantId>);
Task<> set_low_at(db::Transaction&, VariantId, std::optional<std::int64_t> low_at, Time now);
/// Ids below `before`, newest first.
Task<std::vector<MovementRow>> movements(db::Session&, VariantId, MovementId before, int limit);

// ---- audit: each returns what contradicts an invariant ----
struct Difference {
    std::int64_t variant_id = 0;
    std::int64_t found = 0;
    std::int64_t expected = 0;
};
BOOST_DESCRIBE_STRUCT(Difference, (), (variant_id, found, expected))

Task<std::vector<Difference>> audit_on_hand(db::Session&);
Task<std::vector<Difference>> audit_reserved_movements(db::Session&);
Task<std::vector<Difference>> audit_reserved_reservations(db::Session&);
Task<std::vector<Difference>> audit_oversold(db::Session&);
Task<std::vector<Difference>> audit_orphans(db::Session&);
Task<std::vector<Difference>> audit_conservation(db::Session&);

}  // namespace caddy::inventory::store
