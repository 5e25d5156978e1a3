#pragma once
// What the shop writes as files for others: the catalogue and the orders, page by page, whatever their number.
#include "platform/db/database.hpp"
#include "shop/catalog/catalog.hpp"
#include "shop/inventory/inventory.hpp"
#include "shop/orders/orders.hpp"
#include "shop/payments/payments.hpp"

#include <functional>

namespace caddy::imports {

/// Which orders a file has; both times belong to the span.
struct OrderExport {
    std::optional<Time> from{};
    std::optional<Time> to{};
    std::optional<orders::OrderStatus> status{};
    std::optional<Currency> currency{};
};

class ExportService {
public:
    struct Parts {
        catalog::CatalogService& catalog;
        inventory::InventoryService& inventory;
        orders::OrderService& orders;
        payments::PaymentService& payments;
    };
    /// The next piece of a file, which may be empty, or nothing at its end. The context must outlive it.
    using Pieces = std::function<Task<std::optional<std::string>>()>;

    ExportService(db::Database& database, const Parts& parts) : db_(database), parts_(parts) {}

    /// The catalogue as a product file in Shopify's format, complete: every product, whatever its status, with its
    /// quantities, in the order of handles. Importing it makes the same catalogue; prices are in the product's own
    /// currency. A column that came up after the first row was written is a fault: nothing is left out in silence.
    Pieces products(const Context&) const;

    /// Orders in the manner of Shopify's export, newest first, a row for each line; what belongs to the order as a
    /// whole stands in its first row alone, so that columns add up.
    ///
    /// Effect: the audit log says who took which orders out of the house
    Task<Pieces> orders(const Context&, const OrderExport&);
    /// The first row of that file, before its pieces.
    static std::string_view order_columns();

private:
    class ProductFile;
    class OrderFile;

    db::Database& db_;
    Parts parts_;
};

}  // namespace caddy::imports
