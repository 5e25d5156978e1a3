#pragma once
// What a signed-in customer keeps with the shop: addresses, and a copy of everything that is known of him. Accounts,
// passwords and sessions are identity's. Event loop only.
#include "core/checks.hpp"
#include "shop/identity/identity.hpp"
#include "shop/orders/orders.hpp"

#include <boost/describe.hpp>

namespace caddy::customers {

struct AddressTag { static constexpr std::string_view prefix = "adr"; };
struct ExportTag { static constexpr std::string_view prefix = "exp"; };
using AddressId = Id<AddressTag>;
using ExportId = Id<ExportTag>;
using identity::UserId;

/// Where a parcel goes; the same fields as a cart's address.
struct Place {
    std::string name;
    std::string phone;
    std::string country = "CN";   // ISO 3166-1 alpha-2
    std::string province;
    std::string city;
    std::string district;
    std::string line1;
    std::string line2;
    std::string postal_code;
};
BOOST_DESCRIBE_STRUCT(Place, (), (name, phone, country, province, city, district, line1, line2, postal_code))

/// Notes what is wrong with a place, and trims and normalises the rest. Pure.
void accept_place(Checks&, Place&);

struct Address : Place {
    AddressId id;
    bool is_default = false;
    std::int64_t version = 1;
    Time created_at{};
    Time updated_at{};
};
BOOST_DESCRIBE_STRUCT(Address, (Place), (id, is_default, version, created_at, updated_at))

/// What becomes of an address; absent members stay as they are.
struct AddressChange {
    std::optional<std::string> name{};
    std::optional<std::string> phone{};
    std::optional<std::string> country{};
    std::optional<std::string> province{};
    std::optional<std::string> city{};
    std::optional<std::string> district{};
    std::optional<std::string> line1{};
    std::optional<std::string> line2{};
    std::optional<std::string> postal_code{};
    std::optional<bool> is_default{};
};
BOOST_DESCRIBE_STRUCT(AddressChange, (), (name, phone, country, province, city, district, line1, line2, postal_code,
                                          is_default))

/// A copy that waits to be fetched.
struct Export {
    ExportId id;
    Time created_at{};
    Time expires_at{};
};
BOOST_DESCRIBE_STRUCT(Export, (), (id, created_at, expires_at))

struct Config {
    int addresses_max = 50;            // 1..1000 of one customer
    int export_orders_max = 1'000;     // 1..5000 of the newest orders in one copy
    int export_pause_s = 60;           // 0..86400 between two copies
    int export_keep_hours = 24;        // 1..720
};

class CustomerService {
public:
    CustomerService(db::Database& database, identity::IdentityService& identity, orders::OrderService& orders,
                    const Config& config)
        : db_(database), identity_(identity), orders_(orders), config_(config) {}

    /// The caller's addresses, the oldest first. Their number has a limit, so there is one page.
    Task<std::vector<Address>> addresses(const Context&);
    /// Refuses: customers.address_not_found
    Task<Result<Address>> address(const Context&, AddressId);
    /// The first one becomes the default, and so does each that asks for it.
    ///
    /// Refuses: request.invalid_field, customers.too_many_addresses
    Task<Result<Address>> add_address(const Context&, const AddressChange&);
    /// A default ceases to be one only when another becomes it.
    ///
    /// Refuses: customers.address_not_found, request.invalid_field
    Task<Result<Address>> change_address(const Context&, AddressId, const AddressChange&);
    /// Where it was the default, the newest of the others becomes it.
    ///
    /// Refuses: customers.address_not_found
    Task<Result<void>> remove_address(const Context&, AddressId);

    /// Closes the caller's account and deletes what is kept here of him, in one transaction. Orders keep the snapshot
    /// that commercial law asks for.
    ///
    /// Refuses: what identity's close_account refuses
    Task<Result<void>> close_account(const Context&, std::string_view password);

    /// Makes a copy of what the shop knows of the caller; it takes the place of an earlier one. Made at once, since it
    /// is bounded: the newest export_orders_max orders.
    ///
    /// Refuses: customers.export_too_soon (429)
    Task<Result<Export>> make_export(const Context&);
    /// The copy's facts. Refuses: customers.export_not_found
    Task<Result<Export>> export_facts(const Context&, ExportId);
    /// The copy. Refuses: customers.export_not_found, also once its time is over
    Task<Result<std::string>> read_export(const Context&, ExportId);

    /// Deletes copies whose time is over; how many.
    Task<std::int64_t> sweep(const Context&);

private:
    Task<Result<std::string>> compose_export(const Context&);

    db::Database& db_;
    identity::IdentityService& identity_;
    orders::OrderService& orders_;
    Config config_;
};

}   // namespace caddy::customers
