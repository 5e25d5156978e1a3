#include "shop/imports/imports.hpp"

#include "platform/telemetry/log.hpp"
#include "shop/imports/imports_run.hpp"
#include "shop/imports/imports_store.hpp"

#include <algorithm>
#include <unordered_map>

namespace caddy::imports {
namespace {

namespace refuse {
Error unknown_currency(const std::string& code) {
    return {ErrorKind::invalid, "imports.unknown_currency",
            code + " is no currency of ISO 4217. Name one such as CNY."};
}
}  // namespace refuse

/// Writes products, their stock and what is remembered of them.
class ProductWriter {
public:
    ProductWriter(catalog::CatalogService& catalog, inventory::InventoryService& inventory,
                  std::vector<const MappedProduct*> products)
        : catalog_(catalog), inventory_(inventory), products_(std::move(products)) {}

    /// What became of each, in their order. Refuses: what the catalogue and the stock refuse; nothing is written then
    Task<Result<std::vector<Outcome>>> write(db::Transaction& tx, const Context& ctx) {
        outcomes_.assign(products_.size(), Outcome::unchanged);
        levels_.clear();
        std::vector<std::size_t> touched;
        for (std::size_t i = 0; i < products_.size(); ++i) {
            const auto& product = *products_[i];
            const auto known = co_await store::fingerprint(tx, product.draft.handle);
            if (known && *known == product.fingerprint) continue;
            CADDY_CO_TRY(const auto saved, co_await catalog_.save_product(tx, ctx, product.draft));
            if (saved.outcome == catalog::SaveOutcome::created) outcomes_[i] = Outcome::created;
            if (saved.outcome == catalog::SaveOutcome::updated) outcomes_[i] = Outcome::updated;
            for (std::size_t at = 0; at < saved.variants.size(); ++at) {
                const auto& quantity = product.quantities[at];
                if (quantity) levels_.push_back({saved.variants[at], *quantity, i});
            }
            touched.push_back(i);
        }
        CADDY_CO_TRY(co_await set_stock(tx, ctx));
        for (const auto i : touched) {
            const auto& product = *products_[i];
            co_await store::remember_fingerprint(tx, product.draft.handle, product.fingerprint, ctx.now());
        }
        co_return std::move(outcomes_);
    }

private:
    /// So many of a variant shall be on the shelf.
    struct Wanted {
        catalog::VariantId variant;
        std::int64_t quantity = 0;
        std::size_t product = 0;
    };

    /// Sets the quantities that are other than those imported last. Stock is locked in the order of the variants' ids,
    /// over all products, here as everywhere.
    Task<Result<void>> set_stock(db::Transaction& tx, const Context& ctx) {
        std::sort(levels_.begin(), levels_.end(),
                  [](const Wanted& a, const Wanted& b) { return a.variant < b.variant; });
        std::vector<catalog::VariantId> variants;
        for (const auto& level : levels_) variants.push_back(level.variant);
        std::unordered_map<catalog::VariantId, std::int64_t> last;
        if (!variants.empty()) {
            const auto rows = co_await store::quantities(tx, variants);
            for (const auto& row : rows) last.emplace(row.variant_id, row.quantity);
        }
        for (const auto& level : levels_) {
            const auto at = last.find(level.variant);
            if (at != last.end() && at->second == level.quantity) continue;
            const auto shelf = co_await inventory_.on_hand(tx, level.variant);
            if (!shelf || *shelf != level.quantity) {
                const auto kind =
                    at == last.end() ? inventory::MovementKind::received : inventory::MovementKind::adjusted;
                CADDY_CO_TRY(
                    co_await inventory_.set_on_hand(tx, ctx, level.variant, level.quantity, kind, "import"));
                // Nothing on a shelf that nobody had counted says nothing new.
                auto& outcome = outcomes_[level.product];
                const bool differs = shelf.value_or(0) != level.quantity;
                if (differs && outcome == Outcome::unchanged) outcome = Outcome::updated;
            }
            const store::Quantity remembered{level.variant, level.quantity};
            co_await store::remember_quantity(tx, remembered, ctx.now());
        }
        co_return Result<void>{};
    }

