#pragma once
// Every setting of the program, one struct per module, bound in one place.
#include "platform/cache/reply_cache.hpp"
#include "platform/config/config.hpp"
#include "platform/db/mysql_driver.hpp"
#include "platform/db/sqlite_driver.hpp"
#include "platform/http/server_config.hpp"
#include "platform/idempotency/idempotency.hpp"
#include "platform/jobs/worker.hpp"
#include "platform/limit/limit.hpp"
#include "platform/mail/mail.hpp"
#include "platform/net/http_client.hpp"
#include "platform/redis/config.hpp"
#include "platform/streams/event_stream.hpp"
#include "platform/telemetry/log.hpp"
#include "platform/telemetry/trace.hpp"
#include "shop/cart/cart.hpp"
#include "shop/checkout/checkout.hpp"
#include "shop/customers/customers.hpp"
#include "shop/flash_sales/flash_sales.hpp"
#include "shop/identity/identity.hpp"
#include "shop/identity/identity_mail.hpp"
#include "shop/inventory/inventory.hpp"
#include "shop/media/media.hpp"
#include "shop/order_mails/order_mails.hpp"
#include "shop/payments/payments_manual.hpp"
#include "shop/payments/payments_sandbox.hpp"
#include "shop/tax/tax.hpp"
#include "shop/webhooks/webhooks.hpp"

#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

namespace caddy::app {

BOOST_DEFINE_ENUM_CLASS(LogLevel, debug, info, warn, error)
BOOST_DEFINE_ENUM_CLASS(LogFormat, automatic, text, json)
BOOST_DEFINE_ENUM_CLASS(Role, all, api, jobs)

struct ProcessConfig {
    std::filesystem::path data_dir = "data";
    std::string host = "0.0.0.0";
    int port = 3000;
    std::string admin_host = "127.0.0.1";
    int admin_port = 9797;
    int workers = 1;
    int worker_hung_after_s = 5;
    int worker_memory_mib_max = 0;
    Role role = Role::all;
    std::vector<std::string> routes;   // groups; empty: all
    std::string admin_token;           // empty: nothing is changed on the admin port
    int drain_delay_s = 0;
    int drain_limit_s = 40;
    LogLevel log_level = LogLevel::info;
    LogFormat log_format = LogFormat::automatic;
    std::string web_dir;   // empty: beside the program
    std::string public_url;   // empty: this process on localhost
    std::filesystem::path credentials_dir;   // one file a secret; empty: none
    bool read_only = false;
};

struct Settings {
    ProcessConfig process;
    http::ServerConfig http;
    limit::Config limit;
    limit::AttemptLimit::Config sign_in;
    db::SqliteConfig sqlite;
    db::MysqlConfig mysql;   // pool_size is that of the pod
    int fleet_pods = 1;
    jobs::Config jobs;
    int events_keep_days = 7;   // after their end
    trace::Config tracing;
    streams::Config event_stream;
    idempotency::Config idempotency;
    redis::Config redis;
    cache::Config cache;
    net::HttpClientConfig outgoing;
    mail::Config mail;
    identity::IdentityConfig identity;
    identity::AccountMailConfig account_mail;
    order_mails::Config order_mails;
    customers::Config customers;
    inventory::Config inventory;
    media::Config media;
    tax::Config tax;
    cart::Config cart;
    checkout::Config checkout;
    flash_sales::Config flash_sales;
    payments::ManualConfig manual;
    payments::SandboxConfig sandbox;
    webhooks::Config webhooks;

    /// Whether the database is a file in the data directory rather than a server.
    bool embedded() const { return mysql.hosts.empty(); }
    std::filesystem::path database_file() const { return process.data_dir / "shop.sqlite"; }
    std::filesystem::path media_dir() const { return process.data_dir / "media"; }
    bool media_in_folder() const {
        if (media.store != media::StorePlace::automatic) return media.store == media::StorePlace::folder;
        return embedded();
    }
    std::filesystem::path mail_dir() const { return process.data_dir / "mail"; }
    /// Where the shop's pages are, without a slash at the end.
    std::string public_url() const {
        if (process.public_url.empty()) return "http://localhost:" + std::to_string(process.port);
        auto url = process.public_url;
        while (url.ends_with('/')) url.pop_back();
        return url;
    }
    std::filesystem::path secrets_dir() const { return process.data_dir / "secrets"; }
};

/// A setting that is missing, which only some subcommands need.
struct SettingsFault : std::runtime_error {
    using std::runtime_error::runtime_error;
};

struct BoundSettings {
    Settings settings;
    std::vector<config::Setting> reference;
    std::vector<std::string> faults;
};

/// Binds all sources. Nothing is opened or written.
BoundSettings bind_settings(const config::Sources&);

/// Fills the secrets that nobody gave with random ones kept in the data directory (mode 0600), so that an embedded
/// shop starts without preparation and its tokens outlive a restart. With a database server, they must be given.
/// Throws std::runtime_error when it cannot, SettingsFault when they are not.
void complete_secrets(Settings&);

}   // namespace caddy::app
