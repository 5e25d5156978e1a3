#include "simulation/pod.hpp"

#include "platform/http/problem.hpp"
#include "platform/runtime/deadline.hpp"
#include "shop/shop_modules.hpp"

namespace caddy::simulation {
namespace {

/// Short times, so that a schedule sees orders expire without many turns of the clock.
constexpr checkout::Config quick_checkout{.payment_window_min = 2, .scarce_window_min = 1};
constexpr caddy::jobs::Config quick_jobs{.poll_ms = 10'000, .batch = 8, .parallel = 4, .lease_s = 10};
constexpr flash_sales::Config quick_sales{.batch = 3, .ticket_wait_s = 20, .poll_ms = 3'000};
constexpr std::chrono::seconds request_limit{10};   // HTTP_REQUEST_LIMIT_MS

struct Counted {
    int& count;
    explicit Counted(int& counted) : count(counted) { ++count; }
    Counted(const Counted&) = delete;
    ~Counted() { --count; }
};

}  // namespace

Pod::Pod(Scheduler& scheduler, Server& server, Bank& bank, std::string name, Sales sales)
    : life(std::make_shared<Life>(Life{std::move(name)})), scheduler_(scheduler), server_(server),
      database(open_simulated(server, life)), catalog(database), inventory(database, catalog, {}), shipping(database),
      taxes(database, {}), carts(database, catalog, inventory, shipping, taxes, {}), orders(database), manual_({}),
      bank_(bank, life), payments(database, {&bank_, &manual_}),
      checkout(database, {catalog, inventory, shipping, carts, orders, payments, taxes}, quick_checkout),
      flash_sales(database, {catalog, inventory, orders, checkout}, nullptr, quick_sales), ledger_(database, {}),
      worker_(scheduler.loop().get_executor(), database, clock_, table_, quick_jobs) {
    cart::routes(router_, carts, ledger_);
    checkout::routes(router_, checkout, ledger_);
    checkout::admin_routes(router_, checkout, ledger_);
    orders::routes(router_, orders);
    payments::routes(router_, payments);
    flash_sales::routes(router_, flash_sales);
    checkout::jobs(table_, checkout);
    inventory::jobs(table_, inventory);
    if (sales == Sales::on) flash_sales::jobs(table_, flash_sales, checkout);
}

Context Pod::context(Principal principal) const {
    Context ctx;
    ctx.request_id = "req_simulated";
    ctx.route = "simulation";
    ctx.client = "192.0.2.1";
    ctx.principal = principal;
    ctx.clock = &clock_;
    return ctx;
}

Task<Result<http::Response>> Pod::handle(http::Request& request) {
    const auto match = router_.match(request);
    if (match.route == nullptr) throw std::logic_error("the simulation asks for no route: " + request.path);
    request.ctx.route = match.route->pattern;
    co_return co_await match.route->handler(request);
}

Task<Reply> Pod::answer(http::Request request) {
    const Counted counted(working_);
    request.ctx.clock = &clock_;
    request.ctx.deadline = std::chrono::steady_clock::now() + request_limit;
    Reply reply;
    std::exception_ptr fault;
    try {
        auto outcome = co_await with_deadline(handle(request), request.ctx.deadline);
        if (outcome.has_value()) {
            reply.status = outcome->status;
            reply.body = std::move(outcome->body);
        } else {
            reply.status = http::status_of(outcome.error().kind);
            reply.code = outcome.error().code;
        }
    } catch (const Unavailable&) {
        reply.status = 503;
    } catch (const DeadlineExceeded&) {
        reply.status = 503;
    } catch (const std::exception& thrown) {
        reply.status = 500;
        if (alive()) faults.push_back(request.method + " " + request.path + ": " + thrown.what());
    }
    co_return reply;
}

void Pod::work() {
    ++working_;
    scheduler_.spawn(run_worker());
}

Task<> Pod::run_worker() {
    co_await worker_.run();
    --working_;
}

void Pod::rest() { worker_.stop(); }

void Pod::crash() {
    life->alive = false;
    scheduler_.story.note(life->name, "CRASHES");
    server_.drop(*life);
    worker_.cut_short();
}

}  // namespace caddy::simulation
