// What staff see of the stock and do to it by hand.
#include "core/assert.hpp"
#include "platform/crypto/digest.hpp"
#include "platform/idempotency/idempotency.hpp"
#include "platform/json/more.hpp"
#include "shop/audit/audit.hpp"
#include "shop/inventory/inventory_ledger.hpp"

#include <algorithm>
#include <array>
#include <limits>

namespace caddy::inventory {
namespace {

namespace refuse {

struct OnHand {
    std::int64_t on_hand = 0;
};
BOOST_DESCRIBE_STRUCT(OnHand, (), (on_hand))

Error not_found() {
    return {ErrorKind::not_found, "inventory.not_found", "The catalogue has no such variant."};
}

Error changed(std::int64_t on_hand) {
    Error error{ErrorKind::conflict, "inventory.changed",
                "The shelf is not as it was seen; on_hand says how it is now. Count again and send that."};
    error.more = json::more(OnHand{on_hand});
    return error;
}

Error cursor_mismatch() {
    return {ErrorKind::malformed, "request.cursor_mismatch",
            "This cursor was not made for this list. Start again without a cursor."};
}

}  // namespace refuse

// Names of other features' ids: the ledger keeps only their numbers.
struct OrderTag { static constexpr std::string_view prefix = "ord"; };
struct SaleTag { static constexpr std::string_view prefix = "fsl"; };
struct UserTag { static constexpr std::string_view prefix = "cus"; };

constexpr std::size_t cursor_digits = 12;

/// Opaque, and of use in the same list alone.
template <class IdType>
std::string cursor_after(std::string_view list, IdType last) {
    return last.text() + crypto::sha256_hex(std::string(list) + last.text()).substr(0, cursor_digits);
}
template <class IdType>
Result<IdType> read_cursor(std::string_view list, const std::string& cursor) {
    if (cursor.size() <= cursor_digits) return refuse::cursor_mismatch();
    const auto last = IdType::parse(std::string_view(cursor).substr(0, cursor.size() - cursor_digits));
    if (!last || cursor_after(list, *last) != cursor) return refuse::cursor_mismatch();
    return *last;
}

Level level_of(const catalog::Label& label, const store::Setting& setting, std::int64_t low_stock_at) {
    Level level;
    level.variant_id = label.variant;
    level.product_id = label.product;
    level.sku = label.sku;
    level.title = label.title;
    level.variant_title = label.variant_title;
    level.tracked = label.tracked;
    level.on_hand = setting.on_hand;
    level.reserved = setting.reserved;
    level.available = setting.on_hand - setting.reserved;
    level.low_at = setting.low_at;
    level.low = label.tracked && level.available <= setting.low_at.value_or(low_stock_at);
    level.version = setting.version;
    return level;
}

struct StockChange {
    std::int64_t on_hand = 0;
    std::optional<std::string> reason;
};
BOOST_DESCRIBE_STRUCT(StockChange, (), (on_hand, reason))

struct MarkChange {
    std::optional<std::int64_t> low_at;
};
BOOST_DESCRIBE_STRUCT(MarkChange, (), (low_at))

template <class IdType>
std::optional<std::string> id_text_of(std::optional<std::int64_t> number) {
    if (!number) return std::nullopt;
    return IdType{*number}.text();
}

std::vector<VariantId> variants_of(const std::vector<store::Setting>& settings) {
    std::vector<VariantId> variants;
    for (const auto& setting : settings) variants.push_back(setting.variant_id);
    return variants;
}

}  // namespace

Task<std::vector<Level>> InventoryService::levels_of(db::Session& db, std::span<const VariantId> variants) {
    const auto labels = co_await catalog_.labels(db, variants);
    const auto settings = co_await store::settings_of(db, variants);
    std::vector<Level> levels;
    for (const auto variant : variants) {
        const auto label = std::ranges::find(labels, variant, &catalog::Label::variant);
        if (label == labels.end()) continue;
        const auto setting = std::ranges::find(settings, variant, &store::Setting::variant_id);
        const auto kept = setting == settings.end() ? store::Setting{variant, 0, 0, std::nullopt, 1, {}} : *setting;
        levels.push_back(level_of(*label, kept, config_.low_stock_at));
    }
    co_return levels;
}

Task<Result<Level>> InventoryService::level_in(db::Session& db, VariantId variant) {
    const std::array wanted{variant};
    auto found = co_await levels_of(db, wanted);
    if (found.empty()) co_return refuse::not_found();
    co_return std::move(found.front());
}

Task<Result<Page<Level>>> InventoryService::list(const Context& ctx, const LevelQuery& query,
                                                 const PageRequest& request) {
    const bool low = query.which == LevelQuery::Which::low;
    const auto list = std::string("inventory:") + (low ? "low:" : "all:") + query.sku + ":";
    VariantId after{};
    if (request.cursor) {
        CADDY_CO_TRY(after, read_cursor<VariantId>(list, *request.cursor));
    }
    auto db = co_await db_.read(ctx);
    const int wanted = request.limit + 1;
    std::vector<VariantId> variants;
    if (!query.sku.empty()) {
        variants = co_await catalog_.with_sku(db, query.sku, after, wanted);
    } else if (low) {
        const auto found = co_await store::low_settings_after(db, after, wanted);
        variants = variants_of(found);
    } else {
        const auto found = co_await store::settings_after(db, after, wanted);
        variants = variants_of(found);
    }
    Page<Level> page;
    page.limit = request.limit;
    if (variants.size() > static_cast<std::size_t>(request.limit)) {
        variants.pop_back();
        page.next = cursor_after(list, variants.back());
    }
    page.data = co_await levels_of(db, variants);
    if (low) std::erase_if(page.data, [](const Level& level) { return !level.low; });
    co_return page;
}

Task<Result<Level>> InventoryService::show(const Context& ctx, VariantId variant) {
    auto db = co_await db_.read(ctx);
    co_return co_await level_in(db, variant);
}

Task<Result<Page<LedgerEntry>>> InventoryService::movements(const Context& ctx, VariantId variant,
                                                            const PageRequest& request) {
    const auto list = "movements:" + variant.text() + ":";
    MovementId before{std::numeric_limits<std::int64_t>::max()};
    if (request.cursor) {
        CADDY_CO_TRY(before, read_cursor<MovementId>(list, *request.cursor));
    }
    auto db = co_await db_.read(ctx);
    CADDY_CO_TRY(co_await level_in(db, variant));
    auto rows = co_await store::movements(db, variant, before, request.limit + 1);
    Page<LedgerEntry> page;
    page.limit = request.limit;
    if (rows.size() > static_cast<std::size_t>(request.limit)) {
        rows.pop_back();
        page.next = cursor_after(list, rows.back().id);
    }
    for (auto& row : rows) {
        LedgerEntry entry{row.id, row.kind, row.quantity, std::move(row.reason), id_text_of<Id<UserTag>>(row.actor_id)};
        if (row.holder == Holder::order) entry.order_id = id_text_of<Id<OrderTag>>(row.order_id);
        else entry.flash_sale_id = id_text_of<Id<SaleTag>>(row.order_id);
        entry.created_at = row.created_at;
        page.data.push_back(std::move(entry));
    }
    co_return page;
}

Task<Result<Level>> InventoryService::adjust(const Context& ctx, VariantId variant, const Adjustment& adjustment) {
    CADDY_ASSERT(adjustment.delta.has_value() != adjustment.set.has_value());
    co_return co_await db_.transact(ctx, "inventory.adjust", [&](db::Transaction& tx) -> Task<Result<Level>> {
        CADDY_CO_TRY(co_await idempotency::record(tx, ctx, variant.text()));
        // The row's lock comes before any figure is read.
        co_await store::lock_level(tx, variant);
        CADDY_CO_TRY(const auto before, co_await level_in(tx, variant));
        CADDY_CO_TRY(co_await adjust_in(tx, ctx, before, adjustment));
        CADDY_CO_TRY(auto after, co_await level_in(tx, variant));
        const auto subject = variant.text();
        const audit::Act act{"inventory.adjust", subject,
                             json::Raw{json::to_json(StockChange{before.on_hand, std::nullopt})},
                             json::Raw{json::to_json(StockChange{after.on_hand, adjustment.reason})}};
        co_await audit::record(tx, ctx, act);
        co_return std::move(after);
    });
}

Task<Result<void>> InventoryService::adjust_in(db::Transaction& tx, const Context& ctx, const Level& level,
                                               const Adjustment& adjustment) {
    if (adjustment.if_on_hand && *adjustment.if_on_hand != level.on_hand) co_return refuse::changed(level.on_hand);
    const auto wanted = adjustment.set ? *adjustment.set : level.on_hand + *adjustment.delta;
    if (adjustment.delta && wanted < level.reserved && wanted < level.on_hand) {
        co_return below_reserved(level.reserved);
    }
    co_return co_await set_on_hand(tx, ctx, level.variant_id, wanted, MovementKind::adjusted, adjustment.reason);
}

Task<Result<Level>> InventoryService::set_low_at(const Context& ctx, VariantId variant,
                                                 std::optional<std::int64_t> low_at, const VersionCheck& check) {
    co_return co_await db_.transact(ctx, "inventory.set_low_at", [&](db::Transaction& tx) -> Task<Result<Level>> {
        const auto locked = co_await store::lock_level(tx, variant);
        CADDY_CO_TRY(const auto before, co_await level_in(tx, variant));
        CADDY_CO_TRY(check(before.version));
        if (!locked) co_await store::ensure_level(tx, variant, ctx.now());
        co_await store::set_low_at(tx, variant, low_at, ctx.now());
        const std::array changed{variant};
        co_await tell_availability(tx, ctx, catalog_, config_, changed);
        const auto subject = variant.text();
        const audit::Act act{"inventory.update", subject, json::Raw{json::to_json(MarkChange{before.low_at})},
                             json::Raw{json::to_json(MarkChange{low_at})}};
        co_await audit::record(tx, ctx, act);
        co_return co_await level_in(tx, variant);
    });
}

}  // namespace caddy::inventory
