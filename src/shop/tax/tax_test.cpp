#include "shop/tax/tax.hpp"

#include <gtest/gtest.h>

namespace caddy::tax {
namespace {

Money money(std::int64_t minor, std::string_view code) { return {minor, Currency::parse(code).value()}; }

TEST(TaxAtOneRate, known_amounts_come_out_to_the_minor_unit) {
    const struct { std::int64_t taxable; const char* currency; int rate; Mode mode; std::int64_t tax; } cases[] = {
        {11'300, "CNY", 1'300, Mode::inclusive, 1'300},   // 113.00 holds 13.00
        {10'000, "CNY", 1'300, Mode::exclusive, 1'300},
        {9'999, "CNY", 1'300, Mode::inclusive, 1'150},    // 1150.33
        {9'999, "CNY", 1'300, Mode::exclusive, 1'300},    // 1299.87
        {1'100, "JPY", 1'000, Mode::inclusive, 100},      // no minor unit
        {1'005, "JPY", 1'000, Mode::exclusive, 101},      // 100.5, the half goes up
        {1'004, "JPY", 1'000, Mode::exclusive, 100},
        {12'345, "KWD", 500, Mode::exclusive, 617},       // 12.345 at 5 %: 0.61725
        {12'345, "KWD", 500, Mode::inclusive, 588},       // 0.58786
        {50, "CNY", 100, Mode::exclusive, 1},             // exactly half a fen
        {49, "CNY", 100, Mode::exclusive, 0},
        {-50, "CNY", 100, Mode::exclusive, -1},           // a refund mirrors the sale
        {-11'300, "CNY", 1'300, Mode::inclusive, -1'300},
        {5'000, "CNY", 10'000, Mode::inclusive, 2'500},   // 100 %: half of it
        {5'000, "CNY", 10'000, Mode::exclusive, 5'000},
        {5'000, "CNY", 0, Mode::inclusive, 0},
        {5'000, "CNY", 0, Mode::exclusive, 0},
        {0, "CNY", 1'300, Mode::inclusive, 0},
        {INT64_MAX, "CNY", 10'000, Mode::exclusive, INT64_MAX},
    };
    for (const auto& c : cases) {
        const auto tax = tax_on(money(c.taxable, c.currency), {c.rate, c.mode});
        const auto& told = c.mode == Mode::inclusive ? tax.included : tax.added;
        const auto& silent = c.mode == Mode::inclusive ? tax.added : tax.included;
        EXPECT_EQ(told, money(c.tax, c.currency)) << c.taxable << ' ' << c.currency << " at " << c.rate;
        EXPECT_EQ(silent, money(0, c.currency));
    }
}

TEST(TaxAtOneRate, the_tax_inside_a_price_is_the_tax_on_top_of_its_net) {
    for (std::int64_t net = 0; net <= 20'000; net += 7) {
        const auto on_top = tax_on(money(net, "EUR"), {1'900, Mode::exclusive}).added;
        const auto inside = tax_on(money(net, "EUR") + on_top, {1'900, Mode::inclusive}).included;
        EXPECT_EQ(inside, on_top) << net;
    }
}

}  // namespace
}  // namespace caddy::tax
