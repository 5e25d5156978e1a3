#include "platform/jobs/overview.hpp"

#include <algorithm>
#include <limits>

namespace caddy::jobs {
namespace {

struct JobRow {
    EventId id;
    std::string type;
    std::string aggregate;
    std::int64_t sequence = 0;
    std::string status;
    std::int64_t attempts = 0;
    std::optional<std::string> last_error{};
    Time occurred_at{};
    Time due_at{};
    Time try_at{};
    Time lease_until{};
    std::optional<Time> finished_at{};
};
BOOST_DESCRIBE_STRUCT(JobRow, (), (id, type, aggregate, sequence, status, attempts, last_error, occurred_at, due_at,
                                   try_at, lease_until, finished_at))

struct CountRow {
    std::string type;
    std::int64_t count = 0;
};
BOOST_DESCRIBE_STRUCT(CountRow, (), (type, count))

struct IdRow {
    EventId id;
};
BOOST_DESCRIBE_STRUCT(IdRow, (), (id))

const db::Sql sql_page{
    {.name = "jobs.page",
     .any = "SELECT id, type, aggregate, sequence, status, attempts, last_error, occurred_at, due_at, try_at, "
            "lease_until, finished_at FROM outbox_events WHERE status = ? AND try_at >= ? AND try_at <= ? "
            "AND lease_until >= ? AND lease_until <= ? AND (try_at < ? OR id < ?) "
            "ORDER BY try_at DESC, id DESC LIMIT ?"}};
const db::Sql sql_page_of_type{
    {.name = "jobs.page_of_type",
     .any = "SELECT id, type, aggregate, sequence, status, attempts, last_error, occurred_at, due_at, try_at, "
            "lease_until, finished_at FROM outbox_events WHERE status = ? AND type = ? AND try_at >= ? "
            "AND try_at <= ? AND lease_until >= ? AND lease_until <= ? AND (try_at < ? OR id < ?) "
            "ORDER BY try_at DESC, id DESC LIMIT ?"}};
const db::Sql sql_find{
    {.name = "jobs.find",
     .any = "SELECT id, type, aggregate, sequence, status, attempts, last_error, occurred_at, due_at, try_at, "
            "lease_until, finished_at FROM outbox_events WHERE id = ?"}};
const db::Sql sql_count{
    {.name = "jobs.count",
     .any = "SELECT type, COUNT(*) AS count FROM outbox_events WHERE status = ? AND try_at >= ? AND try_at <= ? "
            "AND lease_until >= ? AND lease_until <= ? GROUP BY type ORDER BY type"}};
const db::Sql sql_count_done{
    {.name = "jobs.count_done",
     .any = "SELECT type, COUNT(*) AS count FROM outbox_events WHERE status = 'done' AND finished_at >= ? "
            "GROUP BY type ORDER BY type"}};
const db::Sql sql_oldest_due{{.name = "jobs.oldest_due",
                              .any = "SELECT MIN(due_at) AS oldest FROM outbox_events "
                                     "WHERE status = 'waiting' AND try_at <= ? AND lease_until <= ?"}};
const db::Sql sql_count_abandoned{{.name = "jobs.count_abandoned",
                                   .any = "SELECT COUNT(*) AS abandoned FROM outbox_events WHERE status = 'waiting' "
                                          "AND try_at <= ? AND lease_owner <> '' AND lease_until <= ?"}};
const db::Sql sql_parked_of_type{
    {.name = "jobs.parked_of_type",
     .any = "SELECT id FROM outbox_events WHERE status = 'parked' AND type = ? ORDER BY try_at, id LIMIT ?"}};

struct FinishedRow {
    EventId id;
    Time occurred_at{};
};
BOOST_DESCRIBE_STRUCT(FinishedRow, (), (id, occurred_at))

const db::Sql sql_finished{{.name = "jobs.finished",
                            .any = "SELECT id, occurred_at FROM outbox_events WHERE type = ? AND occurred_at >= ? "
                                   "AND occurred_at < ? AND status = 'done' ORDER BY occurred_at, id LIMIT ?"}};
const db::Sql sql_replay{
    {.name = "jobs.replay",
     .any = "UPDATE outbox_events SET status = 'waiting', attempts = 0, try_at = ?, last_error = NULL, "
            "finished_at = NULL WHERE id = ? AND status = 'done'"}};
const db::Sql sql_forget_deliveries{{.name = "jobs.forget_deliveries",
                                     .any = "DELETE FROM outbox_deliveries WHERE event_id = ?"}};

constexpr Time always(std::chrono::microseconds(std::numeric_limits<std::int64_t>::max()));

/// What a state is in the table: a status, and bounds of the time of the next try and of the lease.
struct Bounds {
    std::string_view status;
    Time try_min{}, try_max = always;
    Time lease_min{}, lease_max = always;
};

constexpr auto instant = std::chrono::microseconds(1);

Bounds bounds_of(JobState state, Time now) {
    Bounds bounds{.status = "waiting"};
    switch (state) {
        case JobState::due: bounds.try_max = bounds.lease_max = now; break;
        case JobState::leased: bounds.lease_min = now + instant; break;
        case JobState::later:
            bounds.try_min = now + instant;
            bounds.lease_max = now;
            break;
        case JobState::parked: bounds.status = "parked"; break;
        case JobState::done: bounds.status = "done"; break;
    }
    return bounds;
}

JobState state_of(const JobRow& row, Time now) {
    if (row.status == "parked") return JobState::parked;
    if (row.status == "done") return JobState::done;
    if (row.lease_until > now) return JobState::leased;
    return row.try_at > now ? JobState::later : JobState::due;
}

Job job_of(JobRow row, Time now) {
    Job job;
    job.id = row.id;
    job.state = state_of(row, now);
    job.type = std::move(row.type);
    job.aggregate = std::move(row.aggregate);
    job.sequence = row.sequence;
    job.attempts = row.attempts;
    job.last_error = std::move(row.last_error);
    job.occurred_at = row.occurred_at;
    job.due_at = row.due_at;
    if (job.state == JobState::due || job.state == JobState::later) job.next_attempt_at = row.try_at;
    job.finished_at = row.finished_at;
    return job;
}

Task<std::vector<JobRow>> page_of(db::Session& db, const Bounds& bounds, const std::optional<std::string>& type,
                                  const crypto::Place& after, int limit) {
    const auto until = std::min(bounds.try_max, after.at);
    if (type) {
        return db.all<JobRow>(sql_page_of_type, bounds.status, *type, bounds.try_min, until, bounds.lease_min,
                              bounds.lease_max, after.at, after.id, limit);
    }
    return db.all<JobRow>(sql_page, bounds.status, bounds.try_min, until, bounds.lease_min, bounds.lease_max, after.at,
                          after.id, limit);
}

/// What a list of one state, or of all, reads: each part is ordered by an index.
std::vector<Bounds> parts_of(const JobQuery& query, Time now) {
    if (query.state) return {bounds_of(*query.state, now)};
    return {Bounds{.status = "waiting"}, Bounds{.status = "parked"}, Bounds{.status = "done"}};
}

bool comes_first(const ListedJob& left, const ListedJob& right) {
    if (left.place.at != right.place.at) return left.place.at > right.place.at;
    return left.place.id > right.place.id;
}

}   // namespace

Task<std::vector<ListedJob>> jobs_after(db::Session& db, const JobQuery& query, Time now, const crypto::Place& after,
                                        int limit) {
    std::vector<ListedJob> found;
    const auto parts = parts_of(query, now);
    for (const auto& part : parts) {
        auto rows = co_await page_of(db, part, query.type, after, limit);
        for (auto& row : rows) {
            const crypto::Place place{row.try_at, row.id.value};
            found.push_back({job_of(std::move(row), now), place});
        }
    }
    std::ranges::sort(found, comes_first);
    if (found.size() > static_cast<std::size_t>(limit)) found.resize(static_cast<std::size_t>(limit));
    co_return found;
}

Task<std::optional<Job>> find_job(db::Session& db, EventId id, Time now) {
    auto row = co_await db.one<JobRow>(sql_find, id);
    if (!row) co_return std::nullopt;
    co_return job_of(std::move(*row), now);
}

Task<std::vector<JobCount>> count_jobs(db::Session& db, Time now, Time done_since) {
    std::vector<JobCount> counts;
    for (const auto state : {JobState::due, JobState::leased, JobState::later, JobState::parked}) {
        const auto bounds = bounds_of(state, now);
        auto rows = co_await db.all<CountRow>(sql_count, bounds.status, bounds.try_min, bounds.try_max,
                                              bounds.lease_min, bounds.lease_max);
        for (auto& row : rows) counts.push_back({std::move(row.type), state, row.count});
    }
    auto done = co_await db.all<CountRow>(sql_count_done, done_since);
    for (auto& row : done) counts.push_back({std::move(row.type), JobState::done, row.count});
    co_return counts;
}

Task<std::optional<Time>> oldest_due(db::Session& db, Time now) {
    return db.scalar<Time>(sql_oldest_due, now, now);
}

Task<Replay> replay_finished(db::Transaction& tx, const Context& ctx, const ReplayWish& wish) {
    const auto rows = co_await tx.all<FinishedRow>(sql_finished, wish.type, wish.from, wish.before, wish.limit);
    Replay replay;
    for (const auto& row : rows) {
        const auto changed = co_await tx.exec(sql_replay, ctx.now(), row.id);
        if (changed != 1) continue;
        (void)co_await tx.exec(sql_forget_deliveries, row.id);
        ++replay.replayed;
    }
    if (rows.size() == static_cast<std::size_t>(wish.limit)) replay.last = rows.back().occurred_at;
    if (replay.replayed > 0) tx.announce();
    co_return replay;
}

Task<std::int64_t> count_abandoned(db::Session& db, Time before) {
    const auto count = co_await db.scalar<std::int64_t>(sql_count_abandoned, before, before);
    co_return count.value_or(0);
}

Task<std::vector<EventId>> parked_of_type(db::Session& db, std::string_view type, int limit) {
    const auto rows = co_await db.all<IdRow>(sql_parked_of_type, type, limit);
    std::vector<EventId> ids;
    for (const auto& row : rows) ids.push_back(row.id);
    co_return ids;
}

}   // namespace caddy::jobs
