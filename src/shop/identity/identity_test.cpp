// Rules: passwords, access tokens, refresh tokens, the memory of sessions. No database.
#include "platform/crypto/digest.hpp"
#include "shop/identity/identity_common_passwords.hpp"
#include "shop/identity/identity_password.hpp"
#include "shop/identity/identity_session_cache.hpp"
#include "shop/identity/identity_tokens.hpp"
#include "tests/support/fake_clock.hpp"

#include <gtest/gtest.h>
#include <jwt.h>

#include <algorithm>
#include <cstdlib>
#include <map>

namespace caddy::identity {
namespace {

using namespace std::chrono_literals;

const std::string secret = "a secret of thirty-two bytes or more";
const std::string older_secret = "another secret of thirty-two bytes..";
const Time noon = testing::FakeClock().now();
const UserId user{1234567};
const SessionId session{7654321};

// --- passwords

std::string faults_of(std::string_view password) {
    Checks checks;
    check_password(checks, password, "lin@example.com");
    const auto result = checks.result();
    std::string codes;
    if (result.has_error()) {
        for (const auto& field : result.error().fields) codes += field.code + ' ';
    }
    return codes;
}

TEST(Password, AcceptsTenCharactersAndMore) {
    EXPECT_EQ(faults_of("nine teapo"), "");
    EXPECT_EQ(faults_of("一二三四五六七八九十"), "");   // ten characters, thirty bytes
    EXPECT_EQ(faults_of(std::string(256, 'x')), "");
}

TEST(Password, IsRefusedWhenShortLongOrNoText) {
    EXPECT_EQ(faults_of("nine teap"), "too_short ");
    EXPECT_EQ(faults_of("一二三四五六七八九"), "too_short ");
    EXPECT_EQ(faults_of(std::string(257, 'x')), "too_long ");
    EXPECT_EQ(faults_of("nine teapots \xff"), "not_utf8 ");
}

TEST(Password, IsRefusedWhenItIsCommonInWhateverCase) {
    EXPECT_EQ(faults_of("Password123"), "too_common ");
    EXPECT_EQ(faults_of("QWERTYUIOP"), "too_common ");
    EXPECT_EQ(faults_of("correct horse battery staple"), "too_common ");
}

TEST(Password, IsRefusedWhenItIsTheAddress) { EXPECT_EQ(faults_of("Lin@Example.com"), "same_as_email "); }

TEST(Password, CommonOnesAreManySortedAndLongEnoughToMatter) {
    EXPECT_GE(common_passwords.size(), 100U);
    EXPECT_TRUE(std::is_sorted(common_passwords.begin(), common_passwords.end()));
    for (const auto each : common_passwords) EXPECT_GE(each.size(), password_length_min) << each;
}

TEST(Password, MatchesItsOwnHashOnly) {
    const auto hash = hash_password("nine green teapots", {1024, 1});

    EXPECT_TRUE(hash.starts_with("$argon2id$v=19$m=1024,t=1,p=1$"));
    EXPECT_TRUE(matches_hash("nine green teapots", hash));
    EXPECT_FALSE(matches_hash("nine green teapot", hash));
    EXPECT_FALSE(matches_hash("", hash));
    EXPECT_NE(hash, hash_password("nine green teapots", {1024, 1}));   // salted
}

TEST(Password, MatchesHoweverItsLettersAreComposed) {
    const auto hash = hash_password("caf\u00e9 caf\u00e9 caf\u00e9", {1024, 1});

    EXPECT_TRUE(matches_hash("cafe\u0301 cafe\u0301 cafe\u0301", hash));
}

TEST(Password, HashTellsItsCost) {
    const auto hash = hash_password("nine green teapots", {1024, 1});

    EXPECT_TRUE(made_at_cost(hash, {1024, 1}));
    EXPECT_FALSE(made_at_cost(hash, {1024, 2}));
    EXPECT_FALSE(made_at_cost(hash, {2048, 1}));
}

TEST(Password, HashThatIsNoneIsAFault) {
    EXPECT_THROW((void)matches_hash("nine green teapots", "plain"), std::runtime_error);
}

TEST(PasswordPool, RefusesWhenItsQueueIsFullAndTakesPlacesBack) {
    PasswordPool pool(1, 1, {1024, 1});
    {
        const auto first = pool.take();
        const auto second = pool.take();
        EXPECT_THROW((void)pool.take(), Unavailable);
    }
    EXPECT_NO_THROW((void)pool.take());
}

// --- access tokens

AccessTokens tokens() { return AccessTokens(secret, "", 15min); }

std::string code_of(const Result<Claims>& outcome) {
    return outcome.has_value() ? "accepted" : std::string(outcome.error().code);
}

/// A token as somebody else might make one: claims and headers at will.
struct Forged {
    jwt_alg_t algorithm = JWT_ALG_HS256;
    std::string key = secret;
    std::map<std::string, std::string> texts{{"iss", "caddy-shopping"},
                                             {"aud", "caddy-shopping"},
                                             {"sub", user.text()},
                                             {"sid", session.text()},
                                             {"role", "customer"}};
    std::string kid = crypto::sha256_hex(secret).substr(0, 8);
    std::optional<long> exp = std::chrono::duration_cast<std::chrono::seconds>(noon.time_since_epoch()).count() + 60;

