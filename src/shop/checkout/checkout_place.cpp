// From a cart to an order, and on to the provider.
#include "core/assert.hpp"
#include "platform/idempotency/idempotency.hpp"
#include "platform/telemetry/log.hpp"
#include "shop/checkout/checkout_parts.hpp"

namespace caddy::checkout {
namespace refuse {
namespace {

Error too_many_unpaid() {
    Error error{ErrorKind::limited, "checkout.too_many_unpaid",
                "Too many of your orders wait for their payment. Pay or cancel one of them, or let them expire."};
    error.retry_after = std::chrono::seconds(60);
    return error;
}

}  // namespace
}  // namespace refuse

namespace {

orders::PaymentNote first_note(PaymentId id, const std::string& provider) {
    payments::Payment payment;
    payment.id = id;
    payment.provider = provider;
    return payments::note_of(payment);
}

}  // namespace

Task<Result<orders::Order>> CheckoutService::place(const Context& ctx, cart::CartId cart, const cart::Access& access,
                                                   const Wish& wish) {
    CADDY_CO_TRY(parts_.payments.provider(wish.payment_provider));
    auto placed =
        co_await db_.transact(ctx, "checkout.place", [&](db::Transaction& tx) -> Task<Result<Placed>> {
            return place_in(tx, ctx, cart, access, wish);
        });
    if (placed.has_error()) {
        auto refusal = std::move(placed).error();
        // The order's transaction is rolled back; the shopper goes on with the prices that he is told now.
        if (refusal.code == "checkout.price_changed") {
            CADDY_CO_TRY(co_await parts_.carts.freeze_again(ctx, cart, access));
        }
        co_return refusal;
    }
    auto order = std::move(placed->order);
    log::info("order.placed", {{"order", order.id.text()}, {"total_minor", order.totals.total.minor}});
    co_await begin(ctx, order, std::move(placed->payment));
    co_return order;
}

Task<Result<CheckoutService::Placed>> CheckoutService::place_in(db::Transaction& tx, const Context& ctx,
                                                                cart::CartId cart_id, const cart::Access& access,
                                                                const Wish& wish) {
    orders::Draft draft;
    draft.id = OrderId::next();
    CADDY_CO_TRY(co_await idempotency::record(tx, ctx, draft.id.text()));
    CADDY_CO_TRY(auto cart, co_await parts_.carts.open_for_checkout(tx, cart_id, access));
    CADDY_CO_TRY(auto repriced, co_await reprice(tx, cart));
    CADDY_CO_TRY(rules::same_price(repriced.priced.changed, repriced.totals, wish.expected_total_minor));
    draft.caller = rules::caller_of(ctx);
    const int most = ctx.principal.signed_in() ? config_.unpaid_per_customer_max : config_.unpaid_per_address_max;
    CADDY_CO_TRY(co_await check_quota(tx, ctx, draft.caller, most));
    CADDY_CO_TRY(const auto* provider, parts_.payments.provider(wish.payment_provider));
    draft.cart_id = cart.id.text();
    draft.expires_at = co_await expiry(tx, ctx, repriced, *provider);
    const auto reserved_until = draft.expires_at + reservation_grace;

    auto placed = co_await write_order(tx, ctx, cart, repriced, wish, std::move(draft));
    co_await parts_.carts.close(tx, ctx, cart_id);
    CADDY_CO_TRY(
        co_await parts_.inventory.reserve(tx, ctx, placed.order.id.value, repriced.priced.demands, reserved_until));
    co_return placed;
}

Task<CheckoutService::Placed> CheckoutService::write_order(db::Transaction& tx, const Context& ctx,
                                                           const cart::Cart& cart, const Repriced& repriced,
                                                           const Wish& wish, orders::Draft draft) {
    draft.customer = cart.customer;
    draft.email = *cart.email;
    draft.language = wish.language;
    if (draft.customer != 0 && parts_.language_of) {
        const auto wanted = co_await parts_.language_of(tx, draft.customer);
        if (wanted) draft.language = *wanted;
    }
    draft.lines = repriced.priced.lines;
    draft.totals = repriced.totals;
    draft.tax = parts_.taxes.terms();
    draft.shipping_taxes = repriced.shipping_taxes;
    if (cart.shipping_address) draft.shipping_address = json::Raw{json::to_json(*cart.shipping_address)};
    draft.shipping_method = repriced.shipping_method;
    draft.note = cart.note;
    draft.payment = first_note(PaymentId::next(), wish.payment_provider);

    Placed placed;
    placed.order = co_await parts_.orders.place(tx, ctx, draft);
    placed.payment.id = draft.payment.id;
    placed.payment.order = draft.id;
    placed.payment.provider = wish.payment_provider;
    placed.payment.amount = draft.totals.total;
    placed.payment = co_await parts_.payments.create(tx, ctx, placed.payment);
    co_return placed;
}

Task<Result<CheckoutService::Repriced>> CheckoutService::reprice(db::Session& db, cart::Cart& cart,
                                                                       const SpecialPrice* special) {
    std::vector<catalog::VariantId> variants;
    variants.reserve(cart.lines.size());
    for (const auto& line : cart.lines) variants.push_back(line.variant_id);
    auto offers = co_await parts_.catalog.offers(db, variants);
    std::optional<Money> list_price;
    if (special) list_price = rules::apply(*special, offers);
    std::optional<shipping::Quote> chosen;
    if (!special) chosen = co_await quote_chosen(db, cart, offers);
    const bool needs_shipping = rules::needs_shipping(cart, offers);
    if (needs_shipping && cart.shipping_address && !cart.shipping_method_id) {
        // Where nothing is shipped to, there is no method to ask for.
        const shipping::Destination there{cart.shipping_address->country, cart.shipping_address->province};
        CADDY_CO_TRY(co_await parts_.shipping.reaches(db, there));
    }
    CADDY_CO_TRY(rules::complete(cart, needs_shipping));

    Repriced repriced;
    CADDY_CO_TRY(repriced.priced, rules::price_lines(cart, offers));
    if (special) rules::note_special(*special, list_price, repriced.priced.lines);
    Money shipping{0, cart.currency};
    if (cart.shipping_method_id) {
        const auto parcel = cart::consignment_of(cart, repriced.priced.subtotal, offers);
        // What was asked with the prices that the shopper was shown holds as long as they are today's.
        if (!chosen || parcel.subtotal != cart::subtotal_of(cart)) {
            CADDY_CO_TRY(chosen, co_await parts_.shipping.quote(db, *cart.shipping_method_id, parcel));
        }
        shipping = chosen->price;
        repriced.shipping_method =
            orders::ShippingMethod{chosen->code, chosen->name, chosen->zone, shipping::snapshot_of(*chosen, parcel)};
    }
    const auto destination = cart::destination_of(cart);
    const auto rates = co_await parts_.taxes.rates(db, destination);
    const auto& tax = parts_.taxes.config();
    auto bill = rules::tax_lines(repriced.priced.lines, offers, shipping, rates, {tax.mode, tax.rounding});
    repriced.totals = bill.totals;
    repriced.shipping_taxes = std::move(bill.shipping);
    co_return repriced;
}

Task<std::optional<shipping::Quote>> CheckoutService::quote_chosen(db::Session& db, cart::Cart& cart,
                                                                    std::span<const catalog::Offer> offers) {
    if (!cart.shipping_method_id) co_return std::nullopt;
    const auto parcel = cart::consignment_of(cart, cart::subtotal_of(cart), offers);
    auto found = co_await parts_.shipping.consider(db, *cart.shipping_method_id, parcel);
    if (auto* quote = std::get_if<shipping::Quote>(&found)) co_return std::move(*quote);
    cart.shipping_method_id.reset();
    co_return std::nullopt;
}

Task<Result<void>> CheckoutService::check_quota(db::Session& db, const Context& ctx, const std::string& caller,
                                                int most) {
    if (most == 0) co_return Result<void>{};
    const auto unpaid = co_await parts_.orders.unpaid(db, caller, ctx.now());
    if (unpaid >= most) co_return refuse::too_many_unpaid();
    co_return Result<void>{};
}

Task<Time> CheckoutService::expiry(db::Transaction& tx, const Context& ctx, const Repriced& repriced,
                                   const payments::Provider& provider) {
    const auto own_window = provider.window();
    if (own_window) co_return ctx.now() + *own_window;
    const bool scarce = co_await parts_.inventory.scarce(tx, repriced.priced.demands);
    const auto minutes = scarce ? config_.scarce_window_min : config_.payment_window_min;
    co_return ctx.now() + std::chrono::minutes(minutes);
}

Task<> CheckoutService::begin(const Context& ctx, orders::Order& order, payments::Payment payment) {
    if (payment.status != payments::PaymentStatus::created || order.status != orders::OrderStatus::pending_payment) {
        co_return;
    }
    bool overtaken = false;
    if (payment.amount.minor == 0) {   // nothing to pay, so nobody to ask
        const Notice notice{payment.id, payments::EventKind::succeeded, payment.amount, "system"};
        co_await settle(ctx, notice);
        overtaken = true;
    } else {
        const auto begun = co_await parts_.payments.begin(ctx, payment, order.number);
        const auto kept = co_await db_.transact(ctx, "checkout.begun", [&](db::Transaction& tx) -> Task<Result<bool>> {
            auto started = payment;
            const auto head = co_await parts_.orders.lock(tx, order.id);
            CADDY_ASSERT(head.has_value());
            const bool changed = co_await parts_.payments.begun(tx, ctx, started, begun);
            if (!changed) co_return false;
            order.payment = payments::note_of(started);
            order.updated_at = co_await parts_.orders.note_payment(tx, ctx, order.id, order.payment);
            order.version = head->version + 1;
            co_return true;
        });
        overtaken = !kept.value();
    }
    if (!overtaken) co_return;
    // The provider's message was faster than its answer: show what came of it.
    auto db = co_await db_.read(ctx);
    auto now = co_await parts_.orders.find(db, order.id);
    if (now) order = std::move(*now);
}

Task<Result<orders::Order>> CheckoutService::made(const Context& ctx, OrderId id) {
    auto db = co_await db_.read(ctx);
    auto order = co_await parts_.orders.find(db, id);
    if (!order) {
        co_return Error{ErrorKind::not_found, "orders.not_found", "There is no such order any more."};
    }
    co_return std::move(*order);
}

Task<Result<orders::Order>> CheckoutService::proceed(const Context& ctx, OrderId id) {
    CADDY_CO_TRY(auto order, co_await made(ctx, id));
    std::optional<payments::Payment> payment;
    {
        auto db = co_await db_.read(ctx);
        payment = co_await parts_.payments.find(db, order.payment.id);
    }
    if (payment) co_await begin(ctx, order, std::move(*payment));
    co_return order;
}

}  // namespace caddy::checkout
