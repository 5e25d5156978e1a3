// Tickets become orders, orders get their payment, and what time brings.
#include "platform/jobs/worker.hpp"
#include "platform/json/decode.hpp"
#include "shop/flash_sales/flash_sales.hpp"

namespace caddy::flash_sales {
namespace {

constexpr std::chrono::seconds close_interval{2};
constexpr std::chrono::seconds reconcile_interval{2};

struct Ordered {
    TicketId ticket_id;
    SaleId sale_id;
    orders::OrderId order_id;
};
BOOST_DESCRIBE_STRUCT(Ordered, (), (ticket_id, sale_id, order_id))

Task<> place(const Context& ctx, FlashSaleService& sales) { return sales.place_waiting(ctx); }
Task<> close(const Context& ctx, FlashSaleService& sales) { return sales.close_ended(ctx); }
Task<> reconcile(const Context& ctx, FlashSaleService& sales) { return sales.reconcile(ctx); }

/// The provider is asked with no lock held, and again until it answers.
Task<> start_payment(const Context& ctx, const jobs::Event& event, checkout::CheckoutService& checkout) {
    const auto ordered = json::from_json<Ordered>(event.payload).value();
    (void)(co_await checkout.proceed(ctx, ordered.order_id)).value();
}

Task<> order_ended(const Context& ctx, const jobs::Event& event, FlashSaleService& sales) {
    const auto order = orders::OrderId::parse(event.aggregate);
    if (!order) throw std::runtime_error("not the id of an order: " + event.aggregate);
    co_await sales.order_ended(ctx, *order);
}

}  // namespace

void jobs(jobs::JobTable& table, FlashSaleService& sales, checkout::CheckoutService& checkout) {
    using caddy::jobs::bind_event, caddy::jobs::bind_scheduled;
    table.on("flash_sale.ordered", "flash_sales.start_payment", bind_event(start_payment, checkout));
    table.on("orders.expired", "flash_sales.order_ended", bind_event(order_ended, sales));
    table.on("orders.cancelled", "flash_sales.order_ended", bind_event(order_ended, sales));
    const std::chrono::milliseconds poll(sales.config().poll_ms);
    table.every(poll, "flash_sales.place", bind_scheduled(place, sales));
    table.every(close_interval, "flash_sales.close", bind_scheduled(close, sales));
    table.every(reconcile_interval, "flash_sales.reconcile", bind_scheduled(reconcile, sales));
}

}  // namespace caddy::flash_sales
