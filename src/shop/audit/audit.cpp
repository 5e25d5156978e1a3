#include "shop/audit/audit.hpp"

#include "shop/audit/audit_store.hpp"

namespace caddy::audit {

Task<> record(db::Transaction& tx, const Context& ctx, const Act& act) {
    co_await store::insert(tx, EntryId::next(), ctx, act);
}

}   // namespace caddy::audit
