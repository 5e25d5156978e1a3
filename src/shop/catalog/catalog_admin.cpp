#include "shop/catalog/catalog_admin.hpp"

#include "platform/idempotency/idempotency.hpp"
#include "platform/text/text.hpp"
#include "shop/audit/audit.hpp"
#include "shop/catalog/catalog_admin_draft.hpp"
#include "shop/catalog/catalog_admin_store.hpp"
#include "shop/catalog/catalog_cursor.hpp"
#include "shop/catalog/catalog_rules.hpp"

#include <algorithm>
#include <map>

namespace caddy::catalog {
namespace {

namespace refuse {
Error product_not_found() {
    return {ErrorKind::not_found, "catalog.product_not_found", "There is no such product."};
}
Error variant_not_found() {
    return {ErrorKind::not_found, "catalog.variant_not_found", "There is no such variant, or it was removed."};
}
Error category_not_found() {
    return {ErrorKind::not_found, "catalog.category_not_found", "There is no such category."};
}
Error handle_taken(const std::string& handle) {
    return {ErrorKind::conflict, "catalog.handle_taken",
            "The handle " + handle + " is another product's. Choose another one."};
}
}  // namespace refuse

Task<std::optional<ProductRows>> load_rows(db::Session& db, std::optional<store::ProductRecord> product) {
    if (!product) co_return std::nullopt;
    const auto id = product->id;
    ProductRows rows{.product = std::move(*product), .variants = {}, .media = {}, .categories = {}};
    rows.variants = co_await store::variants_whole(db, id);
    rows.media = co_await store::media_of(db, std::span(&id, 1));
    rows.categories = co_await store::categories_of(db, std::span(&id, 1));
    tidy(rows);
    co_return rows;
}

Task<Result<AdminProduct>> load(db::Session& db, ProductId id) {
    auto record = co_await store::product_record(db, id);
    const auto rows = co_await load_rows(db, std::move(record));
    const auto times = co_await store::summary(db, id);
    if (!rows || !times) co_return refuse::product_not_found();
    co_return admin_product_of(*rows, times->created_at, times->updated_at);
}

AdminProductSummary to_summary(store::SummaryRow row) {
    AdminProductSummary summary{.id = row.id,
                                .handle = std::move(row.handle),
                                .title = std::move(row.title),
                                .vendor = std::move(row.vendor),
                                .status = row.status,
                                .published_at = row.published_at,
                                .availability = row.availability,
                                .price_range = {},
                                .image = std::move(row.image_url),
                                .created_at = row.created_at,
                                .updated_at = row.updated_at,
                                .version = row.version};
    if (row.price_min && row.price_max && row.currency) {
        summary.price_range = PriceRange{{*row.price_min, *row.currency}, {*row.price_max, *row.currency}};
    }
    return summary;
}

/// The key by which a sort goes on behind this row.
std::string sort_key(AdminSort sort, const AdminProductSummary& last) {
    if (sort == AdminSort::title) return last.title;
    if (sort == AdminSort::updated_at_desc) return std::to_string(last.updated_at.time_since_epoch().count());
    return {};
}

std::string list_name(const AdminQuery& query, const store::AdminFilter& filter) {
    std::string name = "admin_products|" + std::to_string(static_cast<int>(query.sort)) + "|" + filter.status + "|" +
                       std::to_string(filter.category.value);
    for (const auto& word : filter.words) name.append("|").append(word);
    return name;
}

Edit edit_of(const BulkOrder& order) {
    return [&order](ProductDraft& draft) -> Result<void> {
        switch (order.action) {
            case BulkAction::publish:
                draft.status = ProductStatus::active;
                draft.published = true;
                break;
            case BulkAction::unpublish:
                draft.published = false;
                break;
            case BulkAction::archive:
                draft.status = ProductStatus::archived;
                draft.published = false;
                break;
            case BulkAction::add_category:
                if (std::find(draft.category_ids.begin(), draft.category_ids.end(), *order.category_id) ==
                    draft.category_ids.end()) {
                    draft.category_ids.push_back(*order.category_id);
                }
                break;
            case BulkAction::remove_category:
                std::erase(draft.category_ids, *order.category_id);
                break;
        }
        return {};
    };
}

bool of_category(BulkAction action) {
    return action == BulkAction::add_category || action == BulkAction::remove_category;
}

Result<void> check(const BulkOrder& order) {
    Checks checks;
    checks.require(!order.ids.empty() && order.ids.size() <= bulk_max, "/ids", "out_of_range",
                   "Send between 1 and 100 ids.");
    checks.require(of_category(order.action) == order.category_id.has_value(), "/category_id", "required",
                   "add_category and remove_category need a category_id, the other actions take none.");
    return checks.result();
}

std::vector<std::string> path_of(const std::map<CategoryId, AdminCategory>& all, CategoryId id) {
    std::vector<std::string> path;
    std::optional<CategoryId> at = id;
    while (at && path.size() < category_depth_max) {
        const auto found = all.find(*at);
        if (found == all.end()) break;
        path.insert(path.begin(), found->second.name);
        at = found->second.parent_id;
    }
    return path;
}

}  // namespace

Task<Result<Page<AdminProductSummary>>> CatalogAdmin::list(const Context& ctx, const AdminQuery& query,
                                                           const PageRequest& page) {
    store::AdminFilter filter;
    if (query.status) filter.status = boost::describe::enum_to_string(*query.status, "");
    filter.category = query.category.value_or(CategoryId{0});
    filter.words = rules::search_words(query.words);
    const auto name = list_name(query, filter);
    std::optional<store::Entry> after;
    if (page.cursor) {
        CADDY_CO_TRY(auto cursor, read_cursor(*page.cursor, name));
        after = store::Entry{ProductId{cursor.id}, std::move(cursor.key)};
    }
    auto db = co_await db_.read(ctx);
    auto rows = co_await store::admin_list(db, query.sort, filter, after, page.limit + 1);
    Page<AdminProductSummary> result;
    result.limit = page.limit;
    const bool more = rows.size() > static_cast<std::size_t>(page.limit);
    if (more) rows.resize(static_cast<std::size_t>(page.limit));
    for (auto& row : rows) result.data.push_back(to_summary(std::move(row)));
    if (more) {
        const auto& last = result.data.back();
        result.next = write_cursor({sort_key(query.sort, last), last.id.value}, name);
    }
    co_return result;
}

Task<Result<AdminProduct>> CatalogAdmin::product(const Context& ctx, ProductId id) {
    auto db = co_await db_.read(ctx);
    co_return co_await load(db, id);
}

Task<std::vector<media::Facts>> CatalogAdmin::pictures(const Context& ctx, const std::vector<media::PictureId>& ids) {
    auto db = co_await db_.read(ctx);
    co_return co_await media::pictures(db, ids);
}

Task<Result<AdminProduct>> CatalogAdmin::create(const Context& ctx, ProductDraft draft) {
    if (draft.handle.empty()) draft.handle = text::slug(draft.title);
    co_return co_await db_.transact(
        ctx, "catalog.admin_create", [&](db::Transaction& tx) -> Task<Result<AdminProduct>> {
            const auto there = co_await store::lock_product(tx, text::folded(draft.handle));
            if (there) co_return refuse::handle_taken(draft.handle);
            CADDY_CO_TRY(const auto saved, co_await catalog_.save_product(tx, ctx, draft));
            CADDY_CO_TRY(co_await idempotency::record(tx, ctx, saved.id.text()));
            CADDY_CO_TRY(auto product, co_await load(tx, saved.id));
            audit::Act act{.action = "catalog.product.create", .subject = {}, .before = {}, .after = {}};
            const auto subject = saved.id.text();
            act.subject = subject;
            act.after = json::Raw{json::to_json(product)};
            co_await audit::record(tx, ctx, act);
            co_return product;
        });
}

Task<Result<AdminProduct>> CatalogAdmin::change(const Context& ctx, ProductId id,
                                                const http::ExpectedVersion& expected, const Edit& edit,
                                                std::string_view action) {
    co_return co_await db_.transact(
        ctx, "catalog.admin_change", [&](db::Transaction& tx) -> Task<Result<AdminProduct>> {
            CADDY_CO_TRY(co_await idempotency::record(tx, ctx, id.text()));
            co_return co_await change_in(tx, ctx, id, expected, edit, action);
        });
}

Task<Result<AdminProduct>> CatalogAdmin::change_in(db::Transaction& tx, const Context& ctx, ProductId id,
                                                   const http::ExpectedVersion& expected, const Edit& edit,
                                                   std::string_view action) {
    auto record = co_await store::lock_product_by_id(tx, id);
    const auto rows = co_await load_rows(tx, std::move(record));
    if (!rows) co_return refuse::product_not_found();
    CADDY_CO_TRY(expected.check(rows->product.version));
    CADDY_CO_TRY(const auto before, co_await load(tx, id));
    auto draft = draft_of(*rows);
    CADDY_CO_TRY(edit(draft));
    CADDY_CO_TRY(const auto saved, co_await catalog_.save_product(tx, ctx, draft));
    if (saved.outcome == SaveOutcome::unchanged) co_return before;
    CADDY_CO_TRY(auto after, co_await load(tx, id));
    auto changed = difference(json::to_json(before), json::to_json(after));
    const auto subject = id.text();
    audit::Act act{.action = action, .subject = subject, .before = {}, .after = {}};
    act.before = std::move(changed.before);
    act.after = std::move(changed.after);
    co_await audit::record(tx, ctx, act);
    co_return after;
}

Task<Result<ProductId>> CatalogAdmin::product_of(const Context& ctx, VariantId id) {
    auto db = co_await db_.read(ctx);
    const auto home = co_await store::variant_home(db, id);
    if (!home || home->retired) co_return refuse::variant_not_found();
    co_return home->product_id;
}

Task<Result<std::vector<BulkResult>>> CatalogAdmin::bulk(const Context& ctx, const BulkOrder& order) {
    CADDY_CO_TRY(check(order));
    co_return co_await db_.transact(
        ctx, "catalog.admin_bulk", [&](db::Transaction& tx) -> Task<Result<std::vector<BulkResult>>> {
            CADDY_CO_TRY(co_await idempotency::record(tx, ctx, "bulk"));
            co_return co_await bulk_in(tx, ctx, order);
        });
}

Task<Result<std::vector<BulkResult>>> CatalogAdmin::bulk_again(const Context& ctx, const BulkOrder& order) {
    CADDY_CO_TRY(check(order));
    co_return co_await db_.transact(ctx, "catalog.admin_bulk_again",
                                    [&](db::Transaction& tx) -> Task<Result<std::vector<BulkResult>>> {
                                        co_return co_await bulk_in(tx, ctx, order);
                                    });
}

/// A refusal comes before the first write to its product, so that the rest may be committed.
Task<Result<std::vector<BulkResult>>> CatalogAdmin::bulk_in(db::Transaction& tx, const Context& ctx,
                                                            const BulkOrder& order) {
    if (order.category_id) {
        const auto category = co_await store::admin_category(tx, *order.category_id);
        if (!category) co_return refuse::category_not_found();
    }
    const http::ExpectedVersion any{std::nullopt};
    const auto edit = edit_of(order);
    const auto action = std::string("catalog.product.") + boost::describe::enum_to_string(order.action, "");
    std::vector<BulkResult> results;
    for (const auto id : order.ids) {
        BulkResult result{.id = id, .outcome = BulkOutcome::refused, .version = {}, .code = {}, .detail = {}};
        const auto before = co_await store::summary(tx, id);
        const auto after = co_await change_in(tx, ctx, id, any, edit, action);
        if (after.has_value()) {
            result.outcome = before->version == after->version ? BulkOutcome::unchanged : BulkOutcome::changed;
            result.version = after->version;
        } else {
            result.code = std::string(after.error().code);
            result.detail = after.error().detail;
        }
        results.push_back(std::move(result));
    }
    co_return results;
}

Task<std::vector<StoredProduct>> CatalogService::stored(const Context& ctx, const std::string& after, int limit) {
    auto db = co_await db_.read(ctx);
    std::map<CategoryId, AdminCategory> categories;
    const auto tree = co_await store::admin_categories(db);
    for (const auto& category : tree) categories.emplace(category.id, category);
    std::vector<StoredProduct> found;
    const auto ids = co_await store::product_ids_after(db, after, limit);
    for (const auto id : ids) {
        auto record = co_await store::product_record(db, id);
        const auto rows = co_await load_rows(db, std::move(record));
        if (!rows) continue;
        StoredProduct product{.id = id, .draft = draft_of(*rows), .variants = {}, .categories = {}};
        for (const auto& row : rows->variants) product.variants.push_back(row.id);
        for (const auto& row : rows->categories) product.categories.push_back(path_of(categories, row.id));
        found.push_back(std::move(product));
    }
    co_return found;
}

}  // namespace caddy::catalog
