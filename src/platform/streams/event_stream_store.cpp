#include "platform/streams/event_stream_store.hpp"

namespace caddy::streams::store {
namespace {

struct Row {
    jobs::EventId event_id;
    std::string type;
    std::string aggregate;
    std::int64_t sequence = 0;
    std::string payload;
    Time occurred_at{};
};
BOOST_DESCRIBE_STRUCT(Row, (), (event_id, type, aggregate, sequence, payload, occurred_at))

const db::Sql sql_any{{.name = "streams.any",
                       .any = "SELECT sequence FROM outbox_unpublished WHERE aggregate = ? LIMIT 1"}};
const db::Sql sql_keep{{.name = "streams.keep",
                        .any = "INSERT INTO outbox_unpublished (aggregate, sequence, event_id, type, payload, "
                               "occurred_at, kept_at) VALUES (?, ?, ?, ?, ?, ?, ?)"}};
const db::Sql sql_first{{.name = "streams.first",
                         .any = "SELECT event_id, type, aggregate, sequence, payload, occurred_at "
                                "FROM outbox_unpublished ORDER BY aggregate, sequence LIMIT ?"}};
const db::Sql sql_forget{{.name = "streams.forget",
                          .any = "DELETE FROM outbox_unpublished WHERE aggregate = ? AND sequence = ?"}};

}   // namespace

Task<bool> any_of(db::Session& db, const std::string& aggregate) {
    const auto found = co_await db.scalar<std::int64_t>(sql_any, aggregate);
    co_return found.has_value();
}

Task<> keep(db::Transaction& tx, const jobs::Event& event, Time now) {
    (void)co_await tx.exec_unique(sql_keep, event.aggregate, event.sequence, event.id, event.type, event.payload,
                                  event.occurred_at, now);
}

Task<std::vector<jobs::Event>> first(db::Session& db, int limit) {
    auto rows = co_await db.all<Row>(sql_first, limit);
    std::vector<jobs::Event> events;
    for (auto& row : rows) {
        jobs::Event event;
        event.id = row.event_id;
        event.type = std::move(row.type);
        event.aggregate = std::move(row.aggregate);
        event.sequence = row.sequence;
        event.payload = std::move(row.payload);
        event.occurred_at = row.occurred_at;
        events.push_back(std::move(event));
    }
    co_return events;
}

Task<> forget(db::Transaction& tx, const std::vector<jobs::Event>& events) {
    for (const auto& event : events) (void)co_await tx.exec(sql_forget, event.aggregate, event.sequence);
}

}   // namespace caddy::streams::store
