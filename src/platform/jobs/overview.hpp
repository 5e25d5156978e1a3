#pragma once
// What an operator sees of the outbox: which events wait, run, failed or are done. Never their payloads, which may say
// things of people.
#include "platform/crypto/cursor.hpp"
#include "platform/jobs/outbox.hpp"

#include <boost/describe.hpp>

namespace caddy::jobs {

/// How an event stands at a moment: it could run now, runs under a lease, waits for its time or its next try, failed
/// for good, or has ended.
BOOST_DEFINE_ENUM_CLASS(JobState, due, leased, later, parked, done)

struct Job {
    EventId id;
    std::string type;
    std::string aggregate;
    std::int64_t sequence = 0;
    JobState state{};
    std::int64_t attempts = 0;
    std::optional<std::string> last_error{};
    Time occurred_at{};
    Time due_at{};
    std::optional<Time> next_attempt_at{};   // while it waits
    std::optional<Time> finished_at{};
};
BOOST_DESCRIBE_STRUCT(Job, (), (id, type, aggregate, sequence, state, attempts, last_error, occurred_at, due_at,
                                next_attempt_at, finished_at))

struct JobQuery {
    std::optional<JobState> state{};
    std::optional<std::string> type{};
};

/// A job and where it stands in the list.
struct ListedJob {
    Job job;
    crypto::Place place;
};

/// Those after a place, by the time of their (next or last) try, the latest first.
Task<std::vector<ListedJob>> jobs_after(db::Session&, const JobQuery&, Time now, const crypto::Place& after, int limit);

/// Nothing where there is no such event, or where it was swept away.
Task<std::optional<Job>> find_job(db::Session&, EventId, Time now);

/// How many events of a type stand in a state. Of those that are done, the ones since `done_since`.
struct JobCount {
    std::string type;
    JobState state{};
    std::int64_t count = 0;
};
BOOST_DESCRIBE_STRUCT(JobCount, (), (type, state, count))
Task<std::vector<JobCount>> count_jobs(db::Session&, Time now, Time done_since);

/// When the oldest of those that could run now was due.
Task<std::optional<Time>> oldest_due(db::Session&, Time now);

/// How many events somebody claimed and has neither ended nor given back, though the claim ran out before a time.
Task<std::int64_t> count_abandoned(db::Session&, Time before);

/// Parked events of a type, a bounded number, the oldest failure first.
Task<std::vector<EventId>> parked_of_type(db::Session&, std::string_view type, int limit);

/// Finished events of a type that occurred from a time on and before another, the oldest first.
struct ReplayWish {
    std::string type;
    Time from{};
    Time before{};
    int limit = 0;
};
struct Replay {
    std::int64_t replayed = 0;
    std::optional<Time> last{};   // when the last of them occurred, where there may be more
};
/// Has them delivered to every handler again, under the same ids: handlers skip what they have done, as after any other
/// repeat.
Task<Replay> replay_finished(db::Transaction&, const Context&, const ReplayWish&);

}   // namespace caddy::jobs
