#pragma once
// All SQL of shipping. Private to the feature.
#include "platform/db/session.hpp"
#include "shop/shipping/shipping_rules.hpp"

namespace caddy::shipping::store {

// ---- quoting ----

/// A zone that a destination may be in, and by which of its places.
struct Candidate {
    ZoneId zone_id;
    std::string name;
    std::string country;
    std::string province_key;
};
BOOST_DESCRIBE_STRUCT(Candidate, (), (zone_id, name, country, province_key))

/// The zones of the province, of its country and of the rest of the world, as far as there are such.
Task<std::vector<Candidate>> candidates(db::Session&, std::string_view country, std::string_view province_key);

/// A method with its rate in one currency.
struct Offered {
    MethodId id;
    ZoneId zone_id;
    std::string code;
    std::string name;
    std::int64_t position = 0;
    bool active = true;
    Tariff tariff;
    bool has_rate = true;
};
/// The active methods of a zone that have a rate in the currency.
Task<std::vector<Offered>> offered_in(db::Session&, ZoneId, Currency);
/// A method, whether or not it is active and has a rate.
Task<std::optional<Offered>> offered(db::Session&, MethodId, Currency);

// ---- zones ----

/// A zone without its destinations.
struct ZoneRow {
    ZoneId id;
    std::string name;
    std::int64_t version = 1;
    Time created_at{};
    Time updated_at{};
};
BOOST_DESCRIBE_STRUCT(ZoneRow, (), (id, name, version, created_at, updated_at))

struct DestinationRow {
    ZoneId zone_id;
    std::string country;
    std::string province_key;
    std::string province;
};
BOOST_DESCRIBE_STRUCT(DestinationRow, (), (zone_id, country, province_key, province))

Task<std::optional<ZoneRow>> zone(db::Session&, ZoneId);
Task<std::optional<ZoneRow>> lock_zone(db::Transaction&, ZoneId);
/// In id order, after `after`.
Task<std::vector<ZoneRow>> zones(db::Session&, ZoneId after, int limit);
/// By zone, country and province.
Task<std::vector<DestinationRow>> destinations(db::Session&, std::span<const ZoneId>);
/// The zone that has exactly this place.
Task<std::optional<ZoneRow>> holder(db::Session&, const rules::Place&);
Task<> insert_zone(db::Transaction&, const ZoneRow&);
Task<> update_zone(db::Transaction&, const ZoneRow&);
Task<> erase_zone(db::Transaction&, ZoneId);
/// False when the place is in a zone already.
Task<bool> insert_destination(db::Transaction&, ZoneId, const rules::Entry&);
Task<> erase_destinations(db::Transaction&, ZoneId);
/// Makes a zone that still waits for a new shop's methods one that has them; false when it does not wait.
Task<bool> start_zone(db::Transaction&, ZoneId, Time now);

// ---- methods ----

Task<std::optional<Method>> method(db::Session&, MethodId);
Task<std::optional<Method>> lock_method(db::Transaction&, MethodId);
/// Of one zone or of all, in id order, after `after`.
Task<std::vector<Method>> methods(db::Session&, std::optional<ZoneId>, MethodId after, int limit);
Task<std::int64_t> methods_in(db::Session&, ZoneId);
/// The method of this code in a zone.
Task<std::optional<MethodId>> method_of_code(db::Transaction&, ZoneId, std::string_view code);
/// False when the zone has a method of this code already.
Task<bool> insert_method(db::Transaction&, const Method&);
/// Writes the method and its rates over what was there.
Task<> update_method(db::Transaction&, const Method&);
Task<> erase_method(db::Transaction&, MethodId);

}  // namespace caddy::shipping::store
