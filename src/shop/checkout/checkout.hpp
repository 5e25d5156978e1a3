#pragma once
// Checkout: turns a cart into an order, and money into a paid order. The only feature that composes many others; every
// way in which money or time changes an order ends here, in one idempotent function each. Event loop only.
#include "core/result.hpp"
#include "platform/db/database.hpp"
#include "shop/cart/cart.hpp"
#include "shop/catalog/catalog.hpp"
#include "shop/inventory/inventory.hpp"
#include "shop/orders/orders.hpp"
#include "shop/payments/payments.hpp"
#include "shop/shipping/shipping.hpp"
#include "shop/tax/tax.hpp"

#include <functional>

namespace caddy::checkout {

using orders::OrderId;
using orders::PaymentId;

struct Config {
    int payment_window_min = 30;            // 1..10080: how long stock waits for the money
    int scarce_window_min = 10;             // 1..10080: the same, where stock is scarce
    int unpaid_per_customer_max = 100;      // 0..100000 open unpaid orders of a customer; 0: no limit
    int unpaid_per_address_max = 5'000;     // 0..1000000 of the guests behind one address; 0: no limit
    int attempts_per_order_max = 10;        // 1..100 payments of one order
};

/// What the shopper asks for when he checks out.
struct Wish {
    std::string payment_provider;
    std::optional<std::int64_t> expected_total_minor;   // what the shopper saw; another total is refused
    std::string language = "zh-CN";   // of mails, where the shopper has no account that says another: zh-CN or en
};

/// One variant at another price than the catalogue's, and why.
struct SpecialPrice {
    catalog::VariantId variant;
    Money price;
    std::string reason;   // stands on the order's line
};

/// An order of a customer's without a cart: pieces of one variant, whose stock is held already.
struct DirectOrder {
    std::string source;   // stands in the place of the cart's id: a source has one order, whatever happens
    std::int64_t customer = 0;
    std::string email;
    std::optional<cart::Address> shipping_address{};
    std::optional<shipping::MethodId> shipping_method_id{};
    std::optional<std::string> note{};
    std::int64_t quantity = 1;
    SpecialPrice special;
    Wish wish;
};

/// A direct order as it was written. Its stock is to be reserved until then, by whoever held it.
struct DirectPlaced {
    OrderId order;
    Time reserved_until{};
};

/// What somebody who knows says about a payment: a provider's event, or staff.
struct Notice {
    PaymentId payment;
    payments::EventKind kind{};
    Money amount;
    std::string actor;                            // `provider:sandbox`, a staff id
    std::optional<std::string> reference{};
    std::optional<std::string> failure_code{};
};

/// What a notice comes to, given where the order and the payment stand.
BOOST_DEFINE_ENUM_CLASS(Verdict, ignore, pay, fail, give_back, note_refund, set_aside)
Verdict judge(orders::OrderStatus, payments::PaymentStatus, payments::EventKind, bool amount_is_right);

/// Everything that staff see of an order.
struct OrderView {
    orders::Order order;
    std::vector<orders::Fulfilment> fulfilments;
    std::vector<payments::Payment> payments;
    std::vector<payments::Refund> refunds;
};

/// What goes into a parcel.
struct Parcel {
    std::vector<orders::Portion> lines;
    std::optional<std::string> tracking{};
};

/// Money to give back, by its amount or for these pieces. With `restock`, pieces that were sent go back on the shelf,
/// and pieces that were not are set free.
enum class Restock { no, yes };
struct RefundWish {
    std::optional<std::int64_t> amount_minor{};
    std::vector<orders::Portion> lines{};
    std::string reason{};
    Restock restock = Restock::no;
};

/// The services that checkout composes.
struct Parts {
    catalog::CatalogService& catalog;
    inventory::InventoryService& inventory;
    shipping::ShippingService& shipping;
    cart::CartService& carts;
    orders::OrderService& orders;
    payments::PaymentService& payments;
    tax::TaxService& taxes;
    /// In which language the owner of an account wants his mails.
    std::function<Task<std::optional<std::string>>(db::Session&, std::int64_t customer)> language_of{};
};

class CheckoutService {
public:
    CheckoutService(db::Database& database, const Parts& parts, const Config& config)
        : db_(database), parts_(parts), config_(config) {}

    /// Makes the cart an order with its stock reserved, then asks the provider to start the payment.
    ///
    /// The order is committed before the provider is asked. Should the provider not answer, the call ends as a fault
    /// (503, retryable): the order waits, and the same idempotency key goes on where this stopped.
    ///
    /// Refuses: payments.unknown_provider, cart.not_found, cart.closed, checkout.incomplete, catalog.not_for_sale,
    ///          checkout.price_changed, checkout.too_many_unpaid, shipping.not_available, inventory.insufficient
    /// Effect:  one transaction; a refusal writes nothing but, where prices changed, the cart's new prices
    /// Emits:   orders.pending_payment
    Task<Result<orders::Order>> place(const Context&, cart::CartId, const cart::Access&, const Wish&);

