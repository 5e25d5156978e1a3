#include "shop/imports/imports_map.hpp"

#include "platform/crypto/digest.hpp"
#include "platform/json/decode.hpp"
#include "platform/text/text.hpp"
#include "shop/imports/imports_mapper.hpp"
#include "shop/imports/imports_values.hpp"

#include <algorithm>
#include <array>
#include <tuple>

namespace caddy::imports {
namespace {

// Part of every fingerprint: a program that reads files otherwise reads them all anew.
constexpr std::string_view mapping_version = "3";

constexpr std::array product_fields{
    Field::title, Field::body,      Field::vendor, Field::type,      Field::product_category,
    Field::tags,  Field::published, Field::status, Field::seo_title, Field::seo_description};

std::string lower(std::string_view text) { return text::folded(text); }

}  // namespace

std::string Mapper::line(const CsvRow& row, Field field) {
    auto value = values::one_line(text(row, field));
    if (value != text(row, field)) note(row, "The line breaks in " + columns_.name(field) + " became blanks.");
    return value;
}

std::optional<std::string> Mapper::optional_line(const CsvRow& row, Field field) {
    auto value = line(row, field);
    if (value.empty()) return std::nullopt;
    return value;
}

bool Mapper::flag(const CsvRow& row, Field field, std::optional<bool> otherwise) {
    const auto cell = text(row, field);
    if (cell.empty()) return otherwise.value_or(false);
    const auto value = values::flag(cell);
    if (!value) fault(row, columns_.name(field) + " is \"" + cell + "\"; write true or false.");
    return value.value_or(false);
}

void Mapper::keep(std::vector<catalog::Attribute>& list, Field field, const std::string& value) {
    list.push_back({columns_.name(field), values::unix_lines(value), catalog::Visibility::internal});
}

const std::string* Mapper::product_attribute(std::string_view name) const {
    for (const auto& attribute : mapped_.draft.attributes) {
        if (attribute.name == name) return &attribute.value;
    }
    return nullptr;
}

/// Which row has the product's own columns, and which rows are variants.
bool Mapper::find_rows() {
    for (const auto* row : group_.rows) {
        if (!product_row_ && !text(*row, Field::title).empty()) product_row_ = row;
        const bool sold = !text(*row, Field::price).empty();
        const bool chosen = !text(*row, Field::option1_value).empty() || !text(*row, Field::option2_value).empty() ||
                            !text(*row, Field::option3_value).empty();
        if (sold || chosen) variant_rows_.insert(row);
    }
    if (!product_row_) {
        fault(*group_.rows.front(), "None of the product's rows has a Title; give its first row one.");
        return false;
    }
    const bool stocked = !text(*product_row_, Field::sku).empty() || !text(*product_row_, Field::quantity).empty();
    if (variant_rows_.empty() || stocked) variant_rows_.insert(product_row_);
    return true;
}

void Mapper::texts() {
    auto& draft = mapped_.draft;
    draft.handle = group_.handle;
    draft.title = line(*product_row_, Field::title);
    draft.description_html = values::unix_lines(columns_.raw(*product_row_, Field::body));
    draft.vendor = line(*product_row_, Field::vendor);
    draft.seo_title = optional_line(*product_row_, Field::seo_title);
    draft.seo_description = optional_line(*product_row_, Field::seo_description);
    for (auto& tag : values::split(values::one_line(text(*product_row_, Field::tags)), ',')) {
        if (std::find(draft.tags.begin(), draft.tags.end(), tag) == draft.tags.end()) {
            draft.tags.push_back(std::move(tag));
        }
    }
}

/// A draft or archived product is not published, whatever the column Published says.
void Mapper::state() {
    const auto status = lower(text(*product_row_, Field::status));
    auto& draft = mapped_.draft;
    if (status.empty() || status == "active") {
        draft.status = catalog::ProductStatus::active;
    } else if (status == "draft") {
        draft.status = catalog::ProductStatus::draft;
    } else if (status == "archived") {
        draft.status = catalog::ProductStatus::archived;
    } else {
        fault(*product_row_, columns_.name(Field::status) + " is \"" + status + "\"; write active, draft or archived.");
    }
    const bool published = flag(*product_row_, Field::published, true);
    draft.published = published && draft.status == catalog::ProductStatus::active;
}

void Mapper::categories() {
    auto& draft = mapped_.draft;
    const auto type = line(*product_row_, Field::type);
    if (!type.empty() && text::slug(type).empty()) {
        keep(draft.attributes, Field::type, type);
        note(*product_row_, columns_.name(Field::type) +
                                " has no letter or digit to name a category by; it was kept as an attribute.");
    } else if (!type.empty()) {
        draft.categories.push_back({type});
    }
    category_paths();
    const auto path = line(*product_row_, Field::product_category);
    if (path.empty()) return;
    draft.attributes.push_back({columns_.name(Field::product_category), path, catalog::Visibility::shown});
    auto names = values::split(path, '>');
    const bool nameless =
        std::any_of(names.begin(), names.end(), [](const auto& name) { return text::slug(name).empty(); });
    if (names.empty() || nameless || names.size() > catalog::category_depth_max) {
        note(*product_row_, columns_.name(Field::product_category) +
                                " is no path of one to eight names; it was kept as an attribute only.");
    } else {
        draft.categories.push_back(std::move(names));
    }
}

/// The column of the shop's own exports: a JSON list of paths.
void Mapper::category_paths() {
    const auto cell = text(*product_row_, Field::categories);
    if (cell.empty()) return;
    const auto paths = json::from_json<std::vector<std::vector<std::string>>>(cell);
    if (!paths.has_value()) {
        keep(mapped_.draft.attributes, Field::categories, cell);
        note(*product_row_, columns_.name(Field::categories) +
                                " is no JSON list of paths such as [[\"Home\",\"Tea\"]]; it was kept as an attribute.");
        return;
    }
    for (const auto& each : *paths) mapped_.draft.categories.push_back(each);
}

/// The column of the shop's own exports; other files say nothing.
void Mapper::currency() {
    const auto cell = text(*product_row_, Field::currency);
    if (cell.empty()) return;
    const auto named = Currency::parse(cell);
    if (named) currency_ = *named;
    else fault(*product_row_, columns_.name(Field::currency) + " is \"" + cell + "\"; write a code of ISO 4217.");
}

/// Columns without a place in the catalogue, from the product's row and from rows that are no variant.
void Mapper::attributes() {
    auto& list = mapped_.draft.attributes;
    for (const auto* row : group_.rows) {
        const bool own = row == product_row_;
        for (std::size_t i = 0; i < columns_.list().size(); ++i) {
            const auto& column = columns_.list()[i];
            const auto value = values::unix_lines(row->cell(i));
            if (column.field != Field::other || value.empty()) continue;
            if (column.surplus_option != 0) {
                fault(*row, column.name + " is filled, but a product has at most three options.");
                continue;
            }
            if (is_variant(*row) && (column.level == Level::variant || !own)) continue;   // the variant's
            if (!own && column.level == Level::variant) continue;                        // nobody's: see ignored_cells
            const auto* known = product_attribute(column.name);
            if (!known) {
                list.push_back({column.name, value, column.visibility});
            } else if (*known != value) {
                note(*row, column.name + " says something else than above; the first text was kept.");
            }
        }
        surplus(*row);
    }
}

void Mapper::surplus(const CsvRow& row) {
    for (std::size_t i = columns_.list().size(); i < row.size(); ++i) {
        if (row.cell(i).empty()) continue;
        const auto name = surplus_name(i);
        note(row, "The row is longer than the header; its cell " + std::to_string(i + 1) +
                      " was kept as the attribute " + name + ".");
        if (!product_attribute(name)) {
            mapped_.draft.attributes.push_back({name, values::unix_lines(row.cell(i)), catalog::Visibility::shown});
        } else if (*product_attribute(name) != row.cell(i)) {
            note(row, name + " says something else than above; the first text was kept.");
        }
    }
}

/// What the product's row says counts. Rows that say the same again are common; another title means another product.
void Mapper::repeated_texts() {
    for (const auto* row : group_.rows) {
        if (row == product_row_) continue;
        for (const auto field : product_fields) {
            const auto value = text(*row, field);
            if (value.empty() || value == text(*product_row_, field)) continue;
            if (field == Field::title) {
                fault(*row, "The handle " + group_.handle + " has another Title here than in row " +
                                std::to_string(product_row_->number) + "; give each product a handle of its own.");
            } else {
                note(*row, columns_.name(field) +
                               " says something else than the product's row, which counts; this one was not imported.");
            }
        }
        if (!is_variant(*row)) ignored_cells(*row);
    }
}

std::optional<std::string> Mapper::placed(const CsvRow& row, Field field, const std::string& path) {
    auto image = place_(path);
    placed_urls_.append(image.url.value_or("")).append("\n");
    if (!image.note.empty()) note(row, columns_.name(field) + ": " + image.note);
    if (!image.url && !product_attribute(columns_.name(field))) keep(mapped_.draft.attributes, field, path);
    return image.url;
}

void Mapper::add_picture(const CsvRow& row, const std::string& path, std::vector<Picture>& found) {
    const auto url = placed(row, Field::image_src, path);
    if (!url) return;
    const auto alt = line(row, Field::image_alt);
    const auto same =
        std::find_if(found.begin(), found.end(), [&](const auto& each) { return each.media.url == *url; });
    if (same != found.end()) {
        if (same->media.alt.empty()) same->media.alt = alt;
        return;
    }
    const auto given = text(row, Field::image_position);
    const auto position = values::whole(given);
    if (!given.empty() && !position) {
        note(row, columns_.name(Field::image_position) + " is no whole number; the file's order counts.");
    }
    found.push_back({position.value_or(std::numeric_limits<std::int64_t>::max()), {*url, alt}});
}

void Mapper::pictures() {
    std::vector<Picture> found;
    for (const auto* row : group_.rows) {
        const auto path = text(*row, Field::image_src);
        if (!path.empty()) {
            add_picture(*row, path, found);
        } else if (!is_variant(*row) && row != product_row_) {
            note(*row, "The row has neither a price, nor option values, nor an image.");
        }
    }
    std::stable_sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.position < b.position; });
    for (auto& picture : found) mapped_.draft.media.push_back(std::move(picture.media));
}

std::string Mapper::fingerprint() const {
    std::string all(mapping_version);
    all.append("\n").append(currency_.code()).append("\n");
    for (const auto* row : group_.rows) {
        for (std::size_t i = 0; i < row->size(); ++i) {
            if (row->cell(i).empty()) continue;
            const auto name = i < columns_.list().size() ? columns_.list()[i].name : surplus_name(i);
            all.append(name)
                .append("=")
                .append(std::to_string(row->cell(i).size()))
                .append(":")
                .append(row->cell(i))
                .append("\n");
        }
        all.append("\n");
    }
    return crypto::sha256_hex(all.append(placed_urls_));
}

MappedProduct Mapper::run() {
    mapped_.faults = group_.faults;
    mapped_.notes = group_.notes;
    if (!mapped_.faults.empty() || !find_rows()) return std::move(mapped_);
    currency();
    texts();
    state();
    categories();
    attributes();
    repeated_texts();
    pictures();
    options();
    variants();
    mapped_.fingerprint = fingerprint();
    return std::move(mapped_);
}

MappedProduct map_product(const Columns& columns, const Group& group, Currency currency, const PlaceImage& place) {
    return Mapper(columns, group, currency, place).run();
}

}  // namespace caddy::imports
