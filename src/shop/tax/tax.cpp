// Which rates hold where. Without a database: the rules alone.
#include "shop/tax/tax.hpp"

#include "core/assert.hpp"
#include "platform/text/text.hpp"

#include <algorithm>

namespace caddy::tax {
namespace {

constexpr std::int64_t whole_basis_points = 10'000;
constexpr std::int64_t millionths_per_basis_point = whole_millionths / whole_basis_points;
constexpr std::size_t category_length_max = 64;

bool is_never_taxed(std::string_view category) { return category == category_exempt; }

}  // namespace

bool is_country(std::string_view code) {
    return code.size() == 2 && std::ranges::all_of(code, [](char c) { return c >= 'A' && c <= 'Z'; });
}

bool is_category(std::string_view text) {
    const auto fits = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
               c == '.';
    };
    return !text.empty() && text.size() <= category_length_max && std::ranges::all_of(text, fits);
}

std::string province_key(std::string_view province) { return text::folded(text::trimmed(province)); }

Tax tax_on(Money taxable, const Terms& terms) {
    CADDY_ASSERT(terms.rate_basis_points >= 0 && terms.rate_basis_points <= whole_basis_points);
    const std::int64_t rate = terms.rate_basis_points;
    Tax tax{{0, taxable.currency}, {0, taxable.currency}};
    switch (terms.mode) {
        case Mode::exclusive: tax.added.minor = scale_minor(taxable.minor, rate, whole_basis_points); break;
        case Mode::inclusive:
            tax.included.minor = scale_minor(taxable.minor, rate, whole_basis_points + rate);
            break;
    }
    return tax;
}

RateTable RateTable::of_one_rate(int rate_basis_points) {
    RateTable table;
    if (rate_basis_points == 0) return table;
    const auto standard = std::string(category_standard);
    table.country_.push_back({standard, Rate{"Tax", rate_basis_points * millionths_per_basis_point}});
    return table;
}

RateTable RateTable::at(const Destination& destination, const std::vector<RateRow>& of_country) {
    const auto here = province_key(destination.province);
    RateTable table;
    bool stands_alone = false;
    for (const auto& row : of_country) {
        if (row.country != destination.country) continue;
        const Entry entry{row.category, Rate{row.name, row.rate_millionths}};
        if (!row.province) {
            table.country_.push_back(entry);
        } else if (!here.empty() && province_key(*row.province) == here) {
            table.province_.push_back(entry);
            stands_alone = stands_alone || row.stacking == Stacking::replaces;
        }
    }
    if (stands_alone) table.country_.clear();
    return table;
}

void RateTable::pick(const std::vector<Entry>& level, std::string_view category, std::vector<Rate>& picked) {
    const auto known = std::ranges::find(level, category, &Entry::category) != level.end();
    // What is `zero` where nobody set up a rate of nothing for it is not taxed as standard, of all things.
    if (!known && category == category_zero) return;
    const auto wanted = known ? category : category_standard;
    for (const auto& entry : level) {
        if (entry.category == wanted) picked.push_back(entry.rate);
    }
}

std::vector<Rate> RateTable::of(std::string_view category) const {
    std::vector<Rate> picked;
    if (is_never_taxed(category)) return picked;
    pick(country_, category, picked);
    pick(province_, category, picked);
    return picked;
}

}  // namespace caddy::tax
