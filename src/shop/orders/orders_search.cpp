// What the back office reads of orders, newest first, and their parcels.
#include "platform/crypto/cursor.hpp"
#include "platform/jobs/outbox.hpp"
#include "shop/orders/orders_store.hpp"

#include <algorithm>

namespace caddy::orders {
namespace {

/// Which parcel has left.
struct ParcelSent {
    OrderId order_id;
    FulfilmentId fulfilment_id;
};
BOOST_DESCRIBE_STRUCT(ParcelSent, (), (order_id, fulfilment_id))

struct UserTag { static constexpr std::string_view prefix = "cus"; };

/// What a cursor is bound to: the filters of its list.
std::string name_of(const OrderQuery& query) {
    const auto micros = [](const std::optional<Time>& time) {
        return time ? std::to_string(time->time_since_epoch().count()) : std::string();
    };
    return crypto::list_name("orders.search",
                             {query.status ? boost::describe::enum_to_string(*query.status, "?") : "",
                              query.email.value_or(""), query.number.value_or(""),
                              query.customer ? std::to_string(*query.customer) : "", micros(query.created_min),
                              micros(query.created_max)});
}

std::string cursor_at(const OrderQuery& query, const store::Place& place) {
    return crypto::cursor_at(name_of(query), {place.created_at, place.id.value});
}

Result<store::Place> read_cursor(const OrderQuery& query, const std::string& cursor) {
    CADDY_TRY(const auto place, crypto::read_cursor(name_of(query), cursor));
    return store::Place{place.at, OrderId{place.id}};
}

store::Place newest() {
    const auto place = crypto::newest_place();
    return {place.at, OrderId{place.id}};
}

Summary summary_of(const Order& order) {
    Summary summary;
    summary.id = order.id;
    summary.number = order.number;
    summary.status = order.status;
    summary.email = order.email;
    if (order.customer != 0) summary.customer_id = Id<UserTag>{order.customer}.text();
    summary.total = order.totals.total;
    for (const auto& line : order.lines) summary.items += line.quantity;
    summary.payment_provider = order.payment.provider;
    summary.payment_status = order.payment.status;
    summary.created_at = order.created_at;
    summary.updated_at = order.updated_at;
    summary.version = order.version;
    return summary;
}

}  // namespace

Task<> OrderService::add_fulfilment(db::Transaction& tx, const Context& ctx, OrderId order, const Fulfilment& parcel) {
    co_await store::insert_fulfilment(tx, order, parcel);
    const ParcelSent sent{order, parcel.id};
    const auto aggregate = order.text();
    co_await jobs::emit(tx, ctx, "orders.parcel_sent", aggregate, json::to_json(sent));
}

Task<std::vector<Fulfilment>> OrderService::fulfilments(db::Session& db, OrderId order) {
    return store::fulfilments(db, order);
}

Task<Result<Page<Summary>>> OrderService::search(const Context& ctx, const OrderQuery& query,
                                                 const PageRequest& request) {
    auto after = newest();
    if (request.cursor) {
        CADDY_CO_TRY(after, read_cursor(query, *request.cursor));
    }
    auto db = co_await db_.read(ctx);
    auto places = co_await store::search(db, query, after, request.limit + 1);
    Page<Summary> page;
    page.limit = request.limit;
    if (places.size() > static_cast<std::size_t>(request.limit)) {
        places.pop_back();
        page.next = cursor_at(query, places.back());
    }
    std::vector<OrderId> ids;
    for (const auto& place : places) ids.push_back(place.id);
    const auto orders = co_await store::load(db, ids);
    for (const auto id : ids) {
        const auto order = std::ranges::find(orders, id, &Order::id);
        if (order != orders.end()) page.data.push_back(summary_of(*order));
    }
    if (request.count) {
        const auto all = co_await store::search(db, query, newest(), static_cast<int>(page_count_max));
        page.count = static_cast<std::int64_t>(all.size());
    }
    co_return page;
}

}  // namespace caddy::orders
