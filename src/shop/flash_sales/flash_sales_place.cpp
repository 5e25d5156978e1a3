// From tickets to orders, in batches: the sale's row and its stock are taken once for all tickets of a batch.
#include "platform/json/decode.hpp"
#include "platform/jobs/outbox.hpp"
#include "platform/telemetry/log.hpp"
#include "shop/flash_sales/flash_sales_parts.hpp"

#include <algorithm>

namespace caddy::flash_sales {
namespace {

constexpr int rounds_max = 100;   // of a batch each, for one run of the job
constexpr std::string_view over_detail = "The sale was over before the order was written; the units were given back.";
constexpr std::string_view late_detail = "The order was not written in time; the units were given back.";

struct Ordered {
    TicketId ticket_id;
    SaleId sale_id;
    orders::OrderId order_id;
};
BOOST_DESCRIBE_STRUCT(Ordered, (), (ticket_id, sale_id, order_id))

void fail(Ticket& ticket, TicketState state, const Error& why) {
    ticket.state = state;
    ticket.reason = std::string(why.code);
    ticket.detail = why.detail;
}

}  // namespace

Task<> FlashSaleService::place_waiting(const Context& ctx) {
    std::vector<SaleId> waiting;
    {
        auto db = co_await db_.read(ctx);
        waiting = co_await store::sales_with_waiting(db);
    }
    for (const auto id : waiting) co_await place_all(ctx, id, Origin::database);
    if (!door_ || !door_->available()) co_return;
    const auto known = co_await board(ctx);
    for (const auto& each : known->sales) {
        const bool may_have = each->sale.starts_at <= ctx.now() + std::chrono::seconds(1);
        if (may_have) co_await place_all(ctx, each->sale.id, Origin::redis);
    }
}

Task<> FlashSaleService::place_all(const Context& ctx, SaleId id, Origin origin) {
    std::size_t placed = 1;
    for (int round = 0; placed > 0 && round < rounds_max; ++round) placed = co_await place_some(ctx, id, origin);
}

Task<std::size_t> FlashSaleService::place_some(const Context& ctx, SaleId id, Origin origin) {
    std::vector<Ticket> claimed;
    if (origin == Origin::redis) {
        claimed = co_await door_->claim(ctx, id, config_.batch, std::chrono::seconds(config_.lease_s));
        if (claimed.empty()) co_return 0;
    }
    const auto outcome = co_await db_.transact(
        ctx, "flash_sales.place", [&](db::Transaction& tx) -> Task<Result<std::vector<Outcome>>> {
            const auto sale = co_await store::lock(tx, id);
            if (!sale) co_return std::vector<Outcome>{};
            auto tickets = claimed;
            if (origin == Origin::database) tickets = co_await store::waiting(tx, id, config_.batch);
            if (tickets.empty()) co_return std::vector<Outcome>{};
            co_return co_await place_batch(tx, ctx, *sale, std::move(tickets), origin);
        });
    const auto& outcomes = outcome.value();
    std::vector<Settled> settled;
    for (const auto& each : outcomes) {
        tickets_total.add({name_of(each.ticket.state)});
        const bool kept = each.ticket.state == TicketState::ordered || each.ticket.state == TicketState::returned;
        settled.push_back({each.ticket.id, each.ticket.customer, kept ? 0 : each.ticket.quantity});
    }
    if (origin == Origin::redis) co_await door_->settle(ctx, id, settled);
    if (!outcomes.empty()) log::info("flash_sale.placed", {{"sale", id.text()}, {"tickets", outcomes.size()}});
    co_return outcomes.size();
}

Task<FlashSaleService::Known> FlashSaleService::look_up(db::Transaction& tx, const Sale& sale,
                                                        const std::vector<Ticket>& tickets) {
    std::vector<TicketId> ids;
    std::vector<std::string> keys;
    std::vector<std::int64_t> customers;
    for (const auto& ticket : tickets) {
        ids.push_back(ticket.id);
        keys.push_back(ticket.request_key);
        customers.push_back(ticket.customer);
    }
    std::ranges::sort(customers);
    const auto twice = std::ranges::unique(customers);
    customers.erase(twice.begin(), twice.end());
    Known known;
    auto written = co_await store::find_tickets(tx, ids);
    for (auto& ticket : written) known.written.emplace(ticket.id, std::move(ticket));
    const auto given = co_await store::given_for(tx, keys);
    for (const auto& each : given) known.requests.insert(each.request_key);
    const auto held = co_await store::held_by(tx, sale.id, customers);
    for (const auto& each : held) known.held[each.customer] = each.quantity;
    co_return known;
}

Task<std::vector<FlashSaleService::Outcome>> FlashSaleService::place_batch(db::Transaction& tx, const Context& ctx,
                                                                           const Sale& sale,
                                                                           std::vector<Ticket> tickets,
                                                                           Origin origin) {
    Known known;
    if (origin == Origin::redis) known = co_await look_up(tx, sale, tickets);
    std::vector<Outcome> outcomes;
    std::vector<inventory::Handover> handovers;
    std::int64_t left = sale.remaining;
    for (auto& ticket : tickets) {
        Outcome outcome;
        if (origin == Origin::redis) {
            // Claimed again after its process died: what was committed then holds.
            const auto before = known.written.find(ticket.id);
            if (before != known.written.end()) {
                outcomes.push_back({before->second});
                continue;
            }
            auto& held = known.held[ticket.customer];
            const bool twice = !known.requests.insert(ticket.request_key).second;
            const bool over_quota = held + ticket.quantity > sale.quota;
            if (twice || over_quota || left < ticket.quantity) {
                const bool too_few = left < ticket.quantity;
                fail(ticket, TicketState::failed, too_few ? refuse::sold_out() : refuse::quota(sale.quota));
                if (!twice) co_await write_ended(tx, ctx, ticket, origin);
                outcomes.push_back({std::move(ticket)});
                continue;
            }
            outcome = co_await settle_one(tx, ctx, sale, std::move(ticket));
            if (outcome.placed) held += outcome.ticket.quantity;
            if (outcome.placed) left -= outcome.ticket.quantity;
        } else {
            outcome = co_await settle_one(tx, ctx, sale, std::move(ticket));
            if (!outcome.placed) left += outcome.ticket.quantity;
        }
        co_await write_ended(tx, ctx, outcome.ticket, origin);
        if (outcome.placed) {
            handovers.push_back({outcome.placed->order.value, outcome.ticket.quantity, outcome.placed->reserved_until});
        }
        outcomes.push_back(std::move(outcome));
    }
    if (left != sale.remaining) {
        const bool counted = co_await store::shift(tx, sale.id, {0, left - sale.remaining, 0}, ctx.now());
        if (!counted) throw db::Fault("a sale's count fell below zero although its row was locked");
    }
    co_await parts_.inventory.hand_over(tx, ctx, sale.id.value, handovers);
    co_return outcomes;
}

Task<FlashSaleService::Outcome> FlashSaleService::settle_one(db::Transaction& tx, const Context& ctx, const Sale& sale,
                                                             Ticket ticket) {
    Outcome outcome{std::move(ticket)};
    if (sale.state != SaleState::armed) {
        fail(outcome.ticket, TicketState::failed, {ErrorKind::forbidden, "flash_sale.ended", std::string(over_detail)});
        co_return outcome;
    }
    if (outcome.ticket.expires_at <= ctx.now()) {
        fail(outcome.ticket, TicketState::expired, {ErrorKind::gone, "flash_sale.expired", std::string(late_detail)});
        co_return outcome;
    }
    const auto order = order_of(sale, outcome.ticket);
    const auto placed = co_await parts_.checkout.place_direct(tx, ctx, order);
    if (placed.has_error()) {
        fail(outcome.ticket, TicketState::failed, placed.error());
        co_return outcome;
    }
    outcome.ticket.state = TicketState::ordered;
    outcome.ticket.order_id = placed->order;
    outcome.placed = *placed;
    co_return outcome;
}

Task<> FlashSaleService::write_ended(db::Transaction& tx, const Context& ctx, Ticket& ticket, Origin origin) {
    ticket.request.clear();
    if (origin == Origin::redis) {
        co_await store::insert_ticket(tx, ticket, ctx.now());
    } else {
        const bool waited = co_await store::finish(tx, ticket, ctx.now());
        if (!waited) throw db::Fault("a ticket ended although its sale was locked");
    }
    if (!ticket.order_id) co_return;
    const Ordered ordered{ticket.id, ticket.sale_id, *ticket.order_id};
    co_await jobs::emit(tx, ctx, "flash_sale.ordered", ticket.id.text(), json::to_json(ordered));
}

}  // namespace caddy::flash_sales
