#include "shop/identity/identity_store.hpp"

namespace caddy::identity::store {
namespace {

struct UserRow {
    UserId id;
    std::string email_shown;
    std::string name;
    std::string role;
    UserStatus status = UserStatus::active;
    std::string password_hash;
    std::optional<Time> email_verified_at;
    std::int64_t version = 1;
    Time created_at{};
    Time updated_at{};
};
BOOST_DESCRIBE_STRUCT(UserRow, (), (id, email_shown, name, role, status, password_hash, email_verified_at, version,
                                    created_at, updated_at))

struct StandingRow {
    UserId user_id;
    std::string role;
    UserStatus status = UserStatus::active;
    std::optional<Time> revoked_at;
};
BOOST_DESCRIBE_STRUCT(StandingRow, (), (user_id, role, status, revoked_at))

struct SessionRow {
    SessionId id;
};
BOOST_DESCRIBE_STRUCT(SessionRow, (), (id))

Role role_of(std::string_view name) {
    const auto role = parse_role(name);
    if (!role) throw db::Fault("users.role is not a role");
    return *role;
}

Account account_of(UserRow row) {
    Account account;
    account.user = {row.id,     std::move(row.email_shown), std::move(row.name), role_of(row.role),
                    row.status, row.email_verified_at,      row.version,         row.created_at,
                    row.updated_at};
    account.password_hash = std::move(row.password_hash);
    return account;
}

const db::Sql sql_insert_user{{
    .name = "identity.insert_user",
    .any = "INSERT INTO users (id, email, email_shown, name, role, password_hash, status, email_verified_at, version, "
           "created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"}};

const db::Sql sql_account_by_email{{
    .name = "identity.account_by_email",
    .any = "SELECT id, email_shown, name, role, status, password_hash, email_verified_at, version, created_at, "
           "updated_at FROM users WHERE email = ?"}};

const db::Sql sql_email_is_known{{
    .name = "identity.email_is_known",
    .any = "SELECT id FROM users WHERE email = ?"}};

const db::Sql sql_user_by_id{{
    .name = "identity.user_by_id",
    .any = "SELECT id, email_shown, name, role, status, password_hash, email_verified_at, version, created_at, "
           "updated_at FROM users WHERE id = ?"}};

const db::Sql sql_renew_hash{{
    .name = "identity.renew_hash",
    .any = "UPDATE users SET password_hash = ?, version = version + 1, updated_at = ? "
           "WHERE id = ? AND password_hash = ?"}};

const db::Sql sql_set_role{{
    .name = "identity.set_role",
    .any = "UPDATE users SET role = ?, version = version + 1, updated_at = ? WHERE id = ?"}};

}  // namespace

Task<bool> insert_user(db::Transaction& tx, const Account& account, std::string_view email) {
    const auto& user = account.user;
    co_return co_await tx.exec_unique(sql_insert_user, user.id, email, user.email, user.name, role_name(user.role),
                                      account.password_hash, user.status, user.email_verified_at, user.version,
                                      user.created_at, user.updated_at);
}

Task<std::optional<Account>> find_account(db::Session& db, std::string_view email) {
    auto row = co_await db.one<UserRow>(sql_account_by_email, email);
    if (!row) co_return std::nullopt;
    co_return account_of(std::move(*row));
}

Task<bool> email_is_known(db::Session& db, std::string_view email) {
    const auto id = co_await db.scalar<std::int64_t>(sql_email_is_known, email);
    co_return id.has_value();
}

Task<std::optional<User>> find_user(db::Session& db, UserId id) {
    auto row = co_await db.one<UserRow>(sql_user_by_id, id);
    if (!row) co_return std::nullopt;
    co_return account_of(std::move(*row)).user;
}

Task<> renew_hash(db::Transaction& tx, const Account& account, std::string_view new_hash, Time now) {
    // Nothing happens where the password was changed meanwhile.
    co_await tx.exec(sql_renew_hash, new_hash, now, account.user.id, account.password_hash);
}

Task<bool> set_role(db::Transaction& tx, UserId id, Role role, Time now) {
    const auto changed = co_await tx.exec(sql_set_role, role_name(role), now, id);
    co_return changed == 1;
}

namespace {

const db::Sql sql_insert_session{{
    .name = "identity.insert_session",
    .any = "INSERT INTO sessions (id, user_id, user_agent, created_at, last_used_at, expires_at) "
           "VALUES (?, ?, ?, ?, ?, ?)"}};

const db::Sql sql_session_by_id{{
    .name = "identity.session_by_id",
    .any = "SELECT id, user_id, revoked_at, revoke_reason FROM sessions WHERE id = ?"}};

const db::Sql sql_prolong_session{{
    .name = "identity.prolong_session",
    .any = "UPDATE sessions SET last_used_at = ?, expires_at = ? WHERE id = ? AND revoked_at IS NULL"}};

const db::Sql sql_revoke_session{{
    .name = "identity.revoke_session",
    .any = "UPDATE sessions SET revoked_at = ?, revoke_reason = ? WHERE id = ? AND revoked_at IS NULL"}};

const db::Sql sql_live_sessions{{
    .name = "identity.live_sessions",
    .any = "SELECT id FROM sessions WHERE user_id = ? AND revoked_at IS NULL"}};

const db::Sql sql_standing{{
    .name = "identity.standing",
    .any = "SELECT s.user_id, u.role, u.status, s.revoked_at FROM sessions s JOIN users u ON u.id = s.user_id "
           "WHERE s.id = ?"}};

}  // namespace

Task<> insert_session(db::Transaction& tx, SessionId id, UserId user, std::string_view user_agent, Time now,
                      Time expires_at) {
    co_await tx.exec(sql_insert_session, id, user, user_agent, now, now, expires_at);
}

Task<std::optional<Session>> find_session(db::Session& db, SessionId id) {
    co_return co_await db.one<Session>(sql_session_by_id, id);
}

Task<bool> prolong_session(db::Transaction& tx, SessionId id, Time now, Time expires_at) {
    const auto changed = co_await tx.exec(sql_prolong_session, now, expires_at, id);
    co_return changed == 1;
}

Task<bool> revoke_session(db::Transaction& tx, SessionId id, RevokeReason reason, Time now) {
    const auto changed = co_await tx.exec(sql_revoke_session, now, reason, id);
    co_return changed == 1;
}

Task<std::vector<SessionId>> live_sessions(db::Session& db, UserId user) {
    const auto rows = co_await db.all<SessionRow>(sql_live_sessions, user);
    std::vector<SessionId> sessions;
    for (const auto& row : rows) sessions.push_back(row.id);
    co_return sessions;
}

Task<std::optional<Standing>> find_standing(db::Session& db, SessionId id) {
    const auto row = co_await db.one<StandingRow>(sql_standing, id);
    if (!row) co_return std::nullopt;
    co_return Standing{row->user_id, role_of(row->role), !row->revoked_at && row->status == UserStatus::active, {}};
}

namespace {

const db::Sql sql_insert_token{{
    .name = "identity.insert_token",
    .any = "INSERT INTO refresh_tokens (hash, session_id, issued_at, expires_at) VALUES (?, ?, ?, ?)"}};

const db::Sql sql_token_for_update{{
    .name = "identity.token_for_update",
    .mysql = "SELECT session_id, expires_at, used_at, successor FROM refresh_tokens WHERE hash = ? FOR UPDATE",
    .sqlite = "SELECT session_id, expires_at, used_at, successor FROM refresh_tokens WHERE hash = ?"}};

const db::Sql sql_session_of_token{{
    .name = "identity.session_of_token",
    .any = "SELECT session_id FROM refresh_tokens WHERE hash = ?"}};

const db::Sql sql_replace_token{{
    .name = "identity.replace_token",
    .any = "UPDATE refresh_tokens SET used_at = COALESCE(used_at, ?), successor = ? WHERE hash = ?"}};

// SQLite has no DELETE … LIMIT; MariaDB reads the whole table where a subquery says what to delete.
const db::Sql sql_delete_expired_tokens{{
    .name = "identity.delete_expired_tokens",
    .mysql = "DELETE FROM refresh_tokens WHERE expires_at < ? ORDER BY expires_at LIMIT ?",
    .sqlite = "DELETE FROM refresh_tokens WHERE hash IN "
              "(SELECT hash FROM refresh_tokens WHERE expires_at < ? ORDER BY expires_at LIMIT ?)"}};

const db::Sql sql_delete_expired_sessions{{
    .name = "identity.delete_expired_sessions",
    .mysql = "DELETE FROM sessions WHERE expires_at < ? ORDER BY expires_at LIMIT ?",
    .sqlite = "DELETE FROM sessions WHERE id IN "
              "(SELECT id FROM sessions WHERE expires_at < ? ORDER BY expires_at LIMIT ?)"}};

}  // namespace

Task<> insert_token(db::Transaction& tx, std::string_view hash, SessionId session, Time now, Time expires_at) {
    co_await tx.exec(sql_insert_token, hash, session, now, expires_at);
}

Task<std::optional<TokenRow>> token_for_update(db::Transaction& tx, std::string_view hash) {
    co_return co_await tx.one<TokenRow>(sql_token_for_update, hash);
}

Task<std::optional<SessionId>> session_of_token(db::Session& db, std::string_view hash) {
    co_return co_await db.scalar<SessionId>(sql_session_of_token, hash);
}

Task<> replace_token(db::Transaction& tx, std::string_view hash, std::string_view successor, Time now) {
    co_await tx.exec(sql_replace_token, now, successor, hash);
}

Task<std::int64_t> delete_expired_tokens(db::Transaction& tx, Time before) {
    co_return co_await tx.exec(sql_delete_expired_tokens, before, sweep_batch);
}

Task<std::int64_t> delete_expired_sessions(db::Transaction& tx, Time before) {
    co_return co_await tx.exec(sql_delete_expired_sessions, before, sweep_batch);
}

}  // namespace caddy::identity::store
