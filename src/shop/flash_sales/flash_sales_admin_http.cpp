// The back office's routes of flash sales.
#include "platform/http/precondition.hpp"
#include "platform/http/router.hpp"
#include "platform/idempotency/idempotency.hpp"
#include "shop/flash_sales/flash_sales.hpp"

namespace caddy::flash_sales {
namespace {

using http::Request;
using http::Response;

struct SaleView {
    SaleId id;
    std::string title;
    Phase status{};
    catalog::VariantId variant_id;
    Money price;
    std::int64_t quota = 1, stock = 0, remaining = 0, returned = 0;
    Time starts_at{}, ends_at{}, created_at{}, updated_at{};
    std::int64_t version = 1;
};
BOOST_DESCRIBE_STRUCT(SaleView, (), (id, title, status, variant_id, price, quota, stock, remaining, returned, starts_at,
                                     ends_at, created_at, updated_at, version))

struct FullView : SaleView {
    Figures tickets;
};
BOOST_DESCRIBE_STRUCT(FullView, (SaleView), (tickets))

void fill(SaleView& view, const Context& ctx, const Sale& sale) {
    view.id = sale.id;
    view.title = sale.title;
    view.status = phase_of(sale, ctx.now());
    view.variant_id = sale.variant_id;
    view.price = sale.price;
    view.quota = sale.quota;
    view.stock = sale.stock;
    view.remaining = sale.remaining;
    view.returned = sale.returned;
    view.starts_at = sale.starts_at;
    view.ends_at = sale.ends_at;
    view.created_at = sale.created_at;
    view.updated_at = sale.updated_at;
    view.version = sale.version;
}

Response kept_private(Response response) {
    response.headers.push_back(http::private_no_store());
    return response;
}

Response answer(int status, const Context& ctx, const AdminSale& sale) {
    FullView view;
    fill(view, ctx, sale.sale);
    view.tickets = sale.figures;
    return http::tagged(kept_private(http::json_response(status, view)), sale.sale.version);
}

Response created(const Context& ctx, const AdminSale& sale) {
    return answer(201, ctx, sale).with("Location", "/api/v1/admin/flash-sales/" + sale.sale.id.text());
}

Task<Result<Response>> list(Request& request, FlashSaleService& sales) {
    CADDY_CO_TRY(request.allow_query({"filter[state]", "limit", "cursor"}));
    CADDY_CO_TRY(const auto wanted, request.page());
    CADDY_CO_TRY(const auto text, request.query_text("filter[state]"));
    std::optional<SaleState> state;
    if (text) {
        SaleState named{};
        const bool known = boost::describe::enum_from_string(text->c_str(), named);
        CADDY_CO_TRY(Checks()
                         .require(known, "query:filter[state]", "not_a_choice",
                                  "Send one of: draft, armed, ended, cancelled.")
                         .result());
        state = named;
    }
    CADDY_CO_TRY(const auto found, co_await sales.list_all(request.ctx, state, wanted));
    Page<SaleView> page;
    page.limit = found.limit;
    page.next = found.next;
    for (const auto& sale : found.data) fill(page.data.emplace_back(), request.ctx, sale);
    co_return kept_private(http::ok(page));
}

Task<Result<Response>> create(Request& request, FlashSaleService& sales) {
    CADDY_CO_TRY(const auto draft, request.json<SaleDraft>());
    CADDY_CO_TRY(const auto made, co_await sales.create(request.ctx, draft));
    co_return created(request.ctx, made);
}

Task<Result<Response>> resume_create(Request& request, const std::string& made, FlashSaleService& sales) {
    CADDY_CO_TRY(const auto sale, co_await sales.show_all(request.ctx, SaleId::parse(made).value()));
    co_return created(request.ctx, sale);
}

Task<Result<Response>> show(Request& request, FlashSaleService& sales) {
    CADDY_CO_TRY(const auto id, request.path_id<SaleId>("sale"));
    CADDY_CO_TRY(const auto sale, co_await sales.show_all(request.ctx, id));
    co_return answer(200, request.ctx, sale);
}

Task<Result<Response>> change(Request& request, FlashSaleService& sales) {
    CADDY_CO_TRY(const auto id, request.path_id<SaleId>("sale"));
    CADDY_CO_TRY(const auto expected, http::expected_version(request));
    CADDY_CO_TRY(const auto change, request.json<SaleChange>());
    CADDY_CO_TRY(const auto sale, co_await sales.change(request.ctx, id, expected, change));
    co_return answer(200, request.ctx, sale);
}

Task<Result<Response>> remove(Request& request, FlashSaleService& sales) {
    CADDY_CO_TRY(const auto id, request.path_id<SaleId>("sale"));
    CADDY_CO_TRY(const auto expected, http::expected_version(request));
    CADDY_CO_TRY(co_await sales.remove(request.ctx, id, expected));
    co_return kept_private(http::no_content());
}

Task<Result<Response>> arm(Request& request, FlashSaleService& sales) {
    CADDY_CO_TRY(const auto id, request.path_id<SaleId>("sale"));
    CADDY_CO_TRY(const auto sale, co_await sales.arm(request.ctx, id));
    co_return answer(200, request.ctx, sale);
}

Task<Result<Response>> cancel(Request& request, FlashSaleService& sales) {
    CADDY_CO_TRY(const auto id, request.path_id<SaleId>("sale"));
    CADDY_CO_TRY(const auto sale, co_await sales.cancel(request.ctx, id));
    co_return answer(200, request.ctx, sale);
}

Task<Result<Response>> resume(Request& request, const std::string& made, FlashSaleService& sales) {
    CADDY_CO_TRY(const auto sale, co_await sales.show_all(request.ctx, SaleId::parse(made).value()));
    co_return answer(200, request.ctx, sale);
}

}  // namespace

void admin_routes(http::Router& router, FlashSaleService& sales, idempotency::Ledger& ledger) {
    using enum idempotency::Key;
    using http::bind, idempotency::bind_resume;
    const auto creating = ledger.keyed(accepted, bind(create, sales), bind_resume(resume_create, sales));
    const auto arming = ledger.keyed(accepted, bind(arm, sales), bind_resume(resume, sales));
    const auto cancelling = ledger.keyed(accepted, bind(cancel, sales), bind_resume(resume, sales));
    const std::string all = "/api/v1/admin/flash-sales";
    const std::string one = all + "/{sale}";
    const auto staff = Access::staff;
    const auto write = Permission::catalog_write;
    router.get(all, staff, bind(list, sales)).permission = write;
    router.post(all, staff, creating).permission = write;
    router.get(one, staff, bind(show, sales)).permission = write;
    router.patch(one, staff, bind(change, sales)).permission = write;
    router.remove(one, staff, bind(remove, sales)).permission = write;
    router.post(one + "/arm", staff, arming).permission = write;
    router.post(one + "/cancel", staff, cancelling).permission = write;
}

}  // namespace caddy::flash_sales
