#include "shop/order_mails/order_mails_words.hpp"

#include "core/assert.hpp"
#include "platform/runtime/embedded.hpp"

#include <algorithm>
#include <array>

// The files of `mails/`, put into the binary by the build.
namespace caddy::order_mail_texts {
std::vector<EmbeddedFile> files();
}

namespace caddy::order_mails {
namespace {

/// How a currency is written in a language, after the Unicode CLDR; others by their code.
struct Sign {
    std::string_view code;
    std::string_view english;
    std::string_view chinese;
};
constexpr std::array signs{
    Sign{"AUD", "A$", "AU$"},  Sign{"BRL", "R$", "R$"},   Sign{"CAD", "CA$", "CA$"}, Sign{"CNY", "CN¥", "¥"},
    Sign{"EUR", "€", "€"},     Sign{"GBP", "£", "£"},     Sign{"HKD", "HK$", "HK$"}, Sign{"ILS", "₪", "₪"},
    Sign{"INR", "₹", "₹"},     Sign{"JPY", "¥", "JP¥"},   Sign{"KRW", "₩", "￦"},    Sign{"MXN", "MX$", "MX$"},
    Sign{"NZD", "NZ$", "NZ$"}, Sign{"TWD", "NT$", "NT$"}, Sign{"USD", "$", "US$"},   Sign{"VND", "₫", "₫"},
};

constexpr std::string_view no_break_space = "\u00a0";

bool is_english(std::string_view language) { return language == "en"; }

/// `1234567.50` as `1,234,567.50`
std::string grouped(std::string amount) {
    constexpr std::size_t group = 3;
    const auto point = std::min(amount.find('.'), amount.size());
    for (std::size_t at = point; at > group; at -= group) amount.insert(at - group, ",");
    return amount;
}

std::string_view template_of(MailKind kind, std::string_view language) {
    const auto name = std::string("order_") + boost::describe::enum_to_string(kind, "?") +
                      (is_english(language) ? ".en.txt" : ".zh-CN.txt");
    static const auto all = order_mail_texts::files();
    const auto found = std::ranges::find_if(all, [&](const auto& file) { return file.name == name; });
    CADDY_ASSERT(found != all.end());
    return found->content;
}

std::string replaced(std::string text, std::string_view name, std::string_view value) {
    const auto at = text.find(name);
    if (at != std::string::npos) text.replace(at, name.size(), value);
    return text;
}

}   // namespace

std::string amount_text(Money amount, std::string_view language) {
    auto digits = format_amount(amount);
    const bool negative = digits.starts_with('-');
    if (negative) digits.erase(0, 1);
    const auto code = amount.currency.code();
    const auto sign = std::ranges::find(signs, code, &Sign::code);
    auto text = sign == signs.end() ? std::string(code) + std::string(no_break_space)
                                    : std::string(is_english(language) ? sign->english : sign->chinese);
    text += grouped(std::move(digits));
    return negative ? "-" + text : text;
}

std::string pieces_text(const std::vector<Piece>& pieces, std::string_view language) {
    const bool english = is_english(language);
    std::string text;
    for (const auto& piece : pieces) {
        if (!text.empty()) text += '\n';
        const auto count = std::to_string(piece.quantity);
        if (english) text += count + " × ";
        text += piece.title;
        if (!piece.variant_title.empty()) {
            text += english ? ", " + piece.variant_title : "（" + piece.variant_title + "）";
        }
        if (!english) text += " × " + count;
        if (piece.price) text += (english ? ": " : "：") + amount_text(*piece.price, language);
    }
    return text;
}

std::string link_of(const Config& config, const orders::Order& order) {
    return replaced(replaced(config.order_page, "{order}", order.id.text()), "{token}", order.token.value_or(""));
}

mail::Words words_of(const Story& story) {
    const auto& order = story.order;
    const auto& language = order.language;
    const auto amount = [&](Money money) { return amount_text(money, language); };
    const auto unless_none = [&](Money money) { return money.minor == 0 ? std::string() : amount(money); };
    const auto& totals = order.totals;
    const auto lines = pieces_text(story.pieces, language);
    const auto discount = unless_none(totals.discount);
    const auto shipping = unless_none(totals.shipping);
    const auto tax = unless_none(totals.tax);
    const auto total = amount(totals.total);
    const auto due = unless_none(totals.total);
    const auto tracking = story.tracking.value_or("");
    const auto given_back = story.amount ? amount(*story.amount) : std::string();
    return mail::filled(template_of(story.kind, language), language,
                        {{"number", order.number},
                         {"lines", lines},
                         {"discount", discount},
                         {"shipping", shipping},
                         {"tax", tax},
                         {"total", total},
                         {"due", due},
                         {"tracking", tracking},
                         {"amount", given_back},
                         {"link", story.link}});
}

}   // namespace caddy::order_mails
