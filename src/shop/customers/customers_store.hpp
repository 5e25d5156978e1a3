#pragma once
// All SQL of addresses and copies.
#include "platform/db/session.hpp"
#include "shop/customers/customers.hpp"

namespace caddy::customers::store {

/// Takes a customer's book for this transaction; false when he has none yet.
Task<bool> lock_book(db::Transaction&, UserId, Time now);
/// False when another transaction has just opened it.
Task<bool> open_book(db::Transaction&, UserId, Time now);
Task<> set_default(db::Transaction&, UserId, std::optional<AddressId>, Time now);

Task<std::vector<Address>> addresses(db::Session&, UserId);
Task<std::optional<Address>> find_address(db::Session&, UserId, AddressId);
Task<std::int64_t> count_addresses(db::Session&, UserId);
/// False when the id is taken.
Task<bool> insert_address(db::Transaction&, UserId, const Address&);
Task<> update_address(db::Transaction&, UserId, const Address&);
Task<> delete_address(db::Transaction&, UserId, AddressId);
Task<std::optional<AddressId>> newest_address(db::Session&, UserId);

/// False when the id is taken.
Task<bool> insert_export(db::Transaction&, UserId, const Export&, std::string_view document);
Task<std::optional<Export>> newest_export(db::Session&, UserId);
Task<std::optional<Export>> find_export(db::Session&, UserId, ExportId);
Task<std::optional<std::string>> export_document(db::Session&, UserId, ExportId);
Task<> delete_exports(db::Transaction&, UserId);
constexpr std::int64_t sweep_batch = 100;
Task<std::int64_t> delete_expired_exports(db::Transaction&, Time before);

/// Everything that is kept of a customer here.
Task<> erase(db::Transaction&, UserId);

}   // namespace caddy::customers::store
