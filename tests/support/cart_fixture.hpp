#pragma once
// A small shop with carts for tests: products with stock, guests and customers, and a clock that moves on.
#include "shop/cart/cart.hpp"
#include "tests/support/test_database.hpp"

#include <gtest/gtest.h>

namespace caddy::cart {

using catalog::VariantId;

inline Currency currency(std::string_view code) { return Currency::parse(code).value(); }
inline Access guest(const Cart& cart) { return {0, cart.token}; }

class CartFixture : public ::testing::Test {
protected:
    CartFixture() { db_.run(shipping_.ensure_defaults(db_.context())); }

    template <class Body>
    auto write(Body body) {
        return db_.run(db_.database().transact(db_.context(), "test", std::move(body)));
    }

    catalog::ProductDraft draft(const std::string& handle, Money price) {
        catalog::ProductDraft draft;
        draft.handle = handle;
        draft.title = handle;
        draft.status = catalog::ProductStatus::active;
        draft.published = true;
        draft.variants.emplace_back().price = price;
        return draft;
    }
    VariantId put(const catalog::ProductDraft& draft) {
        return write([&](db::Transaction& tx) -> Task<Result<catalog::Saved>> {
            const auto ctx = db_.context();
            co_return co_await catalog_.save_product(tx, ctx, draft);
        }).value().variants.at(0);
    }
    void stock(VariantId variant, std::int64_t on_hand) {
        write([&](db::Transaction& tx) -> Task<Result<void>> {
            const auto ctx = db_.context();
            co_return co_await inventory_.set_on_hand(tx, ctx, variant, on_hand, inventory::MovementKind::received,
                                                      "delivery");
        }).value();
    }
    VariantId product(const std::string& handle, std::int64_t minor, std::int64_t on_hand,
                      std::string_view code = "CNY") {
        const auto variant = put(draft(handle, {minor, currency(code)}));
        stock(variant, on_hand);
        return variant;
    }

    Context context(std::int64_t user = 0) {
        db_.clock().advance(std::chrono::milliseconds(1));
        return user == 0 ? db_.context() : db_.context({user, 1, Role::customer});
    }
    Cart open(std::int64_t user = 0, std::optional<Currency> asked = {}) {
        return db_.run(carts_.open(context(user), asked, {})).value();
    }
    Result<Cart> add(const Cart& cart, VariantId variant, std::int64_t quantity, std::int64_t user = 0) {
        return db_.run(carts_.add_line(context(), cart.id, {user, user == 0 ? cart.token : ""}, variant, quantity));
    }
    Result<Cart> show(const Cart& cart, const Access& access) {
        return db_.run(carts_.show(context(), cart.id, access));
    }
    Result<Cart> set(const Cart& cart, std::int64_t quantity) {
        return db_.run(carts_.set_quantity(context(), cart.id, guest(cart), cart.lines.at(0).id, quantity));
    }
    Result<Cart> change(const Cart& cart, const Details& details) {
        return db_.run(carts_.change(context(), cart.id, guest(cart), details));
    }
    Result<Claimed> claim(const Cart& cart, std::int64_t user) {
        return db_.run(carts_.claim(context(user), cart.id, {user, cart.token}));
    }
    void close(const Cart& cart) {
        write([&](db::Transaction& tx) -> Task<Result<void>> {
            const auto ctx = db_.context();
            CADDY_CO_TRY(co_await carts_.open_for_checkout(tx, cart.id, guest(cart)));
            co_await carts_.close(tx, ctx, cart.id);
            co_return Result<void>{};
        }).value();
    }
    shipping::MethodId method(const Cart& cart, std::string_view code) {
        for (const auto& quote : db_.run(carts_.shipping_methods(context(), cart.id, guest(cart))).value()) {
            if (quote.code == code) return quote.id;
        }
        return {};
    }

    testing::TestDatabase db_;
    catalog::CatalogService catalog_{db_.database()};
    inventory::InventoryService inventory_{db_.database(), catalog_, {}};
    shipping::ShippingService shipping_{db_.database()};
    tax::TaxService taxes_{db_.database(), {}};
    CartService carts_{db_.database(), catalog_, inventory_, shipping_, taxes_, {}};
};

}  // namespace caddy::cart
