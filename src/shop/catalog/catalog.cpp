#include "shop/catalog/catalog.hpp"

#include "shop/catalog/catalog_cursor.hpp"
#include "shop/catalog/catalog_events.hpp"
#include "shop/catalog/catalog_rules.hpp"
#include "shop/catalog/catalog_store.hpp"

#include <algorithm>
#include <map>
#include <tuple>
#include <unordered_map>

namespace caddy::catalog {
namespace {

constexpr int thumbnail_width = 480;

namespace refuse {
Error not_for_sale(VariantId id) {
    return {ErrorKind::conflict, "catalog.not_for_sale",
            "The variant " + id.text() + " is not for sale. Choose another one from the product's page."};
}
Error product_not_found() {
    return {ErrorKind::not_found, "catalog.product_not_found", "There is no such product, or it is not published."};
}
Error category_not_found() {
    return {ErrorKind::not_found, "catalog.category_not_found", "There is no such category."};
}
}  // namespace refuse

std::optional<Money> money(std::optional<std::int64_t> minor, std::optional<Currency> currency) {
    if (!minor || !currency) return std::nullopt;
    return Money{*minor, *currency};
}

Product to_product(store::ProductRow row) {
    Product product{.id = row.id,
                    .handle = std::move(row.handle),
                    .title = std::move(row.title),
                    .description = std::move(row.description_html),
                    .vendor = std::move(row.vendor),
                    .options = {std::move(row.options)},
                    .variants = {},
                    .media = {},
                    .thumbnail = {},
                    .categories = {},
                    .tags = {std::move(row.tags)},
                    .attributes = {std::move(row.attributes)},
                    .availability = row.availability,
                    .price_range = {},
                    .seo = {std::move(row.seo_title), std::move(row.seo_description)},
                    .published_at = row.published_at.value_or(Time{}),
                    .updated_at = row.updated_at,
                    .version = row.version};
    const auto min = money(row.price_min, row.currency);
    const auto max = money(row.price_max, row.currency);
    if (min && max) product.price_range = PriceRange{*min, *max};
    return product;
}

Variant to_variant(store::VariantRow row) {
    return {.id = row.id,
            .sku = std::move(row.sku),
            .title = std::move(row.title),
            .price = money(row.price_minor, row.currency),
            .compare_at_price = money(row.compare_at_minor, row.currency),
            .options = {std::move(row.options)},
            .availability = row.availability,
            .barcode = std::move(row.barcode),
            .image = std::move(row.image),
            .grams = row.grams,
            .attributes = {std::move(row.attributes)}};
}

Media to_media(store::MediaRow row) {
    Media media{.id = row.id, .url = std::move(row.url), .alt = std::move(row.alt), .position = row.position};
    media.width = row.width;
    media.height = row.height;
    media.sizes = media::sizes_of(media.url, row.sizes.value_or(""));
    return media;
}

Card to_card(store::CardRow row) {
    Card card{.id = row.id,
              .handle = std::move(row.handle),
              .title = std::move(row.title),
              .options = {std::move(row.options)},
              .thumbnail = {},
              .category_ids = {},
              .availability = row.availability,
              .price_range = {},
              .compare_at_price = {}};
    if (row.image) card.thumbnail = media::url_at_least(*row.image, row.image_sizes.value_or(""), thumbnail_width);
    const auto min = money(row.price_min, row.currency);
    const auto max = money(row.price_max, row.currency);
    if (min && max) card.price_range = PriceRange{*min, *max};
    return card;
}

/// Rows by product, and within it by position.
template <class Row>
void order_rows(std::vector<Row>& rows) {
    std::sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) {
        return std::tie(a.product_id, a.position, a.id) < std::tie(b.product_id, b.position, b.id);
    });
}

