#pragma once
// The rules of shipping that need neither a database nor a clock. Private to the feature.
#include "core/checks.hpp"
#include "shop/shipping/shipping.hpp"

#include <span>

namespace caddy::shipping::rules {

constexpr std::string_view rest_of_world = "*";
constexpr std::int64_t minor_max = 1'000'000'000'000'000;   // of any price or amount that staff may set
constexpr std::int64_t grams_max = 1'000'000'000'000;       // of any weight
constexpr std::size_t steps_max = 100;
constexpr std::size_t rates_max = 50;
constexpr std::size_t destinations_max = 500;   // of one zone
constexpr std::int64_t methods_per_zone_max = 100;

/// The form in which provinces are compared: trimmed, NFC, case folded. Nothing else is done to a name, so a zone lists
/// each way in which addresses write a province.
std::string province_key(std::string_view);

/// A country and a province's key; the key is empty for a whole country.
struct Place {
    std::string country;
    std::string province_key;
    friend bool operator==(const Place&, const Place&) = default;
};
/// Province before country before the rest of the world: 2, 1, 0.
int specificity(const Place&);

/// What shipping costs by a tariff; nothing when the consignment is outside its limits, or the sum no longer a number.
std::optional<Money> price_of(const Tariff&, Money subtotal, std::int64_t grams);

/// A destination as it is kept, and where it stood in the request.
struct Entry {
    Place place;
    std::string province;   // as it was written
    std::string pointer;
};

/// The draft's destinations, one by one. Refuses: request.invalid_field with each fault
Result<std::vector<Entry>> entries_of(const std::vector<Area>&);
/// Refuses: request.invalid_field
Result<std::string> accepted_name(const std::string&);
/// The draft as it is kept. Refuses: request.invalid_field with each fault
Result<MethodDraft> accepted(const MethodDraft&);

}  // namespace caddy::shipping::rules
