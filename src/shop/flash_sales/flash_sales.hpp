#pragma once
// Flash sales: few pieces at a price of their own, for a short time, wanted by many at once. Admission is quick and
// gives out tickets; orders are written from them in batches. The database's own count decides, always.
// One per process; event loop only.
#include "core/page.hpp"
#include "core/result.hpp"
#include "platform/db/database.hpp"
#include "platform/http/precondition.hpp"
#include "platform/json/decode.hpp"
#include "platform/redis/client.hpp"
#include "shop/checkout/checkout.hpp"

#include <boost/describe.hpp>

#include <chrono>
#include <map>
#include <memory>
#include <unordered_map>

namespace caddy::flash_sales {

struct SaleTag { static constexpr std::string_view prefix = "fsl"; };
struct TicketTag { static constexpr std::string_view prefix = "tkt"; };
using SaleId = Id<SaleTag>;
using TicketId = Id<TicketTag>;

BOOST_DEFINE_ENUM_CLASS(SaleState, draft, armed, ended, cancelled)
/// What a sale is at a moment.
BOOST_DEFINE_ENUM_CLASS(Phase, draft, coming, running, ended, cancelled)
/// `returned`: ordered, but the order was given up and the units are no longer the ticket's.
BOOST_DEFINE_ENUM_CLASS(TicketState, waiting, ordered, expired, failed, returned)
/// Exact stock is not shown to shoppers.
BOOST_DEFINE_ENUM_CLASS(Supply, in_stock, low_stock, sold_out)

struct Config {
    int batch = 50;            // 1..500 tickets that become orders in one transaction
    int ticket_wait_s = 120;   // 10..3600: a ticket that has not become an order by then gives its units back
    int poll_ms = 200;         // 20..10000: how soon tickets are taken up
    int lease_s = 10;          // 2..300: with Redis, tickets of a process that died are taken up so much later
};

/// A sale as it stands in the database. stock = remaining + what tickets hold + returned.
struct Sale {
    SaleId id;
    std::string title;
    catalog::VariantId variant_id;
    Money price;
    std::int64_t quota = 1;   // units for one customer
    std::int64_t stock = 0;
    std::int64_t remaining = 0;
    std::int64_t returned = 0;
    SaleState state = SaleState::draft;
    Time starts_at{};
    Time ends_at{};
    Time created_at{};
    Time updated_at{};
    std::int64_t version = 1;
};
Phase phase_of(const Sale&, Time now);

/// A sale with what its variant is called, as a process knows it for a moment.
struct KnownSale {
    Sale sale;
    std::optional<catalog::Offer> offer;   // none: not for sale just now
};

/// What an order is made of besides the sale itself.
struct OrderRequest {
    std::string email;
    std::optional<cart::Address> shipping_address{};
    std::optional<shipping::MethodId> shipping_method_id{};
    std::optional<std::string> note{};
    std::string payment_provider;
    std::optional<std::int64_t> expected_total_minor{};
    std::string language;
};
BOOST_DESCRIBE_STRUCT(OrderRequest, (), (email, shipping_address, shipping_method_id, note, payment_provider,
                                         expected_total_minor, language))

/// What a shopper asks for.
struct Wish {
    std::int64_t quantity = 1;
    OrderRequest request;
};

/// A ticket: so many units that are somebody's for a while, on their way to an order.
struct Ticket {
    TicketId id;
    SaleId sale_id;
    std::int64_t customer = 0;
    std::int64_t quantity = 1;
    TicketState state = TicketState::waiting;
    std::string request;        // JSON of an OrderRequest; emptied once it waits no longer
    std::string request_key;
    std::string request_hash;
    std::optional<orders::OrderId> order_id{};
    std::optional<std::string> reason{};   // the code of what stood against it
    std::optional<std::string> detail{};
    Time expires_at{};
    Time created_at{};
};
BOOST_DESCRIBE_STRUCT(Ticket, (), (id, sale_id, customer, quantity, state, request, request_key, request_hash, order_id,
                                   reason, detail, expires_at, created_at))

/// A ticket as its owner sees it.
struct TicketView {
    Ticket ticket;
    std::int64_t position = 0;   // in the queue; 0: it waits no longer
    std::optional<orders::Order> order{};
    bool repeated = false;       // the same key had been given it before
};

/// The caller's promise that equal requests mean one ticket.
struct SentKey {
    std::string scope;   // digests
    std::string request_hash;
};

// ---- the back office ----
struct SaleDraft {
    std::string title;
    catalog::VariantId variant_id;
    Currency currency;
    std::int64_t price_minor = 0;
    std::int64_t quota = 1;
    std::int64_t stock = 0;
    Time starts_at{};
    Time ends_at{};
};
BOOST_DESCRIBE_STRUCT(SaleDraft, (), (title, variant_id, currency, price_minor, quota, stock, starts_at, ends_at))

struct SaleChange {
    json::Patch<std::string> title;
    json::Patch<std::int64_t> price_minor;
    json::Patch<std::int64_t> quota;
    json::Patch<std::int64_t> stock;
    json::Patch<Time> starts_at;
    json::Patch<Time> ends_at;
};
BOOST_DESCRIBE_STRUCT(SaleChange, (), (title, price_minor, quota, stock, starts_at, ends_at))

/// What became of a sale's tickets, in units.
struct Figures {
    std::int64_t waiting = 0;
    std::int64_t ordered = 0;
    std::int64_t expired = 0;
    std::int64_t failed = 0;
    std::int64_t returned = 0;
};
BOOST_DESCRIBE_STRUCT(Figures, (), (waiting, ordered, expired, failed, returned))

struct AdminSale {
    Sale sale;
    Figures figures;
};

/// What an audit found wrong: which invariant, where, and what differs.
struct Finding {
    std::string invariant;
    std::string subject;
    std::string detail;
};

struct Parts {
    catalog::CatalogService& catalog;
    inventory::InventoryService& inventory;
    orders::OrderService& orders;
    checkout::CheckoutService& checkout;
};

class RedisDoor;

class FlashSaleService {
public:
    /// `redis` may be null: then the database admits, and the answers are the same.
    FlashSaleService(db::Database&, const Parts&, redis::Client* redis, const Config&);
    ~FlashSaleService();

