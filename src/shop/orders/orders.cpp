#include "shop/orders/orders.hpp"

#include "core/assert.hpp"
#include "platform/crypto/cursor.hpp"
#include "platform/crypto/digest.hpp"
#include "platform/jobs/outbox.hpp"
#include "shop/orders/orders_store.hpp"
#include "shop/shipping/shipping.hpp"

#include <array>
#include <limits>

namespace caddy::orders {
namespace refuse {

Error not_found() {
    return {ErrorKind::not_found, "orders.not_found",
            "There is no such order, or it is not yours. A guest's order needs its X-Order-Token."};
}

}  // namespace refuse

namespace {

constexpr int number_characters = 6;
constexpr std::size_t token_bytes = 24;
constexpr int audit_batch = 100;

/// Six characters that people do not mistake for one another when they read them out: 30 random bits a day.
std::string draw_number(Time now) {
    static constexpr std::string_view alphabet = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
    static constexpr std::string_view base64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const auto day = to_rfc3339(now);
    std::string number = "CS-" + day.substr(0, 4) + day.substr(5, 2) + day.substr(8, 2) + "-";
    const auto random = crypto::random_token(number_characters);
    for (std::size_t i = 0; i < number_characters; ++i) number += alphabet[base64.find(random[i]) % alphabet.size()];
    return number;
}

struct StatusEvent {
    OrderId order_id;
    OrderStatus status{};
    std::optional<OrderStatus> previous;
    std::string actor;
};
BOOST_DESCRIBE_STRUCT(StatusEvent, (), (order_id, status, previous, actor))

std::string event_type(OrderStatus status) {
    return std::string("orders.") + boost::describe::enum_to_string(status, "?");
}

/// Opaque, and of use in the list of the same customer alone.
std::string cursor_check(std::int64_t customer, OrderId last) {
    return crypto::sha256_hex("orders.list:" + std::to_string(customer) + ":" + last.text()).substr(0, 12);
}
std::string cursor_after(std::int64_t customer, OrderId last) {
    return last.text().substr(OrderTag::prefix.size() + 1) + cursor_check(customer, last);
}
Result<OrderId> read_cursor(std::int64_t customer, const std::string& cursor) {
    constexpr std::size_t id_characters = 13;
    if (cursor.size() <= id_characters) return crypto::cursor_mismatch();
    const auto last = OrderId::parse(std::string(OrderTag::prefix) + "_" + cursor.substr(0, id_characters));
    if (!last || cursor.substr(id_characters) != cursor_check(customer, *last)) return crypto::cursor_mismatch();
    return *last;
}

/// What an order made before its tax lines were kept comes to.
pricing::Totals plain_totals(const Order& order) {
    std::vector<pricing::PlainItem> items;
    items.reserve(order.lines.size());
    for (const auto& line : order.lines) items.push_back({line.unit_price, line.quantity, line.taxable});
    return pricing::total_up(items, order.totals.discount, order.totals.shipping, order.tax);
}

std::optional<std::string> fault_of_shipping(const Order& order) {
    // Orders from before there were zones keep no facts of their shipping price.
    if (!order.shipping_method || !order.shipping_method->snapshot) return std::nullopt;
    return shipping::fault_of(*order.shipping_method->snapshot, order.totals.subtotal, order.totals.shipping);
}

std::optional<Finding> misfit(const Order& order) {
    pricing::Totals right;
    bool tax_fits = true;
    if (order.tax.rounding) {
        const auto bill = bill_of(order);
        right = bill.totals;
        tax_fits = bill.shipping == order.shipping_taxes;
        for (std::size_t i = 0; i < order.lines.size(); ++i) tax_fits &= bill.items[i] == order.lines[i].taxes;
    } else {
        right = plain_totals(order);
    }
    if (right != order.totals) {
        return Finding{"4", order.id.text(),
                       "total is " + format_amount(order.totals.total) + ", its inputs come to " +
                           format_amount(right.total)};
    }
    if (!tax_fits) return Finding{"4", order.id.text(), "its tax lines are not what its lines and rates come to"};
    return std::nullopt;
}

}  // namespace

std::vector<pricing::Item> items_of(const Order& order) {
    std::vector<pricing::Item> items;
    items.reserve(order.lines.size());
    for (const auto& line : order.lines) {
        pricing::Item item{line.unit_price, line.quantity};
        for (const auto& tax : line.taxes) item.rates.push_back({tax.name, tax.rate_millionths});
        items.push_back(std::move(item));
    }
    return items;
}

std::vector<TimelineEntry> history_of(const Order& order) {
    std::vector<TimelineEntry> history;
    std::ranges::merge(order.timeline, order.remarks, std::back_inserter(history), {}, &TimelineEntry::at,
                       &TimelineEntry::at);
    return history;
}

pricing::Bill bill_of(const Order& order) {
    CADDY_ASSERT(order.tax.rounding.has_value());
    const auto items = items_of(order);
    return pricing::bill(items, order.totals.discount, order.totals.shipping, {order.tax.mode, *order.tax.rounding});
}

bool may_become(OrderStatus from, OrderStatus to) {
    using enum OrderStatus;
    switch (from) {
        case pending_payment: return to == paid || to == cancelled || to == expired;
        case paid: return to == fulfilling || to == refunding;
        case fulfilling: return to == shipped || to == refunding;
        case shipped: return to == delivered || to == refunding;
        case delivered: return to == completed || to == refunding;
        case completed: return to == refunding;
        // Back to where it was when the provider gives nothing back.
        case refunding:
            return to == partially_refunded || to == refunded || to == paid || to == fulfilling || to == shipped ||
                   to == delivered || to == completed;
        // What was not given back is still on its way to the shopper.
        case partially_refunded:
            return to == fulfilling || to == shipped || to == delivered || to == completed || to == refunding;
        case cancelled:
        case expired:
        case refunded: return false;
    }
    return false;
}

bool is_paid_for(OrderStatus status) {
    using enum OrderStatus;
    switch (status) {
        case pending_payment:
        case cancelled:
        case expired:
        case refunded: return false;
        case paid:
        case fulfilling:
        case shipped:
        case delivered:
        case completed:
        case refunding:
        case partially_refunded: return true;
    }
    return false;
}

bool is_owner(std::int64_t customer, std::string_view token, const Access& access) {
    if (customer != 0) return access.customer == customer;
    return !token.empty() && !access.token.empty() && crypto::equal_in_constant_time(token, access.token);
}

Task<Result<Order>> OrderService::show(const Context& ctx, OrderId id, const Access& access) {
    auto db = co_await db_.read(ctx);
    auto order = co_await find(db, id);
    if (!order || !is_owner(order->customer, order->token.value_or(""), access)) co_return refuse::not_found();
    co_return std::move(*order);
}

Task<Result<Page<Order>>> OrderService::list(const Context& ctx, const PageRequest& request) {
    const auto customer = ctx.principal.user;
    CADDY_ASSERT(customer != 0);
    OrderId before{std::numeric_limits<std::int64_t>::max()};
    if (request.cursor) {
        CADDY_CO_TRY(before, read_cursor(customer, *request.cursor));
    }
    auto db = co_await db_.read(ctx);
    auto ids = co_await store::of_customer(db, customer, before, request.limit + 1);
    Page<Order> page;
    page.limit = request.limit;
    if (ids.size() > static_cast<std::size_t>(request.limit)) {
        ids.pop_back();
        page.next = cursor_after(customer, ids.back());
    }
    page.data = co_await store::load(db, ids);
    if (request.count) page.count = co_await store::count_of_customer(db, customer, page_count_max);
    co_return page;
}

Task<Order> OrderService::place(db::Transaction& tx, const Context& ctx, const Draft& draft) {
    Order order;
    order.id = draft.id;
    order.customer = draft.customer;
    if (draft.customer == 0) order.token = crypto::random_token(token_bytes);
    order.caller = draft.caller;
    order.email = draft.email;
    order.language = draft.language;
    order.currency = draft.totals.total.currency;
    order.lines = draft.lines;
    order.totals = draft.totals;
    order.tax = draft.tax;
    order.shipping_taxes = draft.shipping_taxes;
    store::sum_up_taxes(order);
    order.shipping_address = draft.shipping_address;
    order.shipping_method = draft.shipping_method;
    order.payment = draft.payment;
    order.note = draft.note;
    order.cart_id = draft.cart_id;
    order.expires_at = draft.expires_at;
    order.created_at = order.updated_at = ctx.now();

    order.number = draw_number(order.created_at);   // drawn already: a Conflict, and the transaction draws anew
    co_await store::insert(tx, order);
    co_await store::insert_lines(tx, order.id, order.lines);
    co_await store::insert_taxes(tx, order);
    const Step step{OrderStatus::pending_payment, OrderStatus::pending_payment, "shopper"};
    co_await record_step(tx, ctx, order.id, std::nullopt, step);
    order.timeline.push_back({order.created_at, std::nullopt, step.to, std::nullopt, std::string(step.actor), {}});
    co_return order;
}

Task<std::optional<Head>> OrderService::lock(db::Transaction& tx, OrderId id) { return store::lock(tx, id); }

Task<std::optional<Order>> OrderService::find(db::Session& db, OrderId id) {
    const std::array ids{id};
    auto found = co_await store::load(db, ids);
    if (found.empty()) co_return std::nullopt;
    co_return std::move(found.front());
}

Task<bool> OrderService::transition(db::Transaction& tx, const Context& ctx, OrderId id, const Step& step) {
    CADDY_ASSERT(may_become(step.from, step.to));
    const bool changed = co_await store::change_status(tx, id, step.from, step.to, ctx.now());
    if (changed) co_await record_step(tx, ctx, id, step.from, step);
    co_return changed;
}

Task<> OrderService::record_step(db::Transaction& tx, const Context& ctx, OrderId id, std::optional<OrderStatus> from,
                                 const Step& step) {
    const TimelineEntry entry{ctx.now(), from, step.to, step.note, std::string(step.actor), {}};
    co_await store::insert_entry(tx, id, entry);
    const StatusEvent event{id, step.to, from, std::string(step.actor)};
    const auto type = event_type(step.to);
    const auto aggregate = id.text();
    co_await jobs::emit(tx, ctx, type, aggregate, json::to_json(event));
}

Task<> OrderService::annotate(db::Transaction& tx, const Context& ctx, OrderId id, std::string_view actor,
                              std::string_view note, Audience audience) {
    const auto head = co_await store::lock(tx, id);
    if (!head) co_return;
    co_await store::touch(tx, id, ctx.now());
    const TimelineEntry entry{ctx.now(), head->status, head->status, std::string(note), std::string(actor), audience};
    co_await store::insert_entry(tx, id, entry);
}

Task<Time> OrderService::note_payment(db::Transaction& tx, const Context& ctx, OrderId id, const PaymentNote& payment) {
    const auto now = ctx.now();
    co_await store::set_payment(tx, id, payment, now);
    co_return now;
}

Task<std::int64_t> OrderService::unpaid(db::Session& db, std::string_view caller, Time now) {
    return store::unpaid(db, caller, now);
}

Task<std::vector<OrderId>> OrderService::overdue(db::Session& db, Time now, int limit) {
    return store::overdue(db, now, limit);
}

Task<std::vector<Head>> OrderService::walk(db::Session& db, OrderId after, int limit) {
    return store::walk(db, after, limit);
}

Task<std::vector<Finding>> OrderService::audit(const Context& ctx) {
    std::vector<Finding> findings;
    auto db = co_await db_.read(ctx);
    const auto twice = co_await store::paid_twice(db);
    for (const auto id : twice) findings.push_back({"3", id.text(), "was marked paid more than once"});
    const auto overshipped = co_await store::overshipped(db);
    for (const auto id : overshipped) findings.push_back({"fulfilments", id.text(), "more was sent than was ordered"});
    OrderId last{};
    for (;;) {
        const auto heads = co_await store::walk(db, last, audit_batch);
        if (heads.empty()) break;
        std::vector<OrderId> ids;
        for (const auto& head : heads) ids.push_back(head.id);
        const auto orders = co_await store::load(db, ids);
        for (const auto& order : orders) {
            auto shipping_fault = fault_of_shipping(order);
            if (shipping_fault) findings.push_back({"4", order.id.text(), std::move(*shipping_fault)});
            auto finding = misfit(order);
            if (finding) findings.push_back(std::move(*finding));
        }
        last = ids.back();
    }
    co_return findings;
}

}  // namespace caddy::orders
