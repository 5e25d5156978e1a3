#include "platform/http/router.hpp"
#include "platform/idempotency/idempotency.hpp"
#include "shop/cart/cart.hpp"

namespace caddy::cart {
namespace {

// ---- wire shapes ----
struct ChangeBody {
    json::Patch<std::string> email;
    json::Patch<AddressForm> shipping_address;
    json::Patch<shipping::MethodId> shipping_method_id;
    json::Patch<std::string> note;
};
BOOST_DESCRIBE_STRUCT(ChangeBody, (), (email, shipping_address, shipping_method_id, note))

struct OpenBody : ChangeBody {
    std::optional<Currency> currency;
};
BOOST_DESCRIBE_STRUCT(OpenBody, (ChangeBody), (currency))

struct AddLineBody {
    catalog::VariantId variant_id;
    std::int64_t quantity = 0;
};
BOOST_DESCRIBE_STRUCT(AddLineBody, (), (variant_id, quantity))

struct QuantityBody {
    std::int64_t quantity = 0;
};
BOOST_DESCRIBE_STRUCT(QuantityBody, (), (quantity))

struct LineView {
    LineId id;
    catalog::VariantId variant_id;
    catalog::ProductId product_id;
    std::string handle, title, variant_title;
    std::optional<std::string> sku, image;
    std::int64_t quantity = 0;
    Money unit_price, total;
    std::optional<Money> price_changed_from;
};
BOOST_DESCRIBE_STRUCT(LineView, (),
                      (id, variant_id, product_id, handle, title, variant_title, sku, image, quantity, unit_price,
                       total, price_changed_from))

struct CartView {
    CartId id;
    std::optional<std::string> token;   // a guest's alone
    CartStatus status = CartStatus::open;
    Currency currency;
    std::optional<std::string> email;
    std::optional<Address> shipping_address;
    std::optional<shipping::MethodId> shipping_method_id;
    std::optional<DroppedMethod> shipping_method_dropped;
    std::optional<std::string> note;
    std::vector<LineView> lines;
    pricing::Totals totals;
    std::int64_t version = 1;
    Time created_at{}, updated_at{};
};
BOOST_DESCRIBE_STRUCT(CartView, (),
                      (id, token, status, currency, email, shipping_address, shipping_method_id,
                       shipping_method_dropped, note, lines, totals, version, created_at, updated_at))

struct ClaimView {
    std::optional<CartId> merged_from;
    std::vector<Clamp> clamped;
};
BOOST_DESCRIBE_STRUCT(ClaimView, (), (merged_from, clamped))

struct ClaimedView : CartView {
    ClaimView claim;
};
BOOST_DESCRIBE_STRUCT(ClaimedView, (CartView), (claim))

// ---- between the wire and the service ----
Access access_of(const http::Request& request) {
    return {request.ctx.principal.user, std::string(request.header("x-cart-token").value_or(""))};
}

Details to_details(ChangeBody body) {
    Details details;
    details.email = std::move(body.email);
    details.shipping_address.present = body.shipping_address.present;
    if (body.shipping_address.value)
        details.shipping_address.value = address_of(std::move(*body.shipping_address.value));
    details.shipping_method_id = body.shipping_method_id;
    details.note = std::move(body.note);
    return details;
}

void fill(CartView& view, Cart cart) {
    view.id = cart.id;
    if (cart.customer == 0) view.token = std::move(cart.token);
    view.status = cart.status;
    view.currency = cart.currency;
    view.email = std::move(cart.email);
    view.shipping_address = std::move(cart.shipping_address);
    view.shipping_method_id = cart.shipping_method_id;
    view.shipping_method_dropped = cart.shipping_method_dropped;
    view.note = std::move(cart.note);
    view.totals = cart.totals;
    view.version = cart.version;
    view.created_at = cart.created_at;
    view.updated_at = cart.updated_at;
    for (auto& line : cart.lines) {
        view.lines.push_back({line.id, line.variant_id, line.product_id, std::move(line.handle), std::move(line.title),
                              std::move(line.variant_title), std::move(line.sku), std::move(line.image), line.quantity,
                              line.unit_price, line.total, line.price_changed_from});
    }
}

http::Response answer(int status, Cart cart) {
    CartView view;
    fill(view, std::move(cart));
    auto response = http::json_response(status, view);
    response.headers.push_back(http::private_no_store());
    if (view.token) response.with("X-Cart-Token", *view.token);
    return response;
}

http::Response answer_claim(Claimed claimed) {
    ClaimedView view;
    fill(view, std::move(claimed.cart));
    view.claim = {claimed.merged_from, std::move(claimed.clamped)};
    auto response = http::ok(view);
    response.headers.push_back(http::private_no_store());
    return response;
}

// ---- handlers ----
Task<Result<http::Response>> open_cart(http::Request& request, CartService& carts) {
    CADDY_CO_TRY(auto body, request.json<OpenBody>());
    const auto currency = body.currency;
    const auto details = to_details(std::move(body));
    CADDY_CO_TRY(auto cart, co_await carts.open(request.ctx, currency, details));
    co_return answer(201, std::move(cart));
}

Task<Result<http::Response>> resume_open(http::Request& request, const std::string& made, CartService& carts) {
    CADDY_CO_TRY(auto cart, co_await carts.made(request.ctx, CartId::parse(made).value()));
    co_return answer(201, std::move(cart));
}

Task<Result<http::Response>> show_cart(http::Request& request, CartService& carts) {
    CADDY_CO_TRY(const auto id, request.path_id<CartId>("cart"));
    const auto access = access_of(request);
    CADDY_CO_TRY(auto cart, co_await carts.show(request.ctx, id, access));
    co_return answer(200, std::move(cart));
}

Task<Result<http::Response>> change_cart(http::Request& request, CartService& carts) {
    CADDY_CO_TRY(const auto id, request.path_id<CartId>("cart"));
    CADDY_CO_TRY(auto body, request.json<ChangeBody>());
    const auto access = access_of(request);
    const auto details = to_details(std::move(body));
    CADDY_CO_TRY(auto cart, co_await carts.change(request.ctx, id, access, details));
    co_return answer(200, std::move(cart));
}

Task<Result<http::Response>> add_line(http::Request& request, CartService& carts) {
    CADDY_CO_TRY(const auto id, request.path_id<CartId>("cart"));
    CADDY_CO_TRY(const auto body, request.json<AddLineBody>());
    const auto access = access_of(request);
    CADDY_CO_TRY(auto cart, co_await carts.add_line(request.ctx, id, access, body.variant_id, body.quantity));
    co_return answer(201, std::move(cart));
}

Task<Result<http::Response>> resume_add_line(http::Request& request, const std::string& made, CartService& carts) {
    const auto access = access_of(request);
    CADDY_CO_TRY(auto cart, co_await carts.show(request.ctx, CartId::parse(made).value(), access));
    co_return answer(201, std::move(cart));
}

Task<Result<http::Response>> set_quantity(http::Request& request, CartService& carts) {
    CADDY_CO_TRY(const auto id, request.path_id<CartId>("cart"));
    CADDY_CO_TRY(const auto line, request.path_id<LineId>("line"));
    CADDY_CO_TRY(const auto body, request.json<QuantityBody>());
    const auto access = access_of(request);
    CADDY_CO_TRY(auto cart, co_await carts.set_quantity(request.ctx, id, access, line, body.quantity));
    co_return answer(200, std::move(cart));
}

Task<Result<http::Response>> remove_line(http::Request& request, CartService& carts) {
    CADDY_CO_TRY(const auto id, request.path_id<CartId>("cart"));
    CADDY_CO_TRY(const auto line, request.path_id<LineId>("line"));
    const auto access = access_of(request);
    CADDY_CO_TRY(auto cart, co_await carts.remove_line(request.ctx, id, access, line));
    co_return answer(200, std::move(cart));
}

Task<Result<http::Response>> claim_cart(http::Request& request, CartService& carts) {
    CADDY_CO_TRY(const auto id, request.path_id<CartId>("cart"));
    const auto access = access_of(request);
    CADDY_CO_TRY(auto claimed, co_await carts.claim(request.ctx, id, access));
    co_return answer_claim(std::move(claimed));
}

Task<Result<http::Response>> resume_claim(http::Request& request, const std::string& made, CartService& carts) {
    const auto access = access_of(request);
    CADDY_CO_TRY(auto claimed, co_await carts.claimed(request.ctx, CartId::parse(made).value(), access));
    co_return answer_claim(std::move(claimed));
}

Task<Result<http::Response>> list_shipping_methods(http::Request& request, CartService& carts) {
    CADDY_CO_TRY(request.allow_query({"cart"}));
    CADDY_CO_TRY(const auto text, request.query_text("cart"));
    CADDY_CO_TRY(Checks().require(text.has_value(), "query:cart", "required", "Say for which cart.").result());
    const auto access = access_of(request);
    // A text that is no id names no cart, and id 0 is never given.
    CADDY_CO_TRY(auto quotes,
                 co_await carts.shipping_methods(request.ctx, CartId::parse(*text).value_or(CartId{}), access));
    Page<shipping::Quote> page;
    page.data = std::move(quotes);
    page.limit = page_limit_max;
    auto response = http::ok(page);
    response.headers.push_back(http::private_no_store());
    co_return response;
}

}  // namespace

void routes(http::Router& r, CartService& carts, idempotency::Ledger& ledger) {
    using caddy::Access;
    using enum idempotency::Key;
    using http::bind, idempotency::bind_resume;
    const auto opening = ledger.keyed(accepted, bind(open_cart, carts), bind_resume(resume_open, carts));
    const auto adding = ledger.keyed(accepted, bind(add_line, carts), bind_resume(resume_add_line, carts));
    const auto claiming = ledger.keyed(accepted, bind(claim_cart, carts), bind_resume(resume_claim, carts));
    r.post  ("/api/v1/carts",                     Access::anyone,   opening);
    r.get   ("/api/v1/carts/{cart}",              Access::shopper,  bind(show_cart, carts));
    r.patch ("/api/v1/carts/{cart}",              Access::shopper,  bind(change_cart, carts));
    r.post  ("/api/v1/carts/{cart}/lines",        Access::shopper,  adding);
    r.patch ("/api/v1/carts/{cart}/lines/{line}", Access::shopper,  bind(set_quantity, carts));
    r.remove("/api/v1/carts/{cart}/lines/{line}", Access::shopper,  bind(remove_line, carts));
    r.post  ("/api/v1/carts/{cart}/claim",        Access::customer, claiming);
    r.get   ("/api/v1/shipping-methods",          Access::shopper,  bind(list_shipping_methods, carts));
}

}  // namespace caddy::cart
