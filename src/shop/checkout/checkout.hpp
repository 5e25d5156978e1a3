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

/// The services that checkout composes.
struct Parts {
    catalog::CatalogService& catalog;
    inventory::InventoryService& inventory;
    shipping::ShippingService& shipping;
    cart::CartService& carts;
    orders::OrderService& orders;
    payments::PaymentService& payments;
};

class CheckoutService {
public:
    CheckoutService(db::Database& database, const Parts& parts, const tax::Config& tax, const Config& config)
        : db_(database), parts_(parts), tax_(tax), config_(config) {}

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
    Task<Result<Verdict>> mark_paid(const Context&, PaymentId, std::string_view actor);
    /// Staff have paid back. Refuses: payments.not_found, payments.no_refund_due
    Task<Result<Verdict>> mark_refunded(const Context&, PaymentId, std::string_view actor);

    /// Asks the provider to give a payment back that waits for it, and notes the end of it.
    Task<> refund(const Context&, PaymentId);

    /// Ends unpaid orders whose time is over and gives their stock back; how many. Bounded.
    Task<std::int64_t> expire(const Context&);

    /// Invariants 3 and 4 over orders and payments, and that each paid order has its money.
    Task<std::vector<orders::Finding>> audit(const Context&);

private:
    struct Placed;
    struct Repriced;
    struct Settling;
    Task<Result<Placed>> place_in(db::Transaction&, const Context&, cart::CartId, const cart::Access&, const Wish&);
    Task<Result<Repriced>> reprice(db::Transaction&, const cart::Cart&);
    Task<Result<void>> check_quota(db::Transaction&, const Context&, const std::string& caller);
    Task<Time> expiry(db::Transaction&, const Context&, const Repriced&, const payments::Provider&);
    Task<Result<PaymentId>> attempt_in(db::Transaction&, const Context&, OrderId, const orders::Access&,
                                       const std::string& provider);
    Task<> begin(const Context&, orders::Order&, payments::Payment);
    Task<Result<void>> cancel_in(db::Transaction&, const Context&, const orders::Head&);
    Task<> end_attempts(db::Transaction&, const Context&, const orders::Head&);

    Task<> settle_event_in(db::Transaction&, const Context&, payments::EventId);
    Task<Verdict> settle_in(db::Transaction&, const Context&, const Notice&);
    Task<> carry_out(db::Transaction&, const Context&, Settling&, Verdict);
    Task<> pay(db::Transaction&, const Context&, Settling&);
    Task<> give_back(db::Transaction&, const Context&, Settling&, std::string_view why);
    Task<> note_refund(db::Transaction&, const Context&, Settling&);
    Task<> cancel_attempts(db::Transaction&, const Context&, OrderId, PaymentId except);
    Task<bool> expire_one(const Context&, OrderId);

    db::Database& db_;
    Parts parts_;
    tax::Config tax_;
    Config config_;
};

}  // namespace caddy::checkout
