// Staff roles and the back office's hand on accounts.
#include "platform/limit/limit.hpp"
#include "shop/identity/identity.hpp"
#include "shop/identity/identity_roles.hpp"
#include "tests/support/test_database.hpp"

#include <gtest/gtest.h>

namespace caddy::identity {
namespace {

const VersionCheck any_version = [](std::int64_t) { return Result<void>(); };

Result<void> refuse_every_version(std::int64_t) {
    return Error{ErrorKind::stale, "request.version_mismatch", "The resource has moved on."};
}

class IdentityAdmin : public ::testing::Test {
protected:
    static IdentityConfig cheap() {
        IdentityConfig config;
        config.jwt_secret = "a secret of thirty-two bytes or more";
        config.hash_memory_kib = 1024;
        config.hash_passes = 1;
        config.hash_threads = 1;
        return config;
    }
    Context as(UserId user, Role role, Permissions permissions = {}) {
        return db.context({user.value, 1, role, permissions});
    }
    Context admin() { return as(boss, Role::admin); }
    StaffRole role(std::string name, std::vector<Permission> permissions) {
        return db.run(identity.create_role(admin(), {std::move(name), "", std::move(permissions)})).value();
    }
    Result<UserDetail> colleague(const Context& ctx, std::string email, Role kind, std::vector<StaffRoleId> roles) {
        const NewColleague wanted{std::move(email), "Han Mei", kind, std::move(roles), password};
        return db.run(identity.create_colleague(ctx, wanted));
    }
    Result<UserDetail> change(const Context& ctx, UserId user, const UserChange& wanted) {
        return db.run(identity.change_user(ctx, user, wanted, any_version));
    }
    Principal principal_of(std::string_view email) {
        const auto signed_in = db.run(identity.sign_in(db.context(), email, password, {})).value();
        return db.run(identity.authenticate(db.context(), signed_in.access_token)).value();
    }
    UserId customer(std::string email) {
        return db.run(identity.register_customer(db.context(), {std::move(email), password, ""}, {})).value().user.id;
    }
    std::int64_t audited(std::string_view action) {
        return db.count("SELECT COUNT(*) FROM audit_log WHERE action = '" + std::string(action) + "'");
    }
    template <class T>
    static std::string code_of(const Result<T>& outcome) {
        return outcome.has_value() ? "accepted" : std::string(outcome.error().code);
    }

