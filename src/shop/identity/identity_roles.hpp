#pragma once
// Permissions and their names. Pure; private to the folder.
#include "core/access.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace caddy::identity {

/// The members of a set, or all that there are, in the order of their declaration; `none` is not among them.
std::vector<Permission> permissions_listed(Permissions);
std::vector<Permission> every_permission();

/// The names, with spaces between them, as they are kept.
std::string permissions_text(Permissions);

/// Reads what permissions_text wrote. A name that this program does not know gives nothing: a later one wrote it.
Permissions parse_permissions(std::string_view text);

/// What one may do with a permission, in words.
std::string_view describe(Permission);

/// True when everything in `wanted` beyond `had` is something that the principal may do himself.
bool may_give(const Principal&, Permissions wanted, Permissions had);

}   // namespace caddy::identity
