#include "shop/pricing/pricing.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <numeric>
#include <random>
#include <stdexcept>

namespace caddy::pricing {
namespace {

using tax::Mode;
using tax::Rate;
using tax::Rounding;

constexpr Method inside_once{Mode::inclusive, Rounding::order};
constexpr Method inside_each{Mode::inclusive, Rounding::line};
constexpr Method on_top_once{Mode::exclusive, Rounding::order};
constexpr Method on_top_each{Mode::exclusive, Rounding::line};

const Rate vat{"VAT", 190'000};
const Rate reduced{"VAT reduced", 70'000};

Money money(std::int64_t minor, std::string_view code = "EUR") { return {minor, Currency::parse(code).value()}; }
Item item(std::int64_t minor, std::int64_t quantity, std::vector<Rate> rates, std::string_view code = "EUR") {
    return {money(minor, code), quantity, std::move(rates)};
}

Bill bill_of(const std::vector<Item>& items, const Method& method, std::int64_t shipping = 0,
             std::int64_t discount = 0) {
    const auto currency = items.empty() ? money(0).currency : items.front().unit_price.currency;
    return bill(items, {discount, currency}, {shipping, currency}, method);
}

std::vector<std::int64_t> taxes_of(const std::vector<TaxLine>& lines) {
    std::vector<std::int64_t> amounts;
    for (const auto& line : lines) amounts.push_back(line.amount.minor);
    return amounts;
}

std::vector<TaxLine> summed(const Bill& made) {
    std::vector<TaxLine> all;
    for (const auto& lines : made.items) {
        for (const auto& line : lines) add_tax_line(all, line);
    }
    for (const auto& line : made.shipping) add_tax_line(all, line);
    return all;
}

std::int64_t sum_of(const Bill& made) {
    std::int64_t sum = 0;
    for (const auto& line : summed(made)) sum += line.amount.minor;
    return sum;
}

TEST(Bill, three_lines_of_thirty_three_cents_differ_by_where_they_are_rounded) {
    const std::vector<Item> three{item(33, 1, {vat}), item(33, 1, {vat}), item(33, 1, {vat})};

    EXPECT_EQ(bill_of(three, on_top_each).totals.tax, money(18));   // 3 × 0.0627, each 0.06
    EXPECT_EQ(bill_of(three, on_top_once).totals.tax, money(19));   // 0.1881
    EXPECT_EQ(bill_of({item(33, 3, {vat})}, on_top_each).totals.tax, money(19));   // one line of three pieces
}

TEST(Bill, half_a_minor_unit_goes_away_from_zero) {
    EXPECT_EQ(bill_of({item(50, 1, {{"T", 10'000}})}, on_top_once).totals.tax, money(1));   // 0.5
    EXPECT_EQ(bill_of({item(49, 1, {{"T", 10'000}})}, on_top_once).totals.tax, money(0));
    EXPECT_EQ(bill_of({item(10, 1, {{"T", 250'000}})}, on_top_each).totals.tax, money(3));   // 2.5
}

TEST(Bill, tax_inside_a_price_is_told_apart_and_not_added) {
    const auto made = bill_of({item(11'900, 1, {vat})}, inside_once);

    EXPECT_EQ(made.totals.tax_included, money(1'900));
    EXPECT_EQ(made.totals.tax, money(0));
    EXPECT_EQ(made.totals.total, money(11'900));
    EXPECT_EQ(summed(made), (std::vector<TaxLine>{{"VAT", 190'000, money(11'900), money(1'900)}}));
}

TEST(Bill, yen_have_no_minor_unit) {
    const auto made = bill_of({item(1'005, 1, {{"Tax", 100'000}}, "JPY")}, on_top_once);

    EXPECT_EQ(made.totals.tax, money(101, "JPY"));   // 100.5
    EXPECT_EQ(bill_of({item(1'100, 1, {{"Tax", 100'000}}, "JPY")}, inside_each).totals.tax_included, money(100, "JPY"));
}

TEST(Bill, a_line_at_zero_is_told_and_an_untaxed_one_is_not) {
    const auto made = bill_of({item(10'000, 1, {{"Zero", 0}}), item(10'000, 1, {})}, on_top_once);

    EXPECT_EQ(summed(made), (std::vector<TaxLine>{{"Zero", 0, money(10'000), money(0)}}));
    EXPECT_EQ(made.totals.total, money(20'000));
}

TEST(Bill, the_rates_of_a_country_and_a_province_add_up) {
    const std::vector<Rate> both{{"GST", 50'000}, {"PST", 70'000}};
    const auto on_top = bill_of({item(10'000, 1, both), item(5'000, 1, {both[0]})}, on_top_once);

    EXPECT_EQ(summed(on_top), (std::vector<TaxLine>{{"GST", 50'000, money(15'000), money(750)},
                                                    {"PST", 70'000, money(10'000), money(700)}}));
    const auto inside = bill_of({item(11'200, 1, both)}, inside_once);
    EXPECT_EQ(taxes_of(summed(inside)), (std::vector<std::int64_t>{500, 700}));
}

TEST(Bill, a_rate_of_a_thousandth_of_a_percent_counts) {
    EXPECT_EQ(bill_of({item(100'000, 1, {{"QST", 99'750}})}, on_top_once).totals.tax, money(9'975));
}

TEST(Bill, a_discount_is_spread_over_the_lines_so_that_its_parts_add_up) {
    const auto made = bill_of({item(1'000, 1, {vat}), item(1'000, 1, {vat}), item(1'000, 1, {reduced})}, on_top_each,
                              0, 100);

    EXPECT_EQ(made.discounts, (std::vector<Money>{money(34), money(33), money(33)}));
    EXPECT_EQ(made.items[0][0].taxable, money(966));
    EXPECT_EQ(made.items[2][0].taxable, money(967));
    EXPECT_EQ(made.totals.total.minor, 3'000 - 100 + 184 + 184 + 68);
}

TEST(Bill, shipping_is_taxed_like_the_goods_by_their_value) {
    const auto made = bill_of({item(3'000, 1, {vat}), item(1'000, 1, {reduced})}, on_top_once, 400);

    EXPECT_EQ(made.shipping, (std::vector<TaxLine>{{"VAT", 190'000, money(300), money(57)},
                                                   {"VAT reduced", 70'000, money(100), money(7)}}));
    EXPECT_EQ(taxes_of(summed(made)), (std::vector<std::int64_t>{627, 77}));
    EXPECT_TRUE(bill_of({item(3'000, 1, {})}, on_top_once, 400).shipping.empty());
}

TEST(Bill, shipping_of_free_goods_follows_those_that_are_taxed) {
    EXPECT_EQ(bill_of({item(0, 3, {}), item(0, 1, {vat})}, on_top_once, 1'000).totals.tax, money(190));
    EXPECT_EQ(bill_of({item(0, 3, {})}, on_top_once, 1'000).totals.tax, money(0));
}

TEST(Bill, what_does_not_fit_is_a_fault) {
    EXPECT_THROW(bill_of({item(INT64_MAX / 2, 3, {})}, on_top_once), std::overflow_error);
    EXPECT_THROW(bill_of({item(INT64_MAX, 1, {}), item(1, 1, {})}, on_top_once), std::overflow_error);
    EXPECT_THROW(bill_of({item(INT64_MAX, 1, {{"T", 1}})}, on_top_once), std::overflow_error);
    EXPECT_THROW(bill_of({item(1, 1, {}, "USD"), item(1, 1, {}, "EUR")}, on_top_once), std::logic_error);
    EXPECT_EQ(bill_of({item(INT64_MAX, 1, {vat})}, inside_each).totals.total.minor, INT64_MAX);
}

TEST(Bill, parts_by_largest_remainder_add_up_exactly) {
    const std::vector<std::int64_t> thirds{1, 1, 1}, uneven{7, 2, 1}, none{0, 0}, huge{INT64_MAX, INT64_MAX, 1};

    EXPECT_EQ(spread(100, thirds), (std::vector<std::int64_t>{34, 33, 33}));
    EXPECT_EQ(spread(5, uneven), (std::vector<std::int64_t>{4, 1, 0}));   // 3.5, 1.0, 0.5: the earlier first
    EXPECT_EQ(spread(5, none), (std::vector<std::int64_t>{5, 0}));
    EXPECT_EQ(spread(INT64_MAX, huge), (std::vector<std::int64_t>{INT64_MAX / 2, INT64_MAX / 2, 1}));
}

TEST(Bill, pieces_given_back_one_by_one_come_to_the_whole) {
    const auto made = bill_of({item(33, 7, {vat})}, on_top_once, 0, 10);
    const auto full = full_price(item(33, 7, {vat}), made.discounts[0], made.items[0], Mode::exclusive);
    ASSERT_EQ(full, money(231 - 10 + 42));

    Money back = money(0);
    for (std::int64_t before = 0; before < 7; ++before) {
        const auto part = portion_of(full, before, 1, 7);
        EXPECT_GE(part.minor, 0);
        back = back + part;
        EXPECT_LE(back.minor, full.minor);
    }
    EXPECT_EQ(back, full);
    EXPECT_EQ(portion_of(full, 0, 3, 7) + portion_of(full, 3, 4, 7), full);
}

/// A cart as it might be: a few lines at a few rates, with a discount and shipping.
struct Drawn {
    std::vector<Item> items;
    std::int64_t discount = 0;
    std::int64_t shipping = 0;
    std::size_t roundings = 0;   // amounts that are rounded when each line is
};

Drawn draw(std::mt19937_64& random) {
    const auto upto = [&](std::int64_t most) {
        return std::uniform_int_distribution<std::int64_t>(0, most)(random);
    };
    const std::vector<Rate> rates{{"A", 190'000}, {"B", 70'000}, {"C", 99'750}, {"D", 0}, {"E", 1'000'000}};
    Drawn drawn;
    std::int64_t goods = 0;
    const auto lines = 1 + upto(7);
    for (std::int64_t i = 0; i < lines; ++i) {
        Item each{money(upto(5'000)), 1 + upto(9), {}};
        for (const auto& rate : rates) {
            if (upto(3) == 0) each.rates.push_back(rate);
        }
        goods += each.unit_price.minor * each.quantity;
        drawn.roundings += each.rates.size();
        drawn.items.push_back(std::move(each));
    }
    drawn.discount = upto(goods);
    drawn.shipping = upto(2'000);
    return drawn;
}

TEST(Bill, whatever_is_bought_the_parts_add_up_and_the_two_roundings_stay_close) {
    std::mt19937_64 random(20'261'122);
    for (int round = 0; round < 1'000; ++round) {
        const auto drawn = draw(random);
        for (const auto mode : {Mode::inclusive, Mode::exclusive}) {
            const auto once = bill_of(drawn.items, {mode, Rounding::order}, drawn.shipping, drawn.discount);
            const auto each = bill_of(drawn.items, {mode, Rounding::line}, drawn.shipping, drawn.discount);
            for (const auto* made : {&once, &each}) {
                const auto& totals = made->totals;
                EXPECT_EQ(sum_of(*made), totals.tax.minor + totals.tax_included.minor);
                EXPECT_EQ(totals.total, totals.subtotal - totals.discount + totals.shipping + totals.tax);
                const auto told = std::accumulate(made->discounts.begin(), made->discounts.end(), money(0));
                EXPECT_EQ(told, totals.discount);
                EXPECT_LE(totals.tax_included.minor, totals.total.minor);
            }
            // Shipping is rounded once per rate and divisor, of which there are no more than entries of lines.
            const auto most = static_cast<std::int64_t>(2 * drawn.roundings) / 2;
            EXPECT_LE(std::abs(sum_of(once) - sum_of(each)), most);
        }
    }
}

TEST(Bill, without_shipping_the_roundings_differ_by_half_a_unit_for_each_amount_at_most) {
    std::mt19937_64 random(7);
    for (int round = 0; round < 1'000; ++round) {
        auto drawn = draw(random);
        for (auto& each : drawn.items) each.rates = {vat};
        const auto amounts = static_cast<std::int64_t>(drawn.items.size());
        const auto once = sum_of(bill_of(drawn.items, on_top_once));
        const auto each = sum_of(bill_of(drawn.items, on_top_each));
        EXPECT_LE(2 * std::abs(once - each), amounts);
    }
}

}  // namespace
}  // namespace caddy::pricing
