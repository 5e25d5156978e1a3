#pragma once
// Webhooks: tells other systems, over signed HTTP calls, what happened in the shop. Delivered at least once, in the
// order of each aggregate as far as retries allow. One per process; event loop only.
#include "core/page.hpp"
#include "core/result.hpp"
#include "platform/db/database.hpp"
#include "platform/http/precondition.hpp"
#include "platform/jobs/outbox.hpp"
#include "platform/json/decode.hpp"
#include "platform/net/http_client.hpp"

#include <array>
#include <chrono>
#include <map>

namespace caddy::webhooks {

struct EndpointTag {
    static constexpr std::string_view prefix = "whk";
};
using EndpointId = Id<EndpointTag>;
struct DeliveryTag {
    static constexpr std::string_view prefix = "whd";
};
using DeliveryId = Id<DeliveryTag>;

BOOST_DEFINE_ENUM_CLASS(EndpointStatus, active, paused, broken)
BOOST_DEFINE_ENUM_CLASS(DeliveryStatus, waiting, delivered, failed)

struct Config {
    bool allow_private = false;   // addresses inside the network, and http
    bool allow_http = false;
    int endpoints_max = 50;
    int attempts_max = 12;
    int retry_first_s = 60;      // doubled with each failure, with jitter
    int retry_most_s = 86'400;   // and never longer than this
    int breaker_failures = 5;    // failures in a row that open the breaker
    int breaker_open_s = 60;     // doubled with each failed probe, up to an hour
    int broken_after_hours = 120;
    int time_limit_ms = 10'000;
    int parallel = 2;    // endpoints at a time
    int poll_ms = 500;
    int keep_days = 30;
    int secret_grace_s = 86'400;   // in which a rotated secret signs, too
};

/// Every type of event that leaves the shop. Their data names ids and states, never a person.
constexpr std::array<std::string_view, 17> public_types{
    "orders.pending_payment", "orders.paid", "orders.fulfilling", "orders.shipped", "orders.delivered",
    "orders.completed", "orders.cancelled", "orders.expired", "orders.refunding", "orders.partially_refunded",
    "orders.refunded", "orders.parcel_sent", "payments.event_received", "payments.refund_due", "payments.refunded",
    "catalog.product_changed", "identity.registered"};

/// True when a pattern is `*`, a type or `<feature>.*` of at least one type.
bool is_pattern(std::string_view pattern);
bool matches(const std::vector<std::string>& patterns, std::string_view type);

/// What `X-Caddy-Signature` says: `v1=` and HMAC-SHA-256 over `timestamp.payload`.
std::string signature(std::string_view secret, std::int64_t timestamp, std::string_view payload);

/// The same of every secret that counts, with commas between them: the newest first, which receivers may rely on alone.
std::string signatures(const std::vector<std::string>& secrets, std::int64_t timestamp, std::string_view payload);

/// How long a delivery waits after so many attempts, before jitter.
std::chrono::seconds retry_wait(const Config&, std::int64_t attempts);

/// The circuit breaker of an endpoint. Open until a time; then one call probes: its success closes the breaker, its
/// failure opens it for longer.
struct Breaker {
    std::int64_t failures = 0;   // in a row
    std::optional<Time> failing_since{};
    Time open_until{};
    friend bool operator==(const Breaker&, const Breaker&) = default;
};
Breaker after_failure(const Breaker&, Time now, const Config&);
/// True when it has failed for so long that nobody seems to be there any more.
bool is_hopeless(const Breaker&, Time now, const Config&);

/// Refuses: request.invalid_field (422) for what a delivery may not call: other schemes, credentials, fragments, and
/// addresses in digits that are not public. Names are checked when they are called.
Result<void> check_url(const std::string& url, const Config&);

struct Endpoint {
    EndpointId id;
    std::string url;
    std::vector<std::string> events;
    std::string description;
    EndpointStatus status = EndpointStatus::active;
    std::int64_t failures = 0;
    std::optional<Time> failing_since{};
    std::optional<Time> paused_until{};   // by the breaker
    Time created_at{};
    Time updated_at{};
    std::int64_t version = 0;
};
BOOST_DESCRIBE_STRUCT(Endpoint, (), (id, url, events, description, status, failures, failing_since, paused_until,
                                     created_at, updated_at, version))

/// The only answer that shows the secret.
struct EndpointWithSecret : Endpoint {
    std::string secret;
};
BOOST_DESCRIBE_STRUCT(EndpointWithSecret, (Endpoint), (secret))

struct Draft {
    std::string url;
    std::vector<std::string> events;
    std::optional<std::string> description{};
};
BOOST_DESCRIBE_STRUCT(Draft, (), (url, events, description))

/// By hand an endpoint becomes active or paused; `broken` it becomes by itself.
BOOST_DEFINE_ENUM_CLASS(WantedStatus, active, paused)
struct Change {
    json::Patch<std::string> url{};
    json::Patch<std::vector<std::string>> events{};
    json::Patch<std::string> description{};
    json::Patch<WantedStatus> status{};
};
BOOST_DESCRIBE_STRUCT(Change, (), (url, events, description, status))

struct Delivery {
    DeliveryId id;
    EndpointId webhook_id;
    jobs::EventId event_id;
    std::string type;
    std::string aggregate;
    std::int64_t sequence = 0;
    DeliveryStatus status{};
    std::int64_t attempts = 0;
    std::optional<std::int64_t> response_status{};
    std::optional<std::int64_t> duration_ms{};
    std::optional<std::string> error{};
    Time created_at{};
    std::optional<Time> sent_at{};
    std::optional<Time> next_attempt_at{};
    std::optional<Time> finished_at{};
};
BOOST_DESCRIBE_STRUCT(Delivery, (), (id, webhook_id, event_id, type, aggregate, sequence, status, attempts,
                                     response_status, duration_ms, error, created_at, sent_at, next_attempt_at,
                                     finished_at))

struct DeliveryDetail : Delivery {
    std::map<std::string, std::string> request_headers;   // without the signature
    std::string request_body;
    std::optional<std::string> response_excerpt{};
};
BOOST_DESCRIBE_STRUCT(DeliveryDetail, (Delivery), (request_headers, request_body, response_excerpt))

/// What to send again: exactly one delivery, one event, or all of a time.
struct ReplayWish {
    std::optional<DeliveryId> delivery_id{};
    std::optional<jobs::EventId> event_id{};
    std::optional<Time> from{};
    std::optional<Time> to{};
};
BOOST_DESCRIBE_STRUCT(ReplayWish, (), (delivery_id, event_id, from, to))

constexpr int replay_max = 500;   // deliveries of one request
struct Replayed {
    std::int64_t replayed = 0;
};
BOOST_DESCRIBE_STRUCT(Replayed, (), (replayed))

namespace store {
struct Attempt;
}

class WebhookService {
public:
    WebhookService(db::Database& database, net::HttpClient& http, const Config& config)
        : db_(database), http_(http), config_(config) {}

