#include "platform/jobs/outbox.hpp"

#include "core/assert.hpp"
#include "platform/telemetry/trace.hpp"

namespace caddy::jobs {

BOOST_DESCRIBE_STRUCT(ParkedEvent, (), (id, type, aggregate, attempts, last_error, occurred_at))

namespace {

struct Numbering {
    std::string aggregate;
    std::int64_t last_sequence = 0;
    std::int64_t swept_sequence = 0;
    std::int64_t events = 0;
    std::int64_t lowest = 0;
    std::int64_t highest = 0;
};
BOOST_DESCRIBE_STRUCT(Numbering, (), (aggregate, last_sequence, swept_sequence, events, lowest, highest))

struct AggregateName {
    std::string aggregate;
};
BOOST_DESCRIBE_STRUCT(AggregateName, (), (aggregate))

constexpr std::size_t name_length_max = 80;

// The row of the aggregate stays locked until the transaction ends: numbers are given one transaction after the other,
// and one that rolls back takes its number back.
const db::Sql sql_number{
    {.name = "outbox.number",
     .mysql = "INSERT INTO outbox_aggregates (aggregate, last_sequence, swept_sequence) VALUES (?, 1, 0) "
              "ON DUPLICATE KEY UPDATE last_sequence = last_sequence + 1",
     .sqlite = "INSERT INTO outbox_aggregates (aggregate, last_sequence, swept_sequence) VALUES (?, 1, 0) "
               "ON CONFLICT (aggregate) DO UPDATE SET last_sequence = last_sequence + 1"}};
const db::Sql sql_emit{{.name = "outbox.emit",
                        .any =
                            "INSERT INTO outbox_events (id, type, aggregate, sequence, payload, occurred_at, due_at, "
                            "try_at, status, attempts, lease_owner, lease_until, trace) "
                            "SELECT ?, ?, aggregate, last_sequence, ?, ?, ?, ?, 'waiting', 0, '', 0, ? "
                            "FROM outbox_aggregates WHERE aggregate = ?"}};
const db::Sql sql_parked{{.name = "outbox.parked",
                          .any = "SELECT id, type, aggregate, attempts, last_error, occurred_at FROM outbox_events "
                                 "WHERE status = 'parked' ORDER BY try_at LIMIT ?"}};
const db::Sql sql_unpark{{.name = "outbox.unpark",
                          .any = "UPDATE outbox_events SET status = 'waiting', attempts = 0, try_at = ? "
                                 "WHERE id = ? AND status = 'parked'"}};
const db::Sql sql_audit{{.name = "outbox.audit",
                         .any = "SELECT a.aggregate, a.last_sequence, a.swept_sequence, COUNT(e.id) AS events, "
                                "COALESCE(MIN(e.sequence), 0) AS lowest, COALESCE(MAX(e.sequence), 0) AS highest "
                                "FROM outbox_aggregates a LEFT JOIN outbox_events e ON e.aggregate = a.aggregate "
                                "GROUP BY a.aggregate, a.last_sequence, a.swept_sequence "
                                "HAVING COUNT(e.id) <> a.last_sequence - a.swept_sequence OR (COUNT(e.id) > 0 AND "
                                "(MIN(e.sequence) <> a.swept_sequence + 1 OR MAX(e.sequence) <> a.last_sequence)) "
                                "ORDER BY a.aggregate LIMIT 100"}};
const db::Sql sql_unnumbered{{.name = "outbox.unnumbered",
                              .any = "SELECT DISTINCT e.aggregate AS aggregate FROM outbox_events e WHERE NOT EXISTS "
                                     "(SELECT 1 FROM outbox_aggregates a WHERE a.aggregate = e.aggregate) LIMIT 100"}};
const db::Sql sql_sweepable{{.name = "outbox.sweepable",
                             .any = "SELECT e.aggregate AS aggregate FROM outbox_events e JOIN outbox_aggregates a "
                                    "ON a.aggregate = e.aggregate AND a.swept_sequence = e.sequence - 1 "
                                    "WHERE e.status = 'done' AND e.finished_at < ? ORDER BY e.finished_at LIMIT 100"}};
const db::Sql sql_last{{.name = "outbox.last",
                        .mysql = "SELECT last_sequence FROM outbox_aggregates WHERE aggregate = ? FOR UPDATE",
                        .sqlite = "SELECT last_sequence FROM outbox_aggregates WHERE aggregate = ?"}};
const db::Sql sql_keep_from{{.name = "outbox.keep_from",
                             .any = "SELECT MIN(sequence) AS sequence FROM outbox_events "
                                    "WHERE aggregate = ? AND (status <> 'done' OR finished_at >= ?)"}};
const db::Sql sql_set_swept{{.name = "outbox.set_swept",
                             .any = "UPDATE outbox_aggregates SET swept_sequence = ? WHERE aggregate = ?"}};
// MariaDB before 11.1 reads all of a table from which rows are deleted by a subquery; in a join it does not.
const db::Sql sql_sweep_deliveries{
    {.name = "outbox.sweep_deliveries",
     .mysql = "DELETE deliveries FROM outbox_events AS events JOIN outbox_deliveries AS deliveries "
              "ON deliveries.event_id = events.id WHERE events.aggregate = ? AND events.sequence <= ?",
     .sqlite = "DELETE FROM outbox_deliveries WHERE event_id IN "
               "(SELECT id FROM outbox_events WHERE aggregate = ? AND sequence <= ?)"}};
const db::Sql sql_sweep_events{{.name = "outbox.sweep_events",
                                .any = "DELETE FROM outbox_events WHERE aggregate = ? AND sequence <= ?"}};

/// A span of its own stands for the event; what its handlers do is below it.
std::optional<std::string> trace_of(const Context& ctx, std::string_view type) {
    const bool records = ctx.span && ctx.span->records();
    const auto name = records ? "emit " + std::string(type) : std::string();
    auto span = trace::begin_below(ctx.span.get(), trace::Kind::producer, name);
    span.set("messaging.system", "caddy-outbox");
    auto text = trace::to_text(span.context());
    return text.empty() ? std::nullopt : std::optional(std::move(text));
}

Task<Result<std::int64_t>> sweep_aggregate(db::Transaction& tx, const std::string& aggregate, Time before) {
    const auto last = co_await tx.scalar<std::int64_t>(sql_last, aggregate);
    const auto keep_from = co_await tx.scalar<std::int64_t>(sql_keep_from, aggregate, before);
    const auto swept = keep_from ? *keep_from - 1 : last.value_or(0);
    (void)co_await tx.exec(sql_set_swept, swept, aggregate);
    (void)co_await tx.exec(sql_sweep_deliveries, aggregate, swept);
    const auto events = co_await tx.exec(sql_sweep_events, aggregate, swept);
    co_return events;
}

}  // namespace

Task<> emit(db::Transaction& tx, const Context& ctx, std::string_view type, std::string_view aggregate,
            std::string payload) {
    return emit_at(tx, ctx, ctx.now(), type, aggregate, std::move(payload));
}

Task<> emit_at(db::Transaction& tx, const Context& ctx, Time due, std::string_view type, std::string_view aggregate,
               std::string payload) {
    CADDY_ASSERT(!type.empty() && type.size() <= name_length_max);
    CADDY_ASSERT(!aggregate.empty() && aggregate.size() <= name_length_max);
    (void)co_await tx.exec(sql_number, aggregate);
    const auto now = ctx.now();
    const auto id = EventId::next();
    (void)co_await tx.exec(sql_emit, id, type, payload, now, due, due, trace_of(ctx, type), aggregate);
    if (due <= now) tx.announce({id.value, std::string(type), std::string(aggregate), std::move(payload)});
}

Task<std::vector<ParkedEvent>> parked_events(db::Session& db, int limit) {
    return db.all<ParkedEvent>(sql_parked, limit);
}

Task<bool> unpark(db::Transaction& tx, const Context& ctx, EventId id) {
    const auto changed = co_await tx.exec(sql_unpark, ctx.now(), id);
    if (changed == 1) tx.announce();
    co_return changed == 1;
}

Task<std::vector<std::string>> audit_sequences(db::Session& db) {
    std::vector<std::string> faults;
    const auto numberings = co_await db.all<Numbering>(sql_audit);
    for (const auto& it : numberings) {
        faults.push_back(it.aggregate + ": " + std::to_string(it.events) + " events numbered " +
                         std::to_string(it.lowest) + " to " + std::to_string(it.highest) + " instead of " +
                         std::to_string(it.swept_sequence + 1) + " to " + std::to_string(it.last_sequence));
    }
    const auto unnumbered = co_await db.all<AggregateName>(sql_unnumbered);
    for (const auto& it : unnumbered) faults.push_back(it.aggregate + ": events without a numbering");
    co_return faults;
}

Task<std::int64_t> sweep_finished(db::Database& db, const Context& ctx, Time before) {
    std::vector<AggregateName> aggregates;
    {
        auto session = co_await db.read(ctx);
        aggregates = co_await session.all<AggregateName>(sql_sweepable, before);
    }
    std::int64_t events = 0;
    for (const auto& it : aggregates) {
        const auto swept =
            co_await db.transact(ctx, "outbox.sweep", [&](db::Transaction& tx) -> Task<Result<std::int64_t>> {
                co_return co_await sweep_aggregate(tx, it.aggregate, before);
            });
        events += swept.value();
    }
    co_return events;
}

}  // namespace caddy::jobs
