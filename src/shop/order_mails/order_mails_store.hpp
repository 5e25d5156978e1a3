#pragma once
// The SQL of mails about orders. Private to the folder.
#include "shop/order_mails/order_mails.hpp"

namespace caddy::order_mails::store {

/// False when the event has been mailed about.
Task<bool> insert(db::Transaction&, const Due&, Time now);

}   // namespace caddy::order_mails::store
