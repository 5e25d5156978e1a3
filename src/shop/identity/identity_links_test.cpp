// Mailed links, passwords and the end of an account, on a database in memory.
#include "platform/limit/limit.hpp"
#include "platform/mail/language.hpp"
#include "shop/identity/identity_mail.hpp"
#include "tests/support/test_database.hpp"

#include <gtest/gtest.h>

#include <set>

namespace caddy::identity {
namespace {

IdentityConfig cheap() {
    IdentityConfig config;
    config.jwt_secret = "a secret of thirty-two bytes or more";
    config.hash_memory_kib = 1024;
    config.hash_passes = 1;
    config.hash_threads = 1;
    return config;
}

/// Keeps what it is given, and fails as often as it is told.
class FakeMailer final : public mail::Mailer {
public:
    Task<> send(const Context&, mail::Mail mail) override {
        if (failures > 0) {
            --failures;
            throw std::runtime_error("no mail server");
        }
        sent.push_back(std::move(mail));
        co_return;
    }
    std::vector<mail::Mail> sent;
    int failures = 0;
};

class LinksTest : public ::testing::Test {
protected:
    SignIn sign_up(std::string locale = "en") {
        const Registration registration{"lin@example.com", password, "Lin Wei", std::move(locale)};
        return db.run(identity.register_customer(ctx, registration, {"Mozilla/5.0"})).value();
    }
    Context as(const SignIn& signed_in) {
        return db.context({signed_in.user.id.value, signed_in.session.value, signed_in.user.role});
    }
    /// Mails a link and takes its token out of the mail.
    std::string mailed(UserId user, LinkPurpose purpose) {
        db.run(mails.send(ctx, user, purpose, "evt_1"));
        const auto& text = mailer.sent.back().text;
        const auto at = text.find("#token=") + 7;
        return text.substr(at, text.find('\n', at) - at);
    }
    std::int64_t links() { return db.count("SELECT COUNT(*) FROM account_links"); }

    template <class T>
    static std::string code_of(const Result<T>& outcome) {
        return outcome.has_value() ? "accepted" : std::string(outcome.error().code);
    }

