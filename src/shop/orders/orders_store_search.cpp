// The back office's list: one statement for each filter that an index serves.
#include "shop/orders/orders_store.hpp"

#include <algorithm>

namespace caddy::orders::store {

// One text per filter that an index serves; the others narrow down what it finds. A first `?` of an empty text means
// that its filter is not wanted.
const db::Sql sql_search_by_customer{{
    .name = "orders.search_by_customer",
    .any = "SELECT created_at, id FROM orders WHERE customer = ? AND number >= ? AND number < ? "
           "AND (? = '' OR email = ?) AND (? = '' OR status = ?) AND created_at >= ? AND created_at <= ? "
           "AND (created_at < ? OR id < ?) ORDER BY created_at DESC, id DESC LIMIT ?"}};
const db::Sql sql_search_by_number{{
    .name = "orders.search_by_number",
    .any = "SELECT created_at, id FROM orders WHERE number >= ? AND number < ? AND (? = '' OR email = ?) "
           "AND (? = '' OR status = ?) AND created_at >= ? AND created_at <= ? AND (created_at < ? OR id < ?) "
           "ORDER BY created_at DESC, id DESC LIMIT ?"}};
const db::Sql sql_search_by_email{{
    .name = "orders.search_by_email",
    .any = "SELECT created_at, id FROM orders WHERE email = ? AND (? = '' OR status = ?) "
           "AND created_at >= ? AND created_at <= ? AND (created_at < ? OR id < ?) "
           "ORDER BY created_at DESC, id DESC LIMIT ?"}};
const db::Sql sql_search_by_status{{
    .name = "orders.search_by_status",
    .any = "SELECT created_at, id FROM orders WHERE status = ? AND created_at >= ? AND created_at <= ? "
           "AND (created_at < ? OR id < ?) ORDER BY created_at DESC, id DESC LIMIT ?"}};
const db::Sql sql_search_by_time{{
    .name = "orders.search_by_time",
    .any = "SELECT created_at, id FROM orders WHERE created_at >= ? AND created_at <= ? "
           "AND (created_at < ? OR id < ?) ORDER BY created_at DESC, id DESC LIMIT ?"}};

Task<std::vector<Place>> search(db::Session& db, const OrderQuery& query, const Place& after, int limit) {
    const auto since = query.created_min.value_or(Time{});
    const auto until = std::min(query.created_max.value_or(after.created_at), after.created_at);
    const auto& [at, id] = after;
    const auto email = query.email.value_or("");
    const std::string status = query.status ? boost::describe::enum_to_string(*query.status, "?") : "";
    const auto begin = query.number.value_or("");
    const auto end = begin + "~";   // numbers are of letters, digits and dashes
    if (query.customer) {
        co_return co_await db.all<Place>(sql_search_by_customer, *query.customer, begin, end, email, email, status,
                                         status, since, until, at, id, limit);
    }
    if (query.number) {
        co_return co_await db.all<Place>(sql_search_by_number, begin, end, email, email, status, status, since,
                                         until, at, id, limit);
    }
    if (query.email) {
        co_return co_await db.all<Place>(sql_search_by_email, email, status, status, since, until, at, id, limit);
    }
    if (query.status) co_return co_await db.all<Place>(sql_search_by_status, status, since, until, at, id, limit);
    co_return co_await db.all<Place>(sql_search_by_time, since, until, at, id, limit);
}

}  // namespace caddy::orders::store
