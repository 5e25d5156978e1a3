#include "core/access.hpp"
#include "core/clock.hpp"
#include "core/id.hpp"
#include "core/money.hpp"
#include "core/result.hpp"

#include <gtest/gtest.h>

#include <set>

namespace caddy {
namespace {

struct CartTag {
    static constexpr std::string_view prefix = "cart";
};
using CartId = Id<CartTag>;

Currency currency(std::string_view code) { return Currency::parse(code).value(); }
Result<int> half(int n) {
    if (n % 2 != 0) return Error{ErrorKind::invalid, "core.odd", "odd"};
    return n / 2;
}
Result<int> quarter(int n) {
    CADDY_TRY(const auto once, half(n));
    CADDY_TRY(const auto twice, half(once));
    return twice;
}

TEST(Result, a_refusal_passes_through_and_a_value_is_bound) {
    EXPECT_EQ(quarter(12).value(), 3);
    EXPECT_EQ(quarter(6).error().code, "core.odd");
    EXPECT_THROW(quarter(5).value(), RefusalEscaped);
}

TEST(Money, reads_decimal_amounts_exactly) {
    const struct {
        const char* text;
        const char* code;
        std::int64_t minor;
    } cases[] = {{"59.99", "CNY", 5999},      {"75", "CNY", 7500},
                 {"0.1", "CNY", 10},          {".5", "CNY", 50},
                 {"1,299.00", "USD", 129900}, {"500", "JPY", 500},
                 {"500.00", "JPY", 500},      {"1.234", "KWD", 1234},
                 {"-3.50", "EUR", -350},      {"92233720368547758.07", "CNY", INT64_MAX},
                 {"12.", "CNY", 1200}};
    for (const auto& c : cases) {
        const auto money = parse_money(c.text, currency(c.code));
        ASSERT_TRUE(money) << c.text;
        EXPECT_EQ(money->minor, c.minor) << c.text;
    }
}

TEST(Money, refuses_what_it_cannot_hold_exactly) {
    for (const auto* text :
         {"", ".", "-", "1.999", "abc", "1.2.3", "1e5", "92233720368547758.08", "1,23", "12 ", "1,2345", "1234,567"}) {
        EXPECT_FALSE(parse_money(text, currency("CNY"))) << text;
    }
    EXPECT_FALSE(parse_money("0.5", currency("JPY")));
}

TEST(Money, writes_as_many_digits_as_the_currency_has) {
    EXPECT_EQ(format_amount({5, currency("CNY")}), "0.05");
    EXPECT_EQ(format_amount({-1999, currency("CNY")}), "-19.99");
    EXPECT_EQ(format_amount({1999, currency("JPY")}), "1999");
    EXPECT_EQ(format_amount({1, currency("KWD")}), "0.001");
    EXPECT_EQ(format_amount({INT64_MIN, currency("CNY")}), "-92233720368547758.08");
}

TEST(Money, sums_refuse_overflow_and_mixed_currencies) {
    const Money yuan{INT64_MAX, currency("CNY")};
    EXPECT_THROW(yuan + Money(1, currency("CNY")), std::overflow_error);
    EXPECT_THROW(yuan + Money(1, currency("USD")), std::logic_error);
    EXPECT_THROW(yuan * 2, std::overflow_error);
}

TEST(Money, scaling_rounds_half_away_from_zero) {
    EXPECT_EQ(scale_minor(1050, 1, 100), 11);
    EXPECT_EQ(scale_minor(1049, 1, 100), 10);
    EXPECT_EQ(scale_minor(-1050, 1, 100), -11);
    EXPECT_EQ(scale_minor(INT64_MAX, 3, 3), INT64_MAX);
    EXPECT_EQ(scale_minor(1, 1, 3), 0);
    EXPECT_EQ(scale_minor(2, 1, 3), 1);
}

TEST(Money, knows_only_currencies_of_the_standard) {
    EXPECT_EQ(currency("KRW").exponent(), 0);
    EXPECT_FALSE(Currency::parse("cny"));
    EXPECT_FALSE(Currency::parse("ABC"));
    EXPECT_FALSE(Currency::parse("CN"));
    EXPECT_FALSE(Currency::parse("Y E"));
}

TEST(Id, text_and_number_are_the_same_thing) {
    const auto id = CartId::next();
    EXPECT_EQ(CartId::parse(id.text()), id);
    EXPECT_EQ(id.text().size(), 18U);
    EXPECT_EQ(CartId{INT64_MAX}.text(), "cart_7zzzzzzzzzzzz");
    EXPECT_EQ(CartId::parse("cart_7zzzzzzzzzzzz")->value, INT64_MAX);
}

TEST(Id, foreign_text_is_no_id) {
    for (const auto* text : {"", "cart_", "cart_1", "prod_0000000000001", "cart_8000000000000", "cart_000000000000u",
                             "cart_00000000000011", "CART_0000000000001"}) {
        EXPECT_FALSE(CartId::parse(text)) << text;
    }
}

TEST(Id, one_process_never_repeats_and_always_ascends) {
    std::int64_t last = 0;
    for (int i = 0; i < 100'000; ++i) {
        const auto id = next_id();
        ASSERT_GT(id, last);
        last = id;
    }
}

TEST(Clock, rfc3339_both_ways) {
    const auto time = parse_rfc3339("2026-11-22T20:15:00.123Z");
    ASSERT_TRUE(time);
    EXPECT_EQ(to_rfc3339(*time), "2026-11-22T20:15:00.123Z");
    EXPECT_EQ(to_rfc3339(*parse_rfc3339("2024-02-29T00:00:00Z")), "2024-02-29T00:00:00.000Z");
    for (const auto* text : {"", "2026-11-22", "2026-02-29T00:00:00Z", "2026-11-22T24:00:00Z",
                             "2026-11-22T20:15:00+08:00", "2026-11-22T20:15:00.1234567Z", "2026-11-22T20:15:00.Z"}) {
        EXPECT_FALSE(parse_rfc3339(text)) << text;
    }
}

TEST(Access, the_gate_admits_by_role) {
    const Principal guest{}, customer{1, 1, Role::customer}, staff{2, 2, Role::staff}, admin{3, 3, Role::admin};
    EXPECT_TRUE(admits(Access::shopper, guest));
    EXPECT_FALSE(admits(Access::customer, guest));
    EXPECT_TRUE(admits(Access::customer, customer));
    EXPECT_FALSE(admits(Access::staff, customer));
    EXPECT_TRUE(admits(Access::staff, admin));
    EXPECT_FALSE(admits(Access::admin, staff));
    EXPECT_TRUE(admits(Access::admin, admin));
}

TEST(Access, staff_may_do_what_they_were_given_and_administrators_everything) {
    const auto clerk = Permissions{}.with(Permission::orders_read).with(Permission::refunds);
    const Principal staff{2, 2, Role::staff, clerk}, admin{3, 3, Role::admin}, customer{1, 1, Role::customer, clerk};

    EXPECT_TRUE(may(staff, Permission::refunds));
    EXPECT_TRUE(may(staff, Permission::none));
    EXPECT_FALSE(may(staff, Permission::orders_write));
    EXPECT_TRUE(may(admin, Permission::users_manage));
    EXPECT_FALSE(may(customer, Permission::refunds));
    EXPECT_FALSE(may(customer, Permission::none));
}

}   // namespace
}   // namespace caddy
