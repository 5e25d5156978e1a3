// Files in tables. The parts of a content are written bit by bit, so that no transaction is long; then one transaction
// puts the name on it. Until that, and after a crash, they are a draft that nobody sees and the sweeper removes.
#include "core/assert.hpp"
#include "core/id.hpp"
#include "platform/files/files.hpp"

#include <algorithm>
#include <span>

namespace caddy::files {
namespace {

constexpr std::size_t part_bytes = 512 * 1024;
constexpr std::int64_t parts_per_transaction = 4;
constexpr int drafts_per_sweep = 20;
constexpr int reads_max = 3;

const db::Sql sql_insert_draft{{.name = "files.insert_draft",
                                .any = "INSERT INTO stored_file_drafts (content_id, begun_at) VALUES (?, ?)"}};
const db::Sql sql_delete_draft{{.name = "files.delete_draft",
                                .any = "DELETE FROM stored_file_drafts WHERE content_id = ?"}};
const db::Sql sql_old_drafts{{.name = "files.old_drafts",
                              .any = "SELECT content_id FROM stored_file_drafts WHERE begun_at < ? ORDER BY begun_at"
                                     " LIMIT ?"}};
const db::Sql sql_insert_part{
    {.name = "files.insert_part",
     .mysql = "INSERT INTO stored_file_parts (content_id, part, content) VALUES (?, ?, ?)",
     .sqlite = "INSERT INTO stored_file_parts (content_id, part, content) VALUES (?, ?, CAST(? AS BLOB))"}};
const db::Sql sql_part{{.name = "files.part",
                        .any = "SELECT content FROM stored_file_parts WHERE content_id = ? AND part = ?"}};
const db::Sql sql_delete_parts{{.name = "files.delete_parts",
                                .any = "DELETE FROM stored_file_parts WHERE content_id = ?"}};
const db::Sql sql_file{{.name = "files.file",
                        .any = "SELECT content_id, bytes, parts, put_at FROM stored_files WHERE name = ?"}};
const db::Sql sql_lock_file{
    {.name = "files.lock_file",
     .mysql = "SELECT content_id, bytes, parts, put_at FROM stored_files WHERE name = ? FOR UPDATE",
     .sqlite = "SELECT content_id, bytes, parts, put_at FROM stored_files WHERE name = ?"}};
const db::Sql sql_insert_file{
    {.name = "files.insert_file",
     .any = "INSERT INTO stored_files (name, content_id, bytes, parts, put_at) VALUES (?, ?, ?, ?, ?)"}};
const db::Sql sql_update_file{
    {.name = "files.update_file",
     .any = "UPDATE stored_files SET content_id = ?, bytes = ?, parts = ?, put_at = ? WHERE name = ?"}};
const db::Sql sql_delete_file{{.name = "files.delete_file", .any = "DELETE FROM stored_files WHERE name = ?"}};
const db::Sql sql_older_files{
    {.name = "files.older_files",
     .any = "SELECT name FROM stored_files WHERE name > ? AND put_at < ? ORDER BY name LIMIT ?"}};

struct FileRow {
    std::int64_t content_id = 0;
    std::int64_t bytes = 0;
    std::int64_t parts = 0;
    Time put_at{};
};
BOOST_DESCRIBE_STRUCT(FileRow, (), (content_id, bytes, parts, put_at))

struct DraftRow {
    std::int64_t content_id = 0;
};
BOOST_DESCRIBE_STRUCT(DraftRow, (), (content_id))

struct NameRow {
    std::string name;
};
BOOST_DESCRIBE_STRUCT(NameRow, (), (name))

std::int64_t parts_of(std::string_view content) {
    return static_cast<std::int64_t>((content.size() + part_bytes - 1) / part_bytes);
}

class DatabaseStore final : public FileStore {
public:
    explicit DatabaseStore(db::Database& database) : db_(database) {}

    Task<> put(const Context& ctx, const std::string& name, Content content) override {
        CADDY_ASSERT(is_file_name(name));
        const auto id = next_id();
        for (std::int64_t first = 0; first == 0 || first < parts_of(*content); first += parts_per_transaction) {
            co_await write_parts(ctx, id, *content, first);
        }
        const FileRow row{id, static_cast<std::int64_t>(content->size()), parts_of(*content), ctx.now()};
        co_await take_name(ctx, name, row);
    }

