// What others do with all carts of somebody, or of a time.
#include "platform/telemetry/log.hpp"
#include "shop/cart/cart_store.hpp"

namespace caddy::cart {
namespace {

constexpr int rounds_max = 50;   // of a batch each; a job that failed goes on where it stopped

}  // namespace

Task<std::int64_t> CartService::erase_of(const Context& ctx, std::int64_t customer) {
    std::int64_t deleted = 0;
    for (int round = 0; round < rounds_max; ++round) {
        const auto outcome = co_await db_.transact(
            ctx, "cart.erase", [&](db::Transaction& tx) -> Task<Result<std::pair<std::size_t, std::int64_t>>> {
                const auto ids = co_await store::carts_of(tx, customer);
                std::int64_t count = 0;
                for (const auto id : ids) {
                    const bool gone = co_await store::delete_of(tx, id, customer);
                    if (gone) ++count;
                }
                co_return std::pair(ids.size(), count);
            });
        const auto& [found, gone] = outcome.value();
        deleted += gone;
        if (found < static_cast<std::size_t>(store::batch_rows)) break;
    }
    if (deleted > 0) log::info("cart.erased", {{"deleted", deleted}});
    co_return deleted;
}

Task<std::int64_t> carts_made(db::Session& db, Time from, Time before) { return store::made(db, from, before); }

}  // namespace caddy::cart
