#pragma once
// All SQL of payments and of the sandbox's books.
#include "shop/payments/payments.hpp"
#include "shop/payments/payments_sandbox.hpp"

namespace caddy::payments::store {

Task<> insert(db::Transaction&, const Payment&);
Task<std::optional<Payment>> lock(db::Transaction&, PaymentId);
Task<std::optional<Payment>> load(db::Session&, PaymentId);
Task<std::vector<Payment>> load_all(db::Session&, std::span<const PaymentId>);
Task<std::vector<Payment>> of_order(db::Session&, OrderId);
/// True when the payment was `created`.
Task<bool> set_begun(db::Transaction&, PaymentId, const Begun&, Time now);
/// True when the payment was in `from`.
Task<bool> change_status(db::Transaction&, const Payment&, PaymentStatus to,
                         const std::optional<std::string>& failure_code, Time now);
Task<> set_reference(db::Transaction&, PaymentId, std::string_view reference, Time now);

/// False when the provider's event is stored already.
Task<bool> insert_event(db::Transaction&, const StoredEvent&, std::string_view payload, Time now);
Task<std::optional<StoredEvent>> load_event(db::Session&, EventId);
Task<> finish_event(db::Transaction&, EventId, const std::optional<std::string>& finding, Time now);

Task<std::vector<OrderId>> orders_paid_twice(db::Session&);
Task<std::vector<PaymentId>> settled_wrongly(db::Session&);
Task<std::vector<PaymentId>> returned_wrongly(db::Session&);

/// False when less than that is left of the payment.
Task<bool> set_aside(db::Transaction&, PaymentId, std::int64_t amount_minor, Time now);
Task<> set_free(db::Transaction&, PaymentId, std::int64_t amount_minor, Time now);
Task<> insert_refund(db::Transaction&, const Refund&);
/// True when it was pending.
Task<bool> end_refund(db::Transaction&, RefundId, RefundStatus, Time now);
Task<std::optional<Refund>> load_refund(db::Session&, RefundId);
Task<std::vector<Refund>> refunds_of(db::Session&, OrderId);
Task<std::vector<Refund>> refunds_of_all(db::Session&, std::span<const OrderId>);

/// False when the sandbox knows the payment already.
Task<bool> insert_sandbox(db::Transaction&, const SandboxPayment&, Time now);
Task<std::optional<SandboxPayment>> load_sandbox(db::Session&, PaymentId);
/// True when it was still open.
Task<bool> decide_sandbox(db::Transaction&, PaymentId, SandboxStatus, Time now);
/// False when the sandbox has not so much left to give back.
Task<bool> take_sandbox_refund(db::Transaction&, PaymentId, Money amount);
Task<> insert_sandbox_refund(db::Transaction&, std::string_view key, PaymentId, Money amount, Time now);
/// What was given back under a key.
Task<std::optional<Money>> sandbox_refund(db::Session&, std::string_view key);

}  // namespace caddy::payments::store
