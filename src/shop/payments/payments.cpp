#include "shop/payments/payments.hpp"

#include "core/assert.hpp"
#include "platform/telemetry/log.hpp"
#include "shop/payments/payments_events.hpp"
#include "shop/payments/payments_store.hpp"

#include <algorithm>

namespace caddy::payments {
namespace refuse {

Error unknown_provider() {
    return {ErrorKind::invalid, "payments.unknown_provider",
            "This shop takes no payments by that provider.",
            {{"/payment_provider", "unknown", "Send the name of a provider that this shop uses."}}};
}

Error unknown_hook() {
    return {ErrorKind::not_found, "payments.unknown_hook", "No payment provider of this shop has that name."};
}

Error unknown_payment() {
    return {ErrorKind::not_found, "payments.unknown_payment", "This shop has no such payment with this provider."};
}

}  // namespace refuse

namespace {

/// Tells checkout which stored event to look at.
struct EventReceived {
    EventId event_id;
    PaymentId payment_id;
};
BOOST_DESCRIBE_STRUCT(EventReceived, (), (event_id, payment_id))

struct RefundDue {
    PaymentId payment_id;
    OrderId order_id;
};
BOOST_DESCRIBE_STRUCT(RefundDue, (), (payment_id, order_id))

}  // namespace

bool may_become(PaymentStatus from, PaymentStatus to) {
    using enum PaymentStatus;
    switch (from) {
        case created:
            return to == pending || to == succeeded || to == failed || to == cancelled || to == refund_pending ||
                   to == refunded;
        case pending:
            return to == succeeded || to == failed || to == cancelled || to == refund_pending || to == refunded;
        case failed:
        case cancelled: return to == succeeded || to == refund_pending || to == refunded;
        case succeeded: return to == refund_pending || to == refunded;
        case refund_pending: return to == refunded;
        case refunded: return false;
    }
    return false;
}

bool is_open(PaymentStatus status) { return status == PaymentStatus::created || status == PaymentStatus::pending; }

orders::PaymentNote note_of(const Payment& payment) {
    // What to do next is of no use once it is done, or can no longer be done.
    const auto next = is_open(payment.status) ? payment.next_action : std::nullopt;
    return {payment.id, payment.provider, boost::describe::enum_to_string(payment.status, "?"), next};
}

std::string_view Message::header(std::string_view name) const {
    const auto found = std::ranges::find(headers, name, [](const auto& each) { return std::string_view(each.first); });
    return found == headers.end() ? std::string_view() : std::string_view(found->second);
}

Provider* PaymentService::known(std::string_view name) const {
    const auto found =
        std::find_if(providers_.begin(), providers_.end(), [&](const auto* each) { return each->name() == name; });
    return found == providers_.end() ? nullptr : *found;
}

std::vector<PaymentMethod> PaymentService::methods() const {
    std::vector<PaymentMethod> all;
    for (const auto* each : providers_)
        all.push_back({std::string(each->name()), each->next_step(), each->takes_money()});
    return all;
}

Result<Provider*> PaymentService::provider(std::string_view name) const {
    auto* found = known(name);
    if (!found) return refuse::unknown_provider();
    return found;
}

Task<Result<void>> PaymentService::receive(const Context& ctx, std::string_view provider, const Message& message) {
    const auto* sender = known(provider);
    if (!sender) co_return refuse::unknown_hook();
    CADDY_CO_TRY(const auto event, sender->verify(ctx, message));
    co_return co_await db_.transact(ctx, "payments.receive", [&](db::Transaction& tx) -> Task<Result<void>> {
        const auto payment = co_await store::load(tx, event.payment);
        const bool ours = payment && payment->provider == provider &&
                          (!payment->reference || *payment->reference == event.reference);
        if (!ours) co_return refuse::unknown_payment();
        const StoredEvent stored{EventId::next(), std::string(provider), event};
        const bool fresh = co_await store::insert_event(tx, stored, message.body, ctx.now());
        if (fresh) {
            const EventReceived received{stored.id, event.payment};
            const auto aggregate = event.payment.text();
            co_await jobs::emit(tx, ctx, "payments.event_received", aggregate, json::to_json(received));
        }
        co_return Result<void>{};
    });
}

Task<Begun> PaymentService::begin(const Context& ctx, const Payment& payment, std::string_view order_number) {
    auto* by = known(payment.provider);
    if (!by) throw Unavailable("the payment provider " + payment.provider + " is not configured any more");
    const Intent intent{payment.id, payment.order, std::string(order_number), payment.amount};
    co_return co_await by->begin(ctx, intent);
}

Task<RefundOutcome> PaymentService::refund(const Context& ctx, const Payment& payment) {
    auto* by = known(payment.provider);
    if (!by) throw Unavailable("the payment provider " + payment.provider + " is not configured any more");
    const RefundOrder everything{payment.id.text(), payment.amount};
    const auto outcome = co_await by->refund(ctx, payment, everything);
    // It was theirs to take and is the shopper's to get back: asked again until somebody looks.
    if (outcome == RefundOutcome::refused) throw Unavailable("no money to give back for " + everything.key);
    co_return outcome;
}

Task<Payment> PaymentService::create(db::Transaction& tx, const Context& ctx, const Payment& draft) {
    Payment payment = draft;
    payment.created_at = ctx.now();
    co_await store::insert(tx, payment);
    co_return payment;
}

Task<std::optional<Payment>> PaymentService::lock(db::Transaction& tx, PaymentId id) { return store::lock(tx, id); }
Task<std::optional<Payment>> PaymentService::find(db::Session& db, PaymentId id) { return store::load(db, id); }
Task<std::vector<Payment>> PaymentService::find_all(db::Session& db, std::span<const PaymentId> ids) {
    return store::load_all(db, ids);
}
Task<std::vector<Payment>> PaymentService::of_order(db::Session& db, OrderId order) {
    return store::of_order(db, order);
}

Task<bool> PaymentService::begun(db::Transaction& tx, const Context& ctx, Payment& payment, const Begun& begun) {
    const bool changed = co_await store::set_begun(tx, payment.id, begun, ctx.now());
    if (changed) {
        payment.status = PaymentStatus::pending;
        payment.reference = begun.reference;
        payment.next_action = begun.next_action;
        ++payment.version;
    }
    co_return changed;
}

Task<bool> PaymentService::become(db::Transaction& tx, const Context& ctx, Payment& payment, PaymentStatus to,
                                  std::optional<std::string> failure_code) {
    CADDY_ASSERT(may_become(payment.status, to));
    const bool changed = co_await store::change_status(tx, payment, to, failure_code, ctx.now());
    if (!changed) co_return false;
    payment.status = to;
    payment.failure_code = std::move(failure_code);
    ++payment.version;
    if (to == PaymentStatus::refund_pending) {
        const RefundDue due{payment.id, payment.order};
        const auto aggregate = payment.id.text();
        co_await jobs::emit(tx, ctx, "payments.refund_due", aggregate, json::to_json(due));
    }
    // What its refunds gave back was told with each of them.
    const Money rest{payment.amount.minor - payment.returned_minor, payment.amount.currency};
    if (to == PaymentStatus::refunded && rest.minor > 0) co_await tell_of_refund(tx, ctx, payment, rest);
    co_return true;
}

Task<> PaymentService::keep_reference(db::Transaction& tx, const Context& ctx, Payment& payment,
                                      std::string_view reference) {
    if (payment.reference) co_return;
    co_await store::set_reference(tx, payment.id, reference, ctx.now());
    payment.reference = std::string(reference);
}

Task<std::optional<StoredEvent>> PaymentService::event(db::Session& db, EventId id) {
    return store::load_event(db, id);
}

Task<> PaymentService::finish_event(db::Transaction& tx, const Context& ctx, EventId id,
                                    std::optional<std::string> finding) {
    if (finding) log::error("payments.event_set_aside", {{"event", id.text()}, {"finding", *finding}});
    co_await store::finish_event(tx, id, finding, ctx.now());
}

Task<std::vector<orders::Finding>> PaymentService::audit(const Context& ctx) {
    std::vector<orders::Finding> findings;
    auto db = co_await db_.read(ctx);
    const auto twice = co_await store::orders_paid_twice(db);
    for (const auto id : twice) findings.push_back({"3", id.text(), "has two payments that succeeded"});
    const auto wrongly = co_await store::settled_wrongly(db);
    for (const auto id : wrongly) findings.push_back({"3", id.text(), "state and time of settlement differ"});
    const auto returned = co_await store::returned_wrongly(db);
    for (const auto id : returned) {
        findings.push_back({"refunds", id.text(), "what went back is not what its refunds come to, or too much"});
    }
    co_return findings;
}

}  // namespace caddy::payments
