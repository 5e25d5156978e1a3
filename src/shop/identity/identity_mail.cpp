#include "shop/identity/identity_mail.hpp"

#include "core/assert.hpp"
#include "platform/crypto/digest.hpp"
#include "platform/runtime/embedded.hpp"
#include "shop/identity/identity_links_store.hpp"
#include "shop/identity/identity_store.hpp"

#include <algorithm>

// The files of `mails/`, put into the binary by the build.
namespace caddy::identity_mails {
std::vector<EmbeddedFile> files();
}

namespace caddy::identity {
namespace {

constexpr std::size_t link_token_bytes = 32;

std::string_view page_of(LinkPurpose purpose) {
    return purpose == LinkPurpose::reset_password ? "/account/reset" : "/account/verify";
}

std::string_view template_of(LinkPurpose purpose, std::string_view locale) {
    const auto name = std::string(purpose == LinkPurpose::reset_password ? "reset_password" : "verify_email") +
                      (locale == "en" ? ".en.txt" : ".zh-CN.txt");
    static const auto all = identity_mails::files();
    const auto found = std::find_if(all.begin(), all.end(), [&](const auto& file) { return file.name == name; });
    CADDY_ASSERT(found != all.end());
    return found->content;
}

}   // namespace

mail::Words mail_words(LinkPurpose purpose, std::string_view locale, std::string_view name, std::string_view link) {
    const bool english = locale == "en";
    const auto greeted = name.empty() ? std::string() : (english ? " " : "，") + std::string(name);
    return mail::filled(template_of(purpose, locale), locale, {{"name", greeted}, {"link", link}});
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
    auto words = mail_words(purpose, profile->locale, profile->user.name, url);
    mail::Mail mail{mail_id, profile->user.email, std::move(words.subject), std::move(words.text),
                    std::move(words.html)};
    co_await mailer_.send(ctx, std::move(mail));
}

}   // namespace caddy::identity