    /// What a direct order would come to now, examined as when it is written.
    ///
    /// Refuses: payments.unknown_provider, checkout.incomplete, catalog.not_for_sale, checkout.price_changed,
    ///          checkout.too_many_unpaid, shipping.not_available, shipping.no_zone
    Task<Result<pricing::Totals>> estimate(const Context&, const DirectOrder&);

    /// Writes a direct order with its payment, as a part of the caller's transaction. Everything is examined before
    /// the first row is written: after a refusal the transaction may go on with other orders. Afterwards the caller
    /// hands its stock over in the same transaction, and has `proceed` start the payment.
    ///
    /// Refuses: what estimate refuses
    /// Emits:   orders.pending_payment
    Task<Result<DirectPlaced>> place_direct(db::Transaction&, const Context&, const DirectOrder&);

    /// A new attempt to pay an order. An attempt that its provider never heard of is taken up again.
    ///
    /// Refuses: payments.unknown_provider, orders.not_found, orders.expired, orders.not_payable,
    ///          payments.attempt_open, checkout.too_many_attempts
    Task<Result<orders::Order>> pay_again(const Context&, OrderId, const orders::Access&, const std::string& provider);

    /// Starts the order's latest payment if that has not happened yet: what follows place and pay_again, and what a
    /// repeat of their keys goes on with. Refuses: orders.not_found
    Task<Result<orders::Order>> proceed(const Context&, OrderId);

    /// The order as it stands, for repeating the answer to the caller's own key and nothing else.
    ///
    /// Refuses: orders.not_found
    Task<Result<orders::Order>> made(const Context&, OrderId);

    /// Ends an order that has not been sent: free while unpaid, with the money given back when paid. A second time it
    /// changes nothing.
    ///
    /// Refuses: orders.not_found, orders.not_cancellable
    /// Emits:   orders.cancelled, or orders.refunding and payments.refund_due
    Task<Result<orders::Order>> cancel(const Context&, OrderId, const orders::Access&);

    /// The one place where money meets an order. Safe to call any number of times, with notices in any order.
    Task<Verdict> settle(const Context&, const Notice&);
    /// Settles a stored webhook, once.
    Task<> settle_event(const Context&, payments::EventId);
    /// Staff have seen the money. Refuses: payments.not_found, payments.not_payable
    Task<Result<OrderView>> mark_paid(const Context&, PaymentId);
    /// Staff have paid back: the whole payment, or the refunds of it that wait.
    ///
    /// Refuses: payments.not_found, payments.no_refund_due
    Task<Result<OrderView>> mark_refunded(const Context&, PaymentId);

    // ---- what staff do; the caller is the context's principal, and each act is in the audit log ----

    /// Refuses: orders.not_found
    Task<Result<OrderView>> view(const Context&, OrderId);
    /// The order of a payment. Refuses: payments.not_found
    Task<Result<OrderView>> view_of(const Context&, PaymentId);
    /// Sends a part of an order, or the rest of it.
    ///
    /// Refuses: orders.not_found, orders.not_fulfillable, orders.quantity_exceeded (409, with `lines`),
    ///          inventory.not_reserved, inventory.not_on_hand
    /// Emits:   orders.fulfilling, orders.shipped
    Task<Result<OrderView>> fulfil(const Context&, OrderId, const Parcel&);
    /// Takes an order that is all sent on to `delivered` or `completed`; there already: changes nothing.
    ///
    /// Refuses: orders.not_found, orders.step_not_allowed
    Task<Result<OrderView>> advance(const Context&, OrderId, orders::OrderStatus to);
    /// As cancel, by staff. Refuses: orders.not_found, orders.not_cancellable
    Task<Result<OrderView>> cancel_by_staff(const Context&, OrderId, const std::string& reason);
    /// Writes a line into the timeline that only staff read. Refuses: orders.not_found
    Task<Result<OrderView>> note(const Context&, OrderId, const std::string& text);
    /// Has a part of an order's money given back, or all that is left of it.
    ///
    /// Refuses: orders.not_found, orders.not_refundable, orders.quantity_exceeded, payments.refund_too_much
    /// Effect:  one transaction, goods included; the provider is asked by a job, under the refund's id
    /// Emits:   payments.refund_requested, orders.refunding
    Task<Result<payments::Refund>> refund_order(const Context&, OrderId, const RefundWish&);
    /// Refuses: payments.not_found
    Task<Result<payments::Refund>> show_refund(const Context&, payments::RefundId);

