#pragma once
// What the columns of a product file mean, whichever of the format's names they go by. Pure; private to imports.
#include "shop/catalog/catalog.hpp"
#include "shop/imports/imports_csv.hpp"

#include <array>
#include <optional>
#include <string>
#include <vector>

namespace caddy::imports {

/// Columns that have a place in the catalogue. Every other one becomes an attribute.
enum class Field {
    // the product
    handle, title, body, vendor, type, product_category, tags, published, status, seo_title, seo_description,
    option1_name, option2_name, option3_name, option1_value, option2_value, option3_value,
    // the variant
    sku, barcode, grams, weight_unit, tracker, quantity, policy, price, compare_at_price, requires_shipping, taxable,
    tax_code,
    variant_image,
    // pictures
    image_src, image_position, image_alt,
    // of the shop's own exports
    categories, currency,
    other
};
constexpr std::size_t known_fields = static_cast<std::size_t>(Field::other);

/// Whether an attribute tells of the product or of the row's variant.
enum class Level { product, variant };

struct Column {
    std::string name;   // as the file has it, without white space around it
    Field field = Field::other;
    Level level = Level::product;
    catalog::Visibility visibility = catalog::Visibility::shown;
    int surplus_option = 0;   // n of `Option4 Value` and beyond, which no product can have
};

class Columns {
public:
    /// Reads the header row. Refuses: imports.not_utf8, imports.no_product_columns
    static Result<Columns> read(const CsvRow& header);

    const std::vector<Column>& list() const { return columns_; }
    bool has(Field field) const { return place(field).has_value(); }
    /// The row's cell, without white space around it; empty where the file has no such column.
    std::string text(const CsvRow&, Field) const;
    /// The cell as it stands.
    std::string_view raw(const CsvRow&, Field) const;
    /// The column's name in this file, for messages.
    std::string name(Field) const;
    /// Names that stand twice in the header: the second one is kept as an attribute of another name.
    const std::vector<std::string>& repeated() const { return repeated_; }

private:
    std::optional<std::size_t> place(Field field) const { return places_[static_cast<std::size_t>(field)]; }

    std::vector<Column> columns_;
    std::array<std::optional<std::size_t>, known_fields> places_{};
    std::vector<std::string> repeated_;
};

/// The name of a column that is read as this attribute: its own where that says it all, else one with a prefix.
std::string column_of(const std::string& attribute, Level, catalog::Visibility);

/// What names the cells beyond the header: `Column 49`.
std::string surplus_name(std::size_t column);

}  // namespace caddy::imports
