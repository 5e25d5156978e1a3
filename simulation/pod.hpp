#pragma once
// A pod of the shop: every service that buying needs, its routes behind the ledger of keys, its worker; as app/shop.cpp
// puts them together. What it reaches the world by is simulated: the database's driver, the provider, the requests.
#include "platform/http/router.hpp"
#include "platform/idempotency/idempotency.hpp"
#include "platform/jobs/worker.hpp"
#include "shop/checkout/checkout.hpp"
#include "shop/flash_sales/flash_sales.hpp"
#include "shop/payments/payments_manual.hpp"
#include "simulation/bank.hpp"
#include "simulation/database.hpp"

namespace caddy::simulation {

/// What a caller gets; status 0: nothing, or too late.
struct Reply {
    int status = 0;
    std::string code;   // of a refusal
    std::string body;
    bool copied = false;   // the request arrived twice; nobody hears what came of the copy
    bool clear() const { return status != 0 && status != 503; }
};

/// Whether the jobs of flash sales run: they look often, which only schedules with a sale are worth.
enum class Sales { off, on };

class Pod {
public:
    Pod(Scheduler&, Server&, Bank&, std::string name, Sales);
    Pod(const Pod&) = delete;

    /// Handles a request as the edge does: by its route, within its time.
    Task<Reply> answer(http::Request);
    /// Begins its background work.
    void work();
    /// Asks its background work to end.
    void rest();
    /// The process ends here: nothing of it goes on, its transactions are rolled back.
    void crash();

    bool alive() const { return life->alive; }
    /// No handler and no job is left.
    bool is_quiet() const { return working_ == 0; }
    Context context(Principal = {}) const;

    std::shared_ptr<Life> life;
    std::vector<std::string> faults;   // answers that no caller should ever get

private:
    Scheduler& scheduler_;
    Server& server_;
    SystemClock clock_;

public:
    db::Database database;
    catalog::CatalogService catalog;
    inventory::InventoryService inventory;
    shipping::ShippingService shipping;
    tax::TaxService taxes;
    cart::CartService carts;
    orders::OrderService orders;

private:
    payments::ManualProvider manual_;
    BankProvider bank_;

public:
    payments::PaymentService payments;
    checkout::CheckoutService checkout;
    flash_sales::FlashSaleService flash_sales;

private:
    Task<> run_worker();
    Task<Result<http::Response>> handle(http::Request&);

    idempotency::Ledger ledger_;
    http::Router router_;
    caddy::jobs::JobTable table_;
    caddy::jobs::Worker worker_;
    int working_ = 0;
};

}  // namespace caddy::simulation
