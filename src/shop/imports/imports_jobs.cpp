// Imports in the background: the file is kept in the database, products are imported in slices, and after each slice
// its outcomes and the progress are written in one transaction.
#include "platform/idempotency/idempotency.hpp"
#include "platform/jobs/outbox.hpp"
#include "platform/jobs/worker.hpp"
#include "platform/json/decode.hpp"
#include "platform/text/text.hpp"
#include "shop/audit/audit.hpp"
#include "shop/imports/imports.hpp"
#include "shop/imports/imports_run.hpp"
#include "shop/imports/imports_store.hpp"

#include <algorithm>
#include <charconv>

namespace caddy::imports {

/// What a part of a file's products came to.
struct ImportService::Slice {
    std::size_t groups = 0;
    std::int64_t rows = 0;
    std::vector<Entry> entries;
};

namespace {

constexpr std::size_t part_bytes = 512 * 1024;
constexpr std::size_t groups_per_slice = 100;
constexpr std::chrono::seconds slice_time{2};
constexpr std::chrono::seconds turn_time{20};   // then another event, long before a job's time is over

namespace refuse {
Error not_found() { return {ErrorKind::not_found, "imports.not_found", "There is no such import."}; }
Error wrong_encoding() {
    return {ErrorKind::invalid, "imports.wrong_encoding",
            "The file is not UTF-8. Save it as CSV in UTF-8 and send it anew."};
}
Error too_large() {
    return {ErrorKind::invalid, "imports.too_large", "The file is larger than 64 MiB. Send it in parts."};
}
Error unknown_currency(const std::string& code) {
    return {ErrorKind::invalid, "imports.unknown_currency",
            code + " is no currency of ISO 4217. Name one such as CNY."};
}
Error cursor_malformed() {
    return {ErrorKind::malformed, "request.cursor_malformed", "Send the cursor as the last page gave it."};
}
}  // namespace refuse

struct Requested {
    ImportId import_id;
};
BOOST_DESCRIBE_STRUCT(Requested, (), (import_id))

struct Received {
    std::int64_t bytes = 0;
    std::string currency;
};
BOOST_DESCRIBE_STRUCT(Received, (), (bytes, currency))

ImportJob to_job(store::JobRow row) {
    return {.id = row.id,
            .status = row.status,
            .currency = std::move(row.currency),
            .done_rows = row.done_rows,
            .total_rows = row.total_rows,
            .totals = json::from_json<Totals>(row.totals).value(),
            .error_code = std::move(row.error_code),
            .error_detail = std::move(row.error_detail),
            .created_at = row.created_at,
            .finished_at = row.finished_at,
            .version = row.version};
}

/// The length of a part that ends between two characters, when at least one byte behind it is known.
std::size_t part_length(std::string_view rest) {
    if (rest.size() <= part_bytes) return rest.size();
    constexpr std::size_t character_bytes_max = 4;
    std::size_t length = part_bytes;
    while (length > part_bytes - character_bytes_max && (static_cast<unsigned char>(rest[length]) & 0xC0U) == 0x80U)
        --length;
    return length;
}

/// Copies the file into its parts.
Task<Result<void>> keep_file(db::Transaction& tx, ImportId id, const GivenFile& file) {
    std::uint64_t offset = 0;
    for (std::int64_t number = 0; offset < file.bytes; ++number) {
        auto piece = co_await file.read(offset, part_bytes + 1);
        piece.resize(part_length(piece));
        if (!text::is_utf8(piece)) co_return refuse::wrong_encoding();
        co_await store::insert_part(tx, id, number, piece);
        offset += piece.size();
    }
    co_return Result<void>{};
}

Task<> ask(db::Transaction& tx, const Context& ctx, ImportId id) {
    const Requested event{id};
    co_await jobs::emit(tx, ctx, "imports.requested", id.text(), json::to_json(event));
}

std::optional<std::int64_t> position_of(const std::string& cursor) {
    std::int64_t position = 0;
    const auto [end, fault] = std::from_chars(cursor.data(), cursor.data() + cursor.size(), position);
    if (fault != std::errc{} || end != cursor.data() + cursor.size() || position < 0) return std::nullopt;
    return position;
}

/// Behind those that the job has already.
Task<> write_entries(db::Transaction& tx, const store::JobRow& job, const std::vector<Entry>& entries) {
    auto position = job.entries;
    for (const auto& entry : entries) {
        const store::EntryRow made{++position, entry.row, entry.handle, entry.outcome, entry.message};
        co_await store::insert_entry(tx, job.id, made);
    }
}

/// What the job says after these entries, `done_groups` and `done_rows` having been moved on.
void advance(store::JobRow& job, const ReadFile& file, const std::vector<Entry>& entries) {
    auto totals = json::from_json<Totals>(job.totals).value();
    totals.rows = file.grouped.rows;
    for (const auto& entry : entries) count(totals, entry.outcome);
    job.totals = json::to_json(totals);
    job.entries += static_cast<std::int64_t>(entries.size());
    job.total_rows = file.grouped.rows;
    const bool done = job.done_groups == static_cast<std::int64_t>(file.grouped.groups.size());
    job.status = done ? ImportStatus::done : ImportStatus::running;
    if (done) job.done_rows = job.total_rows;
}

}  // namespace

Task<Result<ImportJob>> ImportService::submit(const Context& ctx, const GivenFile& file,
                                              std::optional<std::string> currency) {
    const auto code = currency.value_or(config_.currency);
    if (!Currency::parse(code)) co_return refuse::unknown_currency(code);
    if (file.bytes > file_bytes_max) co_return refuse::too_large();
    co_return co_await db_.transact(ctx, "imports.submit", [&](db::Transaction& tx) -> Task<Result<ImportJob>> {
        store::JobRow row;
        row.id = ImportId::next();
        row.currency = code;
        row.totals = json::to_json(Totals{});
        row.created_at = ctx.now();
        CADDY_CO_TRY(co_await idempotency::record(tx, ctx, row.id.text()));
        co_await store::insert_job(tx, row);
        CADDY_CO_TRY(co_await keep_file(tx, row.id, file));
        co_await ask(tx, ctx, row.id);
        const auto subject = row.id.text();
        const Received received{static_cast<std::int64_t>(file.bytes), code};
        audit::Act act{.action = "imports.submit", .subject = subject, .before = {}, .after = {}};
        act.after = json::Raw{json::to_json(received)};
        co_await audit::record(tx, ctx, act);
        co_return to_job(std::move(row));
    });
}

Task<Result<Page<ImportJob>>> ImportService::list(const Context& ctx, const PageRequest& page) {
    ImportId before{std::numeric_limits<std::int64_t>::max()};
    if (page.cursor) {
        const auto id = ImportId::parse(*page.cursor);
        if (!id) co_return refuse::cursor_malformed();
        before = *id;
    }
    auto db = co_await db_.read(ctx);
    auto rows = co_await store::jobs_before(db, before, page.limit + 1);
    Page<ImportJob> result;
    result.limit = page.limit;
    const bool more = rows.size() > static_cast<std::size_t>(page.limit);
    if (more) rows.resize(static_cast<std::size_t>(page.limit));
    for (auto& row : rows) result.data.push_back(to_job(std::move(row)));
    if (more) result.next = result.data.back().id.text();
    co_return result;
}

Task<Result<ImportJob>> ImportService::show(const Context& ctx, ImportId id) {
    auto db = co_await db_.read(ctx);
    auto row = co_await store::job(db, id);
    if (!row) co_return refuse::not_found();
    co_return to_job(std::move(*row));
}

Task<Result<Page<Entry>>> ImportService::report(const Context& ctx, ImportId id, const PageRequest& page) {
    const auto after = page.cursor ? position_of(*page.cursor) : std::optional<std::int64_t>(0);
    if (!after) co_return refuse::cursor_malformed();
    auto db = co_await db_.read(ctx);
    const auto job = co_await store::job(db, id);
    if (!job) co_return refuse::not_found();
    auto rows = co_await store::entries_after(db, id, *after, page.limit + 1);
    Page<Entry> result;
    result.limit = page.limit;
    if (rows.size() > static_cast<std::size_t>(page.limit)) {
        rows.resize(static_cast<std::size_t>(page.limit));
        result.next = std::to_string(rows.back().position);
    }
    for (auto& row : rows) {
        result.data.push_back({row.row_no, std::move(row.handle), row.outcome, std::move(row.message)});
    }
    co_return result;
}

Task<Result<std::unique_ptr<ReadFile>>> ImportService::read_parts(const Context& ctx, ImportId id) {
    FileReader reader;
    for (std::int64_t number = 0;; ++number) {
        std::optional<std::string> piece;
        {
            auto db = co_await db_.read(ctx);
            piece = co_await store::part(db, id, number);
        }
        if (!piece) break;
        CADDY_CO_TRY(co_await offload(files_, [&] { return reader.feed(*piece); }));
    }
    co_return co_await offload(files_, [&] { return reader.finish(); });
}

Task<> ImportService::work(const Context& ctx, ImportId id) {
    std::string code;
    {
        auto db = co_await db_.read(ctx);
        const auto row = co_await store::job(db, id);
        if (!row || row->status == ImportStatus::done || row->status == ImportStatus::failed) co_return;
        code = row->currency;
    }
    const auto file = co_await read_parts(ctx, id);
    if (file.has_value()) {
        co_await work_on(ctx, id, **file, Currency::parse(code).value());
        co_return;
    }
    const auto& error = file.error();
    (void)co_await db_.transact(ctx, "imports.fail", [&](db::Transaction& tx) -> Task<Result<void>> {
        auto row = co_await store::job(tx, id);
        if (!row || row->finished_at) co_return Result<void>{};
        row->status = ImportStatus::failed;
        row->error_code = std::string(error.code);
        row->error_detail = error.detail;
        row->finished_at = ctx.now();
        co_await store::update_job(tx, *row);
        co_await store::delete_parts(tx, id);
        co_return Result<void>{};
    });
}

Task<ImportService::Slice> ImportService::run_slice(const Context& ctx, const ReadFile& file, Currency currency,
                                                    std::size_t first) {
    const auto began = std::chrono::steady_clock::now();
    ImageShelf shelf({});
    Slice slice;
    const auto& groups = file.grouped.groups;
    while (first + slice.groups < groups.size() && slice.groups < groups_per_slice &&
           std::chrono::steady_clock::now() - began < slice_time) {
        const auto count = std::min({groups_per_transaction, groups_per_slice - slice.groups,
                                     groups.size() - first - slice.groups});
        const auto some = std::span<const Group>(groups).subspan(first + slice.groups, count);
        auto entries = co_await import_groups(ctx, file, some, currency, shelf);
        std::move(entries.begin(), entries.end(), std::back_inserter(slice.entries));
        for (const auto& group : some) slice.rows += static_cast<std::int64_t>(group.rows.size());
        slice.groups += count;
    }
    co_return slice;
}

/// Slices until the file is done, somebody else is found at work on it, or the turn is over.
Task<> ImportService::work_on(const Context& ctx, ImportId id, const ReadFile& file, Currency currency) {
    const auto began = std::chrono::steady_clock::now();
    std::optional<store::JobRow> row;
    {
        auto db = co_await db_.read(ctx);
        row = co_await store::job(db, id);
    }
    while (row && !row->finished_at) {
        auto slice = co_await run_slice(ctx, file, currency, static_cast<std::size_t>(row->done_groups));
        if (row->status == ImportStatus::queued) {
            slice.entries.insert(slice.entries.begin(), file.grouped.entries.begin(), file.grouped.entries.end());
        }
        auto next = *row;
        next.done_groups += static_cast<std::int64_t>(slice.groups);
        next.done_rows += slice.rows;
        advance(next, file, slice.entries);
        if (next.status == ImportStatus::done) next.finished_at = ctx.now();
        const bool turn_over = std::chrono::steady_clock::now() - began > turn_time;
        const auto written = co_await db_.transact(
            ctx, "imports.slice", [&](db::Transaction& tx) -> Task<Result<bool>> {
                const bool mine = co_await store::update_job(tx, next);
                if (!mine) co_return false;
                co_await write_entries(tx, *row, slice.entries);
                if (next.finished_at) co_await store::delete_parts(tx, id);
                if (!next.finished_at && turn_over) co_await ask(tx, ctx, id);
                co_return true;
            });
        if (!written.has_value() || !*written || turn_over) co_return;
        ++next.version;
        row = next;
    }
}

namespace {

Task<> on_requested(const Context& ctx, const jobs::Event& event, ImportService& imports) {
    const auto requested = json::from_json<Requested>(event.payload);
    co_await imports.work(ctx, requested.value().import_id);
}

}  // namespace

void jobs(caddy::jobs::JobTable& table, ImportService& imports) {
    table.on("imports.requested", "imports.work", caddy::jobs::bind_event(on_requested, imports));
}

}  // namespace caddy::imports
