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

/// False when the sandbox knows the payment already.
Task<bool> insert_sandbox(db::Transaction&, const SandboxPayment&, Time now);
Task<std::optional<SandboxPayment>> load_sandbox(db::Session&, PaymentId);
/// True when it was still open.
Task<bool> decide_sandbox(db::Transaction&, PaymentId, SandboxStatus, Time now);
Task<bool> refund_sandbox(db::Transaction&, PaymentId, Money amount);

}  // namespace caddy::payments::store
