#pragma once
// The table of the audit log. Private to the folder.
#include "shop/audit/audit.hpp"

namespace caddy::audit::store {

Task<> insert(db::Transaction&, EntryId, const Context&, const Act&);

}   // namespace caddy::audit::store
