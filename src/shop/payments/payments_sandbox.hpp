#pragma once
// A payment provider to try the shop with: it stands on the provider's side of the line, keeps its own books and talks
// to the shop by signed webhooks over HTTP alone, late, twice or out of order as it is told.
#include "platform/net/http_client.hpp"
#include "shop/payments/payments.hpp"

#include <chrono>

namespace caddy::payments {

struct SandboxConfig {
    bool enabled = false;                      // off: no routes, and checkout knows no such provider
    std::string secret;                        // no default: drawn for each data directory, or given
    std::string merchant = "caddy-shopping";   // whom the messages are for
    std::string webhook_url;                   // http://127.0.0.1:<port>/api/v1/hooks/payments/sandbox
    int freshness_s = 300;                     // 1..3600: older messages are refused
};

BOOST_DEFINE_ENUM_CLASS(SandboxStatus, open, approved, declined)
enum class SandboxDecision { approve, decline };

/// How the sandbox tells of its decision.
struct SandboxDelivery {
    int delay_ms = 0;   // 0..sandbox_delay_ms_max
    int copies = 1;     // 1..sandbox_copies_max
};
constexpr int sandbox_delay_ms_max = 600'000;
constexpr int sandbox_copies_max = 10;

/// A payment in the sandbox's books; the described members are what its routes show.
struct SandboxPayment {
    PaymentId payment_id;
    std::string reference;
    SandboxStatus status{};
    std::string order_number;
    Money amount;
    std::optional<Time> decided_at;
    std::int64_t refunded_minor = 0;
};
BOOST_DESCRIBE_STRUCT(SandboxPayment, (), (payment_id, reference, status, order_number, amount, decided_at))

/// `t=<unix seconds>,v1=<HMAC-SHA-256 over "t.body">`.
std::string sandbox_signature(std::string_view secret, std::int64_t unix_seconds, std::string_view body);
/// Refuses: payments.bad_signature, payments.stale_event
Result<void> check_sandbox_signature(std::string_view header, std::string_view body, std::string_view secret, Time now,
                                     std::chrono::seconds freshness);

class SandboxProvider final : public Provider {
public:
    /// REQUIRES: a secret in the config, where it is enabled.
    SandboxProvider(db::Database& database, net::HttpClient& http, const SandboxConfig& config);

    std::string_view name() const override { return "sandbox"; }
    NextStep next_step() const override { return NextStep::redirect; }
    bool takes_money() const override { return false; }
    Task<Begun> begin(const Context&, const Intent&) override;
    Result<ProviderEvent> verify(const Context&, const Message&) const override;
    Task<RefundOutcome> refund(const Context&, const Payment&, const RefundOrder&) override;

    /// The provider's own page decides. Whoever knows the payment's id may, as at a real provider's page.
    ///
    /// Refuses: sandbox.not_found, sandbox.already_decided
    /// Effect:  the same decision again sends the same event again
    /// Emits:   sandbox.webhook_due, once for each copy
    Task<Result<SandboxPayment>> decide(const Context&, PaymentId, SandboxDecision, const SandboxDelivery&);

    /// Refuses: sandbox.not_found
    Task<Result<SandboxPayment>> show(const Context&, PaymentId);

    /// The body of the webhook that tells of a decision. REQUIRES: the payment is decided.
    std::string message(const SandboxPayment&) const;
    /// Signs the message and posts it to the shop. Throws Unavailable unless the shop took it.
    Task<> deliver(const Context&, PaymentId);

private:
    db::Database& db_;
    net::HttpClient& http_;
    SandboxConfig config_;
};

}  // namespace caddy::payments
