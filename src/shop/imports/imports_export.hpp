#pragma once
// The catalogue as a product file in Shopify's CSV format, complete: importing it makes the same catalogue.
#include "platform/db/database.hpp"
#include "shop/catalog/catalog.hpp"
#include "shop/inventory/inventory.hpp"

namespace caddy::imports {

class ExportService {
public:
    ExportService(db::Database& database, catalog::CatalogService& catalog, inventory::InventoryService& inventory)
        : db_(database), catalog_(catalog), inventory_(inventory) {}

    /// Every product, whatever its status, with its quantities; prices are in the product's own currency.
    Task<std::string> products(const Context&);

private:
    db::Database& db_;
    catalog::CatalogService& catalog_;
    inventory::InventoryService& inventory_;
};

}  // namespace caddy::imports
