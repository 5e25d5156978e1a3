// The tree of categories in the back office. A move changes what every ancestor lists, so these lists are made anew in
// the same transaction.
#include "platform/idempotency/idempotency.hpp"
#include "platform/text/text.hpp"
#include "shop/audit/audit.hpp"
#include "shop/catalog/catalog_admin.hpp"
#include "shop/catalog/catalog_admin_draft.hpp"
#include "shop/catalog/catalog_admin_store.hpp"
#include "shop/catalog/catalog_events.hpp"
#include "shop/catalog/catalog_rules.hpp"

#include <algorithm>
#include <set>

namespace caddy::catalog {
namespace {

namespace refuse {
Error category_not_found() {
    return {ErrorKind::not_found, "catalog.category_not_found", "There is no such category."};
}
Error handle_taken(const std::string& handle) {
    return {ErrorKind::conflict, "catalog.category_handle_taken",
            "Another category has the handle " + handle + ". Choose another one."};
}
Error too_deep() {
    return {ErrorKind::conflict, "catalog.category_too_deep",
            "Categories stand at most eight levels deep. Choose a parent further up."};
}
Error cycle() {
    return {ErrorKind::conflict, "catalog.category_cycle",
            "A category cannot stand below itself. Choose a parent outside of it."};
}
Error not_empty() {
    return {ErrorKind::conflict, "catalog.category_not_empty",
            "The category has children or products. Move the children and take the products out of it first."};
}
}  // namespace refuse

/// The whole tree, as one transaction sees it.
class Tree {
public:
    explicit Tree(std::vector<AdminCategory> all) : all_(std::move(all)) {}

