#pragma once
// An account that is about to be written. Private to the folder.
#include "shop/identity/identity.hpp"

namespace caddy::identity {

/// What becomes a row of users.
struct IdentityService::NewAccount {
    std::string email;   // folded
    std::string email_shown;
    std::string name;
    Role role = Role::customer;
    std::string password_hash;
};

}   // namespace caddy::identity
