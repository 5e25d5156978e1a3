#pragma once
// CSV as it is found in the wild (RFC 4180 and what programs make of it), read piece by piece. Pure; private to
// imports.
#include "core/result.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace caddy::imports {

constexpr std::size_t cell_bytes_max = 1024 * 1024;
constexpr std::size_t cells_per_row_max = 1'024;

/// Why a row cannot be used. The rows around it can.
enum class RowFault { none, not_utf8, nul_character, cell_too_long, too_many_cells, text_after_quote };

/// One row. The cells stand in one text, since most of them are empty.
class CsvRow {
public:
    std::int64_t number = 0;   // as a spreadsheet counts, the header being 1
    RowFault fault = RowFault::none;
    bool stray_quote = false;   // a quote inside a cell that does not begin with one was taken as it stands

    std::size_t size() const { return ends_.size(); }
    /// Empty beyond the row's end.
    std::string_view cell(std::size_t column) const;
    bool blank() const { return text_.empty() && fault == RowFault::none; }

private:
    friend class CsvReader;
    std::string text_;
    std::vector<std::uint32_t> ends_;
};

/// What went wrong with a row, for people.
std::string_view explain(RowFault);

/// A cell as it stands in a file: in quotes where it must be.
std::string csv_cell(std::string_view);
/// The same for people's own words in a file that a spreadsheet opens: what it would take for a formula (it begins with
/// `=`, `+`, `-`, `@`, a tab or a carriage return) gets an apostrophe before it.
std::string csv_words(std::string_view);

class CsvReader {
public:
    /// `sink` gets every row in turn, blank ones too.
    explicit CsvReader(std::function<void(CsvRow)> sink) : sink_(std::move(sink)) {}

    /// Takes the next piece of the file. Refuses: imports.not_utf8 (UTF-16 by its first bytes), imports.malformed_csv
    Result<void> feed(std::string_view piece);

    /// The file is at its end. Refuses: imports.malformed_csv when a quoted cell is still open
    Result<void> finish();

private:
    enum class State { at_start, cell_start, plain, quoted, after_quote };

    Result<void> take(char c);
    Result<void> take_after_quote(char c);
    void append(char c);
    void end_cell();
    void end_row();
    Result<void> skip_mark(std::string_view& piece);

    std::function<void(CsvRow)> sink_;
    CsvRow row_;
    State state_ = State::at_start;
    std::string mark_;   // the first bytes, until it is known whether they are a byte order mark
    std::int64_t rows_ = 0;
    std::size_t cell_start_ = 0;   // in row_.text_
    bool after_carriage_return_ = false;
    bool several_lines_ = false;   // a quoted cell of this row has a line break
};

}  // namespace caddy::imports
