#pragma once
// Files that belong to the shop rather than to one machine: kept under a name, whole or not at all, in a folder or in
// the database. Event loop only; one store per process and place.
#include "platform/db/database.hpp"
#include "platform/runtime/context.hpp"

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace caddy::files {

/// Lower-case letters, digits, `-`, `_` and `.`, 4 to 120 of them, two letters or digits first, no two dots in a row.
bool is_file_name(std::string_view);

using Content = std::shared_ptr<const std::string>;

/// REQUIRES of every name: is_file_name.
class FileStore {
public:
    virtual ~FileStore() = default;

    /// Keeps the content under the name, in place of what was there. Readers see the old content or the new one, and
    /// after a crash the file is there whole or not at all. Throws Unavailable when there is no room for it.
    virtual Task<> put(const Context&, const std::string& name, Content content) = 0;

    /// The content, or nothing.
    virtual Task<std::optional<std::string>> get(const Context&, const std::string& name) = 0;

    virtual Task<bool> exists(const Context&, const std::string& name) = 0;

    /// Removes the file unless it was put at `put_before` or later; whether it did. The bound lets somebody who put
    /// the same name anew, beside us, keep it.
    virtual Task<bool> remove(const Context&, const std::string& name, Time put_before) = 0;

    /// At most `limit` names behind `after`, in order, of files that were put before a time; for sweepers.
    virtual Task<std::vector<std::string>> older(const Context&, Time put_before, const std::string& after,
                                                 int limit) = 0;

    /// Removes a bounded part of what crashed puts have left behind.
    virtual Task<> sweep_drafts(const Context&, Time begun_before) = 0;
};

/// Files in folders of at most 256 by the first two characters of their names, which are made where they are missing.
std::unique_ptr<FileStore> folder_store(std::filesystem::path root);

/// Files in tables, in parts of half a MiB, so that every process of a fleet reaches them.
std::unique_ptr<FileStore> database_store(db::Database&);

}   // namespace caddy::files
