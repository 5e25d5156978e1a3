#pragma once
// The rules of flash sales that need no database. Private to the feature.
#include "core/checks.hpp"
#include "shop/flash_sales/flash_sales.hpp"

namespace caddy::flash_sales {

namespace refuse {
Error not_found();
Error ticket_not_found();
Error not_started(std::chrono::seconds until);
Error ended();
Error quota(std::int64_t most);
Error sold_out();
Error key_reused();
Error wrong_state(SaleState);
Error stock_in_use(std::int64_t least);
Error variant_not_for_sale();
Error not_tracked();
}  // namespace refuse

/// Refuses: flash_sale.not_started, flash_sale.ended, flash_sale.not_found (a draft)
Result<void> check_window(const Sale&, Time now);

/// Refuses: request.invalid_field with each fault
Result<void> check_sale(const Sale&);

/// The wish with its texts as they are kept. Refuses: request.invalid_field, flash_sale.quota
Result<Wish> accepted(const Wish&, std::int64_t quota);

}  // namespace caddy::flash_sales
