// What a parcel costs, and what a new shop starts with. The back office's part stands in shipping_zones.cpp and
// shipping_methods.cpp.
#include "shop/shipping/shipping.hpp"

#include "shop/shipping/shipping_store.hpp"

#include <algorithm>
#include <tuple>

namespace caddy::shipping {
namespace {

namespace refuse {
Error not_available() {
    return {ErrorKind::invalid,
            "shipping.not_available",
            "This way of shipping is not offered for the cart's destination, currency, weight or amount; choose "
            "another.",
            {{"/shipping_method_id", "not_available", "Choose one of GET /api/v1/shipping-methods."}}};
}
Error no_zone() {
    return {ErrorKind::invalid,
            "shipping.no_zone",
            "The shop does not ship to this destination; send another address.",
            {{"/shipping_address/country", "no_zone", "Send an address in a country that is shipped to."}}};
}
}  // namespace refuse

/// What a new shop charges, in minor units. Standard shipping is free from the third figure on.
struct DefaultRate {
    std::string_view currency;
    std::int64_t standard, standard_free_above, express;
};
constexpr DefaultRate default_rates[] = {
    {"CNY", 10'00, 199'00, 25'00},    {"USD", 5'00, 50'00, 15'00},      {"EUR", 4'90, 49'00, 14'90},
    {"GBP", 3'95, 40'00, 9'95},       {"JPY", 600, 6'000, 1'200},       {"HKD", 30'00, 400'00, 60'00},
    {"TWD", 80'00, 1'000'00, 160'00}, {"KRW", 3'000, 50'000, 6'000},    {"SGD", 4'00, 60'00, 12'00},
    {"AUD", 8'00, 80'00, 16'00},      {"CAD", 8'00, 75'00, 18'00},      {"NZD", 8'00, 90'00, 16'00},
    {"CHF", 7'00, 90'00, 15'00},      {"SEK", 49'00, 499'00, 119'00},   {"INR", 60'00, 999'00, 150'00},
    {"KWD", 1'500, 15'000, 3'500},
};

/// The zone that every database has from the start: the rest of the world.
constexpr ZoneId first_zone{1};

Method default_method(std::string_view code, std::string_view name, std::int64_t position, Time now) {
    Method method;
    method.id = MethodId::next();
    method.zone_id = first_zone;
    method.code = code;
    method.name = name;
    method.position = position;
    method.created_at = method.updated_at = now;
    return method;
}

std::pair<Method, Method> default_methods(Time now) {
    auto standard = default_method("standard", "Standard shipping", 1, now);
    auto express = default_method("express", "Express shipping", 2, now);
    for (const auto& each : default_rates) {
        Rate rate;
        rate.currency = Currency::parse(each.currency).value();
        rate.price_minor = each.express;
        express.rates.push_back(rate);
        rate.price_minor = each.standard;
        rate.free_above_minor = each.standard_free_above;
        standard.rates.push_back(rate);
    }
    return {std::move(standard), std::move(express)};
}

/// The zone that a destination is in.
Task<std::optional<store::Candidate>> zone_of(db::Session& db, const std::optional<Destination>& destination) {
    const Destination anywhere{std::string(rules::rest_of_world), ""};
    const auto& there = destination ? *destination : anywhere;
    auto found = co_await store::candidates(db, there.country, rules::province_key(there.province));
    const auto best = std::ranges::max_element(found, {}, [](const store::Candidate& each) {
        return rules::specificity({each.country, each.province_key});
    });
    if (best == found.end()) co_return std::nullopt;
    co_return std::move(*best);
}

std::optional<Quote> priced(const store::Offered& method, const store::Candidate& zone, const Consignment& parcel) {
    const auto price = rules::price_of(method.tariff, parcel.subtotal, parcel.grams);
    if (!price) return std::nullopt;
    Quote quote;
    quote.id = method.id;
    quote.code = method.code;
    quote.name = method.name;
    quote.price = *price;
    const auto& free_above = method.tariff.rate.free_above_minor;
    if (free_above) quote.free_above = Money{*free_above, price->currency};
    quote.zone_id = zone.zone_id;
    quote.zone = zone.name;
    quote.tariff = method.tariff;
    return quote;
}

bool is_cheaper(const std::pair<std::int64_t, Quote>& a, const std::pair<std::int64_t, Quote>& b) {
    return std::tie(a.second.price.minor, a.first, a.second.code) <
           std::tie(b.second.price.minor, b.first, b.second.code);
}

/// A quote as an order keeps it.
struct Snapshot {
    MethodId method_id;
    ZoneId zone_id;
    Kind kind = Kind::flat;
    std::optional<std::int64_t> weight_min_grams;
    std::optional<std::int64_t> weight_max_grams;
    Rate rate;
    std::int64_t grams = 0;
    std::int64_t subtotal_minor = 0;
    std::int64_t price_minor = 0;
};
BOOST_DESCRIBE_STRUCT(Snapshot, (), (method_id, zone_id, kind, weight_min_grams, weight_max_grams, rate, grams,
                                     subtotal_minor, price_minor))

}  // namespace

json::Raw snapshot_of(const Quote& quote, const Consignment& parcel) {
    const Snapshot kept{quote.id,
                        quote.zone_id,
                        quote.tariff.kind,
                        quote.tariff.weight_min_grams,
                        quote.tariff.weight_max_grams,
                        quote.tariff.rate,
                        parcel.grams,
                        parcel.subtotal.minor,
                        quote.price.minor};
    return {json::to_json(kept)};
}

std::optional<std::string> fault_of(const json::Raw& snapshot, Money subtotal, Money price) {
    const auto kept = json::from_json<Snapshot>(snapshot.text);
    if (kept.has_error()) return "the facts of its shipping price cannot be read";
    if (kept->rate.currency != price.currency || kept->subtotal_minor != subtotal.minor)
        return "its shipping was priced for another amount than " + format_amount(subtotal);
    const Tariff tariff{kept->kind, kept->weight_min_grams, kept->weight_max_grams, kept->rate};
    const auto right = rules::price_of(tariff, subtotal, kept->grams);
    if (!right) return "its shipping was not offered for its weight or amount";
    if (*right != price || kept->price_minor != price.minor)
        return "shipping is " + format_amount(price) + ", its facts come to " + format_amount(*right);
    return std::nullopt;
}

Task<std::vector<Quote>> ShippingService::quotes(db::Session& db, const Consignment& parcel) {
    std::vector<Quote> quotes;
    const auto zone = co_await zone_of(db, parcel.destination);
    if (!zone) co_return quotes;
    const auto methods = co_await store::offered_in(db, zone->zone_id, parcel.subtotal.currency);
    std::vector<std::pair<std::int64_t, Quote>> positioned;
    for (const auto& method : methods) {
        if (auto quote = priced(method, *zone, parcel)) positioned.emplace_back(method.position, std::move(*quote));
    }
    std::ranges::sort(positioned, is_cheaper);
    for (auto& [position, quote] : positioned) quotes.push_back(std::move(quote));
    co_return quotes;
}

Task<std::variant<Quote, Hindrance>> ShippingService::consider(db::Session& db, MethodId id,
                                                               const Consignment& parcel) {
    const auto zone = co_await zone_of(db, parcel.destination);
    if (!zone) co_return Hindrance::no_zone;
    const auto method = co_await store::offered(db, id, parcel.subtotal.currency);
    if (!method || !method->active) co_return Hindrance::withdrawn;
    if (method->zone_id != zone->zone_id) co_return Hindrance::other_zone;
    if (!method->has_rate) co_return Hindrance::other_currency;
    auto quote = priced(*method, *zone, parcel);
    if (!quote) co_return Hindrance::limits;
    co_return std::move(*quote);
}

Task<Result<Quote>> ShippingService::quote(db::Session& db, MethodId id, const Consignment& parcel) {
    auto found = co_await consider(db, id, parcel);
    if (auto* quote = std::get_if<Quote>(&found)) co_return std::move(*quote);
    if (std::get<Hindrance>(found) == Hindrance::no_zone) co_return refuse::no_zone();
    co_return refuse::not_available();
}

Task<Result<void>> ShippingService::reaches(db::Session& db, const Destination& destination) {
    const auto zone = co_await zone_of(db, destination);
    if (!zone) co_return refuse::no_zone();
    co_return Result<void>{};
}

Task<> ShippingService::ensure_defaults(const Context& ctx) {
    const auto outcome =
        co_await db_.transact(ctx, "shipping.ensure_defaults", [&](db::Transaction& tx) -> Task<Result<void>> {
            // Two processes may start at once: the second one waits here for the first, and finds nothing to do.
            const bool first = co_await store::start_zone(tx, first_zone, ctx.now());
            if (!first) co_return Result<void>{};
            const auto [standard, express] = default_methods(ctx.now());
            // A process of an earlier release may have put its own there meanwhile.
            (void)co_await store::insert_method(tx, standard);
            (void)co_await store::insert_method(tx, express);
            co_return Result<void>{};
        });
    outcome.value();
}

}  // namespace caddy::shipping
