#include "shop/imports/imports_export.hpp"

#include "platform/json/encode.hpp"
#include "platform/text/text.hpp"
#include "shop/imports/imports_columns.hpp"
#include "shop/tax/tax.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <set>
#include <stdexcept>

namespace caddy::imports {
namespace {

constexpr int products_per_read = 100;

constexpr std::string_view category_column = "Product Category";
constexpr std::string_view tracker_column = "Variant Inventory Tracker";

/// The columns with a place in the catalogue, as the importer reads them.
constexpr std::array<std::string_view, 35> fixed_columns{
    "Handle", "Title", "Body (HTML)", "Vendor", category_column, "Type", "Category Paths", "Tags", "Published",
    "Status", "SEO Title", "SEO Description", "Option1 Name", "Option1 Value", "Option2 Name", "Option2 Value",
    "Option3 Name", "Option3 Value", "Variant SKU", "Variant Barcode", "Variant Grams", "Variant Weight Unit",
    tracker_column, "Variant Inventory Qty", "Variant Inventory Policy", "Variant Price", "Variant Compare At Price",
    "Variant Requires Shipping", "Variant Taxable", "Variant Tax Code", "Variant Image", "Image Src", "Image Position",
    "Image Alt Text", "Price Currency"};

/// A row by the names of its columns; what is not there is empty.
using Cells = std::map<std::string, std::string, std::less<>>;

struct Sheet {
    std::set<std::string> extra;   // columns of attributes, in the order of their names
    std::vector<Cells> rows;
};

std::string yes_or_no(const bool& value) { return value ? "TRUE" : "FALSE"; }

/// `A > B` where that reads back as the same names.
std::optional<std::string> arrow_path(const std::vector<std::string>& path) {
    std::string text;
    for (const auto& name : path) {
        if (name.find('>') != std::string::npos) return std::nullopt;
        text.append(text.empty() ? "" : " > ").append(name);
    }
    return text;
}

class ProductRows {
public:
    ProductRows(const catalog::StoredProduct& product, const std::map<catalog::VariantId, std::int64_t>& on_hand,
                Sheet& sheet)
        : product_(product), draft_(product.draft), on_hand_(on_hand), sheet_(sheet) {}

    void write() {
        const auto count = std::max(draft_.variants.size(), draft_.media.size());
        std::vector<Cells> rows(count);
        for (auto& row : rows) row.insert_or_assign("Handle", draft_.handle);
        texts(rows.front());
        for (std::size_t i = 0; i < draft_.variants.size(); ++i) variant(rows[i], i);
        for (std::size_t i = 0; i < draft_.media.size(); ++i) {
            rows[i]["Image Src"] = draft_.media[i].url;
            rows[i]["Image Position"] = std::to_string(i + 1);
            rows[i]["Image Alt Text"] = draft_.media[i].alt;
        }
        for (auto& row : rows) sheet_.rows.push_back(std::move(row));
    }

private:
    void texts(Cells& row) {
        row["Title"] = draft_.title;
        row["Body (HTML)"] = draft_.description_html;
        row["Vendor"] = draft_.vendor;
        row["Published"] = yes_or_no(draft_.published);
        row["Status"] = boost::describe::enum_to_string(draft_.status, "");
        row["SEO Title"] = draft_.seo_title.value_or("");
        row["SEO Description"] = draft_.seo_description.value_or("");
        std::string tags;
        for (const auto& tag : draft_.tags) tags.append(tags.empty() ? "" : ", ").append(tag);
        row["Tags"] = std::move(tags);
        for (std::size_t i = 0; i < draft_.option_names.size(); ++i) {
            row["Option" + std::to_string(i + 1) + " Name"] = draft_.option_names[i];
        }
        const bool standard = categories(row);
        for (const auto& attribute : draft_.attributes) {
            if (standard && attribute.name == category_column) continue;
            attribute_cell(row, attribute, Level::product);
        }
        for (const auto& each : draft_.variants) {
            const auto& amount = each.price ? each.price : each.compare_at_price;
            if (amount) row["Price Currency"] = std::string(amount->currency.code());
        }
    }

    /// Type and Product Category where they say it all, in the order in which they are read; else one column of
    /// paths. True when Product Category says the attribute of that name, too.
    bool categories(Cells& row) {
        const auto& paths = product_.categories;
        const auto given = std::find_if(draft_.attributes.begin(), draft_.attributes.end(), [](const auto& each) {
            return each.name == category_column && each.visibility == catalog::Visibility::shown;
        });
        const auto last = paths.empty() ? std::nullopt : arrow_path(paths.back());
        const bool standard = given != draft_.attributes.end() && last && given->value == *last;
        const auto others = paths.size() - (standard ? 1 : 0);
        const bool typed = others == 1 && paths.front().size() == 1;
        if (others > 0 && !typed) {
            row["Category Paths"] = json::to_json(paths);
            return false;
        }
        if (typed) row["Type"] = paths.front().front();
        if (standard) row[std::string(category_column)] = *last;
        return standard;
    }

