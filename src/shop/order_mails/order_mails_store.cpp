#include "shop/order_mails/order_mails_store.hpp"

namespace caddy::order_mails::store {

const db::Sql sql_insert{{
    .name = "order_mails.insert",
    .any = "INSERT INTO order_mails (event_id, order_id, kind, queued_at) VALUES (?, ?, ?, ?)"}};

Task<bool> insert(db::Transaction& tx, const Due& due, Time now) {
    return tx.exec_unique(sql_insert, due.event_id, due.order_id, due.kind, now);
}

}   // namespace caddy::order_mails::store
