#include "shop/shipping/shipping.hpp"

#include "platform/db/migrate.hpp"
#include "tests/support/sql_check.hpp"
#include "tests/support/test_database.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace caddy::shipping {
namespace {

Money money(std::int64_t minor, std::string_view code) { return {minor, Currency::parse(code).value()}; }

class Shipping : public ::testing::Test {
protected:
    Shipping() { db_.run(shipping_.ensure_defaults(ctx_)); }

    std::vector<Quote> quotes(Money subtotal, std::optional<Destination> destination = {}, std::int64_t grams = 0) {
        return db_.run(quotes_task({std::move(destination), subtotal, grams}));
    }
    Result<Quote> quote(MethodId method, Money subtotal, std::optional<Destination> destination = {}) {
        return db_.run(quote_task(method, {std::move(destination), subtotal, 0}));
    }
    Hindrance hindrance(MethodId method, const Consignment& parcel) {
        return std::get<Hindrance>(db_.run(consider_task(method, parcel)));
    }

    Task<std::vector<Quote>> quotes_task(Consignment parcel) {
        auto db = co_await db_.database().read(ctx_);
        co_return co_await shipping_.quotes(db, parcel);
    }
    Task<Result<Quote>> quote_task(MethodId method, Consignment parcel) {
        auto db = co_await db_.database().read(ctx_);
        co_return co_await shipping_.quote(db, method, parcel);
    }
    Task<std::variant<Quote, Hindrance>> consider_task(MethodId method, Consignment parcel) {
        auto db = co_await db_.database().read(ctx_);
        co_return co_await shipping_.consider(db, method, parcel);
    }
    Task<Result<void>> reaches_task(Destination destination) {
        auto db = co_await db_.database().read(ctx_);
        co_return co_await shipping_.reaches(db, destination);
    }

    Zone zone(std::string name, std::vector<Area> destinations) {
        return db_.run(shipping_.create_zone(ctx_, {std::move(name), std::move(destinations)})).value();
    }
    MethodDraft draft(ZoneId zone, std::string code, std::int64_t minor) {
        MethodDraft draft;
        draft.zone_id = zone;
        draft.code = std::move(code);
        draft.name = draft.code;
        draft.rates.emplace_back().currency = Currency::parse("CNY").value();
        draft.rates.back().price_minor = minor;
        return draft;
    }
    Method method(const MethodDraft& draft) { return db_.run(shipping_.create_method(ctx_, draft)).value(); }
    std::vector<std::string> codes(std::optional<Destination> destination) {
        std::vector<std::string> found;
        for (const auto& quote : quotes(money(1, "CNY"), std::move(destination))) found.push_back(quote.code);
        return found;
    }

