#include "shop/imports/imports_group.hpp"

#include "platform/text/text.hpp"

#include <map>
#include <set>

namespace caddy::imports {
namespace {

class Grouper {
public:
    Grouper(const Columns& columns, const std::vector<CsvRow>& rows) : columns_(columns) {
        // A handle made from a title must not fall together with one that the file gives elsewhere.
        for (const auto& row : rows) {
            const auto handle = readable(row, Field::handle);
            if (!handle.empty()) given_.insert(text::folded(handle));
        }
    }

    void add(const CsvRow& row) {
        ++grouped_.rows;
        auto handle = readable(row, Field::handle);
        const auto title = readable(row, Field::title);
        if (!handle.empty()) {
            made_above_ = false;
            return join(row, handle);
        }
        if (!title.empty()) return add_titled(row, title);
        if (made_above_) {
            return put(row, grouped_.groups[above_]);   // the product above has no handle in any of its rows
        }
        add_nameless(row);
    }

    Grouped finish() { return std::move(grouped_); }

private:
    /// The cell, or nothing when the row's bytes are no text.
    std::string readable(const CsvRow& row, Field field) const {
        const auto raw = columns_.raw(row, field);
        return text::is_utf8(raw) ? text::trimmed(raw) : std::string();
    }

    void add_titled(const CsvRow& row, const std::string& title) {
        const auto slug = text::slug(title);
        if (slug.empty()) {
            return refuse_row(row, "", "There is no Handle, and the Title has no letter or digit to make one from.");
        }
        if (given_.contains(text::folded(slug))) {
            return refuse_row(row, slug,
                              "There is no Handle, and the one made from the Title, " + slug +
                                  ", stands in another row. Give each product a Handle of its own.");
        }
        const auto at = made_from_.find(slug);
        if (at != made_from_.end() && at->second != title) {
            return refuse_row(row, slug,
                              "There is no Handle, and the one made from the Title, " + slug +
                                  ", is also made from another Title. Give each product a Handle of its own.");
        }
        join(row, slug);
        if (made_from_.emplace(slug, title).second) {
            note(row, grouped_.groups[above_], "There is no Handle; " + slug + " was made from the Title.");
        }
        made_above_ = true;
    }

    void join(const CsvRow& row, const std::string& handle) {
        const auto [at, first] = places_.emplace(handle, grouped_.groups.size());
        if (first) {
            grouped_.groups.push_back({handle, {}, {}, {}});
            const auto [like, alone] = alike_.emplace(text::folded(handle), handle);
            if (!alone) {
                grouped_.groups.back().faults.push_back(
                    {row.number,
                     "The handle differs from " + like->second + " only in letter case; give one of them another."});
            }
        }
        above_ = at->second;
        put(row, grouped_.groups[above_]);
    }

    void put(const CsvRow& row, Group& group) {
        group.rows.push_back(&row);
        if (row.fault != RowFault::none) group.faults.push_back({row.number, std::string(explain(row.fault)) + "."});
        if (row.stray_quote) {
            note(row, group, "A quote inside a cell that does not begin with one was taken as it stands.");
        }
    }

    /// A row that could be a variant of the product above: without it that product would be half imported.
    void add_nameless(const CsvRow& row) {
        const bool unreadable = row.fault != RowFault::none;
        refuse_row(row, "",
                   unreadable ? "The row has no Handle that can be read: " + std::string(explain(row.fault)) + "."
                              : std::string("The row has neither Handle nor Title, so its product is not known."));
        const bool variant = unreadable || !columns_.text(row, Field::price).empty() ||
                             !columns_.text(row, Field::option1_value).empty();
        if (variant && !grouped_.groups.empty()) {
            grouped_.groups[above_].faults.push_back(
                {row.number, "The row below has no Handle and may be one of its variants."});
        }
    }

    void refuse_row(const CsvRow& row, const std::string& handle, std::string message) {
        made_above_ = false;
        grouped_.entries.push_back({row.number, handle, Outcome::refused, std::move(message)});
    }

    static void note(const CsvRow& row, Group& group, std::string message) {
        group.notes.push_back({row.number, group.handle, Outcome::note, std::move(message)});
    }

    const Columns& columns_;
    Grouped grouped_;
    std::set<std::string> given_;                   // folded
    std::map<std::string, std::size_t> places_;     // handle → group
    std::map<std::string, std::string> alike_;      // folded handle → the first one written so
    std::map<std::string, std::string> made_from_;   // handle → the title that it was made from
    std::size_t above_ = 0;                         // the group of the row above
    bool made_above_ = false;
};

}  // namespace

Grouped group_rows(const Columns& columns, const std::vector<CsvRow>& rows) {
    Grouper grouper(columns, rows);
    for (const auto& row : rows) {
        if (!row.blank()) grouper.add(row);
    }
    return grouper.finish();
}

}  // namespace caddy::imports
