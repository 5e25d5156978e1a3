#pragma once
// The work of map_product, step by step. Private to imports_map.cpp and imports_map_variants.cpp.
#include "shop/imports/imports_map.hpp"

#include <set>

namespace caddy::imports {

class Mapper {
public:
    Mapper(const Columns& columns, const Group& group, Currency currency, const PlaceImage& place)
        : columns_(columns), group_(group), currency_(currency), place_(place) {}

    MappedProduct run();

private:
    /// A picture with the place that the file gives it.
    struct Picture {
        std::int64_t position = 0;
        catalog::MediaDraft media;
    };

    // imports_map.cpp
    bool find_rows();
    void texts();
    void state();
    void categories();
    void category_paths();
    void currency();
    void attributes();
    void surplus(const CsvRow&);
    void repeated_texts();
    void pictures();
    void add_picture(const CsvRow&, const std::string& path, std::vector<Picture>& found);
    std::optional<std::string> placed(const CsvRow&, Field, const std::string& path);
    std::string fingerprint() const;

    // imports_map_variants.cpp
    void options();
    void drop_option(std::size_t option);
    void variants();
    void variant(const CsvRow&);
    void prices(const CsvRow&, catalog::VariantDraft&);
    void weight(const CsvRow&, catalog::VariantDraft&);
    std::optional<std::int64_t> stock(const CsvRow&, catalog::VariantDraft&);
    void tax_code(const CsvRow&, catalog::VariantDraft&);
    void flags(const CsvRow&, catalog::VariantDraft&);
    void variant_attributes(const CsvRow&, catalog::VariantDraft&);
    void ignored_cells(const CsvRow&);

    bool is_variant(const CsvRow& row) const { return variant_rows_.contains(&row); }
    std::string text(const CsvRow& row, Field field) const { return columns_.text(row, field); }
    /// One line of text; line breaks become blanks, with a note.
    std::string line(const CsvRow&, Field);
    std::optional<std::string> optional_line(const CsvRow&, Field);
    /// A cell that says yes or no; empty means `otherwise`, anything else is a fault.
    bool flag(const CsvRow&, Field, std::optional<bool> otherwise);
    void keep(std::vector<catalog::Attribute>& list, Field, const std::string& value);
    const std::string* product_attribute(std::string_view name) const;
    void fault(const CsvRow& row, std::string message) { mapped_.faults.push_back({row.number, std::move(message)}); }
    void note(const CsvRow& row, std::string message) {
        mapped_.notes.push_back({row.number, group_.handle, Outcome::note, std::move(message)});
    }

    const Columns& columns_;
    const Group& group_;
    Currency currency_;
    const PlaceImage& place_;
    MappedProduct mapped_;
    const CsvRow* product_row_ = nullptr;
    std::set<const CsvRow*> variant_rows_;
    std::vector<std::size_t> options_;   // which of the three option columns the product uses
    std::string placed_urls_;           // part of the fingerprint: a picture may turn up later
};

}  // namespace caddy::imports
