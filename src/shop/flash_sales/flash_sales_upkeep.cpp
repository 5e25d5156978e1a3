// What time brings: sales end, orders are given up, Redis and the database drift apart, and the books are audited.
#include "platform/telemetry/log.hpp"
#include "shop/flash_sales/flash_sales_parts.hpp"

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <map>

namespace caddy::flash_sales {
namespace {

constexpr int armed_max = 200;

const metrics::Gauge drift_units{{"caddy_flash_sale_drift_units",
                                  "By how much Redis counted otherwise than the database when it was last mended.",
                                  {},
                                  metrics::Merge::most}};

/// Units of tickets that wait in Redis and that its next settling will give back or that are still to be written.
std::int64_t held_in(const Count& count, const std::vector<Ticket>& written) {
    std::int64_t held = 0;
    for (const auto& [id, units] : count.pending) {
        const auto found = std::ranges::find(written, id, &Ticket::id);
        const bool is_order = found != written.end() &&
                              (found->state == TicketState::ordered || found->state == TicketState::returned);
        if (!is_order) held += units;
    }
    return held;
}

}  // namespace

Task<> FlashSaleService::close_ended(const Context& ctx) {
    std::vector<Sale> sales;
    {
        auto db = co_await db_.read(ctx);
        sales = co_await store::armed(db, armed_max);
    }
    for (const auto& each : sales) {
        if (each.ends_at > ctx.now()) continue;
        // Tickets that wait in Redis end by their time, whoever places them.
        const bool all_ended = each.ends_at + std::chrono::seconds(config_.ticket_wait_s) <= ctx.now();
        if (door_ && !all_ended) {
            if (!door_->available()) continue;
            const auto count = co_await door_->count(ctx, each.id);
            if (!count.pending.empty()) continue;
        }
        (void)co_await db_.transact(ctx, "flash_sales.close", [&](db::Transaction& tx) -> Task<Result<void>> {
            auto sale = co_await store::lock(tx, each.id);
            if (!sale || sale->state != SaleState::armed || sale->ends_at > ctx.now()) co_return Result<void>{};
            const auto waiting = co_await store::waiting(tx, each.id, 1);
            if (!waiting.empty()) co_return Result<void>{};
            co_await close_in(tx, ctx, *sale, SaleState::ended);
            co_return Result<void>{};
        });
    }
}

Task<> FlashSaleService::close_in(db::Transaction& tx, const Context& ctx, Sale& sale, SaleState to) {
    const auto unsold = sale.remaining;
    sale.state = to;
    sale.updated_at = ctx.now();
    co_await store::update(tx, sale);
    if (unsold > 0) {
        (void)co_await store::shift(tx, sale.id, {0, -unsold, unsold}, ctx.now());
        co_await parts_.inventory.give_up(tx, ctx, sale.id.value, unsold);
    }
    log::info("flash_sale.closed", {{"sale", sale.id.text()}, {"unsold", unsold}});
}

Task<> FlashSaleService::reconcile(const Context& ctx) {
    if (!door_ || !door_->available()) co_return;
    const auto known = co_await board(ctx);
    std::int64_t drift = 0;
    for (const auto& each : known->sales) {
        if (phase_of(each->sale, ctx.now()) != Phase::running) continue;
        const auto mended = co_await mend(ctx, each->sale.id);
        drift = std::max(drift, std::abs(mended));
    }
    drift_units.set(static_cast<int>(std::min<std::int64_t>(drift, std::numeric_limits<int>::max())));
}

Task<std::int64_t> FlashSaleService::mend(const Context& ctx, SaleId id) {
    const auto before = co_await door_->count(ctx, id);
    if (!before.known) {
        co_await load(ctx, id);
        co_return 0;
    }
    // While the row is locked no ticket becomes an order, so that both sides are seen as of one moment; what is
    // admitted meanwhile only moves units from left to pending.
    const auto difference = co_await db_.transact(
        ctx, "flash_sales.reconcile", [&](db::Transaction& tx) -> Task<Result<std::int64_t>> {
            const auto sale = co_await store::lock(tx, id);
            if (!sale || sale->state != SaleState::armed) co_return 0;
            const auto count = co_await door_->count(ctx, id);
            if (!count.known) co_return 0;
            std::vector<TicketId> pending;
            for (const auto& [ticket, units] : count.pending) pending.push_back(ticket);
            const auto written = co_await store::find_tickets(tx, pending);
            const auto right = std::max<std::int64_t>(0, sale->remaining - held_in(count, written));
            if (right != count.left) co_await door_->correct(ctx, id, right - count.left);
            co_return right - count.left;
        });
    if (*difference != 0) {
        log::warn("flash_sale.drift", {{"sale", id.text()}, {"mended_by", *difference}});
        if (*difference > 0) sold_out_.erase(id);
    }
    co_return *difference;
}

Task<> FlashSaleService::order_ended(const Context& ctx, orders::OrderId order) {
    {
        auto db = co_await db_.read(ctx);
        const auto ticket = co_await store::ticket_of_order(db, order);
        if (!ticket || ticket->state != TicketState::ordered) co_return;
    }
    const auto returned = co_await db_.transact(
        ctx, "flash_sales.return", [&](db::Transaction& tx) -> Task<Result<std::optional<Ticket>>> {
            return give_back_in(tx, ctx, order);
        });
    if (!*returned) co_return;
    const auto& ticket = **returned;
    tickets_total.add({"returned"});
    sold_out_.erase(ticket.sale_id);
    // Its units come back to Redis by the comparison, which cannot count them twice.
    if (!door_ || !door_->available()) co_return;
    co_await door_->forget_units(ctx, ticket.sale_id, ticket.customer, ticket.quantity);
    (void)co_await mend(ctx, ticket.sale_id);
}

Task<Result<std::optional<Ticket>>> FlashSaleService::give_back_in(db::Transaction& tx, const Context& ctx,
                                                                   orders::OrderId order) {
    auto ticket = co_await store::ticket_of_order(tx, order);
    if (!ticket) co_return std::optional<Ticket>{};
    const auto sale = co_await store::lock(tx, ticket->sale_id);
    const bool ours = co_await store::mark_returned(tx, ticket->id, ctx.now());
    if (!ours || !sale) co_return std::optional<Ticket>{};
    const auto units = ticket->quantity;
    bool again = false;
    if (phase_of(*sale, ctx.now()) == Phase::running) {
        // Somebody may have bought them at the normal price: then the sale has so many less.
        const auto taken = co_await parts_.inventory.set_apart(tx, ctx, sale->id.value, sale->variant_id, units);
        again = taken.has_value();
    }
    const store::Shift back = again ? store::Shift{0, units, 0} : store::Shift{0, 0, units};
    (void)co_await store::shift(tx, sale->id, back, ctx.now());
    co_return std::move(ticket);
}

Task<std::vector<Finding>> FlashSaleService::audit(const Context& ctx) {
    auto db = co_await db_.read(ctx);
    const auto sales = co_await store::every_sale(db);
    const auto counts = co_await store::every_count(db);
    const auto holdings = co_await parts_.inventory.sale_holdings(db);
    std::map<SaleId, Figures> figures;
    for (const auto& each : counts) add(figures[each.sale_id], each.state, each.quantity);
    std::map<std::int64_t, std::int64_t> holds;
    for (const auto& each : holdings) holds[each.sale] += each.quantity;
    std::vector<Finding> findings;
    const auto differ = [&](const char* invariant, SaleId sale, std::int64_t found, std::int64_t right) {
        if (found == right) return;
        findings.push_back({invariant, sale.text(), std::to_string(found) + ", expected " + std::to_string(right)});
    };
    for (const auto& sale : sales) {
        const auto& sum = figures[sale.id];
        const bool has_begun = sale.state != SaleState::draft;
        const auto accounted = sale.remaining + sum.waiting + sum.ordered + sale.returned;
        if (has_begun) differ("flash_sale.stock", sale.id, accounted, sale.stock);
        const auto held = has_begun ? sale.remaining + sum.waiting : 0;
        differ("flash_sale.reserved", sale.id, holds[sale.id.value], held);
        holds.erase(sale.id.value);
    }
    for (const auto& [sale, quantity] : holds) differ("flash_sale.reserved", SaleId{sale}, quantity, 0);
    const auto greedy = co_await store::over_quota(db);
    for (const auto& each : greedy) {
        findings.push_back({"flash_sale.quota", each.sale_id.text(),
                            "customer " + std::to_string(each.customer) + " has " + std::to_string(each.quantity)});
    }
    const auto lost = co_await store::without_order(db);
    for (const auto& each : lost) findings.push_back({"flash_sale.order", each.text(), "its order is not there"});
    co_return findings;
}

}  // namespace caddy::flash_sales
