#include "shop/search/search_rules.hpp"

#include "platform/crypto/digest.hpp"

#include <algorithm>
#include <charconv>
#include <tuple>

namespace caddy::search::rules {
namespace {

// A rank is first how many terms were found, then what they are worth: sixteen terms of 2000 stay below the step.
constexpr std::int64_t rank_step = 1'000'000;
constexpr std::size_t mark_digits = 16;   // of a digest: enough to notice, short enough for an address

namespace refuse {
Error malformed() {
    return {ErrorKind::malformed, "request.cursor_malformed",
            "This cursor is not one that a search has given. Use page.next as it stands, or leave the cursor out."};
}
Error mismatch() {
    return {ErrorKind::malformed, "request.cursor_mismatch",
            "This cursor belongs to a search for other words or with other filters. Start that search without one."};
}
}  // namespace refuse

bool in_category(const catalog::Listed& each, const Filter& filter) {
    return !filter.category ||
           std::find(each.categories.begin(), each.categories.end(), *filter.category) != each.categories.end();
}

bool in_price(const catalog::Listed& each, const Filter& filter) {
    if (!filter.price_min && !filter.price_max) return true;
    if (!each.price) return false;
    return (!filter.price_min || each.price->minor >= *filter.price_min) &&
           (!filter.price_max || each.price->minor <= *filter.price_max);
}

bool is_in_stock(catalog::Availability availability) {
    return availability == catalog::Availability::in_stock || availability == catalog::Availability::low_stock;
}

bool in_availability(const catalog::Listed& each, const Filter& filter) {
    return !filter.in_stock || is_in_stock(each.availability) == *filter.in_stock;
}

bool is_by(const catalog::Listed& each, const Filter& filter) {
    return filter.vendor.empty() || each.vendor == filter.vendor;
}

std::int64_t& counter(AvailabilityCount& counts, catalog::Availability availability) {
    switch (availability) {
        case catalog::Availability::in_stock: return counts.in_stock;
        case catalog::Availability::low_stock: return counts.low_stock;
        case catalog::Availability::preorder: return counts.preorder;
        case catalog::Availability::out_of_stock: break;
    }
    return counts.out_of_stock;
}

/// The lowest and highest price in the currency that most have; of equally common ones, the first by its code.
std::optional<catalog::PriceRange> price_range(const std::vector<Money>& prices) {
    std::map<std::string_view, std::int64_t> uses;
    for (const auto& price : prices) ++uses[price.currency.code()];
    const auto commonest =
        std::max_element(uses.begin(), uses.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
    std::optional<catalog::PriceRange> range;
    for (const auto& price : prices) {
        if (price.currency.code() != commonest->first) continue;
        if (!range) range = catalog::PriceRange{price, price};
        range->min.minor = std::min(range->min.minor, price.minor);
        range->max.minor = std::max(range->max.minor, price.minor);
    }
    return range;
}

std::vector<CategoryCount> fullest(const std::map<catalog::CategoryId, std::int64_t>& counts) {
    std::vector<CategoryCount> list;
    for (const auto& [id, count] : counts) list.push_back({id, {}, {}, count});
    std::stable_sort(list.begin(), list.end(), [](const auto& a, const auto& b) { return a.count > b.count; });
    if (list.size() > category_counts_max) list.resize(category_counts_max);
    return list;
}

std::vector<VendorCount> fullest(const std::map<std::string, std::int64_t>& counts) {
    std::vector<VendorCount> list;
    for (const auto& [name, count] : counts) list.push_back({name, count});
    std::stable_sort(list.begin(), list.end(), [](const auto& a, const auto& b) { return a.count > b.count; });
    if (list.size() > vendor_counts_max) list.resize(vendor_counts_max);
    return list;
}

std::string mark_of(std::string_view text) { return crypto::sha256_hex(text).substr(0, mark_digits); }

std::string cursor_body(const Ranked& last) { return std::to_string(last.rank) + "." + last.product.text(); }

}  // namespace

bool goes_before(const Ranked& a, const Ranked& b) {
    return std::tie(a.rank, a.product) > std::tie(b.rank, b.product);   // ids grow with time: the newest first
}

std::int64_t worth(const Ranked& ranked) { return ranked.rank % rank_step; }

void Scores::note(catalog::ProductId product, std::size_t position, std::int64_t worth) {
    auto& best = worth_.try_emplace(product, terms_, 0).first->second[position];
    best = std::max(best, worth);
}

std::vector<Ranked> Scores::ranked(std::size_t terms_min) const {
    std::vector<Ranked> list;
    for (const auto& [product, worths] : worth_) {
        std::size_t found = 0;
        std::int64_t sum = 0;
        for (const auto worth : worths) {
            found += worth > 0 ? 1 : 0;
            sum += worth;
        }
        if (found >= terms_min) list.push_back({product, static_cast<std::int64_t>(found) * rank_step + sum});
    }
    std::sort(list.begin(), list.end(), goes_before);
    return list;
}

std::int64_t worth_of(const QueryTerm& term, std::string_view found, std::int64_t weight) {
    return found == term.text ? weight * 2 : weight;
}

std::set<catalog::ProductId> passing(const std::vector<catalog::Listed>& matches, const Filter& filter) {
    std::set<catalog::ProductId> found;
    for (const auto& each : matches) {
        const bool fits = in_category(each, filter) && in_price(each, filter) && in_availability(each, filter);
        if (fits && is_by(each, filter)) found.insert(each.product);
    }
    return found;
}

Facets count(const std::vector<catalog::Listed>& matches, const Filter& filter) {
    Facets facets;
    std::map<catalog::CategoryId, std::int64_t> categories;
    std::map<std::string, std::int64_t> vendors;
    std::vector<Money> prices;
    for (const auto& each : matches) {
        const bool category = in_category(each, filter);
        const bool price = in_price(each, filter);
        const bool availability = in_availability(each, filter);
        const bool vendor = is_by(each, filter);
        if (category && price && availability && !each.vendor.empty()) ++vendors[each.vendor];
        if (!vendor) continue;
        if (price && availability) {
            for (const auto id : each.categories) ++categories[id];
        }
        if (category && price) ++counter(facets.availability, each.availability);
        if (category && availability && each.price) prices.push_back(*each.price);
    }
    facets.categories = fullest(categories);
    facets.vendors = fullest(vendors);
    if (!prices.empty()) facets.price = price_range(prices);
    return facets;
}

std::string write_cursor(const Ranked& last, std::string_view list) {
    const auto body = cursor_body(last);
    return mark_of(list) + "." + mark_of(body) + "." + body;
}

Result<Ranked> read_cursor(std::string_view text, std::string_view list) {
    constexpr auto width = mark_digits + 1;
    if (text.size() <= 2 * width || text[mark_digits] != '.' || text[width + mark_digits] != '.')
        return refuse::malformed();
    const auto body = text.substr(2 * width);
    if (text.substr(width, mark_digits) != mark_of(body)) return refuse::malformed();
    const auto dot = body.find('.');
    if (dot == std::string_view::npos) return refuse::malformed();
    Ranked last;
    const auto* end = body.data() + dot;
    const auto [stop, fault] = std::from_chars(body.data(), end, last.rank);
    const auto product = catalog::ProductId::parse(body.substr(dot + 1));
    if (fault != std::errc{} || stop != end || !product) return refuse::malformed();
    if (text.substr(0, mark_digits) != mark_of(list)) return refuse::mismatch();
    last.product = *product;
    return last;
}

}  // namespace caddy::search::rules
