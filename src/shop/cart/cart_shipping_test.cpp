// How a cart is quoted for shipping, and how it loses a choice.
#include "tests/support/cart_fixture.hpp"

namespace caddy::cart {
namespace {

class CartShipping : public CartFixture {
protected:
    /// China by weight: ¥8 up to 1 kg, ¥12 up to 2 kg. The rest of the world has the methods of a new shop.
    CartShipping() {
        const auto ctx = db_.context({7, 1, Role::admin});
        const auto zone = db_.run(shipping_.create_zone(ctx, {"China", {{"CN", {}}}})).value();
        shipping::MethodDraft draft;
        draft.zone_id = zone.id;
        draft.code = "parcel";
        draft.name = "Parcel";
        draft.kind = shipping::Kind::by_weight;
        draft.rates.emplace_back().currency = currency("CNY");
        draft.rates.back().steps = {{1'000, 8'00}, {2'000, 12'00}};
        parcel_ = db_.run(shipping_.create_method(ctx, draft)).value().id;
    }

    VariantId heavy(const std::string& handle, std::int64_t grams) {
        auto wanted = draft(handle, {50'00, currency("CNY")});
        wanted.variants.at(0).grams = grams;
        const auto variant = put(wanted);
        stock(variant, 100);
        return variant;
    }
    static Details to(const std::string& country, std::optional<shipping::MethodId> method = {}) {
        Details details;
        Address address;
        address.country = country;
        details.shipping_address = {true, address};
        if (method) details.shipping_method_id = {true, *method};
        return details;
    }

    shipping::MethodId parcel_;
};

TEST_F(CartShipping, the_weight_of_the_lines_decides) {
    const auto cart = open();
    add(cart, heavy("pot", 500), 2).value();

    EXPECT_EQ(change(cart, to("CN", parcel_)).value().totals.shipping.minor, 8'00);
    EXPECT_EQ(add(cart, heavy("lid", 1), 1).value().totals.shipping.minor, 12'00);
}

TEST_F(CartShipping, what_needs_no_parcel_weighs_nothing) {
    auto wanted = draft("file", {50'00, currency("CNY")});
    wanted.variants.at(0).grams = 1'500;
    wanted.variants.at(0).requires_shipping = false;
    const auto file = put(wanted);
    stock(file, 100);
    const auto cart = open();
    add(cart, file, 2).value();

    EXPECT_EQ(change(cart, to("CN", parcel_)).value().totals.shipping.minor, 8'00);
}

TEST_F(CartShipping, a_choice_that_does_not_ship_to_a_new_address_is_dropped_and_told_once) {
    const auto cart = open();
    add(cart, heavy("pot", 500), 1).value();
    change(cart, to("CN", parcel_)).value();

    const auto moved = change(cart, to("JP")).value();

    EXPECT_FALSE(moved.shipping_method_id);
    ASSERT_TRUE(moved.shipping_method_dropped);
    EXPECT_EQ(moved.shipping_method_dropped->shipping_method_id, parcel_);
    EXPECT_EQ(moved.shipping_method_dropped->reason, shipping::Hindrance::other_zone);
    EXPECT_EQ(moved.totals.shipping.minor, 0);
    EXPECT_FALSE(show(cart, guest(cart)).value().shipping_method_dropped);
    EXPECT_EQ(change(cart, to("JP", parcel_)).error().code, "shipping.not_available");
}

TEST_F(CartShipping, a_choice_is_dropped_when_the_cart_grows_too_heavy_for_it) {
    const auto cart = open();
    const auto pot = heavy("pot", 500);
    add(cart, pot, 4).value();
    change(cart, to("CN", parcel_)).value();

    const auto grown = add(cart, pot, 1).value();

    ASSERT_TRUE(grown.shipping_method_dropped);
    EXPECT_EQ(grown.shipping_method_dropped->reason, shipping::Hindrance::limits);
}

TEST_F(CartShipping, a_withdrawn_choice_is_told_until_the_cart_is_next_written) {
    const auto cart = open();
    add(cart, heavy("pot", 500), 1).value();
    change(cart, to("CN", parcel_)).value();
    db_.execute("UPDATE shipping_methods SET active = 0 WHERE code = 'parcel'");

    EXPECT_EQ(show(cart, guest(cart)).value().shipping_method_dropped->reason, shipping::Hindrance::withdrawn);
    EXPECT_EQ(show(cart, guest(cart)).value().shipping_method_dropped->reason, shipping::Hindrance::withdrawn);
    EXPECT_TRUE(set(show(cart, guest(cart)).value(), 2).value().shipping_method_dropped);
    EXPECT_FALSE(show(cart, guest(cart)).value().shipping_method_dropped);
}

}  // namespace
}  // namespace caddy::cart
