// Sessions after they were opened: renewing, ending, proving.
#include "platform/crypto/digest.hpp"
#include "platform/jobs/outbox.hpp"
#include "platform/json/encode.hpp"
#include "platform/telemetry/log.hpp"
#include "shop/identity/identity.hpp"
#include "shop/identity/identity_links_store.hpp"
#include "shop/identity/identity_password.hpp"
#include "shop/identity/identity_roles_store.hpp"
#include "shop/identity/identity_session_cache.hpp"
#include "shop/identity/identity_store.hpp"
#include "shop/identity/identity_tokens.hpp"

namespace caddy::identity {
namespace {

constexpr std::size_t refresh_token_bytes = 32;
constexpr int sweep_rounds_max = 20;
// An expired token is known for a while longer, so that its owner hears "expired" rather than "unknown".
constexpr std::chrono::days expired_kept{7};

namespace refuse {

Error token_invalid() {
    return {ErrorKind::unauthenticated, "identity.token_invalid", "The session has ended; sign in again."};
}

Error session_not_found() {
    return {ErrorKind::not_found, "identity.session_not_found",
            "There is no such session of yours; it may have ended already."};
}

Error refresh_unknown() {
    return {ErrorKind::unauthenticated, "identity.refresh_unknown",
            "The refresh token is not known or its session has ended; sign in again."};
}

Error refresh_expired() {
    return {ErrorKind::unauthenticated, "identity.refresh_expired", "The refresh token has expired; sign in again."};
}

Error refresh_reused() {
    return {ErrorKind::unauthenticated, "identity.refresh_reused",
            "The refresh token was used twice, so the session was ended for safety; sign in again."};
}

}  // namespace refuse

struct SessionRevoked {
    SessionId session;
    UserId user;
    RevokeReason reason{};
};
BOOST_DESCRIBE_STRUCT(SessionRevoked, (), (session, user, reason))

/// Ends a session and tells of it; nothing when it had ended.
Task<> revoke(db::Transaction& tx, const Context& ctx, UserId user, SessionId session, RevokeReason reason) {
    const bool revoked = co_await store::revoke_session(tx, session, reason, ctx.now());
    if (!revoked) co_return;
    auto payload = json::to_json(SessionRevoked{session, user, reason});
    co_await jobs::emit(tx, ctx, "identity.session_revoked", user.text(), std::move(payload));
}

/// Whether nobody has used what replaced the token. Locks the replacement, so that it stays so.
Task<bool> successor_is_unused(db::Transaction& tx, const store::TokenRow& token) {
    if (!token.successor) co_return false;
    const auto successor = co_await store::token_for_update(tx, *token.successor);
    co_return successor && !successor->used_at;
}

}  // namespace

Task<Result<SignIn>> IdentityService::issue(db::Transaction& tx, const Context& ctx, const User& user,
                                            SessionId session) {
    SignIn made;
    made.user = user;
    made.session = session;
    made.access_token = tokens_->sign(user.id, session, user.role, ctx.now());
    made.expires_in_s = tokens_->lifetime().count();
    made.refresh_token = crypto::random_token(refresh_token_bytes);
    const auto hash = crypto::sha256_hex(made.refresh_token);
    const auto expires = ctx.now() + std::chrono::days(config_.refresh_days);
    co_await store::insert_token(tx, hash, session, ctx.now(), expires);
    co_return made;
}

Task<Result<SignIn>> IdentityService::refresh(const Context& ctx, std::string_view refresh_token) {
    const auto hash = crypto::sha256_hex(refresh_token);
    std::optional<SessionId> revoked;
    auto renewed = co_await db_.transact(ctx, "identity.refresh", [&](db::Transaction& tx) {
        return renew(tx, ctx, hash, revoked);
    });
    CADDY_CO_TRY(auto sign_in, std::move(renewed));
    if (sign_in) co_return std::move(*sign_in);
    if (revoked) {
        cache_->forget(*revoked);
        log::warn("identity.refresh_reused", {{"session", revoked->text()}});
    }
    co_return refuse::refresh_reused();
}

/// Nothing, and the session revoked, when the token was reused: a refusal would roll the revocation back.
Task<Result<std::optional<SignIn>>> IdentityService::renew(db::Transaction& tx, const Context& ctx,
                                                           const std::string& hash, std::optional<SessionId>& revoked) {
    const auto token = co_await store::token_for_update(tx, hash);
    if (!token) co_return refuse::refresh_unknown();
    const auto session = co_await store::find_session(tx, token->session_id);
    if (!session) co_return refuse::refresh_unknown();
    if (session->revoked_at && session->revoke_reason == RevokeReason::reused) co_return refuse::refresh_reused();
    if (session->revoked_at) co_return refuse::refresh_unknown();

    const bool unused = co_await successor_is_unused(tx, *token);
    const RefreshToken facts{token->expires_at, token->used_at, unused};
    switch (judge_refresh(facts, ctx.now(), std::chrono::seconds(config_.refresh_grace_s))) {
        case RefreshVerdict::expired: co_return refuse::refresh_expired();
        case RefreshVerdict::reused:
            co_await revoke(tx, ctx, session->user_id, session->id, RevokeReason::reused);
            revoked = session->id;
            co_return std::optional<SignIn>();
        case RefreshVerdict::rotate:
        case RefreshVerdict::again: break;
    }
    const auto user = co_await store::find_user(tx, session->user_id);
    if (!user || user->status != UserStatus::active) co_return refuse::refresh_unknown();
    const auto expires = ctx.now() + std::chrono::days(config_.refresh_days);
    const bool prolonged = co_await store::prolong_session(tx, session->id, ctx.now(), expires);
    if (!prolonged) co_return refuse::refresh_unknown();   // revoked a moment ago
    CADDY_CO_TRY(auto sign_in, co_await issue(tx, ctx, *user, session->id));
    const auto successor = crypto::sha256_hex(sign_in.refresh_token);
    co_await store::replace_token(tx, hash, successor, ctx.now());
    if (token->successor) co_await store::replace_token(tx, *token->successor, successor, ctx.now());
    co_return std::optional<SignIn>(std::move(sign_in));
}

Task<Result<void>> IdentityService::sign_out(const Context& ctx, const std::optional<std::string>& refresh_token) {
    const UserId user{ctx.principal.user};
    const SessionId here{ctx.principal.session};
    auto ended = co_await db_.transact(ctx, "identity.sign_out", [&](db::Transaction& tx) -> Task<Result<SessionId>> {
        co_await revoke(tx, ctx, user, here, RevokeReason::signed_out);
        if (!refresh_token) co_return here;
        const auto other = co_await store::session_of_token(tx, crypto::sha256_hex(*refresh_token));
        if (!other) co_return here;
        const auto session = co_await store::find_session(tx, *other);
        if (!session || session->user_id != user) co_return here;
        co_await revoke(tx, ctx, user, session->id, RevokeReason::signed_out);
        co_return session->id;
    });
    cache_->forget(here);
    CADDY_CO_TRY(const auto other, std::move(ended));
    cache_->forget(other);
    co_return Result<void>();
}

Task<Result<Principal>> IdentityService::authenticate(const Context& ctx, std::string_view token) {
    CADDY_CO_TRY(const auto claims, tokens_->verify(token, ctx.now()));
    auto standing = cache_->find(claims.session, ctx.now());
    if (!standing) {
        const auto generation = cache_->generation();
        const auto read_at = ctx.now();
        auto db = co_await db_.read(ctx);
        const auto read = co_await store::find_standing(db, claims.session);
        standing = read.value_or(Standing{});
        if (standing->role == Role::staff) standing->permissions = co_await store::permissions_of(db, standing->user);
        cache_->put(claims.session, *standing, read_at, generation);
    }
    if (!standing->live || standing->user != claims.user) co_return refuse::token_invalid();
    co_return Principal{standing->user.value, claims.session.value, standing->role, standing->permissions};
}

Task<> IdentityService::revoke_all(db::Transaction& tx, const Context& ctx, UserId user, RevokeReason reason) {
    const auto live = co_await store::live_sessions(tx, user);
    for (const auto& session : live) co_await revoke(tx, ctx, user, session, reason);
}

Task<> IdentityService::revoke_others(db::Transaction& tx, const Context& ctx, UserId user, SessionId kept,
                                      RevokeReason reason) {
    const auto live = co_await store::live_sessions(tx, user);
    for (const auto& session : live) {
        if (session != kept) co_await revoke(tx, ctx, user, session, reason);
    }
}

Task<Result<void>> IdentityService::end_session(const Context& ctx, SessionId id) {
    auto ended = co_await db_.transact(ctx, "identity.end_session", [&](db::Transaction& tx) -> Task<Result<void>> {
        const UserId user{ctx.principal.user};
        const auto session = co_await store::find_session(tx, id);
        if (!session || session->user_id != user || session->revoked_at) co_return refuse::session_not_found();
        co_await revoke(tx, ctx, user, id, RevokeReason::ended);
        co_return Result<void>();
    });
    cache_->forget(id);
    co_return ended;
}

Task<Result<void>> IdentityService::end_other_sessions(const Context& ctx) {
    auto ended = co_await db_.transact(ctx, "identity.end_others", [&](db::Transaction& tx) -> Task<Result<void>> {
        const SessionId here{ctx.principal.session};
        co_await revoke_others(tx, ctx, UserId{ctx.principal.user}, here, RevokeReason::ended);
        co_return Result<void>();
    });
    cache_->forget_all();
    co_return ended;
}

Task<std::int64_t> IdentityService::sweep(const Context& ctx) {
    const auto before = ctx.now() - expired_kept;
    std::int64_t deleted = 0;
    for (int round = 0; round < sweep_rounds_max; ++round) {
        const auto batch = co_await db_.transact(
            ctx, "identity.sweep", [&](db::Transaction& tx) -> Task<Result<std::int64_t>> {
                const auto tokens = co_await store::delete_expired_tokens(tx, before);
                const auto sessions = co_await store::delete_expired_sessions(tx, before);
                const auto links = co_await store::delete_expired_links(tx, ctx.now());
                co_return tokens + sessions + links;
            });
        deleted += batch.value();
        if (batch.value() < store::sweep_batch) break;
    }
    co_return deleted;
}

}  // namespace caddy::identity
