#include "shop/imports/imports.hpp"

#include "platform/telemetry/log.hpp"
#include "shop/imports/imports_run.hpp"
#include "shop/imports/imports_store.hpp"

#include <algorithm>

namespace caddy::imports {
namespace {

namespace refuse {
Error unknown_currency(const std::string& code) {
    return {ErrorKind::invalid, "imports.unknown_currency",
            code + " is no currency of ISO 4217. Name one such as CNY."};
}
}  // namespace refuse

/// Writes one product, its stock and what is remembered of it.
class ProductWriter {
public:
    ProductWriter(catalog::CatalogService& catalog, inventory::InventoryService& inventory,
                  const MappedProduct& product)
        : catalog_(catalog), inventory_(inventory), product_(product) {}

    Task<Result<Outcome>> write(db::Transaction& tx, const Context& ctx) {
        const auto known = co_await store::fingerprint(tx, product_.draft.handle);
        if (known && *known == product_.fingerprint) co_return Outcome::unchanged;
        CADDY_CO_TRY(const auto saved, co_await catalog_.save_product(tx, ctx, product_.draft));
        CADDY_CO_TRY(const auto moved, co_await set_stock(tx, ctx, saved.variants));
        co_await store::remember_fingerprint(tx, product_.draft.handle, product_.fingerprint, ctx.now());
        if (saved.outcome == catalog::SaveOutcome::created) co_return Outcome::created;
        const bool changed = moved || saved.outcome == catalog::SaveOutcome::updated;
        co_return changed ? Outcome::updated : Outcome::unchanged;
    }

private:
    /// Sets the quantities that are other than those imported last; whether there was any.
    Task<Result<bool>> set_stock(db::Transaction& tx, const Context& ctx,
                                 const std::vector<catalog::VariantId>& variants) {
        const auto last = co_await store::quantities(tx, variants);
        bool moved = false;
        for (const auto index : in_id_order(variants)) {
            const auto& wanted = product_.quantities[index];
            const auto at = std::find_if(last.begin(), last.end(),
                                         [&](const auto& row) { return row.variant_id == variants[index]; });
            if (!wanted || (at != last.end() && at->quantity == *wanted)) continue;
            const auto shelf = co_await inventory_.on_hand(tx, variants[index]);
            if (shelf && *shelf == *wanted) {
                co_await remember(tx, ctx, variants[index], *wanted);
                continue;
            }
            const auto kind = at == last.end() ? inventory::MovementKind::received : inventory::MovementKind::adjusted;
            CADDY_CO_TRY(co_await inventory_.set_on_hand(tx, ctx, variants[index], *wanted, kind, "import"));
            co_await remember(tx, ctx, variants[index], *wanted);
            moved = true;
        }
        co_return moved;
    }

    static Task<> remember(db::Transaction& tx, const Context& ctx, catalog::VariantId variant,
                           std::int64_t quantity) {
        const store::Quantity remembered{variant, quantity};
        co_await store::remember_quantity(tx, remembered, ctx.now());
    }

    /// Stock is locked in the order of the variants' ids, here as everywhere.
    static std::vector<std::size_t> in_id_order(const std::vector<catalog::VariantId>& variants) {
        std::vector<std::size_t> order(variants.size());
        for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
        std::sort(order.begin(), order.end(), [&](auto a, auto b) { return variants[a] < variants[b]; });
        return order;
    }

    catalog::CatalogService& catalog_;
    inventory::InventoryService& inventory_;
    const MappedProduct& product_;
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
    for (const auto& group : file->grouped.groups) {
        const auto product = co_await map(ctx, *file, group, *currency, shelf);
        const auto entry = co_await import_product(ctx, group, product);
        report.entries.push_back(entry);
        report.entries.insert(report.entries.end(), product.notes.begin(), product.notes.end());
        done += static_cast<std::int64_t>(group.rows.size());
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
    ProductWriter writer(catalog_, inventory_, product);
    const auto outcome = co_await db_.transact(
        ctx, "imports.product",
        [&](db::Transaction& tx) -> Task<Result<Outcome>> { co_return co_await writer.write(tx, ctx); });
    if (outcome.has_value()) {
        entry.outcome = *outcome;
    } else {
        entry.row = row_of(outcome.error(), product, group);
        entry.message = outcome.error().detail;
    }
    co_return entry;
}

}  // namespace caddy::imports
