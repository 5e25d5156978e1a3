#pragma once
// All SQL of accounts, sessions and refresh tokens.
#include "platform/db/session.hpp"
#include "shop/identity/identity.hpp"
#include "shop/identity/identity_session_cache.hpp"
#include "shop/identity/identity_tokens.hpp"

namespace caddy::identity::store {

/// A user and what proves the password.
struct Account {
    User user;
    std::string password_hash;
};

struct Session {
    SessionId id;
    UserId user_id;
    std::optional<Time> revoked_at;
    std::optional<RevokeReason> revoke_reason;
};
BOOST_DESCRIBE_STRUCT(Session, (), (id, user_id, revoked_at, revoke_reason))

/// A refresh token as its row says.
struct TokenRow {
    SessionId session_id;
    Time expires_at{};
    std::optional<Time> used_at;
    std::optional<std::string> successor;   // digest of what replaced it
};
BOOST_DESCRIBE_STRUCT(TokenRow, (), (session_id, expires_at, used_at, successor))

/// False when the address (or the id) is taken. `email` is folded.
Task<bool> insert_user(db::Transaction&, const Account&, std::string_view email);
Task<std::optional<Account>> find_account(db::Session&, std::string_view email);
Task<bool> email_is_known(db::Session&, std::string_view email);
Task<std::optional<User>> find_user(db::Session&, UserId);
/// Puts a newly made hash in the place of the one that was just verified.
Task<> renew_hash(db::Transaction&, const Account&, std::string_view new_hash, Time now);
/// False when there is no such user.
Task<bool> set_role(db::Transaction&, UserId, Role, Time now);

Task<> insert_session(db::Transaction&, SessionId, UserId, std::string_view user_agent, Time now, Time expires_at);
Task<std::optional<Session>> find_session(db::Session&, SessionId);
/// False when the session has been revoked or is gone.
Task<bool> prolong_session(db::Transaction&, SessionId, Time now, Time expires_at);
/// False when the session was revoked already or is gone.
Task<bool> revoke_session(db::Transaction&, SessionId, RevokeReason, Time now);
/// The sessions of a user that nobody has revoked.
Task<std::vector<SessionId>> live_sessions(db::Session&, UserId);
/// Whether a session stands; nothing when it is gone.
Task<std::optional<Standing>> find_standing(db::Session&, SessionId);

Task<> insert_token(db::Transaction&, std::string_view hash, SessionId, Time now, Time expires_at);
/// The token, its row locked until the transaction ends.
Task<std::optional<TokenRow>> token_for_update(db::Transaction&, std::string_view hash);
/// The session that a token belongs to.
Task<std::optional<SessionId>> session_of_token(db::Session&, std::string_view hash);
/// Notes what replaced a token; the time of the first replacement stays.
Task<> replace_token(db::Transaction&, std::string_view hash, std::string_view successor, Time now);

constexpr std::int64_t sweep_batch = 500;
/// One batch of what expired before; how many rows.
Task<std::int64_t> delete_expired_tokens(db::Transaction&, Time before);
Task<std::int64_t> delete_expired_sessions(db::Transaction&, Time before);

}  // namespace caddy::identity::store
