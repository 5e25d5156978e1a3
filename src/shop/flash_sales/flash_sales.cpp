// What shoppers do: look at sales, take tickets, follow them.
#include "shop/flash_sales/flash_sales.hpp"

#include "core/assert.hpp"
#include "platform/crypto/digest.hpp"
#include "platform/telemetry/log.hpp"
#include "shop/flash_sales/flash_sales_parts.hpp"

#include <algorithm>

namespace caddy::flash_sales {
namespace {

using std::chrono::steady_clock;

constexpr std::chrono::seconds board_life{1};      // what is shown of a sale is not older
constexpr std::chrono::seconds sold_out_life{1};   // so often somebody really asks
constexpr std::chrono::seconds clock_skew{1};      // within it, Redis' clock decides whether a sale runs
constexpr std::chrono::seconds estimate_life{2};
constexpr std::size_t estimates_max = 1'000;
constexpr std::size_t sold_out_max = 1'000;
constexpr int armed_max = 200;
constexpr std::int64_t low_share = 10;   // a tenth and less is low

/// What an estimate depends on, besides what the customer himself has open.
std::string shape_of(const Sale& sale, const Wish& wish) {
    const auto& request = wish.request;
    if (!request.shipping_address || !request.shipping_method_id) return {};
    const auto& address = *request.shipping_address;
    if (address.name.empty() || address.city.empty() || address.line1.empty()) return {};
    return sale.id.text() + '/' + std::to_string(sale.version) + '/' + request.shipping_method_id->text() + '/' +
           address.country + '/' + address.province + '/' + std::to_string(wish.quantity) + '/' +
           request.payment_provider;
}

}  // namespace

const metrics::Counter tickets_total{{"caddy_flash_sale_tickets_total",
                                      "Tickets of flash sales that were asked for, and what became of them.",
                                      {"result"}}};

std::shared_ptr<const KnownSale> FlashSaleService::Board::find(SaleId id) const {
    const auto found = std::ranges::find_if(sales, [&](const auto& each) { return each->sale.id == id; });
    return found == sales.end() ? nullptr : *found;
}

FlashSaleService::FlashSaleService(db::Database& database, const Parts& parts, redis::Client* redis,
                                   const Config& config)
    : db_(database), parts_(parts), config_(config), door_(redis ? std::make_unique<RedisDoor>(*redis) : nullptr) {}

FlashSaleService::~FlashSaleService() = default;

Task<std::shared_ptr<const FlashSaleService::Board>> FlashSaleService::board(const Context& ctx) {
    if (board_ && steady_clock::now() - board_->read_at < board_life) co_return board_;
    auto fresh = std::make_shared<Board>();
    // Whoever comes while it is read is content with the one before.
    if (board_) {
        auto older = std::make_shared<Board>(*board_);
        older->read_at = steady_clock::now();
        board_ = std::move(older);
    }
    auto db = co_await db_.read(ctx);
    const auto sales = co_await store::armed(db, armed_max);
    std::vector<catalog::VariantId> variants;
    for (const auto& sale : sales) variants.push_back(sale.variant_id);
    const auto offers = co_await parts_.catalog.offers(db, variants);
    for (const auto& sale : sales) {
        KnownSale known{sale, std::nullopt};
        const auto offer = std::ranges::find(offers, sale.variant_id, &catalog::Offer::variant);
        if (offer != offers.end()) known.offer = *offer;
        fresh->sales.push_back(std::make_shared<const KnownSale>(std::move(known)));
    }
    fresh->read_at = steady_clock::now();
    board_ = fresh;
    co_return board_;
}

Task<std::vector<std::shared_ptr<const KnownSale>>> FlashSaleService::list(const Context& ctx) {
    const auto known = co_await board(ctx);
    auto sales = known->sales;
    std::erase_if(sales, [&](const auto& each) { return phase_of(each->sale, ctx.now()) == Phase::ended; });
    std::ranges::sort(sales, {}, [](const auto& each) { return std::pair(each->sale.starts_at, each->sale.id); });
    co_return sales;
}

Task<Result<std::shared_ptr<const KnownSale>>> FlashSaleService::show(const Context& ctx, SaleId id) {
    const auto known = co_await board(ctx);
    auto found = known->find(id);
    if (found) co_return found;
    auto db = co_await db_.read(ctx);
    const auto sale = co_await store::find(db, id);
    if (!sale || sale->state == SaleState::draft) co_return refuse::not_found();
    KnownSale known_sale{*sale, std::nullopt};
    const auto offers = co_await parts_.catalog.offers(db, std::span(&sale->variant_id, 1));
    if (!offers.empty()) known_sale.offer = offers.front();
    co_return std::make_shared<const KnownSale>(std::move(known_sale));
}

Supply FlashSaleService::supply_of(const Sale& sale) const {
    if (sale.remaining <= 0) return Supply::sold_out;
    return sale.remaining * low_share <= sale.stock ? Supply::low_stock : Supply::in_stock;
}

Task<Result<TicketView>> FlashSaleService::take_ticket(const Context& ctx, SaleId id, const Wish& asked,
                                                       const std::optional<SentKey>& key) {
    CADDY_CO_TRY(const auto known, co_await show(ctx, id));
    const auto& sale = known->sale;
    Ticket ticket;
    ticket.id = TicketId::next();
    ticket.sale_id = id;
    ticket.customer = ctx.principal.user;
    ticket.request_key = key ? key->scope : crypto::sha256_hex("ticket " + ticket.id.text());
    ticket.request_hash = key ? key->request_hash : "";
    ticket.created_at = ctx.now();
    ticket.expires_at = ctx.now() + std::chrono::seconds(config_.ticket_wait_s);
    if (key && phase_of(sale, ctx.now()) == Phase::ended) {
        co_return co_await repeat(ctx, ticket);
    }
    // Right at its bounds Redis' clock decides, which is one for all processes.
    const auto window = check_window(sale, ctx.now());
    const bool near_start = sale.state == SaleState::armed && sale.starts_at - ctx.now() < clock_skew;
    if (window.has_error() && !(door_ && near_start && ctx.now() < sale.starts_at)) {
        tickets_total.add({window.error().code == "flash_sale.ended" ? "ended" : "not_started"});
        co_return window.error();
    }
    const auto flagged = sold_out_.find(id);
    if (flagged != sold_out_.end() && steady_clock::now() - flagged->second < sold_out_life) {
        if (!key) {
            tickets_total.add({"sold_out"});
            co_return refuse::sold_out();
        }
        co_return co_await repeat(ctx, ticket);
    }
    if (flagged != sold_out_.end()) flagged->second = steady_clock::now();   // this one asks for all
    CADDY_CO_TRY(const auto wish, accepted(asked, sale.quota));
    CADDY_CO_TRY(co_await examine(ctx, *known, wish));
    ticket.quantity = wish.quantity;
    ticket.request = json::to_json(wish.request);
    auto admitted = co_await admit(ctx, ticket);
    if (admitted.has_error()) {
        const auto& code = admitted.error().code;
        tickets_total.add({code.substr(code.find('.') + 1)});
        co_return admitted.error();
    }
    tickets_total.add({admitted->id == ticket.id ? "admitted" : "repeated"});
    const bool is_repeat = admitted->id != ticket.id;
    CADDY_CO_TRY(auto view, co_await view_of(ctx, std::move(*admitted)));
    view.repeated = is_repeat;
    co_return view;
}

Task<Result<void>> FlashSaleService::examine(const Context& ctx, const KnownSale& known, const Wish& wish) {
    const auto shape = shape_of(known.sale, wish);
    const auto found = estimates_.find(shape);
    const auto expected = wish.request.expected_total_minor;
    if (!shape.empty() && found != estimates_.end() && steady_clock::now() < found->second.until &&
        expected.value_or(found->second.total_minor) == found->second.total_minor) {
        co_return Result<void>{};
    }
    Ticket ticket;
    ticket.customer = ctx.principal.user;
    ticket.quantity = wish.quantity;
    ticket.request = json::to_json(wish.request);
    const auto order = order_of(known.sale, ticket);
    CADDY_CO_TRY(const auto totals, co_await parts_.checkout.estimate(ctx, order));
    if (shape.empty()) co_return Result<void>{};
    if (estimates_.size() >= estimates_max) estimates_.clear();
    estimates_[shape] = {steady_clock::now() + estimate_life, totals.total.minor};
    co_return Result<void>{};
}

checkout::DirectOrder FlashSaleService::order_of(const Sale& sale, const Ticket& ticket) const {
    const auto request = json::from_json<OrderRequest>(ticket.request);
    CADDY_ASSERT(request.has_value());
    checkout::DirectOrder order;
    order.source = ticket.id.text();
    order.customer = ticket.customer;
    order.email = request->email;
    order.shipping_address = request->shipping_address;
    order.shipping_method_id = request->shipping_method_id;
    order.note = request->note;
    order.quantity = ticket.quantity;
    order.special = {sale.variant_id, sale.price, sale.id.text()};
    order.wish = {request->payment_provider, request->expected_total_minor, request->language};
    return order;
}

Task<Result<Ticket>> FlashSaleService::admit(const Context& ctx, Ticket ticket) {
    Result<Ticket> outcome = ticket;
    if (door_) {
        outcome = co_await admit_by_redis(ctx, ticket);
    } else {
        outcome = co_await db_.transact(ctx, "flash_sales.admit", [&](db::Transaction& tx) -> Task<Result<Ticket>> {
            return admit_in(tx, ctx, ticket);
        });
    }
    if (outcome.has_value()) sold_out_.erase(ticket.sale_id);
    co_return outcome;
}

void FlashSaleService::note_sold_out(SaleId id) {
    if (sold_out_.size() >= sold_out_max) sold_out_.clear();
    sold_out_[id] = steady_clock::now();
}

Task<Result<Ticket>> FlashSaleService::admit_by_redis(const Context& ctx, const Ticket& ticket) {
    auto admission = co_await door_->admit(ctx, ticket, RedisDoor::Wanted::ticket);
    if (admission.answer == Answer::unknown) {
        co_await load(ctx, ticket.sale_id);
        admission = co_await door_->admit(ctx, ticket, RedisDoor::Wanted::ticket);
    }
    switch (admission.answer) {
        case Answer::admitted: co_return ticket;
        case Answer::repeated: {
            if (admission.request_hash != ticket.request_hash) co_return refuse::key_reused();
            auto given = co_await find_anywhere(ctx, ticket.sale_id, admission.ticket);
            if (!given) co_return refuse::ticket_not_found();
            co_return std::move(given->ticket);
        }
        case Answer::not_started: co_return refuse::not_started(std::chrono::seconds(1));
        case Answer::quota: {
            const auto known = co_await board(ctx);
            const auto sale = known->find(ticket.sale_id);
            co_return refuse::quota(sale ? sale->sale.quota : ticket.quantity);
        }
        case Answer::sold_out:
            // More than one may be too much while one is left.
            if (admission.left <= 0) note_sold_out(ticket.sale_id);
            co_return refuse::sold_out();
        case Answer::unknown:
        case Answer::ended: break;
    }
    co_return refuse::ended();
}

Task<> FlashSaleService::load(const Context& ctx, SaleId id) {
    std::optional<Sale> sale;
    std::vector<store::Held> held;
    std::vector<store::Given> given;
    {
        auto db = co_await db_.read(ctx);
        sale = co_await store::find(db, id);
        if (!sale || sale->state != SaleState::armed) co_return;
        held = co_await store::held(db, id);
        given = co_await store::given(db, id);
    }
    co_await door_->load(ctx, *sale, held, given);
    log::info("flash_sale.loaded", {{"sale", id.text()}, {"left", sale->remaining}});
}

Task<Result<Ticket>> FlashSaleService::admit_in(db::Transaction& tx, const Context& ctx, Ticket ticket) {
    auto given = co_await store::ticket_of_key(tx, ticket.request_key);
    if (given && given->request_hash != ticket.request_hash) co_return refuse::key_reused();
    if (given) co_return std::move(*given);
    const auto sale = co_await store::lock(tx, ticket.sale_id);
    if (!sale) co_return refuse::not_found();
    CADDY_CO_TRY(check_window(*sale, ctx.now()));
    const auto held = co_await store::held_by(tx, sale->id, std::span(&ticket.customer, 1));
    const auto has = held.empty() ? 0 : held.front().quantity;
    if (has + ticket.quantity > sale->quota) co_return refuse::quota(sale->quota);
    const bool taken = co_await store::shift(tx, sale->id, {0, -ticket.quantity, 0}, ctx.now());
    if (!taken && sale->remaining <= 0) note_sold_out(sale->id);
    if (!taken) co_return refuse::sold_out();
    co_await store::insert_ticket(tx, ticket, ctx.now());
    co_return ticket;
}

Task<Result<TicketView>> FlashSaleService::repeat(const Context& ctx, const Ticket& ticket) {
    CADDY_CO_TRY(auto given, co_await repeated(ctx, ticket));
    CADDY_CO_TRY(auto view, co_await view_of(ctx, std::move(given)));
    view.repeated = true;
    co_return view;
}

Task<Result<Ticket>> FlashSaleService::repeated(const Context& ctx, const Ticket& ticket) {
    std::optional<Ticket> given;
    if (door_) {
        const auto admission = co_await door_->admit(ctx, ticket, RedisDoor::Wanted::repeat_only);
        if (admission.answer == Answer::repeated) {
            auto found = co_await find_anywhere(ctx, ticket.sale_id, admission.ticket);
            if (found) given = std::move(found->ticket);
        }
    }
    if (!given) {
        auto db = co_await db_.read(ctx);
        given = co_await store::ticket_of_key(db, ticket.request_key);
    }
    if (!given) {
        const auto known = board_ ? board_->find(ticket.sale_id) : nullptr;
        if (!known || phase_of(known->sale, ctx.now()) == Phase::ended) co_return refuse::ended();
        tickets_total.add({"sold_out"});
        co_return refuse::sold_out();
    }
    tickets_total.add({"repeated"});
    if (given->request_hash != ticket.request_hash) co_return refuse::key_reused();
    co_return std::move(*given);
}

Task<Result<TicketView>> FlashSaleService::ticket(const Context& ctx, SaleId sale, TicketId id) {
    auto found = co_await find_anywhere(ctx, sale, id);
    if (!found || found->ticket.customer != ctx.principal.user) co_return refuse::ticket_not_found();
    co_return std::move(*found);
}

Task<Result<TicketView>> FlashSaleService::view_of(const Context& ctx, Ticket ticket) {
    auto found = co_await find_anywhere(ctx, ticket.sale_id, ticket.id);
    if (found) co_return std::move(*found);
    co_return TicketView{std::move(ticket), 1};
}

Task<std::optional<TicketView>> FlashSaleService::find_anywhere(const Context& ctx, SaleId sale, TicketId id) {
    std::optional<TicketView> view;
    if (door_ && door_->available()) {
        auto waiting = co_await door_->find(ctx, sale, id);
        if (waiting) co_return TicketView{std::move(waiting->ticket), waiting->position};
    }
    auto db = co_await db_.read(ctx);
    auto ticket = co_await store::find_ticket(db, id);
    if (ticket && ticket->sale_id == sale) {
        view.emplace(TicketView{std::move(*ticket)});
        if (view->ticket.state == TicketState::waiting) {
            const auto before = co_await store::waiting_before(db, sale, id);
            view->position = before + 1;
        }
        if (view->ticket.order_id) view->order = co_await parts_.orders.find(db, *view->ticket.order_id);
        co_return view;
    }
    // Redis held it, if anybody: it must be asked, and cannot be.
    if (door_ && !door_->available()) {
        throw redis::Gone(redis::GoneReason::unreachable, redis::Gone::Effect::none, "tickets cannot be read now");
    }
    co_return std::nullopt;
}

}  // namespace caddy::flash_sales
