// What somebody may do who holds a mailed link: set a new password, prove an address, become the first administrator.
// Requests only note that a link is wanted; it is drawn by the job that mails it (identity_mail.cpp).
#include "platform/crypto/digest.hpp"
#include "platform/jobs/outbox.hpp"
#include "platform/json/encode.hpp"
#include "platform/limit/limit.hpp"
#include "platform/text/text.hpp"
#include "shop/identity/identity_account.hpp"
#include "shop/identity/identity_links_store.hpp"
#include "shop/identity/identity_password.hpp"
#include "shop/identity/identity_rules.hpp"
#include "shop/identity/identity_session_cache.hpp"
#include "shop/identity/identity_store.hpp"

namespace caddy::identity {
namespace {

constexpr std::size_t link_token_bytes = 32;
constexpr std::chrono::hours setup_link_life{24};

namespace refuse {

Error link_invalid() {
    return {ErrorKind::gone, "identity.link_invalid",
            "This link is not known, was used already or has expired; ask for a new one."};
}

Error setup_done() {
    return {ErrorKind::conflict, "identity.setup_done", "The shop has an administrator already; sign in instead."};
}

Error email_taken() {
    return {ErrorKind::conflict, "identity.email_taken",
            "There is an account with this e-mail address already; use another one."};
}

Error too_many_attempts(std::chrono::seconds wait) {
    Error error{ErrorKind::limited, "identity.too_many_attempts",
                "Too many mails were asked for; wait before the next."};
    error.retry_after = wait;
    return error;
}

}   // namespace refuse

struct Asked {
    UserId user;
};
BOOST_DESCRIBE_STRUCT(Asked, (), (user))

}   // namespace

Task<Result<void>> IdentityService::forgot_password(const Context& ctx, std::string_view email) {
    const bool acceptable = text::is_utf8(email) && text::is_email(text::trimmed(email));
    CADDY_CO_TRY(Checks()
                     .require(acceptable, "/email", "not_an_email", "Send an e-mail address, like name@example.com.")
                     .result());
    const auto address = folded_email(email);
    const auto wait = co_await attempts_.check("identity.forgot:" + crypto::sha256_hex(address));
    // The same statements whoever asks and whatever is known, so that neither answer nor time tells of an account.
    co_return co_await db_.transact(ctx, "identity.forgot", [&](db::Transaction& tx) -> Task<Result<void>> {
        const auto account = co_await store::find_account(tx, address);
        const bool wanted = account && account->user.status == UserStatus::active && !wait;
        const auto user = wanted ? account->user.id : UserId{};
        const std::string aggregate = wanted ? user.text() : "nobody";
        auto payload = json::to_json(Asked{user});
        co_await jobs::emit(tx, ctx, "identity.password_forgotten", aggregate, std::move(payload));
        co_return Result<void>();
    });
}

Task<Result<void>> IdentityService::reset_password(const Context& ctx, std::string_view token,
                                                   std::string_view password) {
    const auto hash = crypto::sha256_hex(token);
    std::optional<store::Account> account;
    {
        auto db = co_await db_.read(ctx);
        const auto link = co_await store::find_link(db, hash);
        const bool good = link && link->purpose == LinkPurpose::reset_password && link->expires_at > ctx.now();
        if (!good) co_return refuse::link_invalid();
        auto user = co_await store::find_user(db, link->user_id);
        if (!user || user->status != UserStatus::active) co_return refuse::link_invalid();
        account.emplace();
        account->user = std::move(*user);
    }
    const auto& user = account->user;
    Checks checks;
    check_password(checks, password, folded_email(user.email));
    CADDY_CO_TRY(checks.result());
    const auto place = passwords_->take();
    const auto password_hash = co_await passwords_->hash(place, std::string(password));
    auto done = co_await db_.transact(ctx, "identity.reset_password", [&](db::Transaction& tx) -> Task<Result<void>> {
        const bool taken = co_await store::take_link(tx, hash, LinkPurpose::reset_password, ctx.now());
        if (!taken) co_return refuse::link_invalid();
        const auto door = co_await store::door_for_update(tx, user.id);
        if (!door || door->status != UserStatus::active) co_return refuse::link_invalid();
        co_await store::set_password(tx, user.id, password_hash, ctx.now());
        // Whoever holds a link that was mailed to an address reads its mail.
        co_await store::set_verified(tx, user.id, ctx.now());
        co_await store::delete_links(tx, user.id, LinkPurpose::reset_password);
        co_await revoke_others(tx, ctx, user.id, SessionId{}, RevokeReason::password_changed);
        auto payload = json::to_json(Asked{user.id});
        co_await jobs::emit(tx, ctx, "identity.password_changed", user.id.text(), std::move(payload));
        co_return Result<void>();
    });
    cache_->forget_all();
    if (done.has_value()) co_await attempts_.clear("identity.sign_in:" + crypto::sha256_hex(folded_email(user.email)));
    co_return done;
}

Task<Result<void>> IdentityService::ask_verification(const Context& ctx) {
    const UserId user{ctx.principal.user};
    const auto wait = co_await attempts_.check("identity.verify:" + user.text());
    if (wait) co_return refuse::too_many_attempts(*wait);
    co_return co_await db_.transact(ctx, "identity.ask_verification", [&](db::Transaction& tx) -> Task<Result<void>> {
        auto payload = json::to_json(Asked{user});
        co_await jobs::emit(tx, ctx, "identity.verification_asked", user.text(), std::move(payload));
        co_return Result<void>();
    });
}

Task<Result<void>> IdentityService::verify_email(const Context& ctx, std::string_view token) {
    const auto hash = crypto::sha256_hex(token);
    co_return co_await db_.transact(ctx, "identity.verify_email", [&](db::Transaction& tx) -> Task<Result<void>> {
        const auto link = co_await store::find_link(tx, hash);
        if (!link) co_return refuse::link_invalid();
        const bool taken = co_await store::take_link(tx, hash, LinkPurpose::verify_email, ctx.now());
        if (!taken) co_return refuse::link_invalid();
        co_await store::set_verified(tx, link->user_id, ctx.now());
        co_await store::delete_links(tx, link->user_id, LinkPurpose::verify_email);
        auto payload = json::to_json(Asked{link->user_id});
        co_await jobs::emit(tx, ctx, "identity.email_verified", link->user_id.text(), std::move(payload));
        co_return Result<void>();
    });
}

Task<std::optional<std::string>> IdentityService::invite_admin(const Context& ctx) {
    const auto token = crypto::random_token(link_token_bytes);
    auto made = co_await db_.transact(ctx, "identity.invite_admin", [&](db::Transaction& tx) -> Task<Result<bool>> {
        const bool exists = co_await store::admin_exists(tx);
        co_await store::delete_links(tx, UserId{}, LinkPurpose::setup);
        if (exists) co_return false;
        const store::Link link{UserId{}, LinkPurpose::setup, ctx.now() + setup_link_life};
        co_await store::insert_link(tx, crypto::sha256_hex(token), link, ctx.now());
        co_return true;
    });
    if (!made.value()) co_return std::nullopt;
    co_return token;
}

Task<Result<SignIn>> IdentityService::set_up(const Context& ctx, std::string_view token, std::string_view email,
                                             std::string_view password, const Device& device) {
    const auto link_hash = crypto::sha256_hex(token);
    {
        auto db = co_await db_.read(ctx);
        const auto link = co_await store::find_link(db, link_hash);
        const bool good = link && link->purpose == LinkPurpose::setup && link->expires_at > ctx.now();
        if (!good) co_return refuse::link_invalid();
    }
    Checks checks;
    check_credentials(checks, email, password);
    CADDY_CO_TRY(checks.result());
    const auto hash = co_await hash_for_new(ctx, email, password);
    if (!hash) co_return refuse::email_taken();
    const NewAccount account{folded_email(email), text::trimmed(email), "", Role::admin, *hash};
    co_return co_await db_.transact(ctx, "identity.set_up", [&](db::Transaction& tx) -> Task<Result<SignIn>> {
        const bool taken = co_await store::take_link(tx, link_hash, LinkPurpose::setup, ctx.now());
        if (!taken) co_return refuse::link_invalid();
        const bool exists = co_await store::admin_exists(tx);
        if (exists) co_return refuse::setup_done();
        CADDY_CO_TRY(const auto user, co_await add_account(tx, ctx, account));
        co_return co_await open_session(tx, ctx, user, device);
    });
}

}   // namespace caddy::identity
