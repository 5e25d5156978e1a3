#include "platform/http/precondition.hpp"
#include "platform/http/router.hpp"
#include "platform/idempotency/idempotency.hpp"
#include "platform/text/text.hpp"
#include "shop/catalog/catalog_admin.hpp"
#include "shop/catalog/catalog_admin_draft.hpp"

#include <algorithm>
#include <array>

namespace caddy::catalog {
namespace {

constexpr std::size_t product_body_bytes_max = 4 * 1024 * 1024;
constexpr std::size_t query_length_max = 200;

namespace refuse {
Error unknown_sort() {
    return {ErrorKind::malformed, "catalog.unknown_sort",
            "Products sort by -created_at, created_at, -updated_at or title. Send one of these, or leave sort out."};
}
Error variant_not_found() {
    return {ErrorKind::not_found, "catalog.variant_not_found", "There is no such variant, or it was removed."};
}
}  // namespace refuse

struct BulkAnswer {
    std::vector<BulkResult> results;
};
BOOST_DESCRIBE_STRUCT(BulkAnswer, (), (results))

struct CategoryAnswer {
    std::vector<AdminCategory> data;
};
BOOST_DESCRIBE_STRUCT(CategoryAnswer, (), (data))

struct MediaList {
    std::vector<MediaBody> media;
};
BOOST_DESCRIBE_STRUCT(MediaList, (), (media))

template <class T>
http::Response answer(int status, const T& value) {
    auto response = http::json_response(status, value);
    response.headers.push_back(http::private_no_store());
    return response;
}

http::Response answer(int status, const AdminProduct& product) {
    return http::tagged(answer<AdminProduct>(status, product), product.version);
}

http::Response created(const AdminProduct& product) {
    return answer(201, product).with("Location", "/api/v1/admin/products/" + product.id.text());
}

Result<AdminSort> parse_sort(const std::optional<std::string>& name) {
    static constexpr std::array<std::pair<std::string_view, AdminSort>, 4> sorts{
        {{"-created_at", AdminSort::created_at_desc},
         {"created_at", AdminSort::created_at},
         {"-updated_at", AdminSort::updated_at_desc},
         {"title", AdminSort::title}}};
    if (!name) return AdminSort::created_at_desc;
    for (const auto& [known, sort] : sorts) {
        if (known == *name) return sort;
    }
    return refuse::unknown_sort();
}

Result<AdminQuery> parse_query(const http::Request& request) {
    CADDY_TRY(request.allow_query({"sort", "filter[status]", "filter[category]", "q", "limit", "cursor"}));
    AdminQuery query;
    CADDY_TRY(const auto sort, request.query_text("sort"));
    CADDY_TRY(query.sort, parse_sort(sort));
    CADDY_TRY(const auto status, request.query_text("filter[status]"));
    CADDY_TRY(const auto category, request.query_text("filter[category]"));
    CADDY_TRY(const auto words, request.query_text("q"));
    Checks checks;
    if (status) {
        ProductStatus parsed{};
        const bool known = boost::describe::enum_from_string(status->c_str(), parsed);
        checks.require(known, "query:filter[status]", "not_a_choice", "Send draft, active or archived.");
        query.status = parsed;
    }
    if (category) {
        query.category = CategoryId::parse(*category);
        checks.require(query.category.has_value(), "query:filter[category]", "not_an_id", "Send a category's id.");
    }
    query.words = words.value_or("");
    checks.require(text::is_utf8(query.words) && text::length(query.words) <= query_length_max, "query:q",
                   "not_a_text", "Send at most 200 characters.");
    CADDY_TRY(checks.result());
    return query;
}

Task<Result<http::Response>> list_products(http::Request& request, CatalogAdmin& admin) {
    CADDY_CO_TRY(const auto query, parse_query(request));
    CADDY_CO_TRY(const auto page, request.page());
    CADDY_CO_TRY(const auto products, co_await admin.list(request.ctx, query, page));
    co_return answer(200, products);
}

Task<Result<http::Response>> show_product(http::Request& request, CatalogAdmin& admin) {
    CADDY_CO_TRY(const auto id, request.path_id<ProductId>("product"));
    CADDY_CO_TRY(const auto product, co_await admin.product(request.ctx, id));
    co_return answer(200, product);
}

Task<Result<void>> find_addresses(const Context& ctx, CatalogAdmin& admin, std::vector<MediaBody>& bodies) {
    const auto named = named_pictures(bodies);
    const auto pictures = co_await admin.pictures(ctx, named);
    co_return give_addresses(bodies, pictures);
}

/// The body of a product, its media by their addresses.
Task<Result<ProductBody>> product_body(http::Request& request, CatalogAdmin& admin) {
    CADDY_CO_TRY(auto body, request.json<ProductBody>());
    if (body.media.value) CADDY_CO_TRY(co_await find_addresses(request.ctx, admin, *body.media.value));
    co_return body;
}

Task<Result<http::Response>> create_product(http::Request& request, CatalogAdmin& admin) {
    CADDY_CO_TRY(const auto body, co_await product_body(request, admin));
    ProductDraft draft;
    CADDY_CO_TRY(apply(body, draft));
    CADDY_CO_TRY(const auto product, co_await admin.create(request.ctx, draft));
    co_return created(product);
}

Task<Result<http::Response>> resume_create(http::Request& request, const std::string& made, CatalogAdmin& admin) {
    CADDY_CO_TRY(const auto product, co_await admin.product(request.ctx, ProductId::parse(made).value()));
    co_return created(product);
}

Task<Result<http::Response>> resume_change(http::Request& request, const std::string& made, CatalogAdmin& admin) {
    CADDY_CO_TRY(const auto product, co_await admin.product(request.ctx, ProductId::parse(made).value()));
    co_return answer(200, product);
}

/// The edit of a PATCH: a handle is for good, since links name it.
Task<Result<http::Response>> change_product(http::Request& request, CatalogAdmin& admin) {
    CADDY_CO_TRY(const auto id, request.path_id<ProductId>("product"));
    CADDY_CO_TRY(const auto expected, http::expected_version(request));
    CADDY_CO_TRY(const auto body, co_await product_body(request, admin));
    const Edit edit = [&](ProductDraft& draft) -> Result<void> {
        CADDY_TRY(Checks()
                      .require(!body.handle.present || body.handle.value == draft.handle, "/handle", "not_changeable",
                               "A product keeps its handle. Leave it out.")
                      .result());
        return apply(body, draft);
    };
    CADDY_CO_TRY(const auto product,
                 co_await admin.change(request.ctx, id, expected, edit, "catalog.product.update"));
    co_return answer(200, product);
}

Result<void> archive(ProductDraft& draft) {
    draft.status = ProductStatus::archived;
    draft.published = false;
    return {};
}

Result<void> publish(ProductDraft& draft) {
    draft.status = ProductStatus::active;
    draft.published = true;
    return {};
}

Result<void> unpublish(ProductDraft& draft) {
    draft.published = false;
    return {};
}

/// Orders and reports go on naming a product, so it is archived and not erased.
Task<Result<http::Response>> archive_product(http::Request& request, CatalogAdmin& admin) {
    CADDY_CO_TRY(const auto id, request.path_id<ProductId>("product"));
    CADDY_CO_TRY(const auto expected, http::expected_version(request));
    const Edit edit = archive;
    CADDY_CO_TRY(co_await admin.change(request.ctx, id, expected, edit, "catalog.product.archive"));
    co_return http::no_content();
}

Task<Result<http::Response>> publish_product(http::Request& request, CatalogAdmin& admin) {
    CADDY_CO_TRY(const auto id, request.path_id<ProductId>("product"));
    const http::ExpectedVersion any{std::nullopt};
    const Edit edit = publish;
    CADDY_CO_TRY(const auto product, co_await admin.change(request.ctx, id, any, edit, "catalog.product.publish"));
    co_return answer(200, product);
}

Task<Result<http::Response>> unpublish_product(http::Request& request, CatalogAdmin& admin) {
    CADDY_CO_TRY(const auto id, request.path_id<ProductId>("product"));
    const http::ExpectedVersion any{std::nullopt};
    const Edit edit = unpublish;
    CADDY_CO_TRY(const auto product, co_await admin.change(request.ctx, id, any, edit, "catalog.product.unpublish"));
    co_return answer(200, product);
}

Task<Result<http::Response>> bulk_products(http::Request& request, CatalogAdmin& admin) {
    CADDY_CO_TRY(const auto order, request.json<BulkOrder>());
    BulkAnswer results;
    CADDY_CO_TRY(results.results, co_await admin.bulk(request.ctx, order));
    co_return answer(200, results);
}

Task<Result<http::Response>> resume_bulk(http::Request& request, const std::string&, CatalogAdmin& admin) {
    CADDY_CO_TRY(const auto order, request.json<BulkOrder>());
    BulkAnswer results;
    CADDY_CO_TRY(results.results, co_await admin.bulk_again(request.ctx, order));
    co_return answer(200, results);
}

Task<Result<http::Response>> put_media(http::Request& request, CatalogAdmin& admin) {
    CADDY_CO_TRY(const auto id, request.path_id<ProductId>("product"));
    CADDY_CO_TRY(const auto expected, http::expected_version(request));
    CADDY_CO_TRY(auto body, request.json<MediaList>());
    CADDY_CO_TRY(co_await find_addresses(request.ctx, admin, body.media));
    const Edit edit = [&](ProductDraft& draft) -> Result<void> {
        replace_media(body.media, draft);
        return {};
    };
    CADDY_CO_TRY(const auto product, co_await admin.change(request.ctx, id, expected, edit, "catalog.product.media"));
    co_return answer(200, product);
}

Task<Result<http::Response>> add_variant(http::Request& request, CatalogAdmin& admin) {
    CADDY_CO_TRY(const auto id, request.path_id<ProductId>("product"));
    CADDY_CO_TRY(const auto body, request.json<VariantBody>());
    const http::ExpectedVersion any{std::nullopt};
    const Edit edit = [&](ProductDraft& draft) -> Result<void> {
        VariantDraft variant;
        CADDY_TRY(apply(body, variant));
        draft.variants.push_back(std::move(variant));
        return {};
    };
    CADDY_CO_TRY(const auto product, co_await admin.change(request.ctx, id, any, edit, "catalog.variant.create"));
    co_return created(product);
}

/// What of a product stands at a variant; a draft's variants stand in the order of the product's.
Task<Result<http::Response>> edit_variant(http::Request& request, CatalogAdmin& admin, std::string_view action,
                                          const std::function<Result<void>(ProductDraft&, std::size_t)>& edit) {
    CADDY_CO_TRY(const auto variant, request.path_id<VariantId>("variant"));
    CADDY_CO_TRY(const auto expected, http::expected_version(request));
    CADDY_CO_TRY(const auto id, co_await admin.product_of(request.ctx, variant));
    CADDY_CO_TRY(const auto seen, co_await admin.product(request.ctx, id));
    CADDY_CO_TRY(expected.check(seen.version));
    const auto at = std::find_if(seen.variants.begin(), seen.variants.end(),
                                 [&](const AdminVariant& each) { return each.id == variant; });
    if (at == seen.variants.end()) co_return refuse::variant_not_found();
    const auto values = at->option_values;
    const Edit whole = [&](ProductDraft& draft) -> Result<void> {
        for (std::size_t i = 0; i < draft.variants.size(); ++i) {
            if (draft.variants[i].option_values == values) return edit(draft, i);
        }
        return refuse::variant_not_found();
    };
    CADDY_CO_TRY(const auto product, co_await admin.change(request.ctx, id, expected, whole, action));
    co_return answer(200, product);
}

Task<Result<http::Response>> change_variant(http::Request& request, CatalogAdmin& admin) {
    CADDY_CO_TRY(const auto body, request.json<VariantBody>());
    const std::function<Result<void>(ProductDraft&, std::size_t)> edit = [&](ProductDraft& draft,
                                                                             std::size_t at) -> Result<void> {
        const auto& values = body.option_values;
        CADDY_TRY(Checks()
                      .require(!values.present || values.value == draft.variants[at].option_values, "/option_values",
                               "not_changeable", "A variant keeps its option values. Remove it and add another one.")
                      .result());
        return apply(body, draft.variants[at]);
    };
    co_return co_await edit_variant(request, admin, "catalog.variant.update", edit);
}

Task<Result<http::Response>> remove_variant(http::Request& request, CatalogAdmin& admin) {
    const std::function<Result<void>(ProductDraft&, std::size_t)> edit = [](ProductDraft& draft,
                                                                            std::size_t at) -> Result<void> {
        draft.variants.erase(draft.variants.begin() + static_cast<std::ptrdiff_t>(at));
        return {};
    };
    co_return co_await edit_variant(request, admin, "catalog.variant.delete", edit);
}

// ---- categories ----

http::Response category_answer(int status, const AdminCategory& category) {
    return http::tagged(answer(status, category), category.version);
}

http::Response category_created(const AdminCategory& category) {
    return category_answer(201, category).with("Location", "/api/v1/admin/categories/" + category.id.text());
}

Task<Result<http::Response>> list_categories(http::Request& request, CatalogAdmin& admin) {
    CategoryAnswer all;
    all.data = co_await admin.categories(request.ctx);
    co_return answer(200, all);
}

Task<Result<http::Response>> show_category(http::Request& request, CatalogAdmin& admin) {
    CADDY_CO_TRY(const auto id, request.path_id<CategoryId>("category"));
    CADDY_CO_TRY(const auto category, co_await admin.category(request.ctx, id));
    co_return category_answer(200, category);
}

Task<Result<http::Response>> create_category(http::Request& request, CatalogAdmin& admin) {
    CADDY_CO_TRY(const auto change, request.json<CategoryChange>());
    CADDY_CO_TRY(const auto category, co_await admin.create_category(request.ctx, change));
    co_return category_created(category);
}

Task<Result<http::Response>> resume_category(http::Request& request, const std::string& made, CatalogAdmin& admin) {
    CADDY_CO_TRY(const auto category, co_await admin.category(request.ctx, CategoryId::parse(made).value()));
    co_return category_created(category);
}

Task<Result<http::Response>> change_category(http::Request& request, CatalogAdmin& admin) {
    CADDY_CO_TRY(const auto id, request.path_id<CategoryId>("category"));
    CADDY_CO_TRY(const auto expected, http::expected_version(request));
    CADDY_CO_TRY(const auto change, request.json<CategoryChange>());
    CADDY_CO_TRY(const auto category, co_await admin.change_category(request.ctx, id, expected, change));
    co_return category_answer(200, category);
}

Task<Result<http::Response>> remove_category(http::Request& request, CatalogAdmin& admin) {
    CADDY_CO_TRY(const auto id, request.path_id<CategoryId>("category"));
    CADDY_CO_TRY(const auto expected, http::expected_version(request));
    CADDY_CO_TRY(co_await admin.remove_category(request.ctx, id, expected));
    co_return http::no_content();
}

http::Route& guarded(http::Route& route) {
    route.permission = Permission::catalog_write;
    return route;
}

}  // namespace

void admin_routes(http::Router& r, CatalogAdmin& admin, idempotency::Ledger& ledger) {
    using enum idempotency::Key;
    using http::bind, idempotency::bind_resume;
    constexpr auto staff = Access::staff;
    const std::string products = "/api/v1/admin/products";
    const std::string product = products + "/{product}";
    const std::string variant = "/api/v1/admin/variants/{variant}";
    const std::string categories = "/api/v1/admin/categories";
    const std::string category = categories + "/{category}";
    const auto keyed = [&](auto handler, auto resume) {
        return ledger.keyed(accepted, bind(handler, admin), bind_resume(resume, admin));
    };
    guarded(r.get(products, staff, bind(list_products, admin)));
    guarded(r.post(products, staff, keyed(create_product, resume_create))).body_limit = product_body_bytes_max;
    guarded(r.post(products + "/bulk", staff, keyed(bulk_products, resume_bulk)));
    guarded(r.get(product, staff, bind(show_product, admin)));
    guarded(r.patch(product, staff, bind(change_product, admin))).body_limit = product_body_bytes_max;
    guarded(r.remove(product, staff, bind(archive_product, admin)));
    guarded(r.post(product + "/publish", staff, keyed(publish_product, resume_change)));
    guarded(r.post(product + "/unpublish", staff, keyed(unpublish_product, resume_change)));
    guarded(r.put(product + "/media", staff, bind(put_media, admin)));
    guarded(r.post(product + "/variants", staff, keyed(add_variant, resume_create)));
    guarded(r.patch(variant, staff, bind(change_variant, admin)));
    guarded(r.remove(variant, staff, bind(remove_variant, admin)));
    guarded(r.get(categories, staff, bind(list_categories, admin)));
    guarded(r.post(categories, staff, keyed(create_category, resume_category)));
    guarded(r.get(category, staff, bind(show_category, admin)));
    guarded(r.patch(category, staff, bind(change_category, admin)));
    guarded(r.remove(category, staff, bind(remove_category, admin)));
}

}  // namespace caddy::catalog
