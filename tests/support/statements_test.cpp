// Every statement of the program at once, whichever module it is of.
#include "tests/support/sql_check.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>

namespace caddy::testing {
namespace {

struct Excuse {
    std::string_view statement;
    std::string_view why;
};

constexpr std::array excuses{
    Excuse{"outbox.audit", "the audit on the command line reads everything"},
    Excuse{"flash_sales.audit_quota", "the audit on the command line reads everything"},
    Excuse{"inventory.audit_on_hand", "the audit on the command line reads everything"},
    Excuse{"inventory.audit_reserved_movements", "the audit on the command line reads everything"},
    Excuse{"inventory.audit_reserved_reservations", "the audit on the command line reads everything"},
    Excuse{"inventory.audit_sale_holdings", "the audit on the command line reads everything"},
    Excuse{"payments.returned_wrongly", "the audit on the command line reads everything"},
    Excuse{"cart.lines", "the lines of one cart, at most a hundred"},
    Excuse{"catalog.admin_categories", "the whole tree, which an owner makes by hand"},
    Excuse{"catalog.all_categories", "the whole tree, which an owner makes by hand"},
    Excuse{"catalog.root_by_name", "categories of one name below one parent"},
    Excuse{"catalog.child_by_name", "categories of one name below one parent"},
    Excuse{"catalog.with_sku", "the variants whose SKU begins alike, by a key that pages go on from"},
    Excuse{"flash_sales.list_in", "the sales in one state, which an owner makes by hand"},
    Excuse{"identity.staff_roles", "the roles, which an owner makes by hand"},
    Excuse{"identity.staff_roles_of_user", "the roles of one member of staff"},
    Excuse{"inventory.lock_reservations", "the lines of one order"},
    Excuse{"inventory.open_reservations", "the lines of one order"},
    Excuse{"inventory.low_settings_after", "what is low, from two ranges of one index"},
    Excuse{"orders.portions", "the parcels of one order"},
    Excuse{"orders.top_products", "sums have no index; a report over a limited time"},
    Excuse{"payments.refund_lines_of", "the lines of one order's refunds"},
    Excuse{"shipping.methods_of_zone", "the methods of one zone, which an owner makes by hand"}};

// An index gives their order, and SQLite takes it; a server's optimizer thinks it cheaper, for half of a small table,
// to sort what another index finds.
constexpr std::array at_server{
    Excuse{"catalog.list_cheapest", "product_listings_price_asc (category_id, price_asc, product_id)"},
    Excuse{"catalog.list_dearest", "product_listings_price_desc (category_id, price_desc, product_id)"},
    Excuse{"customers.delete_expired_exports", "customer_exports_expires (expires_at)"},
    Excuse{"flash_sales.held", "sums of one sale, read when its counters are made anew"},
    Excuse{"identity.devices", "sessions_user (user_id, created_at)"}};

std::vector<std::string_view> excused(db::Engine engine) {
    std::vector<std::string_view> names;
    for (const auto& each : excuses) names.push_back(each.statement);
    if (engine == db::Engine::sqlite) return names;
    for (const auto& each : at_server) names.push_back(each.statement);
    return names;
}

TEST(Statements, are_all_here) {
    EXPECT_GT(db::Sql::all().size(), 300U) << "the modules' archives are not linked whole";
}

TEST(Statements, get_their_order_from_an_index) {
    TestDatabase test;
    EXPECT_EQ(engine_sorts(test, excused(test.database().engine())), std::vector<std::string>{});
}

TEST(Statements, that_are_excused_are_there) {
    const auto all = db::Sql::all();
    for (const auto name : excused(db::Engine::mysql)) {
        EXPECT_TRUE(std::ranges::any_of(all, [&](const auto* sql) { return sql->name() == name; })) << name;
    }
}

}  // namespace
}  // namespace caddy::testing
