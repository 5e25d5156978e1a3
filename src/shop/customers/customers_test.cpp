// Addresses and copies on a database in memory.
#include "platform/limit/limit.hpp"
#include "shop/customers/customers.hpp"
#include "tests/support/sql_check.hpp"
#include "tests/support/test_database.hpp"

#include <gtest/gtest.h>

namespace caddy::customers {
namespace {

identity::IdentityConfig cheap() {
    identity::IdentityConfig config;
    config.jwt_secret = "a secret of thirty-two bytes or more";
    config.hash_memory_kib = 1024;
    config.hash_passes = 1;
    config.hash_threads = 1;
    return config;
}

class CustomersTest : public ::testing::Test {
protected:
    Context sign_up(const std::string& email) {
        const auto made =
            db.run(identity.register_customer(db.context(), {email, password, "Lin Wei", "en"}, {"Mozilla/5.0"}));
        return db.context({made->user.id.value, made->session.value, Role::customer});
    }
    Result<Address> add(const Context& ctx, const std::string& city) {
        AddressChange address;
        address.city = city;
        return db.run(customers.add_address(ctx, address));
    }
    template <class T>
    static std::string code_of(const Result<T>& outcome) {
        return outcome.has_value() ? "accepted" : std::string(outcome.error().code);
    }

    const std::string password = "nine green teapots";
    testing::TestDatabase db;
    limit::WindowTable windows{1000};
    limit::AttemptLimit attempts{db.clock(), {}, windows};
    identity::IdentityService identity{db.database(), attempts, cheap()};
    orders::OrderService orders{db.database()};
    CustomerService customers{db.database(), identity, orders, Config{.addresses_max = 3}};
};

TEST_F(CustomersTest, TheFirstAddressIsTheDefaultAndThereIsOneInAnyCase) {
    const auto lin = sign_up("lin@example.com");
    const auto first = add(lin, "Hangzhou").value();
    const auto second = add(lin, "Xiamen").value();
    EXPECT_TRUE(first.is_default);
    EXPECT_FALSE(second.is_default);

    AddressChange make_default;
    make_default.is_default = true;
    EXPECT_TRUE(db.run(customers.change_address(lin, second.id, make_default))->is_default);
    EXPECT_FALSE(db.run(customers.address(lin, first.id))->is_default);

    AddressChange unmake;
    unmake.is_default = false;
    EXPECT_EQ(code_of(db.run(customers.change_address(lin, second.id, unmake))), "request.invalid_field");

    ASSERT_TRUE(db.run(customers.remove_address(lin, second.id)).has_value());
    EXPECT_TRUE(db.run(customers.address(lin, first.id))->is_default);
}

TEST_F(CustomersTest, AddressesHaveALimit) {
    const auto lin = sign_up("lin@example.com");
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(add(lin, "Hangzhou").has_value());
    EXPECT_EQ(code_of(add(lin, "Hangzhou")), "customers.too_many_addresses");
}

TEST_F(CustomersTest, AStrangersAddressIsNotFound) {
    const auto lin = sign_up("lin@example.com");
    const auto wang = sign_up("wang@example.com");
    const auto mine = add(lin, "Hangzhou").value();
    EXPECT_EQ(code_of(db.run(customers.address(wang, mine.id))), "customers.address_not_found");
    EXPECT_EQ(code_of(db.run(customers.change_address(wang, mine.id, {}))), "customers.address_not_found");
    EXPECT_EQ(code_of(db.run(customers.remove_address(wang, mine.id))), "customers.address_not_found");
}

TEST_F(CustomersTest, ACopyIsReadByItsOwnerUntilItsTimeIsOver) {
    const auto lin = sign_up("lin@example.com");
    const auto wang = sign_up("wang@example.com");
    ASSERT_TRUE(add(lin, "Hangzhou").has_value());
    const auto made = db.run(customers.make_export(lin)).value();
    EXPECT_EQ(code_of(db.run(customers.make_export(lin))), "customers.export_too_soon");
    EXPECT_NE(db.run(customers.read_export(lin, made.id))->find("Hangzhou"), std::string::npos);
    EXPECT_EQ(code_of(db.run(customers.read_export(wang, made.id))), "customers.export_not_found");

    db.clock().advance(std::chrono::hours(24));
    EXPECT_EQ(code_of(db.run(customers.read_export(lin, made.id))), "customers.export_not_found");
    EXPECT_EQ(db.run(customers.sweep(db.context())), 1);
}

TEST_F(CustomersTest, AClosedAccountLeavesNothingPersonal) {
    const auto lin = sign_up("lin@example.com");
    ASSERT_TRUE(add(lin, "Hangzhou").has_value());
    EXPECT_EQ(code_of(db.run(customers.close_account(lin, "not the password"))), "identity.wrong_password");
    ASSERT_TRUE(db.run(customers.close_account(lin, password)).has_value());
    EXPECT_EQ(db.count("SELECT COUNT(*) FROM customer_addresses"), 0);
    EXPECT_EQ(db.count("SELECT COUNT(*) FROM users WHERE email_shown <> '' OR name <> '' OR status = 'active'"), 0);
    EXPECT_EQ(db.count("SELECT COUNT(*) FROM sessions WHERE revoked_at IS NULL OR user_agent <> ''"), 0);
    const auto again = db.run(identity.sign_in(db.context(), "lin@example.com", password, {}));
    EXPECT_EQ(code_of(again), "identity.bad_credentials");
}

TEST_F(CustomersTest, EveryStatementPreparesAndWalksAnIndex) {
    EXPECT_EQ(testing::unprepared_statements(db), std::vector<std::string>{});
    for (const auto& scan : testing::full_scans(db)) EXPECT_FALSE(scan.starts_with("customers.")) << scan;
}

}   // namespace
}   // namespace caddy::customers
