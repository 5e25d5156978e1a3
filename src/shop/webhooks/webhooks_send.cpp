// Events become deliveries, deliveries become calls. Each step is a transaction of its own: after a crash the event or
// the delivery is taken up again, so that nothing is lost and a call may be made twice.
#include "platform/jobs/jitter.hpp"
#include "platform/telemetry/log.hpp"
#include "platform/telemetry/trace.hpp"
#include "platform/text/text.hpp"
#include "shop/audit/audit.hpp"
#include "shop/webhooks/webhooks_parts.hpp"

namespace caddy::webhooks {
namespace {

using std::chrono::steady_clock;

constexpr std::chrono::seconds run_limit{15};
constexpr int calls_per_claim = 20;
constexpr std::chrono::seconds lease_beyond_call{30};
constexpr int swept_at_once = 500;
constexpr int excerpt_bytes_max = 4'096;
constexpr std::size_t error_bytes_max = 200;

struct Payload {
    jobs::EventId id;
    std::string type;
    std::string aggregate;
    std::int64_t sequence = 0;
    Time occurred_at{};
    json::Raw data;
};
BOOST_DESCRIBE_STRUCT(Payload, (), (id, type, aggregate, sequence, occurred_at, data))

std::int64_t unix_seconds(Time time) {
    return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

/// What can be kept of an answer: text, as far as it is UTF-8 without zeros.
std::string printable(std::string body) {
    if (const auto zero = body.find('\0'); zero != std::string::npos) body.resize(zero);
    // The limit may have cut a character in two.
    for (int cut = 0; cut < 4 && !body.empty() && !text::is_utf8(body); ++cut) body.pop_back();
    if (text::is_utf8(body)) return body;
    return "(not a text)";
}

std::string problem_of(const net::HttpAttempt& attempt) {
    if (attempt.status == 0) return attempt.failure.substr(0, error_bytes_max);
    const bool redirect = attempt.status >= 300 && attempt.status < 400;
    return "answered " + std::to_string(attempt.status) + (redirect ? "; redirects are not followed" : "");
}

/// What signs at a time: the secret and, for its grace, the former one.
std::vector<std::string> secrets_at(const store::EndpointRecord& row, Time now) {
    std::vector<std::string> secrets{row.secret};
    if (row.former_secret && row.former_until && now < *row.former_until) secrets.push_back(*row.former_secret);
    return secrets;
}

/// An attempt belongs to the trace of its event, not to that of the job that happens to make it.
Context context_of(const Context& job, const store::DeliveryRecord& delivery) {
    if (!delivery.trace) return job;
    auto ctx = job;
    auto span = trace::begin(trace::Kind::producer, "webhooks.deliver", trace::from_text(*delivery.trace));
    if (span.records()) {
        span.set("messaging.message.id", delivery.event_id.text());
        span.set("caddy.delivery", delivery.id.text());
        span.set("caddy.attempt", delivery.attempts);
    }
    ctx.span = std::make_shared<trace::Span>(std::move(span));
    return ctx;
}

bool succeeded(const net::HttpAttempt& attempt) { return attempt.status >= 200 && attempt.status < 300; }

}   // namespace

std::string body_of(const jobs::Event& event) {
    return json::to_json(Payload{event.id, event.type, event.aggregate, event.sequence, event.occurred_at,
                                 json::Raw{event.payload}});
}

std::map<std::string, std::string> headers_of(const store::DeliveryRecord& row) {
    std::map<std::string, std::string> headers{{"Content-Type", "application/json"},
                                               {"User-Agent", "Caddy-Shopping-Webhooks/1"},
                                               {"X-Caddy-Delivery", row.id.text()},
                                               {"X-Caddy-Event", row.type}};
    if (row.sent_at) headers.emplace("X-Caddy-Timestamp", std::to_string(unix_seconds(*row.sent_at)));
    return headers;
}

std::optional<std::string> trace_of(const Context& ctx) {
    if (!ctx.span) return std::nullopt;
    auto text = trace::to_text(ctx.span->context());
    return text.empty() ? std::nullopt : std::optional(std::move(text));
}

Task<> WebhookService::fan_out(const Context& ctx, const jobs::Event& event) {
    (void)co_await db_.transact(ctx, "webhooks.fan_out", [&](db::Transaction& tx) -> Task<Result<void>> {
        const auto endpoints = co_await store::all(tx, config_.endpoints_max);
        store::DeliveryRecord row;
        row.event_id = event.id;
        row.type = event.type;
        row.aggregate = event.aggregate;
        row.sequence = event.sequence;
        row.body = body_of(event);
        row.try_at = row.created_at = ctx.now();
        row.trace = trace_of(ctx);
        for (const auto& endpoint : endpoints) {
            if (!matches(patterns_of(endpoint.events), event.type)) continue;
            row.id = DeliveryId::next();
            row.endpoint_id = endpoint.id;
            (void)co_await store::insert_delivery(tx, row);
        }
        co_return Result<void>{};
    });
}

Task<> WebhookService::send_due(const Context& ctx) {
    const auto until = steady_clock::now() + run_limit;
    while (steady_clock::now() < until) {
        const bool sent = co_await send_for_one(ctx, until);
        if (!sent) co_return;
    }
}

Task<bool> WebhookService::send_for_one(const Context& ctx, steady_clock::time_point until) {
    {
        auto session = co_await db_.read(ctx);
        const auto candidate = co_await store::claimable(session, ctx.now());
        if (!candidate) co_return false;
    }
    const auto owner = id_text("lane", next_id());
    const auto claimed = co_await db_.transact(
        ctx, "webhooks.claim", [&](db::Transaction& tx) -> Task<Result<std::optional<EndpointId>>> {
            const auto now = ctx.now();
            const auto found = co_await store::claimable(tx, now);
            if (!found) co_return std::optional<EndpointId>{};
            const bool held = co_await store::claim(tx, *found, owner, now, now + lease_beyond_call);
            if (!held) co_return std::optional<EndpointId>{};
            co_return found;
        });
    const auto endpoint = claimed.value();
    if (!endpoint) co_return false;
    for (int i = 0; i < calls_per_claim && steady_clock::now() < until; ++i) {
        const bool sent = co_await send_next(ctx, *endpoint, owner);
        if (!sent) break;
    }
    (void)co_await db_.transact(ctx, "webhooks.release", [&](db::Transaction& tx) -> Task<Result<void>> {
        co_await store::release(tx, *endpoint, owner, ctx.now());
        co_return Result<void>{};
    });
    co_return true;
}

Task<bool> WebhookService::send_next(const Context& ctx, EndpointId id, const std::string& owner) {
    const auto begun = co_await db_.transact(
        ctx, "webhooks.begin", [&](db::Transaction& tx) -> Task<Result<std::optional<store::Attempt>>> {
            const auto now = ctx.now();
            // After a crash in the middle of the call the delivery is tried again when the lease has run out.
            const Time lease = now + std::chrono::milliseconds(config_.time_limit_ms) + lease_beyond_call;
            const bool held = co_await store::renew(tx, id, owner, now, lease);
            if (!held) co_return std::optional<store::Attempt>{};
            auto due = co_await store::next_due(tx, id, now);
            if (!due) co_return std::optional<store::Attempt>{};
            const bool taken = co_await store::begin(tx, *due, now, lease);
            if (!taken) co_return std::optional<store::Attempt>{};
            ++due->attempts;
            due->sent_at = now;
            auto endpoint = co_await store::find(tx, id);
            if (!endpoint) co_return std::optional<store::Attempt>{};
            store::Attempt attempt{std::move(*endpoint), std::move(*due), owner};
            co_return std::optional<store::Attempt>(std::move(attempt));
        });
    if (!begun.value()) co_return false;
    const auto& attempt = *begun.value();
    net::HttpHeaders headers;
    for (const auto& [name, value] : headers_of(attempt.delivery)) headers.emplace_back(name, value);
    const auto signed_at = unix_seconds(*attempt.delivery.sent_at);
    const auto secrets = secrets_at(attempt.endpoint, *attempt.delivery.sent_at);
    headers.emplace_back("X-Caddy-Signature", signatures(secrets, signed_at, attempt.delivery.body));
    const auto reach = config_.allow_private ? net::Reach::anywhere : net::Reach::public_only;
    const net::HttpBounds bounds{reach, config_.time_limit_ms, excerpt_bytes_max};
    const auto call = context_of(ctx, attempt.delivery);
    const auto answer =
        co_await http_.try_post(call, attempt.endpoint.url, std::move(headers), attempt.delivery.body, bounds);
    if (call.span && !succeeded(answer)) call.span->fail("not_delivered");
    co_await settle(call, attempt, answer);
    co_return true;
}

Task<> WebhookService::settle(const Context& ctx, const store::Attempt& attempt, const net::HttpAttempt& answer) {
    (void)co_await db_.transact(ctx, "webhooks.settle", [&](db::Transaction& tx) -> Task<Result<void>> {
        // First the endpoint, then its delivery, as everywhere; gone means that somebody has deleted it meanwhile.
        const auto endpoint = co_await store::lock(tx, attempt.endpoint.id);
        if (!endpoint) co_return Result<void>{};
        if (!succeeded(answer)) {
            const store::Attempt current{*endpoint, attempt.delivery, attempt.owner};
            co_await settle_failure(tx, ctx, current, answer);
            co_return Result<void>{};
        }
        auto row = attempt.delivery;
        row.status = DeliveryStatus::delivered;
        row.finished_at = ctx.now();
        row.response_status = answer.status;
        row.response_excerpt = printable(answer.body);
        row.duration_ms = answer.duration_ms;
        row.last_error.reset();
        (void)co_await store::end_attempt(tx, row);
        if (endpoint->failures > 0) {
            const Breaker closed{};
            co_await store::set_breaker(tx, endpoint->id, closed);
        }
        co_return Result<void>{};
    });
}

Task<> WebhookService::settle_failure(db::Transaction& tx, const Context& ctx, const store::Attempt& attempt,
                                      const net::HttpAttempt& answer) {
    const auto now = ctx.now();
    auto row = attempt.delivery;
    const std::chrono::milliseconds wait = retry_wait(config_, row.attempts);
    const bool last = row.attempts >= config_.attempts_max;
    row.status = last ? DeliveryStatus::failed : DeliveryStatus::waiting;
    row.try_at = now + jobs::jitter_between(wait / 2, wait);
    if (last) row.finished_at = now;
    row.response_status = answer.status == 0 ? std::nullopt : std::optional<std::int64_t>(answer.status);
    row.response_excerpt = answer.status == 0 ? std::nullopt : std::optional(printable(answer.body));
    row.duration_ms = answer.duration_ms;
    row.last_error = problem_of(answer);
    (void)co_await store::end_attempt(tx, row);
    auto endpoint = attempt.endpoint;
    const json::Raw before{json::to_json(endpoint_of(endpoint))};
    // Somebody who made it active again meanwhile has wiped its failures; this one counts like any other.
    const auto breaker = after_failure({endpoint.failures, endpoint.failing_since, endpoint.open_until}, now, config_);
    co_await store::set_breaker(tx, endpoint.id, breaker);
    log::warn("webhooks.failed", {{"webhook", endpoint.id.text()}, {"delivery", row.id.text()},
                                  {"attempt", row.attempts}, {"error", *row.last_error}});
    if (endpoint.status != EndpointStatus::active || !is_hopeless(breaker, now, config_)) co_return;
    endpoint.status = EndpointStatus::broken;
    endpoint.failures = breaker.failures;
    endpoint.failing_since = breaker.failing_since;
    endpoint.open_until = breaker.open_until;
    endpoint.updated_at = now;
    ++endpoint.version;
    co_await store::update(tx, endpoint);
    const auto subject = endpoint.id.text();
    const audit::Act act{"webhooks.endpoint.break", subject, before, json::Raw{json::to_json(endpoint_of(endpoint))}};
    co_await audit::record(tx, ctx, act);
    log::error("webhooks.broken", {{"webhook", subject}, {"error", *row.last_error}});
}

Task<> WebhookService::sweep(const Context& ctx) {
    const Time before = ctx.now() - std::chrono::days(config_.keep_days);
    (void)co_await db_.transact(ctx, "webhooks.sweep", [&](db::Transaction& tx) -> Task<Result<void>> {
        const auto old = co_await store::older(tx, before, swept_at_once);
        for (const auto id : old) co_await store::erase_delivery(tx, id);
        co_await store::forget_secrets(tx, ctx.now());
        co_return Result<void>{};
    });
}

}   // namespace caddy::webhooks
