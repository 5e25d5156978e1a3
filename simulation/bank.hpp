#pragma once
// A payment provider with books of its own, outside of the shop: it takes money once, gives back once for each key, and
// tells of it by messages that come late, twice or in another order. A crash of the shop is nothing to it.
#include "shop/payments/payments.hpp"
#include "simulation/database.hpp"

#include <map>

namespace caddy::simulation {

using payments::PaymentId;

class Bank {
public:
    struct Account {
        Money amount;
        bool decided = false;
        bool approved = false;
        std::int64_t returned_minor = 0;
        std::map<std::string, std::int64_t> refunds;   // by the shop's key

        std::int64_t kept_minor() const { return approved ? amount.minor - returned_minor : 0; }
    };

    Bank(Scheduler& with, const Faults& of) : scheduler(with), faults(of) {}

    /// Whoever pays decides at the bank's own page, once; false when there is no such payment, or it is decided.
    bool decide(PaymentId, bool approve);
    /// The message that tells of a decision. Some banks send the same event twice, some make a new one of it.
    std::string message(PaymentId, int event) const;

    std::map<PaymentId, Account> accounts;
    Scheduler& scheduler;
    const Faults& faults;
};

/// A pod's way to the bank.
class BankProvider final : public payments::Provider {
public:
    BankProvider(Bank& bank, std::shared_ptr<const Life> life) : bank_(bank), life_(std::move(life)) {}

    std::string_view name() const override { return "bank"; }
    payments::NextStep next_step() const override { return payments::NextStep::redirect; }
    Task<payments::Begun> begin(const Context&, const payments::Intent&) override;
    Result<payments::ProviderEvent> verify(const Context&, const payments::Message&) const override;
    Task<payments::RefundOutcome> refund(const Context&, const payments::Payment&,
                                         const payments::RefundOrder&) override;

private:
    /// One way of a call; throws Unavailable when it is lost, or the pod with it.
    Task<> travel(std::string_view what);

    Bank& bank_;
    std::shared_ptr<const Life> life_;
};

}  // namespace caddy::simulation
