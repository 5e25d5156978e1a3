// Staff roles: what they allow, who may give it, and their changes.
#include "shop/identity/identity_roles.hpp"

#include "core/checks.hpp"
#include "platform/idempotency/idempotency.hpp"
#include "platform/json/encode.hpp"
#include "platform/text/text.hpp"
#include "shop/audit/audit.hpp"
#include "shop/identity/identity.hpp"
#include "shop/identity/identity_roles_store.hpp"
#include "shop/identity/identity_session_cache.hpp"

#include <array>

namespace caddy::identity {
namespace {

constexpr std::size_t role_name_length_max = 100;
constexpr std::size_t role_description_length_max = 500;

namespace refuse {

Error role_not_found() { return {ErrorKind::not_found, "identity.role_not_found", "There is no such staff role."}; }

Error role_name_taken() {
    return {ErrorKind::conflict, "identity.role_name_taken",
            "Another staff role has this name; choose a different one."};
}

Error role_in_use() {
    return {ErrorKind::conflict, "identity.role_in_use",
            "Members of staff have this role; take it from them before deleting it."};
}

Error too_many_roles() {
    return {ErrorKind::conflict, "identity.too_many_roles", "There are 200 staff roles already; change one of those."};
}

Error permission_not_held() {
    return {ErrorKind::forbidden, "identity.permission_not_held",
            "You can give only permissions that you have yourself; ask an administrator."};
}

}   // namespace refuse

constexpr auto listed = std::to_array<std::pair<Permission, std::string_view>>({
    {Permission::catalog_write, "Change products, categories, pictures and imports."},
    {Permission::inventory_write, "See and correct stock."},
    {Permission::orders_read, "See every order and the figures of the shop."},
    {Permission::orders_write, "Ship, complete and cancel orders, and confirm payments made by hand."},
    {Permission::refunds, "Give money back."},
    {Permission::customers_read, "See customers."},
    {Permission::customers_write, "Change customers and lock them out."},
    {Permission::settings_write, "Change how the shop is set up: taxes, shipping, coupons, texts."},
    {Permission::users_manage, "Manage colleagues, and give them what one may do oneself."},
    {Permission::audit_read, "Read who did what in the back office."},
    {Permission::jobs_manage, "See background work and start failed work again."},
    {Permission::webhooks_manage, "Say which other systems hear of events."},
});

/// A role as the audit log keeps it.
struct RoleNote {
    std::string name;
    std::string description;
    std::vector<Permission> permissions;
};
BOOST_DESCRIBE_STRUCT(RoleNote, (), (name, description, permissions))

json::Raw note_of(const StaffRole& role) {
    return {json::to_json(RoleNote{role.name, role.description, permissions_listed(role.permissions)})};
}

void check_role(Checks& checks, const StaffRole& role, const StaffRoleChange& change) {
    checks.require(!role.name.empty() && text::is_single_line(role.name), "/name", "not_single_line",
                   "Send a name in one line.");
    checks.require(text::length(role.name) <= role_name_length_max, "/name", "too_long", "Use at most 100 characters.");
    checks.require(text::is_single_line(role.description), "/description", "not_single_line",
                   "Send one line without control characters.");
    checks.require(text::length(role.description) <= role_description_length_max, "/description", "too_long",
                   "Use at most 500 characters.");
    if (!change.permissions) return;
    for (std::size_t i = 0; i < change.permissions->size(); ++i) {
        checks.require(change.permissions->at(i) != Permission::none, "/permissions/" + std::to_string(i),
                       "not_allowed", "Leave out none; a role without permissions has an empty list.");
    }
}

/// The role with the change made to it. Refuses: request.invalid_field
Result<StaffRole> changed(StaffRole role, const StaffRoleChange& change) {
    if (change.name) role.name = text::trimmed(text::nfc(*change.name));
    if (change.description) role.description = text::trimmed(text::nfc(*change.description));
    if (change.permissions) {
        role.permissions = {};
        for (const auto permission : *change.permissions) role.permissions = role.permissions.with(permission);
    }
    Checks checks;
    check_role(checks, role, change);
    CADDY_TRY(checks.result());
    return role;
}

}   // namespace

std::vector<Permission> permissions_listed(Permissions permissions) {
    std::vector<Permission> members;
    for (const auto& [permission, words] : listed) {
        if (permissions.has(permission)) members.push_back(permission);
    }
    return members;
}

std::vector<Permission> every_permission() {
    std::vector<Permission> all;
    for (const auto& [permission, words] : listed) all.push_back(permission);
    return all;
}

std::string permissions_text(Permissions permissions) {
    std::string text;
    for (const auto permission : permissions_listed(permissions)) {
        if (!text.empty()) text.push_back(' ');
        text.append(boost::describe::enum_to_string(permission, ""));
    }
    return text;
}

Permissions parse_permissions(std::string_view text) {
    Permissions permissions;
    for (const auto& [permission, words] : listed) {
        const std::string_view name = boost::describe::enum_to_string(permission, "");
        for (auto at = text.find(name); at != std::string_view::npos; at = text.find(name, at + 1)) {
            const bool begins = at == 0 || text[at - 1] == ' ';
            const bool ends = at + name.size() == text.size() || text[at + name.size()] == ' ';
            if (begins && ends) permissions = permissions.with(permission);
        }
    }
    return permissions;
}

std::string_view describe(Permission permission) {
    for (const auto& [each, words] : listed) {
        if (each == permission) return words;
    }
    return "";
}

bool may_give(const Principal& principal, Permissions wanted, Permissions had) {
    for (const auto permission : permissions_listed(wanted)) {
        if (!had.has(permission) && !may(principal, permission)) return false;
    }
    return true;
}

Task<std::vector<StaffRole>> IdentityService::staff_roles(const Context& ctx) {
    auto db = co_await db_.read(ctx);
    co_return co_await store::all_roles(db);
}

Task<Result<StaffRole>> IdentityService::staff_role(const Context& ctx, StaffRoleId id) {
    auto db = co_await db_.read(ctx);
    const auto found = co_await store::find_roles(db, std::span(&id, 1));
    if (found.empty()) co_return refuse::role_not_found();
    co_return found.front();
}

Task<Result<StaffRole>> IdentityService::create_role(const Context& ctx, const StaffRoleChange& draft) {
    CADDY_CO_TRY(auto wanted, changed(StaffRole{}, draft));
    if (!may_give(ctx.principal, wanted.permissions, {})) co_return refuse::permission_not_held();
    wanted.created_at = ctx.now();
    wanted.updated_at = ctx.now();
    co_return co_await db_.transact(
        ctx, "identity.create_role", [&](db::Transaction& tx) -> Task<Result<StaffRole>> {
            auto role = wanted;
            role.id = StaffRoleId::next();
            const auto id = role.id.text();
            CADDY_CO_TRY(co_await idempotency::record(tx, ctx, id));
            const auto present = co_await store::all_roles(tx);
            if (std::ssize(present) >= store::staff_roles_max) co_return refuse::too_many_roles();
            const bool written = co_await store::insert_role(tx, role, text::folded(role.name));
            if (!written) co_return refuse::role_name_taken();
            const audit::Act act{"identity.role.create", id, std::nullopt, note_of(role)};
            co_await audit::record(tx, ctx, act);
            co_return role;
        });
}

Task<Result<StaffRole>> IdentityService::change_role(const Context& ctx, StaffRoleId id, const StaffRoleChange& change,
                                                     const VersionCheck& check) {
    auto outcome = co_await db_.transact(
        ctx, "identity.change_staff_role", [&](db::Transaction& tx) -> Task<Result<StaffRole>> {
            const auto before = co_await store::role_for_update(tx, id);
            if (!before) co_return refuse::role_not_found();
            CADDY_CO_TRY(check(before->version));
            CADDY_CO_TRY(auto after, changed(*before, change));
            if (!may_give(ctx.principal, after.permissions, before->permissions)) {
                co_return refuse::permission_not_held();
            }
            const auto name_key = text::folded(after.name);
            const bool taken = co_await store::role_name_is_taken(tx, name_key, id);
            if (taken) co_return refuse::role_name_taken();
            after.updated_at = ctx.now();
            ++after.version;
            co_await store::update_role(tx, after, name_key);
            const auto subject = id.text();
            const audit::Act act{"identity.role.update", subject, note_of(*before), note_of(after)};
            co_await audit::record(tx, ctx, act);
            co_return after;
        });
    cache_->forget_all();
    co_return outcome;
}

Task<Result<void>> IdentityService::delete_role(const Context& ctx, StaffRoleId id, const VersionCheck& check) {
    co_return co_await db_.transact(ctx, "identity.delete_role", [&](db::Transaction& tx) -> Task<Result<void>> {
        const auto role = co_await store::role_for_update(tx, id);
        if (!role) co_return refuse::role_not_found();
        CADDY_CO_TRY(check(role->version));
        const bool given = co_await store::role_is_given(tx, id);
        if (given) co_return refuse::role_in_use();
        co_await store::delete_role(tx, id);
        const auto subject = id.text();
        const audit::Act act{"identity.role.delete", subject, note_of(*role), std::nullopt};
        co_await audit::record(tx, ctx, act);
        co_return Result<void>();
    });
}

}   // namespace caddy::identity
