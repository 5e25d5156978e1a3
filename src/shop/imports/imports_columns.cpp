#include "shop/imports/imports_columns.hpp"

#include "platform/text/text.hpp"

#include <algorithm>
#include <charconv>
#include <set>

namespace caddy::imports {
namespace {

struct KnownName {
    std::string_view name;   // lower case
    Field field;
};

// Exports name their columns in the older way ("Variant Price") or the newer ("Price"); both are read.
constexpr KnownName known_names[] = {
    {"handle", Field::handle}, {"url handle", Field::handle},
    {"title", Field::title},
    {"body (html)", Field::body}, {"body html", Field::body}, {"description", Field::body},
    {"vendor", Field::vendor},
    {"type", Field::type}, {"custom product type", Field::type}, {"product type", Field::type},
    {"product category", Field::product_category}, {"standard product type", Field::product_category},
    {"standardized product type", Field::product_category},
    {"tags", Field::tags},
    {"published", Field::published}, {"published on online store", Field::published},
    {"status", Field::status},
    {"seo title", Field::seo_title},
    {"seo description", Field::seo_description},
    {"option1 name", Field::option1_name}, {"option2 name", Field::option2_name}, {"option3 name", Field::option3_name},
    {"option1 value", Field::option1_value}, {"option2 value", Field::option2_value},
    {"option3 value", Field::option3_value},
    {"variant sku", Field::sku}, {"sku", Field::sku},
    {"variant barcode", Field::barcode}, {"barcode", Field::barcode},
    {"variant grams", Field::grams}, {"weight value (grams)", Field::grams},
    {"variant weight unit", Field::weight_unit}, {"weight unit for display", Field::weight_unit},
    {"variant inventory tracker", Field::tracker}, {"inventory tracker", Field::tracker},
    {"variant inventory qty", Field::quantity}, {"variant inventory quantity", Field::quantity},
    {"inventory quantity", Field::quantity},
    {"variant inventory policy", Field::policy}, {"continue selling when out of stock", Field::policy},
    {"variant price", Field::price}, {"price", Field::price},
    {"variant compare at price", Field::compare_at_price}, {"compare-at price", Field::compare_at_price},
    {"compare at price", Field::compare_at_price},
    {"variant requires shipping", Field::requires_shipping}, {"requires shipping", Field::requires_shipping},
    {"variant taxable", Field::taxable}, {"charge tax", Field::taxable},
    {"variant tax code", Field::tax_code}, {"tax code", Field::tax_code},
    {"variant image", Field::variant_image}, {"variant image url", Field::variant_image},
    {"image src", Field::image_src}, {"product image url", Field::image_src}, {"image url", Field::image_src},
    {"image position", Field::image_position},
    {"image alt text", Field::image_alt},
    {"category paths", Field::categories}, {"price currency", Field::currency}};

// What the shop's own exports put before the names of attributes that would be read as something else.
struct NamedKind {
    std::string_view prefix;   // lower case
    std::string_view written;
    Level level;
    catalog::Visibility visibility;
};
constexpr NamedKind named_kinds[] = {
    {"product attribute: ", "Product Attribute: ", Level::product, catalog::Visibility::shown},
    {"product internal: ", "Product Internal: ", Level::product, catalog::Visibility::internal},
    {"variant attribute: ", "Variant Attribute: ", Level::variant, catalog::Visibility::shown},
    {"variant internal: ", "Variant Internal: ", Level::variant, catalog::Visibility::internal}};

// Known to the shop's own people alone.
constexpr std::string_view internal_names[] = {"cost per item",       "variant cost",     "variant fulfillment service",
                                               "fulfillment service"};

// Price lists per market and the like: `Price / International`, `Included / Japan`.
constexpr std::string_view variant_prefixes[] = {
    "variant ",    "price / ",      "compare at price / ", "compare-at price / ",
    "included / ", "cost per item", "unit price "};

namespace refuse {
Error header_unreadable(RowFault fault) {
    return {ErrorKind::invalid, "imports.not_utf8",
            "The header row cannot be read: " + std::string(explain(fault)) + "."};
}
Error no_product_columns() {
    return {ErrorKind::invalid, "imports.no_product_columns",
            "The first row names neither Handle nor Title. Import a product file in Shopify's CSV format, with commas "
            "between the "
            "cells."};
}
}  // namespace refuse

Field field_named(std::string_view lower) {
    for (const auto& known : known_names) {
        if (known.name == lower) return known.field;
    }
    return Field::other;
}

bool of_variant(std::string_view lower) {
    if (lower.find("variant.metafields") != std::string_view::npos) return true;
    return std::any_of(std::begin(variant_prefixes), std::end(variant_prefixes),
                       [&](std::string_view prefix) { return lower.starts_with(prefix); });
}

/// 4 for `option4 name`; 0 for what is no option column, or one of the first three.
int surplus_option(std::string_view lower) {
    if (!lower.starts_with("option") || !(lower.ends_with(" value") || lower.ends_with(" name"))) return 0;
    int number = 0;
    const auto digits = lower.substr(6);
    const auto [end, fault] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (fault != std::errc{} || *end != ' ') return 0;
    return number > static_cast<int>(catalog::options_per_product_max) ? number : 0;
}

const NamedKind* named_kind(std::string_view lower) {
    const auto* at = std::find_if(std::begin(named_kinds), std::end(named_kinds), [&](const NamedKind& kind) {
        return lower.starts_with(kind.prefix) && lower.size() > kind.prefix.size();
    });
    return at == std::end(named_kinds) ? nullptr : at;
}

Column make_column(std::string name) {
    const auto lower = text::folded(name);
    if (const auto* kind = named_kind(lower)) {
        return {.name = name.substr(kind->prefix.size()),
                .field = Field::other,
                .level = kind->level,
                .visibility = kind->visibility,
                .surplus_option = 0};
    }
    Column column{.name = std::move(name),
                  .field = field_named(lower),
                  .level = Level::product,
                  .visibility = catalog::Visibility::shown,
                  .surplus_option = surplus_option(lower)};
    if (of_variant(lower)) column.level = Level::variant;
    if (std::find(std::begin(internal_names), std::end(internal_names), lower) != std::end(internal_names)) {
        column.level = Level::variant;
        column.visibility = catalog::Visibility::internal;
    }
    return column;
}

/// By which a column stands twice in a header: attributes are told apart by each letter, and those with a prefix from
/// those without; columns with a place in the catalogue go by any case.
std::string column_key(std::string_view header, const Column& column) {
    if (column.field != Field::other) return text::folded(column.name);
    const auto* kind = named_kind(text::folded(header));
    return kind ? std::string(kind->prefix) + column.name : column.name;
}

}  // namespace

std::string column_of(const std::string& attribute, Level level, catalog::Visibility visibility) {
    const auto plain = make_column(attribute);
    const bool same = plain.name == attribute && plain.field == Field::other && plain.surplus_option == 0 &&
                      plain.level == level && plain.visibility == visibility;
    if (same && text::trimmed(attribute) == attribute) return attribute;
    const auto* kind = std::find_if(std::begin(named_kinds), std::end(named_kinds), [&](const NamedKind& each) {
        return each.level == level && each.visibility == visibility;
    });
    return std::string(kind->written) + attribute;
}

std::string surplus_name(std::size_t column) { return "Column " + std::to_string(column + 1); }

Result<Columns> Columns::read(const CsvRow& header) {
    if (header.fault != RowFault::none) return refuse::header_unreadable(header.fault);
    Columns columns;
    std::set<std::string> names;
    for (std::size_t i = 0; i < header.size(); ++i) {
        auto name = text::trimmed(header.cell(i));
        if (name.empty()) name = surplus_name(i);
        auto column = make_column(name);
        const auto first_name = column.name;
        for (int copy = 2; !names.insert(column_key(name, column)).second; ++copy) {
            if (copy == 2) columns.repeated_.push_back(name);
            column.name = first_name + " (" + std::to_string(copy) + ")";
        }
        auto* place = column.field == Field::other ? nullptr : &columns.places_[static_cast<std::size_t>(column.field)];
        if (place && *place) {
            column.field = Field::other;   // two names of one thing: the second is kept as an attribute
        } else if (place) {
            *place = i;
        }
        columns.columns_.push_back(std::move(column));
    }
    if (!columns.has(Field::handle) && !columns.has(Field::title)) return refuse::no_product_columns();
    return columns;
}

std::string_view Columns::raw(const CsvRow& row, Field field) const {
    const auto at = place(field);
    return at ? row.cell(*at) : std::string_view();
}

std::string Columns::text(const CsvRow& row, Field field) const { return text::trimmed(raw(row, field)); }

std::string Columns::name(Field field) const {
    const auto at = place(field);
    return at ? columns_[*at].name : std::string("a missing column");
}

}  // namespace caddy::imports
