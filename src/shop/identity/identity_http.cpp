// Signing in and out, passwords and mailed links over HTTP. These routes stand outside the ledger of idempotency keys:
// it keeps replies, and the replies here are secrets.
#include "platform/http/router.hpp"
#include "platform/mail/language.hpp"
#include "shop/identity/identity.hpp"

namespace caddy::identity {
namespace {

constexpr std::size_t body_bytes_max = 16 * 1024;

struct RegisterBody {
    std::string email;
    std::string password;
    std::optional<std::string> name;
};
BOOST_DESCRIBE_STRUCT(RegisterBody, (), (email, password, name))

struct LoginBody {
    std::string email;
    std::string password;
};
BOOST_DESCRIBE_STRUCT(LoginBody, (), (email, password))

struct RefreshBody {
    std::string refresh_token;
};
BOOST_DESCRIBE_STRUCT(RefreshBody, (), (refresh_token))

struct LogoutBody {
    std::optional<std::string> refresh_token;
};
BOOST_DESCRIBE_STRUCT(LogoutBody, (), (refresh_token))

struct SignedInUser {
    UserId id;
    std::string email;
    std::string name;
    std::string role;
};
BOOST_DESCRIBE_STRUCT(SignedInUser, (), (id, email, name, role))

struct TokensShown {
    std::string access_token;
    std::string token_type;
    std::int64_t expires_in = 0;
    std::string refresh_token;
    SignedInUser user;
};
BOOST_DESCRIBE_STRUCT(TokensShown, (), (access_token, token_type, expires_in, refresh_token, user))

struct ForgotBody {
    std::string email;
};
BOOST_DESCRIBE_STRUCT(ForgotBody, (), (email))

struct ResetBody {
    std::string token;
    std::string password;
};
BOOST_DESCRIBE_STRUCT(ResetBody, (), (token, password))

struct VerifyBody {
    std::string token;
};
BOOST_DESCRIBE_STRUCT(VerifyBody, (), (token))

struct SetupBody {
    std::string token;
    std::string email;
    std::string password;
};
BOOST_DESCRIBE_STRUCT(SetupBody, (), (token, email, password))

struct PasswordBody {
    std::string current_password;
    std::string new_password;
};
BOOST_DESCRIBE_STRUCT(PasswordBody, (), (current_password, new_password))

struct Nothing {};
BOOST_DESCRIBE_STRUCT(Nothing, (), ())

http::Response tokens(int status, const SignIn& made) {
    const auto& user = made.user;
    const TokensShown shown{made.access_token,
                            "Bearer",
                            made.expires_in_s,
                            made.refresh_token,
                            {user.id, user.email, user.name, std::string(role_name(user.role))}};
    return http::json_response(status, shown).with("Cache-Control", "no-store");
}

Device device_of(const http::Request& request) {
    return {std::string(request.header("user-agent").value_or(std::string_view()))};
}

Task<Result<http::Response>> sign_up(http::Request& request, IdentityService& identity) {
    CADDY_CO_TRY(auto body, request.json<RegisterBody>());
    const Registration registration{std::move(body.email), std::move(body.password), body.name.value_or(""),
                                    mail::language_for(request.header("accept-language").value_or(std::string_view()))};
    const auto device = device_of(request);
    CADDY_CO_TRY(const auto made, co_await identity.register_customer(request.ctx, registration, device));
    co_return tokens(201, made);
}

Task<Result<http::Response>> log_in(http::Request& request, IdentityService& identity) {
    CADDY_CO_TRY(const auto body, request.json<LoginBody>());
    const auto device = device_of(request);
    CADDY_CO_TRY(const auto made, co_await identity.sign_in(request.ctx, body.email, body.password, device));
    co_return tokens(200, made);
}

Task<Result<http::Response>> refresh(http::Request& request, IdentityService& identity) {
    CADDY_CO_TRY(const auto body, request.json<RefreshBody>());
    CADDY_CO_TRY(const auto made, co_await identity.refresh(request.ctx, body.refresh_token));
    co_return tokens(200, made);
}

Task<Result<http::Response>> log_out(http::Request& request, IdentityService& identity) {
    CADDY_CO_TRY(const auto body, request.json<LogoutBody>());
    CADDY_CO_TRY(co_await identity.sign_out(request.ctx, body.refresh_token));
    co_return http::no_content().with("Cache-Control", "no-store");
}

http::Response done() { return http::no_content().with("Cache-Control", "no-store"); }

/// For what happens later: the answer says nothing of whether it will.
http::Response noted() { return http::accepted(Nothing{}).with("Cache-Control", "no-store"); }

Task<Result<http::Response>> forgot(http::Request& request, IdentityService& identity) {
    CADDY_CO_TRY(const auto body, request.json<ForgotBody>());
    CADDY_CO_TRY(co_await identity.forgot_password(request.ctx, body.email));
    co_return noted();
}

Task<Result<http::Response>> reset(http::Request& request, IdentityService& identity) {
    CADDY_CO_TRY(const auto body, request.json<ResetBody>());
    CADDY_CO_TRY(co_await identity.reset_password(request.ctx, body.token, body.password));
    co_return done();
}

Task<Result<http::Response>> verify(http::Request& request, IdentityService& identity) {
    CADDY_CO_TRY(const auto body, request.json<VerifyBody>());
    CADDY_CO_TRY(co_await identity.verify_email(request.ctx, body.token));
    co_return done();
}

Task<Result<http::Response>> set_up(http::Request& request, IdentityService& identity) {
    CADDY_CO_TRY(const auto body, request.json<SetupBody>());
    const auto device = device_of(request);
    CADDY_CO_TRY(const auto made,
                 co_await identity.set_up(request.ctx, body.token, body.email, body.password, device));
    co_return tokens(201, made);
}

Task<Result<http::Response>> ask_verification(http::Request& request, IdentityService& identity) {
    CADDY_CO_TRY(request.json<Nothing>());
    CADDY_CO_TRY(co_await identity.ask_verification(request.ctx));
    co_return noted();
}

Task<Result<http::Response>> change_password(http::Request& request, IdentityService& identity) {
    CADDY_CO_TRY(const auto body, request.json<PasswordBody>());
    CADDY_CO_TRY(co_await identity.change_password(request.ctx, body.current_password, body.new_password));
    co_return done();
}

void guard(http::Route& route) {
    route.tier = http::Tier::auth;
    route.body_limit = body_bytes_max;
}

}  // namespace

void routes(http::Router& r, IdentityService& identity) {
    guard(r.post("/api/v1/auth/register", Access::anyone, http::bind(sign_up, identity)));
    guard(r.post("/api/v1/auth/login", Access::anyone, http::bind(log_in, identity)));
    guard(r.post("/api/v1/auth/refresh", Access::anyone, http::bind(refresh, identity)));
    guard(r.post("/api/v1/auth/logout", Access::customer, http::bind(log_out, identity)));
    guard(r.post("/api/v1/auth/password/forgot", Access::anyone, http::bind(forgot, identity)));
    guard(r.post("/api/v1/auth/password/reset", Access::anyone, http::bind(reset, identity)));
    guard(r.post("/api/v1/auth/email/verify", Access::anyone, http::bind(verify, identity)));
    guard(r.post("/api/v1/auth/setup", Access::anyone, http::bind(set_up, identity)));
    guard(r.post("/api/v1/me/email/verification", Access::customer, http::bind(ask_verification, identity)));
    guard(r.post("/api/v1/me/password", Access::customer, http::bind(change_password, identity)));
}

}  // namespace caddy::identity
