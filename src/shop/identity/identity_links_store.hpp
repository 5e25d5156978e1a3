#pragma once
// All SQL of mailed links and of what an account's owner changes about it.
#include "platform/db/session.hpp"
#include "shop/identity/identity.hpp"

namespace caddy::identity::store {

struct Link {
    UserId user_id;
    LinkPurpose purpose{};
    Time expires_at{};
};
BOOST_DESCRIBE_STRUCT(Link, (), (user_id, purpose, expires_at))

Task<> insert_link(db::Transaction&, std::string_view hash, const Link&, Time now);
Task<std::optional<Link>> find_link(db::Session&, std::string_view hash);
/// Deletes a link that is still good; false when it was not, so that each works once.
Task<bool> take_link(db::Transaction&, std::string_view hash, LinkPurpose, Time now);
Task<> delete_links(db::Transaction&, UserId, LinkPurpose);
Task<std::int64_t> delete_expired_links(db::Transaction&, Time before);

Task<std::optional<Profile>> find_profile(db::Session&, UserId);
Task<bool> update_profile(db::Transaction&, const Profile&, Time now);
Task<> set_locale(db::Transaction&, UserId, std::string_view locale, Time now);
Task<> set_password(db::Transaction&, UserId, std::string_view hash, Time now);
/// Nothing happens where it was verified before.
Task<> set_verified(db::Transaction&, UserId, Time now);

/// What a sign-in looks at once more inside its transaction; the row is locked until that ends.
struct Door {
    UserStatus status = UserStatus::active;
    std::string password_hash;
};
BOOST_DESCRIBE_STRUCT(Door, (), (status, password_hash))
Task<std::optional<Door>> door_for_update(db::Transaction&, UserId);
Task<std::optional<std::string>> password_hash_of(db::Session&, UserId);

/// Takes everything personal out of an account and shuts it. `email` is what stands in the address's place.
Task<> erase_user(db::Transaction&, UserId, std::string_view email, std::string_view password_hash, Time now);
/// The devices of a user that were signed in once leave no trace of what they were.
Task<> erase_devices(db::Transaction&, UserId);

Task<bool> admin_exists(db::Session&);

constexpr std::int64_t device_list_max = 100;
/// Live sessions, the newest first.
Task<std::vector<SignedInDevice>> devices(db::Session&, UserId, Time now);

}   // namespace caddy::identity::store
