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
// The people of identity, who stands above this feature: the log keeps only their numbers.
struct ActorTag {
    static constexpr std::string_view prefix = "cus";
};
using ActorId = Id<ActorTag>;

/// One act. `before` and `after` hold what changed, never a secret.
struct Act {
    std::string_view action;    // `catalog.product.update`
    std::string_view subject;   // the text of the id that it was done to
    std::optional<json::Raw> before{};
    std::optional<json::Raw> after{};
};

/// Writes an act of the context's principal. A part of every back-office transaction.
Task<> record(db::Transaction&, const Context&, const Act&);

/// An act as it stands in the log.
struct Entry {
    EntryId id;
    Time at{};
    std::optional<ActorId> actor{};   // none: the program itself, such as a job
    std::string role;
    std::string action;
    std::string subject;
    std::optional<json::Raw> before{};
    std::optional<json::Raw> after{};
    std::string request_id;   // of the request that did it, for the logs
};
BOOST_DESCRIBE_STRUCT(Entry, (), (id, at, actor, role, action, subject, before, after, request_id))

/// Which entries; what is not given narrows nothing. Both times belong to the span.
struct EntryQuery {
    std::optional<ActorId> actor{};
    std::optional<std::string> action{};
    std::optional<std::string> subject{};
    std::optional<Time> from{};
    std::optional<Time> to{};
};

/// Reads the log. Entries are never changed, so a page once seen stays as it was.
class AuditLog {
public:
    explicit AuditLog(db::Database& database) : db_(database) {}

    /// The newest first. Refuses: request.cursor_mismatch
    Task<Result<Page<Entry>>> list(const Context&, const EntryQuery&, const PageRequest&);

private:
    db::Database& db_;
};

}   // namespace caddy::audit
