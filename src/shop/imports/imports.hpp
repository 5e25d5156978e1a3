#pragma once
// Imports of product files in Shopify's CSV format: every column is kept or reported, every product is all or nothing,
// and the same file again changes nothing.
#include "core/result.hpp"
#include "platform/db/database.hpp"
#include "platform/runtime/offload.hpp"
#include "shop/catalog/catalog.hpp"
#include "shop/inventory/inventory.hpp"
#include "shop/media/media.hpp"

#include <boost/describe.hpp>

#include <filesystem>
#include <functional>
#include <span>

namespace caddy::imports {

/// `note` is a remark on a row whose product was taken all the same.
BOOST_DEFINE_ENUM_CLASS(Outcome, created, updated, unchanged, refused, note)

/// What became of a product (one entry each), or a remark.
struct Entry {
    std::int64_t row = 0;   // as a spreadsheet counts: the header is row 1; the product's first row, or the one meant
    std::string handle;    // empty where the row has none
    Outcome outcome = Outcome::note;
    std::string message;   // what happened and what to do; empty when there is nothing to say
};
BOOST_DESCRIBE_STRUCT(Entry, (), (row, handle, outcome, message))

struct Totals {
    std::int64_t rows = 0;      // without the header and empty ones
    std::int64_t products = 0;   // created + updated + unchanged + refused
    std::int64_t created = 0;
    std::int64_t updated = 0;
    std::int64_t unchanged = 0;
    std::int64_t refused = 0;
    std::int64_t notes = 0;
};
BOOST_DESCRIBE_STRUCT(Totals, (), (rows, products, created, updated, unchanged, refused, notes))

struct Report {
    Totals totals;
    std::vector<Entry> entries;   // by row
};
BOOST_DESCRIBE_STRUCT(Report, (), (totals, entries))

/// A file on disk, or its bytes; a file's folder is where relative image paths are looked up.
struct ImportRequest {
    std::filesystem::path file{};   // empty: `content` is the file
    std::string content{};
    std::optional<std::filesystem::path>
        image_folder{};                  // instead of the file's own; without either, paths are kept as they are
    std::optional<Currency> currency{};   // instead of Config::currency
};

/// A file that somebody hands in, read piece by piece.
struct GivenFile {
    std::uint64_t bytes = 0;
    std::function<Task<std::string>(std::uint64_t offset, std::size_t bytes)> read;
};

struct ImportTag {
    static constexpr std::string_view prefix = "imp";
};
using ImportId = Id<ImportTag>;

BOOST_DEFINE_ENUM_CLASS(ImportStatus, queued, running, done, failed)

/// An import that was handed in to be run in the background.
struct ImportJob {
    ImportId id;
    ImportStatus status{};
    std::string currency;
    std::int64_t done_rows = 0;
    std::int64_t total_rows = 0;   // 0 until the file has been read
    Totals totals;
    std::optional<std::string> error_code;     // why the file as a whole was refused
    std::optional<std::string> error_detail;
    Time created_at{};
    std::optional<Time> finished_at;
    std::int64_t version = 1;
};
BOOST_DESCRIBE_STRUCT(ImportJob, (),
                      (id, status, currency, done_rows, total_rows, totals, error_code, error_detail, created_at,
                       finished_at, version))

/// Hears after every few products how many of the file's rows are done.
using Progress = std::function<void(std::int64_t done_rows, std::int64_t total_rows)>;

constexpr std::size_t file_bytes_max = 64 * 1024 * 1024;
constexpr std::size_t groups_per_transaction = 20;   // a commit waits for the disk, and orders wait for the commit

struct Config {
    std::string currency = "CNY";   // of the prices in a file, which names none
};

struct Group;
class ImageShelf;
struct MappedProduct;
struct ReadFile;

class ImportService {
public:
    ImportService(db::Database& database, catalog::CatalogService& catalog, inventory::InventoryService& inventory,
                  media::MediaService& media, const Config& config)
        : db_(database), catalog_(catalog), inventory_(inventory), media_(media), config_(config) {}
    ~ImportService();

    /// Imports a product file and tells row by row what became of it.
    ///
    /// A faulty product is refused in the report, with its row and the reason, and the others go on. Products whose
    /// rows are as they were at their last import are not touched, whatever happened to them since. A quantity is set
    /// only where it differs from the one that was imported last, so that sales are not undone.
    ///
    /// Refuses: imports.no_such_file, imports.too_large, imports.not_utf8, imports.malformed_csv,
    /// imports.no_product_columns,
    ///          imports.unknown_currency: when the file as a whole cannot be read; nothing is written then
    /// Effect:  one transaction for a few products, or for each where one of them is refused
    /// Emits:   catalog.product_changed per product that changed
    Task<Result<Report>> run(const Context&, const ImportRequest&, const Progress& progress);

    /// Keeps a file and lets it be imported in the background. No more than a part of it is in memory at a time.
    ///
    /// Refuses: imports.wrong_encoding, imports.too_large, imports.unknown_currency
    /// Emits:   imports.requested
    Task<Result<ImportJob>> submit(const Context&, const GivenFile&, std::optional<std::string> currency);
    /// Newest first. Refuses: request.cursor_malformed
    Task<Result<Page<ImportJob>>> list(const Context&, const PageRequest&);
    /// Refuses: imports.not_found
    Task<Result<ImportJob>> show(const Context&, ImportId);
    /// What became of each product and row so far. Refuses: imports.not_found, request.cursor_malformed
    Task<Result<Page<Entry>>> report(const Context&, ImportId, const PageRequest&);

    /// Goes on with a handed-in import for a while, and asks for another turn when it is not done by then. After a
    /// crash it goes on behind the last products whose outcome was written; those after them are imported once more,
    /// which changes nothing.
    Task<> work(const Context&, ImportId);

private:
    struct Slice;
    Task<Result<std::unique_ptr<ReadFile>>> read_parts(const Context&, ImportId);
    Task<> work_on(const Context&, ImportId, const ReadFile&, Currency);
    Task<Slice> run_slice(const Context&, const ReadFile&, Currency, std::size_t first);

    /// The product of a group, its pictures having been taken into the library.
    Task<MappedProduct> map(const Context&, const ReadFile&, const Group&, Currency, ImageShelf&);

    /// What became of one product; a refusal of the catalogue or of the stock becomes its entry.
    Task<Entry> import_product(const Context&, const Group&, const MappedProduct&);
    /// What became of a few products, with the notes on each: in one transaction, unless one of them is refused; then
    /// each has its own.
    Task<std::vector<Entry>> import_groups(const Context&, const ReadFile&, std::span<const Group>, Currency,
                                           ImageShelf&);

    db::Database& db_;
    catalog::CatalogService& catalog_;
    inventory::InventoryService& inventory_;
    media::MediaService& media_;
    Config config_;
    asio::thread_pool files_{1};   // reading and parsing happen off the event loop
};

}  // namespace caddy::imports
