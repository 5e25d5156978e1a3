#pragma once
// Payment outside the shop, such as a bank transfer: the shopper gets instructions, staff mark the payment paid.
#include "shop/payments/payments.hpp"

namespace caddy::payments {

struct ManualConfig {
    std::string instructions = "Transfer the amount to our account and give the order number as the reference.";
    int window_hours = 72;   // 1..720: how long stock waits for the money
};

class ManualProvider final : public Provider {
public:
    explicit ManualProvider(const ManualConfig& config) : config_(config) {}

    std::string_view name() const override { return "manual"; }
    NextStep next_step() const override { return NextStep::instructions; }
    std::optional<std::chrono::minutes> window() const override { return std::chrono::hours(config_.window_hours); }
    Task<Begun> begin(const Context&, const Intent&) override;
    /// Nobody sends webhooks for it. Refuses: payments.bad_signature
    Result<ProviderEvent> verify(const Context&, const Message&) const override;
    /// Always pending: people pay back, and staff say so.
    Task<RefundOutcome> refund(const Context&, const Payment&, const RefundOrder&) override;

private:
    ManualConfig config_;
};

}  // namespace caddy::payments
