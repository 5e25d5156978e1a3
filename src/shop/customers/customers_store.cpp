#include "shop/customers/customers_store.hpp"

namespace caddy::customers::store {
namespace {

struct AddressRow {
    AddressId id;
    std::string name;
    std::string phone;
    std::string country;
    std::string province;
    std::string city;
    std::string district;
    std::string line1;
    std::string line2;
    std::string postal_code;
    std::int64_t version = 1;
    Time created_at{};
    Time updated_at{};
    std::optional<AddressId> default_address_id;
};
BOOST_DESCRIBE_STRUCT(AddressRow, (), (id, name, phone, country, province, city, district, line1, line2, postal_code,
                                       version, created_at, updated_at, default_address_id))

Address address_of(AddressRow row) {
    Address address;
    address.id = row.id;
    address.name = std::move(row.name);
    address.phone = std::move(row.phone);
    address.country = std::move(row.country);
    address.province = std::move(row.province);
    address.city = std::move(row.city);
    address.district = std::move(row.district);
    address.line1 = std::move(row.line1);
    address.line2 = std::move(row.line2);
    address.postal_code = std::move(row.postal_code);
    address.version = row.version;
    address.created_at = row.created_at;
    address.updated_at = row.updated_at;
    address.is_default = row.default_address_id == row.id;
    return address;
}

const db::Sql sql_lock_book{{
    .name = "customers.lock_book",
    .any = "UPDATE address_books SET version = version + 1, updated_at = ? WHERE user_id = ?"}};

const db::Sql sql_open_book{{
    .name = "customers.open_book",
    .any = "INSERT INTO address_books (user_id, default_address_id, version, updated_at) VALUES (?, NULL, 1, ?)"}};

const db::Sql sql_set_default{{
    .name = "customers.set_default",
    .any = "UPDATE address_books SET default_address_id = ?, version = version + 1, updated_at = ? WHERE user_id = ?"}};

const db::Sql sql_addresses{{
    .name = "customers.addresses",
    .any = "SELECT a.id, a.name, a.phone, a.country, a.province, a.city, a.district, a.line1, a.line2, a.postal_code, "
           "a.version, a.created_at, a.updated_at, b.default_address_id FROM customer_addresses a "
           "JOIN address_books b ON b.user_id = a.user_id WHERE a.user_id = ? ORDER BY a.id"}};

const db::Sql sql_address{{
    .name = "customers.address",
    .any = "SELECT a.id, a.name, a.phone, a.country, a.province, a.city, a.district, a.line1, a.line2, a.postal_code, "
           "a.version, a.created_at, a.updated_at, b.default_address_id FROM customer_addresses a "
           "JOIN address_books b ON b.user_id = a.user_id WHERE a.id = ? AND a.user_id = ?"}};

const db::Sql sql_count{{
    .name = "customers.count_addresses",
    .any = "SELECT COUNT(*) FROM customer_addresses WHERE user_id = ?"}};

const db::Sql sql_insert_address{{
    .name = "customers.insert_address",
    .any = "INSERT INTO customer_addresses (id, user_id, name, phone, country, province, city, district, line1, line2, "
           "postal_code, version, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"}};

const db::Sql sql_update_address{{
    .name = "customers.update_address",
    .any = "UPDATE customer_addresses SET name = ?, phone = ?, country = ?, province = ?, city = ?, district = ?, "
           "line1 = ?, line2 = ?, postal_code = ?, version = ?, updated_at = ? WHERE id = ? AND user_id = ?"}};

const db::Sql sql_delete_address{{
    .name = "customers.delete_address",
    .any = "DELETE FROM customer_addresses WHERE id = ? AND user_id = ?"}};

const db::Sql sql_newest_address{{
    .name = "customers.newest_address",
    .any = "SELECT id FROM customer_addresses WHERE user_id = ? ORDER BY id DESC LIMIT 1"}};

const db::Sql sql_insert_export{{
    .name = "customers.insert_export",
    .any = "INSERT INTO customer_exports (id, user_id, document, created_at, expires_at) VALUES (?, ?, ?, ?, ?)"}};

const db::Sql sql_newest_export{{
    .name = "customers.newest_export",
    .any = "SELECT id, created_at, expires_at FROM customer_exports WHERE user_id = ? "
           "ORDER BY created_at DESC LIMIT 1"}};

const db::Sql sql_find_export{{
    .name = "customers.find_export",
    .any = "SELECT id, created_at, expires_at FROM customer_exports WHERE id = ? AND user_id = ?"}};

const db::Sql sql_export_document{{
    .name = "customers.export_document",
    .any = "SELECT document FROM customer_exports WHERE id = ? AND user_id = ?"}};

const db::Sql sql_delete_exports{{
    .name = "customers.delete_exports",
    .any = "DELETE FROM customer_exports WHERE user_id = ?"}};

const db::Sql sql_delete_expired{{
    .name = "customers.delete_expired_exports",
    .mysql = "DELETE FROM customer_exports WHERE expires_at <= ? ORDER BY expires_at LIMIT ?",
    .sqlite = "DELETE FROM customer_exports WHERE id IN "
              "(SELECT id FROM customer_exports WHERE expires_at <= ? ORDER BY expires_at LIMIT ?)"}};

const db::Sql sql_erase_addresses{{
    .name = "customers.erase_addresses",
    .any = "DELETE FROM customer_addresses WHERE user_id = ?"}};

const db::Sql sql_erase_book{{
    .name = "customers.erase_book",
    .any = "DELETE FROM address_books WHERE user_id = ?"}};

}   // namespace

Task<bool> lock_book(db::Transaction& tx, UserId user, Time now) {
    const auto locked = co_await tx.exec(sql_lock_book, now, user);
    co_return locked == 1;
}

Task<bool> open_book(db::Transaction& tx, UserId user, Time now) {
    co_return co_await tx.exec_unique(sql_open_book, user, now);
}

Task<> set_default(db::Transaction& tx, UserId user, std::optional<AddressId> address, Time now) {
    co_await tx.exec(sql_set_default, address, now, user);
}

Task<std::vector<Address>> addresses(db::Session& db, UserId user) {
    auto rows = co_await db.all<AddressRow>(sql_addresses, user);
    std::vector<Address> found;
    found.reserve(rows.size());
    for (auto& row : rows) found.push_back(address_of(std::move(row)));
    co_return found;
}

Task<std::optional<Address>> find_address(db::Session& db, UserId user, AddressId id) {
    auto row = co_await db.one<AddressRow>(sql_address, id, user);
    if (!row) co_return std::nullopt;
    co_return address_of(std::move(*row));
}

Task<std::int64_t> count_addresses(db::Session& db, UserId user) {
    const auto count = co_await db.scalar<std::int64_t>(sql_count, user);
    co_return count.value_or(0);
}

Task<bool> insert_address(db::Transaction& tx, UserId user, const Address& address) {
    co_return co_await tx.exec_unique(sql_insert_address, address.id, user, address.name, address.phone,
                                      address.country, address.province, address.city, address.district, address.line1,
                                      address.line2, address.postal_code, address.version, address.created_at,
                                      address.updated_at);
}

Task<> update_address(db::Transaction& tx, UserId user, const Address& address) {
    co_await tx.exec(sql_update_address, address.name, address.phone, address.country, address.province, address.city,
                     address.district, address.line1, address.line2, address.postal_code, address.version,
                     address.updated_at, address.id, user);
}

Task<> delete_address(db::Transaction& tx, UserId user, AddressId id) {
    co_await tx.exec(sql_delete_address, id, user);
}

Task<std::optional<AddressId>> newest_address(db::Session& db, UserId user) {
    co_return co_await db.scalar<AddressId>(sql_newest_address, user);
}

Task<bool> insert_export(db::Transaction& tx, UserId user, const Export& made, std::string_view document) {
    co_return co_await tx.exec_unique(sql_insert_export, made.id, user, document, made.created_at, made.expires_at);
}

Task<std::optional<Export>> newest_export(db::Session& db, UserId user) {
    co_return co_await db.one<Export>(sql_newest_export, user);
}

Task<std::optional<Export>> find_export(db::Session& db, UserId user, ExportId id) {
    co_return co_await db.one<Export>(sql_find_export, id, user);
}

Task<std::optional<std::string>> export_document(db::Session& db, UserId user, ExportId id) {
    co_return co_await db.scalar<std::string>(sql_export_document, id, user);
}

Task<> delete_exports(db::Transaction& tx, UserId user) { co_await tx.exec(sql_delete_exports, user); }

Task<std::int64_t> delete_expired_exports(db::Transaction& tx, Time before) {
    co_return co_await tx.exec(sql_delete_expired, before, sweep_batch);
}

Task<> erase(db::Transaction& tx, UserId user) {
    co_await tx.exec(sql_erase_addresses, user);
    co_await tx.exec(sql_erase_book, user);
    co_await tx.exec(sql_delete_exports, user);
}

}   // namespace caddy::customers::store
