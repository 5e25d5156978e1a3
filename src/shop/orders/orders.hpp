#pragma once
// Orders: what was bought, as it stood at that moment, and every state it has been in since. An order keeps snapshots
// of titles, prices, tax and address, so that nothing that is edited later can change it. Event loop only.
#include "core/page.hpp"
#include "core/result.hpp"
#include "platform/db/database.hpp"
#include "platform/json/encode.hpp"
#include "shop/catalog/catalog.hpp"
#include "shop/pricing/pricing.hpp"
#include "shop/tax/tax.hpp"

#include <boost/describe.hpp>

#include <span>

namespace caddy::orders {

struct OrderTag { static constexpr std::string_view prefix = "ord"; };
struct LineTag { static constexpr std::string_view prefix = "oln"; };
struct PaymentTag { static constexpr std::string_view prefix = "pay"; };
using OrderId = Id<OrderTag>;
using LineId = Id<LineTag>;
using PaymentId = Id<PaymentTag>;
struct FulfilmentTag { static constexpr std::string_view prefix = "ful"; };
using FulfilmentId = Id<FulfilmentTag>;

BOOST_DEFINE_ENUM_CLASS(OrderStatus, pending_payment, paid, fulfilling, shipped, delivered, completed, cancelled,
                        expired, refunding, partially_refunded, refunded)

/// The one table of legal steps; everything else is a bug of the caller.
bool may_become(OrderStatus from, OrderStatus to);

/// True once money has been taken and not all of it has gone back.
bool is_paid_for(OrderStatus);

struct Line {
    LineId id;
    catalog::VariantId variant_id;
    catalog::ProductId product_id;
    std::string title;
    std::string variant_title;
    std::optional<std::string> sku;
    std::int64_t quantity = 0;
    Money unit_price;
    Money total;
    std::optional<std::string> image;
    bool taxable = true;   // an input of the totals; not shown
    std::vector<pricing::TaxLine> taxes{};   // as they were applied; not shown, but their sum
    std::optional<Money> list_price{};       // the catalogue's, of a line that was not sold at it
    std::optional<std::string> price_reason{};   // why: the id of the flash sale
};
BOOST_DESCRIBE_STRUCT(Line, (), (id, variant_id, product_id, title, variant_title, sku, quantity, unit_price, total,
                                 image, list_price, price_reason))

struct ShippingMethod {
    std::string code;
    std::string name;
    std::optional<std::string> zone{};        // its name; none on orders from before there were zones
    std::optional<json::Raw> snapshot{};      // what its price was made of, as shipping wrote it; not shown
};
BOOST_DESCRIBE_STRUCT(ShippingMethod, (), (code, name, zone))

/// The latest payment as the order shows it; payments keeps the real one.
struct PaymentNote {
    PaymentId id;
    std::string provider;
    std::string status;
    std::optional<json::Raw> next_action;   // what the shopper does now
};
BOOST_DESCRIBE_STRUCT(PaymentNote, (), (id, provider, status, next_action))

/// Who reads an entry of the timeline.
enum class Audience { everyone, staff };
BOOST_DESCRIBE_ENUM(Audience, everyone, staff)

/// One step of an order's life; `from` and `to` are equal where only something was noted.
struct TimelineEntry {
    Time at{};
    std::optional<OrderStatus> from;
    OrderStatus to{};
    std::optional<std::string> note;
    std::string actor;   // `shopper`, `system`, `provider:sandbox`, a staff id; not shown to shoppers
    Audience audience = Audience::everyone;
};
BOOST_DESCRIBE_STRUCT(TimelineEntry, (), (at, from, to, note))

/// An order; the described members are what the API shows of it, to its owner.
struct Order {
    OrderId id;
    std::string number;                    // for people: `CS-20261122-7F3K9Q`
    std::optional<std::string> token;      // opens a guest's order; absent for a customer's
    OrderStatus status = OrderStatus::pending_payment;
    std::string email;
    std::string language = "zh-CN";        // of its mails: zh-CN or en
    Currency currency;
    std::vector<Line> lines;
    pricing::Totals totals;
    std::vector<pricing::TaxLine> tax_lines;   // of lines and shipping, by rate
    std::optional<json::Raw> shipping_address;
    std::optional<ShippingMethod> shipping_method;
    PaymentNote payment;
    std::vector<TimelineEntry> timeline;
    std::optional<std::string> note;
    std::string cart_id;
    Time expires_at{};
    Time created_at{};
    Time updated_at{};
    std::int64_t version = 1;

