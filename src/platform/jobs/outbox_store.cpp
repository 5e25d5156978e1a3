#include "platform/jobs/outbox_store.hpp"

#include "platform/jobs/jitter.hpp"
#include "platform/jobs/job_metrics.hpp"
#include "platform/telemetry/log.hpp"

#include <algorithm>

namespace caddy::jobs::store {
namespace {

struct Due {
    EventId id;
    std::string type;
    std::string aggregate;
    std::int64_t sequence = 0;
    std::string payload;
    Time occurred_at{};
    int attempts = 0;
    std::optional<std::string> trace;
};
BOOST_DESCRIBE_STRUCT(Due, (), (id, type, aggregate, sequence, payload, occurred_at, attempts, trace))

struct Waiting {
    std::int64_t due = 0;
    std::optional<Time> oldest;
};
BOOST_DESCRIBE_STRUCT(Waiting, (), (due, oldest))

struct Name {
    std::string subscription;
};
BOOST_DESCRIBE_STRUCT(Name, (), (subscription))

// An event waits for the earlier ones of its aggregate whose time has come, however often those are retried.
const db::Sql sql_due{
    {.name = "jobs.due",
     .any = "SELECT e.id, e.type, e.aggregate, e.sequence, e.payload, e.occurred_at, e.attempts, e.trace "
            "FROM outbox_events e "
            "WHERE e.status = 'waiting' AND e.try_at <= ? AND e.lease_until <= ? "
            "AND NOT EXISTS (SELECT 1 FROM outbox_events b WHERE b.aggregate = e.aggregate AND b.status = 'waiting' "
            "AND b.sequence < e.sequence AND b.due_at <= ?) ORDER BY e.try_at LIMIT ?"}};
// Equal attempts: the row is still the one that was read.
const db::Sql sql_claim{
    {.name = "jobs.claim",
     .any = "UPDATE outbox_events SET lease_owner = ?, lease_until = ?, attempts = attempts + 1 "
            "WHERE id = ? AND status = 'waiting' AND attempts = ? AND lease_until <= ? AND try_at <= ?"}};
const db::Sql sql_park_ender{
    {.name = "jobs.park_ender",
     .any = "UPDATE outbox_events SET status = 'parked', lease_owner = '', lease_until = 0, "
            "last_error = ? WHERE id = ? AND status = 'waiting' AND attempts = ? AND lease_until <= ?"}};
const db::Sql sql_renew{
    {.name = "jobs.renew",
     .any = "UPDATE outbox_events SET lease_until = ? WHERE id = ? AND status = 'waiting' AND lease_owner = ?"}};
const db::Sql sql_give_back{{.name = "jobs.give_back",
                             .any =
                                 "UPDATE outbox_events SET lease_owner = '', lease_until = 0, attempts = attempts - 1 "
                                 "WHERE id = ? AND status = 'waiting' AND lease_owner = ?"}};
const db::Sql sql_delivered{{.name = "jobs.delivered",
                             .any = "SELECT subscription FROM outbox_deliveries WHERE event_id = ?"}};
const db::Sql sql_record{
    {.name = "jobs.record_delivery",
     .any = "INSERT INTO outbox_deliveries (event_id, subscription, delivered_at) VALUES (?, ?, ?)"}};
const db::Sql sql_finish{
    {.name = "jobs.finish",
     .any = "UPDATE outbox_events SET status = 'done', finished_at = ?, lease_owner = '', lease_until = 0 "
            "WHERE id = ? AND status = 'waiting' AND lease_owner = ?"}};
const db::Sql sql_fail{
    {.name = "jobs.fail",
     .any = "UPDATE outbox_events SET status = ?, last_error = ?, try_at = ?, lease_owner = '', lease_until = 0 "
            "WHERE id = ? AND status = 'waiting' AND lease_owner = ?"}};
const db::Sql sql_waiting{{.name = "jobs.waiting",
                           .any = "SELECT COUNT(*) AS due, MIN(due_at) AS oldest FROM outbox_events "
                                  "WHERE status = 'waiting' AND try_at <= ?"}};
const db::Sql sql_parked{{.name = "jobs.parked_count",
                          .any = "SELECT COUNT(*) AS parked FROM outbox_events WHERE status = 'parked'"}};

/// Some of what was found, wherever that stands: processes that look at the same events take different ones. In the
/// order of their ids, so that claims that meet wait for one another instead of going round in a circle.
std::vector<Due> chosen(std::vector<Due> found, std::size_t limit) {
    if (found.size() > limit) {
        const auto last = static_cast<std::int64_t>(found.size() - limit);
        const auto offset = jitter_between(std::chrono::milliseconds(0), std::chrono::milliseconds(last)).count();
        found.erase(found.begin(), found.begin() + offset);
        found.resize(limit);
    }
    std::ranges::sort(found, {}, &Due::id);
    return found;
}

constexpr std::string_view ended_its_process =
    "It was begun as often as is allowed and never ended: it may end its process.";

/// Known to be so only after the commit.
void tell_of_enders(const std::vector<Due>& parked) {
    for (const auto& due : parked) {
        log::error("jobs.parked", {{"event", due.id.text()}, {"type", due.type}, {"error", ended_its_process}});
        counts::parked(due.type);
    }
}

}  // namespace

Task<Claimed> claim(db::Database& db, const Context& ctx, const Claim& claim) {
    std::vector<Due> found;
    const auto now = ctx.now();
    {
        auto session = co_await db.read(ctx);   // the usual answer is "nothing", and costs no write
        found = co_await session.all<Due>(sql_due, now, now, now, claim.limit * claim.spread);
    }
    if (found.empty()) co_return Claimed{};
    found = chosen(std::move(found), static_cast<std::size_t>(claim.limit));
    std::vector<Due> parked;
    auto claimed = co_await db.transact(ctx, "jobs.claim", [&](db::Transaction& tx) -> Task<Result<Claimed>> {
        Claimed mine;
        parked.clear();   // of a run before this one
        for (const auto& due : found) {
            if (due.attempts >= claim.attempts_max) {
                const auto changed = co_await tx.exec(sql_park_ender, ended_its_process, due.id, due.attempts, now);
                if (changed == 1) parked.push_back(due);
                continue;
            }
            const auto taken =
                co_await tx.exec(sql_claim, claim.owner, now + claim.lease, due.id, due.attempts, now, now);
            if (taken != 1) {
                ++mine.missed;
                continue;
            }
            mine.events.push_back({due.id, due.type, due.aggregate, due.sequence, due.payload, due.occurred_at,
                                   due.attempts, trace::from_text(due.trace.value_or(""))});
        }
        co_return mine;
    });
    auto mine = std::move(claimed).value();
    tell_of_enders(parked);
    co_return mine;
}

Task<bool> renew(db::Session& db, EventId id, const std::string& owner, Time until) {
    const auto changed = co_await db.exec(sql_renew, until, id, owner);
    co_return changed == 1;
}

Task<> give_back(db::Session& db, EventId id, const std::string& owner) {
    (void)co_await db.exec(sql_give_back, id, owner);
}

Task<std::vector<std::string>> delivered(db::Session& db, EventId id) {
    auto rows = co_await db.all<Name>(sql_delivered, id);
    std::vector<std::string> names;
    for (auto& row : rows) names.push_back(std::move(row.subscription));
    co_return names;
}

Task<> record_delivery(db::Session& db, EventId id, const std::string& subscription, Time now) {
    (void)co_await db.exec_unique(sql_record, id, subscription, now);
}

Task<bool> finish(db::Session& db, EventId id, const std::string& owner, Time now) {
    const auto changed = co_await db.exec(sql_finish, now, id, owner);
    co_return changed == 1;
}

Task<bool> fail(db::Session& db, EventId id, const std::string& owner, const Failure& failure) {
    const std::string_view status = failure.last ? "parked" : "waiting";
    const auto changed = co_await db.exec(sql_fail, status, failure.error, failure.try_at, id, owner);
    co_return changed == 1;
}

Task<Backlog> backlog(db::Session& db, Time now) {
    const auto waiting = co_await db.one<Waiting>(sql_waiting, now);
    const auto parked = co_await db.scalar<std::int64_t>(sql_parked);
    Backlog backlog{waiting->due, parked.value_or(0), 0};
    if (waiting->oldest)
        backlog.lag_ms = std::chrono::duration_cast<std::chrono::milliseconds>(now - *waiting->oldest).count();
    co_return backlog;
}

}  // namespace caddy::jobs::store
