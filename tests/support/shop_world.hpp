#pragma once
// A whole shop on a database of its own: what tests of orders, payments and checkout stand in.
#include "shop/checkout/checkout.hpp"
#include "shop/payments/payments_manual.hpp"
#include "shop/payments/payments_sandbox.hpp"
#include "tests/support/test_database.hpp"

#include <gtest/gtest.h>

namespace caddy::checkout {

/// The sandbox, but it can be out of reach.
class FlakyProvider final : public payments::Provider {
public:
    explicit FlakyProvider(payments::Provider& behind) : behind_(behind) {}
    std::string_view name() const override { return "flaky"; }
    payments::NextStep next_step() const override { return behind_.next_step(); }
    Task<payments::Begun> begin(const Context& ctx, const payments::Intent& intent) override {
        ++asked;
        if (away) throw Unavailable("the provider does not answer");
        auto begun = co_await behind_.begin(ctx, intent);
        co_return begun;
    }
    Result<payments::ProviderEvent> verify(const Context& ctx, const payments::Message& message) const override {
        return behind_.verify(ctx, message);
    }
    Task<payments::RefundOutcome> refund(const Context& ctx, const payments::Payment& payment,
                                         const payments::RefundOrder& order) override {
        ++asked;
        if (away) throw Unavailable("the provider does not answer");
        const auto outcome = co_await behind_.refund(ctx, payment, order);
        co_return outcome;
    }

    bool away = false;
    int asked = 0;

private:
    payments::Provider& behind_;
};

class World : public ::testing::Test {
protected:
    explicit World(const Config& config = {}, const tax::Config& tax = {})
        : config_(config), taxes_(db_.database(), tax) {
        db_.run(shipping_.ensure_defaults(db_.context()));
    }

    /// Every test ends with books that add up, unless it broke them on purpose.
    void TearDown() override {
        if (broken_) return;
        for (const auto& each : db_.run(checkout_.audit(db_.context()))) {
            ADD_FAILURE() << each.invariant << " " << each.subject << " " << each.detail;
        }
        for (const auto& each : db_.run(inventory_.audit(db_.context()))) {
            ADD_FAILURE() << each.invariant << " " << each.subject << " " << each.detail;
        }
    }

    template <class Body>
    auto write(Body body) {
        return db_.run(db_.database().transact(db_.context(), "test", std::move(body)));
    }

    catalog::ProductDraft draft(const std::string& handle, std::int64_t minor) {
        catalog::ProductDraft draft;
        draft.handle = handle;
        draft.title = handle;
        draft.status = catalog::ProductStatus::active;
        draft.published = true;
        draft.variants.emplace_back().price = Money{minor, cny()};
        return draft;
    }
    catalog::VariantId save(const catalog::ProductDraft& draft) {
        return write([&](db::Transaction& tx) -> Task<Result<catalog::Saved>> {
            const auto ctx = db_.context();
            co_return co_await catalog_.save_product(tx, ctx, draft);
        }).value().variants.at(0);
    }
    catalog::VariantId product(const std::string& handle, std::int64_t minor, std::int64_t on_hand) {
        const auto variant = save(draft(handle, minor));
        if (on_hand == 0) return variant;
        write([&](db::Transaction& tx) -> Task<Result<void>> {
            const auto ctx = db_.context();
            co_return co_await inventory_.set_on_hand(tx, ctx, variant, on_hand, inventory::MovementKind::received,
                                                      "delivery");
        }).value();
        return variant;
    }
    catalog::VariantId download(const std::string& handle, std::int64_t minor) {
        auto wanted = draft(handle, minor);
        wanted.variants.at(0).requires_shipping = false;
        wanted.variants.at(0).tracked = false;
        return save(wanted);
    }

