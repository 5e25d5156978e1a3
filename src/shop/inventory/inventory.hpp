#pragma once
// Stock as a ledger: levels change only together with an immutable movement, and what is promised to an order is
// reserved.
#include "core/result.hpp"
#include "platform/db/database.hpp"
#include "shop/catalog/catalog.hpp"

#include <boost/describe.hpp>

#include <span>

namespace caddy::inventory {

using catalog::VariantId;

BOOST_DEFINE_ENUM_CLASS(MovementKind, received, adjusted, reserved, released, shipped, returned)

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

    /// Puts what came back from an order on the shelf again. Untracked variants change nothing.
    Task<> restock(db::Transaction&, const Context&, std::int64_t order, std::span<const Demand>,
                   std::string_view reason);

    /// Sets what is on the shelf, with a movement (received, adjusted or returned) for the difference. Creates the
    /// level where there is none.
    ///
    /// Refuses: inventory.below_reserved (409) when it goes down to less than is promised to orders,
    ///          inventory.invalid_quantity (422) below zero or above 1 000 000 000
    Task<Result<void>> set_on_hand(db::Transaction&, const Context&, VariantId, std::int64_t on_hand, MovementKind,
                                   std::string_view reason);

    /// What is on the shelf; nothing where the variant never had stock.
    Task<std::optional<std::int64_t>> on_hand(db::Session&, VariantId);

    /// Available (on hand less reserved) per variant; variants without a level are missing.
    Task<std::vector<Available>> available(db::Session&, std::span<const VariantId>);

    /// Frees expired reservations that nobody asked for; how many. A job; correctness does not depend on it.
    Task<std::int64_t> sweep_expired(const Context&);

    /// Invariants 1 and 2 of the stock ledger (see README.md), over the whole database. Empty when all is well.
    Task<std::vector<Finding>> audit(const Context&);

private:
    db::Database& db_;
    catalog::CatalogService& catalog_;
    Config config_;
};

}  // namespace caddy::inventory
