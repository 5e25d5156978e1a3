// What the back office does with endpoints.
#include "core/checks.hpp"
#include "platform/crypto/digest.hpp"
#include "platform/idempotency/idempotency.hpp"
#include "platform/text/text.hpp"
#include "shop/audit/audit.hpp"
#include "shop/webhooks/webhooks_parts.hpp"

#include <algorithm>
#include <utility>

namespace caddy::webhooks {
namespace refuse {

Error not_found() {
    return {ErrorKind::not_found, "webhooks.not_found", "There is no such webhook. List them to see which there are."};
}
Error too_many() {
    return {ErrorKind::conflict, "webhooks.too_many",
            "There are as many webhooks as are allowed. Delete one that nobody needs first."};
}

}   // namespace refuse

namespace {

constexpr std::size_t events_max = 32;
constexpr std::size_t description_length_max = 500;

std::string new_secret() { return "whsec_" + crypto::random_token(32); }

/// The former secret is kept for as long as it signs; without a grace not at all.
void replace_secret(store::EndpointRecord& row, Time now, std::chrono::seconds grace) {
    row.former_secret.reset();
    row.former_until.reset();
    auto former = std::exchange(row.secret, new_secret());
    if (grace.count() == 0) return;
    row.former_secret = std::move(former);
    row.former_until = now + grace;
}

Result<void> check_events(const std::vector<std::string>& events) {
    Checks checks;
    checks.require(!events.empty() && events.size() <= events_max, "/events", "out_of_range",
                   "Send 1 to 32 event types, or [\"*\"].");
    for (std::size_t i = 0; i < events.size(); ++i) {
        checks.require(is_pattern(events[i]), "/events/" + std::to_string(i), "unknown_event",
                       "Send an event type, <feature>.* or *.");
    }
    return checks.result();
}

Result<void> check_description(const std::string& text) {
    const bool fits = text::length(text) <= description_length_max && text::is_multi_line(text);
    return Checks().require(fits, "/description", "not_a_text", "Send at most 500 characters of text.").result();
}

std::string joined(const std::vector<std::string>& events) {
    std::string all;
    for (const auto& event : events) all.append(all.empty() ? "" : " ").append(event);
    return all;
}

EndpointWithSecret secret_of(const store::EndpointRecord& row) {
    EndpointWithSecret shown;
    static_cast<Endpoint&>(shown) = endpoint_of(row);
    shown.secret = row.secret;
    return shown;
}

json::Raw document(const store::EndpointRecord& row) { return {json::to_json(endpoint_of(row))}; }

Result<void> apply(store::EndpointRecord& row, const Change& change, const Config& config) {
    const auto whole = [](const auto& patch) { return !patch.present || patch.value.has_value(); };
    const bool complete = whole(change.url) && whole(change.events) && whole(change.status);
    CADDY_TRY(Checks().require(complete, "", "not_nullable", "Only the description may be null.").result());
    if (change.url.value) {
        CADDY_TRY(check_url(*change.url.value, config));
        row.url = *change.url.value;
    }
    if (change.events.value) {
        CADDY_TRY(check_events(*change.events.value));
        row.events = joined(*change.events.value);
    }
    if (change.description.present) {
        row.description = change.description.value.value_or("");
        CADDY_TRY(check_description(row.description));
    }
    if (change.status.value == WantedStatus::paused) row.status = EndpointStatus::paused;
    if (change.status.value == WantedStatus::active) {
        row.status = EndpointStatus::active;
        row.failures = 0;
        row.failing_since.reset();
        row.open_until = Time{};
    }
    return {};
}

}   // namespace

std::vector<std::string> patterns_of(std::string_view events) {
    std::vector<std::string> patterns;
    for (std::size_t at = 0; at < events.size();) {
        const auto end = std::min(events.find(' ', at), events.size());
        patterns.emplace_back(events.substr(at, end - at));
        at = end + 1;
    }
    return patterns;
}

Endpoint endpoint_of(const store::EndpointRecord& row) {
    Endpoint shown;
    shown.id = row.id;
    shown.url = row.url;
    shown.events = patterns_of(row.events);
    shown.description = row.description;
    shown.status = row.status;
    shown.failures = row.failures;
    shown.failing_since = row.failing_since;
    if (row.open_until != Time{}) shown.paused_until = row.open_until;
    shown.created_at = row.created_at;
    shown.updated_at = row.updated_at;
    shown.version = row.version;
    return shown;
}

Task<Result<EndpointWithSecret>> WebhookService::create(const Context& ctx, const Draft& draft) {
    CADDY_CO_TRY(check_url(draft.url, config_));
    CADDY_CO_TRY(check_events(draft.events));
    CADDY_CO_TRY(check_description(draft.description.value_or("")));
    co_return co_await db_.transact(
        ctx, "webhooks.create", [&](db::Transaction& tx) -> Task<Result<EndpointWithSecret>> {
            store::EndpointRecord row;
            row.id = EndpointId::next();
            const auto made = row.id.text();
            CADDY_CO_TRY(co_await idempotency::record(tx, ctx, made));
            const auto others = co_await store::all(tx, config_.endpoints_max);
            if (others.size() >= static_cast<std::size_t>(config_.endpoints_max)) co_return refuse::too_many();
            row.url = draft.url;
            row.events = joined(draft.events);
            row.description = draft.description.value_or("");
            row.status = EndpointStatus::active;
            row.secret = new_secret();
            row.created_at = row.updated_at = ctx.now();
            row.version = 1;
            co_await store::insert(tx, row);
            const audit::Act act{"webhooks.endpoint.create", made, std::nullopt, document(row)};
            co_await audit::record(tx, ctx, act);
            co_return secret_of(row);
        });
}

Task<Result<EndpointWithSecret>> WebhookService::with_secret(const Context& ctx, EndpointId id) {
    auto session = co_await db_.read(ctx);
    const auto row = co_await store::find(session, id);
    if (!row) co_return refuse::not_found();
    co_return secret_of(*row);
}

Task<std::vector<Endpoint>> WebhookService::list(const Context& ctx) {
    auto session = co_await db_.read(ctx);
    const auto rows = co_await store::all(session, config_.endpoints_max);
    std::vector<Endpoint> shown;
    shown.reserve(rows.size());
    for (const auto& row : rows) shown.push_back(endpoint_of(row));
    co_return shown;
}

Task<Result<Endpoint>> WebhookService::show(const Context& ctx, EndpointId id) {
    auto session = co_await db_.read(ctx);
    const auto row = co_await store::find(session, id);
    if (!row) co_return refuse::not_found();
    co_return endpoint_of(*row);
}

Task<Result<Endpoint>> WebhookService::change(const Context& ctx, EndpointId id, const http::ExpectedVersion& expected,
                                              const Change& change) {
    co_return co_await db_.transact(ctx, "webhooks.change", [&](db::Transaction& tx) -> Task<Result<Endpoint>> {
        auto row = co_await store::lock(tx, id);
        if (!row) co_return refuse::not_found();
        CADDY_CO_TRY(expected.check(row->version));
        const auto before = document(*row);
        CADDY_CO_TRY(apply(*row, change, config_));
        ++row->version;
        row->updated_at = ctx.now();
        co_await store::update(tx, *row);
        const auto subject = id.text();
        const audit::Act act{"webhooks.endpoint.update", subject, before, document(*row)};
        co_await audit::record(tx, ctx, act);
        co_return endpoint_of(*row);
    });
}

Task<Result<void>> WebhookService::remove(const Context& ctx, EndpointId id, const http::ExpectedVersion& expected) {
    co_return co_await db_.transact(ctx, "webhooks.remove", [&](db::Transaction& tx) -> Task<Result<void>> {
        const auto row = co_await store::lock(tx, id);
        if (!row) co_return refuse::not_found();
        CADDY_CO_TRY(expected.check(row->version));
        co_await store::erase(tx, id);
        const auto subject = id.text();
        const audit::Act act{"webhooks.endpoint.delete", subject, document(*row), std::nullopt};
        co_await audit::record(tx, ctx, act);
        co_return Result<void>{};
    });
}

Task<Result<EndpointWithSecret>> WebhookService::rotate_secret(const Context& ctx, EndpointId id) {
    co_return co_await db_.transact(
        ctx, "webhooks.rotate_secret", [&](db::Transaction& tx) -> Task<Result<EndpointWithSecret>> {
            const auto subject = id.text();
            CADDY_CO_TRY(co_await idempotency::record(tx, ctx, subject));
            auto row = co_await store::lock(tx, id);
            if (!row) co_return refuse::not_found();
            const auto before = document(*row);
            replace_secret(*row, ctx.now(), std::chrono::seconds(config_.secret_grace_s));
            ++row->version;
            row->updated_at = ctx.now();
            co_await store::update(tx, *row);
            const audit::Act act{"webhooks.endpoint.rotate_secret", subject, before, document(*row)};
            co_await audit::record(tx, ctx, act);
            co_return secret_of(*row);
        });
}

}   // namespace caddy::webhooks
