#pragma once
// What the features offer to the program: one line per feature and kind. The functions stand last in the features'
// *_http.cpp and *_jobs.cpp.
// clang-format off: a table, one line per row
namespace caddy::http { class Router; }
namespace caddy::idempotency { class Ledger; }
namespace caddy::jobs { class JobTable; }
namespace caddy::cache { class TagTable; }

namespace caddy::identity  { class IdentityService;  void routes(http::Router&, IdentityService&); }
namespace caddy::customers { class CustomerService; }
namespace caddy::customers {
void routes(http::Router&, CustomerService&, identity::IdentityService&, idempotency::Ledger&);
}
namespace caddy::catalog   { class CatalogService;   void routes(http::Router&, CatalogService&); }
namespace caddy::search    { class SearchService;    void routes(http::Router&, SearchService&); }
namespace caddy::cart      { class CartService;      void routes(http::Router&, CartService&, idempotency::Ledger&); }
namespace caddy::checkout { class CheckoutService; void routes(http::Router&, CheckoutService&, idempotency::Ledger&); }
namespace caddy::orders    { class OrderService;     void routes(http::Router&, OrderService&); }
namespace caddy::payments  { class PaymentService;   void routes(http::Router&, PaymentService&); }
namespace caddy::payments  { class SandboxProvider;  void sandbox_routes(http::Router&, SandboxProvider&); }

namespace caddy::catalog { class CatalogAdmin; void admin_routes(http::Router&, CatalogAdmin&, idempotency::Ledger&); }
namespace caddy::media     { class MediaFiles;       void routes(http::Router&, MediaFiles&); }
namespace caddy::media { class MediaService; void admin_routes(http::Router&, MediaService&, idempotency::Ledger&); }
namespace caddy::imports   { class ImportService; class ExportService; }
namespace caddy::imports {
void admin_routes(http::Router&, ImportService&, ExportService&, idempotency::Ledger&);
}
namespace caddy::identity  { void admin_routes(http::Router&, IdentityService&, idempotency::Ledger&); }
namespace caddy::webhooks {
    class WebhookService; void admin_routes(http::Router&, WebhookService&, idempotency::Ledger&);
}

namespace caddy::inventory {
    class InventoryService; void admin_routes(http::Router&, InventoryService&, idempotency::Ledger&);
}
namespace caddy::tax {
    class TaxService; void admin_routes(http::Router&, TaxService&, idempotency::Ledger&);
}
namespace caddy::shipping {
    class ShippingService; void admin_routes(http::Router&, ShippingService&, idempotency::Ledger&);
}
namespace caddy::orders    { void admin_routes(http::Router&, OrderService&); }
namespace caddy::checkout { void admin_routes(http::Router&, CheckoutService&, idempotency::Ledger&); }

namespace caddy::flash_sales {
    class FlashSaleService;
    void routes(http::Router&, FlashSaleService&);
    void admin_routes(http::Router&, FlashSaleService&, idempotency::Ledger&);
    void jobs(jobs::JobTable&, FlashSaleService&, checkout::CheckoutService&);
}

namespace caddy::audit     { class AuditLog; void admin_routes(http::Router&, AuditLog&); }
namespace caddy::operations {
    class OperationsService; void admin_routes(http::Router&, OperationsService&, idempotency::Ledger&);
}

namespace caddy::catalog   { void cache_tags(cache::TagTable&); }
namespace caddy::search    { void cache_tags(cache::TagTable&); }

namespace caddy::identity  { void jobs(jobs::JobTable&, IdentityService&); }
namespace caddy::identity  { class AccountMail;      void mail_jobs(jobs::JobTable&, AccountMail&); }
namespace caddy::customers { void jobs(jobs::JobTable&, CustomerService&); }
namespace caddy::imports   { void jobs(jobs::JobTable&, ImportService&); }
namespace caddy::media     { void jobs(jobs::JobTable&, MediaService&); }
namespace caddy::search    { void jobs(jobs::JobTable&, SearchService&); }
namespace caddy::inventory { void jobs(jobs::JobTable&, InventoryService&); }
namespace caddy::cart      { void jobs(jobs::JobTable&, CartService&); }
namespace caddy::checkout { void jobs(jobs::JobTable&, CheckoutService&); }
namespace caddy::order_mails { class OrderMails;     void jobs(jobs::JobTable&, OrderMails&); }
namespace caddy::webhooks  { class WebhookService;   void jobs(jobs::JobTable&, WebhookService&); }
namespace caddy::payments  { void sandbox_jobs(jobs::JobTable&, SandboxProvider&); }
