#pragma once
// The SQL of events that wait for Redis. Private to this folder.
#include "platform/db/database.hpp"
#include "platform/jobs/outbox.hpp"

#include <vector>

namespace caddy::streams::store {

Task<bool> any_of(db::Session&, const std::string& aggregate);
/// Keeps an event; once, however often it is asked for.
Task<> keep(db::Transaction&, const jobs::Event&, Time now);
/// The first ones, in order per aggregate.
Task<std::vector<jobs::Event>> first(db::Session&, int limit);
Task<> forget(db::Transaction&, const std::vector<jobs::Event>&);

}   // namespace caddy::streams::store
