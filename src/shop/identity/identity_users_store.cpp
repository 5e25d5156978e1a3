// Accounts as the back office lists and changes them.
#include "shop/identity/identity_roles_store.hpp"

namespace caddy::identity::store {
namespace {

struct UserRow {
    UserId id;
    std::string email_shown;
    std::string name;
    std::string role;
    UserStatus status = UserStatus::active;
    std::optional<Time> email_verified_at;
    std::int64_t version = 1;
    Time created_at{};
    Time updated_at{};
};
BOOST_DESCRIBE_STRUCT(UserRow, (), (id, email_shown, name, role, status, email_verified_at, version, created_at,
                                    updated_at))

struct IdRow {
    UserId id;
};
BOOST_DESCRIBE_STRUCT(IdRow, (), (id))

User user_from(UserRow row) {
    const auto role = parse_role(row.role);
    if (!role) throw db::Fault("users.role is not a role");
    return {row.id,      std::move(row.email_shown), std::move(row.name), *role, row.status, row.email_verified_at,
            row.version, row.created_at,             row.updated_at};
}

const db::Sql sql_user_for_update{{
    .name = "identity.user_for_update",
    .mysql = "SELECT id, email_shown, name, role, status, email_verified_at, version, created_at, updated_at "
             "FROM users WHERE id = ? FOR UPDATE",
    .sqlite = "SELECT id, email_shown, name, role, status, email_verified_at, version, created_at, updated_at "
              "FROM users WHERE id = ?"}};

const db::Sql sql_active_admins{{
    .name = "identity.active_admins_for_update",
    .mysql = "SELECT id FROM users WHERE role = 'admin' AND status = 'active' ORDER BY email FOR UPDATE",
    .sqlite = "SELECT id FROM users WHERE role = 'admin' AND status = 'active' ORDER BY email"}};

const db::Sql sql_set_standing{{
    .name = "identity.set_standing",
    .any = "UPDATE users SET role = ?, status = ?, version = version + 1, updated_at = ? WHERE id = ?"}};

const db::Sql sql_list{{
    .name = "identity.list_users",
    .any = "SELECT id, email_shown, name, role, status, email_verified_at, version, created_at, updated_at FROM users "
           "WHERE email >= ? AND email < ? ORDER BY email LIMIT ?"}};

const db::Sql sql_list_of_role{{
    .name = "identity.list_users_of_role",
    .any = "SELECT id, email_shown, name, role, status, email_verified_at, version, created_at, updated_at FROM users "
           "WHERE role = ? AND email >= ? AND email < ? ORDER BY email LIMIT ?"}};

const db::Sql sql_list_of_status{{
    .name = "identity.list_users_of_status",
    .any = "SELECT id, email_shown, name, role, status, email_verified_at, version, created_at, updated_at FROM users "
           "WHERE status = ? AND email >= ? AND email < ? ORDER BY email LIMIT ?"}};

const db::Sql sql_list_of_both{{
    .name = "identity.list_users_of_role_and_status",
    .any = "SELECT id, email_shown, name, role, status, email_verified_at, version, created_at, updated_at FROM users "
           "WHERE role = ? AND status = ? AND email >= ? AND email < ? ORDER BY email LIMIT ?"}};

const db::Sql sql_count{{
    .name = "identity.count_users",
    .any = "SELECT COUNT(*) FROM (SELECT id FROM users WHERE email >= ? AND email < ? LIMIT ?) AS counted"}};

const db::Sql sql_count_of_role{{
    .name = "identity.count_users_of_role",
    .any = "SELECT COUNT(*) FROM (SELECT id FROM users WHERE role = ? AND email >= ? AND email < ? LIMIT ?) "
           "AS counted"}};

const db::Sql sql_count_of_status{{
    .name = "identity.count_users_of_status",
    .any = "SELECT COUNT(*) FROM (SELECT id FROM users WHERE status = ? AND email >= ? AND email < ? LIMIT ?) "
           "AS counted"}};

const db::Sql sql_count_of_both{{
    .name = "identity.count_users_of_role_and_status",
    .any = "SELECT COUNT(*) FROM (SELECT id FROM users WHERE role = ? AND status = ? AND email >= ? AND email < ? "
           "LIMIT ?) AS counted"}};

}   // namespace

Task<std::optional<User>> user_for_update(db::Transaction& tx, UserId id) {
    auto row = co_await tx.one<UserRow>(sql_user_for_update, id);
    if (!row) co_return std::nullopt;
    co_return user_from(std::move(*row));
}

Task<std::vector<UserId>> active_admins_for_update(db::Transaction& tx) {
    const auto rows = co_await tx.all<IdRow>(sql_active_admins);
    std::vector<UserId> ids;
    for (const auto& row : rows) ids.push_back(row.id);
    co_return ids;
}

Task<> set_standing(db::Transaction& tx, UserId id, Role role, UserStatus status, Time now) {
    co_await tx.exec(sql_set_standing, role_name(role), status, now, id);
}

Task<std::vector<User>> list_users(db::Session& db, const UserFilter& filter, const Range& range) {
    const auto role = role_name(filter.role.value_or(Role::customer));
    const auto status = filter.status.value_or(UserStatus::active);
    std::vector<UserRow> rows;
    if (filter.role && filter.status) {
        rows = co_await db.all<UserRow>(sql_list_of_both, role, status, range.from, range.until, range.limit);
    } else if (filter.role) {
        rows = co_await db.all<UserRow>(sql_list_of_role, role, range.from, range.until, range.limit);
    } else if (filter.status) {
        rows = co_await db.all<UserRow>(sql_list_of_status, status, range.from, range.until, range.limit);
    } else {
        rows = co_await db.all<UserRow>(sql_list, range.from, range.until, range.limit);
    }
    std::vector<User> users;
    users.reserve(rows.size());
    for (auto& row : rows) users.push_back(user_from(std::move(row)));
    co_return users;
}

Task<std::int64_t> count_users(db::Session& db, const UserFilter& filter, const Range& range) {
    const auto role = role_name(filter.role.value_or(Role::customer));
    const auto status = filter.status.value_or(UserStatus::active);
    std::optional<std::int64_t> count;
    if (filter.role && filter.status) {
        count = co_await db.scalar<std::int64_t>(sql_count_of_both, role, status, range.from, range.until, range.limit);
    } else if (filter.role) {
        count = co_await db.scalar<std::int64_t>(sql_count_of_role, role, range.from, range.until, range.limit);
    } else if (filter.status) {
        count = co_await db.scalar<std::int64_t>(sql_count_of_status, status, range.from, range.until, range.limit);
    } else {
        count = co_await db.scalar<std::int64_t>(sql_count, range.from, range.until, range.limit);
    }
    co_return count.value_or(0);
}

}   // namespace caddy::identity::store
