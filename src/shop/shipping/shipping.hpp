#pragma once
// Shipping: zones of destinations, the ways of shipping into each, and what a parcel costs by one of them. Event loop
// only.
#include "core/page.hpp"
#include "core/result.hpp"
#include "platform/db/database.hpp"
#include "platform/http/precondition.hpp"
#include "platform/json/decode.hpp"

#include <boost/describe.hpp>

#include <variant>

namespace caddy::shipping {

struct ZoneTag { static constexpr std::string_view prefix = "zone"; };
struct MethodTag { static constexpr std::string_view prefix = "ship"; };
using ZoneId = Id<ZoneTag>;
using MethodId = Id<MethodTag>;

/// How a method's price is found: one price, steps of the weight, or steps of the subtotal.
BOOST_DEFINE_ENUM_CLASS(Kind, flat, by_weight, by_amount)

/// Up to and with this weight in grams, or subtotal in minor units, shipping costs so much; absent: whatever it is.
struct Step {
    std::optional<std::int64_t> up_to;
    std::int64_t price_minor = 0;
    friend bool operator==(const Step&, const Step&) = default;
};
BOOST_DESCRIBE_STRUCT(Step, (), (up_to, price_minor))

/// What a method costs in one currency. All limits count themselves in.
struct Rate {
    Currency currency;
    std::optional<std::int64_t> price_minor;         // of a flat method
    std::vector<Step> steps;                         // of the others, ascending
    std::optional<std::int64_t> further_kg_minor;    // by weight: each kilogram begun beyond the last step
    std::optional<std::int64_t> free_above_minor;    // free from this subtotal on
    std::optional<std::int64_t> amount_min_minor;    // not offered below this subtotal
    std::optional<std::int64_t> amount_max_minor;    // nor above this one
    friend bool operator==(const Rate&, const Rate&) = default;
};
BOOST_DESCRIBE_STRUCT(Rate, (), (currency, price_minor, steps, further_kg_minor, free_above_minor, amount_min_minor,
                                 amount_max_minor))

/// Everything of a method that its price follows from.
struct Tariff {
    Kind kind = Kind::flat;
    std::optional<std::int64_t> weight_min_grams;
    std::optional<std::int64_t> weight_max_grams;
    Rate rate;
};

/// Where a parcel goes, as the address says it.
struct Destination {
    std::string country;
    std::string province;
};

/// What is asked to be shipped. Without a destination it goes to the rest of the world.
struct Consignment {
    std::optional<Destination> destination;
    Money subtotal;
    std::int64_t grams = 0;
};

/// A method with its price for one consignment; the described members are what shoppers see.
struct Quote {
    MethodId id;
    std::string code;    // `standard`, stable, one of its zone
    std::string name;
    Money price;
    std::optional<Money> free_above;

    ZoneId zone_id;
    std::string zone;    // its name
    Tariff tariff;
};
BOOST_DESCRIBE_STRUCT(Quote, (), (id, code, name, price, free_above))

/// Why a method does not ship a consignment.
BOOST_DEFINE_ENUM_CLASS(Hindrance, no_zone, other_zone, withdrawn, other_currency, limits)

/// The facts that a quote came from, as an order keeps them.
json::Raw snapshot_of(const Quote&, const Consignment&);

/// What is wrong with a kept snapshot, if anything: its price must follow from its facts, and be the order's.
std::optional<std::string> fault_of(const json::Raw& snapshot, Money subtotal, Money price);

// ---- the back office ----

/// A country with its provinces, or the whole of it where none is named; `*` is the rest of the world.
struct Area {
    std::string country;
    std::vector<std::string> provinces;
};
BOOST_DESCRIBE_STRUCT(Area, (), (country, provinces))

struct ZoneDraft {
    std::string name;
    std::vector<Area> destinations;
};

struct Zone {
    ZoneId id;
    std::string name;
    std::vector<Area> destinations;
    Time created_at{};
    Time updated_at{};
    std::int64_t version = 1;
};
BOOST_DESCRIBE_STRUCT(Zone, (), (id, name, destinations, created_at, updated_at, version))

/// What is absent stays.
struct ZoneChange {
    std::optional<std::string> name;
    std::optional<std::vector<Area>> destinations;   // replaced as a whole
};

struct MethodDraft {
    ZoneId zone_id;
    std::string code;
    std::string name;
    Kind kind = Kind::flat;
    std::int64_t position = 0;
    bool active = true;
    std::optional<std::int64_t> weight_min_grams;
    std::optional<std::int64_t> weight_max_grams;
    std::vector<Rate> rates;   // one for each currency that it ships in
};

struct Method {
    MethodId id;
    ZoneId zone_id;
    std::string code;
    std::string name;
    Kind kind = Kind::flat;
    std::int64_t position = 0;
    bool active = true;
    std::optional<std::int64_t> weight_min_grams;
    std::optional<std::int64_t> weight_max_grams;
    std::vector<Rate> rates;
    Time created_at{};
    Time updated_at{};
    std::int64_t version = 1;
};
BOOST_DESCRIBE_STRUCT(Method, (), (id, zone_id, code, name, kind, position, active, weight_min_grams,
                                   weight_max_grams, rates, created_at, updated_at, version))

/// What is absent stays; a limit of weight that is null is lifted.
struct MethodChange {
    std::optional<ZoneId> zone_id;
    std::optional<std::string> code;
    std::optional<std::string> name;
    std::optional<Kind> kind;
    std::optional<std::int64_t> position;
    std::optional<bool> active;
    json::Patch<std::int64_t> weight_min_grams;
    json::Patch<std::int64_t> weight_max_grams;
    std::optional<std::vector<Rate>> rates;   // replaced as a whole
};

class ShippingService {
public:
    explicit ShippingService(db::Database& database) : db_(database) {}

