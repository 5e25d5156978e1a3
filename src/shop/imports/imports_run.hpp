#pragma once
// The blocking half of an import: reading the file and turning rows into products. Runs off the event loop.
#include "shop/imports/imports_images.hpp"

namespace caddy::imports {

/// A file that was read: its header, its rows, and which of them belong together.
struct ReadFile {
    Columns columns;
    std::vector<CsvRow> rows;
    Grouped grouped;   // points into `rows`
};

/// Reads a file that comes in pieces. Refuses: what ImportService::run refuses for a whole file
class FileReader {
public:
    FileReader();
    FileReader(const FileReader&) = delete;
    Result<void> feed(std::string_view piece) { return csv_.feed(piece); }
    Result<std::unique_ptr<ReadFile>> finish();

private:
    std::unique_ptr<ReadFile> read_;
    CsvReader csv_;
};

/// Refuses: what ImportService::run refuses for a whole file
Result<std::unique_ptr<ReadFile>> read_file(const ImportRequest&);

/// The row that a refusal of the catalogue speaks of, by its first pointer.
std::int64_t row_of(const Error&, const MappedProduct&, const Group&);

/// Counts what became of one product, or one remark.
void count(Totals&, Outcome);

/// The faults of one product in one text, the first few of them.
std::string explain(const std::vector<Fault>&);

}  // namespace caddy::imports