/// Complete products in the order of `ids`: one statement per level, however many products there are. What is no
/// longer published by the time it is read is left out.
Task<std::vector<Product>> load(db::Session& db, std::span<const ProductId> ids) {
    std::vector<Product> products;
    if (ids.empty()) co_return products;
    auto rows = co_await store::published(db, ids);
    auto variants = co_await store::variants_of(db, ids);
    auto media = co_await store::media_of(db, ids);
    auto links = co_await store::categories_of(db, ids);
    order_rows(variants);
    order_rows(media);
    order_rows(links);

    std::unordered_map<ProductId, Product> found;
    for (auto& row : rows) found.emplace(row.id, to_product(std::move(row)));
    for (auto& row : variants) {
        if (const auto at = found.find(row.product_id); at != found.end()) {
            at->second.variants.push_back(to_variant(std::move(row)));
        }
    }
    for (auto& row : media) {
        const auto at = found.find(row.product_id);
        if (at == found.end()) continue;
        if (!at->second.thumbnail) {
            at->second.thumbnail = media::url_at_least(row.url, row.sizes.value_or(""), thumbnail_width);
        }
        at->second.media.push_back(to_media(std::move(row)));
    }
    for (auto& row : links) {
        if (const auto at = found.find(row.product_id); at != found.end()) {
            at->second.categories.push_back({row.id, std::move(row.handle), std::move(row.name)});
        }
    }
    for (const auto id : ids) {
        if (const auto at = found.find(id); at != found.end()) products.push_back(std::move(at->second));
    }
    co_return products;
}

Task<std::optional<store::CategoryRow>> find_category(db::Session& db, std::string_view id_or_handle) {
    if (const auto id = CategoryId::parse(id_or_handle)) {
        auto row = co_await store::category_by_id(db, *id);
        if (row) co_return row;
    }
    co_return co_await store::category_by_handle(db, id_or_handle);
}

using Children = std::map<std::optional<CategoryId>, std::vector<const store::CategoryRow*>>;

std::vector<Category> branch(const Children& children, std::optional<CategoryId> parent, std::size_t depth) {
    std::vector<Category> siblings;
    const auto at = children.find(parent);
    if (at == children.end() || depth == category_depth_max) return siblings;
    for (const auto* row : at->second) {
        siblings.push_back(
            {row->id, row->handle, row->name, row->parent_id, row->position, branch(children, row->id, depth + 1)});
    }
    return siblings;
}

Children by_parent(const std::vector<store::CategoryRow>& rows) {
    Children children;
    for (const auto& row : rows) children[row.parent_id].push_back(&row);
    return children;
}

/// Tells this list from every other one: what a cursor is bound to.
std::string list_name(Sort sort, const store::ListFilter& filter) {
    std::string name = "products";
    for (const auto part : {std::int64_t{static_cast<int>(sort)}, filter.category.value, filter.price_min,
                            filter.price_max, filter.in_stock_min, filter.in_stock_max}) {
        name.append("|").append(std::to_string(part));
    }
    for (const auto& word : filter.words) name.append("|").append(word);
    if (!filter.vendor.empty()) name.append("|by ").append(filter.vendor);
    return name;
}

Task<store::ListFilter> to_filter(db::Session& db, const ProductQuery& query) {
    store::ListFilter filter;
    if (!query.category.empty()) {
        const auto category = co_await find_category(db, query.category);
        filter.category = category ? category->id : CategoryId{-1};   // an unknown one holds nothing
    }
    if (query.price_min) filter.price_min = *query.price_min;
    if (query.price_max) filter.price_max = *query.price_max;
    // Products without a price have the largest number there: any upper bound leaves them out.
    if (query.price_max || query.price_min) {
        filter.price_max = std::min(filter.price_max, std::numeric_limits<std::int64_t>::max() - 1);
    }
    if (query.in_stock) filter.in_stock_min = filter.in_stock_max = *query.in_stock ? 1 : 0;
    filter.words = rules::search_words(query.words);
    filter.vendor = query.vendor;
    co_return filter;
}

}  // namespace

Task<Result<Offer>> CatalogService::offer(const Context& ctx, VariantId id) {
    auto db = co_await db_.read(ctx);
    auto found = co_await store::offers(db, std::span(&id, 1));
    if (found.empty()) co_return refuse::not_for_sale(id);
    co_return std::move(found.front());
}

