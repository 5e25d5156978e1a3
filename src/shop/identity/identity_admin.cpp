// Accounts in the back office: who works here, and what becomes of colleagues and customers.
#include "core/checks.hpp"
#include "platform/crypto/cursor.hpp"
#include "platform/json/encode.hpp"
#include "platform/text/text.hpp"
#include "shop/audit/audit.hpp"
#include "shop/identity/identity.hpp"
#include "shop/identity/identity_account.hpp"
#include "shop/identity/identity_roles.hpp"
#include "shop/identity/identity_roles_store.hpp"
#include "shop/identity/identity_rules.hpp"
#include "shop/identity/identity_session_cache.hpp"
#include "shop/identity/identity_store.hpp"

#include <algorithm>

namespace caddy::identity {

/// One change of an account, with what it may be changed from.
struct IdentityService::Edit {
    UserId id;
    const UserChange& change;
    const VersionCheck& check;
    std::string_view action;
    std::optional<Role> only{};   // whose account it must be
};

namespace {

constexpr std::size_t roles_of_one_max = 20;

namespace refuse {

Error email_taken() {
    return {ErrorKind::conflict, "identity.email_taken",
            "There is an account with this e-mail address already; change that one."};
}

Error user_not_found() { return {ErrorKind::not_found, "identity.user_not_found", "There is no such user."}; }

Error customer_not_found() {
    return {ErrorKind::not_found, "identity.customer_not_found", "There is no such customer."};
}

Error own_account() {
    return {ErrorKind::forbidden, "identity.own_account",
            "Nobody changes his own role or locks himself out; ask a colleague."};
}

Error admin_only() {
    return {ErrorKind::forbidden, "identity.admin_only", "Only an administrator makes or changes administrators."};
}

Error last_admin() {
    return {ErrorKind::conflict, "identity.last_admin",
            "This is the last active administrator; make another one first."};
}

Error permission_not_held() {
    return {ErrorKind::forbidden, "identity.permission_not_held",
            "You can give only permissions that you have yourself; ask an administrator."};
}

Error bad_roles(std::string message) {
    return {ErrorKind::invalid, "request.invalid_field", "Some fields are not acceptable; see errors.",
            {{"/role_ids", "not_acceptable", std::move(message)}}};
}

}   // namespace refuse

/// An account as the audit log keeps it; addresses stay out of it.
struct UserNote {
    std::string role;
    UserStatus status = UserStatus::active;
    std::vector<StaffRoleId> role_ids;
};
BOOST_DESCRIBE_STRUCT(UserNote, (), (role, status, role_ids))

json::Raw note_of(const UserDetail& detail) {
    UserNote note{std::string(role_name(detail.user.role)), detail.user.status, {}};
    for (const auto& role : detail.roles) note.role_ids.push_back(role.id);
    return {json::to_json(note)};
}

Permissions allowed_by(const std::vector<StaffRole>& roles) {
    std::uint64_t bits = 0;
    for (const auto& role : roles) bits |= role.permissions.bits();
    return Permissions(bits);
}

/// The roles behind the ids, by name. Refuses: request.invalid_field
Task<Result<std::vector<StaffRole>>> wanted_roles(db::Session& db, std::vector<StaffRoleId> ids) {
    if (ids.size() > roles_of_one_max) co_return refuse::bad_roles("Give at most 20 roles.");
    std::sort(ids.begin(), ids.end());
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
    auto roles = co_await store::find_roles(db, ids);
    if (roles.size() != ids.size()) co_return refuse::bad_roles("Send ids of staff roles that there are.");
    std::sort(roles.begin(), roles.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
    co_return roles;
}

/// Locks each role, so that none is deleted while it is given.
Task<Result<void>> give(db::Transaction& tx, UserId user, const std::vector<StaffRole>& roles) {
    for (const auto& role : roles) {
        const auto locked = co_await store::role_for_update(tx, role.id);
        if (!locked) co_return refuse::bad_roles("Send ids of staff roles that there are.");
        co_await store::give_role(tx, user, role.id);
    }
    co_return Result<void>();
}

Result<void> check_own(const Principal& principal, const User& user) {
    if (principal.user == user.id.value) return refuse::own_account();
    return {};
}

/// Whether this principal may make this change of this account.
Result<void> check_authority(const Principal& principal, const UserDetail& before, const UserDetail& after) {
    CADDY_TRY(check_own(principal, before.user));
    const bool of_admin = before.user.role == Role::admin || after.user.role == Role::admin;
    if (of_admin && principal.role != Role::admin) return refuse::admin_only();
    if (!may_give(principal, allowed_by(after.roles), allowed_by(before.roles))) return refuse::permission_not_held();
    return {};
}

bool is_active_admin(const User& user) { return user.role == Role::admin && user.status == UserStatus::active; }

}   // namespace

Task<Result<Page<UserDetail>>> IdentityService::users(const Context& ctx, const UserFilter& filter,
                                                      const PageRequest& request) {
    const auto prefix = folded_email(filter.email_prefix);
    // Every address with the prefix lies between these; no address has a character below '!' or as high as U+10FFFF.
    store::Range range{prefix, prefix + "\xF4\x8F\xBF\xBF", request.limit + 1};
    auto db = co_await db_.read(ctx);
    Page<UserDetail> page;
    page.limit = request.limit;
    if (request.count) {
        const store::Range counted{range.from, range.until, page_count_max};
        page.count = co_await store::count_users(db, filter, counted);
    }
    if (request.cursor) {
        const auto last = UserId::parse(*request.cursor);
        if (!last) co_return crypto::cursor_mismatch();
        const auto user = co_await store::find_user(db, *last);
        if (!user) co_return crypto::cursor_mismatch();
        range.from = std::max(range.from, folded_email(user->email) + "!");
    }
    auto users = co_await store::list_users(db, filter, range);
    const bool more = std::ssize(users) > request.limit;
    if (more) users.pop_back();
    if (more) page.next = users.back().id.text();
    for (auto& user : users) {
        std::vector<StaffRole> roles;
        if (user.role == Role::staff) roles = co_await store::roles_of(db, user.id);
        page.data.push_back({std::move(user), std::move(roles)});
    }
    co_return page;
}

Task<Result<UserDetail>> IdentityService::user(const Context& ctx, UserId id) {
    auto db = co_await db_.read(ctx);
    const auto user = co_await store::find_user(db, id);
    if (!user) co_return refuse::user_not_found();
    auto roles = co_await store::roles_of(db, id);
    co_return UserDetail{*user, std::move(roles)};
}

Task<Result<UserDetail>> IdentityService::create_colleague(const Context& ctx, const NewColleague& wanted) {
    Checks checks;
    check_credentials(checks, wanted.email, wanted.password);
    const auto name = text::trimmed(text::nfc(wanted.name));
    check_name(checks, name);
    checks.require(wanted.role != Role::customer, "/role", "not_allowed",
                   "Send staff or admin; customers open their accounts themselves.");
    checks.require(wanted.role == Role::staff || wanted.role_ids.empty(), "/role_ids", "not_allowed",
                   "Only members of staff have roles; an administrator may do everything.");
    CADDY_CO_TRY(checks.result());
    if (wanted.role == Role::admin && ctx.principal.role != Role::admin) co_return refuse::admin_only();

    const auto hash = co_await hash_for_new(ctx, wanted.email, wanted.password);
    if (!hash) co_return refuse::email_taken();
    const NewAccount account{folded_email(wanted.email), text::trimmed(wanted.email), name, wanted.role, *hash};
    co_return co_await db_.transact(
        ctx, "identity.create_colleague", [&](db::Transaction& tx) -> Task<Result<UserDetail>> {
            CADDY_CO_TRY(auto roles, co_await wanted_roles(tx, wanted.role_ids));
            if (!may_give(ctx.principal, allowed_by(roles), {})) co_return refuse::permission_not_held();
            CADDY_CO_TRY(const auto user, co_await add_account(tx, ctx, account));
            CADDY_CO_TRY(co_await give(tx, user.id, roles));
            UserDetail made{user, std::move(roles)};
            const auto subject = user.id.text();
            const audit::Act act{"identity.user.create", subject, std::nullopt, note_of(made)};
            co_await audit::record(tx, ctx, act);
            co_return made;
        });
}

Task<Result<UserDetail>> IdentityService::change_user(const Context& ctx, UserId id, const UserChange& change,
                                                      const VersionCheck& check) {
    auto outcome = co_await db_.transact(ctx, "identity.change_user", [&](db::Transaction& tx) {
        return edit_user(tx, ctx, Edit{id, change, check, "identity.user.update", std::nullopt});
    });
    cache_->forget_all();
    co_return outcome;
}

Task<Result<UserDetail>> IdentityService::edit_user(db::Transaction& tx, const Context& ctx, Edit edit) {
    const auto& change = edit.change;
    // The administrators first and always: two of them who demote each other must wait for one another here.
    const auto admins = co_await store::active_admins_for_update(tx);
    const auto locked = co_await store::user_for_update(tx, edit.id);
    if (edit.only && (!locked || locked->role != *edit.only)) co_return refuse::customer_not_found();
    if (!locked) co_return refuse::user_not_found();
    CADDY_CO_TRY(edit.check(locked->version));
    auto held = co_await store::roles_of(tx, edit.id);
    const UserDetail before{*locked, std::move(held)};

    UserDetail after = before;
    after.user.role = change.role.value_or(before.user.role);
    after.user.status = change.status.value_or(before.user.status);
    if (change.role_ids) {
        CADDY_CO_TRY(after.roles, co_await wanted_roles(tx, *change.role_ids));
    }
    if (after.user.role != Role::staff) {
        if (change.role_ids && !change.role_ids->empty()) {
            co_return refuse::bad_roles("Only members of staff have roles; send none for others.");
        }
        after.roles.clear();
    }
    CADDY_CO_TRY(check_authority(ctx.principal, before, after));
    const bool leaves = is_active_admin(before.user) && !is_active_admin(after.user);
    if (leaves && admins.size() <= 1) co_return refuse::last_admin();

    after.user.updated_at = ctx.now();
    ++after.user.version;
    co_await store::set_standing(tx, edit.id, after.user.role, after.user.status, ctx.now());
    co_await store::take_roles(tx, edit.id);
    CADDY_CO_TRY(co_await give(tx, edit.id, after.roles));
    if (after.user.status == UserStatus::disabled) co_await revoke_all(tx, ctx, edit.id, RevokeReason::disabled);
    const auto subject = edit.id.text();
    const audit::Act act{edit.action, subject, note_of(before), note_of(after)};
    co_await audit::record(tx, ctx, act);
    co_return after;
}

Task<Result<User>> IdentityService::customer(const Context& ctx, UserId id) {
    auto db = co_await db_.read(ctx);
    const auto user = co_await store::find_user(db, id);
    if (!user || user->role != Role::customer) co_return refuse::customer_not_found();
    co_return *user;
}

Task<Result<User>> IdentityService::set_customer_status(const Context& ctx, UserId id, UserStatus status,
                                                        const VersionCheck& check) {
    const UserChange change{std::nullopt, status, std::nullopt};
    auto outcome = co_await db_.transact(
        ctx, "identity.set_customer_status", [&](db::Transaction& tx) -> Task<Result<User>> {
            const Edit edit{id, change, check, "identity.customer.update", Role::customer};
            CADDY_CO_TRY(auto changed, co_await edit_user(tx, ctx, edit));
            co_return changed.user;
        });
    cache_->forget_all();
    co_return outcome;
}

}   // namespace caddy::identity
