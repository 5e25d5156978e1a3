// What the back office does with zones.
#include "platform/idempotency/idempotency.hpp"
#include "shop/audit/audit.hpp"
#include "shop/shipping/shipping_parts.hpp"
#include "shop/shipping/shipping_store.hpp"

#include <algorithm>
#include <array>

namespace caddy::shipping {
namespace refuse {

Error zone_not_found() {
    return {ErrorKind::not_found, "shipping.zone_not_found",
            "There is no such zone. List them to see which there are."};
}
Error cursor_mismatch() {
    return {ErrorKind::malformed, "request.cursor_mismatch",
            "This cursor was not made for this list. Start again without a cursor."};
}

namespace {
Error destination_taken(const std::string& pointer, const std::string& zone) {
    return {ErrorKind::conflict,
            "shipping.destination_taken",
            "A destination is in one zone at most, and this one is in \"" + zone + "\"; take it out there first.",
            {{pointer, "taken", "Take it out of the other zone, or leave it out here."}}};
}
Error zone_in_use() {
    return {ErrorKind::conflict, "shipping.zone_in_use",
            "The zone has methods. Delete them, or move them to another zone, first."};
}
}  // namespace

}  // namespace refuse

namespace {

constexpr std::string_view zone_list = "shipping.zones:";

/// REQUIRES: the rows are those of one zone, in the order of countries.
std::vector<Area> areas_of(std::span<const store::DestinationRow> rows) {
    std::vector<Area> areas;
    for (const auto& row : rows) {
        const bool whole = row.province_key.empty();
        const bool goes_on = !areas.empty() && areas.back().country == row.country && !areas.back().provinces.empty();
        if (whole || !goes_on) areas.push_back({row.country, {}});
        if (!whole) areas.back().provinces.push_back(row.province);
    }
    return areas;
}

Zone zone_of(const store::ZoneRow& row) {
    Zone zone;
    zone.id = row.id;
    zone.name = row.name;
    zone.created_at = row.created_at;
    zone.updated_at = row.updated_at;
    zone.version = row.version;
    return zone;
}

Task<std::vector<Zone>> complete(db::Session& db, const std::vector<store::ZoneRow>& rows) {
    std::vector<ZoneId> ids;
    for (const auto& row : rows) ids.push_back(row.id);
    auto destinations = co_await store::destinations(db, ids);
    std::ranges::stable_sort(destinations, {}, &store::DestinationRow::zone_id);
    std::vector<Zone> zones;
    for (const auto& row : rows) {
        zones.push_back(zone_of(row));
        const auto own = std::ranges::equal_range(destinations, row.id, {}, &store::DestinationRow::zone_id);
        zones.back().destinations = areas_of({own.begin(), own.end()});
    }
    co_return zones;
}

Task<Zone> complete(db::Session& db, const store::ZoneRow& row) {
    std::vector<store::ZoneRow> rows{row};
    auto zones = co_await complete(db, rows);
    co_return std::move(zones.front());
}

Task<Result<void>> put_destinations(db::Transaction& tx, ZoneId zone, const std::vector<rules::Entry>& entries) {
    for (const auto& entry : entries) {
        const bool first = co_await store::insert_destination(tx, zone, entry);
        if (first) continue;
        const auto other = co_await store::holder(tx, entry.place);
        co_return refuse::destination_taken(entry.pointer, other ? other->name : "?");
    }
    co_return Result<void>{};
}

}  // namespace

Task<Result<Page<Zone>>> ShippingService::zones(const Context& ctx, const PageRequest& request) {
    ZoneId after{};
    if (request.cursor) {
        CADDY_CO_TRY(after, read_cursor<ZoneId>(zone_list, *request.cursor));
    }
    auto db = co_await db_.read(ctx);
    auto rows = co_await store::zones(db, after, request.limit + 1);
    Page<Zone> page;
    page.limit = request.limit;
    if (rows.size() > static_cast<std::size_t>(request.limit)) {
        rows.pop_back();
        page.next = cursor_after(zone_list, rows.back().id);
    }
    page.data = co_await complete(db, rows);
    co_return page;
}

Task<Result<Zone>> ShippingService::zone(const Context& ctx, ZoneId id) {
    auto db = co_await db_.read(ctx);
    const auto row = co_await store::zone(db, id);
    if (!row) co_return refuse::zone_not_found();
    co_return co_await complete(db, *row);
}

Task<Result<Zone>> ShippingService::create_zone(const Context& ctx, const ZoneDraft& draft) {
    store::ZoneRow row;
    CADDY_CO_TRY(row.name, rules::accepted_name(draft.name));
    CADDY_CO_TRY(const auto entries, rules::entries_of(draft.destinations));
    co_return co_await db_.transact(ctx, "shipping.create_zone", [&](db::Transaction& tx) -> Task<Result<Zone>> {
        row.id = ZoneId::next();
        row.created_at = row.updated_at = ctx.now();
        const auto subject = row.id.text();
        CADDY_CO_TRY(co_await idempotency::record(tx, ctx, subject));
        co_await store::insert_zone(tx, row);
        CADDY_CO_TRY(co_await put_destinations(tx, row.id, entries));
        auto made = co_await complete(tx, row);
        const audit::Act act{"shipping.zone.create", subject, std::nullopt, json::Raw{json::to_json(made)}};
        co_await audit::record(tx, ctx, act);
        co_return made;
    });
}

Task<Result<Zone>> ShippingService::change_zone(const Context& ctx, ZoneId id, const http::ExpectedVersion& expected,
                                                const ZoneChange& change) {
    std::optional<std::vector<rules::Entry>> entries;
    if (change.destinations) {
        CADDY_CO_TRY(entries, rules::entries_of(*change.destinations));
    }
    co_return co_await db_.transact(ctx, "shipping.change_zone", [&](db::Transaction& tx) -> Task<Result<Zone>> {
        auto row = co_await store::lock_zone(tx, id);
        if (!row) co_return refuse::zone_not_found();
        CADDY_CO_TRY(expected.check(row->version));
        const auto before = co_await complete(tx, *row);
        if (change.name) {
            CADDY_CO_TRY(row->name, rules::accepted_name(*change.name));
        }
        ++row->version;
        row->updated_at = ctx.now();
        co_await store::update_zone(tx, *row);
        if (entries) {
            co_await store::erase_destinations(tx, id);
            CADDY_CO_TRY(co_await put_destinations(tx, id, *entries));
        }
        auto after = co_await complete(tx, *row);
        const auto subject = id.text();
        const audit::Act act{"shipping.zone.update", subject, json::Raw{json::to_json(before)},
                             json::Raw{json::to_json(after)}};
        co_await audit::record(tx, ctx, act);
        co_return after;
    });
}

Task<Result<void>> ShippingService::remove_zone(const Context& ctx, ZoneId id, const http::ExpectedVersion& expected) {
    co_return co_await db_.transact(ctx, "shipping.remove_zone", [&](db::Transaction& tx) -> Task<Result<void>> {
        const auto row = co_await store::lock_zone(tx, id);
        if (!row) co_return refuse::zone_not_found();
        CADDY_CO_TRY(expected.check(row->version));
        const auto methods = co_await store::methods_in(tx, id);
        if (methods > 0) co_return refuse::zone_in_use();
        const auto before = co_await complete(tx, *row);
        co_await store::erase_destinations(tx, id);
        co_await store::erase_zone(tx, id);
        const auto subject = id.text();
        const audit::Act act{"shipping.zone.delete", subject, json::Raw{json::to_json(before)}, std::nullopt};
        co_await audit::record(tx, ctx, act);
        co_return Result<void>{};
    });
}

}  // namespace caddy::shipping
