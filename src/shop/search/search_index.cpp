// Keeping the index: one product at a time by what the catalogue tells, or all of them in parts.
#include "shop/search/search.hpp"
#include "shop/search/search_store.hpp"

namespace caddy::search {
namespace {

// Raised when what index_terms makes of a product changes: the index is then built again.
constexpr std::int64_t index_form = 1;
constexpr int products_per_part = 50;
constexpr auto time_to_stop = std::chrono::seconds(15);   // of a job's time: enough for the part in hand

/// Writes only what differs, so that a change of price or stock costs no row.
Task<> replace_terms(db::Transaction& tx, catalog::ProductId product, const rules::Terms& wanted) {
    const auto there = co_await store::terms_of(tx, product);
    for (const auto& [term, field] : there) {
        if (!wanted.contains(term)) co_await store::delete_term(tx, product, term);
    }
    for (const auto& [term, field] : wanted) {
        const auto at = there.find(term);
        if (at == there.end()) co_await store::insert_term(tx, product, term, field);
        else if (at->second != field) co_await store::update_term(tx, product, term, field);
    }
}

}  // namespace

Task<> SearchService::index(const Context& ctx, catalog::ProductId id) {
    const auto outcome = co_await db_.transact(ctx, "search.index", [&](db::Transaction& tx) -> Task<Result<void>> {
        // The row first: who comes second reads the product after the first one has committed.
        co_await store::claim(tx, id, ctx.now());
        const auto found = co_await catalog_.products(tx, std::span(&id, 1));
        rules::Terms wanted;
        if (!found.empty()) wanted = rules::index_terms(found.front());
        co_await replace_terms(tx, id, wanted);
        if (found.empty()) co_await store::forget(tx, id);
        else co_await store::set_title(tx, id, rules::title_key(found.front().title));
        // Also where nothing differs: a process that ended right after its commit told nobody, and this is run again.
        tx.announce({next_id(), "search.indexed", id.text(), "{}"});
        co_return Result<void>{};
    });
    outcome.value();
}

Task<bool> SearchService::build(const Context& ctx) {
    store::Build build;
    {
        auto db = co_await db_.read(ctx);
        const auto known = co_await store::build(db, index_form);
        if (known) build = *known;
    }
    catalog::ProductQuery oldest_first;
    oldest_first.sort = catalog::Sort::published_at;
    while (!build.finished && ctx.remaining() > time_to_stop) {
        PageRequest part;
        part.limit = products_per_part;
        part.cursor = build.list_cursor;
        const auto listed = co_await catalog_.list(ctx, oldest_first, part);
        const auto& page = listed.value();   // the cursor is the list's own
        for (const auto& product : page.data) co_await index(ctx, product.id);
        build = {page.next, !page.next};
        const auto saved = co_await db_.transact(ctx, "search.build", [&](db::Transaction& tx) -> Task<Result<void>> {
            co_await store::save_build(tx, index_form, build, ctx.now());
            co_return Result<void>{};
        });
        saved.value();
    }
    co_return build.finished;
}

Task<> SearchService::rebuild(const Context& ctx) {
    const auto outcome = co_await db_.transact(ctx, "search.rebuild", [&](db::Transaction& tx) -> Task<Result<void>> {
        co_await store::forget_build(tx, index_form);
        co_return Result<void>{};
    });
    outcome.value();
}

}  // namespace caddy::search
