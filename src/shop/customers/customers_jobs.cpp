#include "platform/jobs/worker.hpp"
#include "shop/customers/customers.hpp"

namespace caddy::customers {
namespace {

Task<> sweep_exports(const Context& ctx, CustomerService& customers) { (void)co_await customers.sweep(ctx); }

}   // namespace

void jobs(caddy::jobs::JobTable& table, CustomerService& customers) {
    table.every(std::chrono::minutes(10), "customers.sweep", caddy::jobs::bind_scheduled(sweep_exports, customers));
}

}   // namespace caddy::customers
