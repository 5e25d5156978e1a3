#include "shop/order_mails/order_mails.hpp"

#include "platform/json/encode.hpp"
#include "shop/order_mails/order_mails_store.hpp"
#include "shop/order_mails/order_mails_words.hpp"

#include <algorithm>

namespace caddy::order_mails {
namespace {

std::vector<Piece> pieces_of(const orders::Order& order) {
    std::vector<Piece> pieces;
    for (const auto& line : order.lines) pieces.push_back({line.title, line.variant_title, line.quantity, line.total});
    return pieces;
}

/// The parcel's part of the order's lines.
std::vector<Piece> pieces_of(const orders::Order& order, const orders::Fulfilment& parcel) {
    std::vector<Piece> pieces;
    for (const auto& portion : parcel.lines) {
        const auto line = std::ranges::find(order.lines, portion.line_id, &orders::Line::id);
        if (line != order.lines.end()) pieces.push_back({line->title, line->variant_title, portion.quantity});
    }
    return pieces;
}

std::optional<Money> amount_of(const Due& due) {
    const auto currency = Currency::parse(due.currency.value_or(""));
    if (!currency || !due.amount_minor) return std::nullopt;
    return Money{*due.amount_minor, *currency};
}

}   // namespace

std::vector<std::string> faults(const Config& config) {
    std::vector<std::string> faults;
    for (const auto& kind : config.kinds) {
        MailKind known{};
        if (!boost::describe::enum_from_string(kind.c_str(), known)) {
            faults.push_back("ORDER_MAILS: '" + kind + "' is none of placed, paid, shipped, cancelled, refunded");
        }
    }
    const auto& page = config.order_page;
    if (page.empty()) return faults;
    if (!page.starts_with("http://") && !page.starts_with("https://")) {
        faults.emplace_back("ORDER_PAGE: must begin with http:// or https://");
    }
    if (page.find("{order}") == std::string::npos) faults.emplace_back("ORDER_PAGE: {order} must stand in it");
    return faults;
}

Task<> OrderMails::queue(const Context& ctx, const Due& due) {
    const std::string_view kind = boost::describe::enum_to_string(due.kind, "?");
    if (std::ranges::find(config_.kinds, kind) == config_.kinds.end()) co_return;
    const auto queued =
        co_await db_.transact(ctx, "order_mails.queue", [&](db::Transaction& tx) -> Task<Result<void>> {
            const bool is_new = co_await store::insert(tx, due, ctx.now());
            if (!is_new) co_return Result<void>{};
            const auto aggregate = "mails." + due.order_id.text();
            co_await jobs::emit(tx, ctx, "order_mails.due", aggregate, json::to_json(due));
            co_return Result<void>{};
        });
    (void)queued.value();   // nothing in there refuses
}

Task<> OrderMails::send(const Context& ctx, const Due& due) {
    std::optional<orders::Order> order;
    std::vector<orders::Fulfilment> parcels;
    {
        auto db = co_await db_.read(ctx);
        order = co_await orders_.find(db, due.order_id);
        if (due.fulfilment_id) parcels = co_await orders_.fulfilments(db, due.order_id);
    }
    if (!order || order->email.empty()) co_return;
    Story story{due.kind, *order, {}, {}, amount_of(due), link_of(config_, *order)};
    if (due.fulfilment_id) {
        const auto parcel = std::ranges::find(parcels, *due.fulfilment_id, &orders::Fulfilment::id);
        if (parcel == parcels.end()) co_return;
        story.pieces = pieces_of(*order, *parcel);
        story.tracking = parcel->tracking;
    } else {
        story.pieces = pieces_of(*order);
    }
    auto words = words_of(story);
    mail::Mail mail{due.event_id.text(), order->email, std::move(words.subject), std::move(words.text),
                    std::move(words.html)};
    co_await mailer_.send(ctx, std::move(mail));
}

}   // namespace caddy::order_mails
