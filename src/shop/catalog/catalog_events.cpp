#include "shop/catalog/catalog_events.hpp"

#include "platform/cache/tags.hpp"
#include "platform/jobs/outbox.hpp"
#include "platform/json/decode.hpp"

#include <type_traits>

namespace caddy::catalog {
namespace events {

Task<> emit(db::Transaction& tx, const Context& ctx, ProductChanged event) {
    co_await jobs::emit(tx, ctx, "catalog.product_changed", event.product_id.text(), json::to_json(event));
}

Task<> emit(db::Transaction& tx, const Context& ctx, AvailabilityChanged event) {
    co_await jobs::emit(tx, ctx, "catalog.availability_changed", event.product_id.text(), json::to_json(event));
}

Task<> emit_category_changed(db::Transaction& tx, const Context& ctx, CategoryId id) {
    co_await jobs::emit(tx, ctx, "catalog.category_changed", id.text(), "{}");
}

}   // namespace events

namespace {

/// A product is read by its id and by its handle, and stands in lists: a change may put it into any of them, or take
/// it away. Whether it can be had changes only those that show it, and those that do not say what they show.
template <class Event>
std::vector<std::string> tags_of_product(const db::Announcement& announcement) {
    constexpr bool stays = std::is_same_v<Event, events::AvailabilityChanged>;
    std::vector<std::string> tags{stays ? "availability" : "products", product_tag(announcement.aggregate)};
    const auto event = json::from_json<Event>(announcement.payload);
    tags.push_back(product_tag(event.value().handle));
    return tags;
}

std::vector<std::string> tags_of_category(const db::Announcement&) { return {"categories"}; }

}   // namespace

void cache_tags(cache::TagTable& table) {
    table.on("catalog.product_changed", tags_of_product<events::ProductChanged>);
    table.on("catalog.availability_changed", tags_of_product<events::AvailabilityChanged>);
    table.on("catalog.category_changed", tags_of_category);
}

}   // namespace caddy::catalog
