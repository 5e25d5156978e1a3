#pragma once
// What mails about orders say. Pure; private to the folder.
#include "platform/mail/template.hpp"
#include "shop/order_mails/order_mails.hpp"

namespace caddy::order_mails {

/// As people of that language write an amount: `CN¥1,234.50` in English, `¥1,234.50` in Chinese.
std::string amount_text(Money, std::string_view language);

/// A line of an order as a mail tells it.
struct Piece {
    std::string title;
    std::string variant_title;   // may be empty
    std::int64_t quantity = 0;
    std::optional<Money> price{};
};
std::string pieces_text(const std::vector<Piece>&, std::string_view language);

/// The page of an order, with the token that opens a guest's; empty where there is no such page.
std::string link_of(const Config&, const orders::Order&);

/// What a mail is written about.
struct Story {
    MailKind kind{};
    const orders::Order& order;
    std::vector<Piece> pieces{};              // of the order, or of the parcel
    std::optional<std::string> tracking{};
    std::optional<Money> amount{};            // that went back
    std::string link{};
};
mail::Words words_of(const Story&);

}   // namespace caddy::order_mails
