// The figures of a time: sums by orders, cart and inventory, put side by side.
#include "core/checks.hpp"
#include "shop/cart/cart.hpp"
#include "shop/operations/operations.hpp"

namespace caddy::operations {
namespace {

constexpr int top_products_max = 10;
constexpr int low_stock_max = 20;
constexpr std::int64_t whole = 10'000;   // basis points

std::string date_of(std::chrono::sys_days day) { return to_rfc3339(day).substr(0, 10); }

/// Days come in the order of currencies.
std::vector<CurrencyFigures> by_currency(std::vector<orders::DaySales> days) {
    std::vector<CurrencyFigures> sales;
    for (auto& day : days) {
        if (sales.empty() || sales.back().total.currency != day.total.currency) {
            sales.emplace_back().total.currency = day.total.currency;
        }
        auto& one = sales.back();
        one.total = one.total + day.total;
        one.orders += day.orders;
        one.days.push_back(std::move(day));
    }
    for (auto& one : sales) one.average = {scale_minor(one.total.minor, 1, one.orders), one.total.currency};
    return sales;
}

Conversion conversion_of(std::int64_t carts, const std::vector<CurrencyFigures>& sales) {
    Conversion conversion;
    conversion.carts = carts;
    for (const auto& one : sales) conversion.orders_paid += one.orders;
    if (carts > 0) conversion.basis_points = scale_minor(conversion.orders_paid, whole, carts);
    return conversion;
}

}   // namespace

Task<Result<Figures>> OperationsService::figures(const Context& ctx, const Days& days) {
    const auto count = (days.to - days.from).count() + 1;
    CADDY_CO_TRY(Checks()
                     .require(count >= 1, "query:to", "before_from", "Send a day that is not before from.")
                     .require(count <= days_max, "query:to", "too_long", "Send at most 366 days at a time.")
                     .result());
    Figures figures;
    figures.from = date_of(days.from);
    figures.to = date_of(days.to);
    {
        const orders::Span span{days.from, days.to + std::chrono::days(1)};
        auto db = co_await db_.read(ctx);
        auto sold = co_await orders::sales_by_day(db, span);
        figures.sales = by_currency(std::move(sold));
        figures.orders_by_status = co_await orders::count_by_status(db, span);
        const auto carts = co_await cart::carts_made(db, span.from, span.before);
        figures.conversion = conversion_of(carts, figures.sales);
        figures.top_products = co_await orders::top_products(db, span, top_products_max);
    }
    const inventory::LevelQuery low{inventory::LevelQuery::Which::low};
    PageRequest first;
    first.limit = low_stock_max;
    CADDY_CO_TRY(auto levels, co_await inventory_.list(ctx, low, first));
    figures.low_stock = std::move(levels.data);
    co_return figures;
}

}   // namespace caddy::operations
