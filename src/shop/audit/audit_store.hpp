#pragma once
// The table of the audit log. Private to the folder.
#include "platform/crypto/cursor.hpp"
#include "shop/audit/audit.hpp"

namespace caddy::audit::store {

Task<> insert(db::Transaction&, EntryId, const Context&, const Act&);

struct EntryRow {
    EntryId id;
    Time at{};
    ActorId actor;
    std::string role;
    std::string action;
    std::string subject;
    std::optional<std::string> before_json{};
    std::optional<std::string> after_json{};
    std::string request_id;
};
BOOST_DESCRIBE_STRUCT(EntryRow, (), (id, at, actor, role, action, subject, before_json, after_json, request_id))

/// Those that come after a place, the newest first.
Task<std::vector<EntryRow>> entries(db::Session&, const EntryQuery&, const crypto::Place& after, int limit);

}   // namespace caddy::audit::store