    const AdminCategory* find(CategoryId id) const {
        const auto at = std::find_if(all_.begin(), all_.end(), [&](const auto& each) { return each.id == id; });
        return at == all_.end() ? nullptr : &*at;
    }
    /// From the parent up to the root.
    std::vector<CategoryId> ancestors(std::optional<CategoryId> parent) const {
        std::vector<CategoryId> found;
        while (parent && found.size() <= category_depth_max) {
            found.push_back(*parent);
            const auto* row = find(*parent);
            parent = row ? row->parent_id : std::nullopt;
        }
        return found;
    }
    /// The category and all below it.
    std::vector<CategoryId> branch(CategoryId id) const {
        std::vector<CategoryId> found{id};
        for (std::size_t i = 0; i < found.size(); ++i) {
            for (const auto& each : all_) {
                if (each.parent_id == found[i]) found.push_back(each.id);
            }
        }
        return found;
    }
    /// Levels from the category down, itself included.
    std::size_t height(CategoryId id) const {
        std::size_t most = 0;
        const auto above = ancestors(id).size();
        for (const auto each : branch(id)) most = std::max(most, ancestors(each).size() - above + 1);
        return most;
    }
    void put(const AdminCategory& category) {
        for (auto& each : all_) {
            if (each.id == category.id) each = category;
        }
    }

private:
    std::vector<AdminCategory> all_;
};

Result<void> apply(const CategoryChange& change, AdminCategory& category) {
    Checks checks;
    const auto text = [&](const json::Patch<std::string>& from, std::string& to, const std::string& pointer) {
        if (!from.present) return;
        to = text::trimmed(from.value.value_or(""));
        checks.require(!to.empty() && text::length(to) <= name_length_max && text::is_utf8(to) &&
                           text::is_single_line(to),
                       pointer, "not_a_name", "Send one line of 1 to 255 characters.");
    };
    text(change.name, category.name, "/name");
    checks.require(!change.name.present || category.name.empty() || !text::slug(category.name).empty(), "/name",
                   "not_a_name", "Send a name with a letter or a digit.");
    text(change.handle, category.handle, "/handle");
    if (change.handle.present) {
        checks.require(text::slug(category.handle) == category.handle, "/handle", "not_a_handle",
                       "Send lower-case letters, digits and single hyphens.");
    }
    if (change.parent_id.present) category.parent_id = change.parent_id.value;
    if (change.position.present) {
        checks.require(change.position.value && *change.position.value >= 0, "/position", "out_of_range",
                       "Send a whole number, 0 or more.");
        category.position = change.position.value.value_or(0);
    }
    return checks.result();
}

/// Where the category would stand is there, outside of itself, and not too deep.
Result<void> check_place(const Tree& tree, const AdminCategory& category, std::size_t height) {
    if (!category.parent_id) return {};
    if (!tree.find(*category.parent_id)) return refuse::category_not_found();
    const auto above = tree.ancestors(category.parent_id);
    if (std::find(above.begin(), above.end(), category.id) != above.end()) return refuse::cycle();
    if (above.size() + height > category_depth_max) return refuse::too_deep();
    return {};
}

/// Lists anew what stands in a category and below it.
Task<> relist(db::Transaction& tx, const Tree& tree, CategoryId category) {
    co_await store::clear_category_listings(tx, category);
    const auto branch = tree.branch(category);
    for (const auto below : branch) co_await store::list_products_of(tx, category, below);
}

Task<> relist_after_move(db::Transaction& tx, const Tree& tree, const std::vector<CategoryId>& before,
                         const std::vector<CategoryId>& after) {
    std::set<CategoryId> touched;
    for (const auto id : before) {
        if (std::find(after.begin(), after.end(), id) == after.end()) touched.insert(id);
    }
    for (const auto id : after) {
        if (std::find(before.begin(), before.end(), id) == before.end()) touched.insert(id);
    }
    for (const auto id : touched) co_await relist(tx, tree, id);
}

Task<> record(db::Transaction& tx, const Context& ctx, std::string_view action, CategoryId id,
              const std::optional<AdminCategory>& before, const std::optional<AdminCategory>& after) {
    const auto subject = id.text();
    audit::Act act{.action = action, .subject = subject, .before = {}, .after = {}};
    if (before) act.before = json::Raw{json::to_json(*before)};
    if (after) act.after = json::Raw{json::to_json(*after)};
    co_await audit::record(tx, ctx, act);
}

/// Two moves at once could make a cycle that neither sees: the roots are locked by the first.
Task<Tree> load_tree(db::Transaction& tx) {
    auto all = co_await store::lock_categories(tx);
    co_return Tree(std::move(all));
}

std::string handle_for(const Tree& tree, const AdminCategory& category) {
    std::vector<std::string> path{category.name};
    for (const auto id : tree.ancestors(category.parent_id)) {
        if (const auto* row = tree.find(id)) path.insert(path.begin(), row->name);
    }
    return rules::category_handle(path);
}

}  // namespace

Task<std::vector<AdminCategory>> CatalogAdmin::categories(const Context& ctx) {
    auto db = co_await db_.read(ctx);
    co_return co_await store::admin_categories(db);
}

Task<Result<AdminCategory>> CatalogAdmin::category(const Context& ctx, CategoryId id) {
    auto db = co_await db_.read(ctx);
    auto found = co_await store::admin_category(db, id);
    if (!found) co_return refuse::category_not_found();
    co_return std::move(*found);
}

Task<Result<AdminCategory>> CatalogAdmin::create_category(const Context& ctx, const CategoryChange& change) {
    co_return co_await db_.transact(
        ctx, "catalog.create_category", [&](db::Transaction& tx) -> Task<Result<AdminCategory>> {
            AdminCategory made{CategoryId::next(), "", "", std::nullopt, 0, 1};
            CADDY_CO_TRY(co_await idempotency::record(tx, ctx, made.id.text()));
            CADDY_CO_TRY(apply(change, made));
            CADDY_CO_TRY(Checks().require(!made.name.empty(), "/name", "required", "Name the category.").result());
            const auto tree = co_await load_tree(tx);
            CADDY_CO_TRY(check_place(tree, made, 1));
            if (made.handle.empty()) made.handle = handle_for(tree, made);
            const store::CategoryRow row{made.id, made.parent_id, made.handle, made.name, made.position};
            const bool inserted = co_await store::insert_category(tx, row, ctx.now());
            if (!inserted) co_return refuse::handle_taken(made.handle);
            co_await events::emit_category_changed(tx, ctx, made.id);
            co_await record(tx, ctx, "catalog.category.create", made.id, std::nullopt, made);
            co_return made;
        });
}

Task<Result<AdminCategory>> CatalogAdmin::change_category(const Context& ctx, CategoryId id,
                                                          const http::ExpectedVersion& expected,
                                                          const CategoryChange& change) {
    co_return co_await db_.transact(
        ctx, "catalog.change_category", [&](db::Transaction& tx) -> Task<Result<AdminCategory>> {
            auto tree = co_await load_tree(tx);
            const auto* there = tree.find(id);
            if (!there) co_return refuse::category_not_found();
            const auto before = *there;
            CADDY_CO_TRY(expected.check(before.version));
            auto after = before;
            CADDY_CO_TRY(apply(change, after));
            CADDY_CO_TRY(check_place(tree, after, tree.height(id)));
            if (json::to_json(after) == json::to_json(before)) co_return before;
            const auto namesake = co_await store::category_by_handle(tx, after.handle);
            if (namesake && namesake->id != id) co_return refuse::handle_taken(after.handle);
            ++after.version;
            const bool written = co_await store::update_category(tx, after);
            if (!written) co_return refuse::handle_taken(after.handle);
            const auto above_before = tree.ancestors(before.parent_id);
            tree.put(after);
            co_await relist_after_move(tx, tree, above_before, tree.ancestors(after.parent_id));
            co_await events::emit_category_changed(tx, ctx, id);
            co_await record(tx, ctx, "catalog.category.update", id, before, after);
            co_return after;
        });
}

Task<Result<void>> CatalogAdmin::remove_category(const Context& ctx, CategoryId id,
                                                 const http::ExpectedVersion& expected) {
    co_return co_await db_.transact(
        ctx, "catalog.remove_category", [&](db::Transaction& tx) -> Task<Result<void>> {
            const auto tree = co_await load_tree(tx);
            const auto* there = tree.find(id);
            if (!there) co_return refuse::category_not_found();
            CADDY_CO_TRY(expected.check(there->version));
            const bool in_use = co_await store::category_in_use(tx, id);
            if (in_use) co_return refuse::not_empty();
            co_await store::delete_category(tx, id);
            co_await events::emit_category_changed(tx, ctx, id);
            co_await record(tx, ctx, "catalog.category.delete", id, *there, std::nullopt);
            co_return Result<void>{};
        });
}

}  // namespace caddy::catalog
