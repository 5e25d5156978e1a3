#include "shop/identity/identity_links_store.hpp"

#include "shop/identity/identity_store.hpp"

namespace caddy::identity::store {
namespace {

const db::Sql sql_insert_link{{
    .name = "identity.insert_link",
    .any = "INSERT INTO account_links (hash, user_id, purpose, created_at, expires_at) VALUES (?, ?, ?, ?, ?)"}};

const db::Sql sql_find_link{{
    .name = "identity.find_link",
    .any = "SELECT user_id, purpose, expires_at FROM account_links WHERE hash = ?"}};

const db::Sql sql_take_link{{
    .name = "identity.take_link",
    .any = "DELETE FROM account_links WHERE hash = ? AND purpose = ? AND expires_at > ?"}};

const db::Sql sql_delete_links{{
    .name = "identity.delete_links",
    .any = "DELETE FROM account_links WHERE user_id = ? AND purpose = ?"}};

const db::Sql sql_delete_expired_links{{
    .name = "identity.delete_expired_links",
    .mysql = "DELETE FROM account_links WHERE expires_at < ? ORDER BY expires_at LIMIT ?",
    .sqlite = "DELETE FROM account_links WHERE hash IN "
              "(SELECT hash FROM account_links WHERE expires_at < ? ORDER BY expires_at LIMIT ?)"}};

struct ProfileRow {
    UserId id;
    std::string email_shown;
    std::string name;
    std::string role;
    UserStatus status = UserStatus::active;
    std::optional<Time> email_verified_at;
    std::int64_t version = 1;
    Time created_at{};
    Time updated_at{};
    std::string phone;
    std::string locale;
};
BOOST_DESCRIBE_STRUCT(ProfileRow, (), (id, email_shown, name, role, status, email_verified_at, version, created_at,
                                       updated_at, phone, locale))

const db::Sql sql_profile{{
    .name = "identity.profile",
    .any = "SELECT id, email_shown, name, role, status, email_verified_at, version, created_at, updated_at, phone, "
           "locale FROM users WHERE id = ?"}};

const db::Sql sql_update_profile{{
    .name = "identity.update_profile",
    .any = "UPDATE users SET name = ?, phone = ?, locale = ?, version = version + 1, updated_at = ? WHERE id = ?"}};

const db::Sql sql_set_locale{{
    .name = "identity.set_locale",
    .any = "UPDATE users SET locale = ?, version = version + 1, updated_at = ? WHERE id = ?"}};

const db::Sql sql_set_password{{
    .name = "identity.set_password",
    .any = "UPDATE users SET password_hash = ?, version = version + 1, updated_at = ? WHERE id = ?"}};

const db::Sql sql_set_verified{{
    .name = "identity.set_verified",
    .any = "UPDATE users SET email_verified_at = ?, version = version + 1, updated_at = ? "
           "WHERE id = ? AND email_verified_at IS NULL"}};

const db::Sql sql_door{{
    .name = "identity.door_for_update",
    .mysql = "SELECT status, password_hash FROM users WHERE id = ? FOR UPDATE",
    .sqlite = "SELECT status, password_hash FROM users WHERE id = ?"}};

const db::Sql sql_password_hash{{
    .name = "identity.password_hash_of",
    .any = "SELECT password_hash FROM users WHERE id = ?"}};

const db::Sql sql_erase_user{{
    .name = "identity.erase_user",
    .any = "UPDATE users SET email = ?, email_shown = '', name = '', phone = '', password_hash = ?, "
           "status = 'disabled', email_verified_at = NULL, closed_at = ?, "
           "version = version + 1, updated_at = ? WHERE id = ?"}};

const db::Sql sql_erase_devices{{
    .name = "identity.erase_devices",
    .any = "UPDATE sessions SET user_agent = '' WHERE user_id = ? AND user_agent <> ''"}};

const db::Sql sql_admin_exists{{
    .name = "identity.admin_exists",
    .any = "SELECT id FROM users WHERE role = 'admin' LIMIT 1"}};

const db::Sql sql_devices{{
    .name = "identity.devices",
    .any = "SELECT id, user_agent, created_at, last_used_at, expires_at FROM sessions "
           "WHERE user_id = ? AND revoked_at IS NULL AND expires_at > ? ORDER BY created_at DESC LIMIT ?"}};

}   // namespace

Task<> insert_link(db::Transaction& tx, std::string_view hash, const Link& link, Time now) {
    co_await tx.exec(sql_insert_link, hash, link.user_id, link.purpose, now, link.expires_at);
}

Task<std::optional<Link>> find_link(db::Session& db, std::string_view hash) {
    co_return co_await db.one<Link>(sql_find_link, hash);
}

Task<bool> take_link(db::Transaction& tx, std::string_view hash, LinkPurpose purpose, Time now) {
    const auto taken = co_await tx.exec(sql_take_link, hash, purpose, now);
    co_return taken == 1;
}

Task<> delete_links(db::Transaction& tx, UserId user, LinkPurpose purpose) {
    co_await tx.exec(sql_delete_links, user, purpose);
}

Task<std::int64_t> delete_expired_links(db::Transaction& tx, Time before) {
    co_return co_await tx.exec(sql_delete_expired_links, before, sweep_batch);
}

Task<std::optional<Profile>> find_profile(db::Session& db, UserId id) {
    auto row = co_await db.one<ProfileRow>(sql_profile, id);
    if (!row) co_return std::nullopt;
    const auto role = parse_role(row->role);
    if (!role) throw db::Fault("users.role is not a role");
    Profile profile;
    profile.user = {row->id,      std::move(row->email_shown), std::move(row->name), *role, row->status,
                    row->email_verified_at, row->version,      row->created_at,      row->updated_at};
    profile.phone = std::move(row->phone);
    profile.locale = std::move(row->locale);
    co_return profile;
}

Task<bool> update_profile(db::Transaction& tx, const Profile& profile, Time now) {
    const auto& user = profile.user;
    const auto changed = co_await tx.exec(sql_update_profile, user.name, profile.phone, profile.locale, now, user.id);
    co_return changed == 1;
}

Task<> set_locale(db::Transaction& tx, UserId user, std::string_view locale, Time now) {
    co_await tx.exec(sql_set_locale, locale, now, user);
}

Task<> set_password(db::Transaction& tx, UserId user, std::string_view hash, Time now) {
    co_await tx.exec(sql_set_password, hash, now, user);
}

Task<> set_verified(db::Transaction& tx, UserId user, Time now) {
    co_await tx.exec(sql_set_verified, now, now, user);
}

Task<std::optional<Door>> door_for_update(db::Transaction& tx, UserId user) {
    co_return co_await tx.one<Door>(sql_door, user);
}

Task<std::optional<std::string>> password_hash_of(db::Session& db, UserId user) {
    co_return co_await db.scalar<std::string>(sql_password_hash, user);
}

Task<> erase_user(db::Transaction& tx, UserId user, std::string_view email, std::string_view password_hash, Time now) {
    co_await tx.exec(sql_erase_user, email, password_hash, now, now, user);
}

Task<> erase_devices(db::Transaction& tx, UserId user) { co_await tx.exec(sql_erase_devices, user); }

Task<bool> admin_exists(db::Session& db) {
    const auto id = co_await db.scalar<std::int64_t>(sql_admin_exists);
    co_return id.has_value();
}

Task<std::vector<SignedInDevice>> devices(db::Session& db, UserId user, Time now) {
    co_return co_await db.all<SignedInDevice>(sql_devices, user, now, device_list_max);
}

}   // namespace caddy::identity::store
