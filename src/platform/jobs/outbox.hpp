#pragma once
// Events that leave a transaction: rows written together with the change they tell of, delivered at least once,
// in order per aggregate, by jobs/worker. Handlers find an event's id and skip what they have done.
#include "platform/db/session.hpp"
#include "platform/runtime/context.hpp"

#include <string>
#include <string_view>

namespace caddy::jobs {

struct EventTag { static constexpr std::string_view prefix = "evt"; };
using EventId = Id<EventTag>;

/// An event as a handler gets it.
struct Event {
    EventId id;
    std::string type;        // `orders.paid`
    std::string aggregate;   // the text of the id that it tells of
    std::int64_t sequence = 0;   // 1, 2, 3 … per aggregate, without gaps
    std::string payload;     // JSON
    Time occurred_at{};
    int attempts = 0;        // earlier tries
};

/// Writes an event in the caller's transaction. `due` may lie in the future.
Task<> emit(db::Transaction&, const Context&, std::string_view type, std::string_view aggregate, std::string payload);
Task<> emit_at(db::Transaction&, const Context&, Time due, std::string_view type, std::string_view aggregate,
               std::string payload);

}  // namespace caddy::jobs
