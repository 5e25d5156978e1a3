#include "app/product_page.hpp"

#include "core/assert.hpp"
#include "platform/json/encode.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace caddy::app {
namespace {

constexpr std::size_t description_bytes_max = 300;

/// For text and for quoted attributes alike.
std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        switch (c) {
            case '&':
                out += "&amp;";
                break;
            case '<':
                out += "&lt;";
                break;
            case '>':
                out += "&gt;";
                break;
            case '"':
                out += "&quot;";
                break;
            case '\'':
                out += "&#39;";
                break;
            default:
                out += c;
        }
    }
    return out;
}

/// A JSON string that no markup can end: a script element ends at `</script`, wherever it stands.
std::string json_text(std::string_view text) {
    std::string out;
    for (const char c : json::to_json(std::string(text))) {
        if (c == '<') out += "\\u003c";
        else out += c;
    }
    return out;
}

std::string meta(std::string_view kind, std::string_view name, std::string_view content) {
    return "<meta " + std::string(kind) + "=\"" + std::string(name) + "\" content=\"" + escaped(content) + "\">";
}

std::string_view availability_of(const catalog::Product& product) {
    switch (product.availability) {
        case catalog::Availability::in_stock:
            return "https://schema.org/InStock";
        case catalog::Availability::low_stock:
            return "https://schema.org/LimitedAvailability";
        case catalog::Availability::out_of_stock:
            return "https://schema.org/OutOfStock";
        case catalog::Availability::preorder:
            return "https://schema.org/PreOrder";
    }
    return "https://schema.org/OutOfStock";
}

std::string offer_of(const catalog::Product& product, std::string_view address) {
    const auto& range = *product.price_range;
    return ",\"offers\":{\"@type\":\"AggregateOffer\",\"url\":" + json_text(address) +
           ",\"lowPrice\":" + json_text(format_amount(range.min)) +
           ",\"highPrice\":" + json_text(format_amount(range.max)) +
           ",\"offerCount\":" + std::to_string(product.variants.size()) +
           ",\"priceCurrency\":" + json_text(range.min.currency.code()) +
           ",\"availability\":" + json_text(availability_of(product)) + "}";
}

/// Pictures of the shop's own are addressed from its root.
std::string absolute(std::string_view url, std::string_view public_url) {
    return url.starts_with('/') ? std::string(public_url) + std::string(url) : std::string(url);
}

std::string data_of(const catalog::Product& product, std::string_view description, std::string_view address,
                    std::string_view public_url) {
    std::string out = R"({"@context":"https://schema.org","@type":"Product","name":)" + json_text(product.title) +
                      ",\"url\":" + json_text(address) + ",\"description\":" + json_text(description);
    if (!product.vendor.empty()) out += R"(,"brand":{"@type":"Brand","name":)" + json_text(product.vendor) + "}";
    if (!product.media.empty()) {
        out += ",\"image\":[";
        for (std::size_t at = 0; at < product.media.size(); ++at)
            out += (at > 0 ? "," : "") + json_text(absolute(product.media[at].url, public_url));
        out += "]";
    }
    if (product.price_range) out += offer_of(product, address);
    return out + "}";
}

/// Replaces what stands between the two marks, these included.
void replace_between(std::string& page, std::string_view first, std::string_view last, std::string_view with) {
    const auto begin = page.find(first);
    if (begin == std::string::npos) return;
    const auto end = page.find(last, begin);
    if (end == std::string::npos) return;
    page.replace(begin, end + last.size() - begin, with);
}

std::string_view without_broken_end(std::string_view text, std::size_t bytes_max) {
    if (text.size() <= bytes_max) return text;
    auto end = bytes_max;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
    return text.substr(0, end);
}

/// The character that an entity at the text's beginning stands for, and the entity's length.
std::pair<std::string_view, std::size_t> entity_at(std::string_view text) {
    static constexpr std::array<std::pair<std::string_view, std::string_view>, 6> known{
        {{"&amp;", "&"}, {"&lt;", "<"}, {"&gt;", ">"}, {"&quot;", "\""}, {"&#39;", "'"}, {"&nbsp;", " "}}};
    for (const auto& [entity, character] : known) {
        if (text.starts_with(entity)) return {character, entity.size()};
    }
    return {"&", 1};
}

}   // namespace

std::string text_of_html(std::string_view html, std::size_t bytes_max) {
    std::string out;
    const auto space = [&out] {
        if (!out.empty() && out.back() != ' ') out += ' ';
    };
    for (std::size_t at = 0; at < html.size(); ++at) {
        const char c = html[at];
        if (c == '<') {
            space();
            at = std::min(html.find('>', at), html.size());
        } else if (c == '&') {
            const auto [character, length] = entity_at(html.substr(at));
            out += character;
            at += length - 1;
        } else if (c == ' ' || c == '\n' || c == '\t' || c == '\r') {
            space();
        } else {
            out += c;
        }
    }
    if (out.ends_with(' ')) out.pop_back();
    return std::string(without_broken_end(out, bytes_max));
}

std::string product_page(std::string_view shell, const catalog::Product& product, std::string_view public_url) {
    const auto title = product.seo.title.value_or(product.title);
    const auto description =
        product.seo.description ? *product.seo.description : text_of_html(product.description, description_bytes_max);
    const auto address = std::string(public_url) + "/products/" + product.handle;
    std::string page(shell);
    replace_between(page, "<title>", "</title>", "<title>" + escaped(title) + "</title>");
    replace_between(page, "<meta name=\"description\"", ">", meta("name", "description", description));

    std::string head = "<link rel=\"canonical\" href=\"" + escaped(address) + "\">" +
                       meta("property", "og:type", "product") + meta("property", "og:title", title) +
                       meta("property", "og:description", description) + meta("property", "og:url", address);
    if (!product.media.empty()) head += meta("property", "og:image", absolute(product.media.front().url, public_url));
    head += "<script type=\"application/ld+json\">" + data_of(product, description, address, public_url) + "</script>";
    const auto end = page.find("</head>");
    CADDY_ASSERT(end != std::string::npos);
    page.insert(end, head);
    return page;
}

}   // namespace caddy::app
