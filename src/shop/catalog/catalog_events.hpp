#pragma once
// What the catalogue tells of itself. Private to the folder.
#include "platform/db/session.hpp"
#include "platform/runtime/context.hpp"
#include "shop/catalog/catalog.hpp"

namespace caddy::catalog::events {

/// What the payload of catalog.product_changed says.
struct ProductChanged {
    ProductId product_id;
    std::string handle;
    std::int64_t version = 0;
    bool visible = false;
};
BOOST_DESCRIBE_STRUCT(ProductChanged, (), (product_id, handle, version, visible))

/// What the payload of catalog.availability_changed says: of a product or one of its variants.
struct AvailabilityChanged {
    ProductId product_id;
    std::string handle;
};
BOOST_DESCRIBE_STRUCT(AvailabilityChanged, (), (product_id, handle))

Task<> emit(db::Transaction&, const Context&, ProductChanged);
Task<> emit(db::Transaction&, const Context&, AvailabilityChanged);
/// catalog.category_changed: it was made, changed or removed.
Task<> emit_category_changed(db::Transaction&, const Context&, CategoryId);

}   // namespace caddy::catalog::events
