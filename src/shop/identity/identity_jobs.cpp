#include "platform/jobs/worker.hpp"
#include "platform/json/decode.hpp"
#include "shop/identity/identity.hpp"
#include "shop/identity/identity_mail.hpp"

namespace caddy::identity {
namespace {

using caddy::jobs::Event;

struct RegisteredPayload {
    UserId user;
    std::string role;
};
BOOST_DESCRIBE_STRUCT(RegisteredPayload, (), (user, role))

struct AskedPayload {
    UserId user;
};
BOOST_DESCRIBE_STRUCT(AskedPayload, (), (user))

Task<> sweep_expired(const Context& ctx, IdentityService& identity) { (void)co_await identity.sweep(ctx); }

/// Those of the back office are not asked: whoever opened their accounts knows them.
Task<> greet(const Context& ctx, const Event& event, AccountMail& mails) {
    const auto told = json::from_json<RegisteredPayload>(event.payload).value();
    if (told.role == "customer") co_await mails.send(ctx, told.user, LinkPurpose::verify_email, event.id.text());
}

Task<> mail_verification(const Context& ctx, const Event& event, AccountMail& mails) {
    const auto asked = json::from_json<AskedPayload>(event.payload).value();
    co_await mails.send(ctx, asked.user, LinkPurpose::verify_email, event.id.text());
}

Task<> mail_reset(const Context& ctx, const Event& event, AccountMail& mails) {
    const auto asked = json::from_json<AskedPayload>(event.payload).value();
    co_await mails.send(ctx, asked.user, LinkPurpose::reset_password, event.id.text());
}

}  // namespace

void jobs(caddy::jobs::JobTable& table, IdentityService& identity) {
    table.every(std::chrono::minutes(10), "identity.sweep", caddy::jobs::bind_scheduled(sweep_expired, identity));
}

void mail_jobs(caddy::jobs::JobTable& table, AccountMail& mails) {
    table.on("identity.registered", "identity.greet", caddy::jobs::bind_event(greet, mails));
    table.on("identity.verification_asked", "identity.mail_verification",
             caddy::jobs::bind_event(mail_verification, mails));
    table.on("identity.password_forgotten", "identity.mail_reset", caddy::jobs::bind_event(mail_reset, mails));
}

}  // namespace caddy::identity
