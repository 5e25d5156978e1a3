#pragma once
// Events that leave a transaction: rows written together with the change they tell of, delivered at least once,
// in order per aggregate, by jobs/worker. Handlers find an event's id and skip what they have done.
#include "platform/db/database.hpp"
#include "platform/runtime/context.hpp"
#include "platform/telemetry/trace_context.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

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
    trace::TraceContext trace{};   // of the work that wrote it
};

/// Writes an event in the caller's transaction. `due` may lie in the future: the event then waits for its time, and
/// those of its aggregate that come after it do not wait for it.
Task<> emit(db::Transaction&, const Context&, std::string_view type, std::string_view aggregate, std::string payload);
Task<> emit_at(db::Transaction&, const Context&, Time due, std::string_view type, std::string_view aggregate,
               std::string payload);

/// An event that failed too often and waits for somebody to look at it.
struct ParkedEvent {
    EventId id;
    std::string type;
    std::string aggregate;
    std::int64_t attempts = 0;
    std::optional<std::string> last_error;
    Time occurred_at{};
};
/// The oldest first.
Task<std::vector<ParkedEvent>> parked_events(db::Session&, int limit);
/// Lets a parked event run again, with all its attempts; false when no such event is parked.
Task<bool> unpark(db::Transaction&, const Context&, EventId);

/// One line per aggregate whose events have not exactly the numbers 1, 2, 3 … (or those after what was swept away).
Task<std::vector<std::string>> audit_sequences(db::Session&);

/// Deletes events that were finished before a time, of each aggregate from its first on, and keeps up to which number:
/// gaps can be told from what was swept away. A bounded part per call; how many events.
Task<std::int64_t> sweep_finished(db::Database&, const Context&, Time before);

}  // namespace caddy::jobs
