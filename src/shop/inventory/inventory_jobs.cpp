#include "platform/jobs/worker.hpp"
#include "shop/inventory/inventory.hpp"

namespace caddy::inventory {
namespace {

Task<> sweep(const Context& ctx, InventoryService& inventory) {
    (void)co_await inventory.sweep_expired(ctx);
}

}  // namespace

void jobs(jobs::JobTable& table, InventoryService& inventory) {
    table.every(std::chrono::seconds(30), "inventory.sweep", caddy::jobs::bind_scheduled(sweep, inventory));
}

}  // namespace caddy::inventory
