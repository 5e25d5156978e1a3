// The variants of a product: which options it has, and what each variant row says.
#include "platform/text/text.hpp"
#include "shop/imports/imports_mapper.hpp"
#include "shop/imports/imports_values.hpp"
#include "shop/tax/tax.hpp"

#include <algorithm>
#include <array>

namespace caddy::imports {
namespace {

constexpr std::array option_names{Field::option1_name, Field::option2_name, Field::option3_name};
constexpr std::array option_values{Field::option1_value, Field::option2_value, Field::option3_value};

constexpr std::array variant_fields{
    Field::sku,          Field::barcode,          Field::tracker,           Field::quantity,
    Field::policy,       Field::compare_at_price, Field::requires_shipping, Field::taxable,
    Field::tax_code,     Field::variant_image};

bool same_letters(std::string_view a, std::string_view b) { return text::folded(a) == text::folded(b); }

}  // namespace

/// The option columns that the product uses, by name. `Title` with `Default Title` says that there are none.
void Mapper::options() {
    for (std::size_t option = 0; option < option_names.size(); ++option) {
        const bool used = std::any_of(group_.rows.begin(), group_.rows.end(), [&](const CsvRow* row) {
            return is_variant(*row) && !text(*row, option_values[option]).empty();
        });
        if (used) {
            options_.push_back(option);
        } else {
            drop_option(option);
        }
    }
    const auto name = text(*product_row_, option_names[0]);
    if (options_.size() == 1 && options_[0] == 0 && (name.empty() || same_letters(name, "Title"))) {
        const bool only_default = std::all_of(variant_rows_.begin(), variant_rows_.end(), [&](const CsvRow* row) {
            return same_letters(text(*row, Field::option1_value), "Default Title");
        });
        if (only_default) return options_.clear();
    }
    for (const auto option : options_) {
        auto given = line(*product_row_, option_names[option]);
        if (given.empty()) {
            given = "Option " + std::to_string(option + 1);
            note(*product_row_, "An option has values but no name; it was named " + given + ".");
        }
        mapped_.draft.option_names.push_back(std::move(given));
    }
}

/// A name without values is no option; it is kept all the same.
void Mapper::drop_option(std::size_t option) {
    const auto name = text(*product_row_, option_names[option]);
    if (name.empty() || same_letters(name, "Title")) return;
    keep(mapped_.draft.attributes, option_names[option], name);
    note(*product_row_, "The option " + name + " has no values; the name was kept as an attribute.");
}

void Mapper::prices(const CsvRow& row, catalog::VariantDraft& draft) {
    const auto read = [&](Field field) -> std::optional<Money> {
        const auto cell = text(row, field);
        if (cell.empty()) return std::nullopt;
        const auto money = parse_money(cell, currency_);
        if (!money || money->minor < 0) {
            fault(row, columns_.name(field) + " is \"" + cell + "\", which is not an amount in " +
                           std::string(currency_.code()) + "; write digits, a point and at most " +
                           std::to_string(currency_.exponent()) + " digits after it.");
            return std::nullopt;
        }
        return money;
    };
    draft.price = read(Field::price);
    draft.compare_at_price = read(Field::compare_at_price);
    if (text(row, Field::price).empty()) note(row, "There is no price; the variant is shown but is not for sale.");
}

void Mapper::weight(const CsvRow& row, catalog::VariantDraft& draft) {
    const auto cell = text(row, Field::grams);
    const auto grams = values::grams(cell);
    if (grams) {
        draft.grams = grams->value;
    } else if (!cell.empty()) {
        fault(row, columns_.name(Field::grams) + " is \"" + cell + "\"; write a weight in grams.");
    }
    if (grams && grams->rounded) {
        keep(draft.attributes, Field::grams, cell);
        note(row,
             columns_.name(Field::grams) + " was rounded to whole grams; the exact text was kept as an attribute.");
    }
    static constexpr std::array<std::string_view, 4> units{"g", "kg", "oz", "lb"};
    const auto given = text(row, Field::weight_unit);
    const auto unit = text::folded(given);
    if (std::find(units.begin(), units.end(), unit) != units.end()) {
        draft.weight_unit = unit;
    } else if (!given.empty()) {
        keep(draft.attributes, Field::weight_unit, given);
        note(row, columns_.name(Field::weight_unit) + " is none of g, kg, oz and lb; it was kept as an attribute.");
    }
}

/// What shall be on hand; nothing for a variant that is not tracked or whose quantity the file leaves open.
std::optional<std::int64_t> Mapper::stock(const CsvRow& row, catalog::VariantDraft& draft) {
    const auto tracker = text(row, Field::tracker);
    const auto cell = text(row, Field::quantity);
    if (!tracker.empty()) keep(draft.attributes, Field::tracker, tracker);
    draft.tracked = !tracker.empty() || !cell.empty();
    const auto policy = text(row, Field::policy);
    const auto parsed_policy = values::policy(policy);
    if (parsed_policy) {
        draft.policy = *parsed_policy;
    } else if (!policy.empty()) {
        fault(row, columns_.name(Field::policy) + " is \"" + policy + "\"; write deny or continue.");
    }

    if (cell.empty()) {
        if (draft.tracked) note(row, "Stock is tracked but no quantity is given; what is on hand stays as it is.");
        return std::nullopt;
    }
    const auto quantity = values::whole(cell);
    if (!quantity) {
        fault(row, columns_.name(Field::quantity) + " is \"" + cell + "\"; write a whole number.");
        return std::nullopt;
    }
    if (*quantity < 0) {
        keep(draft.attributes, Field::quantity, cell);
        note(row, "A quantity below zero was taken as 0; " + cell + " was kept as an attribute.");
    }
    return std::max<std::int64_t>(0, *quantity);
}

void Mapper::flags(const CsvRow& row, catalog::VariantDraft& draft) {
    draft.requires_shipping = flag(row, Field::requires_shipping, true);
    draft.taxable = flag(row, Field::taxable, true);
    tax_code(row, draft);
}

/// A product has one category for tax: the first code that the file gives it. An empty cell leaves it as it is.
void Mapper::tax_code(const CsvRow& row, catalog::VariantDraft& draft) {
    const auto code = line(row, Field::tax_code);
    auto& category = mapped_.draft.tax_category;
    if (code.empty() || code == category) return;
    const bool usable = tax::is_category(code);
    if (usable && !category) {
        category = code;
        return;
    }
    keep(draft.attributes, Field::tax_code, code);
    note(row, columns_.name(Field::tax_code) +
                  (usable ? " differs from the product's first one; it was kept as an attribute."
                          : " is no code of 1 to 64 letters, digits, _, - and .; it was kept as an attribute."));
}

/// Cells without a place in the catalogue: those of variant columns, and on later rows all that differ from the
/// product's.
void Mapper::variant_attributes(const CsvRow& row, catalog::VariantDraft& draft) {
    for (std::size_t i = 0; i < columns_.list().size(); ++i) {
        const auto& column = columns_.list()[i];
        const auto value = values::unix_lines(row.cell(i));
        if (column.field != Field::other || column.surplus_option != 0 || value.empty()) continue;
        if (column.level == Level::product) {
            const auto* known = product_attribute(column.name);
            if (&row == product_row_ || (known && *known == value)) continue;
        }
        draft.attributes.push_back({column.name, value, column.visibility});
    }
}

void Mapper::ignored_cells(const CsvRow& row) {
    std::string names;
    for (const auto field : variant_fields) {
        if (!text(row, field).empty()) names.append(names.empty() ? "" : ", ").append(columns_.name(field));
    }
    for (std::size_t i = 0; i < columns_.list().size(); ++i) {
        const auto& column = columns_.list()[i];
        if (column.field == Field::other && column.level == Level::variant && !row.cell(i).empty()) {
            names.append(names.empty() ? "" : ", ").append(column.name);
        }
    }
    if (!names.empty()) {
        note(row, "The row has neither a price nor option values, so it is no variant; not imported from it: " + names +
                      ".");
    }
}

void Mapper::variant(const CsvRow& row) {
    catalog::VariantDraft draft;
    for (std::size_t i = 0; i < options_.size(); ++i) {
        auto value = line(row, option_values[options_[i]]);
        if (value.empty()) fault(row, "The variant has no value for the option " + mapped_.draft.option_names[i] + ".");
        draft.option_values.push_back(std::move(value));
    }
    draft.sku = optional_line(row, Field::sku);
    draft.barcode = optional_line(row, Field::barcode);
    prices(row, draft);
    weight(row, draft);
    const auto quantity = stock(row, draft);
    flags(row, draft);
    const auto path = text(row, Field::variant_image);
    if (!path.empty()) {
        draft.image = placed(row, Field::variant_image, path);
        auto& media = mapped_.draft.media;
        const bool known =
            std::any_of(media.begin(), media.end(), [&](const auto& each) { return each.url == draft.image; });
        if (draft.image && !known) media.push_back({*draft.image, ""});
    }
    variant_attributes(row, draft);
    mapped_.draft.variants.push_back(std::move(draft));
    mapped_.quantities.push_back(quantity);
    mapped_.variant_rows.push_back(row.number);
}

void Mapper::variants() {
    for (const auto* row : group_.rows) {
        if (is_variant(*row)) variant(*row);
    }
}

}  // namespace caddy::imports
