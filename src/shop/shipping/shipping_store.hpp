#pragma once
// All SQL of shipping. Private to the feature.
#include "platform/db/session.hpp"
#include "shop/shipping/shipping.hpp"

namespace caddy::shipping::store {

/// What an active method costs in one currency.
struct Rate {
    MethodId id;
    std::string code;
    std::string name;
    std::int64_t position = 0;
    std::int64_t flat_minor = 0;
    std::optional<std::int64_t> free_above_minor;
};
BOOST_DESCRIBE_STRUCT(Rate, (), (id, code, name, position, flat_minor, free_above_minor))

Task<std::vector<Rate>> rates(db::Session&, Currency);
Task<std::optional<Rate>> rate(db::Session&, Currency, MethodId);
Task<bool> has_methods(db::Session&);

/// False when a method of this code is there already.
Task<bool> insert_method(db::Session&, MethodId, std::string_view code, std::string_view name, std::int64_t position,
                         Time now);
Task<> insert_rate(db::Session&, MethodId, Currency, std::int64_t flat_minor,
                   std::optional<std::int64_t> free_above_minor);

}  // namespace caddy::shipping::store
