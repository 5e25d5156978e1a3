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
            "This way of shipping is not offered for the cart's currency; choose another.",
            {{"/shipping_method_id", "not_available", "Choose one of GET /api/v1/shipping-methods."}}};
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

bool is_cheaper(const store::Rate& a, const Quote& quote_a, const store::Rate& b, const Quote& quote_b) {
    return std::tie(quote_a.price.minor, a.position, a.code) < std::tie(quote_b.price.minor, b.position, b.code);
}

/// Free from `free_above` on, that sum included.
Quote priced(const store::Rate& rate, Money subtotal) {
    Quote quote{rate.id, rate.code, rate.name, {rate.flat_minor, subtotal.currency}, std::nullopt};
    if (!rate.free_above_minor) return quote;
    quote.free_above = Money{*rate.free_above_minor, subtotal.currency};
    if (subtotal.minor >= *rate.free_above_minor) quote.price.minor = 0;
    return quote;
}

/// The rate of `standard` or `express` in each currency that the program starts with.
Task<> insert_rates(db::Session& db, MethodId standard, MethodId express) {
    for (const auto& rate : default_rates) {
        const auto currency = Currency::parse(rate.currency).value();
        co_await store::insert_rate(db, standard, currency, rate.standard, rate.standard_free_above);
        co_await store::insert_rate(db, express, currency, rate.express, std::nullopt);
    }
}

}  // namespace

Task<std::vector<Quote>> ShippingService::quotes(db::Session& db, Money subtotal) {
    const auto rates = co_await store::rates(db, subtotal.currency);
    std::vector<std::pair<const store::Rate*, Quote>> priced_rates;
    for (const auto& rate : rates) priced_rates.emplace_back(&rate, priced(rate, subtotal));
    std::ranges::sort(priced_rates,
                      [](const auto& a, const auto& b) { return is_cheaper(*a.first, a.second, *b.first, b.second); });
    std::vector<Quote> quotes;
    for (auto& [rate, quote] : priced_rates) quotes.push_back(std::move(quote));
    co_return quotes;
}

Task<Result<Quote>> ShippingService::quote(db::Session& db, MethodId method, Money subtotal) {
    const auto rate = co_await store::rate(db, subtotal.currency, method);
    if (!rate) co_return refuse::not_available();
    co_return priced(*rate, subtotal);
}

Task<> ShippingService::ensure_defaults(const Context& ctx) {
    const auto outcome =
        co_await db_.transact(ctx, "shipping.ensure_defaults", [&](db::Transaction& tx) -> Task<Result<void>> {
            const bool filled = co_await store::has_methods(tx);
            if (filled) co_return Result<void>{};
            const auto standard = MethodId::next();
            const auto express = MethodId::next();
            // Two processes may start at once: the second one waits here for the first, meets its code and is done.
            const bool first =
                co_await store::insert_method(tx, standard, "standard", "Standard shipping", 1, ctx.now());
            if (!first) co_return Result<void>{};
            (void)co_await store::insert_method(tx, express, "express", "Express shipping", 2, ctx.now());
            co_await insert_rates(tx, standard, express);
            co_return Result<void>{};
        });
    outcome.value();
}

}  // namespace caddy::shipping
