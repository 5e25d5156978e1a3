#include "platform/diagnosis/diagnosis.hpp"

#include <gtest/gtest.h>

namespace caddy::diagnosis {
namespace {

using namespace std::chrono_literals;

/// The gravest finding of a check; ok where it was not spoken of.
Gravity of(const Findings& findings, std::string_view check) {
    auto worst = Gravity::ok;
    for (const auto& each : findings) {
        if (each.check == check) worst = std::min(worst, each.gravity);
    }
    return worst;
}

DatabaseServer good_server() {
    return {.version = "10.11.6-MariaDB",
            .variables = {{"max_connections", "500"},
                          {"max_prepared_stmt_count", "65536"},
                          {"tx_isolation", "READ-COMMITTED"},
                          {"sql_mode", "STRICT_ALL_TABLES,ANSI_QUOTES"},
                          {"innodb_flush_log_at_trx_commit", "1"},
                          {"log_bin", "OFF"},
                          {"sync_binlog", "0"},
                          {"max_allowed_packet", "16777216"}},
            .connections_open = 12,
            .pool_size = 100,
            .pods = 4,
            .statements = 480,
            .packet_bytes = 4 << 20};
}

RedisNode good_redis() {
    return {.name = "redis:6379",
            .info = {{"redis_version", "7.0.15"},
                     {"maxmemory_policy", "noeviction"},
                     {"maxmemory", "1073741824"},
                     {"used_memory", "1048576"},
                     {"rdb_last_bgsave_status", "ok"},
                     {"aof_last_write_status", "ok"},
                     {"aof_enabled", "1"},
                     {"maxclients", "10000"},
                     {"role", "master"}},
            .round_trip_ms = 0.2,
            .pool_size = 100,
            .pods = 5};
}

TEST(Findings, stand_in_the_order_of_their_gravity_and_else_as_they_came) {
    Findings all{fine("a", "x"), {Gravity::note, "b", "x"}, {Gravity::critical, "c", "x"}, {Gravity::note, "d", "x"}};
    sort_by_gravity(all);
    std::string order;
    for (const auto& each : all) order += each.check;
    EXPECT_EQ(order, "cbda");
    EXPECT_EQ(worst_of(all), Gravity::critical);
    EXPECT_EQ(worst_of({}), Gravity::ok);
}

TEST(Findings, are_told_with_what_they_mean_and_what_to_do) {
    const auto text = to_text({{Gravity::warning, "redis.memory", "it is full", "Writes fail.", "raise it"}});
    EXPECT_EQ(text,
              "warning   redis.memory: it is full\n          Writes fail.\n          next: raise it\n\n"
              "0 critical, 1 warnings, 0 notes, 0 ok\n");
}

TEST(Secrets, that_read_like_an_example_are_critical_and_are_not_repeated) {
    const auto finding = judge(Secret{"JWT_SECRET", "Change-Me-0123456789abcdef0123456789", 32});
    EXPECT_EQ(finding.gravity, Gravity::critical);
    EXPECT_EQ((finding.found + finding.means + finding.next).find("0123456789abcdef"), std::string::npos);
}

TEST(Secrets, that_repeat_themselves_or_are_short_are_warned_of) {
    EXPECT_EQ(judge(Secret{"JWT_SECRET", std::string(64, 'x'), 32}).gravity, Gravity::warning);
    EXPECT_EQ(judge(Secret{"DB_PASSWORD", "s3", 12}).gravity, Gravity::warning);
    EXPECT_EQ(judge(Secret{"JWT_SECRET", "b7ad6b71692033310af7651916cd43dd", 32}).gravity, Gravity::ok);
}

TEST(AdminPort, is_spoken_of_where_other_machines_reach_it) {
    EXPECT_EQ(judge(AdminPort{"127.0.0.1", 9797, false}).gravity, Gravity::ok);
    EXPECT_EQ(judge(AdminPort{"0.0.0.0", 9797, true}).gravity, Gravity::note);
    EXPECT_EQ(judge(AdminPort{"0.0.0.0", 9797, false}).gravity, Gravity::warning);
}

TEST(Connections, that_leave_the_machine_want_encryption_and_proof) {
    Connection way{.check = "database.encryption", .server = "the database", .setting = "DB_SSL_MODE"};
    way.host = "127.0.0.1:3307,localhost";
    EXPECT_EQ(judge(way).gravity, Gravity::ok);
    way.host = "127.0.0.1,db.internal";
    EXPECT_EQ(judge(way).gravity, Gravity::warning);
    way.encrypted = true;
    EXPECT_EQ(judge(way).gravity, Gravity::note);
    way.proven = true;
    EXPECT_EQ(judge(way).gravity, Gravity::ok);
}

TEST(Schema, that_is_older_or_newer_than_the_program_is_critical) {
    EXPECT_EQ(judge(Schema{62, 62, 0}).gravity, Gravity::ok);
    EXPECT_EQ(judge(Schema{61, 62, 1}).gravity, Gravity::critical);
    EXPECT_EQ(judge(Schema{62, 62, 1}).gravity, Gravity::critical) << "one in the middle is missing";
    EXPECT_EQ(judge(Schema{63, 62, 0}).gravity, Gravity::critical);
}

TEST(DatabaseServer, that_grants_and_keeps_what_the_shop_needs_is_fine) {
    EXPECT_EQ(worst_of(judge(good_server())), Gravity::ok);
}

TEST(DatabaseServer, must_grant_the_connections_of_the_whole_fleet) {
    auto server = good_server();
    server.variables["max_connections"] = "400";
    EXPECT_EQ(of(judge(server), "database.connections"), Gravity::warning) << "nobody else gets in";
    server.variables["max_connections"] = "399";
    EXPECT_EQ(of(judge(server), "database.connections"), Gravity::critical);
}

TEST(DatabaseServer, with_few_prepared_statements_costs_round_trips) {
    auto server = good_server();
    server.variables["max_prepared_stmt_count"] = "16382";
    EXPECT_EQ(of(judge(server), "database.prepared_statements"), Gravity::note);
}

TEST(DatabaseServer, whose_sessions_are_not_as_set_is_critical) {
    auto server = good_server();
    server.variables["tx_isolation"] = "REPEATABLE-READ";
    EXPECT_EQ(of(judge(server), "database.session"), Gravity::critical);
    server = good_server();
    server.variables["sql_mode"] = "";
    EXPECT_EQ(of(judge(server), "database.session"), Gravity::critical);
}

TEST(DatabaseServer, that_does_not_write_at_once_may_lose_orders) {
    auto server = good_server();
    server.variables["innodb_flush_log_at_trx_commit"] = "2";
    EXPECT_EQ(of(judge(server), "database.durability"), Gravity::warning);
    server.variables["innodb_flush_log_at_trx_commit"] = "0";
    EXPECT_EQ(of(judge(server), "database.durability"), Gravity::critical);
    server.variables["innodb_flush_log_at_trx_commit"] = "1";
    server.variables["log_bin"] = "ON";
    EXPECT_EQ(of(judge(server), "database.durability"), Gravity::note);
}

TEST(DatabaseServer, must_take_the_longest_packet) {
    auto server = good_server();
    server.variables["max_allowed_packet"] = "1048576";
    EXPECT_EQ(of(judge(server), "database.packets"), Gravity::warning);
}

TEST(Redis, that_is_set_as_the_shop_wants_is_fine) { EXPECT_EQ(worst_of(judge(good_redis())), Gravity::ok); }

TEST(Redis, that_evicts_is_warned_of) {
    for (const auto* policy : {"allkeys-lru", "volatile-ttl", "allkeys-random"}) {
        auto node = good_redis();
        node.info["maxmemory_policy"] = policy;
        EXPECT_EQ(of(judge(node), "redis.eviction"), Gravity::warning) << policy;
    }
}

TEST(Redis, without_a_bound_is_noted_and_a_full_one_warned_of) {
    auto node = good_redis();
    node.info["maxmemory"] = "0";
    EXPECT_EQ(of(judge(node), "redis.memory"), Gravity::note);
    node.info["maxmemory"] = "1048577";
    EXPECT_EQ(of(judge(node), "redis.memory"), Gravity::warning);
}

TEST(Redis, that_cannot_write_its_data_refuses_writes) {
    auto node = good_redis();
    node.info["rdb_last_bgsave_status"] = "err";
    EXPECT_EQ(of(judge(node), "redis.persistence"), Gravity::critical);
}

TEST(Redis, that_holds_a_stream_for_others_should_outlive_a_restart) {
    auto node = good_redis();
    node.info["aof_enabled"] = "0";
    EXPECT_EQ(of(judge(node), "redis.persistence"), Gravity::ok);
    node.keeps_a_stream = true;
    EXPECT_EQ(of(judge(node), "redis.persistence"), Gravity::warning);
}

TEST(Redis, that_is_old_far_away_or_crowded_is_warned_of) {
    auto node = good_redis();
    node.info["redis_version"] = "5.0.7";
    node.round_trip_ms = 30;
    node.info["maxclients"] = "499";
    const auto found = judge(node);
    EXPECT_EQ(of(found, "redis.version"), Gravity::warning);
    EXPECT_EQ(of(found, "redis.latency"), Gravity::warning);
    EXPECT_EQ(of(found, "redis.connections"), Gravity::warning);
}

TEST(Redis, answers_are_read_line_by_line) {
    const auto info = lines_of("# Server\r\nredis_version:7.0.15\r\n\r\n# Memory\r\nexecutable:/usr/bin:x\r\nlast:1");
    EXPECT_EQ(info.size(), 3U);
    EXPECT_EQ(info.at("redis_version"), "7.0.15");
    EXPECT_EQ(info.at("executable"), "/usr/bin:x");
    EXPECT_EQ(info.at("last"), "1");
}

TEST(RedisCluster, that_is_not_whole_is_spoken_of) {
    EXPECT_EQ(judge(RedisCluster{"ok", 16'384, 0}).gravity, Gravity::ok);
    EXPECT_EQ(judge(RedisCluster{"ok", 10'923, 5'461}).gravity, Gravity::warning);
    EXPECT_EQ(judge(RedisCluster{"fail", 10'923, 5'461}).gravity, Gravity::critical);
}

TEST(Clocks, are_judged_beyond_what_the_round_trip_leaves_open) {
    EXPECT_EQ(judge(ClockSkew{"redis.clock", "Redis", -400, 10}).gravity, Gravity::ok);
    EXPECT_EQ(judge(ClockSkew{"redis.clock", "Redis", 1'000, 600}).gravity, Gravity::ok);
    EXPECT_EQ(judge(ClockSkew{"redis.clock", "Redis", -1'000, 10}).gravity, Gravity::note);
    EXPECT_EQ(judge(ClockSkew{"redis.clock", "Redis", 60'000, 10}).gravity, Gravity::warning);
}

TEST(FileLimit, must_hold_all_connections_of_a_worker) {
    EXPECT_EQ(judge(FileLimit{1'024, 10'200}).gravity, Gravity::warning);
    EXPECT_EQ(judge(FileLimit{65'536, 10'200}).gravity, Gravity::ok);
}

TEST(Disk, that_runs_full_is_spoken_of_in_time) {
    constexpr std::uint64_t gib = 1ULL << 30;
    EXPECT_EQ(judge(Disk{"data", 50 * gib, 100 * gib, 0, 0, true}).gravity, Gravity::ok);
    EXPECT_EQ(judge(Disk{"data", 1 * gib, 4 * gib, 0, 0, true}).gravity, Gravity::ok) << "a small disk, half empty";
    EXPECT_EQ(judge(Disk{"data", 1 * gib, 100 * gib, 0, 0, true}).gravity, Gravity::warning);
    EXPECT_EQ(judge(Disk{"data", 50 * gib, 100 * gib, 10, 1'000, true}).gravity, Gravity::warning) << "inodes";
    EXPECT_EQ(judge(Disk{"data", gib / 8, 100 * gib, 0, 0, true}).gravity, Gravity::critical);
}

TEST(Certificates, are_spoken_of_before_they_end) {
    const std::chrono::sys_seconds now{1'800'000'000s};
    const auto ending = [&](std::chrono::days left) {
        return judge(Certificate{"database.certificate", "it", now - 1h, now + left}, now).gravity;
    };
    EXPECT_EQ(ending(std::chrono::days(90)), Gravity::ok);
    EXPECT_EQ(ending(std::chrono::days(20)), Gravity::note);
    EXPECT_EQ(ending(std::chrono::days(3)), Gravity::warning);
    EXPECT_EQ(ending(std::chrono::days(-3)), Gravity::critical);
    EXPECT_EQ(judge(Certificate{"x", "it", now + 1h, now + 100h}, now).gravity, Gravity::critical);
}

TEST(Waiting, work_is_fine_while_it_flows_and_grave_when_it_stands) {
    EXPECT_EQ(worst_of(judge(Waiting{.due = 5, .lag_s = 2, .leased = 1})), Gravity::ok);
    EXPECT_EQ(of(judge(Waiting{.due = 5, .lag_s = 90}), "jobs.lag"), Gravity::warning);
    EXPECT_EQ(of(judge(Waiting{.due = 5, .lag_s = 1'000}), "jobs.lag"), Gravity::critical);
    EXPECT_EQ(of(judge(Waiting{.parked = 1, .parked_types = {"orders.paid (1)"}}), "jobs.parked"), Gravity::warning);
    EXPECT_EQ(of(judge(Waiting{.overdue_leases = 1}), "jobs.stuck"), Gravity::warning);
    EXPECT_EQ(of(judge(Waiting{.mails_parked = 1}), "mail.parked"), Gravity::warning);
    EXPECT_EQ(of(judge(Waiting{.webhooks_broken = 1}), "webhooks.broken"), Gravity::warning);
    EXPECT_EQ(of(judge(Waiting{.webhook_deliveries_late = 1}), "webhooks.late"), Gravity::warning);
}

}   // namespace
}   // namespace caddy::diagnosis
