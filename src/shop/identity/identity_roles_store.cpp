#include "shop/identity/identity_roles_store.hpp"

#include "shop/identity/identity_roles.hpp"

namespace caddy::identity::store {
namespace {

struct RoleRow {
    StaffRoleId id;
    std::string name;
    std::string description;
    std::string permissions;
    std::int64_t version = 1;
    Time created_at{};
    Time updated_at{};
};
BOOST_DESCRIBE_STRUCT(RoleRow, (), (id, name, description, permissions, version, created_at, updated_at))

struct GivenRow {
    std::string permissions;
};
BOOST_DESCRIBE_STRUCT(GivenRow, (), (permissions))

std::vector<StaffRole> roles_from(std::vector<RoleRow> rows) {
    std::vector<StaffRole> roles;
    roles.reserve(rows.size());
    for (auto& row : rows) {
        roles.push_back({row.id, std::move(row.name), std::move(row.description), parse_permissions(row.permissions),
                         row.version, row.created_at, row.updated_at});
    }
    return roles;
}

const db::Sql sql_permissions{{
    .name = "identity.permissions_of_user",
    .any = "SELECT r.permissions FROM user_staff_roles g JOIN staff_roles r ON r.id = g.role_id WHERE g.user_id = ?"}};

const db::Sql sql_all_roles{{
    .name = "identity.staff_roles",
    .any = "SELECT id, name, description, permissions, version, created_at, updated_at FROM staff_roles "
           "ORDER BY name_key LIMIT ?"}};

const db::Sql sql_roles_by_id{{
    .name = "identity.staff_roles_by_id",
    .any = "SELECT id, name, description, permissions, version, created_at, updated_at FROM staff_roles "
           "WHERE id IN (:ids)"}};

const db::Sql sql_roles_of{{
    .name = "identity.staff_roles_of_user",
    .any = "SELECT r.id, r.name, r.description, r.permissions, r.version, r.created_at, r.updated_at "
           "FROM user_staff_roles g JOIN staff_roles r ON r.id = g.role_id WHERE g.user_id = ? ORDER BY r.name_key"}};

const db::Sql sql_role_for_update{{
    .name = "identity.staff_role_for_update",
    .mysql = "SELECT id, name, description, permissions, version, created_at, updated_at FROM staff_roles "
             "WHERE id = ? FOR UPDATE",
    .sqlite = "SELECT id, name, description, permissions, version, created_at, updated_at FROM staff_roles "
              "WHERE id = ?"}};

const db::Sql sql_name_is_taken{{
    .name = "identity.staff_role_name_is_taken",
    .any = "SELECT id FROM staff_roles WHERE name_key = ? AND id <> ?"}};

const db::Sql sql_insert_role{{
    .name = "identity.insert_staff_role",
    .any = "INSERT INTO staff_roles (id, name, name_key, description, permissions, version, created_at, updated_at) "
           "VALUES (?, ?, ?, ?, ?, ?, ?, ?)"}};

const db::Sql sql_update_role{{
    .name = "identity.update_staff_role",
    .any = "UPDATE staff_roles SET name = ?, name_key = ?, description = ?, permissions = ?, version = version + 1, "
           "updated_at = ? WHERE id = ?"}};

const db::Sql sql_role_is_given{{
    .name = "identity.staff_role_is_given",
    .any = "SELECT user_id FROM user_staff_roles WHERE role_id = ? LIMIT 1"}};

const db::Sql sql_delete_role{{
    .name = "identity.delete_staff_role",
    .any = "DELETE FROM staff_roles WHERE id = ?"}};

const db::Sql sql_give_role{{
    .name = "identity.give_staff_role",
    .any = "INSERT INTO user_staff_roles (user_id, role_id) VALUES (?, ?)"}};

const db::Sql sql_take_roles{{
    .name = "identity.take_staff_roles",
    .any = "DELETE FROM user_staff_roles WHERE user_id = ?"}};

}   // namespace

Task<Permissions> permissions_of(db::Session& db, UserId user) {
    const auto rows = co_await db.all<GivenRow>(sql_permissions, user);
    std::uint64_t bits = 0;
    for (const auto& row : rows) bits |= parse_permissions(row.permissions).bits();
    co_return Permissions(bits);
}

Task<std::vector<StaffRole>> all_roles(db::Session& db) {
    auto rows = co_await db.all<RoleRow>(sql_all_roles, staff_roles_max);
    co_return roles_from(std::move(rows));
}

Task<std::vector<StaffRole>> find_roles(db::Session& db, std::span<const StaffRoleId> ids) {
    auto rows = co_await db.all_in<RoleRow>(sql_roles_by_id, ids);
    co_return roles_from(std::move(rows));
}

Task<std::vector<StaffRole>> roles_of(db::Session& db, UserId user) {
    auto rows = co_await db.all<RoleRow>(sql_roles_of, user);
    co_return roles_from(std::move(rows));
}

Task<std::optional<StaffRole>> role_for_update(db::Transaction& tx, StaffRoleId id) {
    auto rows = co_await tx.all<RoleRow>(sql_role_for_update, id);
    auto roles = roles_from(std::move(rows));
    if (roles.empty()) co_return std::nullopt;
    co_return std::move(roles.front());
}

Task<bool> role_name_is_taken(db::Session& db, std::string_view name_key, StaffRoleId except) {
    const auto id = co_await db.scalar<std::int64_t>(sql_name_is_taken, name_key, except);
    co_return id.has_value();
}

Task<bool> insert_role(db::Transaction& tx, const StaffRole& role, std::string_view name_key) {
    co_return co_await tx.exec_unique(sql_insert_role, role.id, role.name, name_key, role.description,
                                      permissions_text(role.permissions), role.version, role.created_at,
                                      role.updated_at);
}

Task<> update_role(db::Transaction& tx, const StaffRole& role, std::string_view name_key) {
    co_await tx.exec(sql_update_role, role.name, name_key, role.description, permissions_text(role.permissions),
                     role.updated_at, role.id);
}

Task<bool> role_is_given(db::Session& db, StaffRoleId id) {
    const auto user = co_await db.scalar<std::int64_t>(sql_role_is_given, id);
    co_return user.has_value();
}

Task<> delete_role(db::Transaction& tx, StaffRoleId id) { co_await tx.exec(sql_delete_role, id); }

Task<> give_role(db::Transaction& tx, UserId user, StaffRoleId role) { co_await tx.exec(sql_give_role, user, role); }

Task<> take_roles(db::Transaction& tx, UserId user) { co_await tx.exec(sql_take_roles, user); }

}   // namespace caddy::identity::store
