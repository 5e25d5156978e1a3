#pragma once
// Mails to the owners of accounts. A link's token is drawn here, in the job that mails it, and only its digest is
// kept: no request, event, log line or row ever holds it. Event loop only.
#include "platform/mail/mail.hpp"
#include "platform/mail/template.hpp"
#include "shop/identity/identity.hpp"

namespace caddy::identity {

struct AccountMailConfig {
    std::string public_url;      // where the shop's pages are, without a slash at the end
    int reset_minutes = 60;      // 5..1440
    int verify_hours = 72;       // 1..720
};

/// What a mail says, from its template in `mails/`. Pure.
mail::Words mail_words(LinkPurpose, std::string_view locale, std::string_view name, std::string_view link);

class AccountMail {
public:
    AccountMail(db::Database& database, mail::Mailer& mailer, const AccountMailConfig& config)
        : db_(database), mailer_(mailer), config_(config) {}

    /// Draws a link for somebody and mails it; nothing where he is gone or has no need of it. Each try draws another
    /// link, and those of a purpose are good until one of them is used.
    Task<> send(const Context&, UserId, LinkPurpose, const std::string& mail_id);

private:
    db::Database& db_;
    mail::Mailer& mailer_;
    AccountMailConfig config_;
};

}   // namespace caddy::identity
