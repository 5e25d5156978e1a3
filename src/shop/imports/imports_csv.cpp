#include "shop/imports/imports_csv.hpp"

#include "platform/text/text.hpp"

namespace caddy::imports {
namespace {

constexpr std::string_view utf8_mark = "\xEF\xBB\xBF";

namespace refuse {
Error utf16() {
    return {ErrorKind::invalid, "imports.not_utf8", "This file is UTF-16. Save it as CSV in UTF-8 and import that."};
}
Error open_quote(std::int64_t row) {
    return {ErrorKind::invalid, "imports.malformed_csv",
            "A quoted cell that begins in row " + std::to_string(row) +
                " is never closed, so where rows end is not known. Close the quote, or double quotes that are part of "
                "the text."};
}
Error crossed_quotes(std::int64_t row) {
    return {ErrorKind::invalid, "imports.malformed_csv",
            "The quotes in row " + std::to_string(row) +
                " do not match, and the row runs over several lines. Close the quote, or double quotes that are part "
                "of the text."};
}
}  // namespace refuse

}  // namespace

std::string_view CsvRow::cell(std::size_t column) const {
    if (column >= ends_.size()) return {};
    const std::size_t begin = column == 0 ? 0 : ends_[column - 1];
    return std::string_view(text_).substr(begin, ends_[column] - begin);
}

std::string_view explain(RowFault fault) {
    switch (fault) {
        case RowFault::none:
            return "";
        case RowFault::not_utf8:
            return "the row is not valid UTF-8; save the file as CSV in UTF-8";
        case RowFault::nul_character:
            return "the row has NUL characters; save the file as CSV in UTF-8";
        case RowFault::cell_too_long:
            return "a cell is longer than 1 MiB; shorten it";
        case RowFault::too_many_cells:
            return "the row has more than 1024 cells";
        case RowFault::text_after_quote:
            return "text follows the closing quote of a cell; double the quotes that are part of the text";
    }
    return "";
}

void CsvReader::append(char c) {
    if (row_.fault == RowFault::too_many_cells) return;
    if (row_.text_.size() - cell_start_ >= cell_bytes_max) {
        row_.fault = RowFault::cell_too_long;
        return;
    }
    if (c == '\0') row_.fault = RowFault::nul_character;
    row_.text_.push_back(c);
}

void CsvReader::end_cell() {
    state_ = State::cell_start;
    if (row_.ends_.size() == cells_per_row_max) {
        row_.text_.resize(cell_start_);
        row_.fault = RowFault::too_many_cells;
        return;
    }
    const auto cell = std::string_view(row_.text_).substr(cell_start_);
    if (row_.fault == RowFault::none && !text::is_utf8(cell)) row_.fault = RowFault::not_utf8;
    cell_start_ = row_.text_.size();
    row_.ends_.push_back(static_cast<std::uint32_t>(cell_start_));
}

void CsvReader::end_row() {
    end_cell();
    row_.number = ++rows_;
    sink_(std::exchange(row_, CsvRow{}));
    cell_start_ = 0;
    several_lines_ = false;
}

Result<void> CsvReader::take_after_quote(char c) {
    if (c == '"') {
        append(c);
        state_ = State::quoted;
    } else if (c == ',') {
        end_cell();
    } else if (c == '\n' || c == '\r') {
        end_row();
    } else if (c != ' ' && c != '\t') {
        // In a row of one line only that row is in doubt; otherwise nobody knows which rows it has swallowed.
        if (several_lines_) return refuse::crossed_quotes(rows_ + 1);
        row_.fault = RowFault::text_after_quote;
        state_ = State::plain;
    }
    return {};
}

Result<void> CsvReader::take(char c) {
    const bool pair = std::exchange(after_carriage_return_, false) && c == '\n';
    if (pair) return {};
    switch (state_) {
        case State::quoted:
            if (c == '"') {
                state_ = State::after_quote;
            } else {
                several_lines_ = several_lines_ || c == '\n' || c == '\r';
                append(c);
            }
            return {};
        case State::after_quote:
            after_carriage_return_ = c == '\r';
            return take_after_quote(c);
        case State::at_start:
        case State::cell_start:
        case State::plain:
            break;
    }
    if (c == '"' && state_ != State::plain) {
        state_ = State::quoted;
    } else if (c == ',') {
        end_cell();
    } else if (c == '\n' || c == '\r') {
        after_carriage_return_ = c == '\r';
        end_row();
    } else {
        row_.stray_quote = row_.stray_quote || c == '"';
        append(c);
        state_ = State::plain;
    }
    return {};
}

/// Drops a UTF-8 byte order mark, even one that arrives in pieces.
Result<void> CsvReader::skip_mark(std::string_view& piece) {
    while (!piece.empty() && mark_.size() < utf8_mark.size()) {
        mark_.push_back(piece.front());
        piece.remove_prefix(1);
        if (mark_ == "\xFF\xFE" || mark_ == "\xFE\xFF") return refuse::utf16();
        if (utf8_mark.starts_with(mark_) && mark_ != utf8_mark) continue;
        state_ = State::cell_start;
        if (mark_ == utf8_mark) mark_.clear();
        for (const char c : std::exchange(mark_, {})) CADDY_TRY(take(c));
        return {};
    }
    return {};
}

Result<void> CsvReader::feed(std::string_view piece) {
    while (state_ == State::at_start && !piece.empty()) {
        // 0xFF and 0xFE begin no UTF-8 text: wait for the second byte to tell UTF-16 from mere rubbish.
        if (mark_.empty() && (piece.front() == '\xFF' || piece.front() == '\xFE')) {
            mark_.push_back(piece.front());
            piece.remove_prefix(1);
            continue;
        }
        CADDY_TRY(skip_mark(piece));
    }
    for (const char c : piece) CADDY_TRY(take(c));
    return {};
}

Result<void> CsvReader::finish() {
    if (state_ == State::at_start) {
        state_ = State::cell_start;
        for (const char c : std::exchange(mark_, {})) CADDY_TRY(take(c));
    }
    if (state_ == State::quoted) return refuse::open_quote(rows_ + 1);
    const bool row_begun = state_ != State::cell_start || !row_.ends_.empty();
    if (row_begun) end_row();
    return {};
}

std::string csv_cell(std::string_view cell) {
    const bool plain = cell.find_first_of("\",\r\n") == std::string_view::npos && !cell.starts_with(' ') &&
                       !cell.ends_with(' ');
    if (plain) return std::string(cell);
    std::string out = "\"";
    for (const char c : cell) {
        if (c == '"') out.push_back('"');
        out.push_back(c);
    }
    out.push_back('"');
    return out;
}

std::string csv_words(std::string_view words) {
    constexpr std::string_view formula = "=+-@\t\r";
    const bool risky = !words.empty() && formula.find(words.front()) != std::string_view::npos;
    return csv_cell(risky ? "'" + std::string(words) : std::string(words));
}

}  // namespace caddy::imports
