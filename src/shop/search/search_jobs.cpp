#include "platform/cache/tags.hpp"
#include "platform/jobs/worker.hpp"
#include "shop/search/search.hpp"

namespace caddy::search {
namespace {

/// The event names the product; what it says now, the catalogue knows. So any number of deliveries come to the same.
Task<> follow(const Context& ctx, const jobs::Event& event, SearchService& search) {
    const auto id = catalog::ProductId::parse(event.aggregate);
    if (!id) throw std::runtime_error("not the id of a product: " + event.aggregate);
    co_await search.index(ctx, *id);
}

Task<> build(const Context& ctx, SearchService& search) { (void)co_await search.build(ctx); }

std::vector<std::string> tags_of_index(const db::Announcement&) { return {"search"}; }

}  // namespace

void cache_tags(cache::TagTable& table) { table.on("search.indexed", tags_of_index); }

void jobs(jobs::JobTable& table, SearchService& search) {
    table.on("catalog.product_changed", "search.index", caddy::jobs::bind_event(follow, search));
    // At once after a start; afterwards it finds the index finished, unless somebody asked for a new one.
    table.every(std::chrono::seconds(2), "search.build", caddy::jobs::bind_scheduled(build, search));
}

}  // namespace caddy::search