    /// Running and coming sales, the next to start first. At most a second old.
    Task<std::vector<std::shared_ptr<const KnownSale>>> list(const Context&);
    /// Refuses: flash_sale.not_found
    Task<Result<std::shared_ptr<const KnownSale>>> show(const Context&, SaleId);
    /// How much there is, coarsely.
    Supply supply_of(const Sale&) const;

    /// Takes units for the signed-in customer, if there are any. The same key gives the same ticket again.
    ///
    /// Refuses: flash_sale.not_found, flash_sale.not_started, flash_sale.ended, flash_sale.quota (403),
    ///          flash_sale.sold_out (410), idempotency.key_reused (422), request.invalid_field, and what the order
    ///          would be refused with (checkout::CheckoutService::estimate)
    Task<Result<TicketView>> take_ticket(const Context&, SaleId, const Wish&, const std::optional<SentKey>&);
    /// The signed-in customer's ticket. Refuses: flash_sale.ticket_not_found
    Task<Result<TicketView>> ticket(const Context&, SaleId, TicketId);

    // ---- jobs ----
    /// Makes tickets that wait orders, in batches.
    Task<> place_waiting(const Context&);
    /// Ends sales whose time is over, and gives back what was not sold.
    Task<> close_ended(const Context&);
    /// Compares Redis with the database and mends what differs.
    Task<> reconcile(const Context&);
    /// An order was given up unpaid: its units go back to its sale while that runs.
    Task<> order_ended(const Context&, orders::OrderId);

