#pragma once
// All SQL of tax. Private to the feature.
#include "platform/db/session.hpp"
#include "shop/tax/tax.hpp"

namespace caddy::tax::store {

/// Oldest first; a place with its key is a province's.
Task<std::vector<RateRow>> of_country(db::Session&, std::string_view country);
Task<bool> any(db::Session&);
Task<std::optional<RateRow>> find(db::Session&, RateId);
/// The row, held until the transaction ends.
Task<std::optional<RateRow>> lock(db::Transaction&, RateId);
/// Ids above `after`, in their order.
Task<std::vector<RateRow>> page(db::Session&, RateId after, int limit);
Task<std::vector<RateRow>> page_of_country(db::Session&, std::string_view country, RateId after, int limit);
/// The rate that stands in the way of one with this place, category and name.
Task<std::optional<RateId>> rival(db::Session&, const RateRow&);
/// False when there is such a rate already.
Task<bool> insert(db::Transaction&, const RateRow&);
/// REQUIRES: the row is locked and its version moves on.
Task<> update(db::Transaction&, const RateRow&);
Task<> erase(db::Transaction&, RateId);

}  // namespace caddy::tax::store
