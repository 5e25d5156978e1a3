#pragma once
// Access tokens (JWT, HS256 and nothing else) and the rule for refresh tokens. Pure: time comes from the caller.
#include "shop/identity/identity.hpp"

namespace caddy::identity {

/// What an access token says.
struct Claims {
    UserId user;
    SessionId session;
};

class AccessTokens {
public:
    /// REQUIRES: secrets of at least 32 bytes; `previous` may be empty
    AccessTokens(std::string current, std::string previous, std::chrono::seconds lifetime);

    std::string sign(UserId, SessionId, Role, Time now) const;

    /// Refuses: identity.token_invalid, identity.token_expired
    Result<Claims> verify(std::string_view token, Time now) const;

    std::chrono::seconds lifetime() const { return lifetime_; }

private:
    struct Key {
        std::string id;   // the first 8 hexadecimal digits of the secret's SHA-256
        std::string secret;
    };
    const Key* find(std::string_view id) const;

    std::vector<Key> keys_;   // the first one signs
    std::chrono::seconds lifetime_;
};

/// A refresh token as it is kept.
struct RefreshToken {
    Time expires_at{};
    std::optional<Time> used_at{};    // when it was replaced
    bool successor_unused = false;    // nobody has used what replaced it
};

enum class RefreshVerdict {
    rotate,    // its first use
    again,     // the answer to its first use was lost
    expired,
    reused,    // two hold it
};

RefreshVerdict judge_refresh(const RefreshToken&, Time now, std::chrono::seconds grace);

}  // namespace caddy::identity
