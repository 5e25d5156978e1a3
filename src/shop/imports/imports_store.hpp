#pragma once
// What imports remember: how each product's rows looked, and which quantity was imported last. Private to imports.
#include "shop/imports/imports.hpp"

#include <span>

namespace caddy::imports::store {

Task<std::optional<std::string>> fingerprint(db::Session&, std::string_view handle);
Task<> remember_fingerprint(db::Transaction&, std::string_view handle, std::string_view fingerprint, Time);

struct Quantity {
    catalog::VariantId variant_id;
    std::int64_t quantity = 0;
};
BOOST_DESCRIBE_STRUCT(Quantity, (), (variant_id, quantity))

/// What was imported last; variants that never were are missing.
Task<std::vector<Quantity>> quantities(db::Session&, std::span<const catalog::VariantId>);
Task<> remember_quantity(db::Transaction&, const Quantity&, Time);

// ---- imports in the background ----

struct JobRow {
    ImportId id;
    ImportStatus status{};
    std::string currency;
    std::int64_t done_rows = 0;
    std::int64_t total_rows = 0;
    std::int64_t done_groups = 0;   // products of the file whose outcome is written
    std::int64_t entries = 0;       // of the report
    std::string totals;
    std::optional<std::string> error_code;
    std::optional<std::string> error_detail;
    Time created_at{};
    std::optional<Time> finished_at;
    std::int64_t version = 1;
};
BOOST_DESCRIBE_STRUCT(JobRow, (),
                      (id, status, currency, done_rows, total_rows, done_groups, entries, totals, error_code,
                       error_detail, created_at, finished_at, version))

Task<> insert_job(db::Transaction&, const JobRow&);
/// False when somebody else has written it since it was read.
Task<bool> update_job(db::Transaction&, const JobRow&);
Task<std::optional<JobRow>> job(db::Session&, ImportId);
/// With smaller ids than `before`, the greatest first.
Task<std::vector<JobRow>> jobs_before(db::Session&, ImportId before, int limit);

Task<> insert_part(db::Transaction&, ImportId, std::int64_t part, std::string_view content);
Task<std::optional<std::string>> part(db::Session&, ImportId, std::int64_t part);
Task<> delete_parts(db::Transaction&, ImportId);

struct EntryRow {
    std::int64_t position = 0;
    std::int64_t row_no = 0;
    std::string handle;
    Outcome outcome{};
    std::string message;
};
BOOST_DESCRIBE_STRUCT(EntryRow, (), (position, row_no, handle, outcome, message))
Task<> insert_entry(db::Transaction&, ImportId, const EntryRow&);
Task<std::vector<EntryRow>> entries_after(db::Session&, ImportId, std::int64_t position, int limit);

}  // namespace caddy::imports::store
