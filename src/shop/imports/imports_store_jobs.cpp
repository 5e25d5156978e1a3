#include "shop/imports/imports_store.hpp"

namespace caddy::imports::store {
namespace {

const db::Sql sql_insert_job{{
    .name = "imports.insert_job",
    .any = "INSERT INTO import_jobs (id, status, currency, done_rows, total_rows, done_groups, entries, totals,"
           " error_code,"
           " error_detail, created_at, finished_at, version) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"}};

const db::Sql sql_update_job{{
    .name = "imports.update_job",
    .any = "UPDATE import_jobs SET status = ?, done_rows = ?, total_rows = ?, done_groups = ?, entries = ?, totals = ?,"
           " error_code = ?, error_detail = ?, finished_at = ?, version = version + 1 WHERE id = ? AND version = ?"}};

const db::Sql sql_job{{
    .name = "imports.job",
    .any = "SELECT id, status, currency, done_rows, total_rows, done_groups, entries, totals, error_code,"
           " error_detail, created_at, finished_at, version FROM import_jobs WHERE id = ?"}};

const db::Sql sql_jobs_before{{
    .name = "imports.jobs_before",
    .any = "SELECT id, status, currency, done_rows, total_rows, done_groups, entries, totals, error_code,"
           " error_detail, created_at, finished_at, version FROM import_jobs WHERE id < ? ORDER BY id DESC LIMIT ?"}};

const db::Sql sql_insert_part{{
    .name = "imports.insert_part",
    .any = "INSERT INTO import_file_parts (import_id, part, content) VALUES (?, ?, ?)"}};

const db::Sql sql_part{{
    .name = "imports.part",
    .any = "SELECT content FROM import_file_parts WHERE import_id = ? AND part = ?"}};

const db::Sql sql_delete_parts{{
    .name = "imports.delete_parts",
    .any = "DELETE FROM import_file_parts WHERE import_id = ?"}};

const db::Sql sql_insert_entry{{
    .name = "imports.insert_entry",
    .any = "INSERT INTO import_entries (import_id, position, row_no, handle, outcome, message) VALUES (?, ?, ?, ?, ?,"
           " ?)"}};

const db::Sql sql_entries_after{{
    .name = "imports.entries_after",
    .any = "SELECT position, row_no, handle, outcome, message FROM import_entries WHERE import_id = ? AND position > ?"
           " ORDER BY position LIMIT ?"}};

}  // namespace

Task<> insert_job(db::Transaction& tx, const JobRow& j) {
    co_await tx.exec(sql_insert_job, j.id, j.status, j.currency, j.done_rows, j.total_rows, j.done_groups, j.entries,
                     j.totals, j.error_code, j.error_detail, j.created_at, j.finished_at, j.version);
}

Task<bool> update_job(db::Transaction& tx, const JobRow& j) {
    const auto changed =
        co_await tx.exec(sql_update_job, j.status, j.done_rows, j.total_rows, j.done_groups, j.entries, j.totals,
                         j.error_code, j.error_detail, j.finished_at, j.id, j.version);
    co_return changed == 1;
}

Task<std::optional<JobRow>> job(db::Session& db, ImportId id) { co_return co_await db.one<JobRow>(sql_job, id); }

Task<std::vector<JobRow>> jobs_before(db::Session& db, ImportId before, int limit) {
    co_return co_await db.all<JobRow>(sql_jobs_before, before, limit);
}

Task<> insert_part(db::Transaction& tx, ImportId id, std::int64_t part, std::string_view content) {
    co_await tx.exec(sql_insert_part, id, part, content);
}

Task<std::optional<std::string>> part(db::Session& db, ImportId id, std::int64_t part) {
    co_return co_await db.scalar<std::string>(sql_part, id, part);
}

Task<> delete_parts(db::Transaction& tx, ImportId id) { co_await tx.exec(sql_delete_parts, id); }

Task<> insert_entry(db::Transaction& tx, ImportId id, const EntryRow& entry) {
    co_await tx.exec(sql_insert_entry, id, entry.position, entry.row_no, entry.handle, entry.outcome, entry.message);
}

Task<std::vector<EntryRow>> entries_after(db::Session& db, ImportId id, std::int64_t position, int limit) {
    co_return co_await db.all<EntryRow>(sql_entries_after, id, position, limit);
}

}  // namespace caddy::imports::store
