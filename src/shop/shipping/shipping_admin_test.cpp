// What the back office does with zones and methods.
#include "shop/shipping/shipping.hpp"
#include "tests/support/test_database.hpp"

#include <gtest/gtest.h>

namespace caddy::shipping {
namespace {

class ShippingAdmin : public ::testing::Test {
protected:
    ShippingAdmin() { db_.run(shipping_.ensure_defaults(ctx_)); }

    static http::ExpectedVersion seen(std::int64_t version) {
        return http::ExpectedVersion(std::vector<std::int64_t>{version});
    }
    Result<Zone> zone(std::string name, std::vector<Area> destinations) {
        return db_.run(shipping_.create_zone(ctx_, {std::move(name), std::move(destinations)}));
    }
    Result<Zone> change(const Zone& zone, const ZoneChange& change) {
        return db_.run(shipping_.change_zone(ctx_, zone.id, seen(zone.version), change));
    }
    Result<Method> change(const Method& method, const MethodChange& change) {
        return db_.run(shipping_.change_method(ctx_, method.id, seen(method.version), change));
    }
    static MethodDraft draft(ZoneId zone, std::string code) {
        MethodDraft draft;
        draft.zone_id = zone;
        draft.code = std::move(code);
        draft.name = "By post";
        draft.rates.emplace_back().currency = Currency::parse("CNY").value();
        draft.rates.back().price_minor = 10'00;
        return draft;
    }
    Result<Method> method(const MethodDraft& draft) { return db_.run(shipping_.create_method(ctx_, draft)); }

