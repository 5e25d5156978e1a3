// What staff do with sales.
#include "platform/crypto/cursor.hpp"
#include "platform/idempotency/idempotency.hpp"
#include "shop/audit/audit.hpp"
#include "shop/flash_sales/flash_sales_parts.hpp"

#include <algorithm>
#include <limits>

namespace caddy::flash_sales {
namespace {

/// A sale as the audit log keeps it.
struct Entry {
    std::string title;
    catalog::VariantId variant_id;
    Money price;
    std::int64_t quota = 0;
    std::int64_t stock = 0;
    SaleState state{};
    Time starts_at{};
    Time ends_at{};
};
BOOST_DESCRIBE_STRUCT(Entry, (), (title, variant_id, price, quota, stock, state, starts_at, ends_at))

json::Raw document(const Sale& sale) {
    return {json::to_json(Entry{sale.title, sale.variant_id, sale.price, sale.quota, sale.stock, sale.state,
                                sale.starts_at, sale.ends_at})};
}

Task<> note(db::Transaction& tx, const Context& ctx, std::string_view action, SaleId id,
            std::optional<json::Raw> before, std::optional<json::Raw> after) {
    const auto subject = id.text();
    const audit::Act act{action, subject, std::move(before), std::move(after)};
    co_await audit::record(tx, ctx, act);
}

Result<void> check_whole(const SaleChange& change) {
    const auto whole = [](const auto& patch) { return !patch.present || patch.value.has_value(); };
    const bool complete = whole(change.title) && whole(change.price_minor) && whole(change.quota) &&
                          whole(change.stock) && whole(change.starts_at) && whole(change.ends_at);
    return Checks().require(complete, "", "not_nullable", "Nothing of a sale may be null.").result();
}

}  // namespace

void add(Figures& figures, TicketState state, std::int64_t quantity) {
    switch (state) {
        case TicketState::waiting: figures.waiting += quantity; return;
        case TicketState::ordered: figures.ordered += quantity; return;
        case TicketState::expired: figures.expired += quantity; return;
        case TicketState::failed: figures.failed += quantity; return;
        case TicketState::returned: figures.returned += quantity; return;
    }
}

Task<AdminSale> FlashSaleService::view_in(db::Session& db, SaleId id) {
    AdminSale view;
    auto sale = co_await store::find(db, id);
    if (sale) view.sale = std::move(*sale);
    const auto counts = co_await store::counts_of(db, id);
    for (const auto& each : counts) add(view.figures, each.state, each.quantity);
    co_return view;
}

Task<Result<Page<Sale>>> FlashSaleService::list_all(const Context& ctx, std::optional<SaleState> state,
                                                    const PageRequest& request) {
    const std::string list = "flash_sales:" + (state ? std::string(name_of(*state)) : "all");
    SaleId before{std::numeric_limits<std::int64_t>::max()};
    if (request.cursor) {
        CADDY_CO_TRY(const auto place, crypto::read_cursor(list, *request.cursor));
        before = SaleId{place.id};
    }
    auto db = co_await db_.read(ctx);
    Page<Sale> page;
    page.limit = request.limit;
    if (state) page.data = co_await store::list_in(db, *state, before, request.limit + 1);
    else page.data = co_await store::list(db, before, request.limit + 1);
    if (page.data.size() > static_cast<std::size_t>(request.limit)) {
        page.data.pop_back();
        page.next = crypto::cursor_at(list, {page.data.back().created_at, page.data.back().id.value});
    }
    co_return page;
}

Task<Result<AdminSale>> FlashSaleService::show_all(const Context& ctx, SaleId id) {
    auto db = co_await db_.read(ctx);
    auto view = co_await view_in(db, id);
    if (view.sale.id != id) co_return refuse::not_found();
    co_return view;
}

Task<Result<void>> FlashSaleService::check_variant(db::Session& db, const Sale& sale) {
    const auto offers = co_await parts_.catalog.offers(db, std::span(&sale.variant_id, 1));
    const bool is_offered = !offers.empty() && offers.front().price.currency == sale.price.currency;
    if (!is_offered) co_return refuse::variant_not_for_sale();
    if (!offers.front().tracked) co_return refuse::not_tracked();
    co_return Result<void>{};
}

Task<Result<AdminSale>> FlashSaleService::create(const Context& ctx, const SaleDraft& draft) {
    Sale sale;
    sale.title = draft.title;
    sale.variant_id = draft.variant_id;
    sale.price = {draft.price_minor, draft.currency};
    sale.quota = draft.quota;
    sale.stock = draft.stock;
    sale.starts_at = draft.starts_at;
    sale.ends_at = draft.ends_at;
    CADDY_CO_TRY(check_sale(sale));
    co_return co_await db_.transact(
        ctx, "flash_sales.create", [&](db::Transaction& tx) -> Task<Result<AdminSale>> {
            sale.id = SaleId::next();
            CADDY_CO_TRY(co_await idempotency::record(tx, ctx, sale.id.text()));
            CADDY_CO_TRY(co_await check_variant(tx, sale));
            sale.created_at = sale.updated_at = ctx.now();
            co_await store::insert(tx, sale);
            co_await note(tx, ctx, "flash_sale.create", sale.id, std::nullopt, document(sale));
            co_return AdminSale{sale, {}};
        });
}

Task<Result<AdminSale>> FlashSaleService::change(const Context& ctx, SaleId id, const http::ExpectedVersion& expected,
                                                 const SaleChange& change) {
    CADDY_CO_TRY(check_whole(change));
    // Units that Redis has not given out must be out of its hands before the database takes them away.
    std::int64_t withdrawn = 0;
    if (door_ && change.stock.value) {
        const auto now = co_await show_all(ctx, id);
        if (now && now->sale.state == SaleState::armed) withdrawn = now->sale.stock - *change.stock.value;
        if (withdrawn > 0) {
            const bool free = co_await door_->withdraw(ctx, id, withdrawn);
            if (!free) co_return refuse::stock_in_use(now->sale.stock);
        }
    }
    auto changed =
        co_await db_.transact(ctx, "flash_sales.change", [&](db::Transaction& tx) -> Task<Result<AdminSale>> {
        auto sale = co_await store::lock(tx, id);
        if (!sale) co_return refuse::not_found();
        CADDY_CO_TRY(expected.check(sale->version));
        const auto before = document(*sale);
        if (sale->state == SaleState::draft) {
            if (change.price_minor.value) sale->price.minor = *change.price_minor.value;
            if (change.starts_at.value) sale->starts_at = *change.starts_at.value;
            if (change.stock.value) {
                const auto by = *change.stock.value - sale->stock;
                sale->stock = *change.stock.value;
                if (by != 0 && sale->stock > 0) (void)co_await store::shift(tx, id, {by, 0, 0}, ctx.now());
            }
        } else {
            CADDY_CO_TRY(co_await change_armed(tx, ctx, *sale, change));
        }
        if (change.title.value) sale->title = *change.title.value;
        if (change.quota.value) sale->quota = *change.quota.value;
        if (change.ends_at.value) sale->ends_at = *change.ends_at.value;
        CADDY_CO_TRY(check_sale(*sale));
        sale->updated_at = ctx.now();
        co_await store::update(tx, *sale);
        co_await note(tx, ctx, "flash_sale.update", id, before, document(*sale));
        co_return co_await view_in(tx, id);
    });
    board_.reset();
    sold_out_.erase(id);
    if (door_ && door_->available()) {
        if (changed) co_await door_->change(ctx, changed->sale);
        if (change.stock.value) (void)co_await mend(ctx, id);
    }
    co_return changed;
}

Task<Result<void>> FlashSaleService::change_armed(db::Transaction& tx, const Context& ctx, Sale& sale,
                                                  const SaleChange& change) {
    const bool over = phase_of(sale, ctx.now()) != Phase::coming && phase_of(sale, ctx.now()) != Phase::running;
    const bool fixed = change.price_minor.value.value_or(sale.price.minor) != sale.price.minor ||
                       change.starts_at.value.value_or(sale.starts_at) != sale.starts_at;
    if (over || fixed) co_return refuse::wrong_state(sale.state);
    const auto by = change.stock.value.value_or(sale.stock) - sale.stock;
    if (by == 0) co_return Result<void>{};
    sale.stock += by;
    if (sale.remaining + by < 0) co_return refuse::stock_in_use(sale.stock - by - sale.remaining);
    CADDY_CO_TRY(check_sale(sale));
    (void)co_await store::shift(tx, sale.id, {by, by, 0}, ctx.now());
    if (by > 0) {
        CADDY_CO_TRY(co_await parts_.inventory.set_apart(tx, ctx, sale.id.value, sale.variant_id, by));
    } else {
        co_await parts_.inventory.give_up(tx, ctx, sale.id.value, -by);
    }
    co_return Result<void>{};
}

Task<Result<void>> FlashSaleService::remove(const Context& ctx, SaleId id, const http::ExpectedVersion& expected) {
    co_return co_await db_.transact(ctx, "flash_sales.remove", [&](db::Transaction& tx) -> Task<Result<void>> {
        const auto sale = co_await store::lock(tx, id);
        if (!sale) co_return refuse::not_found();
        CADDY_CO_TRY(expected.check(sale->version));
        if (sale->state != SaleState::draft) co_return refuse::wrong_state(sale->state);
        co_await store::erase(tx, id);
        co_await note(tx, ctx, "flash_sale.delete", id, document(*sale), std::nullopt);
        co_return Result<void>{};
    });
}

Task<Result<AdminSale>> FlashSaleService::arm(const Context& ctx, SaleId id) {
    auto armed = co_await db_.transact(ctx, "flash_sales.arm", [&](db::Transaction& tx) -> Task<Result<AdminSale>> {
        CADDY_CO_TRY(co_await idempotency::record(tx, ctx, id.text()));
        auto sale = co_await store::lock(tx, id);
        if (!sale) co_return refuse::not_found();
        if (sale->state == SaleState::armed) co_return co_await view_in(tx, id);
        if (sale->state != SaleState::draft || sale->ends_at <= ctx.now()) co_return refuse::wrong_state(sale->state);
        CADDY_CO_TRY(co_await check_variant(tx, *sale));
        const auto before = document(*sale);
        sale->state = SaleState::armed;
        sale->updated_at = ctx.now();
        co_await store::update(tx, *sale);
        (void)co_await store::shift(tx, id, {0, sale->stock, 0}, ctx.now());
        CADDY_CO_TRY(co_await parts_.inventory.set_apart(tx, ctx, id.value, sale->variant_id, sale->stock));
        co_await note(tx, ctx, "flash_sale.arm", id, before, document(*sale));
        co_return co_await view_in(tx, id);
    });
    board_.reset();
    co_return armed;
}

Task<Result<AdminSale>> FlashSaleService::cancel(const Context& ctx, SaleId id) {
    auto ended = co_await db_.transact(ctx, "flash_sales.cancel", [&](db::Transaction& tx) -> Task<Result<AdminSale>> {
        CADDY_CO_TRY(co_await idempotency::record(tx, ctx, id.text()));
        auto sale = co_await store::lock(tx, id);
        if (!sale) co_return refuse::not_found();
        if (sale->state == SaleState::cancelled) co_return co_await view_in(tx, id);
        if (sale->state == SaleState::ended) co_return refuse::wrong_state(sale->state);
        const auto before = document(*sale);
        const auto waiting = co_await store::fail_waiting(tx, id, refuse::ended(), ctx.now());
        if (waiting > 0) (void)co_await store::shift(tx, id, {0, waiting, 0}, ctx.now());
        sale->remaining += waiting;
        co_await close_in(tx, ctx, *sale, SaleState::cancelled);
        co_await note(tx, ctx, "flash_sale.cancel", id, before, document(*sale));
        co_return co_await view_in(tx, id);
    });
    board_.reset();
    if (ended && door_ && door_->available()) {
        auto over = ended->sale;
        over.ends_at = over.starts_at;
        co_await door_->change(ctx, over);
    }
    co_return ended;
}

}  // namespace caddy::flash_sales