    Task<std::optional<std::string>> get(const Context& ctx, const std::string& name) override {
        CADDY_ASSERT(is_file_name(name));
        auto session = co_await db_.read(ctx);
        // Whoever puts the name anew takes the parts away under our hands; then there are others.
        for (int read = 0; read < reads_max; ++read) {
            const auto row = co_await session.one<FileRow>(sql_file, name);
            if (!row) co_return std::nullopt;
            auto content = co_await read_parts(session, *row);
            if (content.size() == static_cast<std::size_t>(row->bytes)) co_return content;
        }
        throw db::Fault("the parts of the stored file " + name + " are not complete");
    }

    Task<bool> exists(const Context& ctx, const std::string& name) override {
        auto session = co_await db_.read(ctx);
        const auto row = co_await session.one<FileRow>(sql_file, name);
        co_return row.has_value();
    }

    Task<bool> remove(const Context& ctx, const std::string& name, Time put_before) override {
        const auto removed =
            co_await db_.transact(ctx, "files.remove", [&](db::Transaction& tx) -> Task<Result<bool>> {
                const auto row = co_await tx.one<FileRow>(sql_lock_file, name);
                if (!row || row->put_at >= put_before) co_return false;
                co_await tx.exec(sql_delete_file, name);
                co_await tx.exec(sql_delete_parts, row->content_id);
                co_return true;
            });
        co_return removed.value();
    }

    Task<std::vector<std::string>> older(const Context& ctx, Time put_before, const std::string& after,
                                         int limit) override {
        auto session = co_await db_.read(ctx);
        auto rows = co_await session.all<NameRow>(sql_older_files, after, put_before, limit);
        std::vector<std::string> names;
        for (auto& row : rows) names.push_back(std::move(row.name));
        co_return names;
    }

    Task<> sweep_drafts(const Context& ctx, Time begun_before) override {
        std::vector<DraftRow> drafts;
        {
            auto session = co_await db_.read(ctx);
            drafts = co_await session.all<DraftRow>(sql_old_drafts, begun_before, drafts_per_sweep);
        }
        for (const auto& draft : drafts) {
            (void)co_await db_.transact(ctx, "files.sweep", [&](db::Transaction& tx) -> Task<Result<bool>> {
                // Who deletes the draft has it; a put that is still on its way then finds that it was too slow.
                const auto mine = co_await tx.exec(sql_delete_draft, draft.content_id);
                if (mine == 1) co_await tx.exec(sql_delete_parts, draft.content_id);
                co_return mine == 1;
            });
        }
    }

private:
    Task<> write_parts(const Context& ctx, std::int64_t id, std::string_view content, std::int64_t first) {
        (void)co_await db_.transact(ctx, "files.write_parts", [&](db::Transaction& tx) -> Task<Result<bool>> {
            if (first == 0) co_await tx.exec(sql_insert_draft, id, ctx.now());
            const auto end = std::min(first + parts_per_transaction, parts_of(content));
            for (auto part = first; part < end; ++part) {
                const auto piece = content.substr(static_cast<std::size_t>(part) * part_bytes, part_bytes);
                co_await tx.exec(sql_insert_part, id, part, piece);
            }
            co_return true;
        });
    }

    Task<> take_name(const Context& ctx, const std::string& name, const FileRow& row) {
        const auto kept = co_await db_.transact(ctx, "files.take_name", [&](db::Transaction& tx) -> Task<Result<bool>> {
            const auto there = co_await tx.one<FileRow>(sql_lock_file, name);
            const auto draft = co_await tx.exec(sql_delete_draft, row.content_id);
            if (draft != 1) co_return false;
            if (there) {
                co_await tx.exec(sql_update_file, row.content_id, row.bytes, row.parts, row.put_at, name);
                co_await tx.exec(sql_delete_parts, there->content_id);
                co_return true;
            }
            const bool first = co_await tx.exec_unique(sql_insert_file, name, row.content_id, row.bytes, row.parts,
                                                       row.put_at);
            if (!first) throw db::Retry("the file " + name + " was put beside us");
            co_return true;
        });
        if (!kept.value()) throw Unavailable("the file " + name + " took too long to be stored");
    }

    static Task<std::string> read_parts(db::Session& session, const FileRow& row) {
        std::string content;
        content.reserve(static_cast<std::size_t>(row.bytes));
        for (std::int64_t part = 0; part < row.parts; ++part) {
            const auto piece = co_await session.scalar<std::string>(sql_part, row.content_id, part);
            if (!piece) break;
            content.append(*piece);
        }
        co_return content;
    }

    db::Database& db_;
};

}   // namespace

std::unique_ptr<FileStore> database_store(db::Database& database) { return std::make_unique<DatabaseStore>(database); }

}   // namespace caddy::files