    std::int64_t customer = 0;   // 0: a guest's
    std::string caller;          // whose quota of unpaid orders it counts against
    tax::Terms tax;              // as it was applied
    std::vector<pricing::TaxLine> shipping_taxes;
    std::vector<TimelineEntry> remarks;   // what only staff read of the timeline
};
BOOST_DESCRIBE_STRUCT(Order, (), (id, number, token, status, email, language, currency, lines, totals, tax_lines,
                                  shipping_address, shipping_method, payment, timeline, note, cart_id, expires_at,
                                  created_at, updated_at, version))

/// The timeline as staff read it: with the remarks, by their time.
std::vector<TimelineEntry> history_of(const Order&);

/// What was bought, with the rates as they were applied; of an order whose tax lines are kept.
std::vector<pricing::Item> items_of(const Order&);
/// What the kept inputs of such an order come to.
pricing::Bill bill_of(const Order&);

/// What a decision about an order needs, read under its lock.
struct Head {
    OrderId id;
    std::string number;
    std::string token;
    std::int64_t customer = 0;
    OrderStatus status{};
    Money total;
    PaymentId payment;   // the latest
    Time expires_at{};
    std::int64_t version = 1;
};

/// Proof that an order is the caller's: the signed-in owner, or the token of a guest's order.
struct Access {
    std::int64_t customer = 0;
    std::string token;
};
bool is_owner(std::int64_t customer, std::string_view token, const Access&);

/// Everything of an order that its maker decides; numbers, tokens and times are given by place.
struct Draft {
    OrderId id;
    std::int64_t customer = 0;
    std::string caller;
    std::string email;
    std::string language = "zh-CN";
    std::string cart_id;
    std::vector<Line> lines;
    pricing::Totals totals;
    tax::Terms tax;
    std::vector<pricing::TaxLine> shipping_taxes{};
    std::optional<json::Raw> shipping_address;
    std::optional<ShippingMethod> shipping_method;
    PaymentNote payment;
    std::optional<std::string> note;
    Time expires_at{};
};

/// So many of a line.
struct Portion {
    LineId line_id;
    std::int64_t quantity = 0;
};
BOOST_DESCRIBE_STRUCT(Portion, (), (line_id, quantity))

/// A parcel that has left the house.
struct Fulfilment {
    FulfilmentId id;
    std::optional<std::string> tracking;
    std::string actor;
    Time created_at{};
    std::vector<Portion> lines;
};
BOOST_DESCRIBE_STRUCT(Fulfilment, (), (id, tracking, actor, created_at, lines))

/// Which orders the back office wants to see, newest first.
struct OrderQuery {
    std::optional<OrderStatus> status{};
    std::optional<std::string> email{};    // the whole address
    std::optional<std::string> number{};   // how it begins
    std::optional<std::int64_t> customer{};
    std::optional<Time> created_min{};
    std::optional<Time> created_max{};
};

/// Where a walk over orders stands, newest first: behind this one.
struct Mark {
    Time created_at{};
    OrderId id;
};

/// An order in a list of the back office.
struct Summary {
    OrderId id;
    std::string number;
    OrderStatus status{};
    std::string email;
    std::optional<std::string> customer_id;   // none: a guest's
    Money total;
    std::int64_t items = 0;   // pieces, over all lines
    std::string payment_provider;
    std::string payment_status;
    Time created_at{};
    Time updated_at{};
    std::int64_t version = 1;
};
BOOST_DESCRIBE_STRUCT(Summary, (), (id, number, status, email, customer_id, total, items, payment_provider,
                                    payment_status, created_at, updated_at, version))

/// A step from one state to another, with who took it and why.
struct Step {
    OrderStatus from{};
    OrderStatus to{};
    std::string_view actor = "system";
    std::optional<std::string> note{};
};

/// What an audit found wrong: which invariant, where, and what differs.
struct Finding {
    std::string invariant;
    std::string subject;
    std::string detail;
};

class OrderService {
public:
    explicit OrderService(db::Database& database) : db_(database) {}

    /// One order of the caller's. Refuses: orders.not_found
    Task<Result<Order>> show(const Context&, OrderId, const Access&);

    /// The signed-in customer's orders, newest first. Refuses: request.cursor_mismatch
    Task<Result<Page<Order>>> list(const Context&, const PageRequest&);

