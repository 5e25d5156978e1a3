#pragma once
// All SQL of staff roles and of the lists of accounts in the back office.
#include "platform/db/session.hpp"
#include "shop/identity/identity.hpp"

#include <span>

namespace caddy::identity::store {

/// What the roles of a user allow together.
Task<Permissions> permissions_of(db::Session&, UserId);

constexpr std::int64_t staff_roles_max = 200;
/// By name.
Task<std::vector<StaffRole>> all_roles(db::Session&);
Task<std::vector<StaffRole>> find_roles(db::Session&, std::span<const StaffRoleId>);
Task<std::vector<StaffRole>> roles_of(db::Session&, UserId);
/// The role, its row locked until the transaction ends.
Task<std::optional<StaffRole>> role_for_update(db::Transaction&, StaffRoleId);
Task<bool> role_name_is_taken(db::Session&, std::string_view name_key, StaffRoleId except);
/// False when the name (or the id) is taken.
Task<bool> insert_role(db::Transaction&, const StaffRole&, std::string_view name_key);
/// Throws db::Conflict when the name is taken.
Task<> update_role(db::Transaction&, const StaffRole&, std::string_view name_key);
Task<bool> role_is_given(db::Session&, StaffRoleId);
Task<> delete_role(db::Transaction&, StaffRoleId);

Task<> give_role(db::Transaction&, UserId, StaffRoleId);
Task<> take_roles(db::Transaction&, UserId);

/// The account, its row locked until the transaction ends.
Task<std::optional<User>> user_for_update(db::Transaction&, UserId);
/// Active administrators, their rows locked until the transaction ends.
Task<std::vector<UserId>> active_admins_for_update(db::Transaction&);
Task<> set_standing(db::Transaction&, UserId, Role, UserStatus, Time now);

/// Accounts by address from `from` on, up to and without `until`.
struct Range {
    std::string from;
    std::string until;
    std::int64_t limit = 0;
};
Task<std::vector<User>> list_users(db::Session&, const UserFilter&, const Range&);
/// How many, at most `range.limit`.
Task<std::int64_t> count_users(db::Session&, const UserFilter&, const Range&);

}   // namespace caddy::identity::store
