#pragma once
// Applies the migrations that the binary carries: once each, in order, under a lock, by any number of processes.
#include "platform/db/database.hpp"

#include <string>
#include <vector>

namespace caddy::db {

/// A migration `NNNN_feature_what`, in the engine's text: several statements, each ended by `;` at a line's end.
struct Migration {
    int version = 0;
    std::string name;
    std::string_view text;
};

/// The migrations of this binary for an engine, ascending.
std::vector<Migration> migrations_for(Engine);

struct SchemaState {
    int applied = 0;   // highest version in the database
    int known = 0;     // highest version of this binary
    int missing = 0;   // how many of this binary's are not in the database
    bool current() const { return missing == 0 && applied <= known; }
    bool newer() const { return applied > known; }
};

/// Reads where the schema stands; an empty database stands at 0.
Task<SchemaState> schema_state(Database&, const Context&);

/// Applies what is missing and returns the names of what it applied.
///
/// Throws Fault when the schema is newer than this binary knows, or when a migration that was applied is not the
/// one that this binary carries (by checksum).
Task<std::vector<std::string>> migrate(Database&, const Context&);
/// The same with a list of one's own, ascending.
Task<std::vector<std::string>> migrate(Database&, const Context&, std::vector<Migration>);

}  // namespace caddy::db
