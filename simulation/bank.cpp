#include "simulation/bank.hpp"

#include "platform/json/decode.hpp"

namespace caddy::simulation {
namespace {

struct Told {
    std::string event;
    PaymentId payment;
    payments::EventKind kind{};
    std::int64_t amount_minor = 0;
    Currency currency;
};
BOOST_DESCRIBE_STRUCT(Told, (), (event, payment, kind, amount_minor, currency))

std::string reference_of(PaymentId payment) { return "bank_" + payment.text(); }

}  // namespace

bool Bank::decide(PaymentId id, bool approve) {
    const auto found = accounts.find(id);
    if (found == accounts.end() || found->second.decided) return false;
    found->second.decided = true;
    found->second.approved = approve;
    scheduler.story.note("bank", approve ? "takes the money" : "declines");
    return true;
}

std::string Bank::message(PaymentId id, int event) const {
    const auto& account = accounts.at(id);
    const auto kind = account.approved ? payments::EventKind::succeeded : payments::EventKind::failed;
    const auto name = "evt_" + id.text() + std::to_string(event);
    return json::to_json(Told{name, id, kind, account.amount.minor, account.amount.currency});
}

Task<> BankProvider::travel(std::string_view what) {
    co_await bank_.scheduler.turn();
    if (!life_->alive) throw Unavailable("this pod has ended");
    bank_.scheduler.story.note(life_->name, what);
    if (!bank_.scheduler.chance.per_mille(bank_.faults.lost_provider_call)) co_return;
    bank_.scheduler.story.note(life_->name, "hears nothing of the bank");
    throw Unavailable("the bank does not answer");
}

Task<payments::Begun> BankProvider::begin(const Context&, const payments::Intent& intent) {
    co_await travel("asks the bank to begin");
    bank_.accounts[intent.payment].amount = intent.amount;
    co_await travel("hears of the bank that it has begun");
    payments::Begun begun{reference_of(intent.payment), {R"({"type":"redirect"})"}};
    co_return begun;
}

Result<payments::ProviderEvent> BankProvider::verify(const Context& ctx, const payments::Message& message) const {
    CADDY_TRY(const auto told, json::from_json<Told>(message.body));
    payments::ProviderEvent event;
    event.event_id = told.event;
    event.reference = reference_of(told.payment);
    event.payment = told.payment;
    event.kind = told.kind;
    event.amount = {told.amount_minor, told.currency};
    event.occurred_at = ctx.now();
    return event;
}

Task<payments::RefundOutcome> BankProvider::refund(const Context&, const payments::Payment& payment,
                                                   const payments::RefundOrder& order) {
    co_await travel("asks the bank for a refund");
    auto& account = bank_.accounts[payment.id];
    auto outcome = payments::RefundOutcome::refunded;
    const auto before = account.refunds.find(order.key);
    if (before == account.refunds.end()) {
        if (account.kept_minor() < order.amount.minor) outcome = payments::RefundOutcome::refused;
        else account.refunds[order.key] = order.amount.minor;
    }
    if (before == account.refunds.end() && outcome == payments::RefundOutcome::refunded) {
        account.returned_minor += order.amount.minor;
    }
    co_await travel("hears of the bank how the refund went");
    co_return outcome;
}

}  // namespace caddy::simulation
