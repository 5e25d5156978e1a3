#include "platform/jobs/worker.hpp"
#include "shop/identity/identity.hpp"

namespace caddy::identity {
namespace {

Task<> sweep_expired(const Context& ctx, IdentityService& identity) { (void)co_await identity.sweep(ctx); }

}  // namespace

void jobs(caddy::jobs::JobTable& table, IdentityService& identity) {
    table.every(std::chrono::minutes(10), "identity.sweep", caddy::jobs::bind_scheduled(sweep_expired, identity));
}

}  // namespace caddy::identity
