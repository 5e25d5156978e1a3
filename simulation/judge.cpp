#include "simulation/judge.hpp"

#include "simulation/judge_rows.hpp"

#include <algorithm>
#include <set>

namespace caddy::simulation {
namespace {

class Judge {
public:
    explicit Judge(World& world)
        : world_(world), orders_(rows<OrderRow>(sql_orders)), tickets_(rows<TicketRow>(sql_tickets)),
          sale_(rows<SaleRow>(sql_sale).at(0)) {
        for (const auto& row : rows<PieceRow>(sql_pieces)) pieces_[row.order_id].push_back(row);
    }

    std::vector<std::string> all() {
        rest();
        acknowledged();
        unasked();
        shown();
        stock();
        money();
        tickets();
        told();
        named("fulfil", sql_parcels);
        named("refund", sql_refunds);
        return std::move(wrong_);
    }

private:
    template <class Row>
    std::vector<Row> rows(const db::Sql& sql) {
        return db::decode_rows<Row>(world_.server.read(sql));
    }
    void wrong(std::string what) { wrong_.push_back(std::move(what)); }
    static std::string name_of(OrderStatus status) { return boost::describe::enum_to_string(status, "?"); }
    const OrderRow* order(const std::string& id) const {
        const auto found = std::ranges::find(orders_, OrderId::parse(id).value_or(OrderId{}), &OrderRow::id);
        return found == orders_.end() ? nullptr : &*found;
    }

    /// Without faults, all work comes to an end.
    void rest() {
        for (const auto& pod : world_.pods) {
            for (const auto& fault : pod->faults) wrong("a fault was answered: " + fault);
        }
        for (const auto& thrown : world_.scheduler.escaped) wrong("a task ended by: " + thrown);
        for (const auto& ask : world_.asks) {   // the actors know how to ask
            if (ask->final_status == 400 || ask->final_status == 422) wrong(ask->key + " was answered " + ask->code);
        }
        if (!world_.came_to_rest) wrong("work is left that does not come to an end");
        for (const auto& row : rows<NamedRow>(sql_undone)) {
            wrong("an event is not done: " + row.name + " after " + std::to_string(row.amount_minor) + " tries");
        }
        for (const auto& row : rows<NamedRow>(sql_pending_refunds)) wrong("a refund is not done: " + row.name);
        for (const auto& row : orders_) {
            if (row.status == OrderStatus::pending_payment || row.status == OrderStatus::refunding) {
                wrong("order " + row.id.text() + " is still " + name_of(row.status));
            }
        }
    }

    /// An order that was acknowledged is there, once, with the total that was told.
    void acknowledged() {
        std::map<std::string, std::string> by_cart;
        for (const auto& ask : world_.asks) {
            if (ask->what != "checkout" || !ask->shown) continue;
            const auto& told = *ask->shown;
            const auto* row = order(told.id);
            if (!row) {
                wrong("order " + told.id + " was acknowledged and is not there");
                continue;
            }
            if (row->cart_id != ask->subject) wrong("order " + told.id + " is of another cart");
            const auto cart = cart_of(ask->subject);
            if (row->total_minor != told.total_minor || told.total_minor != cart->total_minor) {
                wrong("order " + told.id + " has another total than was told");
            }
            const auto [first, fresh] = by_cart.emplace(ask->subject, told.id);
            if (!fresh && first->second != told.id) wrong("cart " + ask->subject + " was ordered twice");
        }
    }

    const BaseCart* cart_of(const std::string& id) const {
        for (const auto& kind : world_.base.carts) {
            const auto found = std::ranges::find(kind, id, &BaseCart::id);
            if (found != kind.end()) return &*found;
        }
        return nullptr;
    }

    /// No order is there that nobody asked for, or that everybody who asked was refused.
    void unasked() {
        for (const auto& row : orders_) {
            if (ticket_of(row) != nullptr) continue;
            bool may_be = false;
            for (const auto& ask : world_.asks) {
                const bool about = ask->what == "checkout" && ask->subject == row.cart_id;
                may_be = may_be || (about && (ask->shown || ask->unclear > 0));
            }
            if (!may_be) wrong("order " + row.id.text() + " is there, and nobody was told of it");
            const auto* cart = cart_of(row.cart_id);
            if (!cart) continue;
            std::map<catalog::VariantId, std::int64_t> wanted, got;
            for (const auto& piece : cart->pieces) wanted[piece.variant] += piece.quantity;
            for (const auto& piece : pieces_[row.id]) got[piece.variant_id] += piece.quantity;
            if (wanted != got) wrong("order " + row.id.text() + " has other pieces than its cart");
        }
    }

    /// What an order was once shown as leads to what it is.
    void shown() {
        for (const auto& [id, states] : world_.seen) {
            const auto* row = order(id);
            if (!row) continue;   // told of above
            for (const auto& state : states) {
                OrderStatus was{};
                if (!boost::describe::enum_from_string(state.c_str(), was) || !leads_to(was, row->status)) {
                    wrong("order " + id + " was shown as " + state + " and is " + name_of(row->status));
                }
            }
        }
    }

