#include "shop/identity/identity_mail.hpp"

#include "platform/crypto/digest.hpp"
#include "shop/identity/identity_links_store.hpp"
#include "shop/identity/identity_store.hpp"

namespace caddy::identity {
namespace {

constexpr std::size_t link_token_bytes = 32;

std::string_view page_of(LinkPurpose purpose) {
    return purpose == LinkPurpose::reset_password ? "/account/reset" : "/account/verify";
}

std::string filled(std::string_view text, std::string_view name, std::string_view link) {
    std::string filled;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text.substr(at).starts_with("{name}")) {
            filled.append(name);
            at += 5;
        } else if (text.substr(at).starts_with("{link}")) {
            filled.append(link);
            at += 5;
        } else {
            filled.push_back(text[at]);
        }
    }
    return filled;
}

constexpr std::string_view reset_en =
    "Hello{name},\n\n"
    "somebody asked for a new password for your account. To choose one, open this link:\n\n"
    "{link}\n\n"
    "It works once and for a short time only. If it was not you, ignore this mail: your password stays as it is.\n";
constexpr std::string_view reset_zh =
    "您好{name}：\n\n"
    "我们收到了重设您账户密码的请求。请打开以下链接设置新密码：\n\n"
    "{link}\n\n"
    "该链接只能使用一次，并会很快失效。如果不是您本人的操作，请忽略这封邮件，您的密码不会改变。\n";
constexpr std::string_view verify_en =
    "Hello{name},\n\n"
    "please confirm that this e-mail address is yours by opening this link:\n\n"
    "{link}\n\n"
    "If you have not opened an account with us, ignore this mail.\n";
constexpr std::string_view verify_zh =
    "您好{name}：\n\n"
    "请打开以下链接，确认这个电子邮箱属于您：\n\n"
    "{link}\n\n"
    "如果您没有在本店注册账户，请忽略这封邮件。\n";

}   // namespace

MailTexts mail_texts(LinkPurpose purpose, std::string_view locale, std::string_view name, std::string_view link) {
    const bool english = locale == "en";
    const auto greeted = name.empty() ? std::string() : (english ? " " : "，") + std::string(name);
    if (purpose == LinkPurpose::reset_password) {
        return {english ? "Choose a new password" : "重设您的密码", filled(english ? reset_en : reset_zh, greeted, link)};
    }
    return {english ? "Confirm your e-mail address" : "请确认您的电子邮箱",
            filled(english ? verify_en : verify_zh, greeted, link)};
}

Task<> AccountMail::send(const Context& ctx, UserId id, LinkPurpose purpose, const std::string& mail_id) {
    std::optional<Profile> profile;
    {
        auto db = co_await db_.read(ctx);
        profile = co_await store::find_profile(db, id);
    }
    if (!profile || profile->user.status != UserStatus::active) co_return;
    const bool resets = purpose == LinkPurpose::reset_password;
    if (!resets && profile->user.email_verified_at) co_return;
    const auto token = crypto::random_token(link_token_bytes);
    const auto life = resets ? std::chrono::minutes(config_.reset_minutes)
                             : std::chrono::minutes(std::chrono::hours(config_.verify_hours));
    const store::Link link{id, purpose, ctx.now() + life};
    auto drawn = co_await db_.transact(ctx, "identity.draw_link", [&](db::Transaction& tx) -> Task<Result<bool>> {
        co_await store::insert_link(tx, crypto::sha256_hex(token), link, ctx.now());
        co_return true;
    });
    (void)drawn.value();
    const auto url = config_.public_url + std::string(page_of(purpose)) + "#token=" + token;
    auto texts = mail_texts(purpose, profile->locale, profile->user.name, url);
    mail::Mail mail{mail_id, profile->user.email, std::move(texts.subject), std::move(texts.text)};
    co_await mailer_.send(ctx, std::move(mail));
}

}   // namespace caddy::identity
