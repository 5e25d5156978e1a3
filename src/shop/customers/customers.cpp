#include "shop/customers/customers.hpp"

#include "platform/idempotency/idempotency.hpp"
#include "platform/text/text.hpp"
#include "shop/customers/customers_store.hpp"

#include <algorithm>

namespace caddy::customers {
namespace {

namespace refuse {

Error address_not_found() {
    return {ErrorKind::not_found, "customers.address_not_found", "There is no such address of yours."};
}

Error too_many_addresses(int most) {
    return {ErrorKind::conflict, "customers.too_many_addresses",
            "You have " + std::to_string(most) + " addresses, which is the most; delete one first."};
}

Error export_not_found() {
    return {ErrorKind::not_found, "customers.export_not_found",
            "There is no such copy of yours, or its time is over; ask for a new one."};
}

Error export_too_soon(std::chrono::seconds wait) {
    Error error{ErrorKind::limited, "customers.export_too_soon", "A copy was made a moment ago; fetch it, or wait."};
    error.retry_after = wait;
    return error;
}

}   // namespace refuse

struct ProfileShown {
    UserId id;
    std::string email;
    std::string name;
    std::string phone;
    std::string locale;
    std::optional<Time> email_verified_at;
    Time created_at{};
};
BOOST_DESCRIBE_STRUCT(ProfileShown, (), (id, email, name, phone, locale, email_verified_at, created_at))

/// The whole copy.
struct Document {
    Time made_at{};
    ProfileShown profile;
    std::vector<Address> addresses;
    std::vector<orders::Order> orders;
    bool orders_complete = true;   // false: the oldest ones are left out
    std::vector<identity::SignedInDevice> sessions;
};
BOOST_DESCRIBE_STRUCT(Document, (), (made_at, profile, addresses, orders, orders_complete, sessions))

void accept_line(Checks& checks, std::string& value, const char* pointer, std::size_t length_max) {
    value = text::nfc(text::trimmed(value));
    checks.require(text::is_single_line(value), pointer, "not_a_line", "Send one line without control characters.");
    checks.require(text::length(value) <= length_max, pointer, "too_long",
                   "Send at most " + std::to_string(length_max) + " characters.");
}

bool is_country(std::string_view code) {
    return code.size() == 2 && std::ranges::all_of(code, [](char c) { return c >= 'A' && c <= 'Z'; });
}

void apply(const AddressChange& change, Place& place) {
    const auto set = [](const std::optional<std::string>& from, std::string& to) {
        if (from) to = *from;
    };
    set(change.name, place.name);
    set(change.phone, place.phone);
    set(change.country, place.country);
    set(change.province, place.province);
    set(change.city, place.city);
    set(change.district, place.district);
    set(change.line1, place.line1);
    set(change.line2, place.line2);
    set(change.postal_code, place.postal_code);
}

UserId caller(const Context& ctx) { return UserId{ctx.principal.user}; }

/// The caller's book, his for the length of the transaction.
Task<> take_book(db::Transaction& tx, const Context& ctx) {
    const bool there = co_await store::lock_book(tx, caller(ctx), ctx.now());
    if (there) co_return;
    const bool opened = co_await store::open_book(tx, caller(ctx), ctx.now());
    if (!opened) throw db::Retry("another request has just opened this customer's book");
}

}   // namespace

void accept_place(Checks& checks, Place& place) {
    accept_line(checks, place.name, "/name", 100);
    accept_line(checks, place.phone, "/phone", 32);
    checks.require(is_country(place.country), "/country", "not_a_country",
                   "Send an ISO 3166-1 code of two capitals, like CN.");
    accept_line(checks, place.province, "/province", 100);
    accept_line(checks, place.city, "/city", 100);
    accept_line(checks, place.district, "/district", 100);
    accept_line(checks, place.line1, "/line1", 200);
    accept_line(checks, place.line2, "/line2", 200);
    accept_line(checks, place.postal_code, "/postal_code", 20);
}

Task<std::vector<Address>> CustomerService::addresses(const Context& ctx) {
    auto db = co_await db_.read(ctx);
    co_return co_await store::addresses(db, caller(ctx));
}

Task<Result<Address>> CustomerService::address(const Context& ctx, AddressId id) {
    auto db = co_await db_.read(ctx);
    auto found = co_await store::find_address(db, caller(ctx), id);
    if (!found) co_return refuse::address_not_found();
    co_return std::move(*found);
}

Task<Result<Address>> CustomerService::add_address(const Context& ctx, const AddressChange& asked) {
    Address made;
    apply(asked, made);
    Checks checks;
    accept_place(checks, made);
    CADDY_CO_TRY(checks.result());
    co_return co_await db_.transact(ctx, "customers.add_address", [&](db::Transaction& tx) -> Task<Result<Address>> {
        Address address = made;
        address.id = AddressId::next();
        address.created_at = ctx.now();
        address.updated_at = ctx.now();
        CADDY_CO_TRY(co_await idempotency::record(tx, ctx, address.id.text()));
        co_await take_book(tx, ctx);
        const auto count = co_await store::count_addresses(tx, caller(ctx));
        if (count >= config_.addresses_max) co_return refuse::too_many_addresses(config_.addresses_max);
        const bool written = co_await store::insert_address(tx, caller(ctx), address);
        if (!written) throw db::Retry("another process drew the same address id");
        address.is_default = count == 0 || asked.is_default.value_or(false);
        if (address.is_default) co_await store::set_default(tx, caller(ctx), address.id, ctx.now());
        co_return address;
    });
}

Task<Result<Address>> CustomerService::change_address(const Context& ctx, AddressId id, const AddressChange& change) {
    co_return co_await db_.transact(ctx, "customers.change_address", [&](db::Transaction& tx) -> Task<Result<Address>> {
        co_await take_book(tx, ctx);
        auto address = co_await store::find_address(tx, caller(ctx), id);
        if (!address) co_return refuse::address_not_found();
        apply(change, *address);
        Checks checks;
        accept_place(checks, *address);
        checks.require(change.is_default.value_or(true) || !address->is_default, "/is_default", "needs_another",
                       "One address is always the default; make another one the default instead.");
        CADDY_CO_TRY(checks.result());
        address->version += 1;
        address->updated_at = ctx.now();
        co_await store::update_address(tx, caller(ctx), *address);
        if (change.is_default.value_or(false)) {
            co_await store::set_default(tx, caller(ctx), id, ctx.now());
            address->is_default = true;
        }
        co_return std::move(*address);
    });
}

Task<Result<void>> CustomerService::remove_address(const Context& ctx, AddressId id) {
    co_return co_await db_.transact(ctx, "customers.remove_address", [&](db::Transaction& tx) -> Task<Result<void>> {
        co_await take_book(tx, ctx);
        const auto address = co_await store::find_address(tx, caller(ctx), id);
        if (!address) co_return refuse::address_not_found();
        co_await store::delete_address(tx, caller(ctx), id);
        if (!address->is_default) co_return Result<void>();
        const auto heir = co_await store::newest_address(tx, caller(ctx));
        co_await store::set_default(tx, caller(ctx), heir, ctx.now());
        co_return Result<void>();
    });
}

Task<Result<void>> CustomerService::close_account(const Context& ctx, std::string_view password) {
    const identity::Erase erase = &store::erase;
    co_return co_await identity_.close_account(ctx, password, erase);
}

Task<Result<std::string>> CustomerService::compose_export(const Context& ctx) {
    CADDY_CO_TRY(const auto profile, co_await identity_.profile(ctx));
    const auto& user = profile.user;
    Document document;
    document.made_at = ctx.now();
    document.profile = {user.id, user.email, user.name, profile.phone, profile.locale, user.email_verified_at,
                        user.created_at};
    document.addresses = co_await addresses(ctx);
    document.sessions = co_await identity_.devices(ctx);
    PageRequest request;
    request.limit = page_limit_max;
    for (;;) {
        CADDY_CO_TRY(auto page, co_await orders_.list(ctx, request));
        std::move(page.data.begin(), page.data.end(), std::back_inserter(document.orders));
        if (!page.next) break;
        if (document.orders.size() >= static_cast<std::size_t>(config_.export_orders_max)) {
            document.orders_complete = false;
            break;
        }
        request.cursor = page.next;
    }
    co_return json::to_json(document);
}

Task<Result<Export>> CustomerService::make_export(const Context& ctx) {
    const std::chrono::seconds pause(config_.export_pause_s);
    {
        auto db = co_await db_.read(ctx);
        const auto last = co_await store::newest_export(db, caller(ctx));
        if (last && last->created_at + pause > ctx.now()) {
            const auto wait = std::chrono::ceil<std::chrono::seconds>(last->created_at + pause - ctx.now());
            co_return refuse::export_too_soon(wait);
        }
    }
    CADDY_CO_TRY(const auto document, co_await compose_export(ctx));
    co_return co_await db_.transact(ctx, "customers.make_export", [&](db::Transaction& tx) -> Task<Result<Export>> {
        const Export made{ExportId::next(), ctx.now(), ctx.now() + std::chrono::hours(config_.export_keep_hours)};
        CADDY_CO_TRY(co_await idempotency::record(tx, ctx, made.id.text()));
        co_await store::delete_exports(tx, caller(ctx));
        const bool written = co_await store::insert_export(tx, caller(ctx), made, document);
        if (!written) throw db::Retry("another process drew the same export id");
        co_return made;
    });
}

Task<Result<Export>> CustomerService::export_facts(const Context& ctx, ExportId id) {
    auto db = co_await db_.read(ctx);
    const auto found = co_await store::find_export(db, caller(ctx), id);
    if (!found || found->expires_at <= ctx.now()) co_return refuse::export_not_found();
    co_return *found;
}

Task<Result<std::string>> CustomerService::read_export(const Context& ctx, ExportId id) {
    CADDY_CO_TRY(co_await export_facts(ctx, id));
    auto db = co_await db_.read(ctx);
    auto document = co_await store::export_document(db, caller(ctx), id);
    if (!document) co_return refuse::export_not_found();
    co_return std::move(*document);
}

Task<std::int64_t> CustomerService::sweep(const Context& ctx) {
    auto swept = co_await db_.transact(ctx, "customers.sweep", [&](db::Transaction& tx) -> Task<Result<std::int64_t>> {
        const auto deleted = co_await store::delete_expired_exports(tx, ctx.now());
        co_return deleted;
    });
    co_return swept.value();
}

}   // namespace caddy::customers