    // ---- the back office; each act is in the audit log ----
    /// Refuses: request.cursor_mismatch
    Task<Result<Page<Sale>>> list_all(const Context&, std::optional<SaleState>, const PageRequest&);
    /// Refuses: flash_sale.not_found
    Task<Result<AdminSale>> show_all(const Context&, SaleId);
    /// Refuses: request.invalid_field, flash_sale.variant_not_for_sale, flash_sale.not_tracked
    Task<Result<AdminSale>> create(const Context&, const SaleDraft&);
    /// A draft changes freely; an armed sale its title, quota, end and stock.
    ///
    /// Refuses: flash_sale.not_found, flash_sale.wrong_state, flash_sale.stock_in_use (409), inventory.insufficient,
    ///          request.invalid_field, request.version_mismatch
    Task<Result<AdminSale>> change(const Context&, SaleId, const http::ExpectedVersion&, const SaleChange&);
    /// Only drafts go. Refuses: flash_sale.not_found, flash_sale.wrong_state, request.version_mismatch
    Task<Result<void>> remove(const Context&, SaleId, const http::ExpectedVersion&);
    /// Sets the stock apart and lets the sale start at its time. Armed already: changes nothing.
    ///
    /// Refuses: flash_sale.not_found, flash_sale.wrong_state, flash_sale.variant_not_for_sale, flash_sale.not_tracked,
    ///          inventory.insufficient
    Task<Result<AdminSale>> arm(const Context&, SaleId);
    /// Ends a sale at once; what was not sold goes back. Cancelled already: changes nothing.
    ///
    /// Refuses: flash_sale.not_found, flash_sale.wrong_state
    Task<Result<AdminSale>> cancel(const Context&, SaleId);

    /// Each sale's units add up, the stock ledger holds what it must, nobody has more than his quota.
    Task<std::vector<Finding>> audit(const Context&);

    const Config& config() const { return config_; }

private:
    struct Board;
    struct Outcome;
    struct Known;
    enum class Origin { database, redis };

    Task<std::shared_ptr<const Board>> board(const Context&);
    Task<Result<void>> examine(const Context&, const KnownSale&, const Wish&);
    checkout::DirectOrder order_of(const Sale&, const Ticket&) const;
    Task<Result<Ticket>> admit(const Context&, Ticket);
    void note_sold_out(SaleId);
    Task<Result<Ticket>> admit_in(db::Transaction&, const Context&, Ticket);
    Task<Result<Ticket>> admit_by_redis(const Context&, const Ticket&);
    Task<> load(const Context&, SaleId);
    Task<std::optional<TicketView>> find_anywhere(const Context&, SaleId, TicketId);
    Task<Result<TicketView>> repeat(const Context&, const Ticket&);
    Task<Result<Ticket>> repeated(const Context&, const Ticket&);
    Task<Result<TicketView>> view_of(const Context&, Ticket);
    Task<> place_all(const Context&, SaleId, Origin);
    Task<std::size_t> place_some(const Context&, SaleId, Origin);
    Task<std::vector<Outcome>> place_batch(db::Transaction&, const Context&, const Sale&, std::vector<Ticket>, Origin);
    Task<Known> look_up(db::Transaction&, const Sale&, const std::vector<Ticket>&);
    Task<> write_ended(db::Transaction&, const Context&, Ticket&, Origin);
    Task<Outcome> settle_one(db::Transaction&, const Context&, const Sale&, Ticket);
    Task<Result<void>> check_variant(db::Session&, const Sale&);
    Task<Result<void>> change_armed(db::Transaction&, const Context&, Sale&, const SaleChange&);
    Task<> close_in(db::Transaction&, const Context&, Sale&, SaleState);
    Task<Result<std::optional<Ticket>>> give_back_in(db::Transaction&, const Context&, orders::OrderId);
    Task<std::int64_t> mend(const Context&, SaleId);
    Task<AdminSale> view_in(db::Session&, SaleId);

    db::Database& db_;
    Parts parts_;
    Config config_;
    std::unique_ptr<RedisDoor> door_;   // null: the database admits
    std::shared_ptr<const Board> board_;
    /// When a sale that is sold out as far as this process knows was last really asked.
    std::unordered_map<SaleId, std::chrono::steady_clock::time_point> sold_out_;
    struct Estimate {
        std::chrono::steady_clock::time_point until{};
        std::int64_t total_minor = 0;
    };
    std::map<std::string, Estimate> estimates_;   // of what was found deliverable a moment ago
};

}  // namespace caddy::flash_sales