    catalog::CatalogService& catalog_;
    inventory::InventoryService& inventory_;
    std::vector<const MappedProduct*> products_;
    std::vector<Outcome> outcomes_;
    std::vector<Wanted> levels_;
};

/// By row; what became of a product comes before the remarks on the same row.
void finish(Report& report) {
    std::stable_sort(report.entries.begin(), report.entries.end(), [](const Entry& a, const Entry& b) {
        return std::pair(a.row, a.outcome == Outcome::note) < std::pair(b.row, b.outcome == Outcome::note);
    });
    for (const auto& entry : report.entries) count(report.totals, entry.outcome);
}

}  // namespace

ImportService::~ImportService() { files_.join(); }

Task<Result<Report>> ImportService::run(const Context& ctx, const ImportRequest& request, const Progress& progress) {
    const auto currency = request.currency ? request.currency : Currency::parse(config_.currency);
    if (!currency) co_return refuse::unknown_currency(config_.currency);
    CADDY_CO_TRY(const auto file, co_await offload(files_, [&] { return read_file(request); }));

    const auto folder = request.image_folder             ? *request.image_folder
                        : request.file.has_parent_path() ? request.file.parent_path()
                        : request.file.empty()           ? std::filesystem::path()
                                                         : std::filesystem::path(".");
    ImageShelf shelf(folder);

    Report report;
    report.totals.rows = file->grouped.rows;
    report.entries = std::move(file->grouped.entries);
    std::int64_t done = 0;
    const std::span<const Group> groups(file->grouped.groups);
    for (std::size_t first = 0; first < groups.size(); first += groups_per_transaction) {
        const auto some = groups.subspan(first, std::min(groups_per_transaction, groups.size() - first));
        auto entries = co_await import_groups(ctx, *file, some, *currency, shelf);
        std::move(entries.begin(), entries.end(), std::back_inserter(report.entries));
        for (const auto& group : some) done += static_cast<std::int64_t>(group.rows.size());
        if (progress) progress(done, report.totals.rows);
    }
    finish(report);
    if (progress && done != report.totals.rows) progress(report.totals.rows, report.totals.rows);
    log::info("imports.done", {{"created", report.totals.created},
                               {"updated", report.totals.updated},
                               {"unchanged", report.totals.unchanged},
                               {"refused", report.totals.refused}});
    co_return report;
}

Task<MappedProduct> ImportService::map(const Context& ctx, const ReadFile& file, const Group& group, Currency currency,
                                       ImageShelf& shelf) {
    const auto paths = image_paths(file.columns, group);
    for (const auto& path : paths) {
        const auto picture = co_await offload(files_, [&] { return shelf.wanted(path); });
        if (!picture) continue;
        const media::MediaService::Read read = [&] { return read_image(*picture); };
        const auto taken = co_await media_.take(ctx, read);
        shelf.settle(path, taken);
    }
    const PlaceImage place = [&](const std::string& path) { return shelf.place(path); };
    co_return co_await offload(files_, [&] { return map_product(file.columns, group, currency, place); });
}

Task<Entry> ImportService::import_product(const Context& ctx, const Group& group, const MappedProduct& product) {
    Entry entry{group.rows.front()->number, group.handle, Outcome::refused, ""};
    if (!product.faults.empty()) {
        entry.row = product.faults.front().row;
        entry.message = explain(product.faults);
        co_return entry;
    }
    ProductWriter writer(catalog_, inventory_, {&product});
    const auto outcomes = co_await db_.transact(
        ctx, "imports.product",
        [&](db::Transaction& tx) -> Task<Result<std::vector<Outcome>>> { co_return co_await writer.write(tx, ctx); });
    if (outcomes.has_value()) {
        entry.outcome = outcomes->front();
    } else {
        entry.row = row_of(outcomes.error(), product, group);
        entry.message = outcomes.error().detail;
    }
    co_return entry;
}

Task<std::vector<Entry>> ImportService::import_groups(const Context& ctx, const ReadFile& file,
                                                      std::span<const Group> groups, Currency currency,
                                                      ImageShelf& shelf) {
    std::vector<MappedProduct> products;
    for (const auto& group : groups) {
        auto product = co_await map(ctx, file, group, currency, shelf);
        products.push_back(std::move(product));
    }
    std::vector<const MappedProduct*> sound;
    for (const auto& product : products) {
        if (product.faults.empty()) sound.push_back(&product);
    }
    ProductWriter writer(catalog_, inventory_, sound);
    const auto together = co_await db_.transact(
        ctx, "imports.products",
        [&](db::Transaction& tx) -> Task<Result<std::vector<Outcome>>> { co_return co_await writer.write(tx, ctx); });
    std::vector<Entry> entries;
    std::size_t written = 0;
    for (std::size_t i = 0; i < groups.size(); ++i) {
        Entry entry{groups[i].rows.front()->number, groups[i].handle, Outcome::refused, ""};
        if (together.has_value() && products[i].faults.empty()) {
            entry.outcome = (*together)[written++];
        } else {
            entry = co_await import_product(ctx, groups[i], products[i]);
        }
        entries.push_back(std::move(entry));
        entries.insert(entries.end(), products[i].notes.begin(), products[i].notes.end());
    }
    co_return entries;
}

}  // namespace caddy::imports