    static bool leads_to(OrderStatus from, OrderStatus to) {
        std::set<OrderStatus> reached{from};
        std::vector<OrderStatus> open{from};
        while (!open.empty()) {
            const auto at = open.back();
            open.pop_back();
            boost::mp11::mp_for_each<boost::describe::describe_enumerators<OrderStatus>>([&](auto each) {
                if (orders::may_become(at, each.value) && reached.insert(each.value).second) open.push_back(each.value);
            });
        }
        return reached.contains(to);
    }

    /// Each piece is on the shelf, promised to an order that waits for it, or gone for a reason.
    void stock() {
        std::map<catalog::VariantId, std::int64_t> gone, promised;
        for (const auto& row : orders_) {
            const bool over = row.status == OrderStatus::cancelled || row.status == OrderStatus::expired ||
                              row.status == OrderStatus::refunded;
            for (const auto& piece : pieces_[row.id]) {
                gone[piece.variant_id] += piece.sent + piece.lost - piece.restocked;
                const auto waiting = piece.quantity - piece.sent - piece.lost - piece.freed;
                if (waiting < 0) wrong("order " + row.id.text() + " got more pieces than it has");
                if (!over) promised[piece.variant_id] += waiting;
            }
        }
        promised[sale_.variant_id] += sale_.remaining;
        for (const auto& ticket : tickets_) {
            if (ticket.state == flash_sales::TicketState::waiting) promised[sale_.variant_id] += ticket.quantity;
        }
        for (const auto& level : rows<LevelRow>(sql_levels)) {
            const auto start = world_.base.on_hand.at(level.variant_id);
            const auto expected = start - gone[level.variant_id];
            const auto tell = [&](std::string_view what, std::int64_t found, std::int64_t wanted) {
                if (found == wanted) return;
                wrong("variant " + level.variant_id.text() + ": " + std::string(what) + " is " + std::to_string(found) +
                      " instead of " + std::to_string(wanted));
            };
            tell("on hand", level.on_hand, expected);
            tell("reserved", level.reserved, promised[level.variant_id]);
            if (level.on_hand < level.reserved) wrong("variant " + level.variant_id.text() + " is sold too often");
        }
    }

    /// The shop keeps the money of what is bought, once, and of nothing else.
    void money() {
        const auto all = rows<PaymentRow>(sql_payments);
        for (const auto& row : orders_) {
            std::int64_t kept = 0;
            int payers = 0;
            for (const auto& payment : all) {
                const auto account = world_.bank.accounts.find(payment.id);
                if (payment.order_id != row.id || account == world_.bank.accounts.end()) continue;
                kept += account->second.kept_minor();
                payers += account->second.kept_minor() > 0 ? 1 : 0;
                if (account->second.returned_minor > account->second.amount.minor) wrong("too much money went back");
            }
            if (payers > 1) wrong("order " + row.id.text() + " was paid more than once");
            if (!money_fits(row, kept)) {
                wrong("order " + row.id.text() + " is " + name_of(row.status) + " of " +
                      std::to_string(row.total_minor) + ", and the shop has " + std::to_string(kept));
            }
        }
        for (const auto& [id, account] : world_.bank.accounts) {
            if (account.kept_minor() == 0 || std::ranges::find(all, id, &PaymentRow::id) != all.end()) continue;
            wrong("payment " + id.text() + " took money and is not there");
        }
    }

    static bool money_fits(const OrderRow& row, std::int64_t kept) {
        switch (row.status) {
            case OrderStatus::paid: return kept == row.total_minor;
            case OrderStatus::cancelled:
            case OrderStatus::expired:
            case OrderStatus::refunded: return kept == 0;
            case OrderStatus::partially_refunded: return kept > 0 && kept < row.total_minor;
            // Sent after a part of the money went back.
            case OrderStatus::fulfilling:
            case OrderStatus::shipped:
            case OrderStatus::delivered:
            case OrderStatus::completed: return kept > 0 && kept <= row.total_minor;
            case OrderStatus::pending_payment:
            case OrderStatus::refunding: return true;   // told of above
        }
        return false;
    }

    const TicketRow* ticket_of(const OrderRow& row) const {
        const auto found = std::ranges::find(tickets_, row.cart_id, [](const auto& each) { return each.id.text(); });
        return found == tickets_.end() ? nullptr : &*found;
    }

