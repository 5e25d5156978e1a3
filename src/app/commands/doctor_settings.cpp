// What the settings say by themselves.
#include "app/commands/doctor_probes.hpp"

#include <sys/stat.h>

namespace caddy::app::doctor {
namespace {

using diagnosis::Findings;
using diagnosis::Gravity;

constexpr std::size_t key_bytes = 32;
constexpr std::size_t password_bytes = 12;

void look_at_signing_keys(const Settings& settings, Findings& all) {
    const auto& key = settings.identity.jwt_secret;
    if (!key.empty()) all.push_back(judge(diagnosis::Secret{"JWT_SECRET", key, key_bytes}));
    else if (settings.embedded()) {
        all.push_back(diagnosis::fine("settings.jwt_secret", "the key of sessions is drawn into " +
                                                                 settings.secrets_dir().string()));
    } else {
        all.push_back({Gravity::critical, "settings.jwt_secret", "JWT_SECRET is missing",
                       "A shop with a database server does not start without it: all processes share one.",
                       "draw one, 'openssl rand -hex 32', and give it to every process"});
    }
    const auto& former = settings.identity.jwt_secret_previous;
    if (!former.empty()) all.push_back(judge(diagnosis::Secret{"JWT_SECRET_PREVIOUS", former, key_bytes}));
    if (settings.sandbox.enabled && !settings.sandbox.secret.empty())
        all.push_back(judge(diagnosis::Secret{"SANDBOX_SECRET", settings.sandbox.secret, key_bytes / 2}));
    const auto& token = settings.process.admin_token;
    if (!token.empty()) all.push_back(judge(diagnosis::Secret{"ADMIN_TOKEN", token, key_bytes / 2}));
}

void look_at_kept_secrets(const Settings& settings, Findings& all) {
    struct stat found{};
    const auto folder = settings.secrets_dir().string();
    if (!settings.embedded() || ::stat(folder.c_str(), &found) != 0) return;
    if ((found.st_mode & (S_IRWXG | S_IRWXO)) == 0) return;
    all.push_back({Gravity::warning, "settings.kept_secrets", folder + " can be entered by others on this machine",
                   "Whoever reads a key there can sign in as anybody.", "chmod 700 " + folder});
}

void look_at_passwords(const Settings& settings, Findings& all) {
    if (!settings.embedded()) {
        const auto& password = settings.mysql.password;
        if (password.empty() || password == settings.mysql.user) {
            all.push_back({Gravity::critical, "settings.db_password",
                           password.empty() ? "DB_PASSWORD is empty" : "DB_PASSWORD is the user's name",
                           "Whoever reaches the server reads and changes everything.", "give the user a password"});
        } else {
            all.push_back(judge(diagnosis::Secret{"DB_PASSWORD", password, password_bytes}));
        }
        if (settings.mysql.user == "root") {
            all.push_back({Gravity::warning, "settings.db_username", "the shop signs in at the database as root",
                           "A flaw of the shop would reach every database of the server.",
                           "create a user for it alone: the operations page has its grants"});
        }
    }
    if (!settings.redis.present()) return;
    const auto& redis = settings.redis;
    const bool is_local = redis.cluster_nodes.empty() && diagnosis::is_this_machine(redis.host);
    if (!redis.password.empty()) {
        all.push_back(judge(diagnosis::Secret{"REDIS_PASSWORD", redis.password, password_bytes}));
    } else if (!is_local) {
        all.push_back({Gravity::warning, "settings.redis_password", "REDIS_PASSWORD is empty",
                       "Whoever reaches Redis can lift limits and change what is cached.",
                       "set requirepass (or an ACL user) there, and REDIS_PASSWORD here"});
    }
}

void look_at_connections(const Settings& settings, Findings& all) {
    if (!settings.embedded()) {
        const auto tls = settings.mysql.tls;
        // `preferred` may end up unencrypted without a word.
        all.push_back(judge(diagnosis::Connection{
            .check = "database.encryption",
            .server = "the database",
            .host = settings.mysql.hosts,
            .encrypted = tls >= db::TlsMode::required,
            .proven = tls >= db::TlsMode::verify_ca,
            .setting = "DB_SSL_MODE=verify_full with DB_SSL_CA"}));
    }
    if (settings.redis.present()) {
        std::string hosts = settings.redis.host;
        for (const auto& node : settings.redis.cluster_nodes) hosts += (hosts.empty() ? "" : ",") + node;
        const auto tls = settings.redis.tls;
        all.push_back(judge(diagnosis::Connection{.check = "redis.encryption",
                                                  .server = "Redis",
                                                  .host = hosts,
                                                  .encrypted = tls != redis::Tls::disabled,
                                                  .proven = tls >= redis::Tls::verify_ca,
                                                  .setting = "REDIS_TLS=verify_identity with REDIS_CA"}));
    }
}

void look_at_the_shop(const Settings& settings, Findings& all) {
    if (settings.sandbox.enabled) {
        all.push_back({settings.embedded() ? Gravity::note : Gravity::warning, "settings.sandbox_payments",
                       "SANDBOX_PAYMENTS is on", "Orders can be paid without money.", "switch it off before you sell"});
    }
    if (settings.webhooks.allow_private) {
        all.push_back({Gravity::warning, "settings.webhooks_allow_private", "WEBHOOKS_ALLOW_PRIVATE is on",
                       "Whoever may set up a webhook can make the shop call addresses inside your network.",
                       "switch it off outside development"});
    }
    if (!settings.mail.smtp_host.empty() && settings.process.public_url.empty()) {
        all.push_back({Gravity::warning, "settings.public_url", "mails are sent and PUBLIC_URL is empty",
                       "Links in mails lead to " + settings.public_url() + ".", "set PUBLIC_URL"});
    }
    if (settings.mail.smtp_host.empty() && !settings.embedded()) {
        all.push_back({Gravity::note, "settings.smtp_host", "SMTP_HOST is empty",
                       "Mails become files in " + settings.mail_dir().string() + " of each pod.",
                       "set SMTP_HOST where customers are to get them"});
    }
}

}   // namespace

void look_at_settings(const Settings& settings, Findings& all) {
    look_at_signing_keys(settings, all);
    look_at_kept_secrets(settings, all);
    look_at_passwords(settings, all);
    const auto& process = settings.process;
    all.push_back(judge(diagnosis::AdminPort{process.admin_host, process.admin_port, !process.admin_token.empty()}));
    look_at_connections(settings, all);
    look_at_the_shop(settings, all);
}

}   // namespace caddy::app::doctor
