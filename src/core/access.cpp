#include "core/access.hpp"

namespace caddy {

std::string_view role_name(Role role) {
    switch (role) {
        case Role::customer:
            return "customer";
        case Role::staff:
            return "staff";
        case Role::admin:
            return "admin";
    }
    return "customer";
}

std::optional<Role> parse_role(std::string_view name) {
    for (const Role role : {Role::customer, Role::staff, Role::admin}) {
        if (role_name(role) == name) return role;
    }
    return std::nullopt;
}

bool admits(Access access, const Principal& principal) {
    switch (access) {
        case Access::anyone:
        case Access::shopper:
            return true;
        case Access::customer:
            return principal.signed_in();
        case Access::staff:
            return principal.signed_in() && principal.role != Role::customer;
        case Access::admin:
            return principal.signed_in() && principal.role == Role::admin;
    }
    return false;
}

bool may(const Principal& principal, Permission permission) {
    if (!admits(Access::staff, principal)) return false;
    return principal.role == Role::admin || principal.permissions.has(permission);
}

}   // namespace caddy
