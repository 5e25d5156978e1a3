#pragma once
// The audit log: who did what in the back office, to what, and how it was before and after. Written in the transaction
// of the change itself, so that there is no change without its entry. Event loop only.
#include "core/page.hpp"
#include "core/result.hpp"
#include "platform/db/database.hpp"
#include "platform/json/encode.hpp"

#include <boost/describe.hpp>

namespace caddy::audit {

struct EntryTag {
    static constexpr std::string_view prefix = "aud";
};
using EntryId = Id<EntryTag>;

/// One act. `before` and `after` hold what changed, never a secret.
struct Act {
    std::string_view action;    // `catalog.product.update`
    std::string_view subject;   // the text of the id that it was done to
    std::optional<json::Raw> before{};
    std::optional<json::Raw> after{};
};

/// Writes an act of the context's principal. A part of every back-office transaction.
Task<> record(db::Transaction&, const Context&, const Act&);

}   // namespace caddy::audit
