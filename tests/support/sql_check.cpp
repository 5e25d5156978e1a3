#include "tests/support/sql_check.hpp"

#include <algorithm>
#include <map>

namespace caddy::testing {
namespace {

Task<db::Rows> explain(TestDatabase& test, std::string text) {
    const auto ctx = test.context();
    auto lease = co_await test.database().driver().acquire(ctx, db::Purpose::write);
    auto rows = co_await lease->run_text(std::move(text));
    co_return rows;
}

std::string written(const db::Sql& sql, db::Engine engine, std::size_t slots) {
    const auto text = sql.text(engine);
    return db::takes_ids(text) ? db::with_ids(text, slots) : std::string(text);
}

std::string literal_of(std::string_view text) {
    std::string literal = "'";
    for (const char letter : text) {
        if (letter == '\'' || letter == '\\') literal += letter;
        literal += letter;
    }
    return literal + "'";
}

/// The text with a value for each `?`: one near the end of what fill_tables() wrote, so that a range is a small part of
/// its table, or a number of rows.
std::string with_values(std::string_view text) {
    std::string filled;
    bool in_quotes = false;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] == '\'') in_quotes = !in_quotes;
        if (text[at] != '?' || in_quotes) {
            filled += text[at];
            continue;
        }
        const bool is_number = filled.ends_with("LIMIT ") || filled.ends_with("OFFSET ");
        filled += is_number ? "20" : "'1990'";
    }
    return filled;
}

bool reads_all(std::string_view step) {
    // SCAN of a constant row, of a subquery's few rows or of json_each is no table; sqlite_master is small.
    return step.starts_with("SCAN ") && !step.starts_with("SCAN CONSTANT") && !step.starts_with("SCAN (") &&
           !step.starts_with("SCAN json_each") && !step.starts_with("SCAN sqlite_") &&
           !step.starts_with("SCAN schema_");
}

/// Whether no column has a value twice, or half of the rows are alike in all that need not be unique.
enum class Rows { apart, alike };

/// Two thousand rows in each table; rules over columns are not kept.
void fill_tables(TestDatabase& test, Rows rows) {
    const auto columns = test.run(explain(
        test, "SELECT t.table_name, c.column_name, c.data_type, COALESCE(c.character_maximum_length, 0), "
              "EXISTS (SELECT 1 FROM information_schema.statistics s WHERE s.table_schema = DATABASE() "
              "AND s.table_name = t.table_name AND s.column_name = c.column_name AND s.non_unique = 0 "
              "AND NOT EXISTS (SELECT 1 FROM information_schema.statistics l WHERE l.table_schema = DATABASE() "
              "AND l.table_name = s.table_name AND l.index_name = s.index_name AND l.seq_in_index > s.seq_in_index)) "
              "FROM information_schema.tables t JOIN information_schema.columns c "
              "ON c.table_schema = t.table_schema AND c.table_name = t.table_name "
              "WHERE t.table_schema = DATABASE() AND t.table_name <> 'schema_migrations' "
              "AND t.table_name NOT LIKE 'seed%' "
              "ORDER BY t.table_name, c.ordinal_position"));
    std::map<std::string, std::pair<std::string, std::string>> tables;   // columns and their values
    for (std::size_t at = 0; at < columns.cells.size(); at += 5) {
        const auto type = db::decode<std::string>(columns.cells[at + 2]);
        const auto width = db::decode<std::int64_t>(columns.cells[at + 3]);
        const bool is_key = db::decode<std::int64_t>(columns.cells[at + 4]) != 0;   // what tells rows apart
        auto& [names, values] = tables[db::decode<std::string>(columns.cells[at])];
        const std::string_view comma = names.empty() ? "" : ", ";
        names.append(comma).append(db::decode<std::string>(columns.cells[at + 1]));
        if (type == "smallint") values.append(comma).append("seq % 2");
        else if (width > 0 && width < 4) values.append(comma).append("RIGHT(seq, " + std::to_string(width) + ")");
        else values.append(comma).append(rows == Rows::apart || is_key ? "seq" : "IF(seq > 1000, 1990, seq)");
    }
    for (const auto& [table, each] : tables) {
        test.execute("SET check_constraint_checks = 0;\nINSERT IGNORE INTO " + table + " (" + each.first + ") SELECT " +
                     each.second + " FROM seq_1_to_2000;\nANALYZE TABLE " + table + ";\n");
    }
}

/// A number of EXPLAIN's `rows` column, which is a decimal at some servers.
std::int64_t rows_of(const db::Value& cell) {
    const auto* number = std::get_if<std::int64_t>(&cell);
    return number ? *number : 0;
}

/// One row of EXPLAIN at a server.
struct Step {
    std::string table;
    std::string type;
    std::string possible_keys;
    std::int64_t rows = 0;
    std::string extra;
};