Task<std::vector<TaxCategory>> CatalogService::tax_categories(db::Session& db, std::span<const ProductId> ids) {
    co_return co_await store::tax_categories(db, ids);
}

Task<std::vector<Offer>> CatalogService::offers(db::Session& db, std::span<const VariantId> ids) {
    co_return co_await store::offers(db, ids);
}

Task<> CatalogService::set_availability(db::Transaction& db, const Context& ctx, VariantId id, Availability stock) {
    const auto variant = co_await store::variant_stock(db, id);
    if (!variant || variant->stock_class == stock) co_return;
    // The product first: whoever changes two variants of one product at once then sees what the other one did.
    const auto before = co_await store::lock_availability(db, variant->product_id);
    const auto shown = rules::shown_availability(variant->tracked, variant->policy, stock);
    co_await store::set_variant_stock(db, id, stock, shown, ctx.now());
    const auto siblings = co_await store::sellable_availabilities(db, variant->product_id);
    const auto best = rules::best_of(siblings);
    if (!before) co_return;
    const events::AvailabilityChanged changed{variant->product_id, before->handle};
    co_await events::emit(db, ctx, changed);
    if (before->availability == best) co_return;
    co_await store::set_product_availability(db, variant->product_id, best, rules::counts_as_in_stock(best));
}

Task<Result<Page<Card>>> CatalogService::list(const Context& ctx, const ProductQuery& query,
                                              const PageRequest& page) {
    auto db = co_await db_.read_replica(ctx);
    const auto filter = co_await to_filter(db, query);
    const auto name = list_name(query.sort, filter);
    std::optional<store::Entry> after;
    if (page.cursor) {
        CADDY_CO_TRY(auto cursor, read_cursor(*page.cursor, name));
        after = store::Entry{ProductId{cursor.id}, std::move(cursor.key)};
    }
    auto entries = co_await store::list(db, query.sort, filter, after, page.limit + 1);

    Page<Card> result;
    result.limit = page.limit;
    if (entries.size() > static_cast<std::size_t>(page.limit)) {
        entries.resize(static_cast<std::size_t>(page.limit));
        result.next = write_cursor({entries.back().key, entries.back().id.value}, name);
    }
    std::vector<ProductId> ids;
    for (const auto& entry : entries) ids.push_back(entry.id);
    result.data = co_await cards(db, ids);
    if (page.count) result.count = co_await store::count(db, filter);
    co_return result;
}

Task<Result<Product>> CatalogService::product(const Context& ctx, std::string_view id_or_handle) {
    auto db = co_await db_.read_replica(ctx);
    std::vector<Product> found;
    if (const auto id = ProductId::parse(id_or_handle)) found = co_await load(db, std::span(&*id, 1));
    if (found.empty()) {
        const auto id = co_await store::find_by_handle(db, id_or_handle);
        if (id) found = co_await load(db, std::span(&*id, 1));
    }
    if (found.empty()) co_return refuse::product_not_found();
    co_return std::move(found.front());
}

Task<std::vector<Card>> CatalogService::cards(db::Session& db, std::span<const ProductId> ids) {
    std::vector<Card> cards;
    if (ids.empty()) co_return cards;
    auto rows = co_await store::cards(db, ids);
    const auto prices = co_await store::compare_at_of(db, ids);
    auto links = co_await store::categories_of(db, ids);
    order_rows(links);
    std::unordered_map<ProductId, std::int64_t> compare_at;
    for (const auto& row : prices) compare_at.emplace(row.product_id, row.compare_at_minor);
    std::unordered_map<ProductId, Card> found;
    for (auto& row : rows) {
        const auto id = row.id;
        auto card = to_card(std::move(row));
        if (const auto at = compare_at.find(id); at != compare_at.end() && card.price_range) {
            card.compare_at_price = Money{at->second, card.price_range->min.currency};
        }
        found.emplace(id, std::move(card));
    }
    for (const auto& row : links) {
        if (const auto at = found.find(row.product_id); at != found.end()) at->second.category_ids.push_back(row.id);
    }
    for (const auto id : ids) {
        if (const auto at = found.find(id); at != found.end()) cards.push_back(std::move(at->second));
    }
    co_return cards;
}

