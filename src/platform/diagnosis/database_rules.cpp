// What a database server grants, and how it is set.
#include "platform/diagnosis/diagnosis.hpp"

#include <algorithm>
#include <charconv>

namespace caddy::diagnosis {
namespace {

std::string text_of(const DatabaseServer& server, std::string_view name) {
    const auto found = server.variables.find(name);
    return found == server.variables.end() ? std::string() : found->second;
}

std::int64_t number_of(const DatabaseServer& server, std::string_view name) {
    const auto text = text_of(server, name);
    std::int64_t number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
}

// The server's own people want to get in, too.
constexpr std::int64_t connections_spare = 5;

Finding connections(const DatabaseServer& server) {
    const auto granted = number_of(server, "max_connections");
    const auto wanted = std::int64_t{server.pool_size} * server.pods;
    const std::string check = "database.connections";
    const auto sum = std::to_string(server.pods) + " pods x " + std::to_string(server.pool_size) + " connections = " +
                     std::to_string(wanted) + ", the server grants max_connections = " + std::to_string(granted) +
                     ", " + std::to_string(server.connections_open) + " are open now";
    const std::string next =
        "raise max_connections, or lower DB_POOL_SIZE; DB_FLEET_PODS is how many pods there may be";
    if (wanted > granted) {
        return {Gravity::critical, check, sum,
                "Under load the last pods are refused ('Too many connections') and answer 503.", next};
    }
    if (wanted + connections_spare > granted) {
        return {Gravity::warning, check, sum, "Under load nobody else gets in: no backup, no replica, not you.", next};
    }
    return fine(check, sum);
}

Finding prepared_statements(const DatabaseServer& server) {
    const auto granted = number_of(server, "max_prepared_stmt_count");
    const auto connections = std::max<std::int64_t>(1, number_of(server, "max_connections"));
    const auto each = granted / connections;
    const std::string check = "database.prepared_statements";
    const auto found = "max_prepared_stmt_count = " + std::to_string(granted) + ": " + std::to_string(each) +
                       " for each connection; the shop knows " + std::to_string(server.statements);
    // A quarter of them is what a busy connection meets; the rest is prepared anew when it comes.
    if (each * 4 >= server.statements) return fine(check, found);
    return {Gravity::note, check, found,
            "Connections forget statements and prepare them again: a round trip more for each of these.",
            "raise max_prepared_stmt_count to " + std::to_string(server.statements * connections)};
}

Finding session(const DatabaseServer& server) {
    const auto newer = text_of(server, "transaction_isolation");
    const auto isolation = newer.empty() ? text_of(server, "tx_isolation") : newer;
    const auto mode = text_of(server, "sql_mode");
    const std::string check = "database.session";
    if (isolation != "READ-COMMITTED" || mode.find("STRICT_ALL_TABLES") == std::string::npos) {
        return {Gravity::critical, check, "a session has isolation " + isolation + " and sql_mode " + mode,
                "The shop counts on READ-COMMITTED and on strict modes: what does not fit would be cut off silently.",
                "look for a proxy or an init_connect that sets sessions, and let it leave the shop's alone"};
    }
    return fine(check, "sessions have isolation READ-COMMITTED, a strict sql_mode, utf8mb4 and UTC, as set");
}

Finding durability(const DatabaseServer& server) {
    const auto flush = number_of(server, "innodb_flush_log_at_trx_commit");
    const std::string check = "database.durability";
    const std::string next = "set innodb_flush_log_at_trx_commit = 1 at the server, now (SET GLOBAL) and in its "
                             "configuration";
    const auto found = "innodb_flush_log_at_trx_commit = " + std::to_string(flush);
    if (flush == 0) {
        return {Gravity::critical, check, found,
                "When the server's process ends unexpectedly, orders and payments of its last second are gone although "
                "the shop has confirmed them.",
                next};
    }
    if (flush == 2) {
        return {Gravity::warning, check, found,
                "When the server's machine fails, orders and payments of its last second are gone although the shop "
                "has confirmed them.",
                next};
    }
    if (text_of(server, "log_bin") == "ON" && number_of(server, "sync_binlog") != 1) {
        return {Gravity::note, check, found + ", sync_binlog = " + text_of(server, "sync_binlog"),
                "When the machine fails, copies that read the binary log may lack, or have, what the server has not.",
                "set sync_binlog = 1 where a copy may become the primary"};
    }
    return fine(check, found + ": what is confirmed is on the disk");
}

Finding packets(const DatabaseServer& server) {
    const auto granted = number_of(server, "max_allowed_packet");
    const std::string check = "database.packets";
    const auto found = "max_allowed_packet = " + std::to_string(granted >> 20) + " MiB, the shop sends up to " +
                       std::to_string(server.packet_bytes >> 20) + " MiB";
    if (granted >= server.packet_bytes) return fine(check, found);
    return {Gravity::warning, check, found, "Large pictures and import files are refused by the server.",
            "raise max_allowed_packet at the server"};
}

}   // namespace

Finding judge(const Schema& schema) {
    const auto versions = "the schema is at version " + std::to_string(schema.applied) + ", the program knows " +
                          std::to_string(schema.known);
    const std::string check = "database.schema";
    if (schema.applied > schema.known) {
        return {Gravity::critical, check, versions,
                "This program does not start on a schema that is newer than itself.",
                "run the newer program; a schema is never taken back"};
    }
    if (schema.missing > 0) {
        return {Gravity::critical, check, versions + "; " + std::to_string(schema.missing) + " migrations are missing",
                "This program does not start on it.", "run 'caddy-shopping migrate'"};
    }
    return fine(check, versions);
}

Findings judge(const DatabaseServer& server) {
    return {connections(server), prepared_statements(server), session(server), durability(server), packets(server)};
}

}   // namespace caddy::diagnosis