    /// Refuses: request.invalid_field, webhooks.too_many (409)
    /// Effect: audited
    Task<Result<EndpointWithSecret>> create(const Context&, const Draft&);
    /// What create or rotate_secret made, for a repeat after a crash. Refuses: webhooks.not_found
    Task<Result<EndpointWithSecret>> with_secret(const Context&, EndpointId);
    Task<std::vector<Endpoint>> list(const Context&);
    /// Refuses: webhooks.not_found
    Task<Result<Endpoint>> show(const Context&, EndpointId);
    /// Effect: audited; an endpoint that becomes active starts without its failures
    /// Refuses: webhooks.not_found, request.version_mismatch, request.invalid_field
    Task<Result<Endpoint>> change(const Context&, EndpointId, const http::ExpectedVersion&, const Change&);
    /// Its deliveries are no longer shown nor sent, and swept away in time. Effect: audited
    /// Refuses: webhooks.not_found, request.version_mismatch
    Task<Result<void>> remove(const Context&, EndpointId, const http::ExpectedVersion&);
    /// Draws a new secret; the former one signs beside it for `secret_grace_s`, and one before that no longer.
    ///
    /// Effect: audited
    /// Refuses: webhooks.not_found
    Task<Result<EndpointWithSecret>> rotate_secret(const Context&, EndpointId);

    /// Sends a `ping` like any other event. Effect: audited. Refuses: webhooks.not_found, webhooks.not_active (409)
    Task<Result<DeliveryDetail>> test(const Context&, EndpointId);
    /// The latest first. Refuses: webhooks.not_found, request.cursor_mismatch
    Task<Result<Page<Delivery>>> deliveries(const Context&, EndpointId, std::optional<DeliveryStatus>,
                                            const PageRequest&);
    /// Refuses: webhooks.delivery_not_found
    Task<Result<DeliveryDetail>> delivery(const Context&, DeliveryId);
    /// Deliveries wait again with all their attempts, under their old ids. At most `replay_max`, the oldest first.
    /// Effect: audited. Refuses: webhooks.not_found, webhooks.delivery_not_found, request.invalid_field
    Task<Result<Replayed>> replay(const Context&, EndpointId, const ReplayWish&);

    /// Writes one delivery per endpoint that wants the event; a second call finds them there.
    Task<> fan_out(const Context&, const jobs::Event&);
    /// Sends what is due, one endpoint after the other, each held by a lease; returns after some seconds at most.
    Task<> send_due(const Context&);
    /// Deletes a bounded part of the deliveries that are older than they are kept, and the former secrets whose grace
    /// is over.
    Task<> sweep(const Context&);

    const Config& config() const { return config_; }

private:
    Task<Result<std::vector<DeliveryId>>> wanted(db::Transaction&, EndpointId, const ReplayWish&);
    Task<bool> send_for_one(const Context&, std::chrono::steady_clock::time_point until);
    Task<bool> send_next(const Context&, EndpointId, const std::string& owner);
    Task<> settle(const Context&, const store::Attempt&, const net::HttpAttempt&);
    Task<> settle_failure(db::Transaction&, const Context&, const store::Attempt&, const net::HttpAttempt&);

    db::Database& db_;
    net::HttpClient& http_;
    Config config_;
};

/// What an operator should hear of: webhooks that are called no more, and deliveries of the others, due since before
/// `late_since`.
struct Trouble {
    std::int64_t broken = 0;
    std::int64_t late = 0;
};
Task<Trouble> trouble(db::Session&, Time now, Time late_since);

}   // namespace caddy::webhooks
