#include "shop/identity/identity.hpp"

#include "platform/crypto/digest.hpp"
#include "platform/jobs/outbox.hpp"
#include "platform/json/encode.hpp"
#include "platform/limit/limit.hpp"
#include "platform/runtime/fault.hpp"
#include "platform/text/text.hpp"
#include "shop/identity/identity_account.hpp"
#include "shop/identity/identity_links_store.hpp"
#include "shop/identity/identity_password.hpp"
#include "shop/identity/identity_rules.hpp"
#include "shop/identity/identity_session_cache.hpp"
#include "shop/identity/identity_store.hpp"
#include "shop/identity/identity_tokens.hpp"

namespace caddy::identity {

namespace {

constexpr std::size_t secret_bytes_min = 32;

namespace refuse {

Error email_taken() {
    return {ErrorKind::conflict, "identity.email_taken",
            "There is an account with this e-mail address already; sign in instead."};
}

Error bad_credentials() {
    return {ErrorKind::unauthenticated, "identity.bad_credentials",
            "The e-mail address or the password is not right; check both and try again."};
}

Error too_many_attempts(std::chrono::seconds wait) {
    Error error{ErrorKind::limited, "identity.too_many_attempts",
                "Too many failed sign-ins for this account; wait before trying again."};
    error.retry_after = wait;
    return error;
}

Error token_invalid() {
    return {ErrorKind::unauthenticated, "identity.token_invalid", "The access token is not valid; sign in again."};
}

Error user_not_found() { return {ErrorKind::not_found, "identity.user_not_found", "There is no such user."}; }

}  // namespace refuse

struct Registered {
    UserId user;
    std::string role;
};
BOOST_DESCRIBE_STRUCT(Registered, (), (user, role))

/// Of a password that nobody knows: what an unknown address is verified against.
std::string make_dummy_hash(HashCost cost) { return hash_password(crypto::random_token(18), cost); }

/// The counter's name tells nothing of the address.
std::string attempts_key(std::string_view email) { return "identity.sign_in:" + crypto::sha256_hex(email); }

/// At most 200 bytes of printable text, whatever the header says.
std::string shown_user_agent(std::string_view header) {
    constexpr std::size_t bytes_max = 200;
    std::string shown;
    for (const char c : header.substr(0, bytes_max)) shown.push_back(c >= ' ' && c <= '~' ? c : '?');
    return text::trimmed(shown);
}

void require_bounds(std::vector<std::string>& faults, std::string_view name, int value, int min, int max) {
    if (value >= min && value <= max) return;
    faults.push_back(std::string(name) + " must be within " + std::to_string(min) + ".." + std::to_string(max) + ".");
}

}  // namespace

std::vector<std::string> faults(const IdentityConfig& config) {
    std::vector<std::string> faults;
    if (config.jwt_secret.size() < secret_bytes_min) {
        faults.emplace_back("The secret of access tokens must have at least 32 bytes; use random ones.");
    }
    if (!config.jwt_secret_previous.empty() && config.jwt_secret_previous.size() < secret_bytes_min) {
        faults.emplace_back("The previous secret of access tokens must have at least 32 bytes or be empty.");
    }
    require_bounds(faults, "access_minutes", config.access_minutes, 1, 60);
    require_bounds(faults, "refresh_days", config.refresh_days, 1, 365);
    require_bounds(faults, "refresh_grace_s", config.refresh_grace_s, 0, 60);
    require_bounds(faults, "hash_memory_kib", config.hash_memory_kib, 1024, 1'048'576);
    require_bounds(faults, "hash_passes", config.hash_passes, 1, 10);
    require_bounds(faults, "hash_threads", config.hash_threads, 1, 16);
    require_bounds(faults, "hash_queue", config.hash_queue, 0, 1000);
    require_bounds(faults, "session_cache_entries", config.session_cache_entries, 0, 1'000'000);
    return faults;
}

IdentityService::IdentityService(db::Database& database, limit::AttemptLimit& attempts, const IdentityConfig& config)
    : db_(database), attempts_(attempts), config_(config) {
    const auto wrong = faults(config);
    if (!wrong.empty()) throw std::invalid_argument(wrong.front());
    const HashCost cost{config.hash_memory_kib, config.hash_passes};
    tokens_ = std::make_unique<AccessTokens>(config.jwt_secret, config.jwt_secret_previous,
                                             std::chrono::minutes(config.access_minutes));
    passwords_ = std::make_unique<PasswordPool>(config.hash_threads, config.hash_queue, cost);
    cache_ = std::make_unique<SessionCache>(static_cast<std::size_t>(config.session_cache_entries));
    dummy_hash_ = make_dummy_hash(cost);
}

IdentityService::~IdentityService() = default;

void IdentityService::change_keys(const std::string& current, const std::string& previous) {
    config_.jwt_secret = current;
    config_.jwt_secret_previous = previous;
    tokens_ = std::make_unique<AccessTokens>(current, previous, std::chrono::minutes(config_.access_minutes));
}

Task<Result<SignIn>> IdentityService::register_customer(const Context& ctx, const Registration& registration,
                                                        const Device& device) {
    Checks checks;
    check_credentials(checks, registration.email, registration.password);
    const auto name = text::trimmed(text::nfc(registration.name));
    check_name(checks, name);
    CADDY_CO_TRY(checks.result());

    const auto hash = co_await hash_for_new(ctx, registration.email, registration.password);
    if (!hash) co_return refuse::email_taken();
    const NewAccount account{folded_email(registration.email), text::trimmed(registration.email), name, Role::customer,
                             *hash};
    co_return co_await db_.transact(
        ctx, "identity.register", [&](db::Transaction& tx) -> Task<Result<SignIn>> {
            CADDY_CO_TRY(const auto user, co_await add_account(tx, ctx, account));
            co_await store::set_locale(tx, user.id, registration.locale, ctx.now());
            co_return co_await open_session(tx, ctx, user, device);
        });
}

Task<Result<User>> IdentityService::create_admin(const Context& ctx, std::string_view email,
                                                 std::string_view password) {
    Checks checks;
    check_credentials(checks, email, password);
    CADDY_CO_TRY(checks.result());
    const auto hash = co_await hash_for_new(ctx, email, password);
    if (!hash) co_return refuse::email_taken();
    const NewAccount account{folded_email(email), text::trimmed(email), "", Role::admin, *hash};
    co_return co_await db_.transact(ctx, "identity.create_admin", [&](db::Transaction& tx) {
        return add_account(tx, ctx, account);
    });
}

/// Looks first, so that a known address costs no hash; the unique key decides between two at the same moment.
Task<std::optional<std::string>> IdentityService::hash_for_new(const Context& ctx, std::string_view email,
                                                               std::string_view password) {
    const auto address = folded_email(email);
    const auto place = passwords_->take();
    {
        auto db = co_await db_.read(ctx);
        const bool known = co_await store::email_is_known(db, address);
        if (known) co_return std::nullopt;
    }
    co_return co_await passwords_->hash(place, std::string(password));
}

Task<Result<User>> IdentityService::add_account(db::Transaction& tx, const Context& ctx, const NewAccount& account) {
    store::Account made;
    made.user.id = UserId::next();
    made.user.email = account.email_shown;
    made.user.name = account.name;
    made.user.role = account.role;
    made.user.created_at = ctx.now();
    made.user.updated_at = ctx.now();
    made.password_hash = account.password_hash;
    const bool written = co_await store::insert_user(tx, made, account.email);
    if (!written) {
        const bool known = co_await store::email_is_known(tx, account.email);
        if (known) co_return refuse::email_taken();
        throw db::Retry("another process drew the same user id");
    }
    auto payload = json::to_json(Registered{made.user.id, std::string(role_name(account.role))});
    co_await jobs::emit(tx, ctx, "identity.registered", made.user.id.text(), std::move(payload));
    co_return std::move(made.user);
}

Task<Result<SignIn>> IdentityService::sign_in(const Context& ctx, std::string_view email, std::string_view password,
                                              const Device& device) {
    const auto address = folded_email(email);
    const auto key = attempts_key(address);
    // Refused for want of room before the attempt is counted, so that a busy shop locks nobody out.
    const auto place = passwords_->take();
    const auto account = co_await find_account(ctx, address);
    const auto wait = co_await attempts_.check(key);
    if (wait) co_return refuse::too_many_attempts(*wait);

    const auto hash = account ? account->password_hash : dummy_hash_;
    const bool right = co_await passwords_->matches(place, std::string(password), hash);
    if (!account || !right || account->user.status != UserStatus::active) {
        co_await attempts_.note_failure(key);
        co_return refuse::bad_credentials();
    }
    co_await attempts_.clear(key);
    std::optional<std::string> renewed;
    if (!made_at_cost(hash, passwords_->cost())) {
        renewed = co_await passwords_->hash(place, std::string(password));
    }
    co_return co_await db_.transact(
        ctx, "identity.sign_in", [&](db::Transaction& tx) -> Task<Result<SignIn>> {
            // The account may have been disabled, and its password changed, while that was verified.
            const auto door = co_await store::door_for_update(tx, account->user.id);
            if (!door || door->status != UserStatus::active) co_return refuse::bad_credentials();
            if (door->password_hash != hash) throw Unavailable("the password was changed during a sign-in");
            if (renewed) co_await store::renew_hash(tx, *account, *renewed, ctx.now());
            co_return co_await open_session(tx, ctx, account->user, device);
        });
}

Task<std::optional<store::Account>> IdentityService::find_account(const Context& ctx, std::string_view email) {
    auto db = co_await db_.read(ctx);
    co_return co_await store::find_account(db, email);
}

Task<Result<SignIn>> IdentityService::open_session(db::Transaction& tx, const Context& ctx, const User& user,
                                                   const Device& device) {
    const auto session = SessionId::next();
    const auto expires = ctx.now() + std::chrono::days(config_.refresh_days);
    const auto user_agent = shown_user_agent(device.user_agent);
    co_await store::insert_session(tx, session, user.id, user_agent, ctx.now(), expires);
    co_return co_await issue(tx, ctx, user, session);
}

Task<Result<User>> IdentityService::me(const Context& ctx) {
    auto db = co_await db_.read(ctx);
    const auto user = co_await store::find_user(db, UserId{ctx.principal.user});
    if (!user) co_return refuse::token_invalid();
    co_return *user;
}

Task<Result<User>> IdentityService::change_role(const Context& ctx, UserId id, Role role) {
    auto changed = co_await db_.transact(ctx, "identity.change_role", [&](db::Transaction& tx) -> Task<Result<User>> {
        const bool found = co_await store::set_role(tx, id, role, ctx.now());
        if (!found) co_return refuse::user_not_found();
        const auto user = co_await store::find_user(tx, id);
        co_return *user;
    });
    cache_->forget_all();
    co_return changed;
}

}  // namespace caddy::identity
