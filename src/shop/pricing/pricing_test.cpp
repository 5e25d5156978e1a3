#include "shop/pricing/pricing.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
#include <vector>

namespace caddy::pricing {
namespace {

using tax::Mode;

struct Case {
    const char* what;
    const char* currency;
    std::vector<PlainItem> items;   // currencies are filled in
    std::int64_t discount, shipping;
    tax::Terms tax;
    std::int64_t subtotal, added, included, total;
};

Money money(std::int64_t minor, std::string_view code) { return {minor, Currency::parse(code).value()}; }
PlainItem item(std::int64_t minor, std::int64_t quantity) { return {{minor, {}}, quantity, true}; }
PlainItem untaxed(std::int64_t minor, std::int64_t quantity) { return {{minor, {}}, quantity, false}; }

void expect(const Case& c) {
    auto items = c.items;
    for (auto& each : items) each.unit_price.currency = Currency::parse(c.currency).value();

    const auto totals = total_up(items, money(c.discount, c.currency), money(c.shipping, c.currency), c.tax);

    EXPECT_EQ(totals.subtotal, money(c.subtotal, c.currency)) << c.what;
    EXPECT_EQ(totals.tax, money(c.added, c.currency)) << c.what;
    EXPECT_EQ(totals.tax_included, money(c.included, c.currency)) << c.what;
    EXPECT_EQ(totals.total, money(c.total, c.currency)) << c.what;
    EXPECT_EQ(totals.total, totals.subtotal - totals.discount + totals.shipping + totals.tax) << c.what;
}

TEST(PricingAtOneRate, known_orders_come_out_to_the_minor_unit) {
    const tax::Terms inside{1'300, Mode::inclusive}, on_top{1'300, Mode::exclusive}, none{0, Mode::exclusive};
    const Case cases[] = {
        {"nothing", "CNY", {}, 0, 0, inside, 0, 0, 0, 0},
        {"two things and post, tax inside", "CNY", {item(5'999, 2)}, 0, 1'000, inside, 11'998, 0, 1'495, 12'998},
        {"two things and post, tax on top", "CNY", {item(5'999, 2)}, 0, 1'000, on_top, 11'998, 1'690, 0, 14'688},
        {"a discount lowers the tax", "CNY", {item(10'000, 1)}, 1'000, 0, on_top, 10'000, 1'170, 0, 10'170},
        {"a discount of everything", "CNY", {item(10'000, 1)}, 10'000, 0, on_top, 10'000, 0, 0, 0},
        {"nothing taxable", "CNY", {untaxed(10'000, 1)}, 0, 1'000, on_top, 10'000, 0, 0, 11'000},
        {"half taxable: half of post and discount", "CNY", {item(5'000, 1), untaxed(5'000, 1)}, 1'000, 2'000, on_top,
         10'000, 715, 0, 11'715},
        {"free goods: their post is taxed", "CNY", {item(0, 3)}, 0, 1'000, on_top, 0, 130, 0, 1'130},
        {"free untaxed goods: their post is not", "CNY", {untaxed(0, 3)}, 0, 1'000, on_top, 0, 0, 0, 1'000},
        {"yen have no minor unit", "JPY", {item(105, 3)}, 0, 600, {1'000, Mode::exclusive}, 315, 92, 0, 1'007},
        {"dinars have three digits", "KWD", {item(12'345, 1)}, 0, 0, {500, Mode::inclusive}, 12'345, 0, 588, 12'345},
        {"rounded once, not per line", "CNY", {item(4, 1), item(4, 1), item(4, 1)}, 0, 0, on_top, 12, 2, 0, 14},
        {"no rate", "USD", {item(1'999, 3)}, 0, 500, none, 5'997, 0, 0, 6'497},
    };
    for (const auto& c : cases) expect(c);
}

TEST(PricingAtOneRate, amounts_past_64_bits_are_a_fault_and_never_a_wrong_total) {
    const auto zero = money(0, "CNY");
    const std::vector<PlainItem> product{{money(INT64_MAX / 2, "CNY"), 3, true}};
    const std::vector<PlainItem> sum{{money(INT64_MAX, "CNY"), 1, true}, {money(1, "CNY"), 1, true}};
    const std::vector<PlainItem> taxed{{money(INT64_MAX, "CNY"), 1, true}};

    EXPECT_THROW(total_up(product, zero, zero, {0, Mode::exclusive}), std::overflow_error);
    EXPECT_THROW(total_up(sum, zero, zero, {0, Mode::exclusive}), std::overflow_error);
    EXPECT_THROW(total_up(taxed, zero, zero, {1, Mode::exclusive}), std::overflow_error);
    EXPECT_EQ(total_up(taxed, zero, zero, {1'300, Mode::inclusive}).total.minor, INT64_MAX);
}

TEST(PricingAtOneRate, two_currencies_do_not_add_up) {
    const std::vector<PlainItem> items{{money(100, "USD"), 1, true}};

    EXPECT_THROW(total_up(items, money(0, "CNY"), money(0, "CNY"), {}), std::logic_error);
}

}  // namespace
}  // namespace caddy::pricing
