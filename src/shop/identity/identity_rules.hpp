#pragma once
// What an account's address, password and name must be. Pure.
#include "core/checks.hpp"

#include <string>
#include <string_view>

namespace caddy::identity {

/// An address as it is compared and looked up.
std::string folded_email(std::string_view email);

/// Notes what is wrong with an address at `/email` and, where that is acceptable, with a new password at `/password`.
void check_credentials(Checks&, std::string_view email, std::string_view password);

/// Notes what is wrong with a person's name at `/name`.
void check_name(Checks&, std::string_view name);

}   // namespace caddy::identity