    testing::TestDatabase db_;
    Context ctx_ = db_.context({7, 1, Role::admin});
    ShippingService shipping_{db_.database()};
};

TEST_F(ShippingAdmin, a_zone_is_kept_with_its_destinations_grouped_by_country) {
    const auto made = zone(" East ", {{"JP", {}}, {"CN", {"浙江省", "上海市"}}}).value();
    const auto shown = db_.run(shipping_.zone(ctx_, made.id)).value();

    EXPECT_EQ(shown.name, "East");
    ASSERT_EQ(shown.destinations.size(), 2U);
    EXPECT_EQ(shown.destinations[0].country, "CN");
    EXPECT_EQ(shown.destinations[0].provinces, (std::vector<std::string>{"上海市", "浙江省"}));
    EXPECT_EQ(shown.destinations[1].country, "JP");
    EXPECT_TRUE(shown.destinations[1].provinces.empty());
    EXPECT_EQ(db_.count("SELECT COUNT(*) FROM audit_log WHERE action = 'shipping.zone.create'"), 1);
}

TEST_F(ShippingAdmin, a_destination_belongs_to_one_zone) {
    const auto east = zone("East", {{"CN", {"浙江省"}}}).value();
    EXPECT_TRUE(zone("China", {{"CN", {}}}).has_value()) << "a country is not its provinces";

    const auto refused = zone("Again", {{"JP", {}}, {"CN", {"上海市", " 浙江省"}}});

    EXPECT_EQ(refused.error().code, "shipping.destination_taken");
    EXPECT_EQ(refused.error().fields.at(0).pointer, "/destinations/1/provinces/1");
    EXPECT_NE(refused.error().detail.find("East"), std::string::npos);
    EXPECT_EQ(zone("World", {{"*", {}}}).error().fields.at(0).pointer, "/destinations/0/country");
    EXPECT_EQ(db_.count("SELECT COUNT(*) FROM shipping_zones"), 3);
    ZoneChange same;
    same.destinations = {{"CN", {"浙江省"}}, {"KR", {}}};
    EXPECT_EQ(change(east, same).value().destinations.size(), 2U);
}

TEST_F(ShippingAdmin, a_zone_is_changed_by_whoever_saw_its_last_version) {
    const auto made = zone("East", {}).value();
    ZoneChange renamed;
    renamed.name = "Far east";
    EXPECT_EQ(change(made, renamed).value().version, 2);
    EXPECT_EQ(change(made, renamed).error().code, "request.version_mismatch");
    EXPECT_EQ(db_.run(shipping_.change_zone(ctx_, ZoneId{9}, seen(1), renamed)).error().code,
              "shipping.zone_not_found");
}

TEST_F(ShippingAdmin, a_zone_with_methods_is_not_deleted) {
    const auto made = zone("East", {{"JP", {}}}).value();
    const auto post = method(draft(made.id, "post")).value();
    EXPECT_EQ(db_.run(shipping_.remove_zone(ctx_, made.id, seen(1))).error().code, "shipping.zone_in_use");
    EXPECT_TRUE(db_.run(shipping_.remove_method(ctx_, post.id, seen(1))).has_value());
    EXPECT_EQ(db_.run(shipping_.remove_zone(ctx_, made.id, seen(2))).error().code, "request.version_mismatch");
    EXPECT_TRUE(db_.run(shipping_.remove_zone(ctx_, made.id, seen(1))).has_value());
    EXPECT_EQ(db_.run(shipping_.remove_zone(ctx_, made.id, seen(1))).error().code, "shipping.zone_not_found");
    EXPECT_EQ(db_.count("SELECT COUNT(*) FROM shipping_destinations"), 1);
    EXPECT_EQ(db_.count("SELECT COUNT(*) FROM audit_log"), 4);
}

TEST_F(ShippingAdmin, a_code_is_one_of_its_zone) {
    const auto made = zone("East", {}).value();
    EXPECT_EQ(method(draft(ZoneId{1}, "standard")).error().code, "shipping.code_taken");
    const auto standard = method(draft(made.id, "standard")).value();
    MethodChange moved;
    moved.zone_id = ZoneId{1};
    EXPECT_EQ(change(standard, moved).error().code, "shipping.code_taken");
    moved.code = "post";
    EXPECT_EQ(change(standard, moved).value().zone_id, ZoneId{1});
    EXPECT_EQ(method(draft(ZoneId{77}, "post")).error().fields.at(0).pointer, "/zone_id");
}

TEST_F(ShippingAdmin, a_method_becomes_one_of_another_kind_only_as_a_whole) {
    const auto post = method(draft(ZoneId{1}, "post")).value();
    MethodChange kind;
    kind.kind = Kind::by_weight;
    EXPECT_EQ(change(post, kind).error().code, "request.invalid_field");
    kind.rates.emplace(post.rates);
    kind.rates->at(0).price_minor.reset();
    kind.rates->at(0).steps = {{1'000, 8'00}, {std::nullopt, 20'00}};
    kind.weight_max_grams = {true, 30'000};
    const auto changed = change(post, kind).value();
    EXPECT_EQ(changed.version, 2);
    const auto shown = db_.run(shipping_.method(ctx_, post.id)).value();
    EXPECT_EQ(shown.rates, changed.rates);
    EXPECT_EQ(shown.weight_max_grams, 30'000);
    MethodChange unlimited;
    unlimited.weight_max_grams.present = true;
    EXPECT_FALSE(change(shown, unlimited).value().weight_max_grams);
    EXPECT_EQ(change(shown, unlimited).error().code, "request.version_mismatch");
}

TEST_F(ShippingAdmin, a_zone_holds_a_bounded_number_of_methods) {
    db_.execute("INSERT INTO "
                "shipping_methods (id, zone_id, code, name, kind, position, active, version, created_at, updated_at) "
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 98) "
                "SELECT i, 1, 'c' || i, 'x', 'flat', 0, 0, 1, 0, 0 FROM n");

    EXPECT_EQ(method(draft(ZoneId{1}, "post")).error().code, "shipping.too_many_methods");
}

TEST_F(ShippingAdmin, lists_go_on_where_a_page_ended) {
    zone("East", {}).value();
    const auto first = db_.run(shipping_.zones(ctx_, {1, std::nullopt, false})).value();
    ASSERT_TRUE(first.next.has_value());
    EXPECT_EQ(db_.run(shipping_.zones(ctx_, {5, first.next, false})).value().data.at(0).name, "East");
    const auto methods = db_.run(shipping_.methods(ctx_, ZoneId{1}, {1, std::nullopt, false})).value();
    ASSERT_TRUE(methods.next.has_value());
    EXPECT_EQ(db_.run(shipping_.methods(ctx_, ZoneId{1}, {5, methods.next, false})).value().data.size(), 1U);
    EXPECT_EQ(db_.run(shipping_.methods(ctx_, std::nullopt, {5, methods.next, false})).error().code,
              "request.cursor_mismatch");
    EXPECT_EQ(db_.run(shipping_.methods(ctx_, std::nullopt, {5, std::nullopt, false})).value().data.size(), 2U);
}

}  // namespace
}  // namespace caddy::shipping