    const std::string password = "nine green teapots";
    const std::string other = "ten blue teapots";
    testing::TestDatabase db;
    limit::WindowTable windows{1000};
    limit::AttemptLimit attempts{db.clock(), {}, windows};
    IdentityService identity{db.database(), attempts, cheap()};
    FakeMailer mailer;
    AccountMail mails{db.database(), mailer, {"https://shop.example.com"}};
    Context ctx = db.context();
};

TEST_F(LinksTest, AResetLinkWorksOnceAndEndsEverySession) {
    const auto lin = sign_up();
    const auto token = mailed(lin.user.id, LinkPurpose::reset_password);
    EXPECT_EQ(db.count("SELECT COUNT(*) FROM account_links WHERE hash = '" + token + "'"), 0);
    EXPECT_EQ(code_of(db.run(identity.reset_password(ctx, token, other))), "accepted");
    EXPECT_EQ(code_of(db.run(identity.authenticate(ctx, lin.access_token))), "identity.token_invalid");
    EXPECT_EQ(code_of(db.run(identity.sign_in(ctx, "lin@example.com", other, {}))), "accepted");
    EXPECT_EQ(code_of(db.run(identity.reset_password(ctx, token, password))), "identity.link_invalid");
}

TEST_F(LinksTest, AResetLinkExpires) {
    const auto lin = sign_up();
    const auto token = mailed(lin.user.id, LinkPurpose::reset_password);
    db.clock().advance(std::chrono::hours(1));
    EXPECT_EQ(code_of(db.run(identity.reset_password(ctx, token, other))), "identity.link_invalid");
    EXPECT_EQ(links(), 1);
    (void)db.run(identity.sweep(db.context()));
    db.clock().advance(std::chrono::minutes(1));
    (void)db.run(identity.sweep(db.context()));
    EXPECT_EQ(links(), 0);
}

TEST_F(LinksTest, UsingOneLinkVoidsTheOthersOfItsPurpose) {
    const auto lin = sign_up();
    const auto first = mailed(lin.user.id, LinkPurpose::reset_password);
    const auto second = mailed(lin.user.id, LinkPurpose::reset_password);
    EXPECT_EQ(code_of(db.run(identity.reset_password(ctx, second, other))), "accepted");
    EXPECT_EQ(code_of(db.run(identity.reset_password(ctx, first, password))), "identity.link_invalid");
}

TEST_F(LinksTest, AskingForAnUnknownAddressEmitsAnEventThatNamesNobody) {
    EXPECT_EQ(code_of(db.run(identity.forgot_password(ctx, "nobody@example.com"))), "accepted");
    EXPECT_EQ(db.count("SELECT COUNT(*) FROM outbox_events WHERE type = 'identity.password_forgotten'"), 1);
    db.run(mails.send(ctx, UserId{}, LinkPurpose::reset_password, "evt_1"));
    EXPECT_TRUE(mailer.sent.empty());
}

TEST_F(LinksTest, AVerifiedAddressGetsNoSecondMail) {
    const auto lin = sign_up();
    const auto token = mailed(lin.user.id, LinkPurpose::verify_email);
    EXPECT_EQ(code_of(db.run(identity.reset_password(ctx, token, other))), "identity.link_invalid");
    EXPECT_EQ(code_of(db.run(identity.verify_email(ctx, token))), "accepted");
    db.run(mails.send(ctx, lin.user.id, LinkPurpose::verify_email, "evt_2"));
    EXPECT_EQ(mailer.sent.size(), 1U);
}

TEST_F(LinksTest, AMailThatFailsIsAFaultForTheJobToTryAgain) {
    const auto lin = sign_up();
    mailer.failures = 1;
    EXPECT_THROW(db.run(mails.send(ctx, lin.user.id, LinkPurpose::verify_email, "evt_1")), std::runtime_error);
    EXPECT_EQ(code_of(db.run(identity.verify_email(ctx, mailed(lin.user.id, LinkPurpose::verify_email)))), "accepted");
}

TEST_F(LinksTest, AChangedPasswordEndsTheOtherSessionsAlone) {
    const auto here = sign_up();
    const auto there = db.run(identity.sign_in(ctx, "lin@example.com", password, {})).value();
    EXPECT_EQ(code_of(db.run(identity.change_password(as(here), "not it at all", other))), "identity.wrong_password");
    EXPECT_EQ(code_of(db.run(identity.change_password(as(here), password, other))), "accepted");
    EXPECT_EQ(code_of(db.run(identity.authenticate(ctx, here.access_token))), "accepted");
    EXPECT_EQ(code_of(db.run(identity.authenticate(ctx, there.access_token))), "identity.token_invalid");
}

TEST_F(LinksTest, AnInvitationMakesOneAdministratorAndThenNoMore) {
    const auto voided = db.run(identity.invite_admin(ctx)).value();
    const auto token = db.run(identity.invite_admin(ctx)).value();
    EXPECT_EQ(code_of(db.run(identity.set_up(ctx, voided, "boss@example.com", other, {}))), "identity.link_invalid");
    const auto boss = db.run(identity.set_up(ctx, token, "boss@example.com", other, {}));
    ASSERT_TRUE(boss.has_value());
    EXPECT_EQ(boss->user.role, Role::admin);
    EXPECT_EQ(code_of(db.run(identity.set_up(ctx, token, "two@example.com", other, {}))), "identity.link_invalid");
    EXPECT_FALSE(db.run(identity.invite_admin(ctx)).has_value());
}

TEST(Mails, AreWrittenInTwoLanguagesAndFillNoNameIn) {
    const auto english = mail_words(LinkPurpose::reset_password, "en", "{link}", "https://x/#token=t");
    EXPECT_EQ(english.subject, "Choose a new password");
    EXPECT_NE(english.text.find("Hello {link},"), std::string::npos);
    EXPECT_NE(english.text.find("\nhttps://x/#token=t\n"), std::string::npos);
    EXPECT_NE(english.html.find("<a href=\"https://x/#token=t\">"), std::string::npos);
    EXPECT_TRUE(mail_words(LinkPurpose::verify_email, "zh-CN", "", "l").text.starts_with("您好："));
}

TEST(Mails, EveryTemplateIsThereInEachLanguageAndHasNoPlaceholderLeft) {
    std::set<std::string> subjects;
    for (const auto purpose : {LinkPurpose::reset_password, LinkPurpose::verify_email}) {
        for (const auto* locale : {"zh-CN", "en"}) {
            const auto words = mail_words(purpose, locale, "Lin Wei", "https://x/#token=t");
            subjects.insert(words.subject);
            for (const auto& form : {words.text, words.html}) {
                EXPECT_EQ(form.find_first_of("{}"), std::string::npos) << form;
                EXPECT_NE(form.find("Lin Wei"), std::string::npos) << form;
                EXPECT_NE(form.find("https://x/#token=t"), std::string::npos) << form;
            }
        }
    }
    EXPECT_EQ(subjects.size(), 4U);
}

TEST(Locales, FollowTheBrowser) {
    EXPECT_EQ(mail::language_for(""), "zh-CN");
    EXPECT_EQ(mail::language_for("fr, de;q=0.5"), "zh-CN");
    EXPECT_EQ(mail::language_for("en-GB"), "en");
    EXPECT_EQ(mail::language_for("zh-TW;q=0.5, EN;q=0.75"), "en");
    EXPECT_EQ(mail::language_for("en;q=0, zh;q=0.1"), "zh-CN");
    EXPECT_EQ(mail::language_for("en;q=nonsense"), "zh-CN");
}

}   // namespace
}   // namespace caddy::identity
