#include "shop/payments/payments_sandbox.hpp"

#include "core/assert.hpp"
#include "platform/crypto/digest.hpp"
#include "platform/json/decode.hpp"
#include "shop/payments/payments_store.hpp"

#include <charconv>
#include <cstdlib>

namespace caddy::payments {
namespace refuse {

Error bad_signature() {
    return {ErrorKind::unauthenticated, "payments.bad_signature",
            "The signature does not prove that the payment provider sent this. Check the shared secret."};
}

Error stale_event() {
    return {ErrorKind::unauthenticated, "payments.stale_event",
            "The message was signed too long ago, or in the future. Check the clocks and send it again, newly signed."};
}

Error malformed_event(std::string detail) {
    return {ErrorKind::malformed, "payments.malformed_event", std::move(detail)};
}

Error wrong_merchant() {
    return {ErrorKind::forbidden, "payments.wrong_merchant", "The message is for another merchant."};
}

Error sandbox_not_found() {
    return {ErrorKind::not_found, "sandbox.not_found", "The sandbox has no such payment."};
}

Error already_decided(SandboxStatus status) {
    return {ErrorKind::conflict, "sandbox.already_decided",
            std::string("The payment is already ") + boost::describe::enum_to_string(status, "?") +
                "; a decision is final. Start a new payment for the order."};
}

}  // namespace refuse

namespace {

constexpr std::string_view declined_code = "card_declined";

struct Redirect {
    std::string type = "redirect";
    std::string url;
    std::string approve_url;
    std::string decline_url;
};
BOOST_DESCRIBE_STRUCT(Redirect, (), (type, url, approve_url, decline_url))

/// The webhook's body.
struct WireEvent {
    std::string id;
    EventKind kind{};
    std::string merchant;
    PaymentId payment_id;
    std::string reference;
    std::int64_t amount_minor = 0;
    Currency currency;
    std::optional<std::string> failure_code;
    Time occurred_at{};
};
BOOST_DESCRIBE_STRUCT(WireEvent, (), (id, kind, merchant, payment_id, reference, amount_minor, currency, failure_code,
                                      occurred_at))

struct WebhookDue {
    PaymentId payment_id;
};
BOOST_DESCRIBE_STRUCT(WebhookDue, (), (payment_id))

struct SignatureParts {
    std::int64_t unix_seconds = 0;
    std::string_view digest;
};

std::optional<SignatureParts> parse_signature(std::string_view header) {
    const auto comma = header.find(',');
    if (comma == std::string_view::npos) return std::nullopt;
    const auto time = header.substr(0, comma);
    const auto digest = header.substr(comma + 1);
    if (!time.starts_with("t=") || !digest.starts_with("v1=")) return std::nullopt;
    SignatureParts parts;
    parts.digest = digest.substr(3);
    const auto* end = time.data() + time.size();
    const auto read = std::from_chars(time.data() + 2, end, parts.unix_seconds);
    // Times that no clock shows would overflow further on.
    constexpr std::int64_t seconds_max = 100'000'000'000;
    if (read.ec != std::errc() || read.ptr != end || parts.unix_seconds < 0 || parts.unix_seconds > seconds_max) {
        return std::nullopt;
    }
    return parts;
}

std::string digest_of(std::string_view secret, std::int64_t unix_seconds, std::string_view body) {
    return crypto::hmac_sha256_hex(secret, std::to_string(unix_seconds) + "." + std::string(body));
}

std::int64_t unix_seconds_of(Time time) {
    return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

}  // namespace

std::string sandbox_signature(std::string_view secret, std::int64_t unix_seconds, std::string_view body) {
    return "t=" + std::to_string(unix_seconds) + ",v1=" + digest_of(secret, unix_seconds, body);
}

Result<void> check_sandbox_signature(std::string_view header, std::string_view body, std::string_view secret, Time now,
                                     std::chrono::seconds freshness) {
    const auto parts = parse_signature(header);
    if (!parts) return refuse::bad_signature();
    // Who signed comes before when: a stranger learns nothing about our clock.
    const auto expected = digest_of(secret, parts->unix_seconds, body);
    if (!crypto::equal_in_constant_time(parts->digest, expected)) return refuse::bad_signature();
    if (std::abs(unix_seconds_of(now) - parts->unix_seconds) > freshness.count()) return refuse::stale_event();
    return {};
}

SandboxProvider::SandboxProvider(db::Database& database, net::HttpClient& http, const SandboxConfig& config)
    : db_(database), http_(http), config_(config) {
    CADDY_ASSERT(!config_.enabled || !config_.secret.empty());
}

Task<Begun> SandboxProvider::begin(const Context& ctx, const Intent& intent) {
    const auto id = intent.payment.text();
    SandboxPayment payment;
    payment.payment_id = intent.payment;
    payment.reference = "sbx_" + id;
    payment.status = SandboxStatus::open;
    payment.order_number = intent.order_number;
    payment.amount = intent.amount;
    // The payment's id is the idempotency key: begun before, and the same reference is answered again.
    const auto written = co_await db_.transact(ctx, "sandbox.begin", [&](db::Transaction& tx) -> Task<Result<bool>> {
        const bool fresh = co_await store::insert_sandbox(tx, payment, ctx.now());
        co_return fresh;
    });
    CADDY_ASSERT(written.has_value());
    Redirect redirect;
    redirect.url = "/sandbox/pay/" + id;
    redirect.approve_url = "/api/v1/sandbox/payments/" + id + "/approve";
    redirect.decline_url = "/api/v1/sandbox/payments/" + id + "/decline";
    Begun begun{payment.reference, {json::to_json(redirect)}};
    co_return begun;
}

Result<ProviderEvent> SandboxProvider::verify(const Context& ctx, const Message& message) const {
    CADDY_TRY(check_sandbox_signature(message.header("x-sandbox-signature"), message.body, config_.secret, ctx.now(),
                                      std::chrono::seconds(config_.freshness_s)));
    auto wire = json::from_json<WireEvent>(message.body);
    if (!wire) return refuse::malformed_event("The message is signed, but it is not an event: " + wire.error().detail);
    if (wire->merchant != config_.merchant) return refuse::wrong_merchant();
    constexpr std::size_t name_bytes_max = 128;
    if (wire->id.empty() || wire->id.size() > name_bytes_max || wire->reference.size() > name_bytes_max) {
        return refuse::malformed_event("The event's id or reference is empty or longer than 128 bytes.");
    }
    ProviderEvent event;
    event.event_id = std::move(wire->id);
    event.reference = std::move(wire->reference);
    event.payment = wire->payment_id;
    event.kind = wire->kind;
    event.amount = {wire->amount_minor, wire->currency};
    event.failure_code = std::move(wire->failure_code);
    event.occurred_at = wire->occurred_at;
    return event;
}

Task<RefundOutcome> SandboxProvider::refund(const Context& ctx, const Payment& payment, const RefundOrder& order) {
    const auto done = co_await db_.transact(ctx, "sandbox.refund", [&](db::Transaction& tx) -> Task<Result<bool>> {
        // The key is looked at first: what was given back under it is not given back again.
        const auto before = co_await store::sandbox_refund(tx, order.key);
        if (before) co_return *before == order.amount;
        const bool taken = co_await store::take_sandbox_refund(tx, payment.id, order.amount);
        if (taken) co_await store::insert_sandbox_refund(tx, order.key, payment.id, order.amount, ctx.now());
        co_return taken;
    });
    co_return done.value() ? RefundOutcome::refunded : RefundOutcome::refused;
}

Task<Result<SandboxPayment>> SandboxProvider::show(const Context& ctx, PaymentId id) {
    auto db = co_await db_.read(ctx);
    auto payment = co_await store::load_sandbox(db, id);
    if (!payment) co_return refuse::sandbox_not_found();
    co_return std::move(*payment);
}

Task<Result<SandboxPayment>> SandboxProvider::decide(const Context& ctx, PaymentId id, SandboxDecision decision,
                                                     const SandboxDelivery& delivery) {
    const auto wanted = decision == SandboxDecision::approve ? SandboxStatus::approved : SandboxStatus::declined;
    co_return co_await db_.transact(ctx, "sandbox.decide", [&](db::Transaction& tx) -> Task<Result<SandboxPayment>> {
        // The guarded UPDATE comes first: of two deciders at once, the second one reads what the first one wrote.
        co_await store::decide_sandbox(tx, id, wanted, ctx.now());
        auto payment = co_await store::load_sandbox(tx, id);
        if (!payment) co_return refuse::sandbox_not_found();
        if (payment->status != wanted) co_return refuse::already_decided(payment->status);
        const auto due = ctx.now() + std::chrono::milliseconds(delivery.delay_ms);
        for (int copy = 0; copy < delivery.copies; ++copy) {
            // Each copy travels on its own, as the messages of a provider do; none waits for another.
            const auto aggregate = jobs::EventId::next().text();
            const auto payload = json::to_json(WebhookDue{id});
            co_await jobs::emit_at(tx, ctx, due, "sandbox.webhook_due", aggregate, payload);
        }
        co_return std::move(*payment);
    });
}

std::string SandboxProvider::message(const SandboxPayment& payment) const {
    CADDY_ASSERT(payment.status != SandboxStatus::open && payment.decided_at.has_value());
    const bool approved = payment.status == SandboxStatus::approved;
    WireEvent wire;
    wire.id = "evt_" + payment.reference;
    wire.kind = approved ? EventKind::succeeded : EventKind::failed;
    wire.merchant = config_.merchant;
    wire.payment_id = payment.payment_id;
    wire.reference = payment.reference;
    wire.amount_minor = payment.amount.minor;
    wire.currency = payment.amount.currency;
    if (!approved) wire.failure_code = std::string(declined_code);
    wire.occurred_at = *payment.decided_at;
    return json::to_json(wire);
}

Task<> SandboxProvider::deliver(const Context& ctx, PaymentId id) {
    const auto payment = co_await show(ctx, id);
    if (!payment) co_return;
    const auto body = message(*payment);
    const auto signature = sandbox_signature(config_.secret, unix_seconds_of(ctx.now()), body);
    net::HttpHeaders headers;
    headers.emplace_back("Content-Type", "application/json");
    headers.emplace_back("X-Sandbox-Signature", signature);
    const auto reply = co_await http_.post(ctx, config_.webhook_url, headers, body);
    constexpr int success_min = 200, success_max = 299;
    if (reply.status < success_min || reply.status > success_max) {
        throw Unavailable("the webhook of " + id.text() + " was answered with " + std::to_string(reply.status));
    }
}

}  // namespace caddy::payments
