#pragma once
// Stock as a ledger: levels change only together with an immutable movement, and what is promised to an order is
// reserved.
#include "core/page.hpp"
#include "core/result.hpp"
#include "platform/db/database.hpp"
#include "shop/catalog/catalog.hpp"

#include <boost/describe.hpp>

#include <functional>
#include <span>

namespace caddy::inventory {

using catalog::VariantId;

BOOST_DEFINE_ENUM_CLASS(MovementKind, received, adjusted, reserved, released, shipped, returned)

/// To whom stock is promised.
BOOST_DEFINE_ENUM_CLASS(Holder, order, flash_sale)

/// So many of a variant, wanted by one order.
struct Demand {
    VariantId variant;
    std::int64_t quantity = 0;
    bool tracked = true;                                          // untracked variants never run out
    catalog::StockPolicy policy = catalog::StockPolicy::deny;
};

/// Says which line of an order finds too little; the `more` of inventory.insufficient is {"lines": [Shortage…]}.
struct Shortage {
    VariantId variant_id;
    std::int64_t requested = 0;
    std::int64_t available = 0;   // never negative
};
BOOST_DESCRIBE_STRUCT(Shortage, (), (variant_id, requested, available))

/// inventory.insufficient (409), for whoever looks at stock before asking for it.
Error insufficient(std::vector<Shortage>);

struct Config {
    int low_stock_at = 5;   // 0..1000000: available at or below it shows as low_stock
};

/// What an audit found wrong: which invariant, where, and the two figures that differ.
struct Finding {
    std::string invariant;
    std::string subject;
    std::string detail;
};

/// What is there and what is promised, of one variant.
struct Available {
    VariantId variant;
    std::int64_t available = 0;   // on hand less reserved; below zero on backorder
};

/// An order that takes over a part of what a sale holds.
struct Handover {
    std::int64_t order = 0;
    std::int64_t quantity = 0;
    Time expires_at{};
};

/// What a sale holds of its variant.
struct SaleHolding {
    std::int64_t sale = 0;
    VariantId variant;
    std::int64_t quantity = 0;
};
BOOST_DESCRIBE_STRUCT(SaleHolding, (), (sale, variant, quantity))

/// What is on the shelf, of one variant, whoever it is promised to.
struct ShelfCount {
    VariantId variant;
    std::int64_t quantity = 0;
};

struct MovementTag { static constexpr std::string_view prefix = "mov"; };
using MovementId = Id<MovementTag>;

/// A level as staff see it.
struct Level {
    VariantId variant_id;
    catalog::ProductId product_id;
    std::optional<std::string> sku;
    std::string title;           // the product's
    std::string variant_title;
    bool tracked = true;
    std::int64_t on_hand = 0;
    std::int64_t reserved = 0;
    std::int64_t available = 0;            // below zero on backorder
    std::optional<std::int64_t> low_at;   // none: the shop's own mark
    bool low = false;                     // available is at the mark or below
    std::int64_t version = 1;             // of what staff set, not of the stock
};
BOOST_DESCRIBE_STRUCT(Level, (), (variant_id, product_id, sku, title, variant_title, tracked, on_hand, reserved,
                                  available, low_at, low, version))

/// One line of the ledger.
struct LedgerEntry {
    MovementId id;
    MovementKind kind{};
    std::int64_t quantity = 0;   // signed
    std::string reason;
    std::optional<std::string> actor_id;
    std::optional<std::string> order_id{};
    std::optional<std::string> flash_sale_id{};
    Time created_at{};
};
BOOST_DESCRIBE_STRUCT(LedgerEntry, (), (id, kind, quantity, reason, actor_id, order_id, flash_sale_id, created_at))

struct LevelQuery {
    enum class Which { all, low };
    Which which = Which::all;
    std::string sku{};   // how it begins; empty: any
};

/// What staff counted or received: a difference, or a new figure that holds if the shelf still is as they saw it.
struct Adjustment {
    std::optional<std::int64_t> delta{};
    std::optional<std::int64_t> set{};
    std::optional<std::int64_t> if_on_hand{};
    std::string reason{};
};
BOOST_DESCRIBE_STRUCT(Adjustment, (), (delta, set, if_on_hand, reason))

/// Sees the version that a change would meet, and may refuse it.
using VersionCheck = std::function<Result<void>(std::int64_t)>;

class InventoryService {
public:
    using Available = inventory::Available;

    InventoryService(db::Database& database, catalog::CatalogService& catalog, const Config& config)
        : db_(database), catalog_(catalog), config_(config) {}

    /// Promises stock to an order until `expires_at`; one conditional UPDATE per variant, in id order. A variant that
    /// is short first gets its expired reservations back. The last step of a checkout transaction.
    ///
    /// REQUIRES: positive quantities. Untracked variants reserve nothing; those on backorder may be promised past zero.
    /// Refuses:  inventory.insufficient (409) with every short line; the caller's transaction must then roll back
    Task<Result<void>> reserve(db::Transaction&, const Context&, std::int64_t order, std::span<const Demand>,
                               Time expires_at);

    /// True when taking these would leave a variant that can run out at its low mark or below, so that promises
    /// to those who have not paid should be short.
    Task<bool> scarce(db::Session&, std::span<const Demand>);

    /// Keeps an order's reservations for good: it is paid. An order that reserved nothing has nothing to keep: true.
    ///
    /// False, and nothing has changed, when some of them are no longer open: they expired and went to another buyer.
    /// The caller then reserves anew after release(), or gives the money back.
    Task<bool> keep(db::Transaction&, const Context&, std::int64_t order);

