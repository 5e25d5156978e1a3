#include "shop/shipping/shipping_rules.hpp"

#include "platform/text/text.hpp"

#include <algorithm>
#include <set>

namespace caddy::shipping::rules {
namespace {

using Amount = std::optional<std::int64_t>;

constexpr std::int64_t grams_per_kg = 1'000;
constexpr std::size_t name_length_max = 255;
constexpr std::size_t province_length_max = 100;
constexpr std::size_t code_length_max = 64;
constexpr std::int64_t position_max = 1'000'000;

bool is_within(std::int64_t value, Amount least, Amount most) {
    return (!least || value >= *least) && (!most || value <= *most);
}

/// The first step that reaches so far; beyond the last one, its price and that of each further kilogram begun.
Amount stepped(const Rate& rate, std::int64_t value) {
    for (const auto& step : rate.steps) {
        if (!step.up_to || value <= *step.up_to) return step.price_minor;
    }
    if (rate.steps.empty() || !rate.further_kg_minor) return std::nullopt;
    const auto& last = rate.steps.back();
    const auto beyond = value - *last.up_to;
    const auto kilograms = beyond / grams_per_kg + (beyond % grams_per_kg == 0 ? 0 : 1);
    std::int64_t further = 0, price = 0;
    if (__builtin_mul_overflow(kilograms, *rate.further_kg_minor, &further)) return std::nullopt;
    if (__builtin_add_overflow(last.price_minor, further, &price)) return std::nullopt;
    return price;
}

// ---- what staff send ----

void check_amount(Checks& checks, Amount amount, const std::string& pointer, std::int64_t most) {
    checks.require(!amount || (*amount >= 0 && *amount <= most), pointer, "out_of_range",
                   "Send a whole number from 0 to " + std::to_string(most) + ".");
}

void check_order(Checks& checks, Amount least, Amount most, const std::string& pointer) {
    checks.require(!least || !most || *least <= *most, pointer, "below_minimum", "Send no less than the minimum.");
}

void check_absent(Checks& checks, bool is_absent, const std::string& pointer, std::string_view kind) {
    checks.require(is_absent, pointer, "not_of_this_kind", "A method of kind " + std::string(kind) + " has none.");
}

void check_steps(Checks& checks, const Rate& rate, const std::string& pointer, std::int64_t most) {
    const auto& steps = rate.steps;
    checks.require(!steps.empty() && steps.size() <= steps_max, pointer, "out_of_range",
                   "Send from 1 to " + std::to_string(steps_max) + " steps.");
    for (std::size_t i = 0; i < steps.size(); ++i) {
        const auto at = pointer + "/" + std::to_string(i);
        const bool last = i + 1 == steps.size();
        check_amount(checks, steps[i].price_minor, at + "/price_minor", minor_max);
        check_amount(checks, steps[i].up_to, at + "/up_to", most);
        checks.require(steps[i].up_to || last, at + "/up_to", "required", "Only the last step may have no end.");
        const bool ascends = i == 0 || !steps[i].up_to || !steps[i - 1].up_to || *steps[i].up_to > *steps[i - 1].up_to;
        checks.require(ascends, at + "/up_to", "not_ascending", "Send the steps in ascending order.");
    }
}

void check_rate(Checks& checks, Kind kind, const Rate& rate, const std::string& pointer) {
    const std::string_view name = boost::describe::enum_to_string(kind, "?");
    if (kind == Kind::flat) {
        checks.require(rate.price_minor.has_value(), pointer + "/price_minor", "required", "Say what it costs.");
        check_amount(checks, rate.price_minor, pointer + "/price_minor", minor_max);
        check_absent(checks, rate.steps.empty(), pointer + "/steps", name);
    } else {
        check_absent(checks, !rate.price_minor, pointer + "/price_minor", name);
        check_steps(checks, rate, pointer + "/steps", kind == Kind::by_weight ? grams_max : minor_max);
    }
    if (kind == Kind::by_weight) {
        const bool ends = rate.steps.empty() || rate.steps.back().up_to.has_value();
        checks.require(ends || !rate.further_kg_minor, pointer + "/further_kg_minor", "never_reached",
                       "The last step has no end; give it one, or leave this out.");
        check_amount(checks, rate.further_kg_minor, pointer + "/further_kg_minor", minor_max);
    } else check_absent(checks, !rate.further_kg_minor, pointer + "/further_kg_minor", name);
    check_amount(checks, rate.free_above_minor, pointer + "/free_above_minor", minor_max);
    check_amount(checks, rate.amount_min_minor, pointer + "/amount_min_minor", minor_max);
    check_amount(checks, rate.amount_max_minor, pointer + "/amount_max_minor", minor_max);
    check_order(checks, rate.amount_min_minor, rate.amount_max_minor, pointer + "/amount_max_minor");
}

bool is_code(std::string_view code) {
    const auto fits = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_'; };
    return !code.empty() && code.size() <= code_length_max && std::ranges::all_of(code, fits);
}

bool is_country(std::string_view code) {
    if (code == rest_of_world) return true;
    return code.size() == 2 && std::ranges::all_of(code, [](char c) { return c >= 'A' && c <= 'Z'; });
}

std::string check_name(Checks& checks, std::string_view name) {
    auto kept = text::nfc(text::trimmed(name));
    const bool fits = !kept.empty() && text::length(kept) <= name_length_max && text::is_single_line(kept);
    checks.require(fits, "/name", "not_a_line", "Send one line of 1 to 255 characters.");
    return kept;
}

class EntryList {
public:
    void add(const Area& area, const std::string& pointer) {
        checks.require(is_country(area.country), pointer + "/country", "not_a_country",
                       "Send an ISO 3166-1 code of two capitals, like CN, or * for the rest of the world.");
        checks.require(area.country != rest_of_world || area.provinces.empty(), pointer + "/provinces",
                       "not_of_this_kind", "The rest of the world has no provinces.");
        if (area.provinces.empty()) put({{area.country, ""}, "", pointer + "/country"});
        for (std::size_t i = 0; i < area.provinces.size(); ++i) {
            const auto at = pointer + "/provinces/" + std::to_string(i);
            const auto name = text::nfc(text::trimmed(area.provinces[i]));
            const bool fits =
                !name.empty() && text::length(name) <= province_length_max && text::is_single_line(name);
            checks.require(fits, at, "not_a_line", "Send a name of 1 to 100 characters.");
            if (fits) put({{area.country, province_key(name)}, name, at});
        }
    }

