#pragma once
// Payments: attempts to pay an order through a provider, and what providers say about them. Nothing here marks an order
// paid: events are stored and told on, and checkout settles. Event loop only.
#include "core/result.hpp"
#include "platform/db/database.hpp"
#include "platform/jobs/outbox.hpp"
#include "platform/json/encode.hpp"
#include "shop/orders/orders.hpp"

#include <boost/describe.hpp>

#include <chrono>
#include <span>

namespace caddy::payments {

using orders::OrderId;
using orders::PaymentId;
struct EventTag { static constexpr std::string_view prefix = "pev"; };
using EventId = Id<EventTag>;
struct RefundTag { static constexpr std::string_view prefix = "ref"; };
using RefundId = Id<RefundTag>;

BOOST_DEFINE_ENUM_CLASS(PaymentStatus, created, pending, succeeded, failed, cancelled, refund_pending, refunded)
BOOST_DEFINE_ENUM_CLASS(EventKind, succeeded, failed, refunded)

/// The one table of legal steps. A failed or cancelled attempt may still succeed: messages come in any order.
bool may_become(PaymentStatus from, PaymentStatus to);
/// True while the shopper may still pay by it.
bool is_open(PaymentStatus);

struct Payment {
    PaymentId id;
    OrderId order;
    std::string provider;
    std::optional<std::string> reference;   // the provider's name for it
    Money amount;
    PaymentStatus status = PaymentStatus::created;
    std::optional<json::Raw> next_action;
    std::optional<std::string> failure_code;
    std::optional<Time> settled_at;
    Time created_at{};
    std::int64_t version = 1;
    std::int64_t returned_minor = 0;   // went back by refunds, or is on its way
};

BOOST_DEFINE_ENUM_CLASS(RefundStatus, pending, done, failed)

/// What a refund says of one line of its order.
struct RefundLine {
    orders::LineId line_id;
    std::int64_t quantity = 0;
    std::int64_t freed = 0;       // not sent, and never will be
    std::int64_t restocked = 0;   // back on the shelf
};
BOOST_DESCRIBE_STRUCT(RefundLine, (), (line_id, quantity, freed, restocked))

/// A part of a payment that goes back.
struct Refund {
    RefundId id;
    OrderId order;
    PaymentId payment;
    Money amount;
    std::string reason;
    RefundStatus status = RefundStatus::pending;
    bool restock = false;
    orders::OrderStatus order_status{};   // what the order goes back to should this fail
    std::string actor;
    std::optional<Time> finished_at;
    Time created_at{};
    std::vector<RefundLine> lines;
};

/// The payment as its order shows it.
orders::PaymentNote note_of(const Payment&);

/// What a provider is asked to do. `payment` is its idempotency key: asked twice, it does it once.
struct Intent {
    PaymentId payment;
    OrderId order;
    std::string order_number;
    Money amount;
};

/// What a provider answered to an intent.
struct Begun {
    std::string reference;
    json::Raw next_action;   // `{"type": "none" | "redirect" | "instructions", …}`
};

/// A webhook as it came in; names of headers in lower case.
struct Message {
    std::span<const std::pair<std::string, std::string>> headers;
    std::string_view body;
    std::string_view header(std::string_view name) const;
};

/// What a provider says in a webhook, once its signature is proven.
struct ProviderEvent {
    std::string event_id;    // the provider's own; the same event may be sent again
    std::string reference;
    PaymentId payment;
    EventKind kind{};
    Money amount;
    std::optional<std::string> failure_code;
    Time occurred_at{};
};

/// What a provider is asked to give back. `key` is its idempotency key: asked twice, it gives once.
struct RefundOrder {
    std::string key;
    Money amount;
};

/// How far a refund has come when the provider has answered. `refused`: it will not, however often it is asked.
enum class RefundOutcome { refunded, pending, refused };

/// What the shopper does next with a payment that has begun: goes to the provider's page, or pays as he is told.
BOOST_DEFINE_ENUM_CLASS(NextStep, redirect, instructions)

/// A way of paying, as a shopper chooses it.
struct PaymentMethod {
    std::string provider;
    NextStep next_step{};
    bool takes_money = true;   // false: it shows how paying works
};
BOOST_DESCRIBE_STRUCT(PaymentMethod, (), (provider, next_step, takes_money))

/// The seam to a payment provider. Here: bank transfer by hand, and the sandbox.
class Provider {
public:
    virtual ~Provider() = default;
    virtual std::string_view name() const = 0;
    virtual NextStep next_step() const = 0;
    /// False where it only shows how paying works.
    virtual bool takes_money() const { return true; }
    /// How long an order may wait for its money; nothing where checkout's own window does.
    virtual std::optional<std::chrono::minutes> window() const { return std::nullopt; }
    /// Starts a payment. The second time it answers as the first. Throws Unavailable; nothing is lost then.
    virtual Task<Begun> begin(const Context&, const Intent&) = 0;
    /// Proves a webhook and reads it.
    ///
    /// Refuses: payments.bad_signature, payments.stale_event, payments.malformed_event, payments.wrong_merchant
    virtual Result<ProviderEvent> verify(const Context&, const Message&) const = 0;
    /// Gives an amount back, once for each key. Throws Unavailable.
    virtual Task<RefundOutcome> refund(const Context&, const Payment&, const RefundOrder&) = 0;
};

/// A webhook that was stored.
struct StoredEvent {
    EventId id;
    std::string provider;
    ProviderEvent event;
    bool processed = false;
};

class PaymentService {
public:
    /// Borrows the providers that this shop takes money by.
    PaymentService(db::Database& database, std::vector<Provider*> providers)
        : db_(database), providers_(std::move(providers)) {}

