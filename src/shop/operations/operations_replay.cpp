// Finished events, once more: for readers of the stream that lost some, or an index that is to follow them again.
#include "core/checks.hpp"
#include "platform/idempotency/idempotency.hpp"
#include "shop/audit/audit.hpp"
#include "shop/operations/operations.hpp"
#include "shop/webhooks/webhooks.hpp"

#include <algorithm>

namespace caddy::operations {
namespace {

/// What leaves the shop, but for that which has a mail written to people: internal types are orders to do something.
bool is_replayable(std::string_view type) {
    const auto& types = webhooks::public_types;
    return type != "identity.registered" && std::ranges::find(types, type) != types.end();
}

Result<void> check(const ReplayWish& wish) {
    Checks checks;
    checks.require(is_replayable(wish.type), "/type", "not_a_choice",
                   "Send a type that webhooks can have, like orders.paid; identity.registered is not replayed.");
    checks.require(wish.from < wish.to, "/to", "out_of_order", "Send a time after `from`.");
    const auto limit = wish.limit.value_or(replay_max);
    checks.require(limit >= 1 && limit <= replay_max, "/limit", "out_of_range", "Send 1 to 500.");
    return checks.result();
}

}   // namespace

Task<Result<Replayed>> OperationsService::replay(const Context& ctx, const ReplayWish& wish) {
    CADDY_CO_TRY(check(wish));
    co_return co_await db_.transact(ctx, "operations.replay", [&](db::Transaction& tx) -> Task<Result<Replayed>> {
        const jobs::ReplayWish wanted{wish.type, wish.from, wish.to,
                                      static_cast<int>(wish.limit.value_or(replay_max))};
        const auto done = co_await jobs::replay_finished(tx, ctx, wanted);
        const Replayed replayed{done.replayed, done.last};
        // A repeat says the same again.
        const auto made = std::to_string(replayed.replayed) + " " + (replayed.next ? to_rfc3339(*replayed.next) : "");
        CADDY_CO_TRY(co_await idempotency::record(tx, ctx, made));
        const audit::Act act{"operations.jobs.replay", wish.type, json::Raw{json::to_json(wish)},
                             json::Raw{json::to_json(replayed)}};
        co_await audit::record(tx, ctx, act);
        co_return replayed;
    });
}

}   // namespace caddy::operations
