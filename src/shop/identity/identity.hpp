#pragma once
// Who somebody is: accounts with a password, signed-in devices, the tokens that prove them.
// A session is a signed-in device and at the same time the family of its refresh tokens. Event loop only; password
// hashing goes to a small pool of threads that the service owns.
#include "core/access.hpp"
#include "core/page.hpp"
#include "core/result.hpp"
#include "platform/db/database.hpp"

#include <boost/describe.hpp>

#include <functional>
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
struct StaffRoleTag { static constexpr std::string_view prefix = "role"; };
using StaffRoleId = Id<StaffRoleTag>;

BOOST_DEFINE_ENUM_CLASS(UserStatus, active, disabled)
BOOST_DEFINE_ENUM_CLASS(RevokeReason, signed_out, reused, disabled, ended, password_changed, account_closed)
BOOST_DEFINE_ENUM_CLASS(LinkPurpose, reset_password, verify_email, setup)

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
    std::string locale = "zh-CN";   // of mails: zh-CN or en
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

/// A named set of permissions that members of staff are given.
struct StaffRole {
    StaffRoleId id;
    std::string name;
    std::string description;   // may be empty
    Permissions permissions;
    std::int64_t version = 1;
    Time created_at{};
    Time updated_at{};
};

/// What becomes of a role; absent members stay as they are.
struct StaffRoleChange {
    std::optional<std::string> name{};
    std::optional<std::string> description{};
    std::optional<std::vector<Permission>> permissions{};
};

/// An account as the back office sees it, with what its owner may do.
struct UserDetail {
    User user;
    std::vector<StaffRole> roles;
};

/// A colleague whose account somebody else opens.
struct NewColleague {
    std::string email;
    std::string name;
    Role role = Role::staff;   // or admin
    std::vector<StaffRoleId> role_ids;
    std::string password;
};

/// What becomes of an account; absent members stay as they are.
struct UserChange {
    std::optional<Role> role{};
    std::optional<UserStatus> status{};
    std::optional<std::vector<StaffRoleId>> role_ids{};
};

/// Which accounts a list shows.
struct UserFilter {
    std::optional<Role> role{};
    std::optional<UserStatus> status{};
    std::string email_prefix{};
};

/// Says whether a change may meet this version of what it changes.
using VersionCheck = std::function<Result<void>(std::int64_t current)>;

/// What an account's owner sees and says of himself.
struct Profile {
    User user;
    std::string phone;    // may be empty
    std::string locale;   // zh-CN or en
};

/// Absent members stay as they are.
struct ProfileChange {
    std::optional<std::string> name{};
    std::optional<std::string> phone{};
    std::optional<std::string> locale{};
};

/// A device that is signed in.
struct SignedInDevice {
    SessionId id;
    std::string user_agent;
    Time created_at{};
    Time last_used_at{};
    Time expires_at{};
};
BOOST_DESCRIBE_STRUCT(SignedInDevice, (), (id, user_agent, created_at, last_used_at, expires_at))

