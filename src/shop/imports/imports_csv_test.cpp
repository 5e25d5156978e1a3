#include "shop/imports/imports_csv.hpp"

#include <gtest/gtest.h>

namespace caddy::imports {
namespace {

using Table = std::vector<std::vector<std::string>>;

struct Reading {
    std::vector<CsvRow> rows;
    Result<void> outcome;

    Table table() const {
        Table cells;
        for (const auto& row : rows) {
            cells.emplace_back();
            for (std::size_t i = 0; i < row.size(); ++i) cells.back().emplace_back(row.cell(i));
        }
        return cells;
    }
};

/// Reads the text in pieces of the given size.
Reading read(std::string_view text, std::size_t piece = 1'000'000) {
    Reading reading;
    CsvReader reader([&](CsvRow row) { reading.rows.push_back(std::move(row)); });
    for (std::size_t at = 0; at < text.size(); at += piece) {
        reading.outcome = reader.feed(text.substr(at, piece));
        if (reading.outcome.has_error()) return reading;
    }
    reading.outcome = reader.finish();
    return reading;
}

TEST(Csv, reads_what_programs_write) {
    const struct {
        const char* what;
        std::string_view text;
        Table table;
    } cases[] = {
        {"plain", "a,b\n1,2\n", {{"a", "b"}, {"1", "2"}}},
        {"no line break at the end", "a,b\n1,2", {{"a", "b"}, {"1", "2"}}},
        {"CRLF, LF and CR in one file", "a\r\nb\nc\rd", {{"a"}, {"b"}, {"c"}, {"d"}}},
        {"empty cells at both ends", ",a,\n", {{"", "a", ""}}},
        {"rows of other lengths", "a,b\n1\n1,2,3\n", {{"a", "b"}, {"1"}, {"1", "2", "3"}}},
        {"quoted commas, doubled quotes", "\"a,b\",\"say \"\"hi\"\"\"\n", {{"a,b", "say \"hi\""}}},
        {"quoted line breaks stay as they are", "\"a\r\nb\",\"c\nd\"\n", {{"a\r\nb", "c\nd"}}},
        {"empty quoted cells", "\"\",\"\"\n", {{"", ""}}},
        {"blanks after a closing quote", "\"a\" ,b\n", {{"a", "b"}}},
        {"a byte order mark", "\xEF\xBB\xBF\"a\",b\n", {{"a", "b"}}},
        {"Chinese", "红茶,\"茶,具\"\n", {{"红茶", "茶,具"}}},
        {"an empty line", "a\n\nb\n", {{"a"}, {""}, {"b"}}},
        {"nothing", "", {}},
        {"one cell", "a", {{"a"}}},
    };
    for (const auto& c : cases) {
        for (const std::size_t piece : {std::size_t{1}, std::size_t{2}, std::size_t{3}, std::size_t{1000}}) {
            const auto reading = read(c.text, piece);
            EXPECT_TRUE(reading.outcome) << c.what;
            EXPECT_EQ(reading.table(), c.table) << c.what << " in pieces of " << piece;
        }
    }
}

TEST(Csv, rows_are_numbered_as_a_spreadsheet_does) {
    const auto reading = read("h\n\"two\nlines\"\n\nlast\n");
    ASSERT_EQ(reading.rows.size(), 4U);
    EXPECT_EQ(reading.rows[1].number, 2);
    EXPECT_TRUE(reading.rows[2].blank());
    EXPECT_EQ(reading.rows[3].number, 4);
}

TEST(Csv, a_quote_inside_a_plain_cell_is_taken_and_remarked) {
    const auto reading = read("5\" plate,x\nb,c\n");
    EXPECT_EQ(reading.table()[0][0], "5\" plate");
    EXPECT_TRUE(reading.rows[0].stray_quote);
    EXPECT_FALSE(reading.rows[1].stray_quote);
}

TEST(Csv, a_row_that_cannot_be_used_says_why_and_the_others_go_on) {
    const struct {
        std::string text;
        RowFault fault;
    } cases[] = {
        {"\xFFoo,b", RowFault::not_utf8},
        {"a\xC3,\xA9", RowFault::not_utf8},
        {std::string("a\0b", 3), RowFault::nul_character},
        {"\"a\"b,c", RowFault::text_after_quote},
        {std::string(cell_bytes_max + 1, 'x'), RowFault::cell_too_long},
        {std::string(cells_per_row_max, ','), RowFault::too_many_cells},
    };
    for (const auto& c : cases) {
        const auto reading = read("h\n" + c.text + "\nok\n");
        ASSERT_EQ(reading.rows.size(), 3U);
        EXPECT_EQ(reading.rows[1].fault, c.fault);
        EXPECT_FALSE(explain(c.fault).empty());
        EXPECT_EQ(reading.rows[2].fault, RowFault::none);
        EXPECT_EQ(reading.rows[2].cell(0), "ok");
    }
}

TEST(Csv, a_file_whose_rows_cannot_be_told_apart_is_refused_as_a_whole) {
    EXPECT_EQ(read("a,b\n1,\"open\n2,3\n").outcome.error().code, "imports.malformed_csv");
    EXPECT_NE(read("a,b\n1,\"open\n2,3\n").outcome.error().detail.find("row 2"), std::string::npos);
    EXPECT_EQ(read("a\n\"one\ntwo\"three\n").outcome.error().code, "imports.malformed_csv");
}

TEST(Csv, utf16_is_refused_by_its_first_bytes) {
    for (const std::size_t piece : {1U, 100U}) {
        EXPECT_EQ(read(std::string_view("\xFF\xFEH\0a\0", 6), piece).outcome.error().code, "imports.not_utf8");
        EXPECT_EQ(read(std::string_view("\xFE\xFF\0H\0a", 6), piece).outcome.error().code, "imports.not_utf8");
    }
}

}  // namespace
}  // namespace caddy::imports
