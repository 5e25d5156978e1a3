// A CSV file means the same however it is cut into pieces, and a cell that is written is read back.
#include "holds.hpp"
#include "shop/imports/imports_csv.hpp"

#include <algorithm>

using namespace caddy::imports;

namespace {

struct Outcome {
    bool good = true;
    std::vector<std::vector<std::string>> rows;
    std::vector<RowFault> faults;
};

Outcome read(std::string_view text, std::size_t piece) {
    Outcome outcome;
    CsvReader reader([&outcome](const CsvRow& row) {
        auto& cells = outcome.rows.emplace_back();
        for (std::size_t column = 0; column < row.size(); ++column) cells.emplace_back(row.cell(column));
        outcome.faults.push_back(row.fault);
    });
    for (std::size_t at = 0; at < text.size() && outcome.good; at += piece) {
        outcome.good = reader.feed(text.substr(at, piece)).has_value();
    }
    outcome.good = outcome.good && reader.finish().has_value();
    return outcome;
}

}   // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 1) return 0;
    const auto text = text_of(data + 1, size - 1);
    const auto whole = read(text, std::max<std::size_t>(1, text.size()));
    const auto cut = read(text, 1 + data[0] % 16);
    holds(whole.good == cut.good, "pieces do not change whether a file is good");
    if (whole.good) holds(whole.rows == cut.rows && whole.faults == cut.faults, "pieces do not change the rows");
    if (!whole.good) return 0;
    std::string written;
    for (const auto& row : whole.rows) {
        for (std::size_t column = 0; column < row.size(); ++column) {
            if (column > 0) written += ',';
            written += csv_cell(row[column]);
        }
        written += "\r\n";
    }
    const bool faultless = std::ranges::all_of(whole.faults, [](RowFault each) { return each == RowFault::none; });
    // A row of one empty cell is written as an empty line, and an empty line has no cells.
    const bool has_single_empty = std::ranges::any_of(
        whole.rows, [](const auto& row) { return row.empty() || (row.size() == 1 && row.front().empty()); });
    if (!faultless || has_single_empty) return 0;
    // One more row in front: what a file begins with may be taken for a byte order mark.
    const auto again = read("first\r\n" + written, std::string::npos);
    holds(again.good && again.rows.size() == whole.rows.size() + 1, "what was written is a file");
    for (std::size_t row = 0; row < whole.rows.size(); ++row) {
        holds(again.rows[row + 1] == whole.rows[row], "what was written is read back");
    }
    return 0;
}