/// Takes what another feature keeps of a user along in the transaction that closes his account.
using Erase = std::function<Task<>(db::Transaction&, UserId)>;

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

    /// From now on tokens are signed with `current`; those of `previous` are accepted to their end, any others no more.
    void change_keys(const std::string& current, const std::string& previous);

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
    /// In which language somebody wants his mails; nothing where there is no such account.
    Task<std::optional<std::string>> language_of(db::Session&, UserId);
    /// The same with what he says of himself. Refuses: identity.token_invalid
    Task<Result<Profile>> profile(const Context&);
    /// Refuses: identity.token_invalid, request.invalid_field
    Task<Result<Profile>> change_profile(const Context&, const ProfileChange&);

    /// Asks for a mail with a link to a new password. The answer and its time are the same for every address, known or
    /// not; after five requests for one within a quarter of an hour no further mail is sent.
    ///
    /// Refuses: request.invalid_field
    /// Emits:   identity.password_forgotten {user}, which names nobody for an unknown address
    Task<Result<void>> forgot_password(const Context&, std::string_view email);
    /// Sets a new password by such a link and ends every session.
    ///
    /// Refuses: identity.link_invalid (410), request.invalid_field
    /// Effect:  one transaction; the address counts as verified
    /// Emits:   identity.password_changed, identity.session_revoked per session
    Task<Result<void>> reset_password(const Context&, std::string_view token, std::string_view password);
    /// Changes the caller's password and ends his other sessions.
    ///
    /// Refuses: identity.wrong_password, identity.too_many_attempts, request.invalid_field
    /// Emits:   identity.password_changed, identity.session_revoked per session
    Task<Result<void>> change_password(const Context&, std::string_view current, std::string_view wanted);
    /// Asks for another mail that verifies the caller's address; none is sent where it is verified.
    ///
    /// Refuses: identity.too_many_attempts
    /// Emits:   identity.verification_asked
    Task<Result<void>> ask_verification(const Context&);
    /// Refuses: identity.link_invalid (410)
    /// Emits:   identity.email_verified
    Task<Result<void>> verify_email(const Context&, std::string_view token);

    /// The caller's live sessions, the newest hundred.
    Task<std::vector<SignedInDevice>> devices(const Context&);
    /// Ends one of the caller's sessions. Refuses: identity.session_not_found
    /// Emits:   identity.session_revoked
    Task<Result<void>> end_session(const Context&, SessionId);
    /// Ends every session of the caller's but this one.
    /// Emits:   identity.session_revoked per session
    Task<Result<void>> end_other_sessions(const Context&);
    /// Closes the caller's account for good: address, name, number and password are gone, every session ends. The row
    /// stays without them, since orders refer to it. `erase` runs in the same transaction.
    ///
    /// Refuses: identity.wrong_password, identity.too_many_attempts, identity.staff_account
    /// Emits:   identity.account_closed, identity.session_revoked per session
    Task<Result<void>> close_account(const Context&, std::string_view password, const Erase& erase);

    /// The token of a link by which the first administrator opens his account; an earlier one is void from now on.
    /// Nothing where there is an administrator.
    Task<std::optional<std::string>> invite_admin(const Context&);
    /// Opens the first administrator's account by such a link and signs the device in.
    ///
    /// Refuses: identity.link_invalid (410), request.invalid_field, identity.email_taken, identity.setup_done
    /// Emits:   identity.registered
    Task<Result<SignIn>> set_up(const Context&, std::string_view token, std::string_view email,
                                std::string_view password, const Device&);

    /// An administrator's account, for the command line. An address that has an account is refused, never promoted.
    ///
    /// Refuses: request.invalid_field, identity.email_taken
    /// Emits:   identity.registered
    Task<Result<User>> create_admin(const Context&, std::string_view email, std::string_view password);

    /// Every staff role, by name; there are `staff_roles_max` at most.
    Task<std::vector<StaffRole>> staff_roles(const Context&);
    /// Refuses: identity.role_not_found
    Task<Result<StaffRole>> staff_role(const Context&, StaffRoleId);
    /// A new role. Its name differs from every other, letter case aside; whoever is no administrator gives only
    /// permissions that he has himself.
    ///
    /// Refuses: request.invalid_field, identity.role_name_taken, identity.permission_not_held, identity.too_many_roles
    /// Effect:  one transaction, audited
    Task<Result<StaffRole>> create_role(const Context&, const StaffRoleChange&);
    /// Refuses: identity.role_not_found, what the check refuses, and what create_role refuses
    /// Effect:  one transaction, audited; holders have the new permissions after two seconds at most
    Task<Result<StaffRole>> change_role(const Context&, StaffRoleId, const StaffRoleChange&, const VersionCheck&);
    /// Refuses: identity.role_not_found, identity.role_in_use, what the check refuses
    /// Effect:  one transaction, audited
    Task<Result<void>> delete_role(const Context&, StaffRoleId, const VersionCheck&);

    /// Accounts by address. Refuses: request.cursor_mismatch
    Task<Result<Page<UserDetail>>> users(const Context&, const UserFilter&, const PageRequest&);
    /// Refuses: identity.user_not_found
    Task<Result<UserDetail>> user(const Context&, UserId);
    /// Opens an account for a colleague, who then signs in with the password that was given.
    ///
    /// Refuses: request.invalid_field, identity.email_taken, identity.admin_only, identity.permission_not_held
    /// Effect:  one transaction, audited
    /// Emits:   identity.registered
    Task<Result<UserDetail>> create_colleague(const Context&, const NewColleague&);
    /// Changes what somebody else may do. Only administrators make or change administrators; one stays in any case.
    /// Disabling ends every session of the account.
    ///
    /// Refuses: identity.user_not_found, what the check refuses, request.invalid_field, identity.own_account,
    ///          identity.admin_only, identity.last_admin, identity.permission_not_held
    /// Effect:  one transaction, audited
    /// Emits:   identity.session_revoked per session that ends
    Task<Result<UserDetail>> change_user(const Context&, UserId, const UserChange&, const VersionCheck&);

    /// A customer's account. Refuses: identity.customer_not_found
    Task<Result<User>> customer(const Context&, UserId);
    /// Lets a customer in or not; as change_user, of customers alone.
    ///
    /// Refuses: identity.customer_not_found, what the check refuses
    /// Effect:  one transaction, audited
    /// Emits:   identity.session_revoked per session that ends
    Task<Result<User>> set_customer_status(const Context&, UserId, UserStatus, const VersionCheck&);

    /// Refuses: identity.user_not_found
    Task<Result<User>> change_role(const Context&, UserId, Role);

    /// Deletes sessions and refresh tokens that are past their time; how many rows.
    Task<std::int64_t> sweep(const Context&);

private:
    struct NewAccount;
    /// The hash that the caller's password matched. Refuses: identity.wrong_password, identity.too_many_attempts
    Task<Result<std::string>> prove_password(const Context&, std::string_view password);
    /// Ends the live sessions of a user except `kept`.
    Task<> revoke_others(db::Transaction&, const Context&, UserId, SessionId kept, RevokeReason);
    struct Edit;
    Task<Result<UserDetail>> edit_user(db::Transaction&, const Context&, Edit);
    /// Ends every session of a user that stands.
    Task<> revoke_all(db::Transaction&, const Context&, UserId, RevokeReason);
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
