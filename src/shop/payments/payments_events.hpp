#pragma once
// What other features hear of money that has gone back. Private to the folder.
#include "shop/payments/payments.hpp"

namespace caddy::payments {

/// Emits payments.refunded for a part of a payment, or for what was left of it; among the events of its order.
Task<> tell_of_refund(db::Transaction&, const Context&, const Payment&, Money amount);
Task<> tell_of_refund(db::Transaction&, const Context&, const Refund&);

}  // namespace caddy::payments
