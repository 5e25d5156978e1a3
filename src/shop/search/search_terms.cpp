// From texts to terms: what the index holds, and what a query asks of it.
#include "platform/json/decode.hpp"
#include "platform/text/text.hpp"
#include "platform/text/words.hpp"
#include "shop/search/search_rules.hpp"

#include <algorithm>

namespace caddy::search::rules {
namespace {

constexpr std::size_t prefix_length_min = 2;   // a single letter begins too much
constexpr std::string_view last_character = "\xF4\x8F\xBF\xBF";   // U+10FFFF sorts behind every text

/// The characters `at` to `at + count` of a text.
std::string part(const std::vector<std::string_view>& characters, std::size_t at, std::size_t count) {
    std::string out;
    for (auto i = at; i < std::min(characters.size(), at + count); ++i) out.append(characters[i]);
    return out;
}

bool is_digit(std::string_view character) {
    return character.size() == 1 && character[0] >= '0' && character[0] <= '9';
}

/// `tx100` as `tx` and `100`, so that it is found however its number is set off.
std::vector<std::string> numbers_apart(const std::vector<std::string_view>& characters) {
    std::vector<std::string> parts;
    for (std::size_t at = 0; at < characters.size(); ++at) {
        if (at == 0 || is_digit(characters[at]) != is_digit(characters[at - 1])) parts.emplace_back();
        parts.back().append(characters[at]);
    }
    if (parts.size() < 2) parts.clear();
    return parts;
}

class Collector {
public:
    /// Fields come in the order of their worth: the first that a term stands in is its best.
    void add(Field field, std::string_view text) {
        for (const auto& word : text::words(text)) {
            const auto characters = text::characters(word.text);
            if (word.script == text::Script::alphabetic) {
                put(field, part(characters, 0, term_length_max));
                for (auto& each : numbers_apart(characters)) put(field, std::move(each));
                continue;
            }
            for (std::size_t i = 0; i < characters.size(); ++i) {
                put(field, std::string(characters[i]));
                if (i + 1 < characters.size()) put(field, part(characters, i, 2));
            }
        }
    }
    /// The words of a SKU also as one: `TX-100` is found as `tx100`.
    void add_joined(Field field, std::string_view text) {
        std::string joined;
        for (const auto& word : text::words(text)) joined.append(word.text);
        put(field, part(text::characters(joined), 0, term_length_max));
    }
    Terms take() { return std::move(terms_); }

private:
    void put(Field field, std::string term) {
        if (term.empty() || terms_.size() >= terms_per_product_max) return;
        if (text::length(term) > term_length_max) term = part(text::characters(term), 0, term_length_max);
        terms_.try_emplace(std::move(term), field);
    }

    Terms terms_;
};

/// The text of cleaned HTML: tags and character references are no words.
std::string plain(std::string_view html) {
    std::string out;
    while (!html.empty()) {
        const auto at = html.find_first_of("<&");
        out.append(html.substr(0, at));
        if (at == std::string_view::npos) break;
        out.push_back(' ');
        const auto end = html.find(html[at] == '<' ? '>' : ';', at);
        html.remove_prefix(end == std::string_view::npos ? html.size() : end + 1);
    }
    return out;
}

void add_values(Collector& terms, Field field, const json::Raw& object) {
    const auto values = json::from_json<std::map<std::string, std::string>>(object.text);
    if (values.has_error()) return;   // an empty text: nothing was said
    for (const auto& [name, value] : *values) terms.add(field, value);
}

void add_tags(Collector& terms, const json::Raw& list) {
    const auto tags = json::from_json<std::vector<std::string>>(list.text);
    if (tags.has_error()) return;
    for (const auto& tag : *tags) terms.add(Field::tag, tag);
}

}  // namespace

std::int64_t weight_of(Field field) {
    switch (field) {
        case Field::title:
        case Field::sku: return 1'000;
        case Field::category:
        case Field::vendor: return 300;
        case Field::tag: return 100;
        case Field::handle: return 45;
        case Field::option: return 40;
        case Field::attribute: return 35;
        case Field::body: return 10;
    }
    return 0;
}

Terms index_terms(const catalog::Product& product) {
    Collector terms;
    terms.add(Field::title, product.title);
    for (const auto& variant : product.variants) {
        if (!variant.sku) continue;
        terms.add(Field::sku, *variant.sku);
        terms.add_joined(Field::sku, *variant.sku);
    }
    for (const auto& category : product.categories) terms.add(Field::category, category.name);
    terms.add(Field::vendor, product.vendor);
    add_tags(terms, product.tags);
    terms.add(Field::handle, product.handle);
    for (const auto& variant : product.variants) add_values(terms, Field::option, variant.options);
    add_values(terms, Field::attribute, product.attributes);
    for (const auto& variant : product.variants) add_values(terms, Field::attribute, variant.attributes);
    terms.add(Field::body, plain(product.description));
    return terms.take();
}

std::vector<QueryTerm> query_terms(std::string_view words) {
    std::vector<QueryTerm> terms;
    const auto put = [&terms](std::string text, Reach reach) {
        QueryTerm term{std::move(text), reach};
        const bool known = std::find(terms.begin(), terms.end(), term) != terms.end();
        if (!known && terms.size() < query_terms_max) terms.push_back(std::move(term));
    };
    for (const auto& word : text::words(words)) {
        const auto characters = text::characters(word.text);
        if (word.script == text::Script::alphabetic) {
            const auto reach = characters.size() < prefix_length_min ? Reach::whole : Reach::beginning;
            put(part(characters, 0, term_length_max), reach);
        } else if (characters.size() == 1) {
            put(word.text, Reach::whole);
        }
        if (word.script == text::Script::alphabetic) continue;
        for (std::size_t i = 0; i + 1 < characters.size(); ++i) put(part(characters, i, 2), Reach::whole);
    }
    return terms;
}

std::string last_term(const QueryTerm& term) {
    return term.reach == Reach::whole ? term.text : term.text + std::string(last_character);
}

std::string title_key(std::string_view title) {
    std::string key;
    for (const auto& word : text::words(title)) key.append(key.empty() ? "" : " ").append(word.text);
    return part(text::characters(key), 0, catalog::name_length_max);
}

}  // namespace caddy::search::rules