    /// A flash sale gives out no more than it has, to nobody more than his share, and a ticket is one order at most.
    void tickets() {
        using flash_sales::TicketState;
        std::int64_t out = 0;
        std::map<std::int64_t, std::int64_t> held, given, asked;
        for (const auto& ticket : tickets_) {
            const bool holds = ticket.state == TicketState::waiting || ticket.state == TicketState::ordered;
            if (holds) out += ticket.quantity;
            if (holds) held[ticket.customer] += ticket.quantity;
            ++given[ticket.customer];
            if (ticket.state == TicketState::waiting) wrong("ticket " + ticket.id.text() + " still waits");
            const bool is_order = ticket.state == TicketState::ordered || ticket.state == TicketState::returned;
            if (is_order != ticket.order_id.has_value()) wrong("ticket " + ticket.id.text() + " has the wrong order");
        }
        if (out + sale_.remaining > sale_.stock) wrong("the flash sale gave out more than it has");
        for (const auto& [customer, units] : held) {
            if (units > BaseSale::quota) wrong("customer " + std::to_string(customer) + " got more than his share");
        }
        for (const auto& ask : world_.asks) {
            if (ask->what != "ticket") continue;
            if (ask->acknowledged() || ask->unclear > 0) ++asked[ask->customer];
            const auto id = ask->acknowledged() ? read_text(ask->body, "id") : std::string();
            const auto is_it = [&](const TicketRow& each) { return each.id.text() == id; };
            if (!id.empty() && std::ranges::none_of(tickets_, is_it)) wrong("ticket " + id + " was given and is gone");
        }
        for (const auto& [customer, count] : given) {
            if (count > asked[customer]) wrong("customer " + std::to_string(customer) + " did not ask for his tickets");
        }
        for (const auto& row : orders_) {
            const auto* ticket = ticket_of(row);
            if (!ticket) continue;
            if (ticket->order_id != row.id) wrong("order " + row.id.text() + " is not its ticket's");
            if (row.total_minor != ticket->quantity * BaseSale::price_minor) {
                wrong("order " + row.id.text() + " is not at the price of the sale");
            }
        }
    }

    /// What other systems were told of orders happened once, and the money that went back is told to the last unit.
    void told() {
        std::map<std::pair<std::string, std::string>, int> steps;
        std::map<std::string, std::int64_t> returned;
        for (const auto& event : rows<EventRow>(sql_told)) {
            if (event.type == "payments.refunded") {
                returned[read_text(event.payload, "payment_id")] += read_number(event.payload, "amount_minor");
            } else if (++steps[{event.type, event.aggregate}] > 1) {
                wrong("order " + event.aggregate + ": " + event.type + " was told twice");
            }
        }
        for (const auto& [id, account] : world_.bank.accounts) {
            const auto said = returned[id.text()];
            if (said == account.returned_minor) continue;
            wrong("payment " + id.text() + ": " + std::to_string(said) + " was told to have gone back, the bank says " +
                  std::to_string(account.returned_minor));
        }
    }

    /// What staff did under a key was done once if they were told so, never if it was refused, and never twice.
    void named(const std::string& what, const db::Sql& sql) {
        std::map<std::string, int> found;
        for (const auto& row : rows<NamedRow>(sql)) ++found[row.name];
        for (const auto& ask : world_.asks) {
            if (ask->what != what) continue;
            const auto times = found[ask->key];
            const bool refused = !ask->acknowledged() && ask->final_status != 0 && ask->unclear == 0;
            if (times > 1) wrong(ask->key + " was done " + std::to_string(times) + " times");
            if (ask->acknowledged() && times != 1) wrong(ask->key + " was acknowledged and is not there");
            if (refused && times != 0) wrong(ask->key + " was refused and is there");
            found.erase(ask->key);
        }
        for (const auto& [key, times] : found) wrong(key + " is there, and nobody asked for it");
    }

    World& world_;
    std::vector<OrderRow> orders_;
    std::vector<TicketRow> tickets_;
    SaleRow sale_;
    std::map<OrderId, std::vector<PieceRow>> pieces_;
    std::vector<std::string> wrong_;
};

/// The shop's own opinion.
Task<> audit(Pod& pod, std::vector<std::string>& wrong) {
    const auto ctx = pod.context();
    const auto add = [&](const auto& findings) {
        for (const auto& each : findings) wrong.push_back("audit: " + each.subject + " " + each.detail);
    };
    const auto orders = co_await pod.checkout.audit(ctx);
    add(orders);
    const auto stock = co_await pod.inventory.audit(ctx);
    add(stock);
    const auto sales = co_await pod.flash_sales.audit(ctx);
    add(sales);
    auto session = co_await pod.database.read(ctx);
    const auto events = co_await caddy::jobs::audit_sequences(session);
    for (const auto& each : events) wrong.push_back("audit of events: " + each);
}

}  // namespace

std::vector<std::string> judge(World& world) {
    auto wrong = Judge(world).all();
    auto& pod = **std::ranges::find_if(world.pods, &Pod::alive);
    bool done = false;
    const auto run = [](Pod& by, std::vector<std::string>& out, bool& ended) -> Task<> {
        co_await audit(by, out);
        ended = true;
    };
    world.scheduler.spawn(run(pod, wrong, done));
    world.scheduler.until([&] { return done; }, std::chrono::minutes(1));
    if (!done) wrong.emplace_back("the audit does not end");
    return wrong;
}

}  // namespace caddy::simulation
