// The use cases on a database in memory.
#include "platform/http/router.hpp"
#include "platform/limit/limit.hpp"
#include "shop/identity/identity.hpp"
#include "tests/support/sql_check.hpp"
#include "tests/support/test_database.hpp"

#include <gtest/gtest.h>

namespace caddy::identity {

void routes(http::Router&, IdentityService&);

namespace {

using namespace std::chrono_literals;

IdentityConfig cheap() {
    IdentityConfig config;
    config.jwt_secret = "a secret of thirty-two bytes or more";
    config.hash_memory_kib = 1024;
    config.hash_passes = 1;
    config.hash_threads = 1;
    return config;
}

class IdentityTest : public ::testing::Test {
protected:
    Result<SignIn> sign_up(std::string email = "Lin@Example.com") {
        const Registration registration{std::move(email), password, "Lin Wei"};
        return db.run(identity.register_customer(ctx, registration, device));
    }
    Result<SignIn> sign_in(std::string_view email, std::string_view with) {
        return db.run(identity.sign_in(ctx, email, with, device));
    }
    Result<SignIn> refresh(std::string_view token) { return db.run(identity.refresh(ctx, token)); }
    Result<Principal> authenticate(std::string_view token) { return db.run(identity.authenticate(ctx, token)); }
    Context as(const SignIn& signed_in) {
        return db.context({signed_in.user.id.value, signed_in.session.value, signed_in.user.role});
    }
    std::int64_t events(std::string_view type) {
        return db.count("SELECT COUNT(*) FROM outbox_events WHERE type = '" + std::string(type) + "'");
    }

    template <class T>
    static std::string code_of(const Result<T>& outcome) {
        return outcome.has_value() ? "accepted" : std::string(outcome.error().code);
    }