    /// Gives an order's open reservations back. The second time does nothing.
    Task<> release(db::Transaction&, const Context&, std::int64_t order);

    /// Takes what left the house off the shelf and off the order's promises; a part of a reservation may go first.
    ///
    /// Refuses: inventory.not_reserved (409) when the order has not so much of a variant reserved,
    ///          inventory.not_on_hand (409) when the ledger has not so much on the shelf (a backorder that has not come
    ///          in)
    Task<Result<void>> ship(db::Transaction&, const Context&, std::int64_t order, std::span<const Demand>);

    /// Sets a part of an order's open promises free: goods that it will not get.
    ///
    /// Refuses: inventory.not_reserved (409) when the order has not so much of a variant reserved
    Task<Result<void>> free(db::Transaction&, const Context&, std::int64_t order, std::span<const Demand>);

    /// The same for goods that nobody else shall get either: they leave the shelf, too, as far as they are on it.
    ///
    /// Refuses: inventory.not_reserved (409) when the order has not so much of a variant reserved
    Task<Result<void>> write_off(db::Transaction&, const Context&, std::int64_t order, std::span<const Demand>,
                                 std::string_view reason);

    /// The variants of an order that the ledger knows of: those that were tracked when it was placed.
    Task<std::vector<VariantId>> reserved_for(db::Session&, std::int64_t order);

    /// Puts what came back from an order on the shelf again. Untracked variants change nothing.
    Task<> restock(db::Transaction&, const Context&, std::int64_t order, std::span<const Demand>,
                   std::string_view reason);

    // ---- stock that a sale holds apart from everybody else; its row is locked, so take it late ----

    /// Puts more of a variant into what a sale holds, for as long as the sale wants it. A backorder does not count.
    ///
    /// REQUIRES: a tracked variant, one for each sale
    /// Refuses: inventory.insufficient (409); the caller's transaction may go on, nothing has changed
    Task<Result<void>> set_apart(db::Transaction&, const Context&, std::int64_t sale, VariantId, std::int64_t quantity);
    /// Gives a part of what a sale holds back to everybody. REQUIRES: the sale holds as much
    Task<> give_up(db::Transaction&, const Context&, std::int64_t sale, std::int64_t quantity);
    /// Makes parts of what a sale holds those orders' reservations. No level changes, so no other buyer waits.
    /// REQUIRES: the sale holds as much as all of them take
    Task<> hand_over(db::Transaction&, const Context&, std::int64_t sale, std::span<const Handover>);
    /// What each sale holds, for an audit.
    Task<std::vector<SaleHolding>> sale_holdings(db::Session&);

    /// Sets what is on the shelf, with a movement (received, adjusted or returned) for the difference. Creates the
    /// level where there is none.
    ///
    /// Refuses: inventory.below_reserved (409) when it goes down to less than is promised to orders,
    ///          inventory.invalid_quantity (422) below zero or above 1 000 000 000
    Task<Result<void>> set_on_hand(db::Transaction&, const Context&, VariantId, std::int64_t on_hand, MovementKind,
                                   std::string_view reason);

    /// One page of levels in variant order. Refuses: request.cursor_mismatch
    Task<Result<Page<Level>>> list(const Context&, const LevelQuery&, const PageRequest&);
    /// One level; zero where the variant never had stock. Refuses: inventory.not_found (404)
    Task<Result<Level>> show(const Context&, VariantId);
    /// The ledger of a variant, newest first. Refuses: inventory.not_found, request.cursor_mismatch
    Task<Result<Page<LedgerEntry>>> movements(const Context&, VariantId, const PageRequest&);

    /// Changes what is on the shelf, by staff.
    ///
    /// Refuses: inventory.not_found, inventory.changed (409, with on_hand) when it is not `if_on_hand` any more,
    ///          inventory.below_reserved, inventory.invalid_quantity
    /// Effect:  one transaction with the movement and the audit entry
    Task<Result<Level>> adjust(const Context&, VariantId, const Adjustment&);
    /// Sets the mark at which a variant counts as low; nothing: the shop's own.
    ///
    /// Refuses: inventory.not_found, and what the check refuses
    Task<Result<Level>> set_low_at(const Context&, VariantId, std::optional<std::int64_t> low_at, const VersionCheck&);

    /// What is on the shelf; nothing where the variant never had stock.
    Task<std::optional<std::int64_t>> on_hand(db::Session&, VariantId);

    /// What is on the shelf, of many at once; variants that never had stock are missing.
    Task<std::vector<ShelfCount>> on_hand(db::Session&, std::span<const VariantId>);

    /// Available (on hand less reserved) per variant; variants without a level are missing.
    Task<std::vector<Available>> available(db::Session&, std::span<const VariantId>);

    /// Frees expired reservations that nobody asked for; how many. A job; correctness does not depend on it.
    Task<std::int64_t> sweep_expired(const Context&);

    /// Invariants 1 and 2 of the stock ledger (see README.md), over the whole database. Empty when all is well.
    Task<std::vector<Finding>> audit(const Context&);

private:
    Task<Result<Level>> level_in(db::Session&, VariantId);
    Task<std::vector<Level>> levels_of(db::Session&, std::span<const VariantId>);
    Task<Result<void>> adjust_in(db::Transaction&, const Context&, const Level&, const Adjustment&);

    db::Database& db_;
    catalog::CatalogService& catalog_;
    Config config_;
};

}  // namespace caddy::inventory
