// Writing products: the draft is turned into the rows that it wants, these are compared with those that are there, and
// only where something differs is anything written.
#include "core/checks.hpp"
#include "platform/text/text.hpp"
#include "shop/catalog/catalog.hpp"
#include "shop/catalog/catalog_events.hpp"
#include "shop/catalog/catalog_rules.hpp"
#include "shop/catalog/catalog_store.hpp"
#include "shop/tax/tax.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace caddy::catalog {
namespace {

namespace refuse {
Error handle_taken(const std::string& given, const std::string& there) {
    return {ErrorKind::conflict, "catalog.handle_taken",
            "The handle " + given + " is too like " + there + ", which another product has. Choose another one."};
}
}  // namespace refuse

/// The rows of one product, as they are or as they shall be.
struct Rows {
    store::ProductRecord product;
    std::vector<store::VariantRecord> variants;   // shall be: in the draft's order, then the retired
    std::vector<store::MediaRecord> media;
    std::vector<CategoryId> categories;
};

Task<Rows> load_rows(db::Transaction& tx, store::ProductRecord product) {
    const auto id = product.id;
    Rows rows{.product = std::move(product), .variants = {}, .media = {}, .categories = {}};
    rows.variants = co_await store::variant_records(tx, id);
    auto media = co_await store::media_of(tx, std::span(&id, 1));
    for (auto& row : media) {
        rows.media.push_back({row.id, id, row.position, std::move(row.url), std::move(row.alt), row.picture_id,
                              row.width, row.height, std::move(row.sizes)});
    }
    auto links = co_await store::categories_of(tx, std::span(&id, 1));
    std::sort(links.begin(), links.end(), [](const auto& a, const auto& b) { return a.position < b.position; });
    for (const auto& link : links) rows.categories.push_back(link.id);
    co_return rows;
}

/// The draft's categories by id, each once, and what is missing made; `listed` also has every ancestor.
struct Shelves {
    std::vector<CategoryId> direct;
    std::set<CategoryId> listed;
};

Task<CategoryId> ensure_category(db::Transaction& tx, const Context& ctx, std::span<const std::string> path,
                                 std::optional<CategoryId> parent) {
    const auto handle = rules::category_handle(path);
    auto found = co_await store::category_by_name(tx, parent, path.back());   // it may have been given another handle
    if (!found) found = co_await store::category_by_handle(tx, handle);
    if (!found) {
        const store::CategoryRow made{CategoryId::next(), parent, handle, path.back(), 0};
        const bool inserted = co_await store::insert_category(tx, made, ctx.now());
        if (inserted) {
            co_await events::emit_category_changed(tx, ctx, made.id);
            co_return made.id;
        }
        found = co_await store::category_by_handle(tx, handle);
        if (!found) throw db::Retry("a category was made beside us");
    }
    co_return found->id;
}

/// Also the ancestors of a category that already stood elsewhere in the tree.
Task<> add_ancestors(db::Transaction& tx, CategoryId category, std::set<CategoryId>& listed) {
    std::optional<CategoryId> at = category;
    for (std::size_t depth = 0; at && depth <= category_depth_max; ++depth) {
        listed.insert(*at);
        const auto row = co_await store::category_by_id(tx, *at);
        at = row ? row->parent_id : std::nullopt;
    }
}

Task<Shelves> ensure_categories(db::Transaction& tx, const Context& ctx, const ProductDraft& draft) {
    Shelves shelves;
    for (const auto id : draft.category_ids) {
        shelves.direct.push_back(id);
        co_await add_ancestors(tx, id, shelves.listed);
    }
    for (const auto& path : draft.categories) {
        std::optional<CategoryId> parent;
        for (std::size_t depth = 1; depth <= path.size(); ++depth) {
            parent = co_await ensure_category(tx, ctx, std::span(path).first(depth), parent);
        }
        if (!parent || std::find(shelves.direct.begin(), shelves.direct.end(), *parent) != shelves.direct.end()) {
            continue;
        }
        shelves.direct.push_back(*parent);
        co_await add_ancestors(tx, *parent, shelves.listed);
    }
    co_return shelves;
}

/// Categories that are named by their ids are there, each named once.
Task<Result<void>> check_category_ids(db::Transaction& tx, const ProductDraft& draft) {
    Checks checks;
    std::set<CategoryId> known;
    for (std::size_t i = 0; i < draft.category_ids.size(); ++i) {
        const auto row = co_await store::category_by_id(tx, draft.category_ids[i]);
        const auto pointer = "/category_ids/" + std::to_string(i);
        checks.require(row.has_value(), pointer, "not_found", "There is no such category.");
        checks.require(known.insert(draft.category_ids[i]).second, pointer, "repeated", "The category is there twice.");
    }
    co_return checks.result("catalog.invalid_product");
}

/// The library's pictures among the draft's media, held until the product shows them. One that was to be there and is
/// not is refused.
Task<Result<std::vector<media::Facts>>> hold_pictures(db::Transaction& tx, const ProductDraft& draft) {
    std::vector<std::string> urls;
    for (const auto& each : draft.media) urls.push_back(each.url);
    auto pictures = co_await media::hold(tx, urls);
    Checks checks;
    for (std::size_t i = 0; i < draft.media.size(); ++i) {
        const auto& wanted = draft.media[i].picture;
        const bool there = !wanted || std::any_of(pictures.begin(), pictures.end(),
                                                  [&](const auto& each) { return each.id == *wanted; });
        checks.require(there, "/media/" + std::to_string(i) + "/media_id", "not_found", "There is no such picture.");
    }
    CADDY_CO_TRY(checks.result("catalog.invalid_product"));
    co_return pictures;
}

std::vector<store::MediaRecord> wanted_media(const ProductDraft& draft, ProductId product,
                                             const std::vector<media::Facts>& pictures,
                                             const std::vector<store::MediaRecord>& there) {
    std::vector<store::MediaRecord> media;
    for (const auto& each : draft.media) {
        const auto at = std::find_if(there.begin(), there.end(), [&](const auto& row) { return row.url == each.url; });
        const auto id = at == there.end() ? MediaId::next() : at->id;
        media.push_back({id, product, static_cast<int>(media.size()) + 1, each.url, each.alt});
        const auto picture = std::find_if(pictures.begin(), pictures.end(),
                                          [&](const auto& facts) { return facts.url == each.url; });
        if (picture == pictures.end()) continue;
        media.back().picture_id = picture->id;
        media.back().width = picture->width;
        media.back().height = picture->height;
        media.back().sizes = picture->sizes;
    }
    return media;
}

store::VariantRecord wanted_variant(const ProductDraft& draft, const VariantDraft& variant, const Rows& rows,
                                    int position) {
    store::VariantRecord record{.id = {},
                                .product_id = rows.product.id,
                                .options_key = rules::options_key(variant.option_values),
                                .position = position,
                                .options = rules::variant_options_json(draft.option_names, variant.option_values),
                                .title = rules::variant_title(variant.option_values),
                                .sku = variant.sku,
                                .barcode = variant.barcode,
                                .price_minor = {},
                                .compare_at_minor = {},
                                .currency = {},
                                .grams = variant.grams,
                                .weight_unit = variant.weight_unit,
                                .requires_shipping = variant.requires_shipping,
                                .taxable = variant.taxable,
                                .tracked = variant.tracked,
                                .policy = variant.policy,
                                .stock_class = Availability::out_of_stock,
                                .availability = {},
                                .media_id = {},
                                .attributes = rules::attributes_json(variant.attributes, Visibility::shown),
                                .internal_attributes = rules::attributes_json(variant.attributes, Visibility::internal),
                                .retired = false};
    if (variant.compare_at_price) {
        record.compare_at_minor = variant.compare_at_price->minor;
        record.currency = variant.compare_at_price->currency;
    }
    if (variant.price) {
        record.price_minor = variant.price->minor;
        record.currency = variant.price->currency;
    }
    for (const auto& media : rows.media) {
        if (variant.image && media.url == *variant.image) record.media_id = media.id;
    }
    return record;
}

/// Known combinations keep their ids and what their stock says; those that the draft has no more are retired.
std::vector<store::VariantRecord> wanted_variants(const ProductDraft& draft, const Rows& wanted,
                                                  const std::vector<store::VariantRecord>& there) {
    std::map<std::string_view, const store::VariantRecord*> known;
    for (const auto& row : there) known.emplace(row.options_key, &row);
    std::vector<store::VariantRecord> variants;
    for (const auto& each : draft.variants) {
        auto record = wanted_variant(draft, each, wanted, static_cast<int>(variants.size()) + 1);
        const auto at = known.find(record.options_key);
        record.id = at == known.end() ? VariantId::next() : at->second->id;
        if (at != known.end()) {
            record.stock_class = at->second->stock_class;
            known.erase(at);
        }
        record.availability = rules::shown_availability(record.tracked, record.policy, record.stock_class);
        variants.push_back(std::move(record));
    }
    for (const auto& row : there) {
        if (!known.contains(row.options_key)) continue;
        variants.push_back(row);
        variants.back().retired = true;
        variants.back().media_id = std::nullopt;
    }
    return variants;
}

Availability product_availability(const std::vector<store::VariantRecord>& variants) {
    std::vector<Availability> sellable;
    for (const auto& variant : variants) {
        if (!variant.retired && variant.price_minor) sellable.push_back(variant.availability);
    }
    return rules::best_of(sellable);
}

store::ProductRecord wanted_product(const ProductDraft& draft, const std::optional<store::ProductRecord>& there,
                                    Time now) {
    const auto range = rules::price_range(draft.variants);
    store::ProductRecord record{.id = there ? there->id : ProductId::next(),
                                .handle = draft.handle,
                                .handle_key = text::folded(draft.handle),
                                .title = draft.title,
                                .description_html = text::clean_html(draft.description_html),
                                .vendor = draft.vendor,
                                .seo_title = draft.seo_title,
                                .seo_description = draft.seo_description,
                                .status = draft.status,
                                .published_at = {},
                                .availability = {},
                                .price_min = {},
                                .price_max = {},
                                .currency = {},
                                .options = rules::options_json(draft),
                                .tags = json::to_json(draft.tags),
                                .attributes = rules::attributes_json(draft.attributes, Visibility::shown),
                                .internal_attributes = rules::attributes_json(draft.attributes, Visibility::internal),
                                .image_url = {},
                                .search_text = rules::search_text(draft),
                                .tax_category = draft.tax_category.value_or(
                                    there ? there->tax_category : std::string(tax::category_standard)),
                                .version = there ? there->version : 1};
    if (draft.published) record.published_at = there && there->published_at ? *there->published_at : now;
    if (range) {
        record.price_min = range->min.minor;
        record.price_max = range->max.minor;
        record.currency = range->min.currency;
    }
    if (!draft.media.empty()) record.image_url = draft.media.front().url;
    return record;
}

bool visible(const store::ProductRecord& product) {
    return product.status == ProductStatus::active && product.published_at.has_value();
}

store::Listing listing_of(const store::ProductRecord& product) {
    return {.published_at = product.published_at.value_or(Time{}),
            .title_key = rules::title_key(product.title),
            .price_asc = product.price_min.value_or(std::numeric_limits<std::int64_t>::max()),
            .price_desc = product.price_min.value_or(-1),
            .in_stock = rules::counts_as_in_stock(product.availability)};
}

Task<> write_media(db::Transaction& tx, const std::vector<store::MediaRecord>& wanted,
                   const std::vector<store::MediaRecord>& there) {
    for (const auto& media : wanted) {
        const auto at = std::find_if(there.begin(), there.end(), [&](const auto& row) { return row.id == media.id; });
        if (at == there.end()) {
            co_await store::insert_media(tx, media);
        } else if (!(*at == media)) {
            co_await store::update_media(tx, media);
        }
    }
    for (const auto& media : there) {
        const bool kept =
            std::any_of(wanted.begin(), wanted.end(), [&](const auto& row) { return row.id == media.id; });
        if (!kept) co_await store::delete_media(tx, media.id);
    }
}

Task<> write_variants(db::Transaction& tx, const std::vector<store::VariantRecord>& wanted,
                      const std::vector<store::VariantRecord>& there, Time now) {
    std::map<VariantId, const store::VariantRecord*> known;
    for (const auto& row : there) known.emplace(row.id, &row);
    for (const auto& variant : wanted) {
        const auto at = known.find(variant.id);
        if (at == known.end()) {
            co_await store::insert_variant(tx, variant, now);
        } else if (!(*at->second == variant)) {
            co_await store::update_variant(tx, variant, now);
        }
    }
}

/// Attributes that say the same in another order stay as they are.
void keep_attributes(std::string& wanted, const std::string& there) {
    if (wanted != there && rules::same_members(wanted, there)) wanted = there;
}

void keep_attributes(Rows& wanted, const Rows& there) {
    keep_attributes(wanted.product.attributes, there.product.attributes);
    keep_attributes(wanted.product.internal_attributes, there.product.internal_attributes);
    for (auto& variant : wanted.variants) {
        const auto at = std::find_if(there.variants.begin(), there.variants.end(),
                                     [&](const auto& row) { return row.id == variant.id; });
        if (at == there.variants.end()) continue;
        keep_attributes(variant.attributes, at->attributes);
        keep_attributes(variant.internal_attributes, at->internal_attributes);
    }
}

/// The same rows, whatever order the database gave them in.
bool same(const Rows& a, const Rows& b) {
    const auto variants = [](const Rows& rows) {
        std::map<VariantId, store::VariantRecord> sorted;
        for (const auto& row : rows.variants) sorted.emplace(row.id, row);
        return sorted;
    };
    const auto media = [](const Rows& rows) {
        std::map<MediaId, store::MediaRecord> sorted;
        for (const auto& row : rows.media) sorted.emplace(row.id, row);
        return sorted;
    };
    return a.product == b.product && a.categories == b.categories && media(a) == media(b) && variants(a) == variants(b);
}

}  // namespace