Task<std::vector<FullCard>> CatalogService::with_variants(const Context& ctx, std::vector<Card> cards) {
    std::vector<FullCard> full;
    std::vector<ProductId> ids;
    std::unordered_map<ProductId, std::size_t> places;
    for (auto& card : cards) {
        places.emplace(card.id, full.size());
        ids.push_back(card.id);
        full.push_back({std::move(card), {}});
    }
    if (ids.empty()) co_return full;
    auto db = co_await db_.read_replica(ctx);
    auto variants = co_await store::variants_of(db, ids);
    order_rows(variants);
    for (auto& row : variants) full[places.at(row.product_id)].variants.push_back(to_variant(std::move(row)));
    co_return full;
}

Task<std::vector<Product>> CatalogService::products(db::Session& db, std::span<const ProductId> ids) {
    co_return co_await load(db, ids);
}

Task<bool> CatalogService::shows(db::Session& db, media::PictureId picture) {
    co_return co_await store::any_media_of(db, picture);
}

Task<std::vector<Listed>> CatalogService::listed(db::Session& db, std::span<const ProductId> ids) {
    const auto rows = co_await store::listed(db, ids);
    std::unordered_map<ProductId, Listed> found;
    for (const auto& row : rows) {
        auto& entry = found[row.product_id];
        entry.product = row.product_id;
        entry.availability = row.availability;
        entry.price = money(row.price_min, row.currency);
        entry.vendor = row.vendor;
        if (row.category_id != CategoryId{0}) entry.categories.push_back(row.category_id);
    }
    std::vector<Listed> ordered;
    for (const auto id : ids) {
        if (const auto at = found.find(id); at != found.end()) ordered.push_back(std::move(at->second));
    }
    co_return ordered;
}

Task<std::vector<ProductId>> CatalogService::newest(db::Session& db, std::string_view category, int limit) {
    ProductQuery query;
    query.category = category;
    const auto filter = co_await to_filter(db, query);
    const std::optional<store::Entry> from_the_first;
    const auto entries = co_await store::list(db, Sort::published_at_desc, filter, from_the_first, limit);
    std::vector<ProductId> ids;
    for (const auto& entry : entries) ids.push_back(entry.id);
    co_return ids;
}

Task<std::vector<CategoryLink>> CatalogService::category_links(db::Session& db, std::span<const CategoryId> ids) {
    auto rows = co_await store::categories_by_id(db, ids);
    std::vector<CategoryLink> links;
    for (auto& row : rows) links.push_back({row.id, std::move(row.handle), std::move(row.name)});
    co_return links;
}

Task<std::optional<CategoryId>> CatalogService::category_id(db::Session& db, std::string_view id_or_handle) {
    const auto row = co_await find_category(db, id_or_handle);
    if (!row) co_return std::nullopt;
    co_return row->id;
}

Task<bool> CatalogService::has_products(const Context& ctx) {
    auto db = co_await db_.read(ctx);
    const auto any = co_await store::any_product(db);
    co_return any.has_value();
}

Task<std::vector<Category>> CatalogService::categories(const Context& ctx) {
    auto db = co_await db_.read_replica(ctx);
    const auto rows = co_await store::all_categories(db);
    co_return branch(by_parent(rows), std::nullopt, 0);
}

Task<Result<Category>> CatalogService::category(const Context& ctx, std::string_view id_or_handle) {
    auto db = co_await db_.read_replica(ctx);
    const auto row = co_await find_category(db, id_or_handle);
    if (!row) co_return refuse::category_not_found();
    const auto rows = co_await store::all_categories(db);
    co_return Category{row->id,        row->handle,   row->name,
                       row->parent_id, row->position, branch(by_parent(rows), row->id, 0)};
}

}  // namespace caddy::catalog
