#include "shop/shipping/shipping_rules.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

namespace caddy::shipping::rules {
namespace {

constexpr auto largest = std::numeric_limits<std::int64_t>::max();

Currency currency(std::string_view code) { return Currency::parse(code).value(); }
Money cny(std::int64_t minor) { return {minor, currency("CNY")}; }

Rate rate_of(std::string_view code) {
    Rate rate;
    rate.currency = currency(code);
    return rate;
}

Tariff flat(std::string_view code, std::int64_t price_minor) {
    Tariff tariff{Kind::flat, {}, {}, rate_of(code)};
    tariff.rate.price_minor = price_minor;
    return tariff;
}

/// ¥8 up to 500 g, ¥12 up to 1 kg, ¥18 up to 3 kg.
Tariff by_weight() {
    Tariff tariff{Kind::by_weight, {}, {}, rate_of("CNY")};
    tariff.rate.steps = {{500, 800}, {1'000, 1'200}, {3'000, 1'800}};
    return tariff;
}

/// ¥15 up to ¥99.99, ¥6 up to ¥199.99, then nothing.
Tariff by_amount() {
    Tariff tariff{Kind::by_amount, {}, {}, rate_of("CNY")};
    tariff.rate.steps = {{99'99, 15'00}, {199'99, 6'00}, {std::nullopt, 0}};
    return tariff;
}

std::int64_t minor(const Tariff& tariff, std::int64_t subtotal, std::int64_t grams) {
    const auto price = price_of(tariff, {subtotal, tariff.rate.currency}, grams);
    return price ? price->minor : -1;
}

TEST(Tariffs, a_flat_price_is_the_same_for_every_parcel) {
    EXPECT_EQ(price_of(flat("CNY", 10'00), cny(1), 9'000), cny(10'00));
    EXPECT_EQ(price_of(flat("JPY", 600), {5'999, currency("JPY")}, 0), (Money{600, currency("JPY")}));
}

TEST(Tariffs, a_step_holds_up_to_and_with_its_weight) {
    EXPECT_EQ(minor(by_weight(), 1, 0), 800);
    EXPECT_EQ(minor(by_weight(), 1, 499), 800);
    EXPECT_EQ(minor(by_weight(), 1, 500), 800);
    EXPECT_EQ(minor(by_weight(), 1, 501), 1'200);
    EXPECT_EQ(minor(by_weight(), 1, 1'000), 1'200);
    EXPECT_EQ(minor(by_weight(), 1, 1'001), 1'800);
    EXPECT_EQ(minor(by_weight(), 1, 3'000), 1'800);
}

TEST(Tariffs, what_is_heavier_than_the_last_step_is_not_shipped_without_a_price_of_the_further_kilogram) {
    EXPECT_EQ(minor(by_weight(), 1, 3'001), -1);
}

TEST(Tariffs, each_further_kilogram_begun_is_paid) {
    auto tariff = by_weight();
    tariff.rate.further_kg_minor = 250;

    EXPECT_EQ(minor(tariff, 1, 3'000), 1'800);
    EXPECT_EQ(minor(tariff, 1, 3'001), 2'050);
    EXPECT_EQ(minor(tariff, 1, 4'000), 2'050);
    EXPECT_EQ(minor(tariff, 1, 4'001), 2'300);
    EXPECT_EQ(minor(tariff, 1, 10'000), 1'800 + 7 * 250);
}

TEST(Tariffs, a_step_of_the_amount_holds_up_to_and_with_it) {
    EXPECT_EQ(minor(by_amount(), 0, 0), 15'00);
    EXPECT_EQ(minor(by_amount(), 99'99, 0), 15'00);
    EXPECT_EQ(minor(by_amount(), 100'00, 0), 6'00);
    EXPECT_EQ(minor(by_amount(), 199'99, 0), 6'00);
    EXPECT_EQ(minor(by_amount(), 200'00, 0), 0);
    EXPECT_EQ(minor(by_amount(), largest, 0), 0);
}

TEST(Tariffs, shipping_is_free_from_exactly_the_amount_on_whatever_the_kind) {
    auto yen = flat("JPY", 600);
    yen.rate.free_above_minor = 6'000;
    EXPECT_EQ(minor(yen, 5'999, 0), 600);
    EXPECT_EQ(minor(yen, 6'000, 0), 0);
    auto heavy = by_weight();
    heavy.rate.free_above_minor = 199'00;
    EXPECT_EQ(minor(heavy, 198'99, 3'000), 1'800);
    EXPECT_EQ(minor(heavy, 199'00, 3'000), 0);
    EXPECT_EQ(minor(heavy, 199'00, 3'001), -1);
}

TEST(Tariffs, limits_count_themselves_in) {
    auto tariff = flat("CNY", 10'00);
    tariff.weight_min_grams = 100;
    tariff.weight_max_grams = 2'000;
    tariff.rate.amount_min_minor = 50'00;
    tariff.rate.amount_max_minor = 500'00;

    EXPECT_EQ(minor(tariff, 50'00, 100), 10'00);
    EXPECT_EQ(minor(tariff, 500'00, 2'000), 10'00);
    EXPECT_EQ(minor(tariff, 49'99, 100), -1);
    EXPECT_EQ(minor(tariff, 500'01, 100), -1);
    EXPECT_EQ(minor(tariff, 50'00, 99), -1);
    EXPECT_EQ(minor(tariff, 50'00, 2'001), -1);
}

TEST(Tariffs, a_price_past_64_bits_is_no_offer) {
    Tariff tariff{Kind::by_weight, {}, {}, rate_of("CNY")};
    tariff.rate.steps = {{1, minor_max}};
    tariff.rate.further_kg_minor = minor_max;

    EXPECT_EQ(minor(tariff, 1, 8'001), minor_max + 8 * minor_max);
    EXPECT_EQ(minor(tariff, 1, largest), -1);
    tariff.rate.steps = {{1, largest}};
    tariff.rate.further_kg_minor = 1;
    EXPECT_EQ(minor(tariff, 1, 2), -1);
}

TEST(Places, are_compared_trimmed_composed_and_without_case) {
    EXPECT_EQ(province_key(" ZheJiang "), province_key("zhejiang"));
    EXPECT_EQ(province_key("Que\u0301bec"), province_key("QU\u00c9BEC"));
    EXPECT_NE(province_key("浙江省"), province_key("浙江"));
}

TEST(Places, a_province_comes_before_its_country_and_that_before_the_rest_of_the_world) {
    EXPECT_GT(specificity({"CN", "zhejiang"}), specificity({"CN", ""}));
    EXPECT_GT(specificity({"CN", ""}), specificity({"*", ""}));
}

std::vector<std::string> pointers(const Error& error) {
    std::vector<std::string> found;
    for (const auto& field : error.fields) found.push_back(field.pointer);
    return found;
}

TEST(Destinations, become_one_entry_each) {
    const auto entries = entries_of({{"CN", {" 浙江省 ", "上海市"}}, {"JP", {}}, {"*", {}}}).value();

    ASSERT_EQ(entries.size(), 4U);
    EXPECT_EQ(entries[0].place, (Place{"CN", "浙江省"}));
    EXPECT_EQ(entries[0].province, "浙江省");
    EXPECT_EQ(entries[1].pointer, "/destinations/0/provinces/1");
    EXPECT_EQ(entries[2].place, (Place{"JP", ""}));
    EXPECT_EQ(entries[3].place, (Place{"*", ""}));
}

TEST(Destinations, are_refused_by_pointer) {
    const auto refused = entries_of({{"china", {}}, {"*", {"x"}}, {"CN", {"A", "a", " "}}, {"JP", {}}, {"JP", {}}});

    EXPECT_EQ(pointers(refused.error()),
              (std::vector<std::string>{"/destinations/0/country", "/destinations/1/provinces",
                                        "/destinations/2/provinces/1", "/destinations/2/provinces/2",
                                        "/destinations/4/country"}));
    std::vector<Area> many;
    for (char a = 'A'; a <= 'Z'; ++a) {
        for (char b = 'A'; b <= 'Z'; ++b) many.push_back({std::string{a, b}, {}});
    }
    EXPECT_EQ(pointers(entries_of(many).error()), std::vector<std::string>{"/destinations"});
}

MethodDraft draft(Kind kind, Rate rate) {
    MethodDraft draft;
    draft.zone_id = ZoneId{1};
    draft.code = "post";
    draft.name = " Post ";
    draft.kind = kind;
    draft.rates.push_back(std::move(rate));
    return draft;
}

std::vector<std::string> faults(const MethodDraft& draft) {
    const auto refused = accepted(draft);
    return refused.has_error() ? pointers(refused.error()) : std::vector<std::string>{};
}

TEST(Methods, are_accepted_with_what_their_kind_needs) {
    EXPECT_EQ(accepted(draft(Kind::flat, flat("CNY", 0).rate)).value().name, "Post");
    EXPECT_EQ(faults(draft(Kind::by_weight, by_weight().rate)), std::vector<std::string>{});
    EXPECT_EQ(faults(draft(Kind::by_amount, by_amount().rate)), std::vector<std::string>{});
}

TEST(Methods, are_refused_with_what_belongs_to_another_kind) {
    EXPECT_EQ(faults(draft(Kind::by_weight, flat("CNY", 1).rate)),
              (std::vector<std::string>{"/rates/0/price_minor", "/rates/0/steps"}));
    auto rate = by_weight().rate;
    rate.further_kg_minor = 1;
    EXPECT_EQ(faults(draft(Kind::flat, rate)),
              (std::vector<std::string>{"/rates/0/price_minor", "/rates/0/steps", "/rates/0/further_kg_minor"}));
    EXPECT_EQ(faults(draft(Kind::by_amount, rate)), std::vector<std::string>{"/rates/0/further_kg_minor"});
}

TEST(Methods, are_refused_with_steps_that_do_not_ascend_or_end_too_early) {
    auto rate = by_weight().rate;
    rate.steps = {{500, 1}, {500, 2}, {std::nullopt, 3}, {900, -1}};
    rate.further_kg_minor = -1;
    EXPECT_EQ(faults(draft(Kind::by_weight, rate)),
              (std::vector<std::string>{"/rates/0/steps/1/up_to", "/rates/0/steps/2/up_to",
                                        "/rates/0/steps/3/price_minor", "/rates/0/further_kg_minor"}));
    rate.steps = {{std::nullopt, 1}};
    rate.further_kg_minor = 1;
    EXPECT_EQ(faults(draft(Kind::by_weight, rate)), std::vector<std::string>{"/rates/0/further_kg_minor"});
}

TEST(Methods, are_refused_with_limits_that_nothing_meets_and_a_currency_twice) {
    auto wrong = draft(Kind::flat, flat("CNY", minor_max + 1).rate);
    wrong.code = "Post!";
    wrong.name = "";
    wrong.position = -1;
    wrong.weight_min_grams = 2;
    wrong.weight_max_grams = 1;
    wrong.rates[0].amount_min_minor = 2;
    wrong.rates[0].amount_max_minor = 1;
    wrong.rates.push_back(flat("CNY", 1).rate);
    EXPECT_EQ(faults(wrong),
              (std::vector<std::string>{"/name", "/code", "/position", "/weight_max_grams", "/rates/0/price_minor",
                                        "/rates/0/amount_max_minor", "/rates/1/currency"}));
    wrong = draft(Kind::flat, flat("CNY", 1).rate);
    wrong.rates.clear();
    EXPECT_EQ(faults(wrong), std::vector<std::string>{"/rates"});
}

}  // namespace
}  // namespace caddy::shipping::rules
