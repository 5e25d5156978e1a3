#include "shop/imports/imports_run.hpp"

#include <charconv>
#include <fstream>

namespace caddy::imports {
namespace {

constexpr std::size_t piece_bytes = 256 * 1024;
constexpr std::size_t faults_told_max = 5;

namespace refuse {
Error no_such_file(const std::filesystem::path& file) {
    return {ErrorKind::not_found, "imports.no_such_file",
            "The file " + file.string() + " cannot be opened. Check its path and its permissions."};
}
Error too_large() {
    return {ErrorKind::too_large, "imports.too_large",
            "The file is larger than 64 MiB. Split it between two products and import the parts."};
}
Error empty() {
    return {ErrorKind::invalid, "imports.no_product_columns",
            "The file is empty. Import a product file in Shopify's CSV format."};
}
}  // namespace refuse

/// Feeds the file piece by piece, so that it is never in memory twice.
Result<void> feed_file(FileReader& reader, const std::filesystem::path& file) {
    std::error_code fault;
    std::ifstream in(file, std::ios::binary);
    if (!in || std::filesystem::is_directory(file, fault)) return refuse::no_such_file(file);
    std::string piece(piece_bytes, '\0');
    std::size_t total = 0;
    while (in) {
        in.read(piece.data(), static_cast<std::streamsize>(piece.size()));
        const auto count = static_cast<std::size_t>(in.gcount());
        if (total += count; total > file_bytes_max) return refuse::too_large();
        CADDY_TRY(reader.feed(std::string_view(piece).substr(0, count)));
    }
    if (in.bad()) return refuse::no_such_file(file);
    return {};
}

}  // namespace

FileReader::FileReader()
    : read_(std::make_unique<ReadFile>()), csv_([this](CsvRow row) { read_->rows.push_back(std::move(row)); }) {}

Result<std::unique_ptr<ReadFile>> FileReader::finish() {
    CADDY_TRY(csv_.finish());
    std::size_t header = 0;
    while (header < read_->rows.size() && read_->rows[header].blank()) ++header;
    if (header == read_->rows.size()) return refuse::empty();
    CADDY_TRY(read_->columns, Columns::read(read_->rows[header]));
    read_->rows.erase(read_->rows.begin(), read_->rows.begin() + static_cast<std::ptrdiff_t>(header) + 1);
    read_->grouped = group_rows(read_->columns, read_->rows);
    for (const auto& name : read_->columns.repeated()) {
        read_->grouped.entries.push_back(
            {static_cast<std::int64_t>(header) + 1, "", Outcome::note,
             "The column " + name + " is there twice; the second one was kept as the attribute " + name + " (2)."});
    }
    return std::move(read_);
}

Result<std::unique_ptr<ReadFile>> read_file(const ImportRequest& request) {
    FileReader reader;
    if (!request.file.empty()) {
        CADDY_TRY(feed_file(reader, request.file));
    } else {
        if (request.content.size() > file_bytes_max) return refuse::too_large();
        CADDY_TRY(reader.feed(request.content));
    }
    return reader.finish();
}

std::int64_t row_of(const Error& error, const MappedProduct& product, const Group& group) {
    constexpr std::string_view variants = "/variants/";
    for (const auto& field : error.fields) {
        if (!field.pointer.starts_with(variants)) continue;
        std::size_t variant = 0;
        const auto digits = std::string_view(field.pointer).substr(variants.size());
        std::from_chars(digits.data(), digits.data() + digits.size(), variant);
        if (variant < product.variant_rows.size()) return product.variant_rows[variant];
    }
    return group.rows.front()->number;
}

void count(Totals& totals, Outcome outcome) {
    switch (outcome) {
        case Outcome::created:
            ++totals.created;
            break;
        case Outcome::updated:
            ++totals.updated;
            break;
        case Outcome::unchanged:
            ++totals.unchanged;
            break;
        case Outcome::refused:
            ++totals.refused;
            break;
        case Outcome::note:
            ++totals.notes;
            return;
    }
    ++totals.products;
}

std::string explain(const std::vector<Fault>& faults) {
    std::string text = faults.front().message;
    for (std::size_t i = 1; i < faults.size() && i < faults_told_max; ++i) {
        text.append(" Row ").append(std::to_string(faults[i].row)).append(": ").append(faults[i].message);
    }
    if (faults.size() > faults_told_max) {
        text.append(" And " + std::to_string(faults.size() - faults_told_max) + " more.");
    }
    return text;
}

}  // namespace caddy::imports