    testing::TestDatabase db_;
    Context ctx_ = db_.context({7, 1, Role::admin});
    ShippingService shipping_{db_.database()};
};

using Codes = std::vector<std::string>;

TEST_F(Shipping, a_new_shop_ships_by_standard_and_express_to_the_whole_world) {
    const auto found = quotes(money(100'00, "CNY"));

    ASSERT_EQ(found.size(), 2U);
    EXPECT_EQ(found[0].code, "standard");
    EXPECT_EQ(found[0].price, money(10'00, "CNY"));
    EXPECT_EQ(found[0].free_above, money(199'00, "CNY"));
    EXPECT_EQ(found[0].zone, "Rest of the world");
    EXPECT_EQ(found[1].code, "express");
    EXPECT_EQ(found[1].price, money(25'00, "CNY"));
    EXPECT_FALSE(found[1].free_above);
    EXPECT_EQ(codes(Destination{"NZ", ""}), (Codes{"standard", "express"}));
    EXPECT_EQ(codes(Destination{"CN", "浙江省"}), (Codes{"standard", "express"}));
}

TEST_F(Shipping, standard_is_free_from_its_limit_on) {
    EXPECT_EQ(quotes(money(198'99, "CNY"))[0].price.minor, 10'00);
    EXPECT_EQ(quotes(money(199'00, "CNY"))[0].price.minor, 0);
    EXPECT_EQ(quotes(money(6'000, "JPY"))[0].price.minor, 0);
    EXPECT_EQ(quotes(money(5'999, "JPY"))[0].price.minor, 600);
}

TEST_F(Shipping, the_cheapest_comes_first) {
    db_.execute("UPDATE shipping_rates SET flat_minor = 1 WHERE currency = 'CNY' AND free_above_minor IS NULL");

    EXPECT_EQ(quotes(money(1, "CNY"))[0].code, "express");
}

TEST_F(Shipping, a_method_ships_only_where_it_has_a_rate_and_is_active) {
    const auto standard = quotes(money(1, "CNY"))[0].id;

    EXPECT_EQ(quote(standard, money(1, "USD")).value().price, money(5'00, "USD"));
    EXPECT_EQ(quote(standard, money(1, "ISK")).error().code, "shipping.not_available");
    EXPECT_EQ(quote(MethodId{1}, money(1, "CNY")).error().code, "shipping.not_available");
    db_.execute("UPDATE shipping_methods SET active = 0 WHERE code = 'standard'");
    EXPECT_EQ(quote(standard, money(1, "CNY")).error().code, "shipping.not_available");
    EXPECT_EQ(quotes(money(1, "CNY")).size(), 1U);
}

TEST_F(Shipping, the_most_specific_zone_decides) {
    method(draft(zone("China", {{"CN", {}}}).id, "home", 8'00));
    method(draft(zone("Far west", {{"CN", {"新疆", "Tibet"}}}).id, "far", 30'00));

    EXPECT_EQ(codes(Destination{"CN", "浙江省"}), Codes{"home"});
    EXPECT_EQ(codes(Destination{"CN", ""}), Codes{"home"});
    EXPECT_EQ(codes(Destination{"CN", "新疆"}), Codes{"far"});
    EXPECT_EQ(codes(Destination{"CN", " tIBET "}), Codes{"far"});
    EXPECT_EQ(codes(Destination{"JP", "新疆"}), (Codes{"standard", "express"}));
    EXPECT_EQ(codes(std::nullopt), (Codes{"standard", "express"}));
}

TEST_F(Shipping, weight_and_amount_decide_what_is_offered_and_for_how_much) {
    auto heavy = draft(zone("China", {{"CN", {}}}).id, "freight", 0);
    heavy.kind = Kind::by_weight;
    heavy.weight_min_grams = 100;
    heavy.rates[0].price_minor.reset();
    heavy.rates[0].steps = {{1'000, 8'00}, {5'000, 20'00}};
    heavy.rates[0].further_kg_minor = 3'00;
    const auto made = method(heavy);
    const Destination home{"CN", ""};

    EXPECT_EQ(quotes(money(1, "CNY"), home, 99).size(), 0U);
    EXPECT_EQ(quotes(money(1, "CNY"), home, 1'000).at(0).price.minor, 8'00);
    EXPECT_EQ(quotes(money(1, "CNY"), home, 1'001).at(0).price.minor, 20'00);
    EXPECT_EQ(quotes(money(1, "CNY"), home, 6'001).at(0).price.minor, 26'00);
    EXPECT_EQ(quotes(money(1, "USD"), home, 1'000).size(), 0U);
    EXPECT_EQ(db_.run(shipping_.method(ctx_, made.id)).value().rates, heavy.rates);
}

TEST_F(Shipping, what_stands_in_the_way_of_a_method_is_told) {
    const auto china = zone("China", {{"CN", {}}}).id;
    auto small = draft(china, "letter", 1'00);
    small.weight_max_grams = 20;
    const auto letter = method(small).id;
    const auto standard = quotes(money(1, "CNY"))[0].id;
    const Destination home{"CN", ""};

    EXPECT_EQ(hindrance(standard, {home, money(1, "CNY"), 0}), Hindrance::other_zone);
    EXPECT_EQ(hindrance(letter, {home, money(1, "CNY"), 21}), Hindrance::limits);
    EXPECT_EQ(hindrance(letter, {home, money(1, "USD"), 1}), Hindrance::other_currency);
    EXPECT_EQ(hindrance(MethodId{1}, {home, money(1, "CNY"), 1}), Hindrance::withdrawn);
    db_.execute("DELETE FROM shipping_destinations WHERE country = '*'");
    EXPECT_EQ(hindrance(standard, {{}, money(1, "CNY"), 1}), Hindrance::no_zone);
}

TEST_F(Shipping, a_destination_in_no_zone_is_refused_by_pointer) {
    const auto standard = quotes(money(1, "CNY"))[0].id;
    db_.execute("UPDATE shipping_destinations SET country = 'CN' WHERE country = '*'");

    const auto refused = quote(standard, money(1, "CNY"), Destination{"NZ", ""});

    EXPECT_EQ(refused.error().code, "shipping.no_zone");
    EXPECT_EQ(refused.error().fields.at(0).pointer, "/shipping_address/country");
    EXPECT_EQ(db_.run(reaches_task({"NZ", ""})).error().code, "shipping.no_zone");
    EXPECT_TRUE(db_.run(reaches_task({"CN", "Anywhere"})).has_value());
    EXPECT_TRUE(codes(Destination{"NZ", ""}).empty());
}

TEST_F(Shipping, a_snapshot_is_right_only_for_its_own_amount_and_price) {
    const Consignment parcel{Destination{"CN", ""}, money(50'00, "CNY"), 700};
    const auto quote = quotes(parcel.subtotal, parcel.destination, parcel.grams).at(0);
    const auto kept = snapshot_of(quote, parcel);

    EXPECT_EQ(fault_of(kept, parcel.subtotal, quote.price), std::nullopt);
    EXPECT_TRUE(fault_of(kept, money(50'01, "CNY"), quote.price).has_value());
    EXPECT_TRUE(fault_of(kept, parcel.subtotal, money(10'01, "CNY")).has_value());
    EXPECT_TRUE(fault_of(kept, money(50'00, "USD"), money(10'00, "USD")).has_value());
    EXPECT_TRUE(fault_of({"{}"}, parcel.subtotal, quote.price).has_value());
}

TEST_F(Shipping, starting_again_changes_nothing_even_when_all_was_deleted) {
    db_.execute("DELETE FROM shipping_methods WHERE code = 'express'");
    db_.run(shipping_.ensure_defaults(ctx_));
    EXPECT_EQ(db_.count("SELECT COUNT(*) FROM shipping_methods"), 1);

    db_.execute("DELETE FROM shipping_methods");
    db_.run(shipping_.ensure_defaults(ctx_));
    EXPECT_EQ(db_.count("SELECT COUNT(*) FROM shipping_methods"), 0);
}

TEST_F(Shipping, every_statement_prepares_and_uses_an_index) {
    EXPECT_EQ(testing::unprepared_statements(db_), std::vector<std::string>{});
    EXPECT_EQ(testing::full_scans(db_), std::vector<std::string>{});
}

TEST(ShippingMigration, what_a_running_shop_charges_stays) {
    asio::io_context loop{1};
    testing::FakeClock clock;
    Context ctx;
    ctx.clock = &clock;
    db::Database database{db::open_sqlite(loop.get_executor(), {.file = ":memory:"})};
    const auto run = [&](auto task) { return testing::run_on(loop, std::move(task)); };
    auto before = db::migrations_for(db::Engine::sqlite);
    std::erase_if(before, [](const db::Migration& each) { return each.name == "0024_shipping_zones"; });
    run(db::migrate(database, ctx, before));
    run([](db::Database& db, const Context& asking) -> Task<> {
        auto lease = co_await db.driver().acquire(asking, db::Purpose::write);
        (void)co_await lease->run_text(
            "INSERT INTO shipping_methods (id, code, name, position, active, version, created_at, updated_at) "
            "VALUES (5, 'post', 'Post', 1, 1, 1, 0, 0);\n"
            "INSERT INTO shipping_rates (method_id, currency, flat_minor, free_above_minor) VALUES (5, 'CNY', 700, "
            "9000);\n");
    }(database, ctx));

    run(db::migrate(database, ctx));

    ShippingService shipping(database);
    run(shipping.ensure_defaults(ctx));
    const auto ask = [](db::Database& db, const Context& asking, ShippingService& service) -> Task<std::vector<Quote>> {
        auto session = co_await db.read(asking);
        const Consignment parcel{Destination{"CN", "浙江省"}, money(89'99, "CNY"), 9'000};
        co_return co_await service.quotes(session, parcel);
    };
    const auto found = run(ask(database, ctx, shipping));
    ASSERT_EQ(found.size(), 1U) << "and nothing was added to what the shop had";
    EXPECT_EQ(found[0].id, MethodId{5});
    EXPECT_EQ(found[0].price, money(700, "CNY"));
    EXPECT_EQ(found[0].free_above, money(90'00, "CNY"));
    EXPECT_EQ(run(shipping.zone(ctx, ZoneId{1})).value().version, 1);
}

}  // namespace
}  // namespace caddy::shipping
