#include "platform/db/mysql_setup.hpp"

#include <boost/mysql/row_view.hpp>
#include <boost/mysql/rows_view.hpp>

#include <array>
#include <charconv>

namespace caddy::db {
namespace {

// Data that does not fit is an error, `||` joins texts and double quotes hold names, as on SQLite.
constexpr std::array modes{"STRICT_ALL_TABLES",      "STRICT_TRANS_TABLES", "ONLY_FULL_GROUP_BY",
                           "NO_ZERO_IN_DATE",        "NO_ZERO_DATE",        "ERROR_FOR_DIVISION_BY_ZERO",
                           "NO_ENGINE_SUBSTITUTION", "PIPES_AS_CONCAT",     "ANSI_QUOTES"};

constexpr std::string_view show_variables =
    "SHOW SESSION VARIABLES WHERE Variable_name IN ('version', 'autocommit', 'character_set_client', "
    "'character_set_connection', 'character_set_results', 'collation_connection', 'sql_mode', 'time_zone', "
    "'tx_isolation', 'transaction_isolation', 'read_only', 'wsrep_on', 'max_connections', "
    "'max_prepared_stmt_count')";

Task<MysqlLink::Results> ask(MysqlLink& link, std::string text) {
    MysqlLink::Results results;
    const auto outcome = co_await link.text(text, results);
    if (outcome) throw Gone("the database session cannot be set up: " + reason_of(outcome, link.said()));
    co_return results;
}

std::string session_settings(const MysqlConfig& config) {
    std::string text = "SET SESSION time_zone = '+00:00', autocommit = 1";
    text += ", innodb_lock_wait_timeout = " + std::to_string(config.lock_limit_s) + ", sql_mode = '";
    for (const auto* mode : modes) text += std::string(text.ends_with('\'') ? "" : ",") + mode;
    return text + "'";
}

/// The server ends a statement that nobody waits for any more.
std::string statement_limit(const MysqlConfig& config, bool is_mariadb) {
    if (is_mariadb) {
        return "SET SESSION max_statement_time = " + std::to_string(config.statement_limit_ms / 1'000) + "." +
               std::to_string(1'000 + config.statement_limit_ms % 1'000).substr(1);
    }
    return "SET SESSION max_execution_time = " + std::to_string(config.statement_limit_ms);
}

void expect(const ServerVariables& variables, std::string_view name, std::string_view value) {
    const auto found = variables.text(name);
    if (found == value) return;
    throw Fault("the database session has " + std::string(name) + " = '" + std::string(found) + "' where '" +
                std::string(value) + "' was set; is there a proxy in between that keeps its own?");
}

void expect_as_set(const ServerVariables& variables) {
    expect(variables, "autocommit", "ON");
    for (const auto* name : {"character_set_client", "character_set_connection", "character_set_results"})
        expect(variables, name, "utf8mb4");
    expect(variables, "collation_connection", "utf8mb4_bin");
    expect(variables, "time_zone", "+00:00");
    const bool old_name = variables.text("transaction_isolation").empty();
    expect(variables, old_name ? "tx_isolation" : "transaction_isolation", "READ-COMMITTED");
    const auto set = "," + std::string(variables.text("sql_mode")) + ",";
    for (const auto* mode : modes) {
        if (set.find("," + std::string(mode) + ",") == std::string::npos)
            throw Fault("the database session has no sql_mode " + std::string(mode) + ", though it was set");
    }
}

/// A node that is not part of its cluster answers, but with old data.
Task<> expect_in_cluster(MysqlLink& link) {
    const auto results = co_await ask(link, "SHOW GLOBAL STATUS LIKE 'wsrep_ready'");
    const auto status = pairs_of(results);
    const auto ready = status.find("wsrep_ready");
    if (ready != status.end() && ready->second != "ON") throw Gone("the database server is not ready in its cluster");
}

}   // namespace

std::string_view ServerVariables::text(std::string_view name) const {
    const auto found = values.find(name);
    return found == values.end() ? std::string_view() : std::string_view(found->second);
}

std::int64_t ServerVariables::number(std::string_view name) const {
    const auto value = text(name);
    std::int64_t number = 0;
    std::from_chars(value.data(), value.data() + value.size(), number);
    return number;
}

std::map<std::string, std::string, std::less<>> pairs_of(const MysqlLink::Results& results) {
    std::map<std::string, std::string, std::less<>> pairs;
    for (const auto row : results.rows()) {
        if (row.size() == 2 && row[0].is_string() && row[1].is_string())
            pairs[std::string(row[0].as_string())] = row[1].as_string();
    }
    return pairs;
}

Task<ServerVariables> set_up_session(MysqlLink& link, const MysqlConfig& config, Need need) {
    (void)co_await ask(link, "SET NAMES utf8mb4 COLLATE utf8mb4_bin");
    (void)co_await ask(link, "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED");
    (void)co_await ask(link, session_settings(config));
    const auto results = co_await ask(link, std::string(show_variables));
    ServerVariables variables{pairs_of(results)};
    expect_as_set(variables);
    if (variables.text("wsrep_on") == "ON") co_await expect_in_cluster(link);
    if (need == Need::write && variables.text("read_only") != "OFF") throw Gone("the database server is read-only");
    if (config.statement_limit_ms > 0) (void)co_await ask(link, statement_limit(config, variables.is_mariadb()));
    co_return variables;
}

}   // namespace caddy::db
