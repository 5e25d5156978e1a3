#pragma once
// What imports remember: how each product's rows looked, and which quantity was imported last. Private to imports.
#include "shop/imports/imports.hpp"

#include <span>

namespace caddy::imports::store {

Task<std::optional<std::string>> fingerprint(db::Session&, std::string_view handle);
Task<> remember_fingerprint(db::Transaction&, std::string_view handle, std::string_view fingerprint, Time);

struct Quantity {
    catalog::VariantId variant_id;
    std::int64_t quantity = 0;
};
BOOST_DESCRIBE_STRUCT(Quantity, (), (variant_id, quantity))

/// What was imported last; variants that never were are missing.
Task<std::vector<Quantity>> quantities(db::Session&, std::span<const catalog::VariantId>);
Task<> remember_quantity(db::Transaction&, const Quantity&, Time);

}  // namespace caddy::imports::store
