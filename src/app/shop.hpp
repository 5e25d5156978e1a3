#pragma once
// The composition root: every service of the shop, built in the order of this declaration and taken down in reverse.
// No feature may name this type.
#include "app/platform.hpp"
#include "app/settings.hpp"
#include "platform/http/router.hpp"
#include "platform/idempotency/idempotency.hpp"
#include "platform/jobs/worker.hpp"
#include "platform/streams/event_stream.hpp"
#include "shop/audit/audit.hpp"
#include "shop/catalog/catalog.hpp"
#include "shop/customers/customers.hpp"
#include "shop/identity/identity_mail.hpp"
#include "shop/catalog/catalog_admin.hpp"
#include "shop/flash_sales/flash_sales.hpp"
#include "shop/imports/imports.hpp"
#include "shop/imports/imports_export.hpp"
#include "shop/media/media_files.hpp"
#include "shop/operations/operations.hpp"
#include "shop/order_mails/order_mails.hpp"
#include "shop/orders/orders.hpp"
#include "shop/search/search.hpp"
#include "shop/shipping/shipping.hpp"
#include "shop/webhooks/webhooks.hpp"

namespace caddy::app {

struct Shop {
    Shop(Platform&, const Settings&);

    /// Every route of the API.
    http::Router routes(const Settings&);
    /// Every background job.
    caddy::jobs::JobTable jobs(const Settings&);

    idempotency::Ledger ledger;
    limit::AttemptLimit sign_in_attempts;
    identity::IdentityService identity;
    identity::AccountMail account_mail;
    std::unique_ptr<files::FileStore> files;
    media::MediaService media;
    media::MediaFiles media_files;
    catalog::CatalogService catalog;
    catalog::CatalogAdmin catalog_admin;
    search::SearchService search;
    inventory::InventoryService inventory;
    shipping::ShippingService shipping;
    tax::TaxService taxes;
    cart::CartService carts;
    orders::OrderService orders;
    customers::CustomerService customers;
    payments::ManualProvider manual;
    payments::SandboxProvider sandbox;
    payments::PaymentService payments;
    checkout::CheckoutService checkout;
    flash_sales::FlashSaleService flash_sales;
    order_mails::OrderMails order_mails;
    imports::ImportService imports;
    imports::ExportService exports;
    webhooks::WebhookService webhooks;
    std::unique_ptr<streams::EventStream> event_stream;   // null without Redis
    audit::AuditLog audit_log;
    operations::OperationsService operations;
};

}   // namespace caddy::app