    /// The ways of paying that this shop offers, the one to suggest first.
    std::vector<PaymentMethod> methods() const;
    /// Refuses: payments.unknown_provider (422)
    Result<Provider*> provider(std::string_view name) const;

    /// Stores a provider's message, once for each event of theirs, and tells it on.
    ///
    /// Refuses: payments.unknown_hook (404), payments.bad_signature (401), payments.stale_event (401),
    ///          payments.malformed_event (400), payments.wrong_merchant (403), payments.unknown_payment (404)
    /// Emits:   payments.event_received
    Task<Result<void>> receive(const Context&, std::string_view provider, const Message&);

    /// Asks the provider to start a payment. REQUIRES: no transaction is open. Throws Unavailable.
    Task<Begun> begin(const Context&, const Payment&, std::string_view order_number);
    /// Asks the provider to give everything back. REQUIRES: no transaction is open. Throws Unavailable.
    Task<RefundOutcome> refund(const Context&, const Payment&);
    /// Asks the provider to carry out a refund. REQUIRES: no transaction is open. Throws Unavailable.
    Task<RefundOutcome> refund(const Context&, const Payment&, const Refund&);

    Task<Payment> create(db::Transaction&, const Context&, const Payment&);
    /// With the row locked until the transaction ends. REQUIRES: its order is locked already.
    Task<std::optional<Payment>> lock(db::Transaction&, PaymentId);
    Task<std::optional<Payment>> find(db::Session&, PaymentId);
    /// Those of them that exist, in no particular order.
    Task<std::vector<Payment>> find_all(db::Session&, std::span<const PaymentId>);
    /// All attempts of an order, the oldest first.
    Task<std::vector<Payment>> of_order(db::Session&, OrderId);

    /// Keeps what the provider answered, if the payment is still `created`; false when something overtook it.
    Task<bool> begun(db::Transaction&, const Context&, Payment&, const Begun&);
    /// Takes a step, if the payment still is as the caller read it, and changes the caller's copy.
    ///
    /// Effect:  one guarded UPDATE; `succeeded` sets settled_at, once
    /// Emits:   payments.refund_due with `refund_pending`; payments.refunded with `refunded`, for what no refund gave
    ///          back
    /// REQUIRES: may_become(payment.status, to)
    Task<bool> become(db::Transaction&, const Context&, Payment&, PaymentStatus to,
                      std::optional<std::string> failure_code = std::nullopt);
    /// Keeps the provider's name for a payment, where it has none yet.
    Task<> keep_reference(db::Transaction&, const Context&, Payment&, std::string_view reference);

    Task<std::optional<StoredEvent>> event(db::Session&, EventId);
    /// Marks an event as dealt with. A `finding` says why it was set aside instead.
    Task<> finish_event(db::Transaction&, const Context&, EventId, std::optional<std::string> finding);

    // ---- refunds; each caller holds the lock of the order and of the payment ----

    /// Sets an amount of a payment aside for a refund, writes it down and has it carried out.
    ///
    /// Refuses: payments.refund_too_much (409, with `left`) when less than that is left of what was paid
    /// Emits:   payments.refund_requested
    Task<Result<void>> open_refund(db::Transaction&, const Context&, const Payment&, const Refund&);
    /// Ends a pending refund; false when it has ended already. A failed one gives its amount free for others.
    ///
    /// Emits:   payments.refunded for one that is done
    Task<bool> finish_refund(db::Transaction&, const Context&, const Refund&, RefundStatus);
    Task<std::optional<Refund>> find_refund(db::Session&, RefundId);
    /// With their lines, the oldest first.
    Task<std::vector<Refund>> refunds_of(db::Session&, OrderId);
    /// Of several orders, without their lines, in no particular order.
    Task<std::vector<Refund>> refunds_of_all(db::Session&, std::span<const OrderId>);

    /// The payments' part of invariant 3: one row per reference, settled once, one success per order;
    /// and that what went back adds up and is never more than was paid.
    Task<std::vector<orders::Finding>> audit(const Context&);

private:
    Provider* known(std::string_view name) const;

    db::Database& db_;
    std::vector<Provider*> providers_;
};

}  // namespace caddy::payments
