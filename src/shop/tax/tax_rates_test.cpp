#include "shop/tax/tax.hpp"

#include "tests/support/sql_check.hpp"
#include "tests/support/test_database.hpp"

#include <gtest/gtest.h>

namespace caddy::tax {
namespace {

RateRow row(std::string name, std::string country, std::optional<std::string> province, std::string category,
            std::int64_t millionths, Stacking stacking = Stacking::replaces) {
    RateRow made;
    made.name = std::move(name);
    made.country = std::move(country);
    made.province = std::move(province);
    made.category = std::move(category);
    made.rate_millionths = millionths;
    made.stacking = stacking;
    return made;
}

/// `GST 50000, PST 70000`
std::string told(const std::vector<Rate>& rates) {
    std::string text;
    for (const auto& rate : rates) {
        text.append(text.empty() ? "" : ", ").append(rate.name + " " + std::to_string(rate.millionths));
    }
    return text;
}

const std::vector<RateRow> germany{row("VAT", "DE", {}, "standard", 190'000), row("VAT", "DE", {}, "reduced", 70'000)};
const std::vector<RateRow> canada{row("GST", "CA", {}, "standard", 50'000),
                                  row("PST", "CA", "British Columbia", "standard", 70'000, Stacking::adds),
                                  row("PST", "CA", "British Columbia", "books", 0, Stacking::adds),
                                  row("HST", "CA", "Ontario", "standard", 130'000),
                                  row("HST", "CA", "Ontario", "books", 50'000)};

TEST(TaxRates, a_category_has_its_own_rate_or_the_standard_one) {
    const auto table = RateTable::at({"DE", "Bayern"}, germany);

    EXPECT_EQ(told(table.of("standard")), "VAT 190000");
    EXPECT_EQ(told(table.of("reduced")), "VAT 70000");
    EXPECT_EQ(told(table.of("PC040142")), "VAT 190000");
}

TEST(TaxRates, what_is_zero_or_exempt_is_never_taxed) {
    auto with_zero = germany;
    with_zero.push_back(row("VAT 0", "DE", {}, "zero", 0));

    EXPECT_EQ(told(RateTable::at({"DE", ""}, germany).of("exempt")), "");
    EXPECT_EQ(told(RateTable::at({"DE", ""}, germany).of("zero")), "");
    EXPECT_EQ(told(RateTable::at({"DE", ""}, with_zero).of("zero")), "VAT 0 0");
    EXPECT_EQ(told(RateTable::of_one_rate(1'300).of("exempt")), "");
    EXPECT_EQ(told(RateTable::of_one_rate(1'300).of("zero")), "");
}

TEST(TaxRates, a_province_adds_to_its_country_or_stands_alone) {
    EXPECT_EQ(told(RateTable::at({"CA", "Alberta"}, canada).of("standard")), "GST 50000");
    EXPECT_EQ(told(RateTable::at({"CA", ""}, canada).of("standard")), "GST 50000");
    EXPECT_EQ(told(RateTable::at({"CA", "British Columbia"}, canada).of("standard")), "GST 50000, PST 70000");
    EXPECT_EQ(told(RateTable::at({"CA", "British Columbia"}, canada).of("books")), "GST 50000, PST 0");
    EXPECT_EQ(told(RateTable::at({"CA", "Ontario"}, canada).of("standard")), "HST 130000");
    EXPECT_EQ(told(RateTable::at({"CA", "Ontario"}, canada).of("books")), "HST 50000");
}

TEST(TaxRates, provinces_are_compared_without_case_and_outer_blanks) {
    EXPECT_EQ(told(RateTable::at({"CA", " ONTARIO "}, canada).of("standard")), "HST 130000");
    EXPECT_EQ(told(RateTable::at({"CA", "ON"}, canada).of("standard")), "GST 50000");
}

TEST(TaxRates, the_one_rate_is_hundredths_of_a_percent_and_none_when_it_is_zero) {
    EXPECT_EQ(told(RateTable::of_one_rate(1'300).of("reduced")), "Tax 130000");
    EXPECT_EQ(told(RateTable::of_one_rate(0).of("standard")), "");
}

class TaxRateService : public ::testing::Test {
protected:
    Result<RateRow> create(const Draft& draft) { return db_.run(taxes_.create(ctx_, draft)); }
    std::string at(std::optional<Destination> destination, std::string category = "standard") {
        return db_.run(at_task(std::move(destination), std::move(category)));
    }
    Task<std::string> at_task(std::optional<Destination> destination, std::string category) {
        auto db = co_await db_.database().read(ctx_);
        const auto table = co_await taxes_.rates(db, destination);
        co_return told(table.of(category));
    }
    static Draft draft(std::string name, std::string country, std::int64_t millionths) {
        Draft made;
        made.name = std::move(name);
        made.country = std::move(country);
        made.rate_millionths = millionths;
        return made;
    }
    static http::ExpectedVersion version(std::int64_t number) {
        return http::ExpectedVersion(std::vector<std::int64_t>{number});
    }
    static Config config() {
        Config made;
        made.home_country = "DE";
        return made;
    }

    testing::TestDatabase db_;
    Context ctx_ = db_.context();
    TaxService taxes_{db_.database(), config()};
};

TEST_F(TaxRateService, the_one_rate_holds_everywhere_until_the_first_rate_is_set_up) {
    EXPECT_EQ(at(std::nullopt), "Tax 130000");
    EXPECT_EQ(at(Destination{"CN", ""}), "Tax 130000");

    ASSERT_TRUE(create(draft("VAT", "DE", 190'000)).has_value());

    EXPECT_EQ(at(std::nullopt), "VAT 190000");   // the shop's home
    EXPECT_EQ(at(Destination{"DE", ""}), "VAT 190000");
    EXPECT_EQ(at(Destination{"CN", ""}), "");
}

TEST_F(TaxRateService, a_rate_of_the_same_place_category_and_name_is_refused) {
    const auto first = create(draft("VAT", "DE", 190'000)).value();
    const auto again = create(draft(" VAT ", "DE", 70'000));

    ASSERT_TRUE(again.has_error());
    EXPECT_EQ(again.error().code, "tax.duplicate_rate");
    EXPECT_EQ(again.error().fields.at(0).pointer, "/name");
    auto other = draft("VAT", "DE", 70'000);
    other.category = "reduced";
    EXPECT_TRUE(create(other).has_value());
    const auto second = create(draft("VAT 2", "DE", 10'000)).value();
    Change rename;
    rename.name = {true, "VAT"};
    EXPECT_EQ(db_.run(taxes_.change(ctx_, second.id, version(1), rename)).error().code, "tax.duplicate_rate");
    Change same;
    same.name = {true, "VAT"};
    EXPECT_TRUE(db_.run(taxes_.change(ctx_, first.id, version(1), same)).has_value());
}

TEST_F(TaxRateService, a_change_needs_the_version_that_was_seen_and_is_audited) {
    const auto made = create(draft("VAT", "DE", 190'000)).value();
    Change lower;
    lower.rate_millionths = {true, 160'000};

    EXPECT_EQ(db_.run(taxes_.change(ctx_, made.id, version(2), lower)).error().code, "request.version_mismatch");
    const auto changed = db_.run(taxes_.change(ctx_, made.id, version(1), lower)).value();
    EXPECT_EQ(changed.version, 2);
    EXPECT_EQ(at(std::nullopt), "VAT 160000");
    EXPECT_EQ(db_.run(taxes_.remove(ctx_, made.id, version(1))).error().code, "request.version_mismatch");
    EXPECT_TRUE(db_.run(taxes_.remove(ctx_, made.id, version(2))).has_value());
    EXPECT_EQ(db_.run(taxes_.show(ctx_, made.id)).error().code, "tax.not_found");
    EXPECT_EQ(at(std::nullopt), "Tax 130000");   // with the last rate gone, the one rate is back
    EXPECT_EQ(db_.count("SELECT COUNT(*) FROM audit_log WHERE action LIKE 'tax.rate.%'"), 3);
}

TEST_F(TaxRateService, what_makes_no_sense_is_refused_with_a_pointer) {
    auto odd = draft("", "Germany", 1'000'001);
    odd.category = "exempt";
    odd.stacking = Stacking::adds;
    const auto refused = create(odd);

    ASSERT_TRUE(refused.has_error());
    EXPECT_EQ(refused.error().code, "request.invalid_field");
    std::vector<std::string> pointers;
    for (const auto& field : refused.error().fields) pointers.push_back(field.pointer);
    EXPECT_EQ(pointers, (std::vector<std::string>{"/name", "/country", "/category", "/rate_millionths", "/stacking"}));
    auto zero = draft("VAT", "DE", 1);
    zero.category = "zero";
    EXPECT_EQ(create(zero).error().fields.at(0).code, "not_zero");
}

TEST_F(TaxRateService, the_list_goes_on_where_it_stopped_and_stays_in_its_country) {
    for (const auto* country : {"DE", "FR", "DE", "DE"}) {
        ASSERT_TRUE(create(draft(std::string("VAT ") + std::to_string(db_.count("SELECT COUNT(*) FROM tax_rates")),
                                 country, 190'000))
                        .has_value());
    }
    const auto first = db_.run(taxes_.list(ctx_, "DE", PageRequest{2})).value();
    ASSERT_EQ(first.data.size(), 2U);
    const auto second = db_.run(taxes_.list(ctx_, "DE", PageRequest{2, first.next})).value();
    ASSERT_EQ(second.data.size(), 1U);
    EXPECT_EQ(second.data[0].name, "VAT 3");
    EXPECT_FALSE(second.next);
    EXPECT_EQ(db_.run(taxes_.list(ctx_, "", PageRequest{})).value().data.size(), 4U);
    EXPECT_EQ(db_.run(taxes_.list(ctx_, "FR", PageRequest{2, first.next})).error().code, "request.cursor_mismatch");
}

TEST_F(TaxRateService, every_statement_prepares_and_uses_an_index) {
    EXPECT_EQ(testing::unprepared_statements(db_), std::vector<std::string>{});
    // Whether there is any rate at all is asked of the first row.
    EXPECT_EQ(testing::full_scans(db_, {"tax.any"}), std::vector<std::string>{});
}

}  // namespace
}  // namespace caddy::tax
