#pragma once
// Who is asking, and the coarse gate that each route names. Ownership is a rule of the service behind it.
#include <boost/describe/enum.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace caddy {

/// Wire and database spelling are the names.
enum class Role { customer, staff, admin };

std::string_view role_name(Role);
std::optional<Role> parse_role(std::string_view);

/// What a member of staff may do in the back office. Wire and database spelling are the names; an administrator may
/// do everything. `none` is what a route asks that every member of staff may use.
BOOST_DEFINE_FIXED_ENUM_CLASS(Permission, std::uint8_t, none, catalog_write, inventory_write, orders_read, orders_write,
                              refunds, customers_read, customers_write, settings_write, users_manage, audit_read,
                              jobs_manage, webhooks_manage)

/// A set of permissions, one bit each.
class Permissions {
public:
    constexpr Permissions() = default;
    constexpr explicit Permissions(std::uint64_t bits) : bits_(bits) {}
    constexpr Permissions with(Permission permission) const { return Permissions(bits_ | bit(permission)); }
    constexpr bool has(Permission permission) const {
        return permission == Permission::none || (bits_ & bit(permission)) != 0;
    }
    constexpr std::uint64_t bits() const { return bits_; }
    friend bool operator==(const Permissions&, const Permissions&) = default;

private:
    static constexpr std::uint64_t bit(Permission permission) {
        return std::uint64_t{1} << static_cast<unsigned>(permission);
    }

    std::uint64_t bits_ = 0;
};

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
    Permissions permissions{};   // of a member of staff

    bool signed_in() const { return user != 0; }
    friend bool operator==(const Principal&, const Principal&) = default;
};

/// True when the principal passes the gate.
bool admits(Access, const Principal&);

/// True when the principal may do this in the back office.
bool may(const Principal&, Permission);

}   // namespace caddy
