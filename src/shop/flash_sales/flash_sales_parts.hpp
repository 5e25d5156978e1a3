#pragma once
// What the use cases of flash sales share. Private to the feature.
#include "platform/telemetry/metrics.hpp"
#include "shop/flash_sales/flash_sales_redis.hpp"
#include "shop/flash_sales/flash_sales_rules.hpp"

#include <map>
#include <set>

namespace caddy::flash_sales {

/// What a process knows of the armed sales, for a moment.
struct FlashSaleService::Board {
    std::chrono::steady_clock::time_point read_at{};
    std::vector<std::shared_ptr<const KnownSale>> sales;

    std::shared_ptr<const KnownSale> find(SaleId) const;
};

/// What became of a ticket that was taken out of the queue.
struct FlashSaleService::Outcome {
    Ticket ticket;
    std::optional<checkout::DirectPlaced> placed{};
};

/// What a batch from Redis finds in the database: tickets that are written already, and what customers hold.
struct FlashSaleService::Known {
    std::map<TicketId, Ticket> written;
    std::set<std::string> requests;
    std::map<std::int64_t, std::int64_t> held;
};

/// Counts units by what became of their ticket.
void add(Figures&, TicketState, std::int64_t quantity);

/// The results are those of TicketState, those of Answer, and `repeated`.
extern const metrics::Counter tickets_total;

/// The name of an enumerator, which is its spelling outside.
template <class Enum>
std::string_view name_of(Enum value) {
    return boost::describe::enum_to_string(value, "?");
}

}  // namespace caddy::flash_sales
