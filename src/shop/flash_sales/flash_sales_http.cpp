// The public routes of flash sales.
#include "core/checks.hpp"
#include "platform/crypto/digest.hpp"
#include "platform/http/router.hpp"
#include "platform/mail/language.hpp"
#include "shop/flash_sales/flash_sales.hpp"

#include <algorithm>

namespace caddy::flash_sales {
namespace {

using http::Request;
using http::Response;

constexpr std::size_t key_length_min = 8;
constexpr std::size_t key_length_max = 255;

namespace refuse {
Error key_malformed() {
    return {ErrorKind::malformed,
            "idempotency.key_malformed",
            "The Idempotency-Key header is not acceptable.",
            {{"header:Idempotency-Key", "malformed",
              "Send it once, with 8 to 255 visible ASCII characters, such as a UUID."}}};
}
}  // namespace refuse

// ---- wire shapes ----
struct ProductView {
    catalog::ProductId id;
    std::string handle, title, variant_title;
    std::optional<std::string> image;
};
BOOST_DESCRIBE_STRUCT(ProductView, (), (id, handle, title, variant_title, image))

struct SaleView {
    SaleId id;
    std::string title;
    Phase status{};
    catalog::VariantId variant_id;
    std::optional<ProductView> product;
    Money price;
    std::optional<Money> list_price;
    std::int64_t quota = 1;
    Supply availability{};
    Time starts_at{}, ends_at{}, server_time{};
};
BOOST_DESCRIBE_STRUCT(SaleView, (), (id, title, status, variant_id, product, price, list_price, quota, availability,
                                     starts_at, ends_at, server_time))

struct SaleList {
    std::vector<SaleView> data;
    Time server_time{};
};
BOOST_DESCRIBE_STRUCT(SaleList, (), (data, server_time))

struct TicketBody {
    std::optional<std::int64_t> quantity;
    std::string email;
    std::optional<cart::AddressForm> shipping_address;
    std::optional<shipping::MethodId> shipping_method_id;
    std::optional<std::string> note;
    std::string payment_provider;
    std::optional<std::int64_t> expected_total_minor;
};
BOOST_DESCRIBE_STRUCT(TicketBody, (), (quantity, email, shipping_address, shipping_method_id, note, payment_provider,
                                       expected_total_minor))

struct OrderView {
    orders::OrderId id;
    std::string number;
    orders::OrderStatus status{};
    Money total;
    Time expires_at{};
    std::string payment_status;
    std::optional<json::Raw> next_action;
};
BOOST_DESCRIBE_STRUCT(OrderView, (), (id, number, status, total, expires_at, payment_status, next_action))

struct ReasonView {
    std::string code, detail;
};
BOOST_DESCRIBE_STRUCT(ReasonView, (), (code, detail))

struct WireTicket {
    TicketId id;
    SaleId sale_id;
    TicketState status{};
    std::int64_t quantity = 1;
    std::optional<std::int64_t> position;
    std::optional<OrderView> order;
    std::optional<ReasonView> reason;
    std::string status_url;
    Time expires_at{}, created_at{};
};
BOOST_DESCRIBE_STRUCT(WireTicket, (), (id, sale_id, status, quantity, position, order, reason, status_url, expires_at,
                                       created_at))

// ---- between the wire and the service ----
SaleView view_of(const Context& ctx, const KnownSale& known, Supply supply) {
    SaleView view;
    view.id = known.sale.id;
    view.title = known.sale.title;
    view.status = phase_of(known.sale, ctx.now());
    view.variant_id = known.sale.variant_id;
    if (known.offer) {
        const auto& offer = *known.offer;
        view.product = ProductView{offer.product, offer.handle, offer.title, offer.variant_title, offer.image};
        if (offer.price.currency == known.sale.price.currency) view.list_price = offer.price;
    }
    view.price = known.sale.price;
    view.quota = known.sale.quota;
    view.availability = supply;
    view.starts_at = known.sale.starts_at;
    view.ends_at = known.sale.ends_at;
    view.server_time = ctx.now();
    return view;
}

Response answer(int status, TicketView view) {
    const auto& ticket = view.ticket;
    WireTicket wire;
    wire.id = ticket.id;
    wire.sale_id = ticket.sale_id;
    // What became of the order says the order.
    wire.status = ticket.state == TicketState::returned ? TicketState::ordered : ticket.state;
    wire.quantity = ticket.quantity;
    if (ticket.state == TicketState::waiting) wire.position = std::max<std::int64_t>(1, view.position);
    if (view.order) {
        const auto& order = *view.order;
        wire.order = OrderView{order.id, order.number, order.status, order.totals.total, order.expires_at,
                               order.payment.status, order.payment.next_action};
    }
    if (ticket.reason) wire.reason = ReasonView{*ticket.reason, ticket.detail.value_or("")};
    wire.status_url = "/api/v1/flash-sales/" + ticket.sale_id.text() + "/tickets/" + ticket.id.text();
    wire.expires_at = ticket.expires_at;
    wire.created_at = ticket.created_at;
    auto response = http::json_response(status, wire);
    response.headers.push_back(http::private_no_store());
    if (status == 202) response.with("Location", wire.status_url);
    if (view.repeated) response.with("Idempotent-Replayed", "true");
    return response;
}

/// Sales keep their repeats themselves: a refusal costs no look into the ledger of keys.
Result<std::optional<SentKey>> sent_key(const Request& request, SaleId sale) {
    const auto is_key = [](const auto& header) { return header.first == "idempotency-key"; };
    const auto count = std::ranges::count_if(request.headers, is_key);
    if (count == 0) return std::optional<SentKey>{};
    const auto key = request.header("idempotency-key").value();
    const bool fits = key.size() >= key_length_min && key.size() <= key_length_max &&
                      std::ranges::all_of(key, [](char c) { return c > ' ' && c <= '~'; });
    if (count > 1 || !fits) return refuse::key_malformed();
    const auto scope = std::to_string(request.ctx.principal.user) + ' ' + sale.text() + ' ' + std::string(key);
    return std::optional<SentKey>{SentKey{crypto::sha256_hex("flash sale " + scope), crypto::sha256_hex(request.body)}};
}

Wish wish_of(const Request& request, TicketBody body) {
    Wish wish;
    wish.quantity = body.quantity.value_or(1);
    wish.request.email = std::move(body.email);
    if (body.shipping_address) wish.request.shipping_address = cart::address_of(std::move(*body.shipping_address));
    wish.request.shipping_method_id = body.shipping_method_id;
    wish.request.note = std::move(body.note);
    wish.request.payment_provider = std::move(body.payment_provider);
    wish.request.expected_total_minor = body.expected_total_minor;
    wish.request.language = mail::language_for(request.header("accept-language").value_or(std::string_view()));
    return wish;
}

// ---- handlers ----
Task<Result<Response>> list(Request& request, FlashSaleService& sales) {
    CADDY_CO_TRY(request.allow_query({}));
    const auto known = co_await sales.list(request.ctx);
    SaleList shown;
    shown.server_time = request.ctx.now();
    for (const auto& each : known) shown.data.push_back(view_of(request.ctx, *each, sales.supply_of(each->sale)));
    co_return http::ok(shown).with("Cache-Control", "no-cache");
}

Task<Result<Response>> show(Request& request, FlashSaleService& sales) {
    CADDY_CO_TRY(const auto id, request.path_id<SaleId>("sale"));
    CADDY_CO_TRY(const auto known, co_await sales.show(request.ctx, id));
    const auto shown = view_of(request.ctx, *known, sales.supply_of(known->sale));
    co_return http::ok(shown).with("Cache-Control", "no-cache");
}

Task<Result<Response>> take_ticket(Request& request, FlashSaleService& sales) {
    CADDY_CO_TRY(const auto id, request.path_id<SaleId>("sale"));
    CADDY_CO_TRY(const auto key, sent_key(request, id));
    CADDY_CO_TRY(auto body, request.json<TicketBody>());
    const auto wish = wish_of(request, std::move(body));
    CADDY_CO_TRY(auto view, co_await sales.take_ticket(request.ctx, id, wish, key));
    co_return answer(202, std::move(view));
}

Task<Result<Response>> show_ticket(Request& request, FlashSaleService& sales) {
    CADDY_CO_TRY(const auto sale, request.path_id<SaleId>("sale"));
    CADDY_CO_TRY(const auto id, request.path_id<TicketId>("ticket"));
    CADDY_CO_TRY(auto view, co_await sales.ticket(request.ctx, sale, id));
    co_return answer(200, std::move(view));
}

}  // namespace

void routes(http::Router& router, FlashSaleService& sales) {
    using http::bind;
    const std::string one = "/api/v1/flash-sales/{sale}";
    router.get("/api/v1/flash-sales", Access::anyone, bind(list, sales));
    router.get(one, Access::anyone, bind(show, sales));
    router.post(one + "/tickets", Access::customer, bind(take_ticket, sales));
    router.get(one + "/tickets/{ticket}", Access::customer, bind(show_ticket, sales));
}

}  // namespace caddy::flash_sales