    std::string text() const {
        jwt_t* token = nullptr;
        jwt_new(&token);
        if (!kid.empty()) jwt_add_header(token, "kid", kid.c_str());
        for (const auto& [name, value] : texts) jwt_add_grant(token, name.c_str(), value.c_str());
        if (exp) jwt_add_grant_int(token, "exp", *exp);
        const auto* bytes = reinterpret_cast<const unsigned char*>(key.data());
        if (algorithm == JWT_ALG_NONE) jwt_set_alg(token, algorithm, nullptr, 0);
        else jwt_set_alg(token, algorithm, bytes, static_cast<int>(key.size()));
        char* encoded = jwt_encode_str(token);
        std::string text = encoded ? encoded : "";
        std::free(encoded);
        jwt_free(token);
        return text;
    }
};

TEST(AccessToken, SaysWhoWhenItIsOurs) {
    const auto text = tokens().sign(user, session, Role::customer, noon);

    const auto claims = tokens().verify(text, noon);

    ASSERT_TRUE(claims.has_value());
    EXPECT_EQ(claims->user, user);
    EXPECT_EQ(claims->session, session);
}

TEST(AccessToken, ForgedWithTheRightKeyAndClaimsWouldPassSoTheTableBelowProvesSomething) {
    EXPECT_EQ(code_of(tokens().verify(Forged{}.text(), noon)), "accepted");
}

TEST(AccessToken, IsRefusedWhenAnythingIsNotOurs) {
    struct Case {
        std::string_view what;
        Forged token;
    };
    std::vector<Case> cases{{"no algorithm", {}}, {"HS512", {}}, {"another key", {}}, {"unknown kid", {}},
                            {"no kid", {}}, {"another issuer", {}}, {"another audience", {}}, {"no audience", {}},
                            {"no user", {}}, {"a user that is none", {}}, {"no session", {}}, {"no expiry", {}},
                            {"an expiry before time began", {}}};
    cases[0].token.algorithm = JWT_ALG_NONE;
    cases[1].token.algorithm = JWT_ALG_HS512;
    cases[2].token.key = older_secret;
    cases[3].token.kid = "00000000";
    cases[4].token.kid = "";
    cases[5].token.texts["iss"] = "another-shop";
    cases[6].token.texts["aud"] = "another-shop";
    cases[7].token.texts.erase("aud");
    cases[8].token.texts.erase("sub");
    cases[9].token.texts["sub"] = "cus_1";
    cases[10].token.texts.erase("sid");
    cases[11].token.exp.reset();
    cases[12].token.exp = -5;
    for (const auto& [what, token] : cases) {
        const auto text = token.text();
        ASSERT_NE(text, "") << what;
        EXPECT_EQ(code_of(tokens().verify(text, noon)), "identity.token_invalid") << what;
    }
}

TEST(AccessToken, IsRefusedWhenAnyPartOfItIsChanged) {
    const auto text = tokens().sign(user, session, Role::customer, noon);
    for (std::size_t at = 0; at + 1 < text.size(); ++at) {   // the last character holds bits that mean nothing
        auto changed = text;
        changed[at] = changed[at] == 'A' ? 'B' : 'A';
        EXPECT_EQ(code_of(tokens().verify(changed, noon)), "identity.token_invalid") << at;
    }
}

TEST(AccessToken, IsRefusedWithAnAlgorithmOfPublicKeysInItsHeader) {
    const auto ours = tokens().sign(user, session, Role::customer, noon);
    const auto rest = ours.substr(ours.find('.'));
    // {"alg":"RS256","typ":"JWT"} and {"alg":"none"}
    for (const std::string header : {"eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9", "eyJhbGciOiJub25lIn0"}) {
        const auto unsigned_rest = rest.substr(0, rest.rfind('.') + 1);
        EXPECT_EQ(code_of(tokens().verify(header + rest, noon)), "identity.token_invalid");
        EXPECT_EQ(code_of(tokens().verify(header + unsigned_rest, noon)), "identity.token_invalid");
    }
}

TEST(AccessToken, IsRefusedWhenItIsNoTokenAtAll) {
    const std::string with_zero("a.b\0.c", 6);
    for (const std::string& text : {std::string(), std::string("."), std::string(".."), std::string("a.b.c"),
                                    std::string("a b.c"), with_zero, std::string(5000, 'a')}) {
        EXPECT_EQ(code_of(tokens().verify(text, noon)), "identity.token_invalid") << text.substr(0, 20);
    }
}

TEST(AccessToken, ExpiresWithFiveSecondsOfLeeway) {
    const auto text = tokens().sign(user, session, Role::customer, noon);

    EXPECT_EQ(code_of(tokens().verify(text, noon + 15min + 4s)), "accepted");
    EXPECT_EQ(code_of(tokens().verify(text, noon + 15min + 5s)), "identity.token_expired");
}

TEST(AccessToken, OfThePreviousKeyIsAcceptedWhileThatIsKnown) {
    const auto text = AccessTokens(older_secret, "", 15min).sign(user, session, Role::customer, noon);

    EXPECT_EQ(code_of(AccessTokens(secret, older_secret, 15min).verify(text, noon)), "accepted");
    EXPECT_EQ(code_of(tokens().verify(text, noon)), "identity.token_invalid");
}

// --- refresh tokens

TEST(RefreshToken, IsJudgedByAgeUseAndSuccessor) {
    struct Case {
        std::string_view what;
        std::optional<Time> used_at;
        bool successor_unused;
        std::chrono::microseconds age;
        RefreshVerdict verdict;
    };
    const auto used = noon + 1h;
    const Case cases[] = {
        {"its first use", std::nullopt, false, 1h, RefreshVerdict::rotate},
        {"its first use, the moment before its end", std::nullopt, false, 720h - 1us, RefreshVerdict::rotate},
        {"its first use, too late", std::nullopt, false, 720h, RefreshVerdict::expired},
        {"again at once", used, true, 1h, RefreshVerdict::again},
        {"again at the end of the grace", used, true, 1h + 10s, RefreshVerdict::again},
        {"again after the grace", used, true, 1h + 10s + 1us, RefreshVerdict::reused},
        {"again at once, when the successor was used", used, false, 1h, RefreshVerdict::reused},
        {"again after its own end", used, true, 721h, RefreshVerdict::reused},
    };
    for (const auto& each : cases) {
        const RefreshToken token{noon + 720h, each.used_at, each.successor_unused};
        EXPECT_EQ(judge_refresh(token, noon + each.age, 10s), each.verdict) << each.what;
    }
}

// --- the memory of sessions

TEST(SessionCache, RemembersForTwoSeconds) {
    SessionCache cache(100);
    cache.put(session, {user, Role::staff, true}, noon, cache.generation());

    EXPECT_TRUE(cache.find(session, noon + 1999ms));
    EXPECT_FALSE(cache.find(session, noon + 2s));
    EXPECT_FALSE(cache.find(session, noon - 1us));   // a clock that was set back proves nothing
    EXPECT_EQ(cache.find(session, noon)->role, Role::staff);
}

TEST(SessionCache, ForgetsAtOnceAndIgnoresWhatWasReadBefore) {
    SessionCache cache(100);
    const auto before = cache.generation();
    cache.put(session, {user, Role::customer, true}, noon, before);

    cache.forget(session);
    EXPECT_FALSE(cache.find(session, noon));

    cache.put(session, {user, Role::customer, true}, noon, before);
    EXPECT_FALSE(cache.find(session, noon));
}

TEST(SessionCache, StaysWithinItsSize) {
    SessionCache cache(100);
    for (std::int64_t i = 1; i <= 10'000; ++i) {
        cache.put(SessionId{i}, {user, Role::customer, true}, noon, cache.generation());
        EXPECT_LE(cache.size(), 100U);
    }
    EXPECT_TRUE(cache.find(SessionId{10'000}, noon));
    EXPECT_FALSE(cache.find(SessionId{1}, noon));
}

TEST(SessionCache, OfNoSizeRemembersNothing) {
    SessionCache cache(0);
    cache.put(session, {user, Role::customer, true}, noon, cache.generation());
    EXPECT_FALSE(cache.find(session, noon));
}

}  // namespace
}  // namespace caddy::identity
