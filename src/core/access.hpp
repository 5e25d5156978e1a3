#pragma once
// Who is asking, and the coarse gate that each route names. Ownership is a rule of the service behind it.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace caddy {

/// Wire and database spelling are the names.
enum class Role { customer, staff, admin };

std::string_view role_name(Role);
std::optional<Role> parse_role(std::string_view);

/// What a route asks of its caller before any feature code runs.
enum class Access {
    anyone,     // public
    shopper,    // a guest with a cart or order token, or a customer: the service examines which
    customer,   // signed in
    staff,      // signed in as staff or admin
    admin,      // signed in as admin
};

/// The signed-in caller, or nobody.
struct Principal {
    std::int64_t user = 0;      // 0: not signed in
    std::int64_t session = 0;   // the signed-in device
    Role role = Role::customer;

    bool signed_in() const { return user != 0; }
    friend bool operator==(const Principal&, const Principal&) = default;
};

/// True when the principal passes the gate.
bool admits(Access, const Principal&);

}   // namespace caddy