Task<Result<Saved>> CatalogService::save_product(db::Transaction& tx, const Context& ctx, const ProductDraft& draft) {
    CADDY_CO_TRY(rules::check(draft));
    auto there = co_await store::lock_product(tx, text::folded(draft.handle));
    if (there && there->handle != draft.handle) co_return refuse::handle_taken(draft.handle, there->handle);
    CADDY_CO_TRY(co_await check_category_ids(tx, draft));
    CADDY_CO_TRY(const auto pictures, co_await hold_pictures(tx, draft));

    const auto shelves = co_await ensure_categories(tx, ctx, draft);
    Rows wanted{
        .product = wanted_product(draft, there, ctx.now()), .variants = {}, .media = {}, .categories = shelves.direct};
    Rows known;
    if (there) known = co_await load_rows(tx, *there);
    wanted.media = wanted_media(draft, wanted.product.id, pictures, known.media);
    wanted.variants = wanted_variants(draft, wanted, known.variants);
    if (there) keep_attributes(wanted, known);
    wanted.product.availability = product_availability(wanted.variants);

    Saved saved{wanted.product.id, there ? SaveOutcome::updated : SaveOutcome::created, wanted.product.version, {}};
    for (std::size_t i = 0; i < draft.variants.size(); ++i) saved.variants.push_back(wanted.variants[i].id);
    if (there && same(wanted, known)) {
        saved.outcome = SaveOutcome::unchanged;
        co_return saved;
    }

    if (there) saved.version = ++wanted.product.version;
    bool written = true;
    if (there) {
        co_await store::update_product(tx, wanted.product, ctx.now());
    } else {
        written = co_await store::insert_product(tx, wanted.product, ctx.now());
    }
    if (!written) throw db::Retry("a product of the same handle was made beside us");
    co_await write_media(tx, wanted.media, known.media);
    co_await write_variants(tx, wanted.variants, known.variants, ctx.now());
    if (wanted.categories != known.categories) {
        co_await store::replace_categories(tx, wanted.product.id, wanted.categories);
    }
    std::vector<CategoryId> listed;
    if (visible(wanted.product)) {
        listed.assign(shelves.listed.begin(), shelves.listed.end());
        listed.push_back(CategoryId{0});
    }
    co_await store::replace_listings(tx, wanted.product.id, listing_of(wanted.product), listed);
    events::ProductChanged event{wanted.product.id, wanted.product.handle, wanted.product.version,
                                 visible(wanted.product)};
    co_await events::emit(tx, ctx, std::move(event));
    co_return saved;
}

}  // namespace caddy::catalog