    const std::string password = "nine green teapots";
    testing::TestDatabase db;
    limit::WindowTable windows{1000};
    limit::AttemptLimit attempts{db.clock(), {}, windows};
    IdentityService identity{db.database(), attempts, cheap()};
    UserId boss = db.run(identity.create_admin(db.context(), "boss@example.com", password)).value().id;
};

TEST(Permissions, a_set_is_kept_as_its_names_and_read_back) {
    const auto some = Permissions().with(Permission::refunds).with(Permission::orders_read);
    EXPECT_EQ(permissions_text(some), "orders_read refunds");
    EXPECT_EQ(parse_permissions("orders_read refunds"), some);
    EXPECT_EQ(parse_permissions(""), Permissions());
}

TEST(Permissions, every_permission_has_words_and_keeps_its_name) {
    Permissions all;
    for (const auto each : every_permission()) {
        all = all.with(each);
        EXPECT_FALSE(describe(each).empty());
    }
    EXPECT_EQ(parse_permissions(permissions_text(all)), all);
    EXPECT_EQ(every_permission().size(),
              boost::mp11::mp_size<boost::describe::describe_enumerators<Permission>>::value - 1);
}

TEST(Permissions, a_name_from_a_later_program_gives_nothing) {
    EXPECT_EQ(parse_permissions("orders_read_all moon_landing"), Permissions());
}

TEST(Permissions, nobody_gives_what_he_has_not) {
    const auto reads = Permissions().with(Permission::orders_read);
    const auto refunds = Permissions().with(Permission::refunds);
    EXPECT_TRUE(may_give({1, 1, Role::admin}, refunds, {}));
    EXPECT_TRUE(may_give({1, 1, Role::staff, reads}, reads, {}));
    EXPECT_FALSE(may_give({1, 1, Role::staff, reads}, refunds, {}));
    EXPECT_TRUE(may_give({1, 1, Role::staff, reads}, refunds, refunds));
}

TEST_F(IdentityAdmin, a_member_of_staff_may_do_what_his_roles_allow_together) {
    const auto reader = role("Reader", {Permission::orders_read});
    const auto payer = role("Payer", {Permission::refunds});
    ASSERT_EQ(code_of(colleague(admin(), "mei@example.com", Role::staff, {reader.id, payer.id})), "accepted");

    const auto principal = principal_of("mei@example.com");

    EXPECT_EQ(principal.role, Role::staff);
    EXPECT_TRUE(may(principal, Permission::orders_read));
    EXPECT_TRUE(may(principal, Permission::refunds));
    EXPECT_FALSE(may(principal, Permission::users_manage));
    EXPECT_EQ(audited("identity.user.create"), 1);
    EXPECT_EQ(audited("identity.role.create"), 2);
    EXPECT_EQ(db.count("SELECT COUNT(*) FROM audit_log WHERE after_json LIKE '%teapots%'"), 0);
}

TEST_F(IdentityAdmin, a_changed_role_reaches_its_holders_at_once_in_this_process) {
    const auto reader = role("Reader", {Permission::orders_read});
    const auto mei = colleague(admin(), "mei@example.com", Role::staff, {reader.id}).value();
    const auto signed_in = db.run(identity.sign_in(db.context(), "mei@example.com", password, {})).value();
    const auto first = db.run(identity.authenticate(db.context(), signed_in.access_token)).value();
    ASSERT_TRUE(may(first, Permission::orders_read));

    const StaffRoleChange wanted{std::nullopt, std::nullopt, std::vector{Permission::refunds}};
    const auto changed = db.run(identity.change_role(admin(), reader.id, wanted, any_version)).value();

    EXPECT_EQ(changed.version, 2);
    const auto principal = db.run(identity.authenticate(db.context(), signed_in.access_token)).value();
    EXPECT_FALSE(may(principal, Permission::orders_read));
    EXPECT_TRUE(may(principal, Permission::refunds));
    EXPECT_EQ(audited("identity.role.update"), 1);
}

TEST_F(IdentityAdmin, two_roles_cannot_have_one_name) {
    const auto reader = role("Reader", {});
    const auto other = role("Other", {});
    EXPECT_EQ(code_of(db.run(identity.create_role(admin(), {"reader", "", std::vector<Permission>()}))),
              "identity.role_name_taken");
    const StaffRoleChange renamed{"READER", std::nullopt, std::nullopt};
    EXPECT_EQ(code_of(db.run(identity.change_role(admin(), other.id, renamed, any_version))),
              "identity.role_name_taken");
    EXPECT_EQ(code_of(db.run(identity.change_role(admin(), reader.id, renamed, any_version))), "accepted");
}

TEST_F(IdentityAdmin, a_role_needs_a_name_and_known_permissions) {
    EXPECT_EQ(code_of(db.run(identity.create_role(admin(), {" ", "", std::vector<Permission>()}))),
              "request.invalid_field");
    EXPECT_EQ(code_of(db.run(identity.create_role(admin(), {"None", "", std::vector{Permission::none}}))),
              "request.invalid_field");
    EXPECT_EQ(code_of(db.run(identity.create_role(admin(), {std::string(101, 'x'), "", std::vector<Permission>()}))),
              "request.invalid_field");
}

TEST_F(IdentityAdmin, a_role_that_somebody_has_stays) {
    const auto reader = role("Reader", {Permission::orders_read});
    const auto mei = colleague(admin(), "mei@example.com", Role::staff, {reader.id}).value();
    EXPECT_EQ(code_of(db.run(identity.delete_role(admin(), reader.id, any_version))), "identity.role_in_use");

    ASSERT_EQ(code_of(change(admin(), mei.user.id, {.role_ids = std::vector<StaffRoleId>()})), "accepted");
    EXPECT_EQ(code_of(db.run(identity.delete_role(admin(), reader.id, refuse_every_version))),
              "request.version_mismatch");
    EXPECT_EQ(code_of(db.run(identity.delete_role(admin(), reader.id, any_version))), "accepted");
    EXPECT_EQ(code_of(db.run(identity.staff_role(admin(), reader.id))), "identity.role_not_found");
    EXPECT_EQ(audited("identity.role.delete"), 1);
}

TEST_F(IdentityAdmin, whoever_is_no_administrator_gives_only_what_he_has) {
    const auto refunds = role("Payer", {Permission::refunds});
    const auto mei = colleague(admin(), "mei@example.com", Role::staff, {}).value();
    const auto li = colleague(admin(), "li@example.com", Role::staff, {}).value();
    const auto manager = as(mei.user.id, Role::staff, Permissions().with(Permission::users_manage));

    EXPECT_EQ(code_of(db.run(identity.create_role(manager, {"All", "", std::vector{Permission::refunds}}))),
              "identity.permission_not_held");
    EXPECT_EQ(code_of(change(manager, li.user.id, {.role_ids = std::vector{refunds.id}})),
              "identity.permission_not_held");
    EXPECT_EQ(code_of(colleague(manager, "new@example.com", Role::staff, {refunds.id})),
              "identity.permission_not_held");
    EXPECT_EQ(code_of(colleague(manager, "new@example.com", Role::admin, {})), "identity.admin_only");
    EXPECT_EQ(code_of(change(manager, li.user.id, {.role = Role::admin})), "identity.admin_only");
    EXPECT_EQ(code_of(change(manager, boss, {.status = UserStatus::disabled})), "identity.admin_only");
}

TEST_F(IdentityAdmin, nobody_changes_his_own_account) {
    const auto mei = colleague(admin(), "mei@example.com", Role::admin, {}).value();
    EXPECT_EQ(code_of(change(admin(), boss, {.role = Role::staff})), "identity.own_account");
    EXPECT_EQ(code_of(change(as(mei.user.id, Role::admin), mei.user.id, {.status = UserStatus::disabled})),
              "identity.own_account");
}

TEST_F(IdentityAdmin, the_last_active_administrator_stays) {
    const auto mei = colleague(admin(), "mei@example.com", Role::admin, {}).value();
    const auto hers = as(mei.user.id, Role::admin);
    ASSERT_EQ(code_of(change(admin(), mei.user.id, {.status = UserStatus::disabled})), "accepted");

    EXPECT_EQ(code_of(change(hers, boss, {.role = Role::customer})), "identity.last_admin");
    EXPECT_EQ(code_of(change(hers, boss, {.status = UserStatus::disabled})), "identity.last_admin");
}

TEST_F(IdentityAdmin, disabling_ends_every_session) {
    const auto mei = colleague(admin(), "mei@example.com", Role::staff, {}).value();
    const auto one = db.run(identity.sign_in(db.context(), "mei@example.com", password, {})).value();
    const auto two = db.run(identity.sign_in(db.context(), "mei@example.com", password, {})).value();

    const auto changed = change(admin(), mei.user.id, {.status = UserStatus::disabled});

    ASSERT_TRUE(changed.has_value());
    EXPECT_EQ(changed->user.version, 2);
    EXPECT_EQ(code_of(db.run(identity.authenticate(db.context(), one.access_token))), "identity.token_invalid");
    EXPECT_EQ(code_of(db.run(identity.refresh(db.context(), two.refresh_token))), "identity.refresh_unknown");
    EXPECT_EQ(db.count("SELECT COUNT(*) FROM outbox_events WHERE type = 'identity.session_revoked'"), 2);
    EXPECT_EQ(audited("identity.user.update"), 1);
}

TEST_F(IdentityAdmin, roles_go_when_somebody_is_no_longer_staff) {
    const auto reader = role("Reader", {Permission::orders_read});
    const auto mei = colleague(admin(), "mei@example.com", Role::staff, {reader.id}).value();
    EXPECT_EQ(code_of(change(admin(), mei.user.id, {.role = Role::customer, .role_ids = std::vector{reader.id}})),
              "request.invalid_field");

    const auto changed = change(admin(), mei.user.id, {.role = Role::customer});

    ASSERT_TRUE(changed.has_value());
    EXPECT_TRUE(changed->roles.empty());
    EXPECT_EQ(code_of(db.run(identity.delete_role(admin(), reader.id, any_version))), "accepted");
}

TEST_F(IdentityAdmin, a_change_meets_the_version_that_it_was_meant_for) {
    const auto mei = colleague(admin(), "mei@example.com", Role::staff, {}).value();
    const UserChange wanted{.status = UserStatus::disabled};
    EXPECT_EQ(code_of(db.run(identity.change_user(admin(), mei.user.id, wanted, refuse_every_version))),
              "request.version_mismatch");
    EXPECT_EQ(code_of(db.run(identity.change_user(admin(), UserId{1}, wanted, any_version))),
              "identity.user_not_found");
}

TEST_F(IdentityAdmin, a_colleague_is_checked_like_anybody_else) {
    EXPECT_EQ(code_of(colleague(admin(), "boss@example.com", Role::staff, {})), "identity.email_taken");
    EXPECT_EQ(code_of(colleague(admin(), "not an address", Role::staff, {})), "request.invalid_field");
    EXPECT_EQ(code_of(colleague(admin(), "a@example.com", Role::customer, {})), "request.invalid_field");
    EXPECT_EQ(code_of(colleague(admin(), "a@example.com", Role::staff, {StaffRoleId{5}})), "request.invalid_field");
}

TEST_F(IdentityAdmin, accounts_are_listed_by_address_and_page_without_gaps) {
    for (const auto* email : {"ann@example.com", "ann@example.com.cn", "bob@example.com", "cid@example.com"}) {
        customer(email);
    }
    const auto emails = [&](const UserFilter& filter) {
        std::vector<std::string> seen;
        PageRequest request{.limit = 1, .cursor = std::nullopt, .count = true};
        for (;;) {
            const auto page = db.run(identity.users(admin(), filter, request)).value();
            for (const auto& each : page.data) seen.push_back(each.user.email);
            request.cursor = page.next;
            if (!page.next) return seen;
        }
    };
    using Emails = std::vector<std::string>;
    EXPECT_EQ(emails({}), (Emails{"ann@example.com", "ann@example.com.cn", "bob@example.com", "boss@example.com",
                                  "cid@example.com"}));
    EXPECT_EQ(emails({.email_prefix = "BO"}), (Emails{"bob@example.com", "boss@example.com"}));
    EXPECT_EQ(emails({.role = Role::admin}), Emails{"boss@example.com"});
    EXPECT_EQ(emails({.status = UserStatus::disabled}), Emails{});
    EXPECT_EQ(emails({.role = Role::customer, .status = UserStatus::active, .email_prefix = "ann@"}),
              (Emails{"ann@example.com", "ann@example.com.cn"}));
    const PageRequest astray{.limit = 1, .cursor = "moon"};
    EXPECT_EQ(code_of(db.run(identity.users(admin(), {}, astray))), "request.cursor_mismatch");
}

TEST_F(IdentityAdmin, a_customer_is_locked_out_and_let_in_again) {
    const auto ann = customer("ann@example.com");
    const auto writer = as(UserId{9}, Role::staff, Permissions().with(Permission::customers_write));
    const auto set = [&](UserId id, UserStatus status) {
        return db.run(identity.set_customer_status(writer, id, status, any_version));
    };
    ASSERT_EQ(code_of(set(ann, UserStatus::disabled)), "accepted");
    EXPECT_EQ(code_of(db.run(identity.sign_in(db.context(), "ann@example.com", password, {}))),
              "identity.bad_credentials");
    EXPECT_EQ(code_of(set(ann, UserStatus::active)), "accepted");
    EXPECT_EQ(code_of(db.run(identity.sign_in(db.context(), "ann@example.com", password, {}))), "accepted");
    EXPECT_EQ(code_of(set(boss, UserStatus::disabled)), "identity.customer_not_found");
    EXPECT_EQ(code_of(db.run(identity.customer(writer, boss))), "identity.customer_not_found");
    EXPECT_EQ(audited("identity.customer.update"), 2);
}

}   // namespace
}   // namespace caddy::identity