    /// A guest's cart with so many of a variant, ready to be ordered.
    cart::Cart filled_cart(catalog::VariantId variant, std::int64_t quantity, std::int64_t user = 0) {
        const auto ctx = context(user);
        cart::Details details;
        details.email = {true, "lin@example.com"};
        cart::Address address;
        address.name = "Lin Yue";
        address.phone = "13800000000";
        address.province = "Zhejiang";
        address.city = "Hangzhou";
        address.line1 = "1 Lakeside Road";
        details.shipping_address = {true, address};
        auto cart = db_.run(carts_.open(ctx, cny(), details)).value();
        cart = db_.run(carts_.add_line(ctx, cart.id, access(cart), variant, quantity)).value();
        cart::Details method;
        const auto quotes = db_.run(carts_.shipping_methods(ctx, cart.id, access(cart))).value();
        method.shipping_method_id = {true, quotes.at(0).id};
        return db_.run(carts_.change(ctx, cart.id, access(cart), method)).value();
    }
    static cart::Access access(const cart::Cart& cart) { return {cart.customer, cart.customer ? "" : cart.token}; }
    static orders::Access access(const orders::Order& order) { return {order.customer, order.token.value_or("")}; }

    Result<orders::Order> place(const cart::Cart& cart, const std::string& provider = "sandbox",
                                std::optional<std::int64_t> expected = std::nullopt) {
        const Wish wish{provider, expected};
        return db_.run(checkout_.place(context(cart.customer), cart.id, access(cart), wish));
    }
    orders::Order order_of(catalog::VariantId variant, std::int64_t quantity, const std::string& provider = "sandbox") {
        return place(filled_cart(variant, quantity), provider).value();
    }
    orders::Order read(const orders::Order& order) { return db_.run(checkout_.made(db_.context(), order.id)).value(); }
    std::string status(const orders::Order& order) {
        return boost::describe::enum_to_string(read(order).status, "?");
    }

    Notice notice(const orders::Order& order, payments::EventKind kind) const {
        return {order.payment.id, kind, order.totals.total, "provider:sandbox"};
    }
    Verdict tell(const orders::Order& order, payments::EventKind kind) {
        return db_.run(checkout_.settle(db_.context(), notice(order, kind)));
    }
    /// Pays at the sandbox, whose message reaches the shop at once.
    void approve(const orders::Order& order) {
        decide(order);
        tell(order, payments::EventKind::succeeded);
    }
    payments::SandboxPayment decide(const orders::Order& order) {
        const auto approve = payments::SandboxDecision::approve;
        return db_.run(sandbox_.decide(db_.context(), order.payment.id, approve, {})).value();
    }
    /// Does what the refund job does, for every refund that is due.
    void run_refunds(const orders::Order& order) { db_.run(checkout_.refund(db_.context(), read(order).payment.id)); }

    std::int64_t available(catalog::VariantId variant) {
        return write([&](db::Transaction& tx) -> Task<Result<std::int64_t>> {
            const std::array wanted{variant};
            const auto found = co_await inventory_.available(tx, wanted);
            co_return found.empty() ? 0 : found.front().available;
        }).value();
    }
    std::int64_t events(const std::string& type) {
        return db_.count("SELECT COUNT(*) FROM outbox_events WHERE type = '" + type + "'");
    }
    std::int64_t expire() { return db_.run(checkout_.expire(db_.context())); }

    Context context(std::int64_t user = 0) {
        db_.clock().advance(std::chrono::milliseconds(1));
        return user == 0 ? db_.context() : db_.context({user, 1, Role::customer});
    }
    static Currency cny() { return Currency::parse("CNY").value(); }
    static payments::SandboxConfig sandbox_config() {
        payments::SandboxConfig config;
        config.enabled = true;
        config.secret = "a secret of the test";
        return config;
    }

    Config config_;
    testing::TestDatabase db_{db::SqliteConfig{.file = ":memory:", .wait_limit_ms = 60'000}};
    net::HttpClient http_{net::HttpClientConfig{}};
    catalog::CatalogService catalog_{db_.database()};
    inventory::InventoryService inventory_{db_.database(), catalog_, {}};
    shipping::ShippingService shipping_{db_.database()};
    tax::TaxService taxes_;
    cart::CartService carts_{db_.database(), catalog_, inventory_, shipping_, taxes_, {}};
    orders::OrderService orders_{db_.database()};
    payments::ManualProvider manual_{payments::ManualConfig{}};
    payments::SandboxProvider sandbox_{db_.database(), http_, sandbox_config()};
    FlakyProvider flaky_{sandbox_};
    payments::PaymentService payments_{db_.database(), {&manual_, &sandbox_, &flaky_}};
    CheckoutService checkout_{
        db_.database(), {catalog_, inventory_, shipping_, carts_, orders_, payments_, taxes_}, config_};
    bool broken_ = false;
};

}  // namespace caddy::checkout
