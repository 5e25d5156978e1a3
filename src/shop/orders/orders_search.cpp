// What the back office reads of orders, newest first, and their parcels.
#include "platform/crypto/digest.hpp"
#include "shop/orders/orders_store.hpp"

#include <algorithm>
#include <charconv>
#include <limits>

namespace caddy::orders {
namespace {

namespace refuse {
Error cursor_mismatch() {
    return {ErrorKind::malformed, "request.cursor_mismatch",
            "This cursor was not made for this list. Start again without a cursor."};
}
}  // namespace refuse

struct UserTag { static constexpr std::string_view prefix = "cus"; };

constexpr std::size_t check_digits = 12;

std::int64_t micros(Time time) { return time.time_since_epoch().count(); }

/// What a cursor is bound to: the filters of its list.
std::string name_of(const OrderQuery& query) {
    std::string name = "orders.search";
    const auto add = [&](std::string_view part) { name.append("\n").append(part); };
    add(query.status ? boost::describe::enum_to_string(*query.status, "?") : "");
    add(query.email.value_or(""));
    add(query.number.value_or(""));
    add(query.created_min ? std::to_string(micros(*query.created_min)) : "");
    add(query.created_max ? std::to_string(micros(*query.created_max)) : "");
    return name;
}

/// `ord_…`, the instant, and a check over both and the filters.
std::string cursor_at(const OrderQuery& query, const store::Place& place) {
    const auto text = place.id.text() + "." + std::to_string(micros(place.created_at));
    return text + "." + crypto::sha256_hex(name_of(query) + "\n" + text).substr(0, check_digits);
}

Result<store::Place> read_cursor(const OrderQuery& query, const std::string& cursor) {
    const auto first = cursor.find('.'), second = cursor.find('.', first + 1);
    if (first == std::string::npos || second == std::string::npos) return refuse::cursor_mismatch();
    const auto id = OrderId::parse(std::string_view(cursor).substr(0, first));
    std::int64_t instant = 0;
    const auto* end = cursor.data() + second;
    const auto read = std::from_chars(cursor.data() + first + 1, end, instant);
    if (!id || read.ec != std::errc() || read.ptr != end) return refuse::cursor_mismatch();
    const store::Place place{Time(std::chrono::microseconds(instant)), *id};
    if (cursor_at(query, place) != cursor) return refuse::cursor_mismatch();
    return place;
}

store::Place newest() {
    constexpr auto largest = std::numeric_limits<std::int64_t>::max();
    return {Time(std::chrono::microseconds(largest)), OrderId{largest}};
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

Task<> OrderService::add_fulfilment(db::Transaction& tx, OrderId order, const Fulfilment& parcel) {
    return store::insert_fulfilment(tx, order, parcel);
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
