#include "shop/catalog/catalog_rules.hpp"

#include "core/checks.hpp"
#include "platform/crypto/digest.hpp"
#include "platform/json/decode.hpp"
#include "platform/text/text.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace caddy::catalog::rules {
namespace {

/// The first `count` code points. REQUIRES: is_utf8.
std::string_view first_code_points(std::string_view text, std::size_t count) {
    std::size_t seen = 0;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const bool starts = (static_cast<unsigned char>(text[at]) & 0xC0U) != 0x80U;
        if (starts && seen++ == count) return text.substr(0, at);
    }
    return text;
}

int rank(Availability availability) {
    switch (availability) {
        case Availability::in_stock:
            return 3;
        case Availability::low_stock:
            return 2;
        case Availability::preorder:
            return 1;
        case Availability::out_of_stock:
            return 0;
    }
    return 0;
}

}  // namespace

Availability shown_availability(bool tracked, StockPolicy policy, Availability stock) {
    if (!tracked) return Availability::in_stock;
    if (stock != Availability::out_of_stock && stock != Availability::preorder) return stock;
    return policy == StockPolicy::backorder ? Availability::preorder : Availability::out_of_stock;
}

Availability best_of(std::span<const Availability> variants) {
    auto best = Availability::out_of_stock;
    for (const auto each : variants) {
        if (rank(each) > rank(best)) best = each;
    }
    return best;
}

bool counts_as_in_stock(Availability availability) {
    return availability == Availability::in_stock || availability == Availability::low_stock;
}

std::string variant_title(const std::vector<std::string>& option_values) {
    std::string title;
    for (const auto& value : option_values) title.append(title.empty() ? "" : " / ").append(value);
    return title;
}

std::string options_key(const std::vector<std::string>& option_values) {
    std::string joined;
    for (const auto& value : option_values) {
        const auto normal = text::nfc(value);
        joined.append(std::to_string(normal.size())).append(":").append(normal);
    }
    return crypto::sha256_hex(joined);
}

std::string options_json(const ProductDraft& draft) {
    std::string out = "[";
    for (std::size_t option = 0; option < draft.option_names.size(); ++option) {
        std::vector<std::string> values;   // in the order in which the variants bring them
        std::set<std::string_view> known;
        for (const auto& variant : draft.variants) {
            if (known.insert(variant.option_values[option]).second) values.push_back(variant.option_values[option]);
        }
        out.append(option == 0 ? R"({"name":)" : R"(,{"name":)");
        json::write(out, draft.option_names[option]);
        out.append(R"(,"values":)");
        json::write(out, values);
        out.push_back('}');
    }
    out.push_back(']');
    return out;
}

std::string variant_options_json(const std::vector<std::string>& names, const std::vector<std::string>& values) {
    std::vector<std::pair<std::string, std::string>> members;
    for (std::size_t i = 0; i < names.size(); ++i) members.emplace_back(names[i], values[i]);
    return json::to_json(members);
}

std::string attributes_json(const std::vector<Attribute>& attributes, Visibility visibility) {
    std::vector<std::pair<std::string, std::string>> members;
    for (const auto& attribute : attributes) {
        if (attribute.visibility == visibility) members.emplace_back(attribute.name, attribute.value);
    }
    return json::to_json(members);
}

bool same_members(const std::string& a, const std::string& b) {
    using Members = std::map<std::string, std::string>;
    const auto left = json::from_json<Members>(a);
    const auto right = json::from_json<Members>(b);
    return left.has_value() && right.has_value() && *left == *right;
}

std::string title_key(std::string_view title) {
    return std::string(first_code_points(text::folded(title), name_length_max));
}

std::string search_text(const ProductDraft& draft) {
    std::string all = draft.title + "\n" + draft.handle + "\n" + draft.vendor;
    for (const auto& variant : draft.variants) {
        if (variant.sku) all.append("\n").append(*variant.sku);
    }
    return text::folded(all);
}

std::vector<std::string> search_words(std::string_view query) {
    const auto folded = text::folded(text::trimmed(query));
    std::vector<std::string> words;
    std::string_view rest = folded;
    while (!rest.empty()) {
        const auto end = words.size() + 1 == search_words_max ? rest.size() : rest.find(' ');
        auto word = text::trimmed(rest.substr(0, end));
        if (!word.empty()) words.push_back(std::move(word));
        if (end >= rest.size()) break;
        rest.remove_prefix(end + 1);
    }
    return words;
}

std::string category_handle(std::span<const std::string> path) {
    std::string names;
    for (const auto& name : path) names.append(names.empty() ? "" : " ").append(name);
    auto handle = text::slug(names);
    if (text::length(handle) <= name_length_max) return handle;
    // Two long paths may begin alike; a digest of the whole keeps their handles apart.
    constexpr std::size_t digits = 12;
    std::string shortened(first_code_points(handle, name_length_max - digits - 1));
    return shortened + "-" + crypto::sha256_hex(handle).substr(0, digits);
}

std::optional<PriceRange> price_range(const std::vector<VariantDraft>& variants) {
    std::optional<PriceRange> range;
    for (const auto& variant : variants) {
        if (!variant.price) continue;
        if (!range) range = PriceRange{*variant.price, *variant.price};
        range->min.minor = std::min(range->min.minor, variant.price->minor);
        range->max.minor = std::max(range->max.minor, variant.price->minor);
    }
    return range;
}

}  // namespace caddy::catalog::rules
