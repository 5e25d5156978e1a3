// What an account's owner does with it: his name and number, his password, his devices, its end.
#include "platform/crypto/digest.hpp"
#include "platform/jobs/outbox.hpp"
#include "platform/json/encode.hpp"
#include "platform/limit/limit.hpp"
#include "platform/mail/language.hpp"
#include "platform/text/text.hpp"
#include "shop/identity/identity_links_store.hpp"
#include "shop/identity/identity_password.hpp"
#include "shop/identity/identity_rules.hpp"
#include "shop/identity/identity_session_cache.hpp"
#include "shop/identity/identity_store.hpp"

namespace caddy::identity {
namespace {

constexpr std::size_t phone_length_max = 32;

namespace refuse {

Error token_invalid() {
    return {ErrorKind::unauthenticated, "identity.token_invalid", "The account is gone; sign in again."};
}

Error wrong_password() {
    return {ErrorKind::invalid, "identity.wrong_password", "The current password is not right; try again."};
}

Error too_many_attempts(std::chrono::seconds wait) {
    Error error{ErrorKind::limited, "identity.too_many_attempts",
                "The password was wrong too often; wait before trying again."};
    error.retry_after = wait;
    return error;
}

Error staff_account() {
    return {ErrorKind::conflict, "identity.staff_account",
            "An account of the back office is not closed by its owner; ask an administrator to disable it."};
}

}   // namespace refuse

struct Told {
    UserId user;
};
BOOST_DESCRIBE_STRUCT(Told, (), (user))

void check_profile(Checks& checks, const Profile& profile) {
    check_name(checks, profile.user.name);
    checks.require(text::is_single_line(profile.phone), "/phone", "not_single_line",
                   "Send one line without control characters.");
    checks.require(text::length(profile.phone) <= phone_length_max, "/phone", "too_long", "Use at most 32 characters.");
    checks.require(mail::is_language(profile.locale), "/locale", "not_a_locale", "Send zh-CN or en.");
}

}   // namespace

Task<Result<Profile>> IdentityService::profile(const Context& ctx) {
    auto db = co_await db_.read(ctx);
    const auto profile = co_await store::find_profile(db, UserId{ctx.principal.user});
    if (!profile) co_return refuse::token_invalid();
    co_return *profile;
}

Task<std::optional<std::string>> IdentityService::language_of(db::Session& db, UserId user) {
    auto profile = co_await store::find_profile(db, user);
    if (!profile) co_return std::nullopt;
    co_return std::move(profile->locale);
}

Task<Result<Profile>> IdentityService::change_profile(const Context& ctx, const ProfileChange& change) {
    co_return co_await db_.transact(ctx, "identity.change_profile", [&](db::Transaction& tx) -> Task<Result<Profile>> {
        const UserId user{ctx.principal.user};
        const auto door = co_await store::door_for_update(tx, user);
        auto profile = co_await store::find_profile(tx, user);
        if (!door || !profile) co_return refuse::token_invalid();
        if (change.name) profile->user.name = text::trimmed(text::nfc(*change.name));
        if (change.phone) profile->phone = text::trimmed(*change.phone);
        if (change.locale) profile->locale = *change.locale;
        Checks checks;
        check_profile(checks, *profile);
        CADDY_CO_TRY(checks.result());
        co_await store::update_profile(tx, *profile, ctx.now());
        profile->user.version += 1;
        profile->user.updated_at = ctx.now();
        co_return std::move(*profile);
    });
}

/// The hash that matched.
Task<Result<std::string>> IdentityService::prove_password(const Context& ctx, std::string_view password) {
    const UserId user{ctx.principal.user};
    const auto key = "identity.prove:" + user.text();
    const auto place = passwords_->take();
    std::optional<std::string> hash;
    {
        auto db = co_await db_.read(ctx);
        hash = co_await store::password_hash_of(db, user);
    }
    if (!hash) co_return refuse::token_invalid();
    const auto wait = co_await attempts_.check(key);
    if (wait) co_return refuse::too_many_attempts(*wait);
    const bool right = co_await passwords_->matches(place, std::string(password), *hash);
    if (!right) {
        co_await attempts_.note_failure(key);
        co_return refuse::wrong_password();
    }
    co_await attempts_.clear(key);
    co_return std::move(*hash);
}

Task<Result<void>> IdentityService::change_password(const Context& ctx, std::string_view current,
                                                    std::string_view wanted) {
    const UserId user{ctx.principal.user};
    CADDY_CO_TRY(const auto proven, co_await prove_password(ctx, current));
    CADDY_CO_TRY(const auto known, co_await me(ctx));
    Checks noted;
    check_password(noted, wanted, folded_email(known.email));
    auto checked = noted.result();
    if (checked.has_error()) {
        auto error = std::move(checked).error();
        for (auto& field : error.fields) field.pointer = "/new_password";
        co_return error;
    }
    const auto place = passwords_->take();
    const auto hash = co_await passwords_->hash(place, std::string(wanted));
    auto done = co_await db_.transact(ctx, "identity.change_password", [&](db::Transaction& tx) -> Task<Result<void>> {
        const auto door = co_await store::door_for_update(tx, user);
        // Of two changes at a time the second proves itself anew.
        if (!door || door->password_hash != proven) co_return refuse::wrong_password();
        co_await store::set_password(tx, user, hash, ctx.now());
        co_await store::delete_links(tx, user, LinkPurpose::reset_password);
        co_await revoke_others(tx, ctx, user, SessionId{ctx.principal.session}, RevokeReason::password_changed);
        auto payload = json::to_json(Told{user});
        co_await jobs::emit(tx, ctx, "identity.password_changed", user.text(), std::move(payload));
        co_return Result<void>();
    });
    cache_->forget_all();
    co_return done;
}

Task<Result<void>> IdentityService::close_account(const Context& ctx, std::string_view password, const Erase& erase) {
    const UserId user{ctx.principal.user};
    if (ctx.principal.role != Role::customer) co_return refuse::staff_account();
    CADDY_CO_TRY(const auto proven, co_await prove_password(ctx, password));
    auto done = co_await db_.transact(ctx, "identity.close_account", [&](db::Transaction& tx) -> Task<Result<void>> {
        const auto door = co_await store::door_for_update(tx, user);
        const auto account = co_await store::find_user(tx, user);
        if (!door || !account || door->status != UserStatus::active) co_return refuse::token_invalid();
        if (account->role != Role::customer) co_return refuse::staff_account();
        if (door->password_hash != proven) co_return refuse::wrong_password();
        // No address looks like this, so the place is nobody's; nobody knows the password of that hash.
        co_await store::erase_user(tx, user, "closed:" + user.text(), dummy_hash_, ctx.now());
        co_await store::delete_links(tx, user, LinkPurpose::reset_password);
        co_await store::delete_links(tx, user, LinkPurpose::verify_email);
        co_await revoke_others(tx, ctx, user, SessionId{}, RevokeReason::account_closed);
        co_await store::erase_devices(tx, user);
        co_await erase(tx, user);
        auto payload = json::to_json(Told{user});
        co_await jobs::emit(tx, ctx, "identity.account_closed", user.text(), std::move(payload));
        co_return Result<void>();
    });
    cache_->forget_all();
    co_return done;
}

Task<std::vector<SignedInDevice>> IdentityService::devices(const Context& ctx) {
    auto db = co_await db_.read(ctx);
    co_return co_await store::devices(db, UserId{ctx.principal.user}, ctx.now());
}

}   // namespace caddy::identity
