#include "app/shop.hpp"

#include "shop/shop_modules.hpp"

namespace caddy::app {
namespace {

std::vector<payments::Provider*> providers(payments::ManualProvider& manual, payments::SandboxProvider& sandbox,
                                           const Settings& settings) {
    std::vector<payments::Provider*> all;   // the one to suggest first
    if (settings.sandbox.enabled) all.push_back(&sandbox);
    all.push_back(&manual);
    return all;
}

imports::Config import_config(const Settings& settings) { return {settings.cart.currency}; }

std::unique_ptr<files::FileStore> file_store(Platform& platform, const Settings& settings) {
    return settings.media_in_folder() ? files::folder_store(settings.media_dir())
                                      : files::database_store(platform.database);
}

/// What leaves the shop by webhooks leaves it by the stream, too.
std::unique_ptr<streams::EventStream> make_event_stream(Platform& platform, const Settings& settings) {
    if (!platform.redis) return nullptr;
    std::set<std::string> types(webhooks::public_types.begin(), webhooks::public_types.end());
    return std::make_unique<streams::EventStream>(platform.database, *platform.redis, settings.event_stream,
                                                  std::move(types));
}

auto language_of_customers(identity::IdentityService& identity) {
    return [&identity](db::Session& db, std::int64_t user) {
        return identity.language_of(db, identity::UserId{user});
    };
}

/// Links point to where the shop's pages are.
identity::AccountMailConfig account_mail_config(const Settings& settings) {
    auto config = settings.account_mail;
    config.public_url = settings.public_url();
    return config;
}

Task<> sweep_keys(const Context& ctx, idempotency::Ledger& ledger) { (void)co_await ledger.sweep(ctx); }

}   // namespace

Shop::Shop(Platform& platform, const Settings& settings)
    : ledger(platform.database, settings.idempotency),
      sign_in_attempts(platform.clock, settings.sign_in, platform.windows,
                       platform.fleet_windows.get()),
      identity(platform.database, sign_in_attempts, settings.identity),
      account_mail(platform.database, *platform.mailer, account_mail_config(settings)),
      files(file_store(platform, settings)),
      media(platform.database, *files, settings.media),
      media_files(*files, settings.media_dir(), settings.media),
      catalog(platform.database),
      catalog_admin(platform.database, catalog),
      search(platform.database, catalog),
      inventory(platform.database, catalog, settings.inventory),
      shipping(platform.database),
      taxes(platform.database, settings.tax),
      carts(platform.database, catalog, inventory, shipping, taxes, settings.cart),
      orders(platform.database),
      customers(platform.database, identity, orders, settings.customers),
      manual(settings.manual),
      sandbox(platform.database, platform.outgoing, settings.sandbox),
      payments(platform.database, providers(manual, sandbox, settings)),
      checkout(platform.database,
               {catalog, inventory, shipping, carts, orders, payments, taxes, language_of_customers(identity)},
               settings.checkout),
      flash_sales(platform.database, {catalog, inventory, orders, checkout}, platform.redis.get(),
                  settings.flash_sales),
      order_mails(platform.database, orders, *platform.mailer, settings.order_mails),
      imports(platform.database, catalog, inventory, media, import_config(settings)),
      exports(platform.database, {catalog, inventory, orders, payments}),
      webhooks(platform.database, platform.outgoing, settings.webhooks),
      event_stream(make_event_stream(platform, settings)),
      audit_log(platform.database),
      operations(platform.database, inventory) {}

http::Router Shop::routes(const Settings& settings) {
    http::Router router;
    identity::routes(router, identity);
    customers::routes(router, customers, identity, ledger);
    identity::admin_routes(router, identity, ledger);
    catalog::routes(router, catalog);
    catalog::admin_routes(router, catalog_admin, ledger);
    // What deletes pictures has to know who shows them.
    media.keep_while([this](db::Transaction& tx, media::PictureId picture) { return catalog.shows(tx, picture); });
    media::routes(router, media_files);
    media::admin_routes(router, media, ledger);
    imports::admin_routes(router, imports, exports, ledger);
    search::routes(router, search);
    cart::routes(router, carts, ledger);
    checkout::routes(router, checkout, ledger);
    flash_sales::routes(router, flash_sales);
    orders::routes(router, orders);
    payments::routes(router, payments);
    webhooks::admin_routes(router, webhooks, ledger);
    if (settings.sandbox.enabled) payments::sandbox_routes(router, sandbox);
    inventory::admin_routes(router, inventory, ledger);
    tax::admin_routes(router, taxes, ledger);
    shipping::admin_routes(router, shipping, ledger);
    orders::admin_routes(router, orders);
    checkout::admin_routes(router, checkout, ledger);
    flash_sales::admin_routes(router, flash_sales, ledger);
    audit::admin_routes(router, audit_log);
    operations::admin_routes(router, operations, ledger);
    return router;
}

caddy::jobs::JobTable Shop::jobs(const Settings& settings) {
    caddy::jobs::JobTable table;
    identity::jobs(table, identity);
    identity::mail_jobs(table, account_mail);
    customers::jobs(table, customers);
    search::jobs(table, search);
    imports::jobs(table, imports);
    media::jobs(table, media);
    inventory::jobs(table, inventory);
    cart::jobs(table, carts);
    checkout::jobs(table, checkout);
    flash_sales::jobs(table, flash_sales, checkout);
    order_mails::jobs(table, order_mails);
    webhooks::jobs(table, webhooks);
    if (event_stream) event_stream->join(table);
    if (settings.sandbox.enabled) payments::sandbox_jobs(table, sandbox);
    table.every(std::chrono::hours(1), "idempotency.sweep", caddy::jobs::bind_scheduled(sweep_keys, ledger));
    return table;
}

}   // namespace caddy::app
