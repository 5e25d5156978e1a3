// Rates: looked up for carts and orders, kept by the back office.
#include "core/checks.hpp"
#include "platform/crypto/digest.hpp"
#include "platform/idempotency/idempotency.hpp"
#include "platform/text/text.hpp"
#include "shop/audit/audit.hpp"
#include "shop/tax/tax_store.hpp"

namespace caddy::tax {
namespace refuse {
namespace {

Error not_found() {
    return {ErrorKind::not_found, "tax.not_found", "There is no such tax rate. List them to see which there are."};
}
Error duplicate_rate() {
    return {ErrorKind::conflict,
            "tax.duplicate_rate",
            "This place has a rate of this name for this category already; change that one, or choose another name.",
            {{"/name", "duplicate", "Choose a name that no other rate of this place and category has."}}};
}
Error cursor_mismatch() {
    return {ErrorKind::malformed, "request.cursor_mismatch",
            "This cursor was not made for this list. Start again without a cursor."};
}

}  // namespace
}  // namespace refuse

namespace {

constexpr std::size_t name_length_max = 100;
constexpr std::size_t cursor_digits = 12;

bool is_line(const std::string& text) {
    return !text.empty() && text::is_single_line(text) && text::length(text) <= name_length_max;
}

Result<void> check(const RateRow& row) {
    Checks checks;
    checks.require(is_line(row.name), "/name", "not_a_line", "Send a name of 1 to 100 characters, like VAT.");
    checks.require(is_country(row.country), "/country", "not_a_country",
                   "Send an ISO 3166-1 code of two capitals, like DE.");
    checks.require(!row.province || is_line(*row.province), "/province", "not_a_line",
                   "Send a province as addresses name it, in 1 to 100 characters, or null for the whole country.");
    checks.require(is_category(row.category) && row.category != category_exempt, "/category", "not_a_category",
                   "Send a code of letters, digits, _, - and .; what is exempt has no rates.");
    const bool in_range = row.rate_millionths >= 0 && row.rate_millionths <= whole_millionths;
    checks.require(in_range, "/rate_millionths", "out_of_range", "Send 0 to 1000000; 99750 is 9.975 %.");
    checks.require(row.category != category_zero || row.rate_millionths == 0, "/rate_millionths", "not_zero",
                   "Rates of the category zero are 0; choose another category.");
    checks.require(row.province || row.stacking == Stacking::replaces, "/stacking", "not_allowed",
                   "Only a province's rate may add to others: its country's.");
    return checks.result();
}

std::string cursor_after(const std::string& country, RateId last) {
    return last.text() + crypto::sha256_hex("tax.rates:" + country + ":" + last.text()).substr(0, cursor_digits);
}

Result<RateId> read_cursor(const std::string& country, const std::string& cursor) {
    if (cursor.size() <= cursor_digits) return refuse::cursor_mismatch();
    const auto last = RateId::parse(std::string_view(cursor).substr(0, cursor.size() - cursor_digits));
    if (!last || cursor_after(country, *last) != cursor) return refuse::cursor_mismatch();
    return *last;
}

json::Raw document(const RateRow& row) { return {json::to_json(row)}; }

RateRow row_of(const Draft& draft, Time now) {
    RateRow row;
    row.id = RateId::next();
    row.name = text::nfc(text::trimmed(draft.name));
    row.country = draft.country;
    if (draft.province) row.province = text::nfc(text::trimmed(*draft.province));
    row.category = draft.category.value_or(std::string(category_standard));
    row.rate_millionths = draft.rate_millionths;
    row.stacking = draft.stacking.value_or(Stacking::replaces);
    row.created_at = row.updated_at = now;
    return row;
}

Result<void> apply(const Change& change, RateRow& row) {
    const auto whole = [](const auto& patch) { return !patch.present || patch.value.has_value(); };
    Checks checks;
    checks.require(whole(change.name), "/name", "not_nullable", "Send a name, or leave it out.");
    checks.require(whole(change.rate_millionths), "/rate_millionths", "not_nullable", "Send a rate, or leave it out.");
    checks.require(whole(change.stacking), "/stacking", "not_nullable", "Send replaces or adds, or leave it out.");
    CADDY_TRY(checks.result());
    if (change.name.value) row.name = text::nfc(text::trimmed(*change.name.value));
    if (change.rate_millionths.value) row.rate_millionths = *change.rate_millionths.value;
    if (change.stacking.value) row.stacking = *change.stacking.value;
    return check(row);
}

}  // namespace

Task<RateTable> TaxService::rates(db::Session& db, const std::optional<Destination>& destination) {
    const auto where = destination.value_or(Destination{config_.home_country, config_.home_province});
    const auto of_country = co_await store::of_country(db, where.country);
    if (!of_country.empty()) co_return RateTable::at(where, of_country);
    const bool any = co_await store::any(db);
    if (any) co_return RateTable();
    co_return RateTable::of_one_rate(config_.rate_basis_points);
}

Task<Result<Page<RateRow>>> TaxService::list(const Context& ctx, const std::string& country,
                                             const PageRequest& request) {
    RateId after{};
    if (request.cursor) {
        CADDY_CO_TRY(after, read_cursor(country, *request.cursor));
    }
    auto db = co_await db_.read(ctx);
    Page<RateRow> page;
    page.limit = request.limit;
    const int wanted = request.limit + 1;
    if (country.empty()) page.data = co_await store::page(db, after, wanted);
    else page.data = co_await store::page_of_country(db, country, after, wanted);
    if (page.data.size() > static_cast<std::size_t>(request.limit)) {
        page.data.pop_back();
        page.next = cursor_after(country, page.data.back().id);
    }
    co_return page;
}

Task<Result<RateRow>> TaxService::show(const Context& ctx, RateId id) {
    auto db = co_await db_.read(ctx);
    auto row = co_await store::find(db, id);
    if (!row) co_return refuse::not_found();
    co_return std::move(*row);
}

Task<Result<RateRow>> TaxService::create(const Context& ctx, const Draft& draft) {
    co_return co_await db_.transact(ctx, "tax.create", [&](db::Transaction& tx) -> Task<Result<RateRow>> {
        auto row = row_of(draft, ctx.now());
        const auto made = row.id.text();
        CADDY_CO_TRY(co_await idempotency::record(tx, ctx, made));
        CADDY_CO_TRY(check(row));
        const bool written = co_await store::insert(tx, row);
        if (!written) co_return refuse::duplicate_rate();
        const audit::Act act{"tax.rate.create", made, std::nullopt, document(row)};
        co_await audit::record(tx, ctx, act);
        co_return row;
    });
}

Task<Result<RateRow>> TaxService::change(const Context& ctx, RateId id, const http::ExpectedVersion& expected,
                                         const Change& change) {
    co_return co_await db_.transact(ctx, "tax.change", [&](db::Transaction& tx) -> Task<Result<RateRow>> {
        auto row = co_await store::lock(tx, id);
        if (!row) co_return refuse::not_found();
        CADDY_CO_TRY(expected.check(row->version));
        const auto before = document(*row);
        CADDY_CO_TRY(apply(change, *row));
        const auto rival = co_await store::rival(tx, *row);
        if (rival) co_return refuse::duplicate_rate();
        ++row->version;
        row->updated_at = ctx.now();
        co_await store::update(tx, *row);
        const auto subject = id.text();
        const audit::Act act{"tax.rate.update", subject, before, document(*row)};
        co_await audit::record(tx, ctx, act);
        co_return std::move(*row);
    });
}

Task<Result<void>> TaxService::remove(const Context& ctx, RateId id, const http::ExpectedVersion& expected) {
    co_return co_await db_.transact(ctx, "tax.remove", [&](db::Transaction& tx) -> Task<Result<void>> {
        const auto row = co_await store::lock(tx, id);
        if (!row) co_return refuse::not_found();
        CADDY_CO_TRY(expected.check(row->version));
        co_await store::erase(tx, id);
        const auto subject = id.text();
        const audit::Act act{"tax.rate.delete", subject, document(*row), std::nullopt};
        co_await audit::record(tx, ctx, act);
        co_return Result<void>{};
    });
}

}  // namespace caddy::tax
