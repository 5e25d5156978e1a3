#pragma once
// The SQL of the idempotency keys. Private to this folder.
#include "core/clock.hpp"
#include "platform/db/session.hpp"
#include "platform/runtime/context.hpp"

#include <boost/describe.hpp>

namespace caddy::idempotency::store {

BOOST_DEFINE_ENUM_CLASS(Phase, made, answered)

struct Stored {
    std::string request_hash;
    std::string made;
    Phase phase = Phase::made;
    std::int64_t status = 0;
    std::string content_type;
    std::optional<std::string> location;
    std::optional<std::string> etag;
    std::string headers;   // `Name: value` a line
    std::string body;
    Time expires_at{};
};
BOOST_DESCRIBE_STRUCT(Stored, (), (request_hash, made, phase, status, content_type, location, etag, headers, body,
                                   expires_at))

Task<std::optional<Stored>> find(db::Session&, const std::string& scope);
/// False when the key is there already.
Task<bool> insert_made(db::Session&, const IdempotencyKey&, std::string_view made, Time now);
/// Puts the reply to what was made; false when nothing was made under the key, or the reply is there.
Task<bool> answer(db::Session&, const std::string& scope, const Stored& reply);
Task<> remove_expired(db::Session&, const std::string& scope, Time now);
/// Removes at most a few hundred.
Task<std::int64_t> sweep_some(db::Session&, Time now);

}  // namespace caddy::idempotency::store
