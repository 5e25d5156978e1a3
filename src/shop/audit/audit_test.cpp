#include "shop/audit/audit.hpp"

#include "tests/support/test_database.hpp"

#include <gtest/gtest.h>

namespace caddy::audit {
namespace {

TEST(Audit, an_act_is_written_with_its_actor_and_what_changed) {
    testing::TestDatabase db;
    const auto ctx = db.context({7, 1, Role::staff});

    db.in_transaction([&](db::Transaction& tx) -> Task<bool> {
        const Act act{"catalog.product.update", "prod_1", json::Raw{R"({"title":"a"})"}, json::Raw{R"({"title":"b"})"}};
        co_await record(tx, ctx, act);
        co_return true;
    });

    EXPECT_EQ(db.count("SELECT COUNT(*) FROM audit_log WHERE actor = 7 AND role = 'staff' AND action = "
                       "'catalog.product.update' AND subject = 'prod_1' AND after_json LIKE '%b%'"),
              1);
}

}   // namespace
}   // namespace caddy::audit