    /// Anybody's orders, for staff. Refuses: request.cursor_mismatch
    Task<Result<Page<Summary>>> search(const Context&, const OrderQuery&, const PageRequest&);

    /// Whole orders behind a mark, newest first; from the newest without one. For exports.
    Task<std::vector<Order>> behind(db::Session&, const OrderQuery&, const std::optional<Mark>&, int limit);

    /// Writes down a parcel.
    ///
    /// Emits:   orders.parcel_sent
    /// REQUIRES: the order's lock, and no more in it than its lines still wait for
    Task<> add_fulfilment(db::Transaction&, const Context&, OrderId, const Fulfilment&);
    /// The parcels of an order, the oldest first.
    Task<std::vector<Fulfilment>> fulfilments(db::Session&, OrderId);

    /// Writes a new order, its lines and the first entry of its timeline.
    ///
    /// Emits:   orders.pending_payment
    /// REQUIRES: no other order of the same cart; the cart's lock sees to that
    Task<Order> place(db::Transaction&, const Context&, const Draft&);

    /// What decisions need, with the order's row locked until the transaction ends.
    Task<std::optional<Head>> lock(db::Transaction&, OrderId);

    /// The whole order, whoever asks.
    Task<std::optional<Order>> find(db::Session&, OrderId);

    /// Takes a step if the order still is in `step.from`; false when it is not.
    ///
    /// Effect:  one guarded UPDATE, one entry in the timeline
    /// Emits:   orders.<state>
    /// REQUIRES: may_become(step.from, step.to)
    Task<bool> transition(db::Transaction&, const Context&, OrderId, const Step&);

    /// Notes something in the timeline without a change of state.
    Task<> annotate(db::Transaction&, const Context&, OrderId, std::string_view actor, std::string_view note,
                    Audience = Audience::everyone);

    /// Shows another payment, or another state of it, with the order; when that was.
    Task<Time> note_payment(db::Transaction&, const Context&, OrderId, const PaymentNote&);

    /// How many orders of a caller wait for their money now.
    Task<std::int64_t> unpaid(db::Session&, std::string_view caller, Time now);

    /// Unpaid orders whose time is over, the oldest first.
    Task<std::vector<OrderId>> overdue(db::Session&, Time now, int limit);

    /// Orders after `after` in id order, without lines and timeline, for checks that walk over all of them.
    Task<std::vector<Head>> walk(db::Session&, OrderId after, int limit);

    /// Invariant 4 (each total, and the price of shipping in it, follows from the stored inputs) and the orders' part
    /// of invariant 3 (an order is paid once at most), and that no more was sent than was ordered; over the whole
    /// database.
    Task<std::vector<Finding>> audit(const Context&);

private:
    Task<> record_step(db::Transaction&, const Context&, OrderId, std::optional<OrderStatus> from, const Step&);

    db::Database& db_;
};

// What orders come to over a time, for whoever runs the shop: sums over an index.

/// Orders placed from a time on and before another.
struct Span {
    Time from{};
    Time before{};
};

/// What was sold on one day (UTC) in one currency: orders whose money came in, whatever became of them since. What was
/// refunded is not taken off.
struct DaySales {
    std::string date;   // 2026-01-31
    std::int64_t orders = 0;
    Money total;
};
BOOST_DESCRIBE_STRUCT(DaySales, (), (date, orders, total))

struct StatusCount {
    OrderStatus status{};
    std::int64_t orders = 0;
};
BOOST_DESCRIBE_STRUCT(StatusCount, (), (status, orders))

/// Pieces of a product in orders whose money came in.
struct ProductSales {
    catalog::ProductId product_id;
    std::string title;   // as it was called in one of them
    std::int64_t quantity = 0;
    Money total;         // of its lines, before discounts and taxes on top
};
BOOST_DESCRIBE_STRUCT(ProductSales, (), (product_id, title, quantity, total))

/// Days without sales are left out; in the order of currencies, then days.
Task<std::vector<DaySales>> sales_by_day(db::Session&, const Span&);
/// States without orders are left out.
Task<std::vector<StatusCount>> count_by_status(db::Session&, const Span&);
/// Those with the most pieces first; one line per product and currency.
Task<std::vector<ProductSales>> top_products(db::Session&, const Span&, int limit);

}  // namespace caddy::orders