    Checks checks;
    std::vector<Entry> entries;

private:
    void put(Entry entry) {
        const bool fresh = seen_.emplace(entry.place.country, entry.place.province_key).second;
        checks.require(fresh, entry.pointer, "duplicate", "The zone has this destination already.");
        if (fresh) entries.push_back(std::move(entry));
    }

    std::set<std::pair<std::string, std::string>> seen_;
};

}  // namespace

std::string province_key(std::string_view name) { return text::folded(text::trimmed(name)); }

int specificity(const Place& place) {
    if (!place.province_key.empty()) return 2;
    return place.country == rest_of_world ? 0 : 1;
}

std::optional<Money> price_of(const Tariff& tariff, Money subtotal, std::int64_t grams) {
    const auto& rate = tariff.rate;
    if (!is_within(grams, tariff.weight_min_grams, tariff.weight_max_grams)) return std::nullopt;
    if (!is_within(subtotal.minor, rate.amount_min_minor, rate.amount_max_minor)) return std::nullopt;
    Amount price;
    switch (tariff.kind) {
        case Kind::flat: price = rate.price_minor; break;
        case Kind::by_weight: price = stepped(rate, grams); break;
        case Kind::by_amount: price = stepped(rate, subtotal.minor); break;
    }
    if (!price) return std::nullopt;
    if (rate.free_above_minor && subtotal.minor >= *rate.free_above_minor) price = 0;
    return Money{*price, rate.currency};
}

Result<std::vector<Entry>> entries_of(const std::vector<Area>& areas) {
    EntryList list;
    for (std::size_t i = 0; i < areas.size(); ++i) list.add(areas[i], "/destinations/" + std::to_string(i));
    list.checks.require(list.entries.size() <= destinations_max, "/destinations", "out_of_range",
                        "Send at most " + std::to_string(destinations_max) + " destinations; make another zone.");
    CADDY_TRY(list.checks.result());
    return std::move(list.entries);
}

Result<std::string> accepted_name(const std::string& name) {
    Checks checks;
    auto kept = check_name(checks, name);
    CADDY_TRY(checks.result());
    return kept;
}

Result<MethodDraft> accepted(const MethodDraft& draft) {
    Checks checks;
    auto kept = draft;
    kept.name = check_name(checks, draft.name);
    checks.require(is_code(draft.code), "/code", "not_a_code", "Send 1 to 64 of a-z, 0-9, - and _.");
    check_amount(checks, draft.position, "/position", position_max);
    check_amount(checks, draft.weight_min_grams, "/weight_min_grams", grams_max);
    check_amount(checks, draft.weight_max_grams, "/weight_max_grams", grams_max);
    check_order(checks, draft.weight_min_grams, draft.weight_max_grams, "/weight_max_grams");
    checks.require(!draft.rates.empty() && draft.rates.size() <= rates_max, "/rates", "out_of_range",
                   "Send from 1 to " + std::to_string(rates_max) + " rates, one for each currency.");
    std::set<std::string> currencies;
    for (std::size_t i = 0; i < draft.rates.size(); ++i) {
        const auto pointer = "/rates/" + std::to_string(i);
        check_rate(checks, draft.kind, draft.rates[i], pointer);
        const bool fresh = currencies.emplace(draft.rates[i].currency.code()).second;
        checks.require(fresh, pointer + "/currency", "duplicate", "There is a rate of this currency already.");
    }
    CADDY_TRY(checks.result());
    return kept;
}

}  // namespace caddy::shipping::rules