    /// Asks the provider to carry out a refund that is pending, and settles the order by its answer.
    Task<> carry_out_refund(const Context&, payments::RefundId);

    /// Asks the provider to give a payment back that waits for it, and notes the end of it.
    Task<> refund(const Context&, PaymentId);

    /// Ends unpaid orders whose time is over and gives their stock back; how many. Bounded.
    Task<std::int64_t> expire(const Context&);

    /// Invariants 3 and 4 over orders and payments, that each paid order has its money, that no more was sent than was
    /// ordered, and that each order's state tells what of its money went back.
    Task<std::vector<orders::Finding>> audit(const Context&);

private:
    struct Placed;
    struct Repriced;
    struct Settling;
    struct Case;
    struct Canceller {
        std::string actor;
        std::optional<std::string> note{};
    };
    Task<Result<Placed>> place_in(db::Transaction&, const Context&, cart::CartId, const cart::Access&, const Wish&);
    Task<Placed> write_order(db::Transaction&, const Context&, const cart::Cart&, const Repriced&, const Wish&,
                             orders::Draft);
    /// Today's prices, read once. A method that no longer ships the cart is taken off it, as when it is shown.
    Task<Result<Repriced>> reprice(db::Session&, cart::Cart&, const SpecialPrice* = nullptr);
    Task<std::optional<shipping::Quote>> quote_chosen(db::Session&, cart::Cart&, std::span<const catalog::Offer>);
    Task<Result<Repriced>> examine(db::Session&, const Context&, cart::Cart&, const DirectOrder&);
    Task<Result<void>> check_quota(db::Session&, const Context&, const std::string& caller, int most);
    Task<Time> expiry(db::Transaction&, const Context&, const Repriced&, const payments::Provider&);
    Task<Result<PaymentId>> attempt_in(db::Transaction&, const Context&, OrderId, const orders::Access&,
                                       const std::string& provider);
    Task<> begin(const Context&, orders::Order&, payments::Payment);
    Task<Result<void>> cancel_in(db::Transaction&, const Context&, const orders::Head&, const Canceller&);
    Task<> end_attempts(db::Transaction&, const Context&, const orders::Head&);

    Task<> settle_event_in(db::Transaction&, const Context&, payments::EventId);
    Task<Verdict> settle_in(db::Transaction&, const Context&, const Notice&);
    Task<> carry_out(db::Transaction&, const Context&, Settling&, Verdict);
    Task<> pay(db::Transaction&, const Context&, Settling&);
    Task<> give_back(db::Transaction&, const Context&, Settling&, std::string_view why);
    Task<> note_refund(db::Transaction&, const Context&, Settling&);
    Task<> cancel_attempts(db::Transaction&, const Context&, OrderId, PaymentId except);
    Task<bool> expire_one(const Context&, OrderId);

    Task<Result<OrderView>> view_in(db::Session&, OrderId);
    Task<Result<Case>> open_case(db::Transaction&, OrderId);
    Task<std::vector<inventory::Demand>> demands_of(db::Session&, const orders::Order&,
                                                    const std::vector<orders::Portion>&);
    Task<Result<void>> fulfil_in(db::Transaction&, const Context&, const Case&, const Parcel&);
    Task<Result<void>> advance_in(db::Transaction&, const Context&, const Case&, orders::OrderStatus to);
    Task<Result<void>> refund_in(db::Transaction&, const Context&, const Case&, payments::Refund&);
    Task<Result<void>> move_goods(db::Transaction&, const Context&, const Case&, const payments::Refund&);
    Task<> finish_refund(const Context&, payments::RefundId, payments::RefundStatus, const std::string& actor);
    /// What the order is when none of its refunds came to anything.
    Task<orders::OrderStatus> status_without_refunds(db::Transaction&, const payments::Refund& failed,
                                                     const std::vector<payments::Refund>&);
    Task<> finish_refund_in(db::Transaction&, const Context&, const payments::Refund&, payments::RefundStatus,
                            const std::string& actor);
    Task<> mark_paid_in(db::Transaction&, const Context&, const payments::Payment&);
    Task<Result<void>> mark_refunded_in(db::Transaction&, const Context&, const payments::Payment&);
    Task<> audit_refunds(db::Session&, const std::vector<orders::Head>&, const std::vector<payments::Payment>&,
                         std::vector<orders::Finding>&);

    db::Database& db_;
    Parts parts_;
    Config config_;
};

}  // namespace caddy::checkout
