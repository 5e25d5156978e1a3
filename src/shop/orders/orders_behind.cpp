// Orders one after another, whole, for those who write all of them somewhere.
#include "platform/crypto/cursor.hpp"
#include "shop/orders/orders_store.hpp"

#include <algorithm>

namespace caddy::orders {

Task<std::vector<Order>> OrderService::behind(db::Session& db, const OrderQuery& query, const std::optional<Mark>& mark,
                                              int limit) {
    const auto newest = crypto::newest_place();
    const auto place = mark ? store::Place{mark->created_at, mark->id} : store::Place{newest.at, OrderId{newest.id}};
    const auto places = co_await store::search(db, query, place, limit);
    std::vector<OrderId> ids;
    for (const auto& each : places) ids.push_back(each.id);
    auto found = co_await store::load(db, ids);
    std::ranges::sort(found, [](const Order& a, const Order& b) {
        return std::pair(a.created_at, a.id) > std::pair(b.created_at, b.id);
    });
    co_return found;
}

}  // namespace caddy::orders