    const std::string password = "nine green teapots";
    const Device device{"Mozilla/5.0"};
    testing::TestDatabase db;
    limit::WindowTable windows{1000};
    limit::AttemptLimit attempts{db.clock(), {}, windows};
    IdentityService identity{db.database(), attempts, cheap()};
    Context ctx = db.context();
};

TEST_F(IdentityTest, RegisteringSignsInAndTellsOfIt) {
    const auto made = sign_up();

    ASSERT_TRUE(made.has_value());
    EXPECT_EQ(made->user.email, "Lin@Example.com");
    EXPECT_EQ(made->user.name, "Lin Wei");
    EXPECT_EQ(made->user.role, Role::customer);
    EXPECT_EQ(made->expires_in_s, 900);
    EXPECT_EQ(events("identity.registered"), 1);
    const auto principal = authenticate(made->access_token);
    ASSERT_TRUE(principal.has_value());
    EXPECT_EQ(*principal, (Principal{made->user.id.value, made->session.value, Role::customer}));
}

TEST_F(IdentityTest, NoSecretIsStoredAsItIs) {
    const auto made = sign_up();

    ASSERT_TRUE(made.has_value());
    EXPECT_EQ(db.count("SELECT COUNT(*) FROM users WHERE password_hash LIKE '$argon2id$%'"), 1);
    EXPECT_EQ(db.count("SELECT COUNT(*) FROM refresh_tokens WHERE hash = '" + made->refresh_token + "'"), 0);
    EXPECT_EQ(db.count("SELECT COUNT(*) FROM outbox_events WHERE payload LIKE '%@%'"), 0);
}

TEST_F(IdentityTest, AnAddressHasOneAccountHoweverItIsWritten) {
    ASSERT_TRUE(sign_up("Lin@Example.com").has_value());

    EXPECT_EQ(code_of(sign_up(" lin@EXAMPLE.com ")), "identity.email_taken");
    EXPECT_EQ(db.count("SELECT COUNT(*) FROM users"), 1);
}

TEST_F(IdentityTest, RegisteringTellsOfEveryFaultAtOnce) {
    const Registration faulty{"lin@example.com", "short", "two\nlines"};

    const auto outcome = db.run(identity.register_customer(ctx, faulty, device));

    ASSERT_TRUE(outcome.has_error());
    EXPECT_EQ(outcome.error().code, "request.invalid_field");
    EXPECT_EQ(outcome.error().fields.size(), 2U);
}

TEST_F(IdentityTest, SigningInWorksHoweverTheAddressIsWritten) {
    ASSERT_TRUE(sign_up().has_value());

    EXPECT_TRUE(sign_in(" LIN@example.COM", password).has_value());
}

TEST_F(IdentityTest, AWrongPasswordAndAnUnknownAddressGetTheSameAnswer) {
    ASSERT_TRUE(sign_up().has_value());

    const auto wrong = sign_in("lin@example.com", "ten green teapots");
    const auto unknown = sign_in("wang@example.com", "ten green teapots");

    ASSERT_TRUE(wrong.has_error() && unknown.has_error());
    EXPECT_EQ(wrong.error().code, "identity.bad_credentials");
    EXPECT_EQ(wrong.error().code, unknown.error().code);
    EXPECT_EQ(wrong.error().detail, unknown.error().detail);
    EXPECT_EQ(wrong.error().kind, unknown.error().kind);
}

TEST_F(IdentityTest, ADisabledAccountGetsThatAnswerToo) {
    ASSERT_TRUE(sign_up().has_value());
    db.execute("UPDATE users SET status = 'disabled'");

    EXPECT_EQ(code_of(sign_in("lin@example.com", password)), "identity.bad_credentials");
}

TEST_F(IdentityTest, FiveFailuresCloseAnAccountEvenToTheRightPasswordForAWhile) {
    ASSERT_TRUE(sign_up().has_value());
    for (int i = 0; i < 5; ++i) {
        EXPECT_EQ(code_of(sign_in("lin@example.com", "ten green teapots")), "identity.bad_credentials");
    }

    const auto sixth = sign_in("Lin@example.com", password);
    ASSERT_TRUE(sixth.has_error());
    EXPECT_EQ(sixth.error().code, "identity.too_many_attempts");
    ASSERT_TRUE(sixth.error().retry_after.has_value());
    EXPECT_GT(sixth.error().retry_after->count(), 0);

    db.clock().advance(16min);
    EXPECT_TRUE(sign_in("lin@example.com", password).has_value());
}

TEST_F(IdentityTest, AttemptsAtAnUnknownAddressAreCountedAlike) {
    for (int i = 0; i < 5; ++i) (void)sign_in("wang@example.com", "ten green teapots");

    EXPECT_EQ(code_of(sign_in("wang@example.com", "ten green teapots")), "identity.too_many_attempts");
}

TEST_F(IdentityTest, ASuccessForgetsTheFailures) {
    ASSERT_TRUE(sign_up().has_value());
    for (int round = 0; round < 3; ++round) {
        for (int i = 0; i < 4; ++i) (void)sign_in("lin@example.com", "ten green teapots");
        EXPECT_TRUE(sign_in("lin@example.com", password).has_value());
    }
}

TEST_F(IdentityTest, AHashMadeAtOtherCostsIsRenewedAtSignIn) {
    ASSERT_TRUE(sign_up().has_value());
    auto dearer = cheap();
    dearer.hash_passes = 2;
    IdentityService later(db.database(), attempts, dearer);

    ASSERT_TRUE(db.run(later.sign_in(ctx, "lin@example.com", password, device)).has_value());

    EXPECT_EQ(db.count("SELECT COUNT(*) FROM users WHERE password_hash LIKE '$argon2id$v=19$m=1024,t=2,%'"), 1);
    EXPECT_TRUE(db.run(later.sign_in(ctx, "lin@example.com", password, device)).has_value());
}

TEST_F(IdentityTest, RefreshingRotates) {
    const auto made = sign_up();
    db.clock().advance(1h);

    const auto second = refresh(made->refresh_token);
    ASSERT_TRUE(second.has_value());
    EXPECT_NE(second->refresh_token, made->refresh_token);
    EXPECT_EQ(second->session, made->session);
    EXPECT_TRUE(authenticate(second->access_token).has_value());

    db.clock().advance(1h);
    EXPECT_TRUE(refresh(second->refresh_token).has_value());
}

TEST_F(IdentityTest, ARefreshWhoseAnswerWasLostIsAnsweredAgain) {
    const auto made = sign_up();
    const auto lost = refresh(made->refresh_token);
    db.clock().advance(9s);

    const auto again = refresh(made->refresh_token);

    ASSERT_TRUE(again.has_value());
    EXPECT_NE(again->refresh_token, lost->refresh_token);
    db.clock().advance(1h);
    EXPECT_TRUE(refresh(again->refresh_token).has_value());
}

TEST_F(IdentityTest, ATokenWhoseAnswerWasLostIsNoGoodLaterOn) {
    const auto made = sign_up();
    const auto lost = refresh(made->refresh_token);
    const auto again = refresh(made->refresh_token);
    db.clock().advance(11s);

    EXPECT_EQ(code_of(refresh(lost->refresh_token)), "identity.refresh_reused");
    EXPECT_EQ(code_of(refresh(again->refresh_token)), "identity.refresh_reused");
}

TEST_F(IdentityTest, ReuseAfterTheGraceEndsTheSession) {
    const auto made = sign_up();
    const auto second = refresh(made->refresh_token);
    db.clock().advance(11s);

    EXPECT_EQ(code_of(refresh(made->refresh_token)), "identity.refresh_reused");

    EXPECT_EQ(code_of(refresh(second->refresh_token)), "identity.refresh_reused");
    EXPECT_EQ(code_of(authenticate(second->access_token)), "identity.token_invalid");
    EXPECT_EQ(events("identity.session_revoked"), 1);
}

TEST_F(IdentityTest, ReuseWithinTheGraceEndsTheSessionOnceTheSuccessorWasUsed) {
    const auto made = sign_up();
    const auto second = refresh(made->refresh_token);
    const auto third = refresh(second->refresh_token);
    ASSERT_TRUE(third.has_value());

    EXPECT_EQ(code_of(refresh(made->refresh_token)), "identity.refresh_reused");
    EXPECT_EQ(code_of(refresh(third->refresh_token)), "identity.refresh_reused");
}

TEST_F(IdentityTest, ReuseLeavesOtherSessionsOfTheUserAlone) {
    const auto here = sign_up();
    const auto there = sign_in("lin@example.com", password);
    (void)refresh(here->refresh_token);
    db.clock().advance(1min);
    ASSERT_EQ(code_of(refresh(here->refresh_token)), "identity.refresh_reused");

    EXPECT_TRUE(refresh(there->refresh_token).has_value());
}

TEST_F(IdentityTest, AnExpiredAndAnUnknownRefreshTokenAreToldApart) {
    const auto made = sign_up();
    db.clock().advance(std::chrono::days(30));

    EXPECT_EQ(code_of(refresh(made->refresh_token)), "identity.refresh_expired");
    EXPECT_EQ(code_of(refresh("nothing of ours")), "identity.refresh_unknown");
}

TEST_F(IdentityTest, RefreshingProlongsTheSession) {
    auto token = sign_up()->refresh_token;
    for (int i = 0; i < 3; ++i) {
        db.clock().advance(std::chrono::days(29));
        const auto next = refresh(token);
        ASSERT_TRUE(next.has_value()) << i;
        token = next->refresh_token;
    }
}

TEST_F(IdentityTest, SigningOutEndsTheSessionAtOnce) {
    const auto made = sign_up();
    ASSERT_TRUE(authenticate(made->access_token).has_value());   // remembered now

    ASSERT_TRUE(db.run(identity.sign_out(as(*made), std::nullopt)).has_value());

    EXPECT_EQ(code_of(authenticate(made->access_token)), "identity.token_invalid");
    EXPECT_EQ(code_of(refresh(made->refresh_token)), "identity.refresh_unknown");
    EXPECT_EQ(events("identity.session_revoked"), 1);
    ASSERT_TRUE(db.run(identity.sign_out(as(*made), std::nullopt)).has_value());
    EXPECT_EQ(events("identity.session_revoked"), 1);
}

TEST_F(IdentityTest, SigningOutWithARefreshTokenEndsItsSessionToo) {
    const auto here = sign_up();
    const auto there = sign_in("lin@example.com", password);

    ASSERT_TRUE(db.run(identity.sign_out(as(*here), there->refresh_token)).has_value());

    EXPECT_EQ(code_of(authenticate(there->access_token)), "identity.token_invalid");
}

TEST_F(IdentityTest, SigningOutDoesNotEndWhatIsAnothers) {
    const auto lin = sign_up();
    const auto wang = sign_up("wang@example.com");

    ASSERT_TRUE(db.run(identity.sign_out(as(*lin), wang->refresh_token)).has_value());

    EXPECT_TRUE(authenticate(wang->access_token).has_value());
}

TEST_F(IdentityTest, AnotherProcessSeesASignOutWithinTwoSeconds) {
    const auto made = sign_up();
    IdentityService elsewhere(db.database(), attempts, cheap());
    ASSERT_TRUE(db.run(elsewhere.authenticate(ctx, made->access_token)).has_value());
    ASSERT_TRUE(db.run(identity.sign_out(as(*made), std::nullopt)).has_value());

    db.clock().advance(2s);

    EXPECT_EQ(code_of(db.run(elsewhere.authenticate(ctx, made->access_token))), "identity.token_invalid");
}

TEST_F(IdentityTest, ADisabledAccountIsShutOut) {
    const auto made = sign_up();
    db.execute("UPDATE users SET status = 'disabled'");

    EXPECT_EQ(code_of(authenticate(made->access_token)), "identity.token_invalid");
    EXPECT_EQ(code_of(refresh(made->refresh_token)), "identity.refresh_unknown");
}

TEST_F(IdentityTest, AnAdministratorIsMadeOnceAndNoCustomerIsPromoted) {
    const auto admin = db.run(identity.create_admin(ctx, "boss@example.com", password));
    ASSERT_TRUE(admin.has_value());
    EXPECT_EQ(admin->role, Role::admin);
    ASSERT_TRUE(sign_up().has_value());

    EXPECT_EQ(code_of(db.run(identity.create_admin(ctx, "LIN@example.com", password))), "identity.email_taken");
    EXPECT_EQ(code_of(db.run(identity.create_admin(ctx, "boss@example.com", password))), "identity.email_taken");
    EXPECT_EQ(code_of(db.run(identity.create_admin(ctx, "boss", "short"))), "request.invalid_field");
    EXPECT_EQ(sign_in("lin@example.com", password)->user.role, Role::customer);
}

TEST_F(IdentityTest, AChangedRoleCountsForTokensThatAreOut) {
    const auto made = sign_up();
    ASSERT_EQ(authenticate(made->access_token)->role, Role::customer);

    ASSERT_TRUE(db.run(identity.change_role(ctx, made->user.id, Role::staff)).has_value());

    EXPECT_EQ(authenticate(made->access_token)->role, Role::staff);
    EXPECT_EQ(code_of(db.run(identity.change_role(ctx, UserId{1}, Role::staff))), "identity.user_not_found");
}

TEST_F(IdentityTest, TheSweepDeletesWhatIsLongExpiredAndNothingElse) {
    const auto old = sign_up();
    db.clock().advance(std::chrono::days(36));
    const auto young = sign_in("lin@example.com", password);
    EXPECT_EQ(db.run(identity.sweep(ctx)), 0);

    db.clock().advance(std::chrono::days(2));

    EXPECT_EQ(db.run(identity.sweep(ctx)), 2);   // one session with its token
    EXPECT_TRUE(refresh(young->refresh_token).has_value());
}

TEST_F(IdentityTest, AConfigurationWithoutAProperSecretIsRefused) {
    auto config = cheap();
    config.jwt_secret = "too short";
    EXPECT_EQ(faults(config).size(), 1U);
    EXPECT_THROW(IdentityService(db.database(), attempts, config), std::invalid_argument);

    config = cheap();
    config.jwt_secret_previous = "short too";
    config.access_minutes = 0;
    EXPECT_EQ(faults(config).size(), 2U);
    EXPECT_TRUE(faults(cheap()).empty());
}

TEST_F(IdentityTest, EveryStatementPreparesAndWalksAnIndex) {
    EXPECT_EQ(testing::unprepared_statements(db), std::vector<std::string>{});
    // Roles are few and all shown; a count walks over what it has bounded before.
    const std::vector<std::string_view> excused{"identity.staff_roles", "identity.count_users",
                                                "identity.count_users_of_role", "identity.count_users_of_status",
                                                "identity.count_users_of_role_and_status"};
    for (const auto& scan : testing::full_scans(db, excused)) EXPECT_FALSE(scan.starts_with("identity.")) << scan;
}

TEST_F(IdentityTest, AnswersAreNeverKeptByCachesAndEveryRouteIsGuarded) {
    http::Router router;
    routes(router, identity);
    for (const auto* route : router.list()) EXPECT_EQ(route->tier, http::Tier::auth) << route->pattern;

    http::Request request;
    request.ctx = ctx;
    request.method = "POST";
    request.path = "/api/v1/auth/register";
    request.headers = {{"content-type", "application/json"}};
    request.body = R"({"email":"lin@example.com","password":"nine green teapots"})";
    const auto match = router.match(request);
    ASSERT_NE(match.route, nullptr);
    const auto response = db.run(match.route->handler(request));

    ASSERT_TRUE(response.has_value());
    EXPECT_EQ(response->status, 201);
    const std::pair<std::string, std::string> no_store{"Cache-Control", "no-store"};
    EXPECT_NE(std::find(response->headers.begin(), response->headers.end(), no_store), response->headers.end());

    request.body = R"({"email":"wang@example.com","password":"nine green teapots","role":"admin"})";
    EXPECT_EQ(code_of(db.run(match.route->handler(request))), "request.invalid_field");
}

}  // namespace
}  // namespace caddy::identity
