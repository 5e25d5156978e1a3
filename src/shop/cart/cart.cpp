// Opening, showing and changing carts. What happens to their lines stands in cart_lines.cpp, claiming in
// cart_claim.cpp.
#include "shop/cart/cart.hpp"

#include "platform/crypto/digest.hpp"
#include "platform/idempotency/idempotency.hpp"
#include "platform/telemetry/log.hpp"
#include "shop/cart/cart_rules.hpp"
#include "shop/cart/cart_store.hpp"

namespace caddy::cart {
namespace {

constexpr std::size_t token_bytes = 24;
constexpr std::chrono::hours client_window{1};
constexpr int sweep_rounds_max = 100;   // of store::batch_rows each, for one run of the job

Cart new_cart(const Context& ctx, Currency currency, bool currency_asked) {
    Cart cart;
    cart.id = CartId::next();
    cart.token = crypto::random_token(token_bytes);
    cart.customer = ctx.principal.user;
    cart.currency = currency;
    cart.currency_asked = currency_asked;
    cart.created_at = ctx.now();
    cart.updated_at = cart.created_at;
    return cart;
}

Task<Result<void>> check_client(db::Session& db, const Context& ctx, std::string_view client, int carts_max) {
    if (carts_max == 0) co_return Result<void>{};
    const auto opened = co_await store::opened_since(db, client, ctx.now() - client_window);
    if (opened.carts < carts_max) co_return Result<void>{};
    const auto wait = opened.oldest.value_or(ctx.now()) + client_window - ctx.now();
    co_return refuse::too_many(std::chrono::ceil<std::chrono::seconds>(wait));
}

}  // namespace

Task<> CartService::total_up(db::Session& db, Cart& cart) {
    Money shipping{0, cart.currency};
    if (cart.shipping_method_id) {
        const auto parcel = co_await consignment(db, cart);
        const auto found = co_await shipping_.consider(db, *cart.shipping_method_id, parcel);
        if (const auto* quote = std::get_if<shipping::Quote>(&found)) {
            if (!cart.lines.empty()) shipping = quote->price;
        } else {
            cart.shipping_method_dropped = {*cart.shipping_method_id, std::get<shipping::Hindrance>(found)};
            cart.shipping_method_id.reset();
        }
    }
    std::vector<catalog::ProductId> products;
    for (const auto& line : cart.lines) products.push_back(line.product_id);
    Taxation taxation;
    const auto destination = destination_of(cart);
    taxation.rates = co_await taxes_.rates(db, destination);
    taxation.categories = co_await catalog_.tax_categories(db, products);
    taxation.method = {taxes_.config().mode, taxes_.config().rounding};
    cart.totals = totals_of(cart, shipping, taxation);
}

Task<shipping::Consignment> CartService::consignment(db::Session& db, const Cart& cart) {
    std::vector<catalog::VariantId> variants;
    variants.reserve(cart.lines.size());
    for (const auto& line : cart.lines) variants.push_back(line.variant_id);
    const auto offers = co_await catalog_.offers(db, variants);
    co_return consignment_of(cart, subtotal_of(cart), offers);
}

Task<Result<Cart>> CartService::lock_open(db::Transaction& tx, CartId id, const Access& access) {
    auto cart = co_await store::load_for_update(tx, id);
    if (!cart || !is_owned(*cart, access)) co_return refuse::not_found();
    if (cart->status != CartStatus::open) co_return refuse::closed();
    co_return std::move(*cart);
}

Task<> CartService::save(db::Transaction& tx, const Context& ctx, Cart& cart) {
    const auto version_before = cart.version;
    cart.version += 1;
    cart.updated_at = ctx.now();
    co_await total_up(tx, cart);
    const bool written = co_await store::update(tx, cart, version_before);
    if (!written) throw db::Fault("a cart changed although its row was locked");
}

Task<Result<void>> CartService::apply(db::Session& db, Cart& cart, const Details& details) {
    CADDY_CO_TRY(auto kept, accepted(details));
    if (kept.email.present) cart.email = std::move(kept.email.value);
    if (kept.shipping_address.present) cart.shipping_address = std::move(kept.shipping_address.value);
    if (kept.shipping_method_id.present) cart.shipping_method_id = kept.shipping_method_id.value;
    if (kept.note.present) cart.note = std::move(kept.note.value);
    if (kept.shipping_method_id.value) {
        // What is chosen by name is refused rather than dropped, and looked at with the address that comes along.
        const auto parcel = co_await consignment(db, cart);
        CADDY_CO_TRY(co_await shipping_.quote(db, *kept.shipping_method_id.value, parcel));
    }
    co_return Result<void>{};
}

Task<Result<Cart>> CartService::open(const Context& ctx, std::optional<Currency> currency, const Details& details) {
    const auto start = currency ? *currency : Currency::parse(config_.currency).value();
    const auto client = client_hash(ctx.client);
    co_return co_await db_.transact(ctx, "cart.open", [&](db::Transaction& tx) -> Task<Result<Cart>> {
        auto cart = new_cart(ctx, start, currency.has_value());
        const auto made_id = cart.id.text();
        CADDY_CO_TRY(co_await idempotency::record(tx, ctx, made_id));
        CADDY_CO_TRY(co_await check_client(tx, ctx, client, config_.carts_per_client_per_hour));
        CADDY_CO_TRY(co_await apply(tx, cart, details));
        co_await total_up(tx, cart);
        co_await store::insert(tx, cart, client);
        co_return cart;
    });
}

Task<Result<Cart>> CartService::show(const Context& ctx, CartId id, const Access& access) {
    auto db = co_await db_.read(ctx);
    auto cart = co_await store::load(db, id);
    if (!cart || !is_owned(*cart, access)) co_return refuse::not_found();
    co_await total_up(db, *cart);
    co_return std::move(*cart);
}

Task<Result<Cart>> CartService::made(const Context& ctx, CartId id) {
    auto db = co_await db_.read(ctx);
    auto cart = co_await store::load(db, id);
    if (!cart) co_return refuse::not_found();
    co_await total_up(db, *cart);
    co_return std::move(*cart);
}

Task<Result<Cart>> CartService::open_for_checkout(db::Transaction& tx, CartId id, const Access& access) {
    return lock_open(tx, id, access);
}

Task<> CartService::close(db::Transaction& tx, const Context& ctx, CartId id) {
    const bool closed = co_await store::close(tx, id, ctx.now());
    if (!closed) throw db::Fault("a cart was closed although its row was locked");
}

Task<Result<Cart>> CartService::change(const Context& ctx, CartId id, const Access& access, const Details& details) {
    co_return co_await db_.transact(ctx, "cart.change", [&](db::Transaction& tx) -> Task<Result<Cart>> {
        CADDY_CO_TRY(auto cart, co_await lock_open(tx, id, access));
        CADDY_CO_TRY(co_await apply(tx, cart, details));
        co_await save(tx, ctx, cart);
        co_return cart;
    });
}

Task<Result<std::vector<shipping::Quote>>> CartService::shipping_methods(const Context& ctx, CartId id,
                                                                         const Access& access) {
    auto db = co_await db_.read(ctx);
    const auto cart = co_await store::load(db, id);
    if (!cart || !is_owned(*cart, access)) co_return refuse::not_found();
    const auto parcel = co_await consignment(db, *cart);
    co_return co_await shipping_.quotes(db, parcel);
}

Task<std::int64_t> CartService::sweep_abandoned(const Context& ctx) {
    const Time before = ctx.now() - std::chrono::days(config_.keep_days);
    std::int64_t deleted = 0;
    for (const auto status : {CartStatus::open, CartStatus::closed}) {
        for (int round = 0; round < sweep_rounds_max; ++round) {
            std::vector<CartId> ids;
            {
                auto db = co_await db_.read(ctx);
                ids = co_await store::abandoned(db, status, before);
            }
            if (ids.empty()) break;
            const auto outcome =
                co_await db_.transact(ctx, "cart.sweep", [&](db::Transaction& tx) -> Task<Result<std::int64_t>> {
                    std::int64_t count = 0;
                    for (const auto id : ids) {
                        const bool gone = co_await store::delete_abandoned(tx, id, before);
                        if (gone) ++count;
                    }
                    co_return count;
                });
            deleted += outcome.value();
        }
    }
    if (deleted > 0) log::info("cart.swept", {{"deleted", deleted}});
    co_return deleted;
}

}  // namespace caddy::cart