    /// The active methods that ship this, the cheapest first; none where the destination is in no zone.
    ///
    /// The most specific zone decides: that of the province, else that of the country, else the rest of the world.
    Task<std::vector<Quote>> quotes(db::Session&, const Consignment&);

    /// One of them, or what stands in its way.
    Task<std::variant<Quote, Hindrance>> consider(db::Session&, MethodId, const Consignment&);

    /// One of them. Refuses: shipping.no_zone, shipping.not_available (422)
    Task<Result<Quote>> quote(db::Session&, MethodId, const Consignment&);

    /// Passes when the destination is in a zone. Refuses: shipping.no_zone (422)
    Task<Result<void>> reaches(db::Session&, const Destination&);

    /// Puts the methods that every new shop starts with into its first zone, once in the life of a database.
    Task<> ensure_defaults(const Context&);

    /// Zones, the oldest first. Refuses: request.cursor_mismatch
    Task<Result<Page<Zone>>> zones(const Context&, const PageRequest&);
    /// Refuses: shipping.zone_not_found
    Task<Result<Zone>> zone(const Context&, ZoneId);
    /// Refuses: request.invalid_field, shipping.destination_taken (409)
    Task<Result<Zone>> create_zone(const Context&, const ZoneDraft&);
    /// Refuses: shipping.zone_not_found, request.version_mismatch, request.invalid_field, shipping.destination_taken
    Task<Result<Zone>> change_zone(const Context&, ZoneId, const http::ExpectedVersion&, const ZoneChange&);
    /// Only a zone without methods is deleted: its carts would otherwise lose what they were promised unseen.
    ///
    /// Refuses: shipping.zone_not_found, request.version_mismatch, shipping.zone_in_use (409)
    Task<Result<void>> remove_zone(const Context&, ZoneId, const http::ExpectedVersion&);

    /// Methods, of one zone or of all, the oldest first. Refuses: request.cursor_mismatch
    Task<Result<Page<Method>>> methods(const Context&, std::optional<ZoneId>, const PageRequest&);
    /// Refuses: shipping.method_not_found
    Task<Result<Method>> method(const Context&, MethodId);
    /// Refuses: request.invalid_field, shipping.code_taken, shipping.too_many_methods (409)
    Task<Result<Method>> create_method(const Context&, const MethodDraft&);
    /// Carts that chose the method are quoted anew when they are next read or ordered.
    ///
    /// Refuses: shipping.method_not_found, request.version_mismatch, request.invalid_field, shipping.code_taken,
    ///          shipping.too_many_methods
    Task<Result<Method>> change_method(const Context&, MethodId, const http::ExpectedVersion&, const MethodChange&);
    /// Carts that chose it say so when they are next read; orders keep what they were made of.
    ///
    /// Refuses: shipping.method_not_found, request.version_mismatch
    Task<Result<void>> remove_method(const Context&, MethodId, const http::ExpectedVersion&);

private:
    db::Database& db_;
};

}  // namespace caddy::shipping
