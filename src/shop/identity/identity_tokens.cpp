#include "shop/identity/identity_tokens.hpp"

#include "platform/crypto/digest.hpp"

#include <jwt.h>

#include <cstdlib>

namespace caddy::identity {
namespace {

constexpr const char* issuer = "caddy-shopping";
constexpr const char* audience = "caddy-shopping";
constexpr std::chrono::seconds leeway{5};   // between the clocks of two machines
constexpr std::size_t token_bytes_max = 2048;

namespace refuse {

Error token_invalid() {
    return {ErrorKind::unauthenticated, "identity.token_invalid", "The access token is not valid; sign in again."};
}

Error token_expired() {
    return {ErrorKind::unauthenticated, "identity.token_expired",
            "The access token has expired; renew it with the refresh token."};
}

}  // namespace refuse

struct Free {
    void operator()(jwt_t* token) const { jwt_free(token); }
    void operator()(char* text) const { std::free(text); }
};
using Token = std::unique_ptr<jwt_t, Free>;

void demand(int outcome) {
    if (outcome != 0) throw std::runtime_error("libjwt refused to make a token");
}

const unsigned char* bytes(const std::string& secret) { return reinterpret_cast<const unsigned char*>(secret.data()); }

/// Parses, and verifies the signature where a secret is given.
Token decode(const std::string& token, const std::string* secret) {
    jwt_t* raw = nullptr;
    const int outcome = secret ? jwt_decode(&raw, token.c_str(), bytes(*secret), static_cast<int>(secret->size()))
                               : jwt_decode(&raw, token.c_str(), nullptr, 0);
    Token decoded(raw);
    return outcome == 0 ? std::move(decoded) : Token();
}

std::string_view view(const char* text) { return text ? std::string_view(text) : std::string_view(); }

bool is_compact(std::string_view token) {
    if (token.size() > token_bytes_max) return false;
    return token.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.") ==
           std::string_view::npos;
}

std::int64_t seconds_of(Time time) {
    return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

}  // namespace

AccessTokens::AccessTokens(std::string current, std::string previous, std::chrono::seconds lifetime)
    : lifetime_(lifetime) {
    for (auto* secret : {&current, &previous}) {
        if (secret->empty()) continue;
        auto id = crypto::sha256_hex(*secret).substr(0, 8);
        keys_.push_back({std::move(id), std::move(*secret)});
    }
}

std::string AccessTokens::sign(UserId user, SessionId session, Role role, Time now) const {
    const auto& key = keys_.front();
    jwt_t* raw = nullptr;
    demand(jwt_new(&raw));
    const Token token(raw);
    demand(jwt_add_header(raw, "kid", key.id.c_str()));
    demand(jwt_add_grant(raw, "iss", issuer));
    demand(jwt_add_grant(raw, "aud", audience));
    demand(jwt_add_grant(raw, "sub", user.text().c_str()));
    demand(jwt_add_grant(raw, "sid", session.text().c_str()));
    demand(jwt_add_grant(raw, "role", std::string(role_name(role)).c_str()));
    demand(jwt_add_grant_int(raw, "iat", seconds_of(now)));
    demand(jwt_add_grant_int(raw, "exp", seconds_of(now + lifetime_)));
    demand(jwt_set_alg(raw, JWT_ALG_HS256, bytes(key.secret), static_cast<int>(key.secret.size())));
    const std::unique_ptr<char, Free> text(jwt_encode_str(raw));
    if (!text) throw std::runtime_error("libjwt could not sign a token");
    return text.get();
}

Result<Claims> AccessTokens::verify(std::string_view token, Time now) const {
    if (!is_compact(token)) return refuse::token_invalid();
    const std::string text(token);

    // The algorithm is settled before any key comes into play: what the token itself asks for decides nothing.
    const auto unverified = decode(text, nullptr);
    if (!unverified || view(jwt_get_header(unverified.get(), "alg")) != "HS256") return refuse::token_invalid();
    const auto* key = find(view(jwt_get_header(unverified.get(), "kid")));
    if (!key) return refuse::token_invalid();

    const auto verified = decode(text, &key->secret);
    if (!verified || jwt_get_alg(verified.get()) != JWT_ALG_HS256) return refuse::token_invalid();
    jwt_t* const raw = verified.get();
    const auto user = UserId::parse(view(jwt_get_grant(raw, "sub")));
    const auto session = SessionId::parse(view(jwt_get_grant(raw, "sid")));
    const bool ours = view(jwt_get_grant(raw, "iss")) == issuer && view(jwt_get_grant(raw, "aud")) == audience;
    const std::int64_t expires = jwt_get_grant_int(raw, "exp");   // 0 when it is missing or no integer
    if (!ours || !user || !session || expires <= 0) return refuse::token_invalid();
    if (seconds_of(now) >= expires + leeway.count()) return refuse::token_expired();
    return Claims{*user, *session};
}

const AccessTokens::Key* AccessTokens::find(std::string_view id) const {
    for (const auto& key : keys_) {
        if (key.id == id) return &key;
    }
    return nullptr;
}

RefreshVerdict judge_refresh(const RefreshToken& token, Time now, std::chrono::seconds grace) {
    if (!token.used_at) return now >= token.expires_at ? RefreshVerdict::expired : RefreshVerdict::rotate;
    const bool answer_was_lost = token.successor_unused && now - *token.used_at <= grace;
    return answer_was_lost ? RefreshVerdict::again : RefreshVerdict::reused;
}

}  // namespace caddy::identity
