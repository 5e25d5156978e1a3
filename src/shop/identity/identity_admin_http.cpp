// Colleagues, their roles, and customers in the back office. An account is opened outside the ledger of idempotency
// keys: the ledger keeps a digest of what was asked, and a digest of a password is easier to guess from than its hash.
#include "core/checks.hpp"
#include "platform/http/precondition.hpp"
#include "platform/http/router.hpp"
#include "platform/idempotency/idempotency.hpp"
#include "platform/text/text.hpp"
#include "shop/identity/identity.hpp"
#include "shop/identity/identity_roles.hpp"

namespace caddy::identity {
namespace {

using http::Request;
using http::Response;

constexpr std::size_t email_length_max = 254;

struct RoleBody {
    std::string name;
    std::optional<std::string> description;
    std::vector<Permission> permissions;
};
BOOST_DESCRIBE_STRUCT(RoleBody, (), (name, description, permissions))

struct RoleChangeBody {
    std::optional<std::string> name;
    std::optional<std::string> description;
    std::optional<std::vector<Permission>> permissions;
};
BOOST_DESCRIBE_STRUCT(RoleChangeBody, (), (name, description, permissions))

struct UserBody {
    std::string email;
    std::optional<std::string> name;
    std::string role;
    std::optional<std::vector<StaffRoleId>> role_ids;
    std::string password;
};
BOOST_DESCRIBE_STRUCT(UserBody, (), (email, name, role, role_ids, password))

struct UserChangeBody {
    std::optional<std::string> role;
    std::optional<UserStatus> status;
    std::optional<std::vector<StaffRoleId>> role_ids;
};
BOOST_DESCRIBE_STRUCT(UserChangeBody, (), (role, status, role_ids))

struct CustomerChangeBody {
    UserStatus status{};
};
BOOST_DESCRIBE_STRUCT(CustomerChangeBody, (), (status))

struct WirePermission {
    Permission name{};
    std::string description;
};
BOOST_DESCRIBE_STRUCT(WirePermission, (), (name, description))

template <class T>
struct Everything {
    std::vector<T> data;
};
BOOST_DESCRIBE_STRUCT(Everything<WirePermission>, (), (data))

struct WireRole {
    StaffRoleId id;
    std::string name;
    std::string description;
    std::vector<Permission> permissions;
    std::int64_t version = 1;
    Time created_at{};
    Time updated_at{};
};
BOOST_DESCRIBE_STRUCT(WireRole, (), (id, name, description, permissions, version, created_at, updated_at))
BOOST_DESCRIBE_STRUCT(Everything<WireRole>, (), (data))

struct WireRoleName {
    StaffRoleId id;
    std::string name;
};
BOOST_DESCRIBE_STRUCT(WireRoleName, (), (id, name))

struct WireUser {
    UserId id;
    std::string email;
    std::string name;
    std::string role;
    UserStatus status{};
    std::vector<WireRoleName> roles;
    std::optional<Time> email_verified_at;
    std::int64_t version = 1;
    Time created_at{};
    Time updated_at{};
};
BOOST_DESCRIBE_STRUCT(WireUser, (), (id, email, name, role, status, roles, email_verified_at, version, created_at,
                                     updated_at))

struct WireCustomer {
    UserId id;
    std::string email;
    std::string name;
    UserStatus status{};
    std::optional<Time> email_verified_at;
    std::int64_t version = 1;
    Time created_at{};
    Time updated_at{};
};
BOOST_DESCRIBE_STRUCT(WireCustomer, (), (id, email, name, status, email_verified_at, version, created_at, updated_at))

WireRole shown(const StaffRole& role) {
    return {role.id,      role.name,       role.description, permissions_listed(role.permissions),
            role.version, role.created_at, role.updated_at};
}

WireUser shown(const UserDetail& detail) {
    const auto& user = detail.user;
    WireUser wire{user.id, user.email,  user.name, std::string(role_name(user.role)), user.status, {},
                  user.email_verified_at, user.version, user.created_at, user.updated_at};
    for (const auto& role : detail.roles) wire.roles.push_back({role.id, role.name});
    return wire;
}

WireCustomer shown(const User& user) {
    return {user.id,      user.email,      user.name, user.status, user.email_verified_at,
            user.version, user.created_at, user.updated_at};
}

template <class T>
Response answer(int status, const T& value) {
    return http::json_response(status, value).with("Cache-Control", "no-store");
}

template <class T>
Response answer_tagged(int status, const T& value) {
    return http::tagged(answer(status, value), value.version);
}

Result<std::optional<Role>> role_from(const std::optional<std::string>& name, std::string pointer) {
    if (!name) return std::optional<Role>();
    const auto role = parse_role(*name);
    CADDY_TRY(Checks()
                  .require(role.has_value(), std::move(pointer), "not_a_choice", "Send customer, staff or admin.")
                  .result());
    return role;
}

/// `status` and `q` of a list's query.
Result<UserFilter> filter_of(const Request& request) {
    UserFilter filter;
    CADDY_TRY(const auto status, request.query_text("status"));
    CADDY_TRY(const auto prefix, request.query_text("q"));
    Checks checks;
    if (status) {
        UserStatus named{};
        const bool known =
            status->find('\0') == std::string::npos && boost::describe::enum_from_string(status->c_str(), named);
        checks.require(known, "query:status", "not_a_choice", "Send active or disabled.");
        filter.status = named;
    }
    filter.email_prefix = prefix.value_or("");
    const bool fit = text::is_utf8(filter.email_prefix) && text::is_single_line(filter.email_prefix) &&
                     text::length(filter.email_prefix) <= email_length_max;
    checks.require(fit, "query:q", "not_a_text", "Send how an e-mail address begins, in at most 254 characters.");
    CADDY_TRY(checks.result());
    return filter;
}

template <class T, class From>
Page<T> page_of(const Page<From>& found, T (*show)(const From&)) {
    Page<T> page{{}, found.next, found.limit, found.count};
    for (const auto& each : found.data) page.data.push_back(show(each));
    return page;
}

VersionCheck check_of(const http::ExpectedVersion& expected) {
    return [&expected](std::int64_t current) { return expected.check(current); };
}

Task<Result<Response>> list_users(Request& request, IdentityService& identity) {
    CADDY_CO_TRY(request.allow_query({"role", "status", "q", "limit", "cursor", "count"}));
    CADDY_CO_TRY(const auto page, request.page());
    CADDY_CO_TRY(auto filter, filter_of(request));
    CADDY_CO_TRY(const auto role, request.query_text("role"));
    CADDY_CO_TRY(filter.role, role_from(role, "query:role"));
    CADDY_CO_TRY(const auto found, co_await identity.users(request.ctx, filter, page));
    co_return answer(200, page_of<WireUser, UserDetail>(found, shown));
}

Task<Result<Response>> create_user(Request& request, IdentityService& identity) {
    CADDY_CO_TRY(auto body, request.json<UserBody>());
    CADDY_CO_TRY(const auto role, role_from(body.role, "/role"));
    const NewColleague wanted{std::move(body.email), body.name.value_or(""), *role,
                              body.role_ids.value_or(std::vector<StaffRoleId>()), std::move(body.password)};
    CADDY_CO_TRY(const auto made, co_await identity.create_colleague(request.ctx, wanted));
    co_return answer_tagged(201, shown(made));
}

Task<Result<Response>> show_user(Request& request, IdentityService& identity) {
    CADDY_CO_TRY(const auto id, request.path_id<UserId>("user"));
    CADDY_CO_TRY(const auto found, co_await identity.user(request.ctx, id));
    co_return answer_tagged(200, shown(found));
}

Task<Result<Response>> change_user(Request& request, IdentityService& identity) {
    CADDY_CO_TRY(const auto id, request.path_id<UserId>("user"));
    CADDY_CO_TRY(const auto expected, http::expected_version(request));
    CADDY_CO_TRY(const auto body, request.json<UserChangeBody>());
    UserChange change{std::nullopt, body.status, body.role_ids};
    CADDY_CO_TRY(change.role, role_from(body.role, "/role"));
    CADDY_CO_TRY(Checks()
                     .require(change.role || change.status || change.role_ids, "", "required",
                              "Send role, status or role_ids.")
                     .result());
    const auto check = check_of(expected);
    CADDY_CO_TRY(const auto changed, co_await identity.change_user(request.ctx, id, change, check));
    co_return answer_tagged(200, shown(changed));
}

Task<Result<Response>> list_permissions(Request& request, IdentityService&) {
    CADDY_CO_TRY(request.allow_query({}));
    Everything<WirePermission> all;
    for (const auto permission : every_permission()) {
        all.data.push_back({permission, std::string(describe(permission))});
    }
    co_return answer(200, all);
}

Task<Result<Response>> list_roles(Request& request, IdentityService& identity) {
    CADDY_CO_TRY(request.allow_query({}));
    const auto roles = co_await identity.staff_roles(request.ctx);
    Everything<WireRole> all;
    for (const auto& role : roles) all.data.push_back(shown(role));
    co_return answer(200, all);
}

Task<Result<Response>> create_role(Request& request, IdentityService& identity) {
    CADDY_CO_TRY(auto body, request.json<RoleBody>());
    const StaffRoleChange draft{std::move(body.name), std::move(body.description), std::move(body.permissions)};
    CADDY_CO_TRY(const auto made, co_await identity.create_role(request.ctx, draft));
    co_return answer_tagged(201, shown(made));
}

Task<Result<Response>> show_created_role(Request& request, const std::string& made, IdentityService& identity) {
    CADDY_CO_TRY(const auto role, co_await identity.staff_role(request.ctx, StaffRoleId::parse(made).value()));
    co_return answer_tagged(201, shown(role));
}

Task<Result<Response>> show_role(Request& request, IdentityService& identity) {
    CADDY_CO_TRY(const auto id, request.path_id<StaffRoleId>("role"));
    CADDY_CO_TRY(const auto role, co_await identity.staff_role(request.ctx, id));
    co_return answer_tagged(200, shown(role));
}

Task<Result<Response>> change_role(Request& request, IdentityService& identity) {
    CADDY_CO_TRY(const auto id, request.path_id<StaffRoleId>("role"));
    CADDY_CO_TRY(const auto expected, http::expected_version(request));
    CADDY_CO_TRY(auto body, request.json<RoleChangeBody>());
    const StaffRoleChange change{std::move(body.name), std::move(body.description), std::move(body.permissions)};
    CADDY_CO_TRY(Checks()
                     .require(change.name || change.description || change.permissions, "", "required",
                              "Send name, description or permissions.")
                     .result());
    const auto check = check_of(expected);
    CADDY_CO_TRY(const auto role, co_await identity.change_role(request.ctx, id, change, check));
    co_return answer_tagged(200, shown(role));
}

Task<Result<Response>> delete_role(Request& request, IdentityService& identity) {
    CADDY_CO_TRY(const auto id, request.path_id<StaffRoleId>("role"));
    CADDY_CO_TRY(const auto expected, http::expected_version(request));
    const auto check = check_of(expected);
    CADDY_CO_TRY(co_await identity.delete_role(request.ctx, id, check));
    co_return http::no_content().with("Cache-Control", "no-store");
}

Task<Result<Response>> list_customers(Request& request, IdentityService& identity) {
    CADDY_CO_TRY(request.allow_query({"status", "q", "limit", "cursor", "count"}));
    CADDY_CO_TRY(const auto page, request.page());
    CADDY_CO_TRY(auto filter, filter_of(request));
    filter.role = Role::customer;
    CADDY_CO_TRY(const auto found, co_await identity.users(request.ctx, filter, page));
    Page<WireCustomer> customers{{}, found.next, found.limit, found.count};
    for (const auto& each : found.data) customers.data.push_back(shown(each.user));
    co_return answer(200, customers);
}

Task<Result<Response>> show_customer(Request& request, IdentityService& identity) {
    CADDY_CO_TRY(const auto id, request.path_id<UserId>("customer"));
    CADDY_CO_TRY(const auto found, co_await identity.customer(request.ctx, id));
    co_return answer_tagged(200, shown(found));
}

Task<Result<Response>> change_customer(Request& request, IdentityService& identity) {
    CADDY_CO_TRY(const auto id, request.path_id<UserId>("customer"));
    CADDY_CO_TRY(const auto expected, http::expected_version(request));
    CADDY_CO_TRY(const auto body, request.json<CustomerChangeBody>());
    const auto check = check_of(expected);
    CADDY_CO_TRY(const auto changed, co_await identity.set_customer_status(request.ctx, id, body.status, check));
    co_return answer_tagged(200, shown(changed));
}

}   // namespace

void admin_routes(http::Router& r, IdentityService& identity, idempotency::Ledger& ledger) {
    using http::bind;
    const auto manage = [](http::Route& route) { route.permission = Permission::users_manage; };
    const std::string users = "/api/v1/admin/users", roles = "/api/v1/admin/roles";
    manage(r.get(users, Access::staff, bind(list_users, identity)));
    manage(r.post(users, Access::staff, bind(create_user, identity)));
    manage(r.get(users + "/{user}", Access::staff, bind(show_user, identity)));
    manage(r.patch(users + "/{user}", Access::staff, bind(change_user, identity)));
    manage(r.get("/api/v1/admin/permissions", Access::staff, bind(list_permissions, identity)));
    manage(r.get(roles, Access::staff, bind(list_roles, identity)));
    manage(r.post(roles, Access::staff,
                  ledger.keyed(idempotency::Key::accepted, bind(create_role, identity),
                               idempotency::bind_resume(show_created_role, identity))));
    manage(r.get(roles + "/{role}", Access::staff, bind(show_role, identity)));
    manage(r.patch(roles + "/{role}", Access::staff, bind(change_role, identity)));
    manage(r.remove(roles + "/{role}", Access::staff, bind(delete_role, identity)));

    const std::string customers = "/api/v1/admin/customers";
    r.get(customers, Access::staff, bind(list_customers, identity)).permission = Permission::customers_read;
    r.get(customers + "/{customer}", Access::staff, bind(show_customer, identity)).permission =
        Permission::customers_read;
    r.patch(customers + "/{customer}", Access::staff, bind(change_customer, identity)).permission =
        Permission::customers_write;
}

}   // namespace caddy::identity
