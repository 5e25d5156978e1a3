#pragma once
// Who somebody is: accounts with a password, signed-in devices, the tokens that prove them.
// A session is a signed-in device and at the same time the family of its refresh tokens. Event loop only; password
// hashing goes to a small pool of threads that the service owns.
#include "core/access.hpp"
#include "core/result.hpp"
#include "platform/db/database.hpp"

#include <boost/describe.hpp>

#include <memory>

namespace caddy::limit {
class AttemptLimit;
}

namespace caddy::identity {

class AccessTokens;
class PasswordPool;
class SessionCache;
namespace store {
struct Account;
}

struct UserTag { static constexpr std::string_view prefix = "cus"; };
struct SessionTag { static constexpr std::string_view prefix = "ses"; };
using UserId = Id<UserTag>;
using SessionId = Id<SessionTag>;

BOOST_DEFINE_ENUM_CLASS(UserStatus, active, disabled)
BOOST_DEFINE_ENUM_CLASS(RevokeReason, signed_out, reused)

struct User {
    UserId id;
    std::string email;   // as its owner writes it
    std::string name;    // may be empty
    Role role = Role::customer;
    UserStatus status = UserStatus::active;
    std::optional<Time> email_verified_at;
    std::int64_t version = 1;
    Time created_at{};
    Time updated_at{};
};

/// What somebody who wants an account says. A role is never among it.
struct Registration {
    std::string email;
    std::string password;
    std::string name;
};

/// What is known of the device that signs in.
struct Device {
    std::string user_agent;
};

/// A device that has just signed in, or has renewed its tokens.
struct SignIn {
    User user;
    SessionId session;
    std::string access_token;
    std::int64_t expires_in_s = 0;   // of the access token
    std::string refresh_token;       // told once, kept as a digest
};

struct IdentityConfig {
    std::string jwt_secret;               // at least 32 bytes; signs and verifies
    std::string jwt_secret_previous;      // empty, or at least 32 bytes; only verifies, while keys are exchanged
    int access_minutes = 15;              // 1..60
    int refresh_days = 30;                // 1..365, counted anew with each refresh
    int refresh_grace_s = 10;             // 0..60: for a device that lost the answer to its refresh
    int hash_memory_kib = 19'456;         // 1024..1048576, Argon2id's m
    int hash_passes = 2;                  // 1..10, Argon2id's t
    int hash_threads = 2;                 // 1..16 passwords hashed at a time
    int hash_queue = 32;                  // 0..1000 more that may wait; past it 503
    int session_cache_entries = 10'000;   // 0..1000000 sessions whose standing is remembered for two seconds
};

/// What is wrong with a configuration, one line each; empty when it can be used.
std::vector<std::string> faults(const IdentityConfig&);

class IdentityService {
public:
    /// Hashes one password, so that unknown accounts cost as much time as known ones.
    ///
    /// REQUIRES: faults(config) is empty; throws std::invalid_argument otherwise
    IdentityService(db::Database&, limit::AttemptLimit&, const IdentityConfig&);
    IdentityService(const IdentityService&) = delete;
    ~IdentityService();

    /// Opens a customer's account and signs the device in.
    ///
    /// That an address is taken is told on purpose: a shopper who forgot the account must hear of it here, since no
    /// mail stands between.
    ///
    /// Refuses: request.invalid_field (each fault of address, password and name), identity.email_taken
    /// Effect:  one transaction
    /// Emits:   identity.registered
    Task<Result<SignIn>> register_customer(const Context&, const Registration&, const Device&);

    /// Signs a device in. The answer and its time are the same for a wrong password and an unknown address.
    ///
    /// Refuses: identity.bad_credentials, identity.too_many_attempts
    /// Effect:  one transaction; a hash made with other costs than today's is renewed
    Task<Result<SignIn>> sign_in(const Context&, std::string_view email, std::string_view password, const Device&);

    /// Changes a refresh token for a new pair.
    ///
    /// A token that was replaced at most refresh_grace_s ago, by one that nobody has used yet, gets another
    /// replacement: the device lost the answer. Any other second use means that two hold the token, so that the
    /// whole session ends.
    ///
    /// Refuses: identity.refresh_unknown, identity.refresh_expired, identity.refresh_reused
    /// Effect:  one transaction, committed also where it revokes
    /// Emits:   identity.session_revoked
    Task<Result<SignIn>> refresh(const Context&, std::string_view refresh_token);

    /// Ends the caller's session, and that of `refresh_token` where it is the same user's.
    ///
    /// Effect:  one transaction; ending an ended session does nothing
    /// Emits:   identity.session_revoked
    Task<Result<void>> sign_out(const Context&, const std::optional<std::string>& refresh_token);

    /// The caller behind an access token. Ended sessions and changed roles are seen after two seconds at most, at
    /// once in the process that ended them.
    ///
    /// Refuses: identity.token_invalid, identity.token_expired
    Task<Result<Principal>> authenticate(const Context&, std::string_view token);

    /// The signed-in user. Refuses: identity.token_invalid when the account is gone
    Task<Result<User>> me(const Context&);

    /// An administrator's account, for the command line. An address that has an account is refused, never promoted.
    ///
    /// Refuses: request.invalid_field, identity.email_taken
    /// Emits:   identity.registered
    Task<Result<User>> create_admin(const Context&, std::string_view email, std::string_view password);

    /// Refuses: identity.user_not_found
    Task<Result<User>> change_role(const Context&, UserId, Role);

    /// Deletes sessions and refresh tokens that are past their time; how many rows.
    Task<std::int64_t> sweep(const Context&);

private:
    struct NewAccount;
    /// The hash for an account that is to be made; nothing when the address is known.
    Task<std::optional<std::string>> hash_for_new(const Context&, std::string_view email, std::string_view password);
    Task<std::optional<store::Account>> find_account(const Context&, std::string_view email);
    Task<Result<User>> add_account(db::Transaction&, const Context&, const NewAccount&);
    Task<Result<SignIn>> open_session(db::Transaction&, const Context&, const User&, const Device&);
    /// Another refresh token of a session, and an access token beside it.
    Task<Result<SignIn>> issue(db::Transaction&, const Context&, const User&, SessionId);
    Task<Result<std::optional<SignIn>>> renew(db::Transaction&, const Context&, const std::string& hash,
                                              std::optional<SessionId>& revoked);

    db::Database& db_;
    limit::AttemptLimit& attempts_;
    IdentityConfig config_;
    std::unique_ptr<AccessTokens> tokens_;
    std::unique_ptr<PasswordPool> passwords_;
    std::unique_ptr<SessionCache> cache_;
    std::string dummy_hash_;
};

}  // namespace caddy::identity
