#include "shop/checkout/checkout_admin_rules.hpp"

#include "core/assert.hpp"
#include "platform/json/more.hpp"

#include <algorithm>

namespace caddy::checkout::rules {
namespace {

namespace refuse {

struct Excess {
    orders::LineId line_id;
    std::int64_t requested = 0;
    std::int64_t left = 0;
};
BOOST_DESCRIBE_STRUCT(Excess, (), (line_id, requested, left))
struct Excesses {
    std::vector<Excess> lines;
};
BOOST_DESCRIBE_STRUCT(Excesses, (), (lines))

Error quantity_exceeded(std::vector<Excess> lines) {
    Error error{ErrorKind::conflict, "orders.quantity_exceeded",
                "The order has fewer of these pieces left; see lines. Read the order again and send what is left."};
    error.more = json::more(Excesses{std::move(lines)});
    return error;
}

}  // namespace refuse

struct UserTag { static constexpr std::string_view prefix = "cus"; };

LineState* find(std::vector<LineState>& states, orders::LineId line) {
    const auto found = std::ranges::find(states, line, &LineState::line);
    return found == states.end() ? nullptr : &*found;
}

/// The total of an order with so many pieces of each line, where its tax lines were not kept yet.
Money total_with(const orders::Order& order, const std::vector<LineState>& states) {
    std::vector<pricing::PlainItem> items;
    std::int64_t goods_minor = 0;
    for (const auto& line : order.lines) {
        const auto state = std::ranges::find(states, line.id, &LineState::line);
        const auto quantity = state->refundable();
        items.push_back({line.unit_price, quantity, line.taxable});
        goods_minor += line.unit_price.minor * quantity;
    }
    const auto& totals = order.totals;
    // The discount belongs to the goods that it was given on.
    const auto discount = totals.subtotal.minor == 0
                              ? std::int64_t{0}
                              : scale_minor(totals.discount.minor, goods_minor, totals.subtotal.minor);
    return pricing::total_up(items, {discount, order.currency}, totals.shipping, order.tax).total;
}

/// From what is kept with the lines: pieces of a line share its discount and its tax, so that all of them together give
/// back what the line came to.
Money kept_price_of(const orders::Order& order, const std::vector<LineState>& states,
                    const std::vector<orders::Portion>& portions) {
    const auto items = orders::items_of(order);
    const auto discounts = orders::bill_of(order).discounts;
    Money price{0, order.currency};
    for (const auto& portion : portions) {
        const auto state = std::ranges::find(states, portion.line_id, &LineState::line);
        CADDY_ASSERT(state != states.end() && state->refundable() >= portion.quantity);
        const auto at = static_cast<std::size_t>(state - states.begin());   // states stand in the order of the lines
        const auto& line = order.lines[at];
        const auto full = pricing::full_price(items[at], discounts[at], line.taxes, order.tax.mode);
        price = price + pricing::portion_of(full, state->refunded, portion.quantity, line.quantity);
    }
    return price;
}

}  // namespace

std::vector<LineState> states_of(const orders::Order& order, const std::vector<orders::Fulfilment>& fulfilments,
                                 const std::vector<payments::Refund>& refunds) {
    std::vector<LineState> states;
    for (const auto& line : order.lines) states.push_back({line.id, line.quantity});
    for (const auto& parcel : fulfilments) {
        for (const auto& portion : parcel.lines) {
            if (auto* state = find(states, portion.line_id)) state->sent += portion.quantity;
        }
    }
    for (const auto& refund : refunds) {
        for (const auto& line : refund.lines) {
            auto* state = find(states, line.line_id);
            if (!state) continue;
            // Goods were moved when the refund was asked for, whatever became of the money.
            state->freed += line.freed;
            state->restocked += line.restocked;
            if (refund.status != payments::RefundStatus::failed) state->refunded += line.quantity;
        }
    }
    return states;
}

bool all_sent(const std::vector<LineState>& states) {
    const bool some = std::ranges::any_of(states, [](const LineState& state) { return state.sent > 0; });
    return some && std::ranges::all_of(states, [](const LineState& state) { return state.waiting() == 0; });
}

Result<void> within(const std::vector<LineState>& states, const std::vector<orders::Portion>& portions,
                    Against against) {
    std::vector<refuse::Excess> excesses;
    for (const auto& portion : portions) {
        const auto state = std::ranges::find(states, portion.line_id, &LineState::line);
        std::int64_t left = 0;
        if (state != states.end()) left = against == Against::waiting ? state->waiting() : state->refundable();
        if (portion.quantity > left) excesses.push_back({portion.line_id, portion.quantity, left});
    }
    if (!excesses.empty()) return refuse::quantity_exceeded(std::move(excesses));
    return {};
}

Money price_of(const orders::Order& order, const std::vector<LineState>& states,
               const std::vector<orders::Portion>& portions) {
    if (order.tax.rounding) return kept_price_of(order, states, portions);
    auto without = states;
    for (const auto& portion : portions) {
        auto* state = find(without, portion.line_id);
        CADDY_ASSERT(state && state->refundable() >= portion.quantity);
        state->refunded += portion.quantity;
    }
    return total_with(order, states) - total_with(order, without);
}

std::vector<payments::RefundLine> split(const std::vector<LineState>& states,
                                        const std::vector<orders::Portion>& portions, Restock restock) {
    std::vector<payments::RefundLine> lines;
    for (const auto& portion : portions) {
        payments::RefundLine line{portion.line_id, portion.quantity, 0, 0};
        const auto state = std::ranges::find(states, portion.line_id, &LineState::line);
        CADDY_ASSERT(state != states.end());
        if (restock == Restock::yes) {
            line.freed = std::min(portion.quantity, state->waiting());
            line.restocked = std::min(portion.quantity - line.freed, state->sent - state->restocked);
        } else {
            // The buyer has what was sent: that is what he is paid back for, as long as it lasts.
            const auto never_sent = state->refunded + portion.quantity - state->sent - state->freed;
            line.freed = std::clamp(never_sent, std::int64_t{0}, std::min(portion.quantity, state->waiting()));
        }
        lines.push_back(line);
    }
    return lines;
}

std::int64_t returned_minor(const std::vector<payments::Refund>& refunds) {
    std::int64_t sum = 0;
    for (const auto& refund : refunds) {
        if (refund.status == payments::RefundStatus::done) sum += refund.amount.minor;
    }
    return sum;
}

std::int64_t asked_minor(const std::vector<payments::Refund>& refunds) {
    std::int64_t sum = 0;
    for (const auto& refund : refunds) {
        if (refund.status != payments::RefundStatus::failed) sum += refund.amount.minor;
    }
    return sum;
}

bool any_pending(const std::vector<payments::Refund>& refunds) {
    return std::ranges::any_of(
        refunds, [](const auto& refund) { return refund.status == payments::RefundStatus::pending; });
}

std::string actor_of(const Context& ctx) {
    if (!ctx.principal.signed_in()) return "system";
    return Id<UserTag>{ctx.principal.user}.text();
}

}  // namespace caddy::checkout::rules
