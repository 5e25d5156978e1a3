#include "shop/payments/payments_manual.hpp"

namespace caddy::payments {
namespace {

struct Instructions {
    std::string type = "instructions";
    std::string text;
    std::string reference;   // what the shopper writes on the transfer
    Money amount;
};
BOOST_DESCRIBE_STRUCT(Instructions, (), (type, text, reference, amount))

}  // namespace

Task<Begun> ManualProvider::begin(const Context&, const Intent& intent) {
    Instructions instructions;
    instructions.text = config_.instructions;
    instructions.reference = intent.order_number;
    instructions.amount = intent.amount;
    Begun begun{"manual_" + intent.payment.text(), {json::to_json(instructions)}};
    co_return begun;
}

Result<ProviderEvent> ManualProvider::verify(const Context&, const Message&) const {
    return Error{ErrorKind::unauthenticated, "payments.bad_signature",
                 "Payments of this provider are confirmed by the shop's staff, not by messages."};
}

Task<RefundOutcome> ManualProvider::refund(const Context&, const Payment&, const RefundOrder&) {
    co_return RefundOutcome::pending;
}

}  // namespace caddy::payments
