#pragma once
// Which rows make one product: those of one handle, wherever they stand in the file. Pure; private to imports.
#include "shop/imports/imports.hpp"
#include "shop/imports/imports_columns.hpp"

#include <string>
#include <vector>

namespace caddy::imports {

/// Why a product is refused.
struct Fault {
    std::int64_t row = 0;
    std::string message;
};

/// The rows of one product, in the file's order.
struct Group {
    std::string handle;
    std::vector<const CsvRow*> rows;
    std::vector<Fault> faults;
    std::vector<Entry> notes;
};

struct Grouped {
    std::vector<Group> groups;   // by their first rows
    std::vector<Entry> entries;   // about rows that belong to no product
    std::int64_t rows = 0;       // without empty ones
};

/// REQUIRES: `rows` outlives the groups.
Grouped group_rows(const Columns&, const std::vector<CsvRow>& rows);

}  // namespace caddy::imports
