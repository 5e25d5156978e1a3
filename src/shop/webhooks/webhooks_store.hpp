#pragma once
// The SQL of endpoints and deliveries. Private to this folder.
#include "shop/webhooks/webhooks.hpp"

namespace caddy::webhooks::store {

struct EndpointRecord {
    EndpointId id;
    std::string url;
    std::string events;   // patterns with spaces between them
    std::string description;
    EndpointStatus status{};
    std::string secret;
    std::int64_t failures = 0;
    std::optional<Time> failing_since;
    Time open_until{};
    Time created_at{};
    Time updated_at{};
    std::int64_t version = 0;
    std::optional<std::string> former_secret;   // signs, too, until
    std::optional<Time> former_until;
};
BOOST_DESCRIBE_STRUCT(EndpointRecord, (), (id, url, events, description, status, secret, failures, failing_since,
                                           open_until, created_at, updated_at, version, former_secret, former_until))

struct DeliveryRecord {
    DeliveryId id;
    EndpointId endpoint_id;
    jobs::EventId event_id;
    std::string type;
    std::string aggregate;
    std::int64_t sequence = 0;
    std::string body;
    DeliveryStatus status = DeliveryStatus::waiting;
    std::int64_t attempts = 0;
    Time try_at{};
    Time created_at{};
    std::optional<Time> sent_at;
    std::optional<Time> finished_at;
    std::optional<std::int64_t> response_status;
    std::optional<std::string> response_excerpt;
    std::optional<std::int64_t> duration_ms;
    std::optional<std::string> last_error;
    std::optional<std::string> trace{};   // where its event belongs
};
BOOST_DESCRIBE_STRUCT(DeliveryRecord, (), (id, endpoint_id, event_id, type, aggregate, sequence, body, status, attempts,
                                           try_at, created_at, sent_at, finished_at, response_status, response_excerpt,
                                           duration_ms, last_error, trace))

/// A delivery in hand: as it was begun, with where it goes.
struct Attempt {
    EndpointRecord endpoint;
    DeliveryRecord delivery;
    std::string owner;
};

Task<> insert(db::Transaction&, const EndpointRecord&);
Task<std::optional<EndpointRecord>> find(db::Session&, EndpointId);
/// The row, held until the transaction ends.
Task<std::optional<EndpointRecord>> lock(db::Transaction&, EndpointId);
Task<std::vector<EndpointRecord>> all(db::Session&, int limit);
/// Everything but the lease; REQUIRES: the row is locked and its version or time moves on.
Task<> update(db::Transaction&, const EndpointRecord&);
Task<> erase(db::Transaction&, EndpointId);
/// Wipes the former secrets whose time is over.
Task<> forget_secrets(db::Transaction&, Time now);

/// An endpoint with something to send now and nobody who sends; nothing when there is none.
Task<std::optional<EndpointId>> claimable(db::Session&, Time now);
Task<bool> claim(db::Transaction&, EndpointId, const std::string& owner, Time now, Time until);
/// False when the claim has gone to somebody else, or the endpoint may not be called now.
Task<bool> renew(db::Transaction&, EndpointId, const std::string& owner, Time now, Time until);
Task<> release(db::Transaction&, EndpointId, const std::string& owner, Time now);
Task<> set_breaker(db::Transaction&, EndpointId, const Breaker&);

/// False when the endpoint has the event already.
Task<bool> insert_delivery(db::Transaction&, const DeliveryRecord&);
Task<std::optional<DeliveryRecord>> find_delivery(db::Session&, DeliveryId);
Task<std::optional<DeliveryRecord>> next_due(db::Session&, EndpointId, Time now);
Task<bool> begin(db::Transaction&, const DeliveryRecord&, Time now, Time try_at);
/// Writes the end of an attempt, unless the delivery has been taken up anew meanwhile.
Task<bool> end_attempt(db::Transaction&, const DeliveryRecord&);
Task<std::vector<DeliveryRecord>> page(db::Session&, EndpointId, std::optional<DeliveryStatus>, DeliveryId before,
                                       int limit);
Task<std::vector<DeliveryId>> of_event(db::Session&, EndpointId, jobs::EventId);
Task<std::vector<DeliveryId>> of_time(db::Session&, EndpointId, Time from, Time to, int limit);
Task<> revive(db::Transaction&, DeliveryId, Time now);
Task<std::vector<DeliveryId>> older(db::Session&, Time than, int limit);
Task<> erase_delivery(db::Transaction&, DeliveryId);
Task<std::int64_t> count_broken(db::Session&);
/// Of endpoints that are active and not resting.
Task<std::int64_t> count_late(db::Session&, Time now, Time late_since);

}   // namespace caddy::webhooks::store