/// What the server would do for each statement, over filled tables; `tell` says what is wrong with a step, if anything.
template <class Tell>
std::vector<std::string> found_at_server(const std::vector<std::string_view>& excused, Rows rows, Tell tell) {
    TestDatabase test;   // the caller's own rows stay alone
    fill_tables(test, rows);
    std::vector<std::string> found;
    for (const auto* sql : db::Sql::all()) {
        if (std::find(excused.begin(), excused.end(), sql->name()) != excused.end()) continue;
        const auto text = written(*sql, db::Engine::mysql, 8);
        if (!text.starts_with("SELECT") && !text.starts_with("UPDATE") && !text.starts_with("DELETE")) continue;
        const auto plan = test.run(explain(test, "EXPLAIN " + with_values(text)));
        // id, select_type, table, type, possible_keys, key, key_len, ref, rows, Extra
        for (std::size_t at = 0; at + 9 < plan.cells.size(); at += plan.columns.size()) {
            const auto words = [&](std::size_t column, const char* otherwise) {
                return db::decode<std::optional<std::string>>(plan.cells[at + column]).value_or(otherwise);
            };
            const Step step{words(2, "<"), words(3, ""), words(4, ""), rows_of(plan.cells[at + 8]), words(9, "")};
            if (const auto wrong = tell(step); !wrong.empty()) {
                found.push_back(std::string(sql->name()) + ": " + wrong + " " + step.table);
            }
        }
    }
    return found;
}

std::vector<std::string> full_scans_at_server(const std::vector<std::string_view>& excused) {
    return found_at_server(excused, Rows::apart, [](const Step& step) -> std::string {
        constexpr std::int64_t many = 1'000;   // of two thousand
        // Where an index would do, reading all of this small table is the optimizer's own choice.
        const bool reads_table = step.type == "ALL" && step.possible_keys.empty();
        const bool reads_index = step.type == "index" && step.rows >= many;
        const bool grows = !step.table.starts_with("<") && !step.table.starts_with("schema_") && step.table != "tables";
        return grows && (reads_table || reads_index) ? step.type : "";
    });
}

std::vector<std::string> sorts_at_server(const std::vector<std::string_view>& excused) {
    return found_at_server(excused, Rows::alike, [](const Step& step) -> std::string {
        return step.extra.find("Using filesort") != std::string::npos ? "filesort " + step.type : "";
    });
}

}  // namespace

std::vector<std::string> unprepared_statements(TestDatabase& test) {
    const auto engine = test.database().engine();
    std::vector<std::string> faults;
    for (const auto* sql : db::Sql::all()) {
        for (const std::size_t slots : {1U, 8U, 32U, 128U}) {
            const auto text = written(*sql, engine, slots);
            try {
                const bool is_sqlite = engine == db::Engine::sqlite;
                (void)test.run(
                    explain(test, is_sqlite ? "EXPLAIN " + text : "PREPARE checked FROM " + literal_of(text)));
            } catch (const db::Fault& fault) {
                faults.push_back(std::string(sql->name()) + ": " + fault.what());
                break;
            }
            if (!db::takes_ids(sql->text(engine))) break;
        }
    }
    return faults;
}

std::vector<Plan> statement_plans(TestDatabase& test) {
    std::vector<Plan> plans;
    if (test.database().engine() != db::Engine::sqlite) return plans;
    for (const auto* sql : db::Sql::all()) {
        const auto text = written(*sql, db::Engine::sqlite, 8);
        const auto rows = test.run(explain(test, "EXPLAIN QUERY PLAN " + text));
        Plan plan{sql->name(), {}};
        // id, parent, notused, detail
        for (std::size_t row = 0; row < rows.size(); ++row) {
            plan.steps.push_back(db::decode<std::string>(rows.cells[row * rows.columns.size() + 3]));
        }
        plans.push_back(std::move(plan));
    }
    return plans;
}

std::vector<std::string> full_scans(TestDatabase& test, const std::vector<std::string_view>& excused) {
    if (test.database().engine() == db::Engine::mysql) return full_scans_at_server(excused);
    std::vector<std::string> found;
    for (const auto& plan : statement_plans(test)) {
        if (std::find(excused.begin(), excused.end(), plan.statement) != excused.end()) continue;
        for (const auto& step : plan.steps) {
            if (reads_all(step)) found.push_back(std::string(plan.statement) + ": " + step);
        }
    }
    return found;
}

std::vector<std::string> engine_sorts(TestDatabase& test, const std::vector<std::string_view>& excused) {
    if (test.database().engine() == db::Engine::mysql) return sorts_at_server(excused);
    std::vector<std::string> found;
    for (const auto& plan : statement_plans(test)) {
        if (std::find(excused.begin(), excused.end(), plan.statement) != excused.end()) continue;
        for (const auto& step : plan.steps) {
            const bool sorts = step.starts_with("USE TEMP B-TREE FOR") && step.ends_with("ORDER BY");
            if (sorts) found.push_back(std::string(plan.statement) + ": " + step);
        }
    }
    return found;
}

}  // namespace caddy::testing