    void variant(Cells& row, std::size_t index) {
        const auto& each = draft_.variants[index];
        for (std::size_t i = 0; i < each.option_values.size(); ++i) {
            row["Option" + std::to_string(i + 1) + " Value"] = each.option_values[i];
        }
        if (draft_.option_names.empty()) {
            row["Option1 Name"] = "Title";
            row["Option1 Value"] = "Default Title";
        }
        row["Variant SKU"] = each.sku.value_or("");
        row["Variant Barcode"] = each.barcode.value_or("");
        row["Variant Grams"] = std::to_string(each.grams);
        row["Variant Weight Unit"] = each.weight_unit;
        row["Variant Inventory Policy"] = each.policy == catalog::StockPolicy::deny ? "deny" : "continue";
        if (each.price) row["Variant Price"] = format_amount(*each.price);
        if (each.compare_at_price) row["Variant Compare At Price"] = format_amount(*each.compare_at_price);
        row["Variant Requires Shipping"] = yes_or_no(each.requires_shipping);
        row["Variant Taxable"] = yes_or_no(each.taxable);
        const auto tax_category = draft_.tax_category.value_or("");
        if (tax_category != tax::category_standard) row["Variant Tax Code"] = tax_category;
        row["Variant Image"] = each.image.value_or("");
        if (each.tracked) {
            const auto at = on_hand_.find(product_.variants[index]);
            row["Variant Inventory Qty"] = std::to_string(at == on_hand_.end() ? 0 : at->second);
        }
        for (const auto& attribute : each.attributes) {
            const bool tracker = attribute.name == tracker_column && each.tracked &&
                                 attribute.visibility == catalog::Visibility::internal &&
                                 text::trimmed(attribute.value) == attribute.value;
            if (tracker) row[std::string(tracker_column)] = attribute.value;
            else attribute_cell(row, attribute, Level::variant);
        }
    }

    /// Under its own name where the importer reads that as the same attribute, else under one that says what it is.
    void attribute_cell(Cells& row, const catalog::Attribute& attribute, Level level) {
        auto name = column_of(attribute.name, level, attribute.visibility);
        sheet_.extra.insert(name);
        row[std::move(name)] = attribute.value;
    }

    const catalog::StoredProduct& product_;
    const catalog::ProductDraft& draft_;
    const std::map<catalog::VariantId, std::int64_t>& on_hand_;
    Sheet& sheet_;
};

std::string row_text(const std::vector<std::string_view>& cells) {
    std::string out;
    for (std::size_t i = 0; i < cells.size(); ++i) out.append(i == 0 ? "" : ",").append(csv_cell(cells[i]));
    return out.append("\r\n");
}

}  // namespace

/// Writes the file in two passes over the catalogue, since the first row names the columns of all products. Neither
/// holds more than the products of one page.
class ExportService::ProductFile {
public:
    ProductFile(const Context& ctx, const ExportService& service) : ctx_(ctx), service_(service) {}

    Task<std::optional<std::string>> next() {
        if (stage_ == Stage::over) co_return std::nullopt;
        const auto products = co_await service_.parts_.catalog.stored(ctx_, after_, products_per_read);
        const auto sheet = co_await sheet_of(products);
        const bool last = products.size() < static_cast<std::size_t>(products_per_read);
        if (!products.empty()) after_ = products.back().draft.handle;
        if (stage_ == Stage::columns) {
            extra_.insert(sheet.extra.begin(), sheet.extra.end());
            if (!last) co_return std::string();
            stage_ = Stage::rows;
            after_.clear();
            co_return row_text(columns());
        }
        if (last) stage_ = Stage::over;
        co_return rows_of(sheet);
    }

private:
    enum class Stage { columns, rows, over };

    Task<Sheet> sheet_of(const std::vector<catalog::StoredProduct>& products) {
        std::map<catalog::VariantId, std::int64_t> on_hand;
        if (stage_ == Stage::rows) {
            std::vector<catalog::VariantId> variants;
            for (const auto& product : products)
                variants.insert(variants.end(), product.variants.begin(), product.variants.end());
            auto db = co_await service_.db_.read(ctx_);
            const auto counts = co_await service_.parts_.inventory.on_hand(db, variants);
            for (const auto& count : counts) on_hand.emplace(count.variant, count.quantity);
        }
        Sheet sheet;
        for (const auto& product : products) ProductRows(product, on_hand, sheet).write();
        co_return sheet;
    }

    std::vector<std::string_view> columns() const {
        std::vector<std::string_view> names(fixed_columns.begin(), fixed_columns.end());
        names.insert(names.end(), extra_.begin(), extra_.end());
        return names;
    }

    std::string rows_of(const Sheet& sheet) const {
        for (const auto& name : sheet.extra) {
            // Without a column its values would be left out in silence.
            if (!extra_.contains(name))
                throw std::runtime_error("the attribute " + name + " came up while the export was written");
        }
        const auto names = columns();
        std::string out;
        for (const auto& row : sheet.rows) {
            std::vector<std::string_view> cells;
            for (const auto name : names) {
                const auto at = row.find(name);
                cells.push_back(at == row.end() ? std::string_view() : std::string_view(at->second));
            }
            out += row_text(cells);
        }
        return out;
    }

    const Context& ctx_;
    const ExportService& service_;
    Stage stage_ = Stage::columns;
    std::set<std::string> extra_;   // columns of attributes, in the order of their names
    std::string after_;
};

ExportService::Pieces ExportService::products(const Context& ctx) const {
    const auto file = std::make_shared<ProductFile>(ctx, *this);
    return [file] { return file->next(); };
}

}  // namespace caddy::imports
