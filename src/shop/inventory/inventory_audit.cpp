// Proves the ledger: each question is one statement over whole tables, and so sees one state of the database.
#include "shop/inventory/inventory_store.hpp"

#include <string>

namespace caddy::inventory {
namespace {

void note(std::vector<Finding>& findings, const char* invariant, const char* says,
          const std::vector<store::Difference>& differences) {
    for (const auto& each : differences) {
        const auto subject = each.variant_id == 0 ? std::string("shop") : VariantId{each.variant_id}.text();
        findings.push_back(
            {invariant, subject,
             std::string(says) + ": " + std::to_string(each.found) + ", expected " + std::to_string(each.expected)});
    }
}

}  // namespace

Task<std::vector<Finding>> InventoryService::audit(const Context& ctx) {
    auto db = co_await db_.read(ctx);
    std::vector<Finding> findings;
    const auto on_hand = co_await store::audit_on_hand(db);
    note(findings, "stock.on_hand", "on hand against the sum of its movements", on_hand);
    const auto promised = co_await store::audit_reserved_movements(db);
    note(findings, "stock.reserved_movements", "reserved against the sum of its movements", promised);
    const auto open = co_await store::audit_reserved_reservations(db);
    note(findings, "stock.reserved_reservations", "reserved against the sum of the open reservations", open);
    const auto oversold = co_await store::audit_oversold(db);
    note(findings, "stock.oversold", "reserved against what is on hand, at most", oversold);
    const auto orphans = co_await store::audit_orphans(db);
    note(findings, "stock.orphans", "movements of a variant that has no level", orphans);
    const auto conservation = co_await store::audit_conservation(db);
    note(findings, "stock.conservation", "on hand and sold against what came in", conservation);
    co_return findings;
}

}  // namespace caddy::inventory
