// What the back office sees of deliveries, and what it sends again.
#include "core/checks.hpp"
#include "platform/idempotency/idempotency.hpp"
#include "shop/audit/audit.hpp"
#include "shop/webhooks/webhooks_parts.hpp"

#include <limits>

namespace caddy::webhooks {
namespace {

namespace refuse_delivery {

Error not_found() {
    return {ErrorKind::not_found, "webhooks.delivery_not_found",
            "There is no such delivery; it may have been swept away with age."};
}
Error not_active() {
    return {ErrorKind::conflict, "webhooks.not_active", "This webhook is paused or broken. Set it active first."};
}
Error cursor_mismatch() {
    return {ErrorKind::malformed, "request.cursor_mismatch",
            "This cursor was not made for this list. Start again without a cursor."};
}

}   // namespace refuse_delivery

void fill(Delivery& shown, const store::DeliveryRecord& row) {
    shown.id = row.id;
    shown.webhook_id = row.endpoint_id;
    shown.event_id = row.event_id;
    shown.type = row.type;
    shown.aggregate = row.aggregate;
    shown.sequence = row.sequence;
    shown.status = row.status;
    shown.attempts = row.attempts;
    shown.response_status = row.response_status;
    shown.duration_ms = row.duration_ms;
    shown.error = row.last_error;
    shown.created_at = row.created_at;
    shown.sent_at = row.sent_at;
    if (row.status == DeliveryStatus::waiting) shown.next_attempt_at = row.try_at;
    shown.finished_at = row.finished_at;
}

DeliveryDetail detail_of(const store::DeliveryRecord& row) {
    DeliveryDetail shown;
    fill(shown, row);
    shown.request_headers = headers_of(row);
    shown.request_body = row.body;
    shown.response_excerpt = row.response_excerpt;
    return shown;
}

struct Ping {
    EndpointId webhook_id;
};
BOOST_DESCRIBE_STRUCT(Ping, (), (webhook_id))

store::DeliveryRecord ping_for(EndpointId endpoint, Time now) {
    const jobs::Event event{jobs::EventId::next(), "ping", endpoint.text(), 0, json::to_json(Ping{endpoint}), now, 0};
    store::DeliveryRecord row;
    row.id = DeliveryId::next();
    row.endpoint_id = endpoint;
    row.event_id = event.id;
    row.type = event.type;
    row.aggregate = event.aggregate;
    row.body = body_of(event);
    row.try_at = row.created_at = now;
    return row;
}

}   // namespace

Task<Result<DeliveryDetail>> WebhookService::test(const Context& ctx, EndpointId id) {
    co_return co_await db_.transact(ctx, "webhooks.test", [&](db::Transaction& tx) -> Task<Result<DeliveryDetail>> {
        auto row = ping_for(id, ctx.now());
        row.trace = trace_of(ctx);
        const auto made = row.id.text();
        CADDY_CO_TRY(co_await idempotency::record(tx, ctx, made));
        const auto endpoint = co_await store::lock(tx, id);
        if (!endpoint) co_return refuse::not_found();
        if (endpoint->status != EndpointStatus::active) co_return refuse_delivery::not_active();
        (void)co_await store::insert_delivery(tx, row);
        const auto subject = id.text();
        const audit::Act act{"webhooks.endpoint.test", subject};
        co_await audit::record(tx, ctx, act);
        co_return detail_of(row);
    });
}

Task<Result<Page<Delivery>>> WebhookService::deliveries(const Context& ctx, EndpointId id,
                                                        std::optional<DeliveryStatus> status,
                                                        const PageRequest& request) {
    DeliveryId before{std::numeric_limits<std::int64_t>::max()};
    if (request.cursor) {
        const auto last = DeliveryId::parse(*request.cursor);
        if (!last) co_return refuse_delivery::cursor_mismatch();
        before = *last;
    }
    auto session = co_await db_.read(ctx);
    const auto endpoint = co_await store::find(session, id);
    if (!endpoint) co_return refuse::not_found();
    const auto rows = co_await store::page(session, id, status, before, request.limit + 1);
    Page<Delivery> page;
    page.limit = request.limit;
    for (const auto& row : rows) {
        if (page.data.size() == static_cast<std::size_t>(request.limit)) {
            page.next = page.data.back().id.text();
            break;
        }
        fill(page.data.emplace_back(), row);
    }
    co_return page;
}

Task<Result<DeliveryDetail>> WebhookService::delivery(const Context& ctx, DeliveryId id) {
    auto session = co_await db_.read(ctx);
    const auto row = co_await store::find_delivery(session, id);
    if (!row) co_return refuse_delivery::not_found();
    co_return detail_of(*row);
}

Task<Result<std::vector<DeliveryId>>> WebhookService::wanted(db::Transaction& tx, EndpointId id,
                                                             const ReplayWish& wish) {
    if (wish.delivery_id) {
        const auto row = co_await store::find_delivery(tx, *wish.delivery_id);
        if (!row || row->endpoint_id != id) co_return refuse_delivery::not_found();
        co_return std::vector<DeliveryId>{row->id};
    }
    if (wish.event_id) {
        auto found = co_await store::of_event(tx, id, *wish.event_id);
        if (found.empty()) co_return refuse_delivery::not_found();
        co_return found;
    }
    auto found = co_await store::of_time(tx, id, *wish.from, *wish.to, replay_max);
    co_return found;
}

Task<Result<Replayed>> WebhookService::replay(const Context& ctx, EndpointId id, const ReplayWish& wish) {
    const bool one_time = wish.from && wish.to && *wish.from < *wish.to;
    const bool any_time = wish.from || wish.to;
    const int ways = (wish.delivery_id ? 1 : 0) + (wish.event_id ? 1 : 0) + (any_time ? 1 : 0);
    CADDY_CO_TRY(Checks()
                     .require(ways == 1 && (!any_time || one_time), "", "not_one_choice",
                              "Send delivery_id, or event_id, or from and a later to.")
                     .result());
    co_return co_await db_.transact(ctx, "webhooks.replay", [&](db::Transaction& tx) -> Task<Result<Replayed>> {
        const auto endpoint = co_await store::lock(tx, id);
        if (!endpoint) co_return refuse::not_found();
        CADDY_CO_TRY(const auto ids, co_await wanted(tx, id, wish));
        // A repeat says again how many there were.
        const auto made = std::to_string(ids.size());
        CADDY_CO_TRY(co_await idempotency::record(tx, ctx, made));
        for (const auto each : ids) co_await store::revive(tx, each, ctx.now());
        const Replayed replayed{static_cast<std::int64_t>(ids.size())};
        const auto subject = id.text();
        const audit::Act act{"webhooks.endpoint.replay", subject, json::Raw{json::to_json(wish)},
                             json::Raw{json::to_json(replayed)}};
        co_await audit::record(tx, ctx, act);
        co_return replayed;
    });
}

Task<Trouble> trouble(db::Session& db, Time now, Time late_since) {
    Trouble found;
    found.broken = co_await store::count_broken(db);
    found.late = co_await store::count_late(db, now, late_since);
    co_return found;
}

}   // namespace caddy::webhooks
