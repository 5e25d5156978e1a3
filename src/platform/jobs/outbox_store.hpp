#pragma once
// The SQL of the outbox: claims, deliveries, ends. Private to this folder.
#include "platform/jobs/outbox.hpp"
#include "platform/jobs/worker.hpp"

namespace caddy::jobs::store {

struct Claim {
    std::string owner;
    std::chrono::seconds lease;
    int limit = 0;
    int spread = 1;   // so many times `limit` events are looked at, and some of them taken, wherever they stand
    int attempts_max = 0;
};

struct Claimed {
    std::vector<Event> events;
    std::size_t missed = 0;   // others were faster
};

/// Takes due events for an owner: of each aggregate at most the first that is not finished. Events that were begun
/// `attempts_max` times without an end (they end their process) are parked instead.
Task<Claimed> claim(db::Database&, const Context&, const Claim&);
/// False when the claim has gone to somebody else.
Task<bool> renew(db::Session&, EventId, const std::string& owner, Time until);
Task<> give_back(db::Session&, EventId, const std::string& owner);

Task<std::vector<std::string>> delivered(db::Session&, EventId);
Task<> record_delivery(db::Session&, EventId, const std::string& subscription, Time now);
/// These two: false when the claim has gone to somebody else.
Task<bool> finish(db::Session&, EventId, const std::string& owner, Time now);
struct Failure {
    std::string error;
    Time try_at;
    bool last = false;
};
Task<bool> fail(db::Session&, EventId, const std::string& owner, const Failure&);

Task<Backlog> backlog(db::Session&, Time now);

}  // namespace caddy::jobs::store
